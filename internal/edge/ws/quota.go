package ws

import (
	"net/netip"
	"sync"
)

// ipv6PrefixBits is what one subscriber has of IPv6: counting single addresses
// would count nothing.
const ipv6PrefixBits = 64

// Quota counts something per client address. Its methods may be called by several
// goroutines at once.
type Quota struct {
	max int
	mu  sync.Mutex
	n   map[netip.Addr]int
}

// NewQuota allows max of something for each IPv4 address and each IPv6 /64.
func NewQuota(max int) *Quota { return &Quota{max: max, n: make(map[netip.Addr]int)} }

// Admit counts one more, or is false if there are max already.
func (q *Quota) Admit(addr netip.Addr) bool {
	key := subscriber(addr)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n[key] >= q.max {
		return false
	}
	q.n[key]++
	return true
}

// Release counts one less.
func (q *Quota) Release(addr netip.Addr) {
	key := subscriber(addr)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n[key]--; q.n[key] <= 0 {
		delete(q.n, key)
	}
}

func subscriber(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.Prefix(ipv6PrefixBits); err == nil {
			return p.Addr()
		}
	}
	return addr
}
