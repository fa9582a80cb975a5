package node

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

func TestMailboxKeepsTheOrderOfEachSender(t *testing.T) {
	m := newMailbox(func() {})
	stop := make(chan struct{})
	const senders, each = 8, 5000
	var group sync.WaitGroup
	for range senders {
		c := &streamClient{}
		group.Go(func() {
			for i := range each {
				l := letter{client: c, gone: i == each-1}
				if !m.post(l, stop) {
					t.Error("a letter was dropped")
				}
			}
		})
	}
	seen := map[*streamClient]int{}
	for total := 0; total < senders*each; {
		l, ok := m.take()
		if !ok {
			m.admitWaiters()
			continue
		}
		total++
		seen[l.client]++
		if l.gone != (seen[l.client] == each) {
			t.Fatalf("letter %d of a sender is out of order", seen[l.client])
		}
	}
	group.Wait()
	if !m.isEmpty() || m.bytes.Load() != 0 || m.waiting.Load() != 0 {
		t.Error("something is left")
	}
}

func TestAFullMailboxDropsOnlyWhenTheShardIsGone(t *testing.T) {
	m := newMailbox(func() {})
	for m.offer(letter{client: &streamClient{}}) {
	}
	stop := make(chan struct{})
	close(stop)
	if m.post(letter{}, stop) || m.dropped.Load() != 1 {
		t.Error("a letter to nobody was taken")
	}
	n := 0
	for ; ; n++ {
		if _, ok := m.take(); !ok {
			break
		}
	}
	if n != mailboxSize {
		t.Errorf("%d letters were in it, want %d", n, mailboxSize)
	}
}

func TestTheMailboxBoundsBytes(t *testing.T) {
	m := newMailbox(func() {})
	f := &stream.Frame{Buf: make([]byte, 64<<10)}
	n := 0
	for m.offer(letter{client: &streamClient{}, frame: f}) {
		n++
	}
	if n != mailboxBytesMax/len(f.Buf) {
		t.Errorf("%d frames fit", n)
	}
	if !m.offer(letter{client: &streamClient{}, gone: true}) {
		t.Error("a letter without bytes found no room")
	}
	m.take()
	if !m.offer(letter{client: &streamClient{}, frame: f}) {
		t.Error("no room after one was taken")
	}
}

func TestDirectoryMapsBothWays(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.4")
	d := newRelayDirectory([]netip.Addr{public})
	v4 := netip.MustParseAddrPort("10.0.0.5:50000")
	other := netip.MustParseAddrPort("10.0.0.6:50000")
	v6 := netip.MustParseAddrPort("[2001:db8::5]:50000")
	if a := d.add(v4); a != netip.AddrPortFrom(public, 50000) {
		t.Errorf("advertised as %v", a)
	}
	if a := d.add(v6); a != v6 {
		t.Errorf("advertised as %v", a)
	}
	if local, ok := d.Bound(netip.AddrPortFrom(public, 50000)); !ok || local != v4 {
		t.Errorf("bound to %v, %v", local, ok)
	}
	if a, ok := d.Advertised(v6); !ok || a != v6 {
		t.Errorf("advertised as %v, %v", a, ok)
	}
	if _, ok := d.Advertised(other); ok {
		t.Error("an address that is no relay")
	}
	if !d.IsServerIP(public) || !d.IsServerIP(v6.Addr()) || d.IsServerIP(v4.Addr()) {
		t.Error("wrong server addresses")
	}
	d.remove(v6)
	d.remove(v4)
	if _, ok := d.Bound(netip.AddrPortFrom(public, 50000)); ok || d.IsServerIP(v6.Addr()) || !d.IsServerIP(public) {
		t.Error("wrong after removal")
	}
}

func TestDirectoryLooksUpWithoutAllocating(t *testing.T) {
	d := newRelayDirectory(nil)
	a := netip.MustParseAddrPort("10.0.0.5:50000")
	d.add(a)
	if n := testing.AllocsPerRun(100, func() { d.Bound(a); d.Advertised(a); d.IsServerIP(a.Addr()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRelaysAreBoundWhereTheClientCameTo(t *testing.T) {
	d := newRelayDirectory(nil)
	primary := netip.MustParseAddr("192.0.2.33")
	for i := range d.primary {
		d.primary[i].until = mono.Now().Add(time.Hour)
	}
	d.primary[0].ip = primary
	lan, loopback, lan6 := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("2001:db8::7")
	for _, c := range []struct {
		family turn.Family
		near   netip.Addr
		want   netip.Addr
		ok     bool
	}{
		{turn.IPv4, lan, lan, true},
		{turn.IPv4, loopback, primary, true}, // loopback reaches nobody else
		{turn.IPv4, lan6, primary, true},
		{turn.IPv4, netip.Addr{}, primary, true},
		{turn.IPv6, lan6, lan6, true},
		{turn.IPv6, lan, netip.Addr{}, false},
		{turn.IPv6, netip.IPv6Loopback(), netip.IPv6Loopback(), true},
	} {
		got, ok := d.bindAddress(mono.Now(), c.family, c.near)
		if ok != c.ok || (ok && got != c.want) {
			t.Errorf("family %d near %v: %v, %v; want %v, %v", c.family, c.near, got, ok, c.want, c.ok)
		}
	}
}

func TestCloseEndsStreamsAndAllocations(t *testing.T) {
	s := startTestServer(t, mediaConfig{})
	if s.UDPAddr().IsValid() {
		t.Errorf("UDP is off, but at %v", s.UDPAddr())
	}
	c := dialTCP(t, s)
	if _, err := c.Write(bindingRequest()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream", func() bool { return s.Counters().Streams == 1 })
	if err := s.media.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer near.Close()
	s.ServeStream(far, false) // must return at once
	if got := s.Counters(); got.Streams != 0 || got.Stream.QueueBytes != 0 {
		t.Errorf("%+v", got)
	}
}
