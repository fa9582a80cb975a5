package shaper

import (
	"math"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

const start = mono.Time(1)

// drainAll pops everything and returns the times at which it came out.
func drainAll(q *Queue) (arrivals []mono.Time) {
	for q.NextDeadline() != mono.Never {
		now := q.NextDeadline()
		for q.Pop(now) != nil {
			arrivals = append(arrivals, now)
		}
	}
	return arrivals
}

func TestPerfectLinkDeliversAtOnce(t *testing.T) {
	q := NewQueue(Config{})
	q.Push(start, []byte("a"))
	if string(q.Pop(start)) != "a" || q.Pop(start) != nil {
		t.Fatal("not delivered at once and once")
	}
}

func TestDelayIsExact(t *testing.T) {
	q := NewQueue(Config{Delay: 30 * time.Millisecond})
	q.Push(start, []byte("a"))
	out := start.Add(30 * time.Millisecond)
	if q.NextDeadline() != out || q.Pop(out-1) != nil || q.Pop(out) == nil {
		t.Fatalf("comes out at %v, want %v", q.NextDeadline(), out)
	}
}

func TestJitterStaysInItsBoundsAndInOrder(t *testing.T) {
	q := NewQueue(Config{Delay: 10 * time.Millisecond, Jitter: 20 * time.Millisecond, Seed: 1})
	const packets = 1000
	for i := range packets {
		q.Push(start.Add(time.Duration(i)*time.Millisecond), []byte{0})
	}
	arrivals := drainAll(q)
	var least, most = time.Hour, time.Duration(0)
	for i, at := range arrivals {
		took := at.Sub(start.Add(time.Duration(i) * time.Millisecond))
		least, most = min(least, took), max(most, took)
		if i > 0 && at < arrivals[i-1] {
			t.Fatalf("packet %d overtook", i)
		}
	}
	if len(arrivals) != packets || least < 10*time.Millisecond || most > 30*time.Millisecond {
		t.Fatalf("%d packets took %v to %v", len(arrivals), least, most)
	}
	if most < 25*time.Millisecond {
		t.Errorf("no packet took more than %v: there is no jitter", most)
	}
}

func TestLossIsTheFractionAskedFor(t *testing.T) {
	q := NewQueue(Config{Loss: 0.1, Seed: 7})
	const packets = 20000
	for range packets {
		q.Push(start, []byte{0})
		q.Pop(start)
	}
	if lost := float64(q.Stats().Lost) / packets; math.Abs(lost-0.1) > 0.01 {
		t.Fatalf("%.3f lost, want 0.1", lost)
	}
}

func TestTheSameSeedLosesTheSamePackets(t *testing.T) {
	lost := func(config Config) (fate []bool) {
		q := NewQueue(config)
		for range 500 {
			fate = append(fate, q.Push(start, []byte{0}))
		}
		return fate
	}
	a, b, c := lost(Config{Loss: 0.3, Seed: 5}), lost(Config{Loss: 0.3, Seed: 5, Jitter: time.Second}), lost(Config{Loss: 0.3, Seed: 6})
	differs := false
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("packet %d fared differently under the same seed", i)
		}
		differs = differs || a[i] != c[i]
	}
	if !differs {
		t.Error("another seed lost the same packets")
	}
}

func TestRateSpacesPackets(t *testing.T) {
	q := NewQueue(Config{RateBps: 1_000_000, QueueBytes: 1 << 20})
	for range 100 {
		q.Push(start, make([]byte, 1250)) // 10 ms each at 1 Mbit/s
	}
	arrivals := drainAll(q)
	if got, want := arrivals[len(arrivals)-1].Sub(start), time.Second; got != want {
		t.Fatalf("the last packet came out after %v, want %v", got, want)
	}
}

func TestQueueOverflowsAtItsTail(t *testing.T) {
	q := NewQueue(Config{RateBps: 1_000_000, QueueBytes: 5000})
	for range 10 {
		q.Push(start, make([]byte, 1250))
	}
	if s := q.Stats(); s.Overflowed != 6 {
		t.Fatalf("%+v, want 6 of 10 overflowed", s)
	}
	// Once a packet's bits have left there is room for another.
	if !q.Push(start.Add(10*time.Millisecond), make([]byte, 1250)) {
		t.Error("still full after a packet has left")
	}
}

func TestAPacketOverTheQueueLimitPassesAnEmptyQueue(t *testing.T) {
	q := NewQueue(Config{RateBps: 1_000_000, QueueBytes: 100})
	if !q.Push(start, make([]byte, 1250)) {
		t.Fatal("a link must carry one packet of any size")
	}
}
