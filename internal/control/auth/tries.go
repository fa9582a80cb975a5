package auth

import (
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

const (
	triesMax      = 5
	tryEvery      = 10 * time.Second
	addressesMax  = 256
	ipv6Subscribe = 64 // bits of an IPv6 address that one subscriber does not choose
)

// Tries keeps people from guessing: an address has five wrong guesses, and gets
// one more every ten seconds. The zero value is ready. It is bounded; addresses
// beyond share one budget. It is not safe for several goroutines.
type Tries struct {
	full   map[netip.Addr]mono.Time // when the budget of an address is full again
	others mono.Time
}

// May says whether an address may guess.
func (t *Tries) May(now mono.Time, addr netip.Addr) bool {
	return t.until(now, subscriber(addr)).Sub(now) <= (triesMax-1)*tryEvery
}

// Wrong charges a wrong guess.
func (t *Tries) Wrong(now mono.Time, addr netip.Addr) {
	addr = subscriber(addr)
	until := t.until(now, addr).Add(tryEvery)
	if _, known := t.full[addr]; !known && len(t.full) >= addressesMax && !t.forget(now) {
		t.others = until
		return
	}
	if t.full == nil {
		t.full = make(map[netip.Addr]mono.Time)
	}
	t.full[addr] = until
}

// until is when the budget of an address is full again, now at the earliest.
func (t *Tries) until(now mono.Time, addr netip.Addr) mono.Time {
	until, known := t.full[addr]
	if !known && len(t.full) >= addressesMax {
		until = t.others
	}
	if until == mono.Never {
		return now
	}
	return max(until, now)
}

// forget makes room. It is false if nobody's budget is full yet.
func (t *Tries) forget(now mono.Time) bool {
	before := len(t.full)
	for addr, until := range t.full {
		if until <= now {
			delete(t.full, addr)
		}
	}
	return len(t.full) < before
}

func subscriber(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.Prefix(ipv6Subscribe); err == nil {
			return p.Addr()
		}
	}
	return addr
}
