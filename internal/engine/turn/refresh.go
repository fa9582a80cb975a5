package turn

import (
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// handleRefresh lets an allocation live longer, or ends it.
//
// RFC 8656, section 8.1: "If no REQUESTED-ADDRESS-FAMILY attribute is included,
// then the request should be treated as applying to all current allocations."
// https://www.rfc-editor.org/rfc/rfc8656#section-8.2
func (e *Engine) handleRefresh(r *request) {
	if r.ticketed {
		e.handleMove(r)
		return
	}
	granted, ok := e.refresh(r)
	if !ok {
		return
	}
	b := e.begin(r, stun.Success)
	b.Uint32(stun.AttrLifetime, uint32(granted/time.Second))
	e.addSoftware(&b)
	e.succeed(r, &b)
}

// refresh does what a Refresh asks for, or refuses it.
func (e *Engine) refresh(r *request) (granted time.Duration, ok bool) {
	a := r.alloc
	families := [...]Family{IPv4, IPv6}
	chosen := families[:]
	if r.attrs.has(seenFamily) {
		// A family that the allocation has not is answered with 443 (Peer Address
		// Family Mismatch).
		if a.relayFor(r.attrs.family) == nil {
			e.refuse(r, stun.CodePeerFamilyMismatch)
			return 0, false
		}
		families[0], chosen = r.attrs.family, families[:1]
	}
	if r.attrs.has(seenLifetime) && r.attrs.lifetime == 0 {
		e.endFamilies(a, chosen, r.out)
		return 0, true
	}
	granted = e.lifetime(r)
	a.proof = r.proof
	for _, f := range chosen {
		if relay := a.relayFor(f); relay != nil {
			relay.expires = r.now.Add(granted)
		}
	}
	e.setExpiry(a)
	return granted, true
}

// endFamilies closes relays of a, and with the last one a itself.
func (e *Engine) endFamilies(a *allocation, families []Family, out *Out) {
	kept := 0
	for _, f := range [...]Family{IPv4, IPv6} {
		if a.relayFor(f) != nil {
			kept++
		}
	}
	for _, f := range families {
		if a.relayFor(f) != nil {
			kept--
		}
	}
	if kept == 0 {
		e.closeAllocation(a, "deleted", out)
		return
	}
	for _, f := range families {
		if a.relayFor(f) != nil {
			e.closeFamily(a, f, out)
		}
	}
	e.setExpiry(a)
}
