package turn

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// kernel is an Elsewhere that remembers what it was granted last.
type kernel struct {
	granted          map[RelayID]Grant
	toPeer, toClient map[RelayID]Traffic
}

func (k *kernel) Relayed(id RelayID) (toPeer, toClient Traffic) {
	toPeer, toClient = k.toPeer[id], k.toClient[id]
	delete(k.toPeer, id)
	delete(k.toClient, id)
	return toPeer, toClient
}

func (k *kernel) carryOut(out *Out) {
	for _, g := range out.Grants {
		g.Channels = append([]GrantedChannel(nil), g.Channels...)
		k.granted[g.Relay] = g
	}
	for _, id := range out.CloseRelays {
		delete(k.granted, id)
	}
}

func newKernelWorld(t testing.TB, cfg Config) (*world, *kernel) {
	k := &kernel{map[RelayID]Grant{}, map[RelayID]Traffic{}, map[RelayID]Traffic{}}
	cfg.Elsewhere = k
	return newWorld(t, cfg), k
}

// ask sends a request and carries out the grants that come of it.
func (w *world) ask(k *kernel, p *person, m stun.Method, args ...string) {
	w.engine.HandleClient(w.now, p.Client, datagram(w.request(p, m, args), p.Remote), &w.out)
	k.carryOut(&w.out)
	w.effects()
}

// allocated is a client with a relay.
func (w *world) allocated(k *kernel, transport string) *person {
	a := w.client("a", transport, "198.51.100.1:4000")
	w.ask(k, a, stun.Allocate)
	w.ask(k, a, stun.Allocate)
	w.opened(0, "203.0.113.5:50000")
	return a
}

func TestGrantsEndWithWhatTheyStandOn(t *testing.T) {
	w, k := newKernelWorld(t, Config{})
	a := w.allocated(k, "udp")
	begun := w.now
	w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer=9.9.9.9:700")
	want := GrantedChannel{0x4000, netip.MustParseAddrPort("9.9.9.9:700"), begun.Add(10 * time.Minute), begun.Add(5 * time.Minute)}
	expect := func(what string) {
		t.Helper()
		if g := k.granted[0]; len(g.Channels) != 1 || g.Channels[0] != want || g.Client != a.Client {
			t.Errorf("%s: granted %+v, want %+v", what, g, want)
		}
	}
	expect("after ChannelBind")
	w.now = w.now.Add(time.Minute)
	w.ask(k, a, stun.CreatePermission, "peer=9.9.9.9:1")
	want.ToClient = begun.Add(6 * time.Minute)
	expect("after CreatePermission")
	w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer=9.9.9.9:700")
	want.ToPeer = begun.Add(10 * time.Minute) // the allocation's end, before the channel's
	expect("after ChannelBind again")
	w.ask(k, a, stun.Refresh)
	want.ToPeer = begun.Add(11 * time.Minute)
	expect("after Refresh")
	w.ask(k, a, stun.Refresh, "lifetime=0")
	if len(k.granted) != 0 {
		t.Errorf("%v granted after the end", k.granted)
	}
}

func TestChannelsThatNeedALookAreNotGranted(t *testing.T) {
	for _, c := range []struct {
		name, transport, peer string
		policy                Policy
		bytesPerSecond        int64
	}{
		{"over TCP", "tcp", "9.9.9.9:700", Policy{}, 0},
		{"to a relay of this server", "udp", "203.0.113.5:50001", Policy{}, 0},
		{"refused by a later policy", "udp", "9.9.9.9:700", Policy{Deny: []netip.Prefix{netip.MustParsePrefix("9.0.0.0/8")}}, 0},
		{"limited in bytes per second", "udp", "9.9.9.9:700", Policy{}, 1000},
	} {
		w, k := newKernelWorld(t, Config{Rates: Rates{Allocation: c.bytesPerSecond}})
		a := w.allocated(k, c.transport)
		w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer="+c.peer)
		if c.policy.Deny != nil {
			if len(k.granted[0].Channels) != 1 {
				t.Errorf("%s: nothing was granted before", c.name)
			}
			w.engine.HandlePolicy(w.now, c.policy.Rules(), &w.out)
			k.carryOut(&w.out)
		}
		if n := len(k.granted[0].Channels); n != 0 {
			t.Errorf("%s: %d granted", c.name, n)
		}
	}
}

func TestGrantsEndWhereAClientMovesToAStream(t *testing.T) {
	w, k := newKernelWorld(t, Config{})
	a := w.allocated(k, "udp")
	w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer=9.9.9.9:700")
	moved := w.engine.relays[0].alloc
	moved.client.Transport = TLS
	w.engine.grantChannels(w.now, moved, &w.out)
	k.carryOut(&w.out)
	if n := len(k.granted[0].Channels); n != 0 {
		t.Errorf("%d channels are still granted", n)
	}
}

func TestTrafficElsewhereCounts(t *testing.T) {
	w, k := newKernelWorld(t, Config{})
	a := w.allocated(k, "udp")
	w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer=9.9.9.9:700")
	k.toPeer[0], k.toClient[0] = Traffic{3, 300}, Traffic{4, 400}
	if list, _, _ := w.engine.Sessions(w.now, 0, 1, nil); list[0].ToPeer != (Traffic{3, 300}) || list[0].ToClient != (Traffic{4, 400}) {
		t.Errorf("listed as %+v", list[0])
	}
	k.toPeer[0] = Traffic{1, 50}
	if c := w.engine.Counters(); c.ToPeerPackets != 4 || c.ToPeerBytes != 350 || c.ToClientBytes != 400 || c.ChannelDataIn != 4 || c.ChannelDataOut != 4 {
		t.Errorf("counted %+v", c)
	}
	k.toClient[0] = Traffic{1, 7}
	w.now = w.now.Add(time.Hour) // it expires: traffic keeps nothing alive
	w.engine.Advance(w.now, &w.out)
	if e := w.out.Events[len(w.out.Events)-1]; e.Reason != "expired" || e.ToPeer != (Traffic{4, 350}) || e.ToClient != (Traffic{5, 407}) {
		t.Errorf("ended as %+v", e)
	}
}

// TestGrantsSayWhatTheEngineWouldDo lets clients do as they like and compares, at
// every step, each grant with what the engine does with a packet.
func TestGrantsSayWhatTheEngineWouldDo(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	w, k := newKernelWorld(t, Config{MaxChannels: 3, MaxPermissions: 3})
	a := w.allocated(k, "udp")
	granted := 0
	for range 3000 {
		peer := fmt.Sprintf("peer=9.9.9.%d:%d", 1+random.IntN(3), 700+random.IntN(2))
		switch random.IntN(6) {
		case 0:
			w.ask(k, a, stun.ChannelBind, fmt.Sprintf("channel=0x400%d", random.IntN(4)), peer)
		case 1:
			w.ask(k, a, stun.CreatePermission, peer)
		case 2:
			w.ask(k, a, stun.Refresh)
		default:
			w.now = w.now.Add(time.Duration(random.IntN(180)) * time.Second)
			w.engine.Advance(w.now, &w.out)
			k.carryOut(&w.out)
			w.effects()
		}
		if len(w.engine.clients) == 0 {
			w.ask(k, a, stun.Allocate)
			w.ask(k, a, stun.Allocate) // the nonce may have been stale
			w.opened(0, "203.0.113.5:50000")
			continue
		}
		for _, c := range k.granted[0].Channels {
			if w.now < c.ToPeer || w.now < c.ToClient {
				granted++
			}
			w.holdGrant(t, a, c, seed)
		}
	}
	if granted == 0 {
		t.Error("nothing was ever granted")
	}
}

func (w *world) holdGrant(t *testing.T, a *person, c GrantedChannel, seed uint64) {
	t.Helper()
	if w.now < c.ToPeer {
		w.engine.HandleClient(w.now, a.Client, datagram(channelData(uint16(c.Number), "data"), a.Remote), &w.out)
		if s := w.out.Send; len(s) != 1 || s[0].Remote != c.Peer || string(s[0].Data) != "data" {
			t.Fatalf("seed %d: the engine does not relay to %v what was granted: %v", seed, c.Peer, s)
		}
	}
	w.effects()
	if w.now < c.ToClient {
		w.engine.HandlePeer(w.now, 0, datagram([]byte("data"), c.Peer), &w.out)
		if s := w.out.Send; len(s) != 1 || s[0].Remote != a.Remote || string(s[0].Data) != string(channelData(uint16(c.Number), "data")) {
			t.Fatalf("seed %d: the engine does not relay from %v what was granted: %v", seed, c.Peer, s)
		}
	}
	w.effects()
}
