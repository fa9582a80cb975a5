package offload

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramIsCompiledFromItsSources compares what was compiled last with the
// sources, so that nobody needs a compiler to see that `make bpf` was forgotten.
func TestProgramIsCompiledFromItsSources(t *testing.T) {
	sources, err := filepath.Glob("bpf/*.[ch]")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources", err)
	}
	sum := sha256.New()
	for _, name := range sources {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(data)
	}
	compiled, err := os.ReadFile("bpf/compiled.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(string(compiled)) {
		t.Error("bpf/ has changed since the program was compiled: run make bpf")
	}
}
