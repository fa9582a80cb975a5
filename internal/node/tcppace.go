package node

import (
	"sync"
	"sync/atomic"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// boundPeer is what a stream is joined with, and how fast; no peer: it is not.
type boundPeer struct {
	peer *stream.Peer
	pace stream.Pace
}

// relayMeters are those of a shard's TCP allocations. The map is the shard's own.
type relayMeters map[turn.RelayID]*relayMeter

// relayMeter counts and limits what passes through the connections of one TCP
// allocation.
type relayMeter struct {
	passed [2]atomic.Uint64 // by turn.Direction; bytes since they were asked for

	mu     sync.Mutex
	meters [2]turn.Meter // by turn.Direction
}

// of returns the meter of a relay.
func (r relayMeters) of(id turn.RelayID) *relayMeter {
	m := r[id]
	if m == nil {
		m = &relayMeter{}
		r[id] = m
	}
	return m
}

// Relayed implements [turn.Elsewhere].
func (r relayMeters) Relayed(id turn.RelayID) (toPeer, toClient turn.Traffic) {
	if m := r[id]; m != nil {
		toPeer.Bytes, toClient.Bytes = m.passed[turn.ToPeer].Swap(0), m.passed[turn.ToClient].Swap(0)
	}
	return toPeer, toClient
}

func directionOf(toPeer bool) turn.Direction {
	if toPeer {
		return turn.ToPeer
	}
	return turn.ToClient
}

// Bounds of what passes at once where rates are limited: a quarter of what may pass
// in a second, because a meter lets no more than a whole second's be taken at once.
const (
	paceChunkMax  = 64 << 10
	paceChunkPart = 4
)

// paceOf returns what the streams of j have to keep to.
func (t *tcpRelays) paceOf(j *turn.JoinStreams) stream.Pace {
	m := t.meters.of(j.Relay)
	pace := stream.Pace{Passed: func(toPeer bool, bytes int64) { m.passed[directionOf(toPeer)].Add(uint64(bytes)) }}
	perUser := j.Rates.User
	if j.Account == nil {
		perUser = 0
	}
	if j.Rates.Allocation == 0 && perUser == 0 {
		return pace
	}
	chunk := int64(paceChunkMax)
	for _, rate := range []int64{j.Rates.Allocation, perUser} {
		if rate > 0 {
			chunk = min(chunk, max(rate/paceChunkPart, 1))
		}
	}
	account, rate := j.Account, j.Rates.Allocation
	pace.Chunk = int(chunk)
	pace.Allows = func(toPeer bool) bool {
		d := directionOf(toPeer)
		return m.allows(d, int(chunk), rate, func(now mono.Time) bool {
			return perUser == 0 || account.Pass(now, d, int(chunk), perUser)
		})
	}
	return pace
}

// allows says whether so many bytes more may pass, by the rate of the allocation and
// by what user says.
func (m *relayMeter) allows(d turn.Direction, bytes int, rate int64, user func(mono.Time) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, before := mono.Now(), m.meters[d]
	if rate > 0 && !m.meters[d].Pass(now, bytes, rate) {
		return false
	}
	if !user(now) {
		m.meters[d] = before
		return false
	}
	return true
}
