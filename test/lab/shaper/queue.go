package shaper

import (
	"math/rand/v2"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// Config is how one direction of a link behaves. The zero value is a perfect
// link.
type Config struct {
	Delay  time.Duration // of every packet, besides the time its bits take
	Jitter time.Duration // up to this much more, evenly spread; packets stay in order
	Loss   float64       // part of the packets that is lost, 0 to 1
	// RateBps is the number of bits a second that pass. 0: no limit.
	RateBps int64
	// QueueBytes is how much waits for its turn at most. 0: 256 KiB.
	QueueBytes int
	// Seed makes the losses and the jitter the same in each run.
	Seed uint64
}

const (
	defaultQueueBytes = 256 << 10
	// maxPackets bounds what is on its way, whatever the delay.
	maxPackets = 1 << 16
)

// Stats counts packets.
type Stats struct {
	Sent, Lost, Overflowed, Delivered uint64
}

// Queue is one direction of a link. It knows no clock: it is told the time.
type Queue struct {
	config   Config
	random   *rand.Rand
	idleAt   mono.Time // when the last bit of what is queued has left
	lastOut  mono.Time
	waiting  []waiting
	inFlight []flying
	backlog  int // bytes in waiting
	stats    Stats
}

// waiting is a packet whose last bit has not left yet.
type waiting struct {
	leaves mono.Time
	size   int
}

// flying is a packet that comes out at a time.
type flying struct {
	arrives mono.Time
	packet  []byte
}

// NewQueue begins with nothing on the way.
func NewQueue(config Config) *Queue {
	q := &Queue{}
	q.Configure(config)
	return q
}

// Configure changes how packets pushed from now on are treated.
func (q *Queue) Configure(config Config) {
	if config.QueueBytes == 0 {
		config.QueueBytes = defaultQueueBytes
	}
	q.config = config
	q.random = rand.New(rand.NewPCG(config.Seed, 0))
}

// Stats tells what became of the packets so far.
func (q *Queue) Stats() Stats { return q.stats }

// Push sends a packet, which the queue keeps, and tells whether it will arrive.
func (q *Queue) Push(now mono.Time, packet []byte) bool {
	q.stats.Sent++
	// Both numbers are drawn for each packet, so that a change of one setting
	// leaves the fate of the others as it was.
	loss, jitter := q.random.Float64(), q.random.Float64()
	q.drain(now)
	switch {
	case loss < q.config.Loss:
		q.stats.Lost++
		return false
	case len(q.inFlight) >= maxPackets, q.backlog > 0 && q.backlog+len(packet) > q.config.QueueBytes:
		q.stats.Overflowed++
		return false
	}
	leaves := now
	if q.config.RateBps > 0 {
		if q.idleAt > leaves {
			leaves = q.idleAt
		}
		leaves = leaves.Add(time.Duration(int64(len(packet)) * 8 * int64(time.Second) / q.config.RateBps))
		q.idleAt = leaves
		q.waiting = append(q.waiting, waiting{leaves, len(packet)})
		q.backlog += len(packet)
	}
	arrives := leaves.Add(q.config.Delay + time.Duration(jitter*float64(q.config.Jitter)))
	if arrives < q.lastOut {
		arrives = q.lastOut
	}
	q.lastOut = arrives
	q.inFlight = append(q.inFlight, flying{arrives, packet})
	return true
}

// drain forgets the packets whose last bit has left by now.
func (q *Queue) drain(now mono.Time) {
	gone := 0
	for gone < len(q.waiting) && q.waiting[gone].leaves <= now {
		q.backlog -= q.waiting[gone].size
		gone++
	}
	q.waiting = q.waiting[:copy(q.waiting, q.waiting[gone:])]
}

// NextDeadline is when the next packet comes out.
func (q *Queue) NextDeadline() mono.Time {
	if len(q.inFlight) == 0 {
		return mono.Never
	}
	return q.inFlight[0].arrives
}

// Pop returns the next packet that has come out by now, or nil.
func (q *Queue) Pop(now mono.Time) []byte {
	if len(q.inFlight) == 0 || q.inFlight[0].arrives > now {
		return nil
	}
	packet := q.inFlight[0].packet
	q.inFlight[0] = flying{}
	q.inFlight = q.inFlight[1:]
	q.stats.Delivered++
	return packet
}
