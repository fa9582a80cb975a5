//go:build linux && !portable

package udp

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

// errorsWithin reads until f is content with all errors so far.
func errorsWithin(t *testing.T, p *Poller, f func([]dgram.PeerError) bool) []dgram.PeerError {
	t.Helper()
	end := mono.Now().Add(20 * time.Second)
	var all []dgram.PeerError
	for !f(all) {
		if mono.Now() > end {
			t.Fatalf("waited in vain; heard %+v", all)
		}
		p.ReadBatch(mono.Now().Add(10 * time.Millisecond))
		all = append(all, p.PeerErrors()...)
	}
	return all
}

// closedPort is one that nobody listens on.
func closedPort(t *testing.T, ip netip.Addr) netip.AddrPort {
	t.Helper()
	s, err := openSocket(netip.AddrPortFrom(ip, 0), false, 0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(s.fd)
	at, err := s.boundTo()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestUnreachablePeersAreReported(t *testing.T) {
	for i, ip := range loopbacks {
		p := openOne(t, Config{RelaysOnly: true})
		sock, _, err := p.OpenRelay(ip, false)
		if err != nil {
			t.Skip(err)
		}
		peer := closedPort(t, ip)
		// Without DontFragment nothing is asked for and nothing is kept.
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: peer, Data: []byte("plain")}})
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: peer, Data: []byte("whole"), DontFragment: true}})
		want := []dgram.PeerError{
			{Sock: sock, Peer: peer, Type: 3, Code: 3}, // ICMP: port unreachable
			{Sock: sock, Peer: peer, Type: 1, Code: 4}, // the same in ICMPv6
		}[i]
		got := errorsWithin(t, p, func(all []dgram.PeerError) bool { return len(all) > 0 })
		if len(got) != 1 || got[0] != want {
			t.Errorf("%v: heard %+v, want %+v", ip, got, want)
		}
	}
}

// An error that is about an earlier datagram must not cost a later one.
func TestErrorsDoNotLoseDatagrams(t *testing.T) {
	p := openOne(t, Config{RelaysOnly: true})
	sock, _, err := p.OpenRelay(loopbacks[0], false)
	if err != nil {
		t.Fatal(err)
	}
	closed := closedPort(t, loopbacks[0])
	peer := openOne(t, Config{Listen: []string{"127.0.0.1:0"}})
	const rounds = 20
	for range rounds {
		p.WriteBatch([]dgram.Out{
			{Sock: sock, Remote: closed, Data: []byte("lost"), DontFragment: true},
			{Sock: sock, Remote: peer.LocalAddr(), Data: []byte("one")},
			{Sock: sock, Remote: closed, Data: []byte("lost")},
			{Sock: sock, Remote: peer.LocalAddr(), Data: []byte("two"), DontFragment: true},
		})
	}
	readN(t, peer, 2*rounds, func(*dgram.In) {})
	if c := p.Counters(); c.SendRefused != 0 {
		t.Errorf("%d datagrams were refused", c.SendRefused)
	}
}

// Who floods a relay with errors silences its reports, for a second, and nothing
// else.
func TestFloodsOfErrorsEnd(t *testing.T) {
	p := openOne(t, Config{RelaysOnly: true})
	sock, _, err := p.OpenRelay(loopbacks[0], false)
	if err != nil {
		t.Fatal(err)
	}
	closed, heard := closedPort(t, loopbacks[0]), 0
	s := p.relay(sock)
	for n := 0; n < 100_000 && (n == 0 || s.fragments.reports); n++ {
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: closed, Data: []byte("lost"), DontFragment: n == 0}})
		p.ReadBatch(1)
		heard += len(p.PeerErrors())
	}
	if s.fragments.reports || heard == 0 {
		t.Fatalf("still reporting after %d errors", heard)
	}
	for range 100 {
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: closed, Data: []byte("lost")}})
		p.ReadBatch(1)
		if len(p.PeerErrors()) > 0 {
			t.Fatal("reports go on")
		}
	}
	s.fragments.second = mono.Now().Add(-2 * time.Second)
	p.WriteBatch([]dgram.Out{{Sock: sock, Remote: closed, Data: []byte("lost"), DontFragment: true}})
	errorsWithin(t, p, func(all []dgram.PeerError) bool { return len(all) == 1 })
}

// smallNetwork moves the test into a network of its own with links of 1400 bytes.
func smallNetwork(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make a network")
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "mtu", "1400", "up").CombinedOutput(); err != nil {
		t.Skipf("ip: %v: %s", err, out)
	}
}

func TestDontFragment(t *testing.T) {
	smallNetwork(t)
	for _, ip := range loopbacks {
		p := openOne(t, Config{RelaysOnly: true})
		peer := openOne(t, Config{RelaysOnly: true})
		sock, _, err := p.OpenRelay(ip, false)
		if err != nil {
			t.Skip(err)
		}
		_, at, err := peer.OpenRelay(ip, false)
		if err != nil {
			t.Fatal(err)
		}
		big, small := bytes.Repeat([]byte("b"), 1600), bytes.Repeat([]byte("s"), 1200)
		// In one batch: what may be cut arrives, what may not does not.
		p.WriteBatch([]dgram.Out{
			{Sock: sock, Remote: at, Data: big},
			{Sock: sock, Remote: at, Data: big, DontFragment: true},
			{Sock: sock, Remote: at, Data: small, DontFragment: true},
			{Sock: sock, Remote: at, Data: big},
		})
		sizes := map[int]int{}
		readN(t, peer, 3, func(in *dgram.In) { sizes[in.End-in.Start]++ })
		if sizes[1600] != 2 || sizes[1200] != 1 {
			t.Errorf("%v: sizes that arrived: %v", ip, sizes)
		}
		got := errorsWithin(t, p, func(all []dgram.PeerError) bool { return len(all) > 0 })
		want := dgram.PeerError{Sock: sock, Peer: at, Type: 3, Code: 4, MTU: 1400}
		if ip.Is6() {
			want.Type, want.Code = 2, 0
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%v: heard %+v, want %+v", ip, got, want)
		}
	}
}
