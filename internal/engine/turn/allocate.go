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
	if code := e.checkTicket(r); code != 0 {
		e.refuse(r, code)
		return
	}
	if code := check(r); code != 0 {
		e.refuse(r, code)
		return
	}
	if r.attrs.has(seenReservationToken) {
		e.redeem(r)
		return
	}
	if e.draining {
		e.refuseFull(r, stun.CodeInsufficientCapacity)
		return
	}
	families, refused := e.grantable(&r.attrs)
	if len(families) == 0 {
		e.refuse(r, refused.code)
		return
	}
	wanted := len(families)
	if r.attrs.reserveNext {
		wanted++
	}
	account, code := e.take(r, wanted)
	if code != 0 {
		e.refuseFull(r, code)
		return
	}
	a := e.newAllocation(r.client, r.attrs.username, account)
	e.users[a.user] += wanted
	e.remember(a, r)
	a.refused, a.listens = refused, r.attrs.transport == protocolTCP
	for _, f := range families {
		e.askForRelay(a, f, r)
	}
}

// remember keeps what a retransmission is answered with.
func (e *Engine) remember(a *allocation, r *request) {
	a.proof = r.proof
	a.transaction = r.msg.TransactionID()
	a.fingerprint = r.msg.HasFingerprint()
	a.granted = e.lifetime(r)
	a.wantsErrors = r.attrs.has(seenDontFragment)
	if r.attrs.has(seenTicket) {
		a.mobile = &mobility{}
		e.mobiles[a.serial] = a
	}
}

func (e *Engine) askForRelay(a *allocation, f Family, r *request) {
	id := e.newRelayID(relaySlot{alloc: a})
	a.relays[f.index()] = relay{id: id, state: relayAsked}
	a.waiting++
	if a.listens {
		r.out.OpenListeners = append(r.out.OpenListeners, OpenListener{ID: id, Family: f, Near: r.client.Local.Addr()})
		return
	}
	ask := OpenRelay{ID: id, Family: f, Near: r.client.Local.Addr(), Even: r.attrs.has(seenEvenPort)}
	if r.attrs.reserveNext {
		a.reserving = &reservation{user: a.user, account: a.account, family: f}
		ask.Pair, ask.PairID = true, e.newRelayID(relaySlot{reserved: a.reserving})
		a.reserving.relay = ask.PairID
	}
	r.out.OpenRelays = append(r.out.OpenRelays, ask)
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

// checkAllocate returns the error code for what makes no sense, 0 if all does.
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
	case at.has(seenAdditionalFamily) && (at.additional != IPv6 || at.reserveNext):
		// Only the IPv6 half of a dual allocation is asked for by this attribute,
		// and no port can be reserved with a dual allocation.
		return stun.CodeBadRequest
	}
	return 0
}

// grantable returns the families that an Allocate gets relays of, and what it does
// not get.
//
// RFC 8656, section 7.2: "If the REQUESTED-ADDRESS-FAMILY attribute is absent and
// the server supports the IPv4 address family, the server MUST allocate an IPv4
// relayed transport address". With ADDITIONAL-ADDRESS-FAMILY it is one of each;
// where only one can be had, ADDRESS-ERROR-CODE says why.
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
func (e *Engine) grantable(at *attrs) (families []Family, refused refusedFamily) {
	wanted := [...]Family{IPv4, IPv6}
	list := wanted[:1]
	switch {
	case at.has(seenAdditionalFamily):
		list = wanted[:]
	case at.has(seenFamily):
		wanted[0] = at.family
	}
	for _, f := range list {
		if e.hasFamily(f) {
			families = append(families, f)
		} else {
			refused = refusedFamily{f, stun.CodeFamilyUnsupported}
		}
	}
	return families, refused
}

func (e *Engine) hasFamily(f Family) bool { return slices.Contains(e.cfg.Families, f) }

// lifetime: "the minimum of the client's proposed lifetime and the server's
// maximum allowed lifetime. If this computed value is greater than the default
// lifetime, then the server uses the computed lifetime ... Otherwise, the server
// uses the default lifetime." But no allocation outlives its credential where that
// is bounded, as it is by an access token: RFC 7635, section 9.
func (e *Engine) lifetime(r *request) time.Duration {
	granted := e.cfg.DefaultLifetime
	if r.attrs.has(seenLifetime) {
		wanted := time.Duration(r.attrs.lifetime) * time.Second
		granted = max(min(wanted, e.cfg.MaxLifetime), granted)
	}
	if r.proof.until != mono.Never {
		granted = max(min(granted, r.proof.until.Sub(r.now)), time.Second)
	}
	return granted
}
