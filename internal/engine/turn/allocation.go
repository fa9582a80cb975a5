package turn

import (
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

type allocationState uint8

const (
	pending   allocationState = iota // the relay was asked for
	open                             // the relay is there
	abandoned                        // the client went before the relay was there
)

// allocation is one client's allocation, and its relay (RFC 8656, section 3.2).
type allocation struct {
	client  Client
	user    string
	key     [16]byte
	relay   RelayID
	family  Family
	state   allocationState
	sock    dgram.Sock
	relayed netip.AddrPort
	expires mono.Time
	timer   int // place in timers

	// What a retransmitted Allocate is answered with.
	transaction stun.TransactionID
	fingerprint bool
	granted     time.Duration

	serial           uint64
	opened           mono.Time
	toPeer, toClient Traffic

	permissions []permission
	channels    []channel

	listens     bool // it relays TCP (RFC 6062)
	connections []*connection
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
		e.closeAllocation(a, "expired", out)
		return nil
	}
	return a
}

func (e *Engine) newAllocation(c Client, user []byte) *allocation {
	e.serial++
	a := &allocation{client: c, user: string(user), timer: -1, serial: e.serial}
	if n := len(e.free); n > 0 {
		a.relay, e.free = e.free[n-1], e.free[:n-1]
	} else {
		a.relay = RelayID(len(e.relays))
		e.relays = append(e.relays, nil)
	}
	e.relays[a.relay] = a
	e.clients[c.mapKey()] = a
	e.users[a.user]++
	e.counters.AllocationsOpen++
	return a
}

// closeAllocation ends a for its client. Where the relay is still being opened,
// its number stays taken until the owner has answered.
func (e *Engine) closeAllocation(a *allocation, reason string, out *Out) {
	e.release(a)
	if a.state == pending {
		a.state = abandoned
		return
	}
	e.closeConnections(a, out)
	e.closeRelay(a, out)
	out.Events = append(out.Events, Event{
		Kind: AllocationClosed, Client: a.client, Relayed: a.relayed, User: a.user, Reason: reason,
		ToPeer: a.toPeer, ToClient: a.toClient,
	})
	e.timers.remove(a)
	e.forget(a)
}

// closeRelay asks the owner to close what a relays through.
func (e *Engine) closeRelay(a *allocation, out *Out) {
	if a.listens {
		out.CloseListeners = append(out.CloseListeners, a.relay)
	} else {
		out.CloseRelays = append(out.CloseRelays, a.relay)
	}
}

// release gives back what a's client and user hold.
func (e *Engine) release(a *allocation) {
	delete(e.clients, a.client.mapKey())
	if e.users[a.user]--; e.users[a.user] == 0 {
		delete(e.users, a.user)
	}
	e.counters.AllocationsOpen--
}

// forget gives back a's relay number.
func (e *Engine) forget(a *allocation) {
	e.relays[a.relay] = nil
	e.free = append(e.free, a.relay)
}
