package node

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// mediaLimits is what users may take. The zero value sets no limit but the
// engines' own.
type mediaLimits struct {
	UserQuota, TotalQuota int // relayed transport addresses
	Rates                 turn.Rates
}

// apply sets the limits of the engines of one server.
func (l mediaLimits) apply(engine *turn.Config) {
	engine.Rates = l.Rates
	if l.UserQuota == 0 {
		l.UserQuota = userQuotaDefault
	}
	if l.TotalQuota == 0 {
		l.TotalQuota = math.MaxInt
	}
	engine.MaxAllocationsPerUser = l.UserQuota
	engine.Ledger = newLedger(l.UserQuota, l.TotalQuota)
}

// userQuotaDefault is how many relays one user may have.
const userQuotaDefault = 128

// ledger is the [turn.Ledger] of a server: what its users have in all shards. The
// lock is taken for allocations only; bytes are counted without one.
type ledger struct {
	perUser, total int

	mu    sync.Mutex
	users map[string]*account
	open  int
	idle  []idleAccount // in the order they became idle
}

// account is what one user has. An empty one is kept until what was relayed last
// counts no more: else a user would get a new burst with each new allocation.
type account struct {
	ledger *ledger
	user   string
	open   int             // the ledger's lock guards it, and since
	since  mono.Time       // when open became 0 last
	even   [2]atomic.Int64 // as in turn.Meter, by turn.Direction
}

type idleAccount struct {
	account *account
	since   mono.Time
}

func newLedger(perUser, total int) *ledger {
	return &ledger{perUser: perUser, total: total, users: make(map[string]*account)}
}

// Take implements [turn.Ledger].
func (l *ledger) Take(user string, n int) (turn.Account, stun.Code) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(mono.Now())
	a := l.users[user]
	switch {
	case a != nil && a.open+n > l.perUser || n > l.perUser:
		return nil, stun.CodeAllocationQuota
	case l.open+n > l.total:
		return nil, stun.CodeInsufficientCapacity
	case a == nil:
		a = &account{ledger: l, user: user}
		l.users[user] = a
	}
	a.open += n
	l.open += n
	return a, 0
}

// sweep forgets accounts that have been idle for longer than a burst lasts.
func (l *ledger) sweep(now mono.Time) {
	for len(l.idle) > 0 && now.Sub(l.idle[0].since) > time.Second {
		if a := l.idle[0].account; a.open == 0 && a.since == l.idle[0].since {
			delete(l.users, a.user)
		}
		l.idle[0] = idleAccount{}
		l.idle = l.idle[1:]
	}
}

// GiveBack implements [turn.Account].
func (a *account) GiveBack() {
	l := a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	a.open--
	l.open--
	now := mono.Now()
	if a.open == 0 {
		a.since = now
		l.idle = append(l.idle, idleAccount{a, now})
	}
	l.sweep(now)
}

// Pass implements [turn.Account].
func (a *account) Pass(now mono.Time, d turn.Direction, bytes int, bytesPerSecond int64) bool {
	for {
		before := a.even[d].Load()
		m := turn.Meter(before)
		if !m.Pass(now, bytes, bytesPerSecond) {
			return false
		}
		if a.even[d].CompareAndSwap(before, int64(m)) {
			return true
		}
	}
}
