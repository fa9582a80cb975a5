package turn

import (
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// protocolUDP is UDP in REQUESTED-TRANSPORT (IANA protocol numbers).
const protocolUDP = 17

// handleAllocate follows the order of RFC 8656, section 7.2.
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
func (e *Engine) handleAllocate(r *request) {
	if r.alloc != nil {
		e.handleAllocateAgain(r)
		return
	}
	check := e.checkAllocate
	if r.attrs.transport == protocolTCP {
		check = e.checkAllocateTCP
	}
	if code := check(r); code != 0 {
		e.refuse(r, code)
		return
	}
	if e.draining {
		e.refuseDraining(r)
		return
	}
	if e.users[string(r.attrs.username)] >= e.cfg.MaxAllocationsPerUser {
		e.refuse(r, stun.CodeAllocationQuota)
		return
	}
	if len(e.relays)-len(e.free) >= e.cfg.MaxAllocations {
		e.refuse(r, stun.CodeInsufficientCapacity)
		return
	}
	a := e.newAllocation(r.client, r.attrs.username)
	a.key = r.key
	a.transaction = r.msg.TransactionID()
	a.fingerprint = r.msg.HasFingerprint()
	a.granted = e.lifetime(&r.attrs)
	a.family = r.attrs.requestedFamily()
	if a.listens = r.attrs.transport == protocolTCP; a.listens {
		r.out.OpenListeners = append(r.out.OpenListeners, OpenListener{ID: a.relay, Family: a.family, Near: r.client.Local.Addr()})
		return
	}
	r.out.OpenRelays = append(r.out.OpenRelays, OpenRelay{
		ID: a.relay, Family: a.family, Near: r.client.Local.Addr(), Even: r.attrs.has(seenEvenPort),
	})
}

// handleAllocateAgain handles an Allocate on an allocation that exists.
//
// RFC 8656, section 7.2: "If yes, the server rejects the request with a 437
// (Allocation Mismatch) error." But section 5 wants a retransmission to be treated
// as idempotent: it gets the same answer as before, and none while the relay is
// still being opened. https://www.rfc-editor.org/rfc/rfc8656#section-7.2
func (e *Engine) handleAllocateAgain(r *request) {
	a := r.alloc
	if a.transaction != r.msg.TransactionID() || a.user != string(r.attrs.username) {
		e.refuse(r, stun.CodeAllocationMismatch)
		return
	}
	if a.state == open {
		e.answerAllocate(a, r.out)
	}
}

// checkAllocate returns the error code for what cannot be granted, 0 if all can.
func (e *Engine) checkAllocate(r *request) stun.Code {
	switch at := &r.attrs; {
	case !at.has(seenTransport):
		return stun.CodeBadRequest
	case at.transport != protocolUDP:
		return stun.CodeTransportUnsupported
	case at.has(seenReservationToken) && at.seen&(seenEvenPort|seenFamily|seenAdditionalFamily) != 0:
		return stun.CodeBadRequest
	case at.has(seenFamily | seenAdditionalFamily):
		return stun.CodeBadRequest
	case !e.hasFamily(at.requestedFamily()):
		return stun.CodeFamilyUnsupported
	case at.has(seenReservationToken) || at.reserveNext:
		// "If the server cannot satisfy the request, then the server rejects the
		// request with a 508 (Insufficient Capacity) error." The owner picks the
		// ports and reserves none, so no token is valid either.
		return stun.CodeInsufficientCapacity
	}
	return 0
}

func (e *Engine) hasFamily(f Family) bool { return slices.Contains(e.cfg.Families, f) }

// requestedFamily: "If the REQUESTED-ADDRESS-FAMILY attribute is absent and the
// server supports the IPv4 address family, the server MUST allocate an IPv4
// relayed transport address".
func (a *attrs) requestedFamily() Family {
	if a.has(seenFamily) {
		return a.family
	}
	return IPv4
}

// lifetime: "the minimum of the client's proposed lifetime and the server's
// maximum allowed lifetime. If this computed value is greater than the default
// lifetime, then the server uses the computed lifetime ... Otherwise, the server
// uses the default lifetime."
func (e *Engine) lifetime(at *attrs) time.Duration {
	if !at.has(seenLifetime) {
		return e.cfg.DefaultLifetime
	}
	wanted := time.Duration(at.lifetime) * time.Second
	return max(min(wanted, e.cfg.MaxLifetime), e.cfg.DefaultLifetime)
}

func (e *Engine) openAllocation(now mono.Time, a *allocation, r RelayOpened, out *Out) {
	a.state, a.sock, a.relayed = open, r.Sock, r.Advertised
	a.opened = now
	e.timers.set(a, now.Add(a.granted))
	e.counters.AllocationsOpened++
	out.Events = append(out.Events, Event{
		Kind: AllocationOpened, Client: a.client, Relayed: a.relayed, User: a.user,
	})
	e.answerAllocate(a, out)
}

func (e *Engine) answerAllocate(a *allocation, out *Out) {
	e.counters.SuccessReplies++
	b := stun.Begin(out.arena, stun.TypeOf(stun.Allocate, stun.Success), a.transaction)
	b.XORAddress(stun.AttrXORRelayedAddress, a.relayed)
	b.Uint32(stun.AttrLifetime, uint32(a.granted/time.Second))
	b.XORAddress(stun.AttrXORMappedAddress, a.client.Remote)
	e.addSoftware(&b)
	e.send(out, &a.client, &b, a.key[:], a.fingerprint)
}

// addSoftware: RFC 8656, section 5: "The server SHOULD include the SOFTWARE
// attribute in all Allocate and Refresh responses". It stays out of those to
// clients that proved nothing, to keep them small.
func (e *Engine) addSoftware(b *stun.Builder) {
	if e.cfg.Software != "" {
		b.Text(stun.AttrSoftware, e.cfg.Software)
	}
}

// refuseAllocation ends an allocation that no relay could be opened for.
func (e *Engine) refuseAllocation(a *allocation, out *Out) {
	e.release(a)
	e.counters.ErrorReplies++
	b := stun.Begin(out.arena, stun.TypeOf(stun.Allocate, stun.Error), a.transaction)
	b.ErrorCode(stun.CodeInsufficientCapacity, reasonOf(stun.CodeInsufficientCapacity))
	e.send(out, &a.client, &b, a.key[:], a.fingerprint)
}

// handleRefresh: https://www.rfc-editor.org/rfc/rfc8656#section-8.2
func (e *Engine) handleRefresh(r *request) {
	a := r.alloc
	// A family other than the allocation's is answered with 443 (Peer Address
	// Family Mismatch).
	if r.attrs.has(seenFamily) && r.attrs.family != a.family {
		e.refuse(r, stun.CodePeerFamilyMismatch)
		return
	}
	var granted time.Duration
	if r.attrs.has(seenLifetime) && r.attrs.lifetime == 0 {
		e.closeAllocation(a, "deleted", r.out)
	} else {
		granted = e.lifetime(&r.attrs)
		e.timers.set(a, r.now.Add(granted))
	}
	b := e.begin(r, stun.Success)
	b.Uint32(stun.AttrLifetime, uint32(granted/time.Second))
	e.addSoftware(&b)
	e.succeed(r, &b)
}
