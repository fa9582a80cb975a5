package turn

import (
	"net/netip"
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

type allocationState uint8

const (
	pending   allocationState = iota // its relays were asked for
	open                             // at least one relay is there
	abandoned                        // the client went before the relays were there
)

// allocation is one client's allocation with its relays (RFC 8656, section 3.2):
// one, or one of each family (dual allocation, section 7).
type allocation struct {
	client  Client
	user    string
	account Account  // nil without a Ledger
	meters  [2]Meter // by Direction
	proof   proof    // of the request that made it, or refreshed it last
	state   allocationState
	waiting int8     // relays that the owner has not answered for
	relays  [2]relay // by Family.index
	expires mono.Time
	timer   int // place in timers

	// What a retransmitted Allocate is answered with.
	transaction stun.TransactionID
	fingerprint bool
	granted     time.Duration
	refused     refusedFamily
	token       reservationToken
	reserving   *reservation // while the pair is being opened

	serial           uint64
	opened           mono.Time
	toPeer, toClient Traffic

	permissions []permission
	channels    []channel
	connections []*connection // of TCP
	mobile      *mobility     // nil: its client stays where it is
	errors      Meter         // of those that the client is told of

	channelsGranted bool // some of them, at some time: there may be traffic to count
	wantsErrors     bool // the client knows about the size of paths
	listens         bool // it relays TCP (RFC 6062), and has one relay
}

// refusedFamily is the half of a dual allocation that could not be had.
type refusedFamily struct {
	family Family
	code   stun.Code // 0: there is none
}

type relayState uint8

const (
	noRelay    relayState = iota
	relayAsked            // the owner was asked for it
	relayOpen
)

// relay is a relayed transport address. Each has its own time-to-expiry (RFC
// 8656, section 8.2).
type relay struct {
	id      RelayID
	state   relayState
	sock    dgram.Sock
	address netip.AddrPort
	expires mono.Time
}

// relaySlot is what a RelayID stands for: a relay of an allocation, or one that
// is reserved. Neither: the number is free.
type relaySlot struct {
	alloc    *allocation
	reserved *reservation
}

func (f Family) index() int { return int(f) - 1 }

// relayFor returns the relay of a family; one of no family has none.
func (a *allocation) relayFor(f Family) *relay {
	if f != IPv4 && f != IPv6 || a.relays[f.index()].state != relayOpen {
		return nil
	}
	return &a.relays[f.index()]
}

// asked returns the family of the relay that was asked for as id, 0 if none was.
func (a *allocation) asked(id RelayID) Family {
	for _, f := range [...]Family{IPv4, IPv6} {
		if r := &a.relays[f.index()]; r.state == relayAsked && r.id == id {
			return f
		}
	}
	return 0
}

// only returns the first relay of a, which is the one there is but for dual
// allocations.
func (a *allocation) only() *relay {
	if a.relays[0].state == noRelay {
		return &a.relays[1]
	}
	return &a.relays[0]
}

// addresses returns what the client was given, IPv4 first.
func (a *allocation) addresses() (first, second netip.AddrPort) {
	first, second = a.relays[0].address, a.relays[1].address
	if a.relays[0].state != relayOpen {
		return second, netip.AddrPort{}
	}
	return first, second
}

// clientKey is [Client] without pointers and padding, which makes it three times
// as fast a map key.
type clientKey struct {
	remote, local         [16]byte
	sock                  dgram.Sock
	zone                  uint32
	remotePort, localPort uint16
	transport             uint32
}

func (c *Client) mapKey() clientKey {
	k := clientKey{
		remote: c.Remote.Addr().As16(), remotePort: c.Remote.Port(),
		sock: c.Sock, transport: uint32(c.Transport),
	}
	if c.Local.IsValid() {
		k.local, k.localPort = c.Local.Addr().As16(), c.Local.Port()
	}
	for _, b := range []byte(c.Remote.Addr().Zone()) {
		k.zone = (k.zone ^ uint32(b)) * 16777619 // FNV-1a
	}
	return k
}

// find returns the allocation of c that has not expired, or nil.
func (e *Engine) find(now mono.Time, c Client, out *Out) *allocation {
	a := e.clients[c.mapKey()]
	if a != nil && a.state == open && a.expires <= now {
		e.expire(a, now, out)
		if a.state != open {
			return nil
		}
	}
	return a
}

func (e *Engine) newAllocation(c Client, user []byte, account Account) *allocation {
	e.serial++
	a := &allocation{client: c, user: string(user), account: account, timer: -1, serial: e.serial}
	e.clients[c.mapKey()] = a
	e.counters.AllocationsOpen++
	return a
}

func (e *Engine) newRelayID(s relaySlot) RelayID {
	if n := len(e.free); n > 0 {
		id := e.free[n-1]
		e.free = e.free[:n-1]
		e.relays[id] = s
		return id
	}
	e.relays = append(e.relays, s)
	return RelayID(len(e.relays) - 1)
}

func (e *Engine) freeRelayID(id RelayID) {
	e.relays[id] = relaySlot{}
	e.free = append(e.free, id)
}

// setExpiry makes timers know when the next of a's relays expires.
func (e *Engine) setExpiry(a *allocation) {
	next := mono.Never
	for i := range a.relays {
		if r := &a.relays[i]; r.state == relayOpen {
			next = mono.Earlier(next, r.expires)
		}
	}
	e.timers.set(a, next)
}

// expire closes the relays of a whose time is up, and with the last one a.
func (e *Engine) expire(a *allocation, now mono.Time, out *Out) {
	left := false
	for i := range a.relays {
		left = left || a.relays[i].state == relayOpen && a.relays[i].expires > now
	}
	if !left {
		e.closeAllocation(a, "expired", out)
		return
	}
	for _, f := range [...]Family{IPv4, IPv6} {
		if r := a.relayFor(f); r != nil && r.expires <= now {
			e.closeFamily(a, f, out)
		}
	}
	e.setExpiry(a)
}

// closeFamily ends one half of a dual allocation.
//
// RFC 8656, section 8.1: "Deleting a single allocation destroys any permissions or
// channels associated with that particular allocation; it MUST NOT affect any
// permissions or channels associated with allocations for the other address
// family." https://www.rfc-editor.org/rfc/rfc8656#section-8.1
func (e *Engine) closeFamily(a *allocation, f Family, out *Out) {
	e.countElsewhere(a)
	e.closeRelay(a, &a.relays[f.index()], out)
	a.permissions = slices.DeleteFunc(a.permissions, func(p permission) bool { return familyOf(p.ip) == f })
	a.channels = slices.DeleteFunc(a.channels, func(c channel) bool { return familyOf(c.peer.Addr()) == f })
}

// closeRelay closes r. Where it is still being opened, its number stays taken
// until the owner has answered.
func (e *Engine) closeRelay(a *allocation, r *relay, out *Out) {
	if r.state == noRelay {
		return
	}
	e.giveBack(a.user, a.account)
	if r.state == relayOpen {
		out.closeRelay(r.id, a.listens)
		e.freeRelayID(r.id)
		*r = relay{}
	}
}

// closeRelay asks the owner to close what is relayed through.
func (o *Out) closeRelay(id RelayID, listens bool) {
	if listens {
		o.CloseListeners = append(o.CloseListeners, id)
	} else {
		o.CloseRelays = append(o.CloseRelays, id)
	}
}

// closeAllocation ends a for its client.
func (e *Engine) closeAllocation(a *allocation, reason string, out *Out) {
	if !a.isAway() {
		delete(e.clients, a.client.mapKey())
	}
	e.stay(a, out)
	delete(e.mobiles, a.serial)
	e.counters.AllocationsOpen--
	if a.state == open {
		e.countElsewhere(a)
		e.closeConnections(a, out)
		first, second := a.addresses()
		out.Events = append(out.Events, Event{
			Kind: AllocationClosed, Client: a.client, Relayed: first, Second: second, User: a.user, Reason: reason,
			ToPeer: a.toPeer, ToClient: a.toClient,
		})
		e.timers.remove(a)
	}
	for i := range a.relays {
		e.closeRelay(a, &a.relays[i], out)
	}
	if a.reserving != nil {
		e.giveBack(a.user, a.account)
	}
	a.state = abandoned
}
