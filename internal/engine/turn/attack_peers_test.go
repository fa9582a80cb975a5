package turn

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// The server of these tests: relays are advertised on serverIP, and the machine
// has another public address beside it.
var (
	serverIP  = netip.MustParseAddr("95.0.0.5")
	serverIP6 = netip.MustParseAddr("2606:4700::5")
	ownIP     = netip.MustParseAddr("95.0.0.6")
	ownIP6    = netip.MustParseAddr("2606:4700::6")
)

// signed is a request of ann's with attributes of any shape.
func (w *world) signed(p *person, m stun.Method, fill func(*stun.Builder, stun.TransactionID)) []byte {
	return w.signedBy(p, "ann", m, fill)
}

func (w *world) signedBy(p *person, user string, m stun.Method, fill func(*stun.Builder, stun.TransactionID)) []byte {
	w.counter++
	id := stun.TransactionID{1: 7, 11: w.counter}
	b := stun.Begin(nil, stun.TypeOf(m, stun.Request), id)
	fill(&b, id)
	b.Text(stun.AttrUsername, user)
	b.Text(stun.AttrRealm, "parley")
	b.Text(stun.AttrNonce, p.nonce)
	key := keyOf(user, "parley", user+"-password")
	b.Integrity(stun.NewHasher(), key[:])
	return b.Finish()
}

// rawPeer is XOR-PEER-ADDRESS with ip in the form that it has: unlike a Builder it
// does not turn an IPv4-mapped address into an IPv4 one.
func rawPeer(b *stun.Builder, ip netip.Addr, port uint16, id stun.TransactionID) {
	if ip.Is4() {
		b.XORAddress(stun.AttrXORPeerAddress, netip.AddrPortFrom(ip, port))
		return
	}
	v := ip.As16()
	value := []byte{0, byte(IPv6), byte(port>>8) ^ 0x21, byte(port) ^ 0x12}
	for i, x := range append([]byte{0x21, 0x12, 0xa4, 0x42}, id[:]...) {
		value = append(value, v[i]^x)
	}
	b.Bytes(stun.AttrXORPeerAddress, value)
}

// ways are all the ways in which a client can name a peer.
var ways = map[string]func(w *world, a *person, ip netip.Addr, port uint16) []byte{
	"CreatePermission": func(w *world, a *person, ip netip.Addr, port uint16) []byte {
		return w.signed(a, stun.CreatePermission, func(b *stun.Builder, id stun.TransactionID) { rawPeer(b, ip, port, id) })
	},
	"CreatePermission, second": func(w *world, a *person, ip netip.Addr, port uint16) []byte {
		return w.signed(a, stun.CreatePermission, func(b *stun.Builder, id stun.TransactionID) {
			good := "9.9.9.9:1"
			if ip.Is6() {
				good = "[2606:4700::9]:1"
			}
			b.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort(good))
			rawPeer(b, ip, port, id)
		})
	},
	"ChannelBind": func(w *world, a *person, ip netip.Addr, port uint16) []byte {
		return w.signed(a, stun.ChannelBind, func(b *stun.Builder, id stun.TransactionID) {
			b.Uint32(stun.AttrChannelNumber, 0x4000<<16)
			rawPeer(b, ip, port, id)
		})
	},
	"Send": func(_ *world, _ *person, ip netip.Addr, port uint16) []byte {
		id := stun.TransactionID{1}
		b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), id)
		rawPeer(&b, ip, port, id)
		b.Text(stun.AttrData, "x")
		return b.Finish()
	},
}

// attackedWorld has ann with an allocation of a family on a server that is
// reached from the internet.
func attackedWorld(t *testing.T, family string) (*world, *person) {
	w := newWorld(t, Config{Policy: Policy{Own: []netip.Addr{serverIP, serverIP6, ownIP, ownIP6}}})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate", family, "lifetime=3600"})
	relay := netip.AddrPortFrom(serverIP, 50000)
	if family == "family=2" {
		relay = netip.AddrPortFrom(serverIP6, 50000)
	}
	if got := w.opened(0, relay.String()); !strings.Contains(got, "success") {
		t.Fatal(got)
	}
	return w, a
}

// refusedPeers are all addresses that must not be reached, with every disguise.
func refusedPeers() map[string]netip.Addr {
	all := map[string]netip.Addr{"own": ownIP, "own, IPv6": ownIP6}
	for what, s := range refusedIPv4 {
		all[what] = netip.MustParseAddr(s)
	}
	all["of the server"] = serverIP // in its plain form it is judged by port: see TestOwnPortsAreNoPeers
	for what, ip := range all {
		if ip.Is4() {
			for disguise, v6 := range disguises(ip) {
				all[what+" as "+disguise] = v6
			}
		}
	}
	delete(all, "of the server")
	for what, s := range refusedIPv6 {
		all[what] = netip.MustParseAddr(s).WithZone("")
	}
	return all
}

// No address that must not be reached is reached, whatever it is written as and in
// whatever way a client names it; not even where a permission and a channel were
// there by mistake.
func TestRefusedPeersInEveryPathAndDisguise(t *testing.T) {
	for _, family := range []string{"family=1", "family=2"} {
		w, a := attackedWorld(t, family)
		alloc := w.engine.clients[a.mapKey()]
		for what, ip := range refusedPeers() {
			for way, message := range ways {
				got := w.fromClient(a, message(w, a, ip, 700))
				if !strings.Contains(got, "error 403") && !strings.Contains(got, "error 443") && !strings.HasPrefix(got, "drop: ") {
					t.Errorf("%s: %s (%v) by %s: %s", family, what, ip, way, got)
				}
			}
			if len(alloc.permissions)+len(alloc.channels) != 0 {
				t.Fatalf("%s: %s (%v) got a permission", family, what, ip)
			}
			alloc.permissions = append(alloc.permissions, permission{ip: ip, expires: w.now + 1e9})
			alloc.channels = append(alloc.channels, channel{peer: netip.AddrPortFrom(ip, 700), number: 0x4000, expires: w.now + 1e9})
			w.fromClient(a, ways["Send"](w, a, ip, 700))
			w.fromClient(a, channelData(0x4000, "x"))
			alloc.permissions, alloc.channels = nil, nil
		}
		if n := w.engine.counters.ToPeerPackets; n != 0 {
			t.Errorf("%s: %d packets to refused peers", family, n)
		}
	}
}

// Behind the addresses of the server are its own ports: only relays can be
// reached there. The permission itself is for an address, so it is granted.
func TestOwnPortsAreNoPeers(t *testing.T) {
	for family, ip := range map[string]netip.Addr{"family=1": serverIP, "family=2": serverIP6} {
		w, a := attackedWorld(t, family)
		if got := w.fromClient(a, ways["CreatePermission"](w, a, ip, 1)); !strings.Contains(got, "success") {
			t.Fatal(got)
		}
		for _, port := range []uint16{1, 22, 53, 80, 443, 3478, 5349, 8080, 8443, 49999, 50001, 65535} {
			if got := w.fromClient(a, ways["Send"](w, a, ip, port)); got != "drop: not_a_relay\n" {
				t.Errorf("Send to %v port %d: %s", ip, port, got)
			}
			w.fromClient(a, ways["ChannelBind"](w, a, ip, port))
			if got := w.fromClient(a, channelData(0x4000, "x")); got != "drop: not_a_relay\n" {
				t.Errorf("ChannelData to %v port %d: %s", ip, port, got)
			}
			w.engine.clients[a.mapKey()].channels = nil
		}
		if n := w.engine.counters.ToPeerPackets; n != 0 {
			t.Errorf("%d packets to own ports", n)
		}
	}
}

// What comes to a relay from an address without a permission goes nowhere, be it
// inside or outside.
func TestPeersWithoutPermissionAreNotHeard(t *testing.T) {
	w, a := attackedWorld(t, "family=1")
	w.fromClient(a, ways["CreatePermission"](w, a, netip.MustParseAddr("9.9.9.9"), 1))
	for what, ip := range refusedPeers() {
		for _, from := range []netip.Addr{ip, ip.Unmap()} {
			if got := w.fromPeer(0, netip.AddrPortFrom(from, 700), []byte("x")); got != "drop: no_permission\n" {
				t.Errorf("%s (%v): %s", what, from, got)
			}
		}
	}
	if got := w.fromPeer(0, netip.MustParseAddrPort("9.9.9.8:1"), []byte("x")); got != "drop: no_permission\n" {
		t.Errorf("a neighbour of the peer: %s", got)
	}
	for id := range RelayID(5) {
		if got := w.fromPeer(id+1, netip.MustParseAddrPort("9.9.9.9:1"), []byte("x")); got != "drop: relay_pending\n" {
			t.Errorf("relay %d: %s", id+1, got)
		}
	}
}

// An allocation takes no more than its permissions and channels, however many a
// client asks for, in one message or in many.
func TestPermissionAndChannelExplosion(t *testing.T) {
	w, a := attackedWorld(t, "family=1")
	cfg := &w.engine.cfg
	peer := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{9, 9, byte(i >> 8), byte(i)}) }
	many := func(n int) []byte {
		return w.signed(a, stun.CreatePermission, func(b *stun.Builder, id stun.TransactionID) {
			for i := range n {
				rawPeer(b, peer(i), 1, id)
			}
		})
	}
	if got := w.fromClient(a, many(cfg.MaxPermissions+1)); !strings.Contains(got, "error 508") {
		t.Errorf("one too many in a message: %s", got)
	}
	if got := w.fromClient(a, many(1000)); got != "drop: malformed\n" { // more attributes than a message may have
		t.Errorf("1000 in a message: %s", got)
	}
	alloc := w.engine.clients[a.mapKey()]
	if len(alloc.permissions) != 0 {
		t.Fatalf("%d permissions of messages that were refused", len(alloc.permissions))
	}
	granted := 0
	for i := range 5000 {
		if strings.Contains(w.fromClient(a, ways["CreatePermission"](w, a, peer(i), 1)), "success") {
			granted++
		}
	}
	bound := 0
	for i := range 5000 {
		got := w.fromClient(a, w.signed(a, stun.ChannelBind, func(b *stun.Builder, id stun.TransactionID) {
			b.Uint32(stun.AttrChannelNumber, uint32(0x4000+i%0x1000)<<16)
			rawPeer(b, peer(0), uint16(1+i), id)
		}))
		if strings.Contains(got, "success") {
			bound++
		}
	}
	if granted != cfg.MaxPermissions || bound != cfg.MaxChannels {
		t.Errorf("%d permissions and %d channels, want %d and %d", granted, bound, cfg.MaxPermissions, cfg.MaxChannels)
	}
	if got := w.fromPeer(0, netip.AddrPortFrom(peer(0), 1), []byte("x")); !strings.Contains(got, "ChannelData") {
		t.Errorf("what was granted does not work: %s", got)
	}
}

// isPeerBound says whether o goes out through a relay.
func isPeerBound(o *dgram.Out) bool { return o.Sock.Kind() == dgram.RelayKind }
