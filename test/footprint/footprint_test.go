//go:build linux

// Package footprint holds the server to its limits of memory: the real binary, in
// a process of its own, read from outside.
package footprint

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parley-rtc/parley/bench/load"
)

const (
	idleMaxBytes       = 40e6
	connectionMaxBytes = 30e3
	connections        = 2000
)

func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parley")
	out, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", file,
		"github.com/parley-rtc/parley/cmd/parley").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

func TestMemory(t *testing.T) {
	if got, err := load.RaiseFileLimit(connections + 1000); err != nil || got < connections+100 {
		t.Fatalf("%d open files are allowed: %v", got, err)
	}
	p, err := load.StartParley(t.Context(), build(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	rss, err := p.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("idle: %.1f MB", float64(rss)/1e6)
	if rss > idleMaxBytes {
		t.Errorf("the idle server has %.1f MB resident, at most %.0f", float64(rss)/1e6, idleMaxBytes/1e6)
	}
	each, err := load.IdleCost(t.Context(), p, connections, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d idle connections: %.1f KB each", connections, each/1e3)
	if each > connectionMaxBytes {
		t.Errorf("an idle connection costs %.1f KB, at most %.0f", each/1e3, connectionMaxBytes/1e3)
	}
}
