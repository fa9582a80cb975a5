//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The addresses of the world, which nobody outside of it sees.
var (
	clientIP  = netip.MustParseAddr("10.201.1.2")
	listenIP  = netip.MustParseAddr("10.201.1.1")
	relayIP   = netip.MustParseAddr("10.201.2.1")
	peerIP    = netip.MustParseAddr("10.201.2.2")
	serverUDP = netip.AddrPortFrom(listenIP, 3478)
)

// crowdIPs are more addresses of the client side: servers limit what one address
// may ask for before it has shown who it is.
const crowdIPs = 64

func crowdIP(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 201, 1, byte(100 + i%crowdIPs)})
}

// space is a network namespace without a name: a thread that is in it, and lives
// as long as this process. So nothing is left when the process ends, however it
// ends.
type space struct {
	tid   int
	calls chan func()
}

func newSpace() (*space, error) {
	s := &space{calls: make(chan func())}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		s.tid = unix.Gettid()
		begun <- os.NewSyscallError("unshare", unix.Unshare(unix.CLONE_NEWNET))
		for f := range s.calls {
			f()
		}
	}()
	return s, <-begun
}

// do runs f on the thread of the namespace. Sockets that it opens and processes
// that it starts belong to the namespace.
func (s *space) do(f func() error) error {
	done := make(chan error)
	s.calls <- func() { done <- f() }
	return <-done
}

// run runs a command line.
func (s *space) run(line string) error {
	return s.do(func() error {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
		return nil
	})
}

// world is client | server | peer, with a pair of veth between neighbours.
type world struct{ client, server, peer *space }

func newWorld() (*world, error) {
	w := &world{}
	for _, s := range []**space{&w.client, &w.server, &w.peer} {
		var err error
		if *s, err = newSpace(); err != nil {
			return nil, fmt.Errorf("network namespaces: %w (root is needed)", err)
		}
	}
	type step struct {
		in   *space
		line string
	}
	steps := []step{
		{w.server, "ip link set lo up"},
		{w.server, "ip link add s0 type veth peer name c0 netns " + strconv.Itoa(w.client.tid)},
		{w.server, "ip link add s1 type veth peer name p0 netns " + strconv.Itoa(w.peer.tid)},
		{w.server, fmt.Sprintf("ip address add %s/24 dev s0", listenIP)},
		{w.server, fmt.Sprintf("ip address add %s/24 dev s1", relayIP)},
		{w.server, "ip link set s0 up"},
		{w.server, "ip link set s1 up"},
		{w.client, fmt.Sprintf("ip address add %s/24 dev c0", clientIP)},
		{w.peer, fmt.Sprintf("ip address add %s/24 dev p0", peerIP)},
		// Trains leave the generator in one system call, and are single packets on
		// the wire, as from a network card.
		{w.client, "ip link set dev c0 gso_max_segs 1"},
		{w.peer, "ip link set dev p0 gso_max_segs 1"},
		{w.client, "ip link set c0 up"},
		{w.peer, "ip link set p0 up"},
		{w.client, "ip route add default via " + listenIP.String()},
		{w.peer, "ip route add default via " + relayIP.String()},
	}
	for i := range crowdIPs {
		steps = append(steps, step{w.client, fmt.Sprintf("ip address add %s/24 dev c0", crowdIP(i))})
	}
	for _, s := range steps {
		if err := s.in.run(s.line); err != nil {
			return nil, err
		}
	}
	return w, w.server.do(func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
	})
}
