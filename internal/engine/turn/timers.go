package turn

import "github.com/parley-rtc/parley/internal/mono"

// timers is a binary heap of allocations by expiry; allocation.timer is the
// place in it.
type timers struct{ heap []*allocation }

func (t *timers) first() *allocation {
	if len(t.heap) == 0 {
		return nil
	}
	return t.heap[0]
}

// set puts a where it belongs with its new expiry.
func (t *timers) set(a *allocation, expires mono.Time) {
	a.expires = expires
	if a.timer < 0 {
		a.timer = len(t.heap)
		t.heap = append(t.heap, a)
	}
	t.down(t.up(a.timer))
}

func (t *timers) remove(a *allocation) {
	i, last := a.timer, len(t.heap)-1
	t.swap(i, last)
	t.heap[last] = nil
	t.heap = t.heap[:last]
	a.timer = -1
	if i < last {
		t.down(t.up(i))
	}
}

func (t *timers) up(i int) int {
	for i > 0 {
		parent := (i - 1) / 2
		if t.heap[parent].expires <= t.heap[i].expires {
			break
		}
		t.swap(i, parent)
		i = parent
	}
	return i
}

func (t *timers) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			return
		}
		if right := child + 1; right < len(t.heap) && t.heap[right].expires < t.heap[child].expires {
			child = right
		}
		if t.heap[i].expires <= t.heap[child].expires {
			return
		}
		t.swap(i, child)
		i = child
	}
}

func (t *timers) swap(i, j int) {
	t.heap[i], t.heap[j] = t.heap[j], t.heap[i]
	t.heap[i].timer, t.heap[j].timer = i, j
}
