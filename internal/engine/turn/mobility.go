package turn

import (
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// ticketRepeats is how long a Refresh that moved an allocation may be repeated.
//
// RFC 8016, section 3.2.2: "a server must retain the old STUN MOBILITY-TICKET
// attribute for a period of at least 30 seconds to be able to recognize a
// retransmission". https://www.rfc-editor.org/rfc/rfc8016#section-3.2.2
const ticketRepeats = 30 * time.Second

// mobility is what there is more of an allocation whose client may move (RFC 8016):
//
//	         Refresh with ticket          Send or ChannelData from next,
//	         from another 5-tuple         or the old stream closes
//	at home ---------------------> moving ---------------------> at home (there)
//	   |                             |
//	   | the stream closes           | the new stream closes: at home, as before
//	   v
//	detached: found by its ticket only, until it expires
type mobility struct {
	generation uint32 // of the ticket that counts
	moving     bool   // next is valid
	detached   bool   // allocation.client is gone
	next       Client

	// The Refresh that moved the allocation last.
	transaction stun.TransactionID
	moved       mono.Time
}

// checkTicket returns the error code for a MOBILITY-TICKET in an Allocate, 0 if it
// is fine. https://www.rfc-editor.org/rfc/rfc8016#section-3.1.2
func (e *Engine) checkTicket(r *request) stun.Code {
	switch {
	case !r.attrs.has(seenTicket):
		return 0
	case !e.cfg.Extensions.Mobility || r.attrs.transport == protocolTCP:
		return stun.CodeMobilityForbidden
	case len(r.attrs.ticket) > 0:
		return stun.CodeBadRequest
	}
	return 0
}

// newTicket returns the ticket of a that counts.
func (e *Engine) newTicket(a *allocation) []byte {
	return e.seal.seal(e.cfg.Shard, ticket{a.serial, a.mobile.generation})
}

// ticketed finds the allocation of the ticket in r, nil if there is none any more.
// bad is true where it is no ticket of this engine.
func (e *Engine) ticketed(r *request) (a *allocation, bad bool) {
	shard, t, ok := e.seal.open(r.attrs.ticket)
	if !ok || shard != e.cfg.Shard {
		return nil, true
	}
	r.generation = t.generation
	if a = e.mobiles[t.serial]; a != nil && a.state == open && a.expires <= r.now {
		e.expire(a, r.now, r.out)
		a = e.mobiles[t.serial]
	}
	return a, false
}

// handleMove handles a Refresh with MOBILITY-TICKET.
//
// RFC 8016, section 3.2.2: "If the source IP address and port of the Refresh request
// with the MOBILITY-TICKET attribute is same as the stored 5-tuple allocation, then
// the TURN server rejects the request with a 400 (Bad Request) error." Old tickets
// are for retransmissions, and, as long as the new 5-tuple was not used, for who
// never got the answer and has moved on.
// https://www.rfc-editor.org/rfc/rfc8016#section-3.2.2
func (e *Engine) handleMove(r *request) {
	a, m := r.alloc, r.alloc.mobile
	other := e.clients[r.client.mapKey()]
	current, last := r.generation == m.generation, r.generation+1 == m.generation
	again := last && other == a && r.msg.TransactionID() == m.transaction && r.now.Sub(m.moved) <= ticketRepeats
	switch {
	case again:
	case other == a, !current && !(last && m.moving):
		e.refuse(r, stun.CodeBadRequest)
		return
	case other != nil:
		e.refuse(r, stun.CodeAllocationMismatch)
		return
	}
	granted, ok := e.refresh(r)
	if !ok {
		return
	}
	if !again && granted > 0 {
		e.moveTo(a, r)
	}
	b := e.begin(r, stun.Success)
	b.Uint32(stun.AttrLifetime, uint32(granted/time.Second))
	if granted > 0 {
		b.Bytes(stun.AttrMobilityTicket, e.newTicket(a))
	}
	e.addSoftware(&b)
	e.succeed(r, &b)
}

// moveTo lets a be used from r's 5-tuple, too. The old one goes on to be used
// until the client has sent data from the new one.
func (e *Engine) moveTo(a *allocation, r *request) {
	m := a.mobile
	e.stay(a, r.out)
	m.generation++
	m.transaction, m.moved = r.msg.TransactionID(), r.now
	m.moving, m.next = true, r.client
	e.clients[r.client.mapKey()] = a
	r.out.Events = append(r.out.Events, a.event(ClientJoined, r.client))
	if m.detached {
		e.arrive(r.now, a, r.out)
	}
}

// arrive makes the 5-tuple that a moves to the one it has.
func (e *Engine) arrive(now mono.Time, a *allocation, out *Out) {
	m := a.mobile
	if !m.detached {
		delete(e.clients, a.client.mapKey())
		out.Events = append(out.Events, a.event(ClientLeft, a.client))
	}
	a.client, m.next, m.moving, m.detached = m.next, Client{}, false, false
	e.grantChannels(now, a, out)
}

// stay forgets the 5-tuple that a moves to, if it does.
func (e *Engine) stay(a *allocation, out *Out) {
	m := a.mobile
	if m == nil || !m.moving {
		return
	}
	delete(e.clients, m.next.mapKey())
	out.Events = append(out.Events, a.event(ClientLeft, m.next))
	m.next, m.moving = Client{}, false
}

// maybeArrive is for each Send and ChannelData of a mobile client.
//
// RFC 8016, section 3.2.2: the server "MUST continue transmitting data on the old
// 5-tuple until it receives a Send Indication or ChannelData message from the client
// on the new 5-tuple". https://www.rfc-editor.org/rfc/rfc8016#section-3.2.2
func (e *Engine) maybeArrive(now mono.Time, a *allocation, c *Client, out *Out) {
	if m := a.mobile; m.moving && m.next == *c {
		e.arrive(now, a, out)
	}
}

// loseStream handles the end of a stream of a mobile client. Its network may be
// gone for a moment; the allocation waits for it in another one.
func (e *Engine) loseStream(now mono.Time, a *allocation, c Client, out *Out) {
	switch m := a.mobile; {
	case m.moving && m.next == c:
		e.stay(a, out)
	case m.moving:
		e.arrive(now, a, out)
	default:
		delete(e.clients, a.client.mapKey())
		m.detached = true // only streams end, and of those nothing is granted
		out.Events = append(out.Events, a.event(ClientLeft, c))
	}
}

// isAway says whether there is no client to send to.
func (a *allocation) isAway() bool { return a.mobile != nil && a.mobile.detached }

func (a *allocation) event(kind EventKind, c Client) Event {
	first, second := a.addresses()
	return Event{Kind: kind, Client: c, Relayed: first, Second: second, User: a.user}
}
