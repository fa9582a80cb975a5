package node

import (
	"net"
	"net/netip"
	"testing"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// A policy that is loaded while people talk cuts off the peers that it refuses,
// and nobody else.
func TestReloadedPolicyHoldsForOpenRelays(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	relay := relayOf(t, s)
	kept, lost := echo(t, "127.0.0.1"), echo(t, "127.0.0.2")
	expectEcho(t, relay, kept, []byte("one"))
	expectEcho(t, relay, lost, []byte("two"))
	policy := allowLoopback()
	policy.Deny = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
	s.SetPolicy(policy)
	refused := func() uint64 {
		d := s.Counters().TURN.Drops
		return d[turn.DropPeerRefused] + d[turn.DropNoPermission] + d[turn.DropNoChannel]
	}
	before := refused()
	if _, err := relay.WriteTo([]byte("three"), net.UDPAddrFromAddrPort(lost)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal", func() bool { return refused() > before })
	expectEcho(t, relay, kept, []byte("four"))
}

// An address that the machine gets while the server runs is out of reach as the
// others are, and one that it loses is one of somebody else.
func TestOwnAddressesMayChange(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}})
	c := dialRaw(t, s.UDPAddr())
	if first, second := c.ask("", ""), c.ask(testUser, testPassword); first != stun.CodeUnauthenticated || second != 0 {
		t.Fatalf("no allocation: %d, %d", first, second)
	}
	if code := c.permit("9.9.9.9"); code != 0 {
		t.Fatalf("a public address: %d", code)
	}
	s.setOwn([]netip.Addr{netip.MustParseAddr("9.9.9.9")})
	eventually(t, "the refusal", func() bool { return c.permit("9.9.9.9") == stun.CodeForbidden })
	s.setOwn(nil)
	eventually(t, "it to be somebody else's", func() bool { return c.permit("9.9.9.9") == 0 })
}

func TestOwnAddressesAreKnown(t *testing.T) {
	public := netip.MustParseAddr("9.9.9.9")
	rules := turn.Policy{Own: newRelayDirectory([]netip.Addr{public}).ownAddresses()}.Rules()
	if rules.Permits(public) || rules.Permits(netip.MustParseAddr("64:ff9b::9.9.9.9")) {
		t.Error("the public address may be a peer, or may be disguised")
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil || len(addrs) == 0 {
		t.Skipf("SKIPPED: no interface to look at: %v", err)
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err != nil || rules.Permits(p.Addr()) {
			t.Errorf("%v of this machine may be a peer (%v)", a, err)
		}
	}
}
