package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

var loopbacks = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}

func openOne(t testing.TB, cfg Config) *Poller {
	t.Helper()
	pollers, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pollers[0].Close)
	return pollers[0]
}

// dial returns a socket that talks to the poller's port at ip.
func dial(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetReadBuffer(1 << 20)
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// readN reads until n datagrams are there and calls f with each; what f gets is
// valid only inside.
func readN(t testing.TB, p *Poller, n int, f func(*dgram.In)) {
	t.Helper()
	end := mono.Now().Add(20 * time.Second)
	for got := 0; got < n; {
		batch := p.ReadBatch(end)
		for i := range batch {
			f(&batch[i])
		}
		got += len(batch)
		if mono.Now() > end {
			t.Fatalf("only %d of %d datagrams arrived", got, n)
		}
	}
}

func expect(t testing.TB, c *net.UDPConn, want []byte) {
	t.Helper()
	buf := make([]byte, 65536)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(buf[:n], want) {
		t.Fatalf("got %d bytes %.40q, want %d bytes %.40q", n, buf[:n], len(want), want)
	}
}

func TestPublicPortAnswersFromTheAddressItWasAskedAt(t *testing.T) {
	p := openOne(t, Config{})
	for _, ip := range append(loopbacks, netip.MustParseAddr("127.0.0.7")) {
		if _, err := net.ListenPacket("udp", netip.AddrPortFrom(ip, 0).String()); err != nil {
			t.Skipf("this system has no address %v", ip)
		}
		c := dial(t, netip.AddrPortFrom(ip, p.LocalAddr().Port()))
		if _, err := c.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		readN(t, p, 1, func(in *dgram.In) {
			if in.Sock != dgram.Main || in.Remote != addrOf(c) || in.Local != ip || string(in.Payload()) != "question" {
				t.Fatalf("got %+v, payload %q, want it from %v to %v", in.Sock, in.Payload(), addrOf(c), ip)
			}
			if in.Start < dgram.Headroom {
				t.Fatalf("headroom of %d bytes", in.Start)
			}
			copy(in.WithHeader(4), "....")
			p.WriteBatch([]dgram.Out{{Sock: in.Sock, Remote: in.Remote, Local: in.Local, Data: in.WithHeader(4)}})
		})
		// A connected socket takes only what comes from the address it asked.
		expect(t, c, []byte("....question"))
	}
}

func TestRelaysSendAndReceiveOnTheirOwnPort(t *testing.T) {
	ports, err := NewPorts(20000, 40000)
	if err != nil {
		t.Fatal(err)
	}
	p := openOne(t, Config{Ports: ports})
	for _, ip := range loopbacks {
		sock, addr, err := p.OpenRelay(ip, false)
		if err != nil {
			t.Fatal(err)
		}
		if addr.Addr() != ip || addr.Port() < 20000 || addr.Port() > 40000 || sock.Kind() != dgram.RelayKind {
			t.Fatalf("relay %v, sock %x", addr, sock)
		}
		c := dial(t, addr)
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: addrOf(c), Data: []byte("ping")}})
		expect(t, c, []byte("ping"))
		if _, err := c.Write([]byte("pong")); err != nil {
			t.Fatal(err)
		}
		readN(t, p, 1, func(in *dgram.In) {
			if in.Sock != sock || in.Remote != addrOf(c) || in.Local != ip || string(in.Payload()) != "pong" {
				t.Fatalf("got sock %x from %v to %v: %q", in.Sock, in.Remote, in.Local, in.Payload())
			}
		})
		p.CloseRelay(sock)
		p.WriteBatch([]dgram.Out{{Sock: sock, Remote: addrOf(c), Data: []byte("late")}})
	}
	if got := p.Counters().SendRefused; got != 2 {
		t.Errorf("%d datagrams through closed relays counted, want 2", got)
	}
	if v4, v6 := ports.Free(); v4 != 20001 || v6 != 20001 {
		t.Errorf("%d and %d ports free after closing, want all 20001", v4, v6)
	}
}

func TestDatagramsOfAllSizes(t *testing.T) {
	p := openOne(t, Config{})
	c := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	for _, size := range []int{0, 1, 1200, 1500, 2048, 8999, min(DatagramMax, 65507)} {
		want := bytes.Repeat([]byte{byte(size)}, size)
		if _, err := c.Write(want); err != nil {
			t.Fatal(err)
		}
		readN(t, p, 1, func(in *dgram.In) {
			if !bytes.Equal(in.Payload(), want) {
				t.Fatalf("%d bytes came as %d", size, len(in.Payload()))
			}
			p.WriteBatch([]dgram.Out{{Sock: in.Sock, Remote: in.Remote, Local: in.Local, Data: in.Payload()}})
		})
		expect(t, c, want)
	}
	if got := p.Counters().Truncated; got != 0 {
		t.Errorf("%d datagrams were cut", got)
	}
}

func TestABusySocketLeavesRoomForOthers(t *testing.T) {
	p := openOne(t, Config{})
	busy := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	for range 3 * batchMax {
		if _, err := busy.Write([]byte("flood")); err != nil {
			t.Fatal(err)
		}
	}
	sock, addr, err := p.OpenRelay(loopbacks[0], false)
	if err != nil {
		t.Fatal(err)
	}
	quiet := dial(t, addr)
	if _, err := quiet.Write([]byte("one")); err != nil {
		t.Fatal(err)
	}
	seen := -1
	n := 0
	readN(t, p, 3*batchMax+1, func(in *dgram.In) {
		if in.Sock == sock {
			seen = n
		}
		n++
	})
	if seen < 0 {
		t.Fatal("the quiet socket's datagram is missing")
	}
	if isFair := seen < 2*batchMax; !isFair && DatagramMax == dgram.MaxPayload {
		t.Errorf("the quiet socket had its turn after %d datagrams of the busy one", seen)
	}
}

func TestManyDestinationsKeepTheirOrder(t *testing.T) {
	p := openOne(t, Config{})
	const clients, each = 20, 50
	var conns []*net.UDPConn
	var batch []dgram.Out
	for range clients {
		conns = append(conns, dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port())))
	}
	message := func(client, i int) []byte {
		return bytes.Repeat(fmt.Appendf(nil, "%d/%d.", client, i), 1+i%3)
	}
	for i := range each {
		for client, c := range conns {
			batch = append(batch, dgram.Out{Remote: addrOf(c), Local: loopbacks[0], Data: message(client, i)})
		}
	}
	p.WriteBatch(batch)
	for client, c := range conns {
		for i := range each {
			expect(t, c, message(client, i))
		}
	}
	if got := p.Counters().DatagramsOut; got != clients*each {
		t.Errorf("%d datagrams counted, want %d", got, clients*each)
	}
}

func TestWakeEndsTheWait(t *testing.T) {
	p := openOne(t, Config{})
	p.Wake()
	if in := p.ReadBatch(mono.Never); len(in) != 0 {
		t.Fatalf("%d datagrams from nowhere", len(in))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.ReadBatch(mono.Never)
	}()
	p.Wake()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("a wakeup from another goroutine got lost")
	}
}

func TestTheDeadlineEndsTheWait(t *testing.T) {
	p := openOne(t, Config{})
	deadline := mono.Now().Add(3 * time.Millisecond)
	p.ReadBatch(deadline)
	if mono.Now() < deadline {
		t.Error("it came back before the deadline")
	}
	p.ReadBatch(deadline) // long past: must not block
}

func TestATakenPortIsAnError(t *testing.T) {
	p := openOne(t, Config{Listen: []string{"127.0.0.1:0"}})
	_, err := Open(Config{Listen: []string{p.LocalAddr().String()}})
	if !errors.Is(err, ErrAddressInUse) {
		t.Errorf("a second server on the same port: %v", err)
	}
}

func TestWhatCannotBeSentIsCounted(t *testing.T) {
	p := openOne(t, Config{Listen: []string{"127.0.0.1:0"}})
	p.WriteBatch([]dgram.Out{
		{Remote: netip.MustParseAddrPort("[::1]:9"), Data: []byte("no such family")},
		{Remote: netip.MustParseAddrPort("127.0.0.1:0"), Data: []byte("no port")},
		{Sock: dgram.RelayKind | 7, Remote: netip.MustParseAddrPort("127.0.0.1:9"), Data: []byte("no relay")},
		{Data: []byte("no address")},
	})
	if got := p.Counters().SendRefused; got != 4 {
		t.Errorf("%d counted, want 4", got)
	}
	// The port is closed: the ICMP error must not hurt.
	closed := dial(t, p.LocalAddr())
	to := addrOf(closed)
	closed.Close()
	for range 3 {
		p.WriteBatch([]dgram.Out{{Remote: to, Data: []byte("knock")}})
	}
	c := dial(t, p.LocalAddr())
	if _, err := c.Write([]byte("still there")); err != nil {
		t.Fatal(err)
	}
	readN(t, p, 1, func(in *dgram.In) {
		if string(in.Payload()) != "still there" {
			t.Errorf("got %q", in.Payload())
		}
	})
}

func TestAPollerWithoutThePublicPort(t *testing.T) {
	p := openOne(t, Config{RelaysOnly: true})
	if p.LocalAddr().IsValid() {
		t.Errorf("it listens on %v", p.LocalAddr())
	}
	sock, addr, err := p.OpenRelay(loopbacks[0], false)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr)
	p.WriteBatch([]dgram.Out{
		{Remote: addrOf(c), Data: []byte("from nowhere")},
		{Sock: sock, Remote: addrOf(c), Data: []byte("relayed")},
	})
	expect(t, c, []byte("relayed"))
}

func TestSeveralPublicPortsAreToldApart(t *testing.T) {
	p := openOne(t, Config{Listen: []string{"127.0.0.1:0", ":0", "[::1]:0"}})
	for i, ip := range []netip.Addr{loopbacks[0], loopbacks[0], loopbacks[1]} {
		sock := dgram.Main | dgram.Sock(i)
		c := dial(t, netip.AddrPortFrom(ip, p.AddrOf(sock).Port()))
		if _, err := c.Write([]byte("question")); err != nil {
			t.Fatal(err)
		}
		readN(t, p, 1, func(in *dgram.In) {
			if in.Sock != sock || in.Remote != addrOf(c) || in.Local != ip {
				t.Fatalf("got %x from %v to %v, want %x from %v to %v", in.Sock, in.Remote, in.Local, sock, addrOf(c), ip)
			}
			p.WriteBatch([]dgram.Out{{Sock: in.Sock, Remote: in.Remote, Local: in.Local, Data: []byte("answer")}})
		})
		expect(t, c, []byte("answer")) // a connected socket: it came from the port that was asked
	}
	nowhere := dgram.Out{Sock: 3, Remote: netip.AddrPortFrom(loopbacks[0], 9), Data: []byte("x")}
	other := dgram.Out{Sock: 2, Remote: netip.AddrPortFrom(loopbacks[0], 9), Data: []byte("x")}
	p.WriteBatch([]dgram.Out{nowhere, other})
	if got := p.Counters().SendRefused; got != 2 || p.AddrOf(3).IsValid() || p.AddrOf(dgram.StreamKind).IsValid() {
		t.Errorf("%d datagrams through ports that are not there were counted, want 2", got)
	}
}
