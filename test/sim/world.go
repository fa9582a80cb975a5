// Package sim is a seeded virtual world for the engines: a clock, hosts, links
// that delay, reorder, repeat and lose, NAT boxes as RFC 4787 classes them, and
// scripted peers. Nothing in it sleeps or opens a socket; a run is a function of
// its seed, and a failing test prints the seed.
package sim

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// World owns the clock, the random numbers and everything that is to happen.
type World struct {
	Rand  *rand.Rand
	now   mono.Time
	queue events
	order uint64
	hosts map[netip.Addr]receiver
	trace uint64
	sent  int
}

// receiver is what an IP address leads to: a host, or the outside of a NAT box.
type receiver interface {
	receive(from, to netip.AddrPort, data []byte)
}

// NewWorld makes an empty world at time 1.
func NewWorld(seed uint64) *World {
	return &World{Rand: rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)), now: 1, hosts: map[netip.Addr]receiver{}}
}

// Now returns the time in the world.
func (w *World) Now() mono.Time { return w.now }

// After runs do once d has passed.
func (w *World) After(d time.Duration, do func()) {
	w.order++
	heap.Push(&w.queue, event{at: w.now.Add(d), order: w.order, do: do})
}

// RunFor lets d pass and everything in it happen, in order.
func (w *World) RunFor(d time.Duration) {
	end := w.now.Add(d)
	for len(w.queue) > 0 && w.queue[0].at <= end {
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
}

// Trace returns a hash over every datagram that arrived anywhere, with its time:
// equal traces mean equal runs.
func (w *World) Trace() uint64 { return w.trace }

// Delivered returns how many datagrams arrived anywhere.
func (w *World) Delivered() int { return w.sent }

func (w *World) attach(ip netip.Addr, r receiver) {
	if _, taken := w.hosts[ip]; taken {
		panic(fmt.Sprintf("%v is there already", ip))
	}
	w.hosts[ip] = r
}

// carry brings a datagram over a link to the host that has the address.
func (w *World) carry(l *Link, from, to netip.AddrPort, data []byte) {
	for _, at := range l.pass(w.now, len(data), w.Rand) {
		w.After(at.Sub(w.now), func() {
			if r, ok := w.hosts[to.Addr()]; ok {
				w.note(from, to, data)
				r.receive(from, to, append([]byte(nil), data...))
			}
		})
	}
}

func (w *World) note(from, to netip.AddrPort, data []byte) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %d %v %v %x", w.trace, w.now, from, to, data)
	w.trace = h.Sum64()
	w.sent++
}

type event struct {
	at    mono.Time
	order uint64
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
