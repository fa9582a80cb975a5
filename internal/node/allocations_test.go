package node

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/udp"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// A reserved port is had by whoever has the token, over any transport and
// whichever shard the kernel hands its packets to.
func TestReservedPorts(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	peer := echo(t, "127.0.0.1")
	detoured := len(s.shards) < 2
	for i := 0; i < 12 || !detoured && i < 500; i++ { // until one came to the other shard
		transport := map[bool]func(*testing.T) *rawTURN{true: s.tcpClient, false: s.udpClient}
		first, second := transport[i%4 == 1](t), transport[i%4 == 3](t)
		answer := first.ask(stun.Allocate, overUDP, with(stun.AttrEvenPort, 0x80))
		at := relayed(t, &answer)[0]
		token, ok := answer.Find(stun.AttrReservationToken)
		if !ok || at.Port()%2 != 0 {
			t.Fatalf("relay at %v, token %x", at, token)
		}
		token = bytes.Clone(token)
		answer = second.ask(stun.Allocate, overUDP, with(stun.AttrReservationToken, token...))
		if above := relayed(t, &answer)[0]; above != netip.AddrPortFrom(at.Addr(), at.Port()+1) {
			t.Fatalf("the port above %v is %v", at, above)
		}
		second.relays(peer)
		first.relays(peer)
		detoured = detoured || s.detours() > 0
		for _, c := range []*rawTURN{second, first} {
			if answer = c.ask(stun.Refresh, with(stun.AttrLifetime, 0, 0, 0, 0)); codeOf(&answer) != 0 {
				t.Fatalf("Refresh: %d", codeOf(&answer))
			}
			if answer = c.ask(stun.Refresh); codeOf(&answer) != stun.CodeAllocationMismatch {
				t.Fatalf("Refresh of what is gone: %d", codeOf(&answer))
			}
		}
		// The 5-tuple can be used again, as if nothing had been.
		answer = second.ask(stun.Allocate, overUDP)
		relayed(t, &answer)
		second.relays(peer)
	}
}

// A client moves from place to place, between transports and shards, and keeps its
// relay, its channel and its quota of one.
func TestClientsMove(t *testing.T) {
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), Mobility: true, Limits: mediaLimits{UserQuota: 1},
	})
	peer := echo(t, "127.0.0.1")
	here := s.udpClient(t)
	answer := here.ask(stun.Allocate, overUDP, with(stun.AttrMobilityTicket))
	at := relayed(t, &answer)[0]
	here.relays(peer)
	for i := range 16 {
		ticket, ok := answer.Find(stun.AttrMobilityTicket)
		if !ok {
			t.Fatal("no ticket")
		}
		ticket = bytes.Clone(ticket)
		there := s.udpClient(t)
		if i%4 == 2 {
			there = s.tcpClient(t)
		}
		if i%5 == 4 && here.stream { // the network is gone before the client has another
			_ = here.conn.Close()
			eventually(t, "the stream to end", func() bool { return s.Counters().Streams == 0 })
			here = nil
		}
		answer = there.ask(stun.Refresh, with(stun.AttrMobilityTicket, ticket...))
		if code := codeOf(&answer); code != 0 {
			t.Fatalf("move %d: %d", i, code)
		}
		if here != nil {
			here.relays(peer) // until the new one is used
		}
		there.relays(peer)
		stranger := s.udpClient(t)
		if refused := stranger.ask(stun.Allocate, overUDP); codeOf(&refused) != stun.CodeAllocationQuota {
			t.Fatalf("another allocation beside the quota: %d", codeOf(&refused))
		}
		if stale := stranger.ask(stun.Refresh, with(stun.AttrMobilityTicket, ticket...)); codeOf(&stale) != stun.CodeBadRequest {
			t.Fatalf("an old ticket: %d", codeOf(&stale))
		}
		here = there
	}
	if c := s.Counters().TURN; c.AllocationsOpen != 1 || c.AllocationsOpened != 1 {
		t.Errorf("%d allocations, %d opened, for one at %v", c.AllocationsOpen, c.AllocationsOpened, at)
	}
	if answer = here.ask(stun.Refresh, with(stun.AttrLifetime, 0, 0, 0, 0)); codeOf(&answer) != 0 {
		t.Fatalf("Refresh: %d", codeOf(&answer))
	}
	eventually(t, "the shards to forget the way", func() bool { return s.detours() == 0 })
}

// detours is how many clients are sent on to another shard.
func (s *testServer) detours() (n int) {
	for _, shard := range s.shards {
		shard.do(func(mono.Time) { n += len(shard.detours.to) })
	}
	return n
}

func TestDualAllocations(t *testing.T) {
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), RelayPairs: []relayPair{{v4, v4}, {v6, v6}},
	})
	c := s.udpClient(t)
	answer := c.ask(stun.Allocate, overUDP, with(stun.AttrAdditionalAddressFamily, 2, 0, 0, 0))
	relays := relayed(t, &answer)
	if len(relays) != 2 || relays[0].Addr() != v4 || relays[1].Addr() != v6 {
		t.Fatalf("relays: %v", relays)
	}
	c.relays(echo(t, "127.0.0.1"))
	if answer = c.ask(stun.Refresh, with(stun.AttrLifetime, 0, 0, 0, 0), with(stun.AttrRequestedAddressFamily, 1, 0, 0, 0)); codeOf(&answer) != 0 {
		t.Fatalf("Refresh: %d", codeOf(&answer))
	}
	c.relays(echo(t, "::1")) // on the same channel, since its IPv4 peer is gone
}

// Quotas are those of the server, whichever shards a user's clients are at.
func TestQuotasSpanShards(t *testing.T) {
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Limits: mediaLimits{UserQuota: 5, TotalQuota: 4},
		Alternates: []turn.Alternate{{Address: netip.MustParseAddrPort("192.0.2.9:3478"), Domain: "turn9.example.org"}},
	})
	got := map[stun.Code]int{}
	for i := range 16 {
		c := s.udpClient(t)
		if i%3 == 2 {
			c = s.tcpClient(t)
		}
		answer := c.ask(stun.Allocate, overUDP)
		code := codeOf(&answer)
		got[code]++
		if code != stun.CodeTryAlternate {
			continue
		}
		v, _ := answer.Find(stun.AttrAlternateServer)
		domain, _ := answer.Find(stun.AttrAlternateDomain)
		if at, _ := stun.Address(v); at.String() != "192.0.2.9:3478" || string(domain) != "turn9.example.org" {
			t.Errorf("sent on to %v, %s", at, domain)
		}
	}
	if got[0] != 4 || got[stun.CodeTryAlternate] != 12 {
		t.Errorf("answers by code: %v", got)
	}
}

// Bytes per second hold over real sockets, and what is too much is counted.
func TestRatesAreLimited(t *testing.T) {
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), Limits: mediaLimits{Rates: turn.Rates{Allocation: 20_000}},
	})
	c := s.udpClient(t)
	answer := c.ask(stun.Allocate, overUDP)
	relayed(t, &answer)
	began := time.Now()
	c.relays(echo(t, "127.0.0.1"))
	eventually(t, "packets to be dropped", func() bool {
		for range 20 {
			c.send(append([]byte{0x40, 0, 1000 >> 8, 1000 & 0xff}, make([]byte, 1000)...))
		}
		return s.Counters().TURN.Drops[turn.DropAllocationRate] >= 100
	})
	got := s.Counters().TURN
	if most := 20_000 * (time.Since(began).Seconds() + 1); float64(got.ToPeerBytes) > most {
		t.Errorf("%d bytes passed, at most %.0f may", got.ToPeerBytes, most)
	}
}

// A client that asked for datagrams in one piece hears what became of them.
func TestICMPReachesTheClient(t *testing.T) {
	if !udp.DontFragment {
		t.Skip("this system cannot do it")
	}
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	c := s.udpClient(t)
	answer := c.ask(stun.Allocate, overUDP, with(stun.AttrDontFragment))
	relayed(t, &answer)
	closed := netip.MustParseAddrPort("127.0.0.1:9")
	peer := func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, closed) }
	if answer = c.ask(stun.CreatePermission, peer); codeOf(&answer) != 0 {
		t.Fatalf("CreatePermission: %d", codeOf(&answer))
	}
	b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{1})
	peer(&b)
	b.Text(stun.AttrData, "is anybody there?")
	b.Bytes(stun.AttrDontFragment, nil)
	c.send(b.Finish())
	raw := c.hear("an ICMP message", func(b []byte) bool {
		m, ok := stun.Parse(b)
		return ok && m.Type() == stun.TypeOf(stun.Data, stun.Indication)
	})
	m, _ := stun.Parse(raw)
	v, _ := m.Find(stun.AttrICMP)
	from, _ := m.Find(stun.AttrXORPeerAddress)
	if at, _ := stun.XORAddress(from, m.TransactionID()); len(v) != 8 || binary.BigEndian.Uint32(v) != 3<<9|3 || at != closed {
		t.Errorf("got %s from %v", fmt.Sprintf("%x", v), at)
	}
}

// The client of pion/turn stops to read at a Data indication without DATA. So it must
// not hear of peers that are not there.
func TestPionClientSurvivesUnreachablePeers(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	relay, peer := relayOf(t, s), echo(t, "127.0.0.1")
	nobody := net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:9"))
	for i := range 20 {
		if _, err := relay.WriteTo([]byte("is anybody there?"), nobody); err != nil {
			t.Fatal(err)
		}
		expectEcho(t, relay, peer, fmt.Appendf(nil, "somebody is, %d", i))
	}
}
