package node

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// Whatever the shards ask for at the same time, no more than the quotas is given.
func TestQuotasHoldUnderRaces(t *testing.T) {
	l := newLedger(10, 25)
	var held, most, code486, code508 atomic.Int64
	var shards sync.WaitGroup
	for shard := range 8 {
		shards.Go(func() {
			for i := range 2000 {
				a, code := l.Take(fmt.Sprint("user", (shard+i)%4), 1+i%2)
				switch code {
				case stun.CodeAllocationQuota:
					code486.Add(1)
				case stun.CodeInsufficientCapacity:
					code508.Add(1)
				}
				if a == nil {
					continue
				}
				n := held.Add(int64(1 + i%2))
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				held.Add(-int64(1 + i%2)) // before it is given back: held is never more than what is booked
				for range 1 + i%2 {
					a.GiveBack()
				}
			}
		})
	}
	shards.Wait()
	if most.Load() > 25 || l.open != 0 {
		t.Errorf("%d at once, %d left", most.Load(), l.open)
	}
	for range 10 {
		if _, code := l.Take("ann", 1); code != 0 {
			t.Fatal(code)
		}
	}
	if _, code := l.Take("ann", 1); code != stun.CodeAllocationQuota {
		t.Errorf("an eleventh of ten: %d", code)
	}
	if _, code := l.Take("bob", 11); code != stun.CodeAllocationQuota {
		t.Errorf("eleven of ten at once: %d", code)
	}
	_, _ = l.Take("bob", 10)
	if _, code := l.Take("eve", 6); code != stun.CodeInsufficientCapacity {
		t.Errorf("26 of 25: %d", code)
	}
}

// Giving everything back and coming again does not bring another burst, and an
// account that nobody uses is forgotten.
func TestAccountsOutliveTheirBursts(t *testing.T) {
	l := newLedger(10, 25)
	now := mono.Now()
	spent := 0
	for range 5 {
		a, _ := l.Take("ann", 1)
		for a.Pass(now, turn.ToClient, 100, 1000) {
			spent += 100
		}
		a.GiveBack()
	}
	if spent != 1000 {
		t.Errorf("%d bytes in a burst, want 1000", spent)
	}
	l.sweep(mono.Now().Add(time.Second + time.Millisecond))
	if len(l.users) != 0 || len(l.idle) != 0 {
		t.Errorf("%d accounts left, %d idle", len(l.users), len(l.idle))
	}
}

// The rate of a user holds over all shards together.
func TestUserRateHoldsUnderRaces(t *testing.T) {
	l := newLedger(10, 25)
	a, _ := l.Take("ann", 1)
	now := mono.Time(time.Hour)
	var passed atomic.Int64
	var shards sync.WaitGroup
	for range 4 {
		shards.Go(func() {
			for range 5000 {
				if a.Pass(now, turn.ToPeer, 10, 50_000) {
					passed.Add(10)
				}
			}
		})
	}
	shards.Wait()
	if passed.Load() != 50_000 {
		t.Errorf("%d bytes passed at one instant, want 50000", passed.Load())
	}
	if !a.Pass(now, turn.ToClient, 10, 50_000) {
		t.Error("the other direction is used up, too")
	}
	if n := testing.AllocsPerRun(100, func() { a.Pass(now, turn.ToClient, 1, 50_000) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}
