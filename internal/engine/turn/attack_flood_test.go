package turn

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// floodSources is how many sources a flood makes up.
const floodSources = 100_000

// sourceNumbered is one of many addresses, no two of which share a reply budget.
func sourceNumbered(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{100, byte(i >> 16), byte(i >> 8), byte(i)}), uint16(1024+i%60000))
}

// floods are what is thrown at the server, with what it does about each packet.
var floods = []struct {
	name    string
	packet  func(w *world, p *person) []byte
	replies uint64 // to each source
	drop    DropReason
}{
	{"Binding", func(*world, *person) []byte { return bindingIn.Payload() }, 1, dropReasons},
	{"Allocate", func(w *world, p *person) []byte { return w.request(p, stun.Allocate, []string{"anonymous"}) }, 1, dropReasons},
	{"forged integrity", func(w *world, p *person) []byte {
		return w.request(p, stun.Allocate, []string{"user=mallory", "nonce=obMatJos2AAAAabcdefghijklmno"})
	}, 1, dropReasons},
	{"wrong password", func(w *world, p *person) []byte {
		return w.request(p, stun.Allocate, []string{"user=ann", "password=guess", "nonce=obMatJos2AAAAabcdefghijklmno"})
	}, 1, dropReasons},
	{"Refresh", func(w *world, p *person) []byte { return w.request(p, stun.Refresh, []string{"anonymous"}) }, 1, dropReasons},
	{"Send", func(*world, *person) []byte {
		b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{})
		b.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort("9.9.9.9:700"))
		b.Text(stun.AttrData, "x")
		return b.Finish()
	}, 0, DropNoAllocation},
	{"ChannelData", func(*world, *person) []byte { return channelData(0x4000, "x") }, 0, DropNoAllocation},
	{"DTLS", func(*world, *person) []byte { return append([]byte{22, 0xfe, 0xfd}, make([]byte, 200)...) }, 0, DropNotTURN},
	{"garbage", func(*world, *person) []byte { return []byte{0, 1, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4} }, 0, DropMalformed},
}

// A flood from 100,000 sources that are made up leaves nothing behind, is counted
// to the packet, and does not keep a client from working, nor a new one from
// coming.
func TestFloodOfManySources(t *testing.T) {
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			w, a := relaying(t, "udp", netip.MustParseAddrPort("9.9.9.9:700"))
			flooder := w.client("flooder", "udp", "198.51.100.66:4000")
			in := datagram(f.packet(w, flooder), flooder.Remote)
			before := *w.engine.Counters()
			sent := uint64(0)
			heap := heapInUse()
			for i := range floodSources {
				flooder.Remote = sourceNumbered(i)
				in.Remote = flooder.Remote
				w.engine.HandleClient(w.now, flooder.Client, in, &w.out)
				sent += uint64(len(w.out.Send))
				for _, o := range w.out.Send {
					if o.Remote != flooder.Remote {
						t.Fatalf("a reply to %v", o.Remote)
					}
				}
				w.out.Reset()
				if i%1000 == 0 {
					w.wantRelaying(t, a)
				}
				w.now = w.now.Add(10 * time.Microsecond)
			}
			if grown := int64(heapInUse()) - int64(heap); grown > 256<<10 {
				t.Errorf("the heap grew by %d KiB", grown>>10)
			}
			if sent != f.replies*floodSources {
				t.Errorf("%d replies, want %d for each source", sent, f.replies)
			}
			if f.drop != dropReasons {
				if n := w.engine.counters.Drops[f.drop] - before.Drops[f.drop]; n != floodSources {
					t.Errorf("%d counted as %v, want %d", n, f.drop, floodSources)
				}
			}
			if n := len(w.engine.clients) + len(w.engine.users) + len(w.engine.relays); n != 3 {
				t.Errorf("%d things are kept, want those of the one client", n)
			}
			w.drops = w.engine.counters.Drops
			w.wantNewClient(t)
		})
	}
}

// A flood of requests that are signed right, each from another place, meets the
// user's quota: with one credential nobody fills the server.
func TestFloodWithOneCredential(t *testing.T) {
	w := newWorld(t, Config{MaxAllocationsPerUser: 10})
	p := w.client("p", "udp", "198.51.100.66:4000")
	quota := uint64(0)
	for i := range 2000 {
		p.Remote, p.nonce = sourceNumbered(i), ""
		w.fromClient(p, w.request(p, stun.Allocate, nil))
		if got := w.fromClient(p, w.request(p, stun.Allocate, nil)); strings.Contains(got, "486") {
			quota++
		}
	}
	if n := len(w.engine.clients); n != 10 || quota != 1990 || len(w.engine.relays) != 10 {
		t.Errorf("%d allocations, %d refused, %d relays", n, quota, len(w.engine.relays))
	}
}

// The reply budget shuts out nobody but the source that is over it, however many
// others there are.
func TestFloodDoesNotUseUpTheBudgetOfOthers(t *testing.T) {
	w := newWorld(t, Config{})
	rng := rand.New(rand.NewPCG(5, 6))
	loud, quiet := w.client("loud", "udp", "198.51.100.1:4000"), w.client("quiet", "udp", "198.51.100.2:4000")
	in := datagram(bindingIn.Payload(), loud.Remote)
	replied := map[*person]int{}
	for i := range 200_000 {
		p, want := loud, loud.Remote
		if i%1000 == 0 {
			p, want = quiet, quiet.Remote
		} else if rng.IntN(2) == 0 {
			want = sourceNumbered(i)
		}
		c := p.Client
		c.Remote, in.Remote = want, want
		w.engine.HandleClient(w.now, c, in, &w.out)
		if want == p.Remote {
			replied[p] += len(w.out.Send)
		}
		w.out.Reset()
		w.now = w.now.Add(10 * time.Microsecond)
	}
	if replied[quiet] != 200 {
		t.Errorf("who asks seldom got %d answers of 200", replied[quiet])
	}
	if most := 2000 + 2*200; replied[loud] > most {
		t.Errorf("who floods got %d answers, at most %d", replied[loud], most)
	}
}

// wantRelaying: the client is not hurt, in neither direction.
func (w *world) wantRelaying(t *testing.T, a *person) {
	t.Helper()
	peer := netip.MustParseAddrPort("9.9.9.9:700")
	w.engine.HandleClient(w.now, a.Client, datagram(channelData(0x4000, "out"), a.Remote), &w.out)
	w.engine.HandlePeer(w.now, 0, datagram([]byte("in"), peer), &w.out)
	if len(w.out.Send) != 2 || w.out.Send[0].Remote != peer || w.out.Send[0].Sock.Kind() != dgram.RelayKind || w.out.Send[1].Remote != a.Remote {
		t.Fatalf("the good client gets %+v", w.out.Send)
	}
	w.out.Reset()
}

// wantNewClient: somebody new gets a relay.
func (w *world) wantNewClient(t *testing.T) {
	t.Helper()
	w.client("new", "udp", "198.51.100.77:4000")
	w.command([]string{"new", "allocate", "anonymous"})
	if got := w.command([]string{"new", "allocate", "user=bob"}); !strings.Contains(got, "open relay") {
		t.Errorf("a new client gets %s", got)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
