package turn

import (
	"math/rand/v2"
	"net/netip"
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
	seen   [3]int // how allocations ended: deleted, expired, closed
	peak   int
}

type churnClient struct {
	Client
	nonce string
	user  string
	relay RelayID
	gone  int // the second it goes
}

// 24 hours with an arrival every 8 seconds on average: the engine holds what is
// alive, to the number, all day long, and nothing in the end.
func TestADayOfChurn(t *testing.T) {
	const day = 24 * 60 * 60
	c := &churn{
		t: t, w: newWorld(t, Config{MaxAllocationsPerUser: 1000}), rng: rand.New(rand.NewPCG(24, 60)), hasher: stun.NewHasher(),
		due: map[int][]func(int){}, ports: map[RelayID]bool{},
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
		if open := int(c.w.engine.counters.AllocationsOpen); open != len(c.ports) {
			t.Fatalf("second %d: %d allocations, %d relays", second, open, len(c.ports))
		}
	}
	e := c.w.engine
	t.Logf("%d allocations, at most %d at once; ended: %v", e.counters.AllocationsOpened, c.peak, c.seen)
	if e.counters.AllocationsOpened < 9000 || min(c.seen[0], c.seen[1], c.seen[2]) < 1000 || len(c.due) != 0 {
		t.Errorf("too little happened")
	}
	if n := len(e.clients) + len(e.users) + len(e.timers.heap) + len(c.ports) + len(e.connections.byID); n != 0 ||
		e.counters.AllocationsOpen != 0 || len(e.free) != len(e.relays) || e.NextDeadline() != mono.Never {
		t.Errorf("left behind: %d clients, %d users, %d timers, %d ports, %d of %d relay numbers",
			len(e.clients), len(e.users), len(e.timers.heap), len(c.ports), len(e.relays)-len(e.free), len(e.relays))
	}
	if len(e.relays) > c.peak {
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
	c.request(cl, stun.Allocate, func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24) })
	if len(c.asked) != 1 {
		c.t.Fatalf("%d relays are asked for", len(c.asked))
	}
	cl.relay = c.asked[0].ID
	c.asked = c.asked[:0]
	refused := c.rng.IntN(50) == 0
	c.w.engine.HandleRelayOpened(c.w.now, RelayOpened{
		ID: cl.relay, OK: !refused, Sock: dgram.RelayKind | dgram.Sock(cl.relay),
		Advertised: netip.AddrPortFrom(modelServer.Addr(), 50000+uint16(cl.relay)),
	}, &c.w.out)
	if c.carryOut(); refused {
		return
	}
	c.ports[cl.relay] = true
	c.talk(cl, second)
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
	c.w.engine.HandlePeer(c.w.now, cl.relay, datagram([]byte("media"), peer), &c.w.out)
	if len(c.w.out.Send) != 1 {
		c.t.Fatalf("a peer's packet led to %d", len(c.w.out.Send))
	}
	c.w.out.Reset()
	next := min(second+60+c.rng.IntN(480), max(cl.gone, second+1))
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
	for _, id := range c.w.out.CloseRelays {
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
