package sim

import (
	"encoding/binary"
	"flag"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

var seeds = flag.Int("seeds", 20, "how many worlds each test makes")

const (
	channel  = 0x4000
	peerA    = "8.8.4.4" // addresses that the default peer policy relays to
	peerB    = "9.9.9.10"
	theRelay = "1.1.1.1"
	packets  = 200
)

// inWorlds runs a test in many worlds and names the seed of one that fails.
func inWorlds(t *testing.T, test func(t *testing.T, w *World)) {
	for seed := range uint64(*seeds) {
		w := NewWorld(seed)
		test(t, w)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func badLink(w *World) Link {
	return Link{Delay: 40 * time.Millisecond, Jitter: 30 * time.Millisecond, Loss: w.Rand.Float64() * 0.2, Repeat: 0.05}
}

// pair is two clients behind symmetric NATs that reach each other through two
// relays of one server: the case in which nothing but a relay works.
type pair struct {
	server *TURNServer
	nats   [2]*NAT
	hosts  [2]*Host
	ends   [2]*TURNClient
	got    [2]map[uint32]int

	channel uint16
}

func newPair(w *World, link func(*World) Link) *pair {
	relay := w.NewHost(theRelay)
	p := &pair{server: NewTURNServer(relay, turn.Config{Secret: [32]byte{1}})}
	for i, outside := range []string{peerA, peerB} {
		p.nats[i] = w.NewNAT(outside, AddressAndPortDependent, AddressAndPortDependent)
		p.hosts[i] = p.nats[i].NewHost("192.168.0.2")
		p.hosts[i].Out = link(w)
		p.ends[i] = NewTURNClient(p.hosts[i], 4000, relay, []string{"ann", "ben"}[i])
		p.got[i] = map[uint32]int{}
		p.ends[i].OnData = func(_ uint16, data []byte) { p.got[i][binary.BigEndian.Uint32(data)]++ }
	}
	return p
}

func (p *pair) connect(w *World) {
	p.ends[0].Allocate()
	p.ends[1].Allocate()
	w.RunFor(40 * time.Second)
	p.bind(w, channel)
}

func (p *pair) bind(w *World, channel uint16) {
	p.channel = channel
	p.ends[0].Bind(channel, p.ends[1].Relayed)
	p.ends[1].Bind(channel, p.ends[0].Relayed)
	w.RunFor(40 * time.Second)
}

func (p *pair) talk(w *World) {
	for i := range uint32(packets) {
		w.After(time.Duration(i)*20*time.Millisecond, func() {
			p.ends[0].Send(p.channel, binary.BigEndian.AppendUint32(nil, i))
			p.ends[1].Send(p.channel, binary.BigEndian.AppendUint32(nil, i))
		})
	}
	w.RunFor(packets*20*time.Millisecond + time.Second)
}

func TestTwoRelaysLoseNothingThatTheLinkDoesNot(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *World) {
		p := newPair(w, badLink)
		p.connect(w)
		before := [2]int{p.hosts[0].Out.Lost, p.hosts[1].Out.Lost}
		p.talk(w)
		for i, other := range []int{1, 0} {
			lost := p.hosts[other].Out.Lost - before[other]
			if len(p.got[i]) != packets-lost {
				t.Errorf("end %d got %d of %d, the link lost %d", i, len(p.got[i]), packets, lost)
			}
			if len(p.ends[i].Errors) != 0 {
				t.Errorf("end %d was told %v", i, p.ends[i].Errors)
			}
		}
	})
}

func TestEqualSeedsGiveEqualRuns(t *testing.T) {
	run := func() (uint64, int) {
		w := NewWorld(7)
		p := newPair(w, badLink)
		p.connect(w)
		p.talk(w)
		return w.Trace(), w.Delivered()
	}
	trace1, n1 := run()
	if trace2, n2 := run(); trace1 != trace2 || n1 != n2 || n1 < packets {
		t.Errorf("%x after %d datagrams, then %x after %d", trace1, n1, trace2, n2)
	}
}

// TestEverythingExpires lets both clients fall silent: nothing may stay behind,
// neither an allocation nor a timer nor an open port.
func TestEverythingExpires(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *World) {
		p := newPair(w, badLink)
		p.connect(w)
		if n := p.server.Engine.Counters().AllocationsOpen; n != 2 {
			t.Errorf("%d allocations before, want 2", n)
		}
		w.RunFor(11 * time.Minute)
		c := p.server.Engine.Counters()
		if c.AllocationsOpen != 0 || p.server.Engine.NextDeadline() != mono.Never || len(p.server.live) != 0 {
			t.Errorf("left: %d allocations, deadline %d, relays %v", c.AllocationsOpen, p.server.Engine.NextDeadline(), p.server.live)
		}
	})
}

// TestStrangersGetNothingThrough sends to a relay from addresses without a
// permission, as the peer and from other ports of it.
func TestStrangersGetNothingThrough(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *World) {
		relay, peer, stranger := w.NewHost(theRelay), w.NewHost(peerA), w.NewHost(peerB)
		server := NewTURNServer(relay, turn.Config{Secret: [32]byte{2}})
		nat := w.NewNAT("4.2.2.2", AddressAndPortDependent, AddressAndPortDependent)
		client := NewTURNClient(nat.NewHost("10.0.0.2"), 4000, relay, "ann")
		got := 0
		client.OnData = func(uint16, []byte) { got++ }
		client.Allocate()
		w.RunFor(time.Second)
		peer.Send(9, client.Relayed, []byte("before any permission"))
		client.Bind(channel, netip.AddrPortFrom(peer.Addr, 9))
		w.RunFor(time.Second)
		peer.Send(9, client.Relayed, []byte("through the channel"))
		stranger.Send(9, client.Relayed, []byte("from a stranger"))
		relay.Send(9, client.Relayed, []byte("from the server's own address, but no relay"))
		w.RunFor(time.Second)
		if got != 1 {
			t.Errorf("%d packets came through, want 1", got)
		}
		w.RunFor(5 * time.Minute) // RFC 8656, section 9: a permission lives 300 s
		peer.Send(9, client.Relayed, []byte("after the permission"))
		w.RunFor(time.Second)
		drops := server.Engine.Counters().Drops
		if got != 1 || drops[turn.DropNoPermission] != 4 {
			t.Errorf("%d came through, %d were dropped for want of a permission, want 1 and 4", got, drops[turn.DropNoPermission])
		}
	})
}

// TestForgottenMapping gives one client another address in mid-call, as a NAT box
// does that was switched off and on: the relay must not follow an unproven
// address, and a new allocation from there must work while the old one waits for
// its end.
func TestForgottenMapping(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *World) {
		p := newPair(w, func(*World) Link { return Link{Delay: 20 * time.Millisecond} })
		p.connect(w)
		old := p.ends[0].Relayed
		p.nats[0].Forget()
		p.talk(w)
		if len(p.got[0]) != 0 || len(p.got[1]) != 0 {
			t.Errorf("packets went %d and %d ways without a proof of identity", len(p.got[0]), len(p.got[1]))
		}
		p.ends[0].Allocate()
		w.RunFor(time.Second)
		p.bind(w, channel+1) // the far end's first channel still leads to the old relay
		p.talk(w)
		if p.ends[0].Relayed == old || len(p.got[0]) != packets || len(p.got[1]) != packets {
			t.Errorf("after new allocations: relay %v then %v, %d and %d packets", old, p.ends[0].Relayed, len(p.got[0]), len(p.got[1]))
		}
	})
}

// TestDeleteThenAllocate reuses a 5-tuple at once after Refresh with lifetime 0.
func TestDeleteThenAllocate(t *testing.T) {
	w := NewWorld(1)
	relay, host := w.NewHost(theRelay), w.NewHost(peerA)
	server := NewTURNServer(relay, turn.Config{})
	c := NewTURNClient(host, 4000, relay, "ann")
	for range 3 {
		c.Allocate()
		w.RunFor(time.Second)
		c.Refresh(0)
		w.RunFor(time.Second)
	}
	c.Allocate()
	w.RunFor(time.Second)
	c.Allocate() // a second one, with another transaction
	w.RunFor(time.Second)
	if n := server.Engine.Counters(); n.AllocationsOpened != 4 || n.AllocationsOpen != 1 {
		t.Errorf("opened %d, open %d", n.AllocationsOpened, n.AllocationsOpen)
	}
	if len(c.Errors) != 1 || c.Errors[0] != stun.CodeAllocationMismatch {
		t.Errorf("got errors %v, want one 437", c.Errors)
	}
}
