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

// churn is a day of clients that come, talk and go in every way there is.
type churn struct {
	t      *testing.T
	w      *world
	rng    *rand.Rand
	hasher *stun.Hasher
	due    map[int][]func(second int) // by second of the day
	ports  map[RelayID]bool           // open relays
	asked  []OpenRelay
	count  uint32
	tokens map[string][]string // that were given out, by user
	seen   [3]int              // how allocations ended: deleted, expired, closed
	kinds  [5]int              // how many allocations were of which kind
	peak   int
}

type churnClient struct {
	Client
	nonce string
	user  string
	relay RelayID
	other bool // IPv6 peers as well: a dual allocation
	gone  int  // the second it goes
}

// 24 hours with an arrival every 8 seconds on average: the engine holds what is
// alive, to the number, all day long, and nothing in the end.
func TestADayOfChurn(t *testing.T) {
	const day = 24 * 60 * 60
	c := &churn{
		t: t, w: newWorld(t, Config{MaxAllocationsPerUser: 1000}), rng: rand.New(rand.NewPCG(24, 60)), hasher: stun.NewHasher(),
		due: map[int][]func(int){}, ports: map[RelayID]bool{}, tokens: map[string][]string{},
	}
	heap := heapInUse()
	for second := range day + 2*60*60 {
		c.w.now = c.w.now.Add(time.Second)
		if second < day && c.rng.IntN(8) == 0 {
			c.arrive(second)
		}
		for _, act := range c.due[second] {
			act(second)
		}
		delete(c.due, second)
		c.w.engine.Advance(c.w.now, &c.w.out)
		c.carryOut()
		c.peak = max(c.peak, len(c.ports))
		if second%600 == 0 {
			c.w.engine.check(t)
		}
		if taken := len(c.w.engine.relays) - len(c.w.engine.free); taken != len(c.ports) {
			t.Fatalf("second %d: %d relay numbers are taken, %d relays open", second, taken, len(c.ports))
		}
	}
	e := c.w.engine
	t.Logf("%d allocations, of kinds %v, at most %d relays at once; ended: %v", e.counters.AllocationsOpened, c.kinds, c.peak, c.seen)
	if e.counters.AllocationsOpened < 9000 || slices.Min(c.seen[:]) < 1000 || slices.Min(c.kinds[:]) < 100 || len(c.due) != 0 {
		t.Errorf("too little happened")
	}
	if n := len(e.clients) + len(e.users) + len(e.timers.heap) + len(c.ports) + len(e.connections.byID) + len(e.reservations) + len(e.reserved); n != 0 ||
		e.counters.AllocationsOpen != 0 || len(e.free) != len(e.relays) || e.NextDeadline() != mono.Never {
		t.Errorf("left behind: %d clients, %d users, %d timers, %d ports, %d of %d relay numbers",
			len(e.clients), len(e.users), len(e.timers.heap), len(c.ports), len(e.relays)-len(e.free), len(e.relays))
	}
	if len(e.relays) > c.peak+2 { // those of one Allocate can be on their way
		t.Errorf("%d relay numbers for %d relays at once", len(e.relays), c.peak)
	}
	if grown := int64(heapInUse()) - int64(heap); grown > 1<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
}

// arrive makes a client and plans its life.
func (c *churn) arrive(second int) {
	c.count++
	cl := &churnClient{Client: Client{Remote: sourceNumbered(int(c.count)), Local: netip.MustParseAddrPort("192.0.2.1:3478")}}
	cl.user = []string{"ann", "bob", "cid", "dan"}[c.rng.IntN(4)]
	if c.rng.IntN(3) == 0 {
		cl.Transport, cl.Sock = TCP, dgram.StreamKind|dgram.Sock(c.count)
	}
	cl.gone = second + 5 + c.rng.IntN(3600)
	c.request(cl, stun.Allocate, func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24) })
	if kind := c.kind(cl); c.allocate(cl, kind) {
		c.kinds[kind]++
		c.talk(cl, second)
	}
}

// The kinds of allocations.
const (
	single = iota
	dual
	withReservation
	redeemed
	overTCP
)

func (c *churn) kind(cl *churnClient) int {
	kind := []int{single, single, dual, withReservation, redeemed, overTCP}[c.rng.IntN(6)]
	if kind == overTCP && cl.Transport == UDP || kind == redeemed && len(c.tokens[cl.user]) == 0 {
		return single
	}
	return kind
}

// allocate asks for an allocation and opens its relays; now and then there is no
// port to be had.
func (c *churn) allocate(cl *churnClient, kind int) bool {
	c.request(cl, stun.Allocate, func(b *stun.Builder) {
		b.Uint32(stun.AttrRequestedTransport, map[bool]uint32{true: protocolTCP, false: protocolUDP}[kind == overTCP]<<24)
		switch kind {
		case dual:
			b.Bytes(stun.AttrAdditionalAddressFamily, []byte{byte(IPv6), 0, 0, 0})
		case withReservation:
			b.Bytes(stun.AttrEvenPort, []byte{0x80})
		case redeemed:
			tokens := c.tokens[cl.user]
			b.Text(stun.AttrReservationToken, tokens[len(tokens)-1])
			c.tokens[cl.user] = tokens[:len(tokens)-1]
		}
	})
	cl.other = kind == dual
	opened := 0
	for _, ask := range c.asked {
		refused := c.rng.IntN(50) == 0
		r := RelayOpened{ID: ask.ID, OK: !refused, Sock: dgram.RelayKind | dgram.Sock(ask.ID)}
		r.Advertised = netip.AddrPortFrom(modelServer.Addr(), 50000+uint16(ask.ID))
		if ask.Family == IPv6 {
			r.Advertised = netip.AddrPortFrom(modelServer6.Addr(), 50000+uint16(ask.ID))
			cl.other = cl.other && !refused
		}
		if ask.Pair && !refused {
			r.PairSock, r.PairAdvertised = dgram.RelayKind|dgram.Sock(ask.PairID), netip.AddrPortFrom(modelServer.Addr(), 50000+uint16(ask.PairID))
			c.ports[ask.PairID] = true
		}
		if !refused {
			opened++
			c.ports[ask.ID] = true
		}
		if ask.Family == IPv4 {
			cl.relay = ask.ID
			if refused && cl.other { // only the other half is left
				cl.gone = 0
			}
		}
		c.w.engine.HandleRelayOpened(c.w.now, r, &c.w.out)
	}
	c.asked = c.asked[:0]
	if kind == redeemed {
		a := c.w.engine.clients[cl.mapKey()]
		if a == nil { // the token is of no use any more
			return false
		}
		cl.relay, opened = a.only().id, 1
	}
	if a := c.w.engine.clients[cl.mapKey()]; a != nil && a.token != (reservationToken{}) {
		c.tokens[cl.user] = append(c.tokens[cl.user], string(a.token[:]))
	}
	c.carryOut()
	return opened > 0
}

// talk keeps the allocation and its permissions alive until the client goes.
func (c *churn) talk(cl *churnClient, second int) {
	if second >= cl.gone {
		c.leave(cl)
		return
	}
	peer := netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 9, 9, byte(c.rng.IntN(20))}), 700)
	c.request(cl, stun.CreatePermission, func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, peer) })
	c.request(cl, stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, uint32(0x4000+int(peer.Addr().As4()[3]))<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
	c.request(cl, stun.Refresh, func(*stun.Builder) {})
	if c.w.engine.clients[cl.mapKey()].listens {
		c.request(cl, stun.Connect, func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, peer) })
	} else {
		c.w.engine.HandlePeer(c.w.now, cl.relay, datagram([]byte("media"), peer), &c.w.out)
		if len(c.w.out.Send) != 1 {
			c.t.Fatalf("a peer's packet led to %d", len(c.w.out.Send))
		}
		c.w.out.Reset()
	}
	if cl.other {
		c.request(cl, stun.CreatePermission, func(b *stun.Builder) {
			b.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort("[2606:4700::9]:700"))
		})
	}
	next := min(second+200+c.rng.IntN(350), max(cl.gone, second+1))
	c.due[next] = append(c.due[next], func(second int) { c.talk(cl, second) })
}

// leave ends a client's life: in order, silently, or with its stream.
func (c *churn) leave(cl *churnClient) {
	switch {
	case cl.Transport == TCP:
		c.w.engine.HandleClientClosed(c.w.now, cl.Client, &c.w.out)
	case c.rng.IntN(2) == 0:
		c.request(cl, stun.Refresh, func(b *stun.Builder) { b.Uint32(stun.AttrLifetime, 0) })
	}
	c.carryOut()
}

// request sends a request, again with a new nonce where it has to.
func (c *churn) request(cl *churnClient, m stun.Method, fill func(*stun.Builder)) {
	for range 2 {
		c.count++
		b := stun.Begin(nil, stun.TypeOf(m, stun.Request), stun.TransactionID{1, 9: byte(c.count >> 16), 10: byte(c.count >> 8), 11: byte(c.count)})
		fill(&b)
		if cl.nonce != "" {
			b.Text(stun.AttrUsername, cl.user)
			b.Text(stun.AttrRealm, "parley")
			b.Text(stun.AttrNonce, cl.nonce)
			key := keyOf(cl.user, "parley", cl.user+"-password")
			b.Integrity(c.hasher, key[:])
		}
		c.w.engine.HandleClient(c.w.now, cl.Client, datagram(b.Finish(), cl.Remote), &c.w.out)
		stale := false
		for _, s := range c.w.out.Send {
			msg, _ := stun.Parse(s.Data)
			if v, ok := msg.Find(stun.AttrNonce); ok {
				cl.nonce, stale = string(v), m != stun.Allocate
			}
		}
		c.carryOut()
		if !stale {
			return
		}
	}
	c.t.Fatalf("%v is refused again", m)
}

func (c *churn) carryOut() {
	c.asked = append(c.asked, c.w.out.OpenRelays...)
	for _, l := range c.w.out.OpenListeners {
		c.asked = append(c.asked, OpenRelay{ID: l.ID, Family: l.Family})
	}
	for _, p := range c.w.out.ConnectPeers { // some are reached, some not, some never answer
		if n := c.rng.IntN(3); n > 0 {
			c.w.engine.HandlePeerConnected(c.w.now, p.ID, n == 1, &c.w.out)
		}
	}
	for _, id := range append(c.w.out.CloseRelays, c.w.out.CloseListeners...) {
		if !c.ports[id] {
			c.t.Fatalf("relay %d is closed, but was not open", id)
		}
		delete(c.ports, id)
	}
	for _, e := range c.w.out.Events {
		if e.Kind == AllocationClosed {
			c.seen[map[string]int{"deleted": 0, "expired": 1, "closed": 2}[e.Reason]]++
		}
	}
	c.w.out.Reset()
}
