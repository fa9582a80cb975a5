package turn

import (
	"bytes"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// book is a Ledger for one engine.
type book struct {
	total int
	users map[string]*bookedUser
}

type bookedUser struct {
	count  int
	meters [2]Meter
}

func newBook() *book { return &book{total: math.MaxInt, users: map[string]*bookedUser{}} }

func (b *book) count() (n int) {
	for _, u := range b.users {
		n += u.count
	}
	return n
}

func (b *book) Take(user string, n int) (Account, stun.Code) {
	if b.count()+n > b.total {
		return nil, stun.CodeInsufficientCapacity
	}
	u := b.users[user]
	if u == nil {
		u = &bookedUser{}
		b.users[user] = u
	}
	u.count += n
	return u, 0
}

func (u *bookedUser) GiveBack() { u.count-- }

func (u *bookedUser) Pass(now mono.Time, d Direction, bytes int, bytesPerSecond int64) bool {
	return u.meters[d].Pass(now, bytes, bytesPerSecond)
}

func TestLimitsDoNotAllocate(t *testing.T) {
	at := netip.MustParseAddrPort("9.9.9.9:700")
	w, a := relayingWith(t, Config{Ledger: newBook(), Rates: Rates{1 << 40, 1 << 40}}, "udp", at)
	payload := bytes.Repeat([]byte("x"), 1200)
	up, down := datagram(channelData(0x4000, string(payload)), a.Remote), datagram(payload, at)
	countAllocs(t, w, "to the peer", func() { w.engine.HandleClient(w.now, a.Client, up, &w.out) })
	countAllocs(t, w, "to the client", func() { w.engine.HandlePeer(w.now, 0, down, &w.out) })
}

// Over a long time exactly the rate passes, whatever is offered, in either
// direction, and bursts are of one second.
func TestRateOverTime(t *testing.T) {
	at := netip.MustParseAddrPort("9.9.9.9:700")
	for _, c := range []struct {
		name string
		cfg  Config
		drop DropReason
	}{
		{"allocation", Config{Rates: Rates{Allocation: 50_000}}, DropAllocationRate},
		{"user", Config{Ledger: newBook(), Rates: Rates{User: 50_000}}, DropUserRate},
	} {
		w, a := relayingWith(t, c.cfg, "udp", at)
		up := channelData(0x4000, string(make([]byte, 1000)))
		sent, first := [2]int{}, [2]int{}
		const seconds = 100
		for ms := range seconds * 1000 {
			for d := range sent {
				if d == int(ToPeer) {
					w.engine.HandleClient(w.now, a.Client, datagram(up, a.Remote), &w.out)
				} else {
					w.engine.HandlePeer(w.now, 0, datagram(make([]byte, 1000), at), &w.out)
				}
				sent[d] += len(w.out.Send)
				w.out.Reset()
			}
			if ms == 50 {
				first = sent
			}
			w.now = w.now.Add(time.Millisecond)
		}
		for d, n := range sent {
			if n < seconds*50 || n > seconds*50+51 || first[d] != 51 { // one a millisecond, from the burst
				t.Errorf("%s, direction %d: %d packets in %d s, %d in the first 51 ms", c.name, d, n, seconds, first[d])
			}
		}
		if drops := w.engine.counters.Drops[c.drop]; drops != uint64(2*seconds*1000-sent[0]-sent[1]) {
			t.Errorf("%s: %d counted as dropped", c.name, drops)
		}
	}
}

// What a user's limit refuses does not count for the allocation.
func TestUserLimitSpansAllocations(t *testing.T) {
	w := newWorld(t, Config{Ledger: newBook(), Rates: Rates{10_000, 15_000}})
	at := netip.MustParseAddrPort("9.9.9.9:700")
	var in []*dgram.In
	for i, name := range []string{"a", "b"} {
		p := w.client(name, "udp", netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(4000+i)).String())
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate"})
		w.opened(RelayID(i), netip.AddrPortFrom(netip.MustParseAddr("203.0.113.5"), uint16(50000+i)).String())
		w.command([]string{name, "bind", "channel=0x4000", "peer=" + at.String()})
		in = append(in, datagram(channelData(0x4000, string(make([]byte, 1000))), p.Remote))
	}
	passed := [2]int{}
	for range 20 {
		for i, name := range []string{"a", "b"} {
			w.engine.HandleClient(w.now, w.people[name].Client, in[i], &w.out)
			passed[i] += len(w.out.Send)
			w.out.Reset()
		}
	}
	if passed != [2]int{8, 7} {
		t.Errorf("%v packets passed, want 15 in all", passed)
	}
	if d := w.engine.counters.Drops; d[DropUserRate] != 25 || d[DropAllocationRate] != 0 {
		t.Errorf("drops: %v", d)
	}
}
