//go:build linux

package netns

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	namePrefix = "parley-lab-"
	runDir     = "/run/netns"
	etcDir     = "/etc/netns"
)

var worlds atomic.Int64

// A World is the set of namespaces of one test. All go when the test ends.
type World struct {
	tb     testing.TB
	prefix string
	all    []*Namespace
}

// New begins a world and removes what crashed runs have left behind.
func New(tb testing.TB) *World {
	tb.Helper()
	removeLeftovers()
	w := &World{tb: tb, prefix: fmt.Sprintf("%s%d-%d-", namePrefix, os.Getpid(), worlds.Add(1))}
	tb.Cleanup(w.close)
	return w
}

func (w *World) close() {
	for _, ns := range w.all {
		ns.remove()
	}
}

// Namespace makes a namespace with only loopback, up, in it.
func (w *World) Namespace(name string) *Namespace {
	w.tb.Helper()
	ns := &Namespace{Name: w.prefix + name, tb: w.tb}
	if err := run(exec.Command("ip", "netns", "add", ns.Name), ""); err != nil {
		w.tb.Fatal(err)
	}
	w.all = append(w.all, ns)
	// Addresses are unique by construction: no second of waiting to find out.
	ns.Sysctl("ipv6/conf/all/accept_dad", "0")
	ns.Sysctl("ipv6/conf/default/accept_dad", "0")
	ns.IP("link set lo up")
	return ns
}

// Veth joins two namespaces by a cable. The names are those of its two ends.
func (w *World) Veth(a *Namespace, nameA string, b *Namespace, nameB string) {
	w.tb.Helper()
	a.IP(
		fmt.Sprintf("link add %s type veth peer name %s netns %s", nameA, nameB, b.Name),
		"link set dev "+nameA+" up",
	)
	b.IP("link set dev " + nameB + " up")
}

// A Namespace is a host of its own: links, addresses, routes and firewall.
type Namespace struct {
	Name string
	tb   testing.TB
}

// IP carries out commands of ip(8), given without the leading "ip".
func (n *Namespace) IP(lines ...string) {
	n.tb.Helper()
	cmd := exec.Command("ip", "-n", n.Name, "-batch", "-")
	if err := run(cmd, strings.Join(lines, "\n")+"\n"); err != nil {
		n.tb.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
}

// Nft loads a ruleset into the namespace's firewall.
func (n *Namespace) Nft(ruleset string) {
	n.tb.Helper()
	err := n.Do(func() error { return run(exec.Command("nft", "-f", "-"), ruleset) })
	if err != nil {
		n.tb.Fatalf("%v\n%s", err, ruleset)
	}
}

// Sysctl writes a setting under /proc/sys/net, such as "ipv4/ip_forward".
func (n *Namespace) Sysctl(name, value string) {
	n.tb.Helper()
	err := n.Do(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644) })
	if err != nil {
		n.tb.Fatal(err)
	}
}

// Hosts sets what the namespace's /etc/hosts says to programs started by
// [Namespace.Command].
func (n *Namespace) Hosts(content string) {
	n.tb.Helper()
	dir := filepath.Join(etcDir, n.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		n.tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte(content), 0o644); err != nil {
		n.tb.Fatal(err)
	}
	// A resolver that is not there, so that no look-up tries the machine's own.
	if err := os.WriteFile(filepath.Join(dir, "resolv.conf"), []byte("nameserver 127.0.0.1\n"), 0o644); err != nil {
		n.tb.Fatal(err)
	}
}

// Command prepares a program that will run inside the namespace.
func (n *Namespace) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.Name, program}, args...)...)
}

// Do calls fn with the calling thread inside the namespace: sockets and devices
// that fn opens stay there, as do programs it starts.
func (n *Namespace) Do(fn func() error) error {
	return inNamespace(filepath.Join(runDir, n.Name), fn)
}

func inNamespace(path string, fn func() error) error {
	target, err := os.Open(path)
	if err != nil {
		return err
	}
	defer target.Close()
	runtime.LockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", path, err)
	}
	result := fn()
	if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
		// The thread is not given back: left locked, it ends with its goroutine.
		return fmt.Errorf("leave %s: %w", path, err)
	}
	runtime.UnlockOSThread()
	return result
}

// ListenUDP opens a UDP socket inside the namespace. It is closed with the test.
func (n *Namespace) ListenUDP(addr netip.AddrPort) *net.UDPConn {
	n.tb.Helper()
	var conn *net.UDPConn
	err := n.Do(func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		return err
	})
	if err != nil {
		n.tb.Fatal(err)
	}
	n.tb.Cleanup(func() { conn.Close() })
	return conn
}

func run(cmd *exec.Cmd, stdin string) error {
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out.Bytes()))
	}
	return nil
}
