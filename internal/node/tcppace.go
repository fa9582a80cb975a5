package node

import (
	"sync"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// boundPeer is what a stream is joined with, and how fast; no peer: it is not.
type boundPeer struct {
	peer *stream.Peer
	pace *stream.Pace
}

// relayMeter counts what passes through the connections of one TCP allocation.
type relayMeter struct {
	mu     sync.Mutex
	meters [2]turn.Meter // by turn.Direction
}

// Bounds of what passes at once where rates are limited: a quarter of what may pass
// in a second, because a meter lets no more than a whole second's be taken at once.
const (
	paceChunkMax  = 64 << 10
	paceChunkPart = 4
)

// paceOf returns what the streams of j have to keep to, nil if there is no limit.
func (t *tcpRelays) paceOf(j *turn.JoinStreams) *stream.Pace {
	perUser := j.Rates.User
	if j.Account == nil {
		perUser = 0
	}
	chunk := int64(paceChunkMax)
	for _, rate := range []int64{j.Rates.Allocation, perUser} {
		if rate > 0 {
			chunk = min(chunk, max(rate/paceChunkPart, 1))
		}
	}
	if j.Rates.Allocation == 0 && perUser == 0 {
		return nil
	}
	m := t.meters[j.Relay]
	if m == nil {
		m = &relayMeter{}
		t.meters[j.Relay] = m
	}
	account, rate := j.Account, j.Rates.Allocation
	return &stream.Pace{Chunk: int(chunk), Allows: func(toPeer bool) bool {
		d := turn.ToClient
		if toPeer {
			d = turn.ToPeer
		}
		return m.allows(d, int(chunk), rate, func(now mono.Time) bool {
			return perUser == 0 || account.Pass(now, d, int(chunk), perUser)
		})
	}}
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
