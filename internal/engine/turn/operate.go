package turn

import (
	"net/netip"

	"github.com/parley-rtc/parley/internal/mono"
)

// Traffic is what was relayed one way.
type Traffic struct {
	Packets uint64
	Bytes   uint64 // payload
}

func (t *Traffic) add(bytes int) {
	t.Packets++
	t.Bytes += uint64(bytes)
}

// Session is an open allocation as those see it who run the server.
type Session struct {
	Relay    RelayID
	Serial   uint64 // no two allocations of an engine have the same
	Client   Client
	User     string
	Relayed  netip.AddrPort
	Second   netip.AddrPort // the IPv6 one of a dual allocation, else the zero AddrPort
	Opened   mono.Time
	Expires  mono.Time
	Peers    int // permissions that stand
	Channels int // channels that stand
	ToPeer   Traffic
	ToClient Traffic
}

// Sessions appends the open allocations whose relay is from or above to list, at
// most limit of them, and returns the relay to go on from; more is false at the
// end.
func (e *Engine) Sessions(now mono.Time, from RelayID, limit int, list []Session) (_ []Session, next RelayID, more bool) {
	for ; int(from) < len(e.relays); from++ {
		a := e.relays[from].alloc
		if a == nil || a.state != open || a.expires <= now || a.only().id != from {
			continue
		}
		if limit == 0 {
			return list, from, true
		}
		limit--
		e.countElsewhere(a)
		list = append(list, e.session(a, now))
	}
	return list, from, false
}

func (e *Engine) session(a *allocation, now mono.Time) Session {
	e.countElsewhere(a)
	first, second := a.addresses()
	s := Session{
		Relay: a.only().id, Serial: a.serial, Client: a.client, User: a.user, Relayed: first, Second: second,
		Opened: a.opened, Expires: a.expires, ToPeer: a.toPeer, ToClient: a.toClient,
	}
	for i := range a.permissions {
		if a.permissions[i].expires > now {
			s.Peers++
		}
	}
	for i := range a.channels {
		if a.channels[i].expires > now {
			s.Channels++
		}
	}
	return s
}

// Kill closes the allocation that [Session] named so, and says whether it was
// still there.
func (e *Engine) Kill(relay RelayID, serial uint64, out *Out) bool {
	if int(relay) >= len(e.relays) || e.relays[relay].alloc == nil {
		return false
	}
	a := e.relays[relay].alloc
	if a.state != open || a.serial != serial {
		return false
	}
	e.closeAllocation(a, "killed", out)
	return true
}

// SetDraining says whether new allocations are refused. Those that exist live on
// and are refreshed.
func (e *Engine) SetDraining(draining bool) { e.draining = draining }

// A source with wrong credentials is reported so often.
const (
	failuresPerSecond = 1
	failureBurst      = 10
)

// noteFailure reports a wrong credential to those who watch, with its source. Only
// a nonce that this server gave to that source proves that the source is no
// forgery: whoever is shut out by what a log says must have been the one.
func (e *Engine) noteFailure(r *request) {
	e.counters.AuthFailures++
	if !e.nonceGood(r) || !e.failures.take(r.now, r.client.Remote.Addr()) {
		return
	}
	r.out.Events = append(r.out.Events, Event{
		Kind: AuthenticationFailed, Client: r.client, User: string(r.attrs.username), Reason: "wrong credential",
	})
}
