//go:build linux

package netns

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Require skips the test, loudly, where the lab cannot run: without root or one
// of the tools. With CI=true that is a failure.
func Require(t testing.TB, tools ...string) {
	t.Helper()
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		missing = append(missing, "/dev/net/tun")
	}
	for _, tool := range append([]string{"ip", "nft"}, tools...) {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if len(missing) == 0 {
		return
	}
	Missing(t, strings.Join(missing, ", "))
}

// Missing ends a test that lacks something it needs: it fails in CI, and is
// skipped with a visible line elsewhere.
func Missing(t testing.TB, what string) {
	t.Helper()
	line := fmt.Sprintf("LAB SKIPPED: %s needs %s", t.Name(), what)
	if os.Getenv("CI") == "true" {
		t.Fatal(line)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s ***\n\n", line)
	t.Skip(line)
}
