package turn

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// requests are one of each kind that changes something.
var changing = map[stun.Method][]string{
	stun.Allocate: nil, stun.Refresh: {"lifetime=3000"}, stun.CreatePermission: {"peer=9.9.9.9:1"},
	stun.ChannelBind: {"peer=9.9.9.9:700", "channel=0x4000"},
}

// allocated returns a world where ann has an allocation at relay 0.
func allocated(t *testing.T, cfg Config) (*world, *person) {
	t.Helper()
	w := newWorld(t, cfg)
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate"})
	if got := w.opened(0, "203.0.113.5:50000"); !strings.Contains(got, "success") {
		t.Fatal(got)
	}
	return w, a
}

// A nonce, and a whole request, are good for nothing at another place: another
// address, port or transport.
func TestStolenNoncesAndRequests(t *testing.T) {
	w, a := allocated(t, Config{})
	thieves := []*person{
		w.client("address", "udp", "198.51.100.2:4000"), w.client("port", "udp", "198.51.100.1:4001"),
		w.client("transport", "tcp", "198.51.100.1:4000"), w.client("mapped", "udp", "[2002:c633:6401::1]:4000"),
	}
	for m, args := range changing {
		overheard := w.request(a, m, args)
		for _, thief := range thieves {
			if got := w.fromClient(thief, overheard); !strings.Contains(got, "error 438") {
				t.Errorf("%v repeated by another %s: %s", m, thief.name, got)
			}
			thief.nonce = a.nonce
			if got := w.fromClient(thief, w.request(thief, m, args)); !strings.Contains(got, "error 438") {
				t.Errorf("%v with a nonce of another %s: %s", m, thief.name, got)
			}
		}
	}
	if n := len(w.engine.clients); n != 1 {
		t.Errorf("%d allocations", n)
	}
}

// A nonce ends. Then the same request gets 438 with a new one, and changes
// nothing; signed anew, it is good again.
func TestExpiredNonces(t *testing.T) {
	for m, args := range changing {
		w, a := allocated(t, Config{DefaultLifetime: 2 * time.Hour, MaxLifetime: 3 * time.Hour})
		old := w.request(a, m, args)
		w.now = w.now.Add(time.Hour + time.Second)
		before := fmt.Sprint(*w.engine.clients[a.mapKey()])
		if got := w.fromClient(a, old); !strings.Contains(got, "error 438") || !strings.Contains(got, "nonce") {
			t.Errorf("%v with an old nonce: %s", m, got)
		}
		if after := fmt.Sprint(*w.engine.clients[a.mapKey()]); after != before {
			t.Errorf("%v with an old nonce changed the allocation:\n%s\n%s", m, before, after)
		}
		want := "success"
		if m == stun.Allocate {
			want = "error 437"
		}
		if got := w.fromClient(a, w.request(a, m, args)); !strings.Contains(got, want) {
			t.Errorf("%v with a new nonce: %s", m, got)
		}
	}
}

// Repeated in the name of its sender while the nonce holds, a request has the
// effect that it had the first time, and no other: no second relay, no more
// permissions.
func TestReplayedRequests(t *testing.T) {
	w, a := allocated(t, Config{})
	for m, args := range changing {
		if m == stun.Allocate {
			continue
		}
		packet := w.request(a, m, args)
		first := w.fromClient(a, packet)
		for range 100 {
			if got := w.fromClient(a, packet); got != first {
				t.Fatalf("%v: %s, then %s", m, first, got)
			}
		}
	}
	alloc := w.engine.clients[a.mapKey()]
	if len(alloc.permissions) != 1 || len(alloc.channels) != 1 || len(w.engine.relays) != 1 {
		t.Errorf("%d permissions, %d channels, %d relays", len(alloc.permissions), len(alloc.channels), len(w.engine.relays))
	}
	c := w.client("c", "udp", "198.51.100.3:4000")
	w.command([]string{"c", "allocate"})
	packet := w.request(c, stun.Allocate, nil)
	w.fromClient(c, packet)
	for range 100 {
		if got := w.fromClient(c, packet); got != "" {
			t.Fatalf("an Allocate again while the relay is opened: %s", got)
		}
	}
	first, _, _ := strings.Cut(w.opened(1, "203.0.113.5:50001"), "event")
	for range 100 {
		if got := w.fromClient(c, packet); got != first {
			t.Fatalf("an Allocate again: %s, first %s", got, first)
		}
	}
	if len(w.engine.relays) != 2 || w.engine.counters.AllocationsOpened != 2 {
		t.Errorf("%d relays", len(w.engine.relays))
	}
}

// attach appends an attribute behind a message that is complete, and lets the
// header count it.
func attach(message []byte, attr stun.Attr, value []byte) []byte {
	b := append(bytes.Clone(message), byte(attr>>8), byte(attr), byte(len(value)>>8), byte(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	n := len(b) - stun.HeaderLen
	b[2], b[3] = byte(n>>8), byte(n)
	return b
}

// Nothing that stands behind MESSAGE-INTEGRITY counts, whatever it is.
func TestAttributesBehindIntegrity(t *testing.T) {
	var peer [20]byte
	n := stun.PutXORAddress(peer[:], netip.MustParseAddrPort("8.8.8.8:53"), &stun.TransactionID{})
	smuggled := map[stun.Attr][]byte{
		stun.AttrUsername: []byte("bob"), stun.AttrRealm: []byte("elsewhere"), stun.AttrNonce: []byte("x"),
		stun.AttrLifetime: {0, 0, 0, 0}, stun.AttrXORPeerAddress: peer[:n], stun.AttrChannelNumber: {0x40, 1, 0, 0},
		stun.AttrRequestedTransport: {6, 0, 0, 0}, stun.AttrRequestedAddressFamily: {9, 0, 0, 0}, stun.AttrEvenPort: {0x80},
		stun.AttrReservationToken: make([]byte, 8), stun.AttrMessageIntegrity: make([]byte, 20), 0x7fff: nil, stun.AttrData: {1},
	}
	for m, args := range changing {
		for attr, value := range smuggled {
			w, a := allocated(t, Config{})
			if m == stun.Allocate {
				a = w.client("c", "udp", "198.51.100.3:4000")
				w.command([]string{"c", "allocate"})
			}
			plain := w.request(a, m, args)
			got := w.fromClient(a, attach(plain, attr, value))
			if want := w.fromClient(a, plain); got != want && m != stun.Allocate || strings.Contains(got, "error") || got == "" {
				t.Errorf("%v with %#x behind: %s, without: %s", m, uint16(attr), got, want)
			}
		}
	}
	// An attribute that is needed does not count there either.
	w, a := allocated(t, Config{})
	got := w.fromClient(a, attach(w.request(a, stun.CreatePermission, nil), stun.AttrXORPeerAddress, peer[:n]))
	if !strings.Contains(got, "error 400") {
		t.Errorf("a peer behind the integrity: %s", got)
	}
	// Behind FINGERPRINT nothing may stand at all.
	if got := w.fromClient(a, attach(w.request(a, stun.Refresh, []string{"fingerprint"}), 0x8fff, nil)); got != "drop: malformed\n" {
		t.Errorf("an attribute behind FINGERPRINT: %s", got)
	}
}

// Of attributes that occur twice the first counts; only CreatePermission takes
// more than one peer.
func TestDuplicateAttributes(t *testing.T) {
	w, a := allocated(t, Config{})
	twice := func(m stun.Method, fill func(*stun.Builder)) string {
		return w.fromClient(a, w.signed(a, m, func(b *stun.Builder, _ stun.TransactionID) { fill(b) }))
	}
	if got := twice(stun.Refresh, func(b *stun.Builder) {
		b.Uint32(stun.AttrLifetime, 1200)
		b.Uint32(stun.AttrLifetime, 0)
	}); !strings.Contains(got, "lifetime=1200") {
		t.Errorf("two lifetimes: %s", got)
	}
	peers := []netip.AddrPort{netip.MustParseAddrPort("9.9.9.9:700"), netip.MustParseAddrPort("8.8.8.8:53")}
	if got := twice(stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, 0x4000<<16)
		b.Uint32(stun.AttrChannelNumber, 0x4001<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peers[0])
		b.XORAddress(stun.AttrXORPeerAddress, peers[1])
	}); !strings.Contains(got, "success") {
		t.Errorf("two channels: %s", got)
	}
	alloc := w.engine.clients[a.mapKey()]
	if len(alloc.channels) != 1 || alloc.channels[0].peer != peers[0] || alloc.channels[0].number != 0x4000 || alloc.permits(peers[1].Addr(), w.now) {
		t.Errorf("channels %+v", alloc.channels)
	}
	// Two names: the first is who signed, or it is nobody.
	if got := twice(stun.Refresh, func(b *stun.Builder) { b.Text(stun.AttrUsername, "bob") }); !strings.Contains(got, "error 401") {
		t.Errorf("bob's name with ann's key: %s", got)
	}
	// A first integrity that is wrong is not made good by a second.
	forged := w.signed(a, stun.Refresh, func(b *stun.Builder, _ stun.TransactionID) {
		b.Bytes(stun.AttrMessageIntegrity, make([]byte, stun.IntegrityLen))
	})
	if got := w.fromClient(a, forged); strings.Contains(got, "success") {
		t.Errorf("two integrities: %s", got)
	}
}

// Somebody else with a good credential can neither use nor end an allocation from
// the client's own 5-tuple.
func TestAnotherUserOnTheSame5Tuple(t *testing.T) {
	for m, want := range map[stun.Method]string{
		stun.Allocate: "error 437", stun.Refresh: "error 441", stun.CreatePermission: "error 441", stun.ChannelBind: "error 441",
	} {
		w, a := allocated(t, Config{})
		before := fmt.Sprint(*w.engine.clients[a.mapKey()])
		for _, extra := range []string{"lifetime=0", "lifetime=3000", "fingerprint", "id=1", "id=2"} {
			args := append(append([]string{}, changing[m]...), "user=bob", extra)
			if got := w.fromClient(a, w.request(a, m, args)); !strings.Contains(got, want) || !strings.Contains(got, "integrity(bob)") {
				t.Errorf("%v %s: %s", m, extra, got)
			}
		}
		if after := fmt.Sprint(*w.engine.clients[a.mapKey()]); after != before {
			t.Errorf("%v changed the allocation:\n%s\n%s", m, before, after)
		}
	}
}

// Every length that a message declares is tried with every value that lies, and
// every place it can be cut at. What is not the message itself is never a success.
func TestLyingLengths(t *testing.T) {
	for m, args := range changing {
		w, a := allocated(t, Config{RepliesPerSecond: 1e6, ReplyBurst: 1e9})
		good := w.request(a, m, append([]string{"lifetime=700", "peer=8.8.8.8:9", "fingerprint"}, args...))
		state := func() string { return fmt.Sprint(*w.engine.clients[a.mapKey()], len(w.engine.clients)) }
		before := state()
		try := func(what string, b []byte) {
			t.Helper()
			if got := w.fromClient(a, b); got != "drop: malformed\n" || state() != before {
				t.Fatalf("%v, %s: %s", m, what, got)
			}
		}
		for n := range good {
			if n > 0 {
				try(fmt.Sprintf("cut to %d bytes", n), bytes.Clone(good[:n]))
			}
		}
		for n := range 9 {
			try(fmt.Sprintf("%d bytes more", n+1), append(bytes.Clone(good), make([]byte, n+1)...))
		}
		for off := 0; off < len(good); {
			at := off + 2
			declared := int(good[at])<<8 | int(good[at+1])
			for _, lie := range []int{0, 1, 2, 3, 4, declared - 4, declared - 1, declared + 1, declared + 4, 0x7fff, 0xfffc, 0xffff} {
				if b := bytes.Clone(good); lie >= 0 && lie != declared {
					b[at], b[at+1] = byte(lie>>8), byte(lie)
					try(fmt.Sprintf("length at %d is %d", at, lie), b)
				}
			}
			if off == 0 {
				off = stun.HeaderLen
			} else {
				off += stun.AttrHeaderLen + (declared+3)&^3
			}
		}
		want := "success"
		if m == stun.Allocate {
			want = "error 437"
		}
		if got := w.fromClient(a, good); !strings.Contains(got, want) {
			t.Errorf("%v, the message itself: %s", m, got)
		}
	}
}

func TestLyingLengthsOfChannelData(t *testing.T) {
	w, a := relaying(t, "udp", netip.MustParseAddrPort("9.9.9.9:700"))
	for n := range 12 {
		for declared := range 1 << 16 {
			if declared > 16 && declared%257 != 0 && declared != 0xffff {
				continue
			}
			b := append([]byte{0x40, 0, byte(declared >> 8), byte(declared)}, "abcdefghijkl"[:n]...)
			w.engine.HandleClient(w.now, a.Client, datagram(b, a.Remote), &w.out)
			switch sent := w.out.Send; {
			case declared > n && len(sent) != 0:
				t.Fatalf("%d bytes sent as %d: %+v", n, declared, sent)
			case declared <= n && (len(sent) != 1 || string(sent[0].Data) != "abcdefghijkl"[:declared]):
				t.Fatalf("%d bytes sent as %d: %+v", n, declared, sent)
			}
			w.out.Reset()
		}
	}
	for n := 1; n < 4; n++ {
		if got := w.fromClient(a, []byte{0x40, 0, 0}[:n]); got != "drop: malformed\n" {
			t.Errorf("%d bytes: %s", n, got)
		}
	}
}
