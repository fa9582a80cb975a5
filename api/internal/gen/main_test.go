package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreFresh(t *testing.T) {
	const apiDir = "../.."
	files, err := generate(apiDir)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(apiDir, path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./api", path)
		}
	}
}

func TestConstantNames(t *testing.T) {
	for in, want := range map[string]string{
		"MaxMessageBytes": "MAX_MESSAGE_BYTES",
		"PeerIDBytes":     "PEER_ID_BYTES",
		"SessionMs":       "SESSION_MS",
		"Subprotocol":     "SUBPROTOCOL",
	} {
		if got := tsConst(in); got != want {
			t.Errorf("tsConst(%q) = %q, want %q", in, got, want)
		}
	}
}
