//go:build linux

package netns

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNothingLeadsOutOfANamespace(t *testing.T) {
	Require(t)
	ns := New(t).Namespace("alone")
	err := ns.Do(func() error {
		_, err := net.DialTimeout("udp4", "192.0.2.2:9", time.Second)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Fatalf("dial out of the namespace: %v, want unreachable", err)
	}
}

func TestVethJoinsTwoNamespaces(t *testing.T) {
	Require(t)
	w := New(t)
	a, b := w.Namespace("a"), w.Namespace("b")
	w.Veth(a, "eth0", b, "eth0")
	a.IP("addr add 203.0.113.1/24 dev eth0")
	b.IP("addr add 203.0.113.2/24 dev eth0")
	from := a.ListenUDP(netip.MustParseAddrPort("203.0.113.1:0"))
	to := b.ListenUDP(netip.MustParseAddrPort("203.0.113.2:5000"))
	if _, err := from.WriteToUDPAddrPort([]byte("hello"), netip.MustParseAddrPort("203.0.113.2:5000")); err != nil {
		t.Fatal(err)
	}
	if err := to.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var buf [16]byte
	n, _, err := to.ReadFromUDPAddrPort(buf[:])
	if err != nil || string(buf[:n]) != "hello" {
		t.Fatalf("got %q, %v", buf[:n], err)
	}
}

func TestHostsAreTheNamespacesOwn(t *testing.T) {
	Require(t)
	ns := New(t).Namespace("named")
	ns.Hosts("203.0.113.10 parley.test\n")
	out, err := ns.Command(context.Background(), "cat", "/etc/hosts").CombinedOutput()
	if err != nil || string(out) != "203.0.113.10 parley.test\n" {
		t.Fatalf("%q, %v", out, err)
	}
}

func TestNamespaceOfADeadProcessIsRemovedWithItsPrograms(t *testing.T) {
	Require(t)
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	left := &Namespace{Name: namePrefix + strconv.Itoa(dead.Process.Pid) + "-1-left", tb: t}
	if err := run(exec.Command("ip", "netns", "add", left.Name), ""); err != nil {
		t.Fatal(err)
	}
	program := left.Command(context.Background(), "sleep", "1000")
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	// Wait beside, so that the killed program does not stay as a zombie.
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	for deadline := time.Now().Add(5 * time.Second); len(left.pids()) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the program never entered the namespace")
		}
	}
	removeLeftovers()
	if _, err := os.Stat(filepath.Join(runDir, left.Name)); !os.IsNotExist(err) {
		t.Errorf("the namespace is still there: %v", err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the program still runs")
		_ = unix.Kill(program.Process.Pid, unix.SIGKILL)
	}
}

func TestNamespaceOfALivingProcessStays(t *testing.T) {
	Require(t)
	ns := New(t).Namespace("mine")
	removeLeftovers()
	if _, err := os.Stat(filepath.Join(runDir, ns.Name)); err != nil {
		t.Fatal(err)
	}
}

func TestOwnerOfReadsOnlyOurNames(t *testing.T) {
	for name, want := range map[string]int{
		"parley-lab-1234-1-core": 1234,
		"parley-lab-x-1-core":    0,
		"parley-lab-1-1-core":    0,
		"somebody-else":          0,
	} {
		pid, ok := ownerOf(name)
		if ok != (want != 0) || ok && pid != want {
			t.Errorf("%s: %d, %v, want %d", name, pid, ok, want)
		}
	}
}
