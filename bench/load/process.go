//go:build linux

// Package load puts load on a Parley server and reads from the kernel what that
// costs it: a server is a process of its own, so nothing of the clients is
// counted. The same code serves `make bench` and the limits in test/footprint.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a running server.
type Process struct {
	Address string        // host:port of its HTTP
	Started time.Duration // from exec to being ready

	cmd    *exec.Cmd
	stderr bytes.Buffer
}

var bannerPort = regexp.MustCompile(`http://\S*:(\d+)/`)

// Start runs a command that serves, and waits until its banner has told the port
// and /readyz answers.
func Start(ctx context.Context, command string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(command, args...)}
	p.cmd.Stderr = &p.stderr
	p.cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+os.TempDir())
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	port := ""
	lines := bufio.NewScanner(stdout)
	for port == "" && lines.Scan() {
		if m := bannerPort.FindStringSubmatch(lines.Text()); m != nil {
			port = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	if port == "" {
		_ = p.Stop()
		return nil, fmt.Errorf("%s told no address: %s", command, p.stderr.String())
	}
	p.Address = "127.0.0.1:" + port
	if err := Wait(ctx, 10*time.Second, "the server to be ready", p.isReady); err != nil {
		_ = p.Stop()
		return nil, err
	}
	p.Started = time.Since(begun)
	return p, nil
}

// StartParley runs `parley serve` on a free port of loopback, with nothing else
// switched on, plus args.
func StartParley(ctx context.Context, binary string, args ...string) (*Process, error) {
	all := append([]string{"serve", "--http", "127.0.0.1:0", "--https", "", "--udp", "127.0.0.1:0"}, args...)
	return Start(ctx, binary, all...)
}

func (p *Process) isReady() (bool, error) {
	resp, err := http.Get("http://" + p.Address + "/readyz")
	if err != nil {
		return false, nil // not yet listening
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK, nil
}

// Stop ends the server as an operator would and waits for it.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stop: %w: %s", err, p.stderr.String())
	}
	return nil
}

// Log returns what the server wrote to its log. Call it after Stop.
func (p *Process) Log() string { return p.stderr.String() }

// RSS returns the resident memory of the server in bytes (VmRSS).
func (p *Process) RSS() (int64, error) { return RSS(p.cmd.Process.Pid) }

// RSS is [Process.RSS] of a process that somebody else has started.
func RSS(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// CPU returns the time that the server's threads were on a CPU (schedstat).
func (p *Process) CPU() (time.Duration, error) { return CPU(p.cmd.Process.Pid) }

// CPU is [Process.CPU] of a process that somebody else has started.
func CPU(pid int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		return 0, errors.New("no schedstat")
	}
	var sum int64
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has just ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(data))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += ns
	}
	return time.Duration(sum), nil
}

// Settled waits until the resident memory stays within one percent for five
// seconds and returns it. Garbage collection and giving memory back to the kernel
// are part of what a server costs, so they get their time.
func (p *Process) Settled(ctx context.Context) (int64, error) { return Settled(ctx, p.cmd.Process.Pid) }

// Settled is [Process.Settled] of a process that somebody else has started.
func Settled(ctx context.Context, pid int) (int64, error) {
	var last int64
	same := 0
	err := Wait(ctx, 2*time.Minute, "the memory to settle", func() (bool, error) {
		now, err := RSS(pid)
		if diff := now - last; diff > last/100 || -diff > last/100 {
			last, same = now, 0
		} else {
			same++
		}
		return same >= 50, err
	})
	return last, err
}

// Wait polls until done says so, at most for the given time.
func Wait(ctx context.Context, most time.Duration, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited for %s: %w", what, ctx.Err())
		}
	}
}

// RaiseFileLimit lets this process and the servers it starts have n open files,
// or as many as the system allows if that is less, and returns how many.
func RaiseFileLimit(n uint64) (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	if limit.Cur >= n {
		return limit.Cur, nil
	}
	want := syscall.Rlimit{Cur: n, Max: max(n, limit.Max)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
		want = syscall.Rlimit{Cur: limit.Max, Max: limit.Max} // without the right to raise the hard limit
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &want); err != nil {
			return limit.Cur, err
		}
	}
	return want.Cur, nil
}
