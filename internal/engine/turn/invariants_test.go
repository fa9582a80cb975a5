package turn

import (
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// check holds the engine's tables against each other.
func (e *Engine) check(t testing.TB) {
	t.Helper()
	e.lookups.check(t)
	byUser, opened, allocations := map[string]int{}, 0, map[*allocation]bool{}
	for key, a := range e.clients {
		atHome := !a.isAway() && a.client.mapKey() == key
		moving := a.mobile != nil && a.mobile.moving && a.mobile.next.mapKey() == key
		if atHome == moving || a.state == abandoned {
			t.Fatalf("allocation of %v is not where it should be", a.client.Remote)
		}
		allocations[a] = true
	}
	for serial, a := range e.mobiles {
		if a.serial != serial || a.mobile == nil || a.state == abandoned || allocations[a] == a.isAway() {
			t.Fatalf("mobile allocation of %v is not where it should be", a.client.Remote)
		}
		allocations[a] = true
	}
	for a := range allocations {
		byUser[a.user] += e.checkRelays(t, a)
		if a.state == open {
			opened++
			if e.timers.heap[a.timer] != a {
				t.Fatalf("allocation of %v has no timer", a.client.Remote)
			}
		}
		if len(a.permissions) > e.cfg.MaxPermissions || len(a.channels) > e.cfg.MaxChannels {
			t.Fatalf("%d permissions, %d channels", len(a.permissions), len(a.channels))
		}
	}
	e.checkReservations(t, byUser)
	for user, n := range byUser {
		if e.users[user] != n || n > e.cfg.MaxAllocationsPerUser {
			t.Fatalf("%s has %d relays, counted %d", user, n, e.users[user])
		}
	}
	if len(byUser) != len(e.users) || opened != len(e.timers.heap) || uint64(len(allocations)) != e.counters.AllocationsOpen {
		t.Fatalf("%d users of %d, %d timers of %d, %d allocations of %d", len(byUser), len(e.users),
			opened, len(e.timers.heap), len(allocations), e.counters.AllocationsOpen)
	}
	for i, a := range e.timers.heap {
		if a.timer != i || i > 0 && e.timers.heap[(i-1)/2].expires > a.expires {
			t.Fatalf("timer %d is out of order", i)
		}
	}
	e.checkConnections(t)
	e.checkNumbers(t)
	if book, ok := e.cfg.Ledger.(*book); ok {
		for user, n := range byUser {
			if book.users[user].count != n {
				t.Fatalf("%s has %d relays, booked %d", user, n, book.users[user].count)
			}
		}
		if book.count() != len(e.relays)-len(e.free)-e.orphans() {
			t.Fatalf("%d relays booked of %d, %d of them orphans", book.count(), len(e.relays)-len(e.free), e.orphans())
		}
	}
}

// orphans is how many relays are still being opened although nobody waits for
// them.
func (e *Engine) orphans() (n int) {
	for _, slot := range e.relays {
		if slot.alloc != nil && slot.alloc.state == abandoned {
			n++
			if slot.alloc.reserving != nil {
				n++
			}
		}
	}
	return n
}

// checkRelays returns how many relays a has or waits for, with one to be reserved.
func (e *Engine) checkRelays(t testing.TB, a *allocation) (held int) {
	t.Helper()
	asked := 0
	for _, r := range a.relays {
		if r.state == noRelay {
			continue
		}
		held++
		if r.state == relayAsked {
			asked++
		}
		if e.relays[r.id].alloc != a {
			t.Fatalf("relay %d belongs to another allocation", r.id)
		}
		if r.state == relayOpen && a.state == open && r.expires < a.expires {
			t.Fatalf("relay %d expires before the timer of its allocation", r.id)
		}
	}
	if held == 0 || asked != int(a.waiting) || a.state == open && asked > 0 {
		t.Fatalf("allocation of %v: %d relays, %d asked for, waiting for %d", a.client.Remote, held, asked, a.waiting)
	}
	if a.reserving != nil {
		held++
	}
	return held
}

func (e *Engine) checkReservations(t testing.TB, byUser map[string]int) {
	t.Helper()
	for i, v := range e.reserved {
		byUser[v.user]++
		if e.reservations[v.token] != v || e.relays[v.relay].reserved != v || i > 0 && e.reserved[i-1].expires > v.expires {
			t.Fatalf("reservation of relay %d is not where it should be", v.relay)
		}
	}
	if len(e.reserved) != len(e.reservations) {
		t.Fatalf("%d reservations of %d", len(e.reserved), len(e.reservations))
	}
}

// checkNumbers: every relay number is free or stands for something, once.
func (e *Engine) checkNumbers(t testing.TB) {
	t.Helper()
	free := map[RelayID]bool{}
	for _, id := range e.free {
		if free[id] || e.relays[id] != (relaySlot{}) {
			t.Fatalf("relay number %d is free twice or taken", id)
		}
		free[id] = true
	}
	for id, slot := range e.relays {
		if !free[RelayID(id)] && (slot.alloc == nil) == (slot.reserved == nil) {
			t.Fatalf("relay number %d is lost", id)
		}
	}
	if len(e.relays)-len(e.free) > e.cfg.MaxAllocations {
		t.Fatalf("%d relays", len(e.relays)-len(e.free))
	}
}

// settle lets everything end by itself, of which nothing is to be left.
func (w *world) settle() {
	w.t.Helper()
	e := w.engine
	for id := range e.relays {
		if a := e.relays[id].alloc; a != nil && a.asked(RelayID(id)) != 0 {
			e.HandleRelayOpened(w.now, RelayOpened{ID: RelayID(id)}, &w.out)
		}
	}
	w.now = w.now.Add(2 * time.Hour)
	e.Advance(w.now, &w.out)
	w.effects()
	left := len(e.clients) + len(e.users) + len(e.timers.heap) + len(e.reservations) + len(e.reserved) + len(e.mobiles) +
		len(e.relays) - len(e.free) + int(e.counters.AllocationsOpen)
	if book, ok := e.cfg.Ledger.(*book); ok {
		left += book.count()
	}
	if left > 0 || e.NextDeadline() != mono.Never {
		w.t.Fatalf("after two hours: %d clients, %d users, %d timers, %d reservations, %d mobile, %d of %d relays free, deadline %v", len(e.clients),
			len(e.users), len(e.timers.heap), len(e.reservations), len(e.mobiles), len(e.free), len(e.relays), e.NextDeadline())
	}
}
