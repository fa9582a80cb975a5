package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

const (
	budgetSets = 1024
	budgetWays = 4
)

// replyBudget limits the replies per source to datagrams that prove nothing, so
// that the server is no use as a reflector. It has a fixed size: where a set of
// the table is full, the source that replied least lately gives way, so that a
// flood of made-up sources shuts nobody out.
type replyBudget struct {
	interval time.Duration // between replies, in the long run
	burst    time.Duration // how far ahead of that a source may be
	seed     uint64
	sets     [budgetSets][budgetWays]bucket
}

// bucket is one source's: the time at which it will have used up no more than
// its share (the "theoretical arrival time" of the generic cell rate algorithm).
type bucket struct {
	source uint64
	even   mono.Time
}

func newReplyBudget(perSecond, burst int, secret *[32]byte) *replyBudget {
	interval := time.Second / time.Duration(perSecond)
	return &replyBudget{
		interval: interval,
		burst:    interval * time.Duration(burst),
		seed:     binary.BigEndian.Uint64(secret[8:]),
	}
}

// take says whether one more reply may go to ip.
func (b *replyBudget) take(now mono.Time, ip netip.Addr) bool {
	source := sourceOf(ip)
	set := &b.sets[mix(source^b.seed)%budgetSets]
	chosen := &set[0]
	for i := range set {
		if set[i].source == source {
			chosen = &set[i]
			break
		}
		if set[i].even < chosen.even {
			chosen = &set[i]
		}
	}
	if chosen.source != source {
		*chosen = bucket{source: source}
	}
	even := max(chosen.even, now).Add(b.interval)
	if even.Sub(now) > b.burst {
		return false
	}
	chosen.even = even
	return true
}

// sourceOf is an IPv4 address or the first 64 bits of an IPv6 address; the mark
// keeps the two apart, because no packet comes from ffff::/16.
func sourceOf(ip netip.Addr) uint64 {
	if ip.Is4() {
		v := ip.As4()
		return 0xffff<<48 | uint64(binary.BigEndian.Uint32(v[:]))
	}
	v := ip.As16()
	return binary.BigEndian.Uint64(v[:])
}

// mix is the finalizer of splitmix64: every bit of v decides on every bit.
func mix(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
