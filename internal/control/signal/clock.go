package signal

import (
	"container/heap"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	sessionLife = api.SessionMs * time.Millisecond
	// Time enough for a page that stayed after all to open another socket.
	goingAwayLife = 3 * time.Second
	pingActive    = api.PingActiveMs * time.Millisecond
	pingIdle      = api.PingIdleMs * time.Millisecond
	pongTimeout   = api.PongTimeoutMs * time.Millisecond
)

// clock has the deadlines of a session; mono.Never where it waits for nothing.
type clock struct {
	pingAt   mono.Time // send the next ping
	pongBy   mono.Time // the client is away unless it is heard of before
	expireAt mono.Time // the session ends
	renewAt  mono.Time // send new ICE credentials
	next     mono.Time // the earliest, as the agenda knows it
	place    int       // in the agenda; -1 outside
}

func (c *clock) earliest() mono.Time {
	return mono.Earlier(mono.Earlier(c.pingAt, c.pongBy), mono.Earlier(c.expireAt, c.renewAt))
}

func due(deadline, now mono.Time) bool { return deadline != mono.Never && deadline <= now }

// agenda is the heap of all sessions of a shard by their next deadline.
type agenda []*session

// set puts a session where its deadlines want it.
func (a *agenda) set(s *session) {
	next := s.clock.earliest()
	switch {
	case next == mono.Never:
		a.remove(s)
	case s.clock.place < 0:
		s.clock.next = next
		heap.Push(a, s)
	case next != s.clock.next:
		s.clock.next = next
		heap.Fix(a, s.clock.place)
	}
}

func (a *agenda) remove(s *session) {
	if s.clock.place >= 0 {
		heap.Remove(a, s.clock.place)
	}
}

func (a agenda) first() mono.Time {
	if len(a) == 0 {
		return mono.Never
	}
	return a[0].clock.next
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].clock.next < a[j].clock.next }
func (a agenda) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].clock.place, a[j].clock.place = i, j
}

func (a *agenda) Push(x any) {
	s := x.(*session)
	s.clock.place = len(*a)
	*a = append(*a, s)
}

func (a *agenda) Pop() any {
	old := *a
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	s.clock.place = -1
	return s
}
