package turn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// relaying returns a world in which client a has a relay, a permission and a
// channel to peer.
func relaying(t testing.TB, transport string, peer netip.AddrPort) (*world, *person) {
	return relayingWith(t, Config{}, transport, peer)
}

func relayingWith(t testing.TB, cfg Config, transport string, peer netip.AddrPort) (*world, *person) {
	w := newWorld(t, cfg)
	a := w.client("a", transport, "198.51.100.1:4000")
	family, relay := "family=1", "203.0.113.5:50000"
	if peer.Addr().Is6() {
		family, relay = "family=2", "[2001:db8::5]:50000"
	}
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate", family})
	w.opened(0, relay)
	w.command([]string{"a", "bind", "channel=0x4000", "peer=" + peer.String()})
	return w, a
}

func TestRelayingDoesNotAllocate(t *testing.T) {
	for _, peer := range []string{"9.9.9.9:700", "[2606:4700::9]:700", "203.0.113.5:50000"} {
		for _, transport := range []string{"udp", "tcp"} {
			at := netip.MustParseAddrPort(peer)
			w, a := relaying(t, transport, at)
			other := netip.AddrPortFrom(at.Addr(), 701)
			payload := bytes.Repeat([]byte("x"), 1201)
			send := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{})
			send.XORAddress(stun.AttrXORPeerAddress, at)
			send.Bytes(stun.AttrData, payload)
			fromClient := map[string]*dgram.In{
				"ChannelData": datagram(channelData(0x4000, string(payload)), a.Remote),
				"Send":        datagram(send.Finish(), a.Remote),
			}
			for name, in := range fromClient {
				countAllocs(t, w, peer+" "+transport+" "+name, func() { w.engine.HandleClient(w.now, a.Client, in, &w.out) })
			}
			for name, from := range map[string]netip.AddrPort{"to ChannelData": at, "to Data": other} {
				in := datagram(payload, from)
				countAllocs(t, w, peer+" "+transport+" "+name, func() { w.engine.HandlePeer(w.now, 0, in, &w.out) })
			}
		}
	}
}

func countAllocs(t *testing.T, w *world, name string, f func()) {
	t.Helper()
	sent := 0
	n := testing.AllocsPerRun(200, func() {
		f()
		sent += len(w.out.Send)
		w.out.Reset()
	})
	if n != 0 || sent != 201 {
		t.Errorf("%s: %v allocations per packet, %d of 201 packets went out", name, n, sent)
	}
}

func TestUnprovenRequestsDoNotAllocate(t *testing.T) {
	w := newWorld(t, Config{ReplyBurst: 1 << 20})
	a := w.client("a", "udp", "198.51.100.1:4000")
	countAllocs(t, w, "Binding", func() { w.engine.HandleClient(w.now, a.Client, bindingIn, &w.out) })
	allocate := datagram(w.request(a, stun.Allocate, nil), a.Remote)
	countAllocs(t, w, "Allocate", func() { w.engine.HandleClient(w.now, a.Client, allocate, &w.out) })
	if len(w.engine.clients)+len(w.engine.users)+len(w.engine.relays) != 0 {
		t.Error("an unproven request left state behind")
	}
}

var bindingIn = func() *dgram.In {
	b := stun.Begin(nil, stun.TypeOf(stun.Binding, stun.Request), stun.TransactionID{})
	return datagram(b.Finish(), netip.MustParseAddrPort("198.51.100.1:4000"))
}()

// inside says whether part lies within whole.
func inside(part, whole []byte) bool {
	p, w := uintptr(unsafe.Pointer(unsafe.SliceData(part))), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

func TestPayloadsAreNotCopied(t *testing.T) {
	at := netip.MustParseAddrPort("9.9.9.9:700")
	for _, transport := range []string{"udp", "tcp"} {
		for size := range 9 {
			w, a := relaying(t, transport, at)
			payload := bytes.Repeat([]byte{7}, size)
			ins := []*dgram.In{datagram(channelData(0x4000, string(payload)), a.Remote), datagram(payload, at), datagram(payload, netip.AddrPortFrom(at.Addr(), 9))}
			w.engine.HandleClient(w.now, a.Client, ins[0], &w.out)
			w.engine.HandlePeer(w.now, 0, ins[1], &w.out)
			w.engine.HandlePeer(w.now, 0, ins[2], &w.out)
			if len(w.out.Send) != 3 {
				t.Fatalf("%s %d bytes: %d packets out", transport, size, len(w.out.Send))
			}
			for i, o := range w.out.Send {
				if !inside(o.Data, ins[i].Buf) {
					t.Errorf("%s %d bytes: packet %d was copied", transport, size, i)
				}
			}
		}
	}
}

// A buffer that ends with the payload leaves no room for padding; then a copy is
// made, with the same result.
func TestPaddingWithoutRoom(t *testing.T) {
	at := netip.MustParseAddrPort("9.9.9.9:700")
	for size := range 9 {
		payload := bytes.Repeat([]byte{7}, size)
		var got [2][][]byte
		for i, tight := range []bool{false, true} {
			w, _ := relaying(t, "tcp", at)
			for _, port := range []uint16{700, 701} {
				in := datagram(payload, netip.AddrPortFrom(at.Addr(), port))
				if tight {
					in.Buf = in.Buf[:in.End:in.End]
				}
				w.engine.HandlePeer(w.now, 0, in, &w.out)
				w.effects()
				got[i] = append(got[i], w.last...)
			}
		}
		for i := range got[0] {
			if !bytes.Equal(got[0][i], got[1][i]) {
				t.Errorf("%d bytes: %x with room, %x without", size, got[0][i], got[1][i])
			}
		}
	}
}

func TestLargestDatagrams(t *testing.T) {
	at := netip.MustParseAddrPort("9.9.9.9:700")
	for _, c := range []struct {
		transport  string
		port       uint16
		fits, over int
	}{
		{"udp", 700, udpPayloadMax - 4, udpPayloadMax - 3},
		{"udp", 701, udpPayloadMax - 36 - 3, udpPayloadMax - 36 + 1},
		{"tcp", 700, dgram.MaxPayload, 0},
		{"tcp", 701, 65535 - 16 - 3, 65535 - 16 + 1},
	} {
		w, _ := relaying(t, c.transport, at)
		from := netip.AddrPortFrom(at.Addr(), c.port)
		if got := w.fromPeer(0, from, make([]byte, c.fits)); strings.Contains(got, "drop") {
			t.Errorf("%s, port %d: %d bytes: %.60s", c.transport, c.port, c.fits, got)
		}
		if c.over == 0 {
			continue
		}
		if got := w.fromPeer(0, from, make([]byte, c.over)); got != "drop: too_big\n" {
			t.Errorf("%s, port %d: %d bytes: %.60s", c.transport, c.port, c.over, got)
		}
	}
}

// What a spoofed datagram can make the server send: nothing beyond 4 times its size,
// which is the size of a 401 to the smallest request (80 bytes for 20; 2.9 times that
// of the smallest Allocate that is right),
// and of that no more than the budget per source.
func TestAmplification(t *testing.T) {
	w := newWorld(t, Config{})
	victim := w.client("victim", "udp", "198.51.100.1:4000")
	rng := rand.New(rand.NewPCG(1, 2))
	in, out, replies := 0, 0, 0
	for range 20000 {
		var b []byte
		switch rng.IntN(4) {
		case 0:
			b = stunNoise(rng)
		case 1:
			b = w.request(victim, stun.Allocate, []string{"anonymous", "unknown=0x7fff", "fingerprint"})
		case 2:
			b = w.request(victim, stun.Allocate, []string{"user=mallory", "nonce=obMatJos2AAAAabcdefghijklmno"})
		default:
			b = w.request(victim, stun.Binding, []string{"anonymous"})
		}
		w.engine.HandleClient(w.now, victim.Client, datagram(b, victim.Remote), &w.out)
		in += len(b)
		for _, o := range w.out.Send {
			if o.Remote != victim.Remote || len(o.Data) > 4*len(b) {
				t.Fatalf("%d bytes to %v for %d bytes from %v", len(o.Data), o.Remote, len(b), victim.Remote)
			}
			out += len(o.Data)
			replies++
		}
		w.out.Reset()
	}
	if replies > w.engine.cfg.ReplyBurst || out > in {
		t.Errorf("%d replies, %d bytes for %d bytes", replies, out, in)
	}
	if len(w.engine.clients)+len(w.engine.users)+len(w.engine.relays) != 0 {
		t.Error("unproven requests left state behind")
	}
}

// stunNoise is a message with a right header and random attributes.
func stunNoise(rng *rand.Rand) []byte {
	types := []stun.Attr{
		stun.AttrUsername, stun.AttrRealm, stun.AttrNonce, stun.AttrLifetime, stun.AttrXORPeerAddress, stun.AttrData,
		stun.AttrChannelNumber, stun.AttrRequestedTransport, stun.AttrRequestedAddressFamily, stun.AttrEvenPort,
		stun.AttrReservationToken, stun.AttrDontFragment, stun.AttrMessageIntegrity, stun.AttrMessageIntegritySHA256, 0x7fff,
	}
	b := stun.Begin(nil, stun.Type(rng.Uint32N(0x200)), stun.TransactionID{byte(rng.Uint32())})
	for range rng.IntN(8) {
		n := rng.IntN(24)
		if rng.IntN(2) == 0 {
			n = []int{0, 1, 4, 8, 20}[rng.IntN(5)]
		}
		v := make([]byte, n)
		for i := range v {
			v[i] = byte(rng.IntN(4))
		}
		b.Bytes(types[rng.IntN(len(types))], v)
	}
	if rng.IntN(2) == 0 {
		b.Fingerprint()
	}
	return b.Finish()
}

func TestNonceOfAnotherServerOrClient(t *testing.T) {
	one, two := New(Config{Secret: [32]byte{1}}), New(Config{Secret: [32]byte{2}})
	c := Client{Remote: netip.MustParseAddrPort("198.51.100.1:4000")}
	now := mono.Time(time.Minute)
	nonce := one.nonce(&c, now, Offer{})
	good := func(e *Engine, c Client, now mono.Time) bool {
		return e.nonceGood(&request{now: now, client: c, attrs: attrs{nonce: nonce[:]}})
	}
	elsewhere, overTCP := c, c
	elsewhere.Remote = netip.MustParseAddrPort("198.51.100.2:4000")
	overTCP.Transport = TCP
	if !good(one, c, now) || !good(one, c, now.Add(time.Hour-time.Nanosecond)) {
		t.Error("a good nonce is refused")
	}
	if good(one, c, now.Add(time.Hour)) || good(two, c, now) || good(one, elsewhere, now) || good(one, overTCP, now) {
		t.Error("a nonce is good where it should not be")
	}
	for i := range nonce {
		changed := nonce
		changed[i] ^= 1
		if one.nonceGood(&request{now: now, client: c, attrs: attrs{nonce: changed[:]}}) {
			t.Errorf("byte %d of the nonce does not matter", i)
		}
	}
}

func TestBudget(t *testing.T) {
	b := newReplyBudget(10, 20, new([32]byte))
	now := mono.Time(1)
	count := func(ip string, tries int) (n int) {
		for range tries {
			if b.take(now, netip.MustParseAddr(ip)) {
				n++
			}
		}
		return n
	}
	if n := count("8.8.8.8", 100); n != 20 {
		t.Errorf("a burst of %d, want 20", n)
	}
	if n := count("2001:db8::1", 15) + count("2001:db8::2", 15); n != 20 {
		t.Errorf("two addresses of one /64 got %d, want 20", n)
	}
	if n := count("2001:db8:0:1::1", 20); n != 20 {
		t.Errorf("another /64 got %d, want 20", n)
	}
	now = now.Add(time.Second)
	if n := count("8.8.8.8", 100); n != 10 {
		t.Errorf("a second later: %d, want 10", n)
	}
	// A flood of made-up sources neither shuts others out nor frees who floods.
	for i := range 100_000 {
		ip := netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1})
		if !b.take(now, ip) {
			t.Fatalf("source %d is refused", i)
		}
	}
	if n := count("8.8.8.8", 100); n > 0 {
		t.Errorf("%d more replies after a flood of others", n)
	}
}

func TestNothingTurnsUnprovenAttributesBehindIntegrity(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate"})
	w.opened(0, "203.0.113.5:50000")
	raw := w.request(a, stun.Refresh, nil)
	smuggled := append(bytes.Clone(raw), 0, 0x0d, 0, 4, 0, 0, 0, 0) // LIFETIME 0 behind MESSAGE-INTEGRITY
	smuggled[3] += 8
	if got := w.fromClient(a, smuggled); !strings.Contains(got, "Refresh success lifetime=600") {
		t.Errorf("got %s", got)
	}
}

func TestMemoryPerAllocation(t *testing.T) {
	if n := unsafe.Sizeof(allocation{}); n > 512 {
		t.Errorf("an allocation takes %d bytes", n)
	}
	var cfg = Config{}.withDefaults()
	full := uintptr(cfg.MaxPermissions)*unsafe.Sizeof(permission{}) + uintptr(cfg.MaxChannels)*unsafe.Sizeof(channel{})
	if full > 8<<10 {
		t.Errorf("a full allocation takes %d bytes", full)
	}
}

func TestManyAllocationsExpireInOrder(t *testing.T) {
	w := newWorld(t, Config{MaxAllocationsPerUser: 1000, ReplyBurst: 1 << 20})
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 500 {
		name := fmt.Sprint("c", i)
		w.client(name, "udp", fmt.Sprintf("198.51.100.1:%d", 4000+i))
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate", fmt.Sprintf("lifetime=%d", 600+rng.IntN(3000))})
		w.opened(RelayID(i), fmt.Sprintf("203.0.113.5:%d", 50000+i))
	}
	for i := 0; i < 500; i += 3 {
		w.command([]string{fmt.Sprint("c", i), "refresh", fmt.Sprintf("lifetime=%d", rng.IntN(2)*3600)})
	}
	for last := w.now; ; last = w.now {
		next := w.engine.NextDeadline()
		if next == mono.Never {
			break
		}
		if next <= last {
			t.Fatalf("deadline %v after %v", next, last)
		}
		w.now = next - 1
		w.engine.Advance(w.now, &w.out)
		if got := w.effects(); got != "" {
			t.Fatalf("before the deadline: %s", got)
		}
		w.now = next
		w.engine.Advance(w.now, &w.out)
		if got := w.effects(); !strings.Contains(got, "expired") {
			t.Fatalf("at the deadline: %q", got)
		}
	}
	if n := w.engine.counters.AllocationsOpen; n != 0 || len(w.engine.free) != 500 {
		t.Errorf("%d allocations left, %d relay numbers free", n, len(w.engine.free))
	}
}

func TestDropReasonsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for r := range dropReasons {
		if r.String() == "" || seen[r.String()] {
			t.Errorf("reason %d: %q", r, r.String())
		}
		seen[r.String()] = true
	}
	if got := dropReasons.String(); got != "unknown" {
		t.Errorf("beyond the last: %q", got)
	}
}
