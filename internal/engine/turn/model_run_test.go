package turn

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// modelPeers are whom the clients of a model talk to.
var modelPeers = []netip.AddrPort{
	netip.MustParseAddrPort("9.9.9.9:700"), netip.MustParseAddrPort("9.9.9.9:701"), netip.MustParseAddrPort("9.9.9.8:700"),
	netip.MustParseAddrPort("8.8.8.8:53"), netip.MustParseAddrPort("8.8.4.4:53"), netip.MustParseAddrPort("127.0.0.1:80"),
	netip.MustParseAddrPort("[2606:4700::9]:700"), netip.MustParseAddrPort("[2606:4700::8]:700"),
	netip.MustParseAddrPort("[64:ff9b::a00:1]:80"), modelServer, modelServer6,
	netip.AddrPortFrom(modelServer.Addr(), 50000), netip.AddrPortFrom(modelServer.Addr(), 50001),
	netip.AddrPortFrom(modelServer6.Addr(), 50002), netip.AddrPortFrom(modelServer.Addr(), 22),
}

var modelRefused = map[netip.Addr]bool{
	netip.MustParseAddr("127.0.0.1"): true, netip.MustParseAddr("64:ff9b::a00:1"): true,
}

// FuzzStates: clients do what they may and what they may not, in any order, and the
// engine does what the model says. In the end everything is given back.
func FuzzStates(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(randomScript(seed, 600))
	}
	f.Fuzz(func(t *testing.T, script []byte) { runModel(t, script[:min(len(script), 2000)]) })
}

// TestStates runs the model over seeded scripts. The steps that matter have to be
// reached.
func TestStates(t *testing.T) {
	total := Counters{}
	for seed := range uint64(40) {
		c := runModel(t, randomScript(1000+seed, 6000))
		if t.Failed() {
			t.Fatalf("seed %d", 1000+seed)
		}
		total.AllocationsOpened += c.AllocationsOpened
		total.ToPeerPackets += c.ToPeerPackets
		total.ToClientPackets += c.ToClientPackets
		total.RelaysRefused += c.RelaysRefused
		for i := range c.Drops {
			total.Drops[i] += c.Drops[i]
		}
	}
	t.Logf("%d allocations, %d packets to peers, %d to clients", total.AllocationsOpened, total.ToPeerPackets, total.ToClientPackets)
	if total.AllocationsOpened < 1000 || total.ToPeerPackets < 500 || total.ToClientPackets < 500 || total.RelaysRefused < 100 {
		t.Errorf("too little happened: %+v", total)
	}
	for _, r := range []DropReason{DropNoAllocation, DropNoPermission, DropNoChannel, DropNotARelay, DropPeerFamily, DropRelayPending, DropMalformed} {
		if total.Drops[r] == 0 {
			t.Errorf("no packet was dropped as %v", r)
		}
	}
}

func randomScript(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 77))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func runModel(t testing.TB, script []byte) *Counters {
	m := newModel(t)
	for s := (steps{script}); len(s.b) > 0; {
		m.step(&s, m.clients[int(s.byte())%len(m.clients)])
		m.agree()
	}
	m.windDown()
	return m.w.engine.Counters()
}

// pick returns one of a list, by the script.
func pick[T any](s *steps, list ...T) T { return list[int(s.byte())%len(list)] }

// step does one thing. The weights keep a good part of the clients allocated.
func (m *model) step(s *steps, c *modelClient) {
	switch s.byte() % 24 {
	case 0, 1, 2:
		m.allocate(s, c)
	case 3, 4, 5:
		m.answerRelay(s)
	case 6:
		lifetime := pick(s, 0, 0, 1, 700, 3000, 1<<32-1)
		user := m.user(s, c)
		d := time.Duration(lifetime) * time.Second
		m.request(c, user, stun.Refresh, func() stun.Code { return m.wantRefresh(c, user, d) }, func(b *stun.Builder) {
			b.Uint32(stun.AttrLifetime, uint32(lifetime))
		})
	case 7, 8, 9, 10:
		m.createPermission(s, c)
	case 11, 12, 13:
		m.channelBind(s, c)
	case 14, 15:
		m.send(s, c)
	case 16, 17:
		m.channelData(s, c)
	case 18, 19, 20:
		m.fromPeer(s, c)
	case 21:
		m.pass(s)
	case 22:
		m.reload(s)
	case 23:
		m.disturb(s, c)
	}
}

// user is mostly who owns the allocation.
func (m *model) user(s *steps, c *modelClient) string {
	if c.alloc != nil && s.byte()%8 > 0 {
		return c.alloc.user
	}
	return pick(s, "ann", "bob")
}

// peerFor is mostly one that the allocation can have.
func (m *model) peerFor(s *steps, c *modelClient) netip.AddrPort {
	peer := pick(s, modelPeers...)
	for range 4 {
		if c.alloc == nil || m.refusal(c.alloc, peer.Addr()) == 0 {
			break
		}
		peer = pick(s, modelPeers...)
	}
	return peer
}

// request sends a request as a client does: once more with a new nonce if it has
// to. want is asked right before the one that counts.
func (m *model) request(c *modelClient, user string, method stun.Method, want func() stun.Code, fill func(*stun.Builder)) bool {
	m.settle(c) // the engine looks for the allocation in any case
	for range 2 {
		m.count++
		b := stun.Begin(nil, stun.TypeOf(method, stun.Request), stun.TransactionID{8: byte(m.count >> 24), 9: byte(m.count >> 16), 10: byte(m.count >> 8), 11: byte(m.count)})
		fill(&b)
		b.Text(stun.AttrUsername, user)
		b.Text(stun.AttrRealm, "parley")
		b.Text(stun.AttrNonce, c.nonce+"x"[:btoi(c.nonce == "")])
		key := keyOf(user, "parley", user+"-password")
		b.Integrity(stun.NewHasher(), key[:])
		m.w.engine.HandleClient(m.w.now, c.Client, datagram(b.Finish(), c.Remote), &m.w.out)
		asked := len(m.w.out.OpenRelays) > 0
		o := m.take()
		if o.code == stun.CodeStaleNonce {
			continue
		}
		code := want()
		if pending := method == stun.Allocate && code == 0; o.code != code || o.replied == pending || asked != pending {
			m.t.Fatalf("%s: %v of %s: answer %d (%v), want %d", c.name, method, user, o.code, o.replied, code)
		}
		if len(o.peers)+len(o.clients) > 0 {
			m.t.Fatalf("a request was relayed: %+v", o)
		}
		return code == 0
	}
	m.t.Fatalf("%s: a new nonce is no better", c.name)
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *model) allocate(s *steps, c *modelClient) {
	user, family := pick(s, "ann", "bob", "cid"), pick(s, IPv4, IPv4, IPv6)
	lifetime := time.Duration(pick(s, 0, 700, 3000, 1<<20)) * time.Second
	granted := m.request(c, user, stun.Allocate, func() stun.Code { return m.wantAllocate(c, user, family, lifetime) }, func(b *stun.Builder) {
		b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24)
		b.Bytes(stun.AttrRequestedAddressFamily, []byte{byte(family), 0, 0, 0})
		b.Uint32(stun.AttrLifetime, uint32(lifetime/time.Second))
	})
	if granted {
		c.alloc.relay = m.asked[len(m.asked)-1]
		m.taken[c.alloc.relay] = c
	}
}

// answerRelay opens a relay that was asked for, or does not.
func (m *model) answerRelay(s *steps) {
	if len(m.asked) == 0 {
		return
	}
	i := int(s.byte()) % len(m.asked)
	m.answer(i, s.byte()%5 > 0)
}

func (m *model) answer(i int, good bool) {
	id := m.asked[i]
	m.asked = slices.Delete(m.asked, i, i+1)
	c, r := m.taken[id], RelayOpened{ID: id}
	if good {
		server := modelServer
		if c != nil && c.alloc.family == IPv6 {
			server = modelServer6
		}
		r.OK, r.Sock, r.Advertised = true, dgram.RelayKind|dgram.Sock(id), netip.AddrPortFrom(server.Addr(), 50000+uint16(id))
	}
	closed := len(m.w.out.CloseRelays)
	m.w.engine.HandleRelayOpened(m.w.now, r, &m.w.out)
	closed = len(m.w.out.CloseRelays) - closed
	o := m.take()
	switch {
	case c == nil: // given up meanwhile
		if o.replied || closed != btoi(good) {
			m.t.Fatalf("relay %d was given up; replied %v, closed %d", id, o.replied, closed)
		}
		delete(m.taken, id)
	case !good:
		if o.code != stun.CodeInsufficientCapacity {
			m.t.Fatalf("no relay: answer %d", o.code)
		}
		delete(m.taken, id)
		c.alloc = nil
	default:
		if !o.replied || o.code != 0 {
			m.t.Fatalf("relay %d is open: answer %d, %v", id, o.code, o.replied)
		}
		c.alloc.at, c.alloc.expires = r.Advertised, m.w.now.Add(c.alloc.granted)
		m.w.relays[r.Advertised] = r.Advertised
		m.opened++
	}
	if !good {
		m.failed++
	}
}

func (m *model) createPermission(s *steps, c *modelClient) {
	user := m.user(s, c)
	peers := []netip.AddrPort{m.peerFor(s, c)}
	for range s.byte() % 8 / 6 {
		peers = append(peers, m.peerFor(s, c))
	}
	c.last = peers[0]
	var ips []netip.Addr
	for _, p := range peers {
		ips = append(ips, p.Addr())
	}
	m.request(c, user, stun.CreatePermission, func() stun.Code { return m.wantPermission(c, user, ips) }, func(b *stun.Builder) {
		for _, p := range peers {
			b.XORAddress(stun.AttrXORPeerAddress, p)
		}
	})
}

func (m *model) channelBind(s *steps, c *modelClient) {
	user, peer := m.user(s, c), m.peerFor(s, c)
	c.last = peer
	n := pick(s, ChannelNumber(0x4000), 0x4001, 0x4002, 0x4003, 0x7fff, 0x3fff, 0x8000, 0)
	m.request(c, user, stun.ChannelBind, func() stun.Code { return m.wantChannel(c, user, n, peer) }, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, uint32(n)<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
}

func (m *model) send(s *steps, c *modelClient) {
	peer := m.peerFor(s, c)
	if c.last.IsValid() && s.byte()%2 == 0 {
		peer = c.last
	}
	b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{})
	b.XORAddress(stun.AttrXORPeerAddress, peer)
	b.Text(stun.AttrData, "data")
	m.w.engine.HandleClient(m.w.now, c.Client, datagram(b.Finish(), c.Remote), &m.w.out)
	m.wantPeers("Send", peer, m.wantSend(c, peer))
}

func (m *model) channelData(s *steps, c *modelClient) {
	n := pick(s, ChannelNumber(0x4000), 0x4001, 0x4002, 0x4003, 0x7fff)
	m.w.engine.HandleClient(m.w.now, c.Client, datagram(channelData(uint16(n), "data"), c.Remote), &m.w.out)
	peer, ok := m.wantChannelData(c, n)
	m.wantPeers("ChannelData", peer, ok)
}

// wantPeers: the data goes to the peer, or nowhere.
func (m *model) wantPeers(what string, peer netip.AddrPort, ok bool) {
	o := m.take()
	if o.replied || len(o.clients) > 0 || len(o.peers) != btoi(ok) || ok && o.peers[0] != peer {
		m.t.Fatalf("%s to %v: want %v, got %+v", what, peer, ok, o)
	}
	m.toPeers += uint64(len(o.peers))
}

func (m *model) fromPeer(s *steps, c *modelClient) {
	id, from := RelayID(s.byte()%8), pick(s, modelPeers...)
	if c.isOpen() && c.last.IsValid() && s.byte()%4 > 0 {
		id, from = c.alloc.relay, c.last
	}
	m.w.engine.HandlePeer(m.w.now, id, datagram([]byte("data"), from), &m.w.out)
	o, want := m.take(), m.wantFromPeer(id, from)
	if o.replied || len(o.peers) > 0 || len(o.clients) != btoi(want != nil) || want != nil && o.clients[0] != want {
		m.t.Fatalf("from %v at relay %d: want %v, got %+v", from, id, want, o)
	}
	m.toUs += uint64(len(o.clients))
}

// pass lets time go by. Mostly Advance follows at once, as it does in a shard.
func (m *model) pass(s *steps) {
	m.w.now = m.w.now.Add(time.Duration(s.byte()) * pick(s, time.Millisecond, time.Millisecond, time.Second, time.Second, 20*time.Second))
	if s.byte()%4 > 0 {
		m.advance()
	}
}

func (m *model) advance() {
	m.w.engine.Advance(m.w.now, &m.w.out)
	m.take()
	for _, c := range m.clients {
		m.settle(c)
	}
	if next := m.w.engine.NextDeadline(); next != mono.Never && next <= m.w.now {
		m.t.Fatalf("the next deadline, %v, is past at %v", next, m.w.now)
	}
}

// reload puts another policy into force.
func (m *model) reload(s *steps) {
	m.denied = pick(s, netip.Prefix{}, netip.MustParsePrefix("9.9.9.9/32"), netip.MustParsePrefix("8.8.0.0/16"))
	p := Policy{}
	if m.denied.IsValid() {
		p.Deny = []netip.Prefix{m.denied}
	}
	m.w.engine.HandlePolicy(m.w.now, p.Rules(), &m.w.out)
	m.take()
	for _, c := range m.clients {
		if c.alloc == nil {
			continue
		}
		for ip := range c.alloc.permissions {
			if m.refusal(c.alloc, ip) != 0 {
				delete(c.alloc.permissions, ip)
			}
		}
		for n, ch := range c.alloc.channels {
			if m.refusal(c.alloc, ch.peer.Addr()) != 0 {
				delete(c.alloc.channels, n)
			}
		}
	}
}

// disturb sends what changes nothing: noise, damaged messages, Binding; and ends
// streams.
func (m *model) disturb(s *steps, c *modelClient) {
	if c.Transport != UDP && s.byte()%2 == 0 {
		m.w.engine.HandleClientClosed(m.w.now, c.Client, &m.w.out)
		m.take()
		if m.settle(c); c.alloc != nil {
			m.end(c)
		}
		return
	}
	packet := pick(s, bindingIn.Payload(), channelData(0x5fff, "x"), []byte{0x40}, []byte{0, 3, 0, 4, 0x21, 0x12}, []byte{22, 0xfe, 0xfd}, s.bytes(30))
	m.w.engine.HandleClient(m.w.now, c.Client, datagram(packet, c.Remote), &m.w.out)
	if o := m.take(); len(o.peers)+len(o.clients) > 0 {
		m.t.Fatalf("%x was relayed: %+v", packet, o)
	}
	if m.w.engine.clients[c.mapKey()] == nil {
		m.settle(c) // what was looked up
	}
}

// agree holds the engine's counters and tables against the model's.
func (m *model) agree() {
	e := m.w.engine
	for _, c := range m.clients {
		a := e.clients[c.mapKey()]
		if (a == nil) != (c.alloc == nil) {
			m.t.Fatalf("%s: allocation %+v, want %+v", c.name, a, c.alloc)
		}
		if a != nil && (c.alloc.user != a.user || c.alloc.relay != a.only().id || c.isOpen() != (a.state == open) || c.isOpen() && c.alloc.expires != a.expires) {
			m.t.Fatalf("%s: allocation %+v, want %+v", c.name, a, c.alloc)
		}
	}
	if e.counters.ToPeerPackets != m.toPeers || e.counters.ToClientPackets != m.toUs ||
		e.counters.AllocationsOpened != m.opened || e.counters.RelaysRefused != m.failed {
		m.t.Fatalf("counters %+v; want %d to peers, %d to clients, %d opened, %d refused", e.counters, m.toPeers, m.toUs, m.opened, m.failed)
	}
	if len(e.relays)-len(e.free) != len(m.taken) {
		m.t.Fatalf("%d relays are taken, want %d", len(e.relays)-len(e.free), len(m.taken))
	}
}

// windDown lets all time run out and wants everything back.
func (m *model) windDown() {
	for len(m.asked) > 0 {
		m.answer(0, true)
	}
	m.w.now = m.w.now.Add(2 * time.Hour)
	m.advance()
	e := m.w.engine
	if n := len(e.clients) + len(e.users) + len(e.timers.heap) + len(m.taken); n != 0 || e.counters.AllocationsOpen != 0 ||
		len(e.free) != len(e.relays) || e.NextDeadline() != mono.Never {
		m.t.Fatalf("left behind: %d clients, %d users, %d timers, %d of %d relays free, %d taken, deadline %v",
			len(e.clients), len(e.users), len(e.timers.heap), len(e.free), len(e.relays), len(m.taken), e.NextDeadline())
	}
	for id, slot := range e.relays {
		if slot != (relaySlot{}) {
			m.t.Fatalf("relay %d still has an allocation", id)
		}
	}
}
