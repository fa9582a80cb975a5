// Package transcript plays the transcripts of tests: text files in which a line
// with "> " is a step, and what follows are the lines that it brings.
//
//	# Ann comes.
//	> join ann Ann
//	  ann: welcomed
//
// `go test -update` writes the files anew.
package transcript

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// Run plays testdata/*.txt, each as a test of its own. begin makes what a
// transcript is played on: a function that carries out one step and returns the
// lines it brings. It is given a function that plays the steps, to call with that.
func Run(t *testing.T, begin func(t *testing.T, play func(step func(string) []string))) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			begin(t, func(step func(string) []string) {
				got := played(want, step)
				if *update {
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				} else if !bytes.Equal(got, want) {
					t.Errorf("the transcript differs; got:\n%s", got)
				}
			})
		})
	}
}

// played returns a transcript with what its steps really brought.
func played(script []byte, step func(string) []string) []byte {
	var b bytes.Buffer
	for line := range strings.Lines(string(script)) {
		line = strings.TrimSuffix(line, "\n")
		what, isStep := strings.CutPrefix(line, "> ")
		if !isStep && line != "" && !strings.HasPrefix(line, "#") {
			continue
		}
		b.WriteString(line + "\n")
		if isStep {
			for _, brought := range step(what) {
				b.WriteString("  " + brought + "\n")
			}
		}
	}
	return b.Bytes()
}
