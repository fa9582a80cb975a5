package term

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for n, want := range map[float64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 123_456: "123 kB", 64 << 20: "67.1 MB", 5e15: "5000 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 s", 59 * time.Second: "59 s", 90 * time.Second: "1:30 min", 3*time.Hour + 5*time.Minute: "3:05 h"} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// TestPlainBoard: what is not looked at gets a line at each quarter.
func TestPlainBoard(t *testing.T) {
	var out bytes.Buffer
	b := NewBoard(&out)
	now := time.Unix(1, 0)
	for done := int64(0); done <= 1000; done += 10 {
		b.Show(now, []Row{{Key: "a", Name: "a.bin", Done: done, Total: 1000}})
		now = now.Add(100 * time.Millisecond)
	}
	for range 3 {
		b.Show(now, []Row{{Key: "a", Name: "a.bin", Note: "done", Final: true}})
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 6 || lines[5] != "a.bin: done" || !strings.Contains(lines[2], " 50 % of 1.0 kB, 100 B/s, 5 s left") {
		t.Errorf("got %q", lines)
	}
}

func TestBarFitsTheTerminal(t *testing.T) {
	b := NewBoard(&bytes.Buffer{})
	b.terminal = true
	for _, name := range []string{"x", strings.Repeat("длинное имя ", 20)} {
		line := b.bar(time.Unix(1, 0), Row{Name: name, Done: 5e12, Total: 1e13})
		if n := len([]rune(line)); n >= 80 || !strings.Contains(line, "[============            ]  50 % of 10.0 TB") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}
