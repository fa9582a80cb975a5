package turn

import (
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/invariant"
	"github.com/parley-rtc/parley/internal/mono"
)

// HandleRelayOpened handles the answer to an [OpenRelay] or [OpenListener].
func (e *Engine) HandleRelayOpened(now mono.Time, opened RelayOpened, out *Out) {
	invariant.Check(int(opened.ID) < len(e.relays) && e.relays[opened.ID].alloc != nil, "no relay %d was asked for", opened.ID)
	a := e.relays[opened.ID].alloc
	f := a.asked(opened.ID)
	invariant.Check(f != 0, "relay %d was opened twice", opened.ID)
	r := &a.relays[f.index()]
	a.waiting--
	switch {
	case a.state == abandoned:
		e.discard(a, r, opened, out)
		return
	case opened.OK:
		r.state, r.sock, r.address = relayOpen, opened.Sock, opened.Advertised
		if a.reserving != nil {
			e.reserve(now, a, opened)
		}
	default:
		e.giveBack(a.user, a.account)
		if a.reserving != nil {
			e.giveBack(a.user, a.account)
		}
		e.discard(a, r, opened, out)
		a.refused = refusedFamily{f, stun.CodeInsufficientCapacity}
	}
	switch {
	case a.waiting > 0:
	case a.relayFor(IPv4) == nil && a.relayFor(IPv6) == nil:
		e.refuseAllocation(a, out)
	default:
		e.openAllocation(now, a, out)
	}
}

// discard frees the numbers of a relay, and of the one reserved with it, that
// could not be opened or that nobody waits for any more.
func (e *Engine) discard(a *allocation, r *relay, opened RelayOpened, out *Out) {
	ids := [...]RelayID{r.id, 0}
	count := 1
	if a.reserving != nil {
		ids[1], count = a.reserving.relay, 2
	}
	for _, id := range ids[:count] {
		if opened.OK {
			out.closeRelay(id, a.listens)
		}
		e.freeRelayID(id)
	}
	if !opened.OK {
		e.counters.RelaysRefused++
	}
	a.reserving = nil
	*r = relay{}
}

func (e *Engine) openAllocation(now mono.Time, a *allocation, out *Out) {
	a.state, a.reserving, a.opened = open, nil, now
	for i := range a.relays {
		a.relays[i].expires = now.Add(a.granted)
	}
	e.setExpiry(a)
	e.counters.AllocationsOpened++
	first, second := a.addresses()
	out.Events = append(out.Events, Event{
		Kind: AllocationOpened, Client: a.client, Relayed: first, Second: second, User: a.user,
	})
	e.answerAllocate(a, out)
}

// answerAllocate tells the client of a what it has.
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
func (e *Engine) answerAllocate(a *allocation, out *Out) {
	e.counters.SuccessReplies++
	b := stun.Begin(out.arena, stun.TypeOf(stun.Allocate, stun.Success), a.transaction)
	first, second := a.addresses()
	b.XORAddress(stun.AttrXORRelayedAddress, first)
	if second.IsValid() {
		b.XORAddress(stun.AttrXORRelayedAddress, second)
	}
	if a.refused.code != 0 {
		b.AddressErrorCode(byte(a.refused.family), a.refused.code, reasonOf(a.refused.code))
	}
	b.Uint32(stun.AttrLifetime, uint32(a.granted/time.Second))
	b.XORAddress(stun.AttrXORMappedAddress, a.client.Remote)
	if a.token != (reservationToken{}) {
		b.Bytes(stun.AttrReservationToken, a.token[:])
	}
	if a.mobile != nil {
		b.Bytes(stun.AttrMobilityTicket, e.newTicket(a))
	}
	e.addSoftware(&b)
	e.send(out, &a.client, &b, &a.proof, a.fingerprint)
}

// refuseAllocation ends an allocation that no relay could be opened for.
func (e *Engine) refuseAllocation(a *allocation, out *Out) {
	e.closeAllocation(a, "", out)
	e.counters.ErrorReplies++
	b := stun.Begin(out.arena, stun.TypeOf(stun.Allocate, stun.Error), a.transaction)
	if first, second := e.alternateFor(a.client.Remote.Addr()); first != nil {
		appendAlternates(&b, first, second)
	} else {
		b.ErrorCode(stun.CodeInsufficientCapacity, reasonOf(stun.CodeInsufficientCapacity))
	}
	e.send(out, &a.client, &b, &a.proof, a.fingerprint)
}

// addSoftware: RFC 8656, section 5: "The server SHOULD include the SOFTWARE
// attribute in all Allocate and Refresh responses". It stays out of those to
// clients that proved nothing, to keep them small.
func (e *Engine) addSoftware(b *stun.Builder) {
	if e.cfg.Software != "" {
		b.Text(stun.AttrSoftware, e.cfg.Software)
	}
}
