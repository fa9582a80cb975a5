package turn

import (
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Ledger books what users take, over all shards of a server together. Its methods,
// and those of its accounts, are called by all of them, and must not block.
type Ledger interface {
	// Take books n relayed transport addresses for a user, all or none. code says
	// why it does not: 486 (the user has enough) or 508 (the server has).
	Take(user string, n int) (account Account, code stun.Code)
}

// Account is what a [Ledger] keeps for one user.
type Account interface {
	// GiveBack takes one relayed transport address off.
	GiveBack()
	// Pass says whether that many bytes more may be relayed for the user now, who
	// may have bytesPerSecond each way, and counts them if so.
	Pass(now mono.Time, d Direction, bytes int, bytesPerSecond int64) bool
}

// Direction is the way that data goes through a relay.
type Direction uint8

// The directions.
const (
	ToPeer Direction = iota
	ToClient
)

// Meter limits bytes per second, with bursts of what is allowed in one second. It
// is the time at which the rate will have made up for what was passed: the
// theoretical arrival time of the generic cell rate algorithm.
type Meter mono.Time

// Pass says whether that many bytes more may pass now, and counts them if so.
func (m *Meter) Pass(now mono.Time, bytes int, bytesPerSecond int64) bool {
	even := max(mono.Time(*m), now).Add(time.Duration(int64(bytes) * int64(time.Second) / bytesPerSecond))
	if even.Sub(now) > time.Second {
		return false
	}
	*m = Meter(even)
	return true
}

// take books n relayed transport addresses for the user of r.
func (e *Engine) take(r *request, n int) (Account, stun.Code) {
	switch {
	case e.users[string(r.attrs.username)]+n > e.cfg.MaxAllocationsPerUser:
		return nil, stun.CodeAllocationQuota
	case len(e.relays)-len(e.free)+n > e.cfg.MaxAllocations:
		return nil, stun.CodeInsufficientCapacity
	case e.cfg.Ledger == nil:
		return nil, 0
	}
	return e.cfg.Ledger.Take(string(r.attrs.username), n)
}

// giveBack takes one relayed transport address off the user's account.
func (e *Engine) giveBack(user string, account Account) {
	if e.users[user]--; e.users[user] == 0 {
		delete(e.users, user)
	}
	if account != nil {
		account.GiveBack()
	}
}

// within says whether n bytes more keep to the limits of a and of its user. It is
// asked only where there are any.
func (e *Engine) within(now mono.Time, a *allocation, d Direction, n int) bool {
	before := a.meters[d]
	if e.cfg.Rates.Allocation > 0 && !a.meters[d].Pass(now, n, e.cfg.Rates.Allocation) {
		e.drop(DropAllocationRate)
		return false
	}
	if e.cfg.Rates.User > 0 && a.account != nil && !a.account.Pass(now, d, n, e.cfg.Rates.User) {
		a.meters[d] = before
		e.drop(DropUserRate)
		return false
	}
	return true
}
