package sim

import (
	"math/rand/v2"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// Link is the way of a host's datagrams into the world, in one direction. The
// zero value is perfect: no delay, no loss, no limit.
type Link struct {
	Delay    time.Duration
	Jitter   time.Duration // up to this much more, evenly spread; reorders
	Loss     float64       // 0..1
	Repeat   float64       // 0..1, share of datagrams that arrive twice
	Bps      int           // bits per second, 0 for no limit
	QueueMax int           // bytes that wait at most where Bps limits, 0 for no limit

	Lost  int // datagrams that the link lost, by chance or by a full queue
	ready mono.Time
}

// pass returns when a datagram of n bytes arrives: never, once or twice.
func (l *Link) pass(now mono.Time, n int, r *rand.Rand) []mono.Time {
	if l.Loss > 0 && r.Float64() < l.Loss {
		l.Lost++
		return nil
	}
	leaves := now
	if l.Bps > 0 {
		l.ready = max(l.ready, now)
		if waiting := int(l.ready.Sub(now).Seconds() * float64(l.Bps) / 8); l.QueueMax > 0 && waiting+n > l.QueueMax {
			l.Lost++
			return nil
		}
		l.ready = l.ready.Add(time.Duration(float64(n) * 8 / float64(l.Bps) * float64(time.Second)))
		leaves = l.ready
	}
	times := []mono.Time{l.arrival(leaves, r)}
	if l.Repeat > 0 && r.Float64() < l.Repeat {
		times = append(times, l.arrival(leaves, r))
	}
	return times
}

func (l *Link) arrival(leaves mono.Time, r *rand.Rand) mono.Time {
	at := leaves.Add(l.Delay)
	if l.Jitter > 0 {
		at = at.Add(time.Duration(r.Int64N(int64(l.Jitter))))
	}
	return at
}
