//go:build linux

package netns

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// removeLeftovers takes away the namespaces of processes that are no more.
func removeLeftovers() {
	entries, err := os.ReadDir(runDir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		owner, ok := ownerOf(entry.Name())
		if ok && unix.Kill(owner, 0) == unix.ESRCH {
			(&Namespace{Name: entry.Name()}).remove()
		}
	}
}

func ownerOf(name string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(name, namePrefix)
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return pid, err == nil && pid > 1
}

// remove ends what still runs in the namespace and deletes it. A namespace that
// somebody else deletes at the same moment is no error.
func (n *Namespace) remove() {
	deadline := time.Now().Add(5 * time.Second)
	for pids := n.pids(); len(pids) > 0 && time.Now().Before(deadline); pids = n.pids() {
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	_ = exec.Command("ip", "netns", "del", n.Name).Run()
	_ = os.RemoveAll(filepath.Join(etcDir, n.Name))
}

// pids lists the processes that live in the namespace, zombies left out: their
// links say nothing any more.
func (n *Namespace) pids() []int {
	out, err := exec.Command("ip", "netns", "pids", n.Name).Output()
	if err != nil {
		return nil
	}
	var pids []int
	for _, field := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
