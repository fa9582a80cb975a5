package turn

import (
	"net/netip"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// Alternate is another server, for clients that this one cannot take.
type Alternate struct {
	Address netip.AddrPort
	Domain  string // the name in its certificate; may be empty
}

// refuseFull answers an Allocate that there is no room for: 300 (Try Alternate)
// where there is another server, else code. Who has used up its own quota is not
// sent on.
func (e *Engine) refuseFull(r *request, code stun.Code) {
	var first, second *Alternate
	if code == stun.CodeInsufficientCapacity {
		first, second = e.alternateFor(r.client.Remote.Addr())
	}
	if first == nil {
		e.refuse(r, code)
		return
	}
	e.counters.ErrorReplies++
	b := e.begin(r, stun.Error)
	appendAlternates(&b, first, second)
	e.send(r.out, &r.client, &b, r.signer(), r.msg.HasFingerprint())
}

// alternateFor chooses the alternates by turns: one of the client's family, and if
// there is one behind the same name, one of the other family. first is nil if
// there is none.
//
// RFC 8489, section 10: "The server MUST include at least one ALTERNATE-SERVER
// attribute in the error response, which MUST contain an IP address of the same
// family as the source IP address of the request message."
// https://www.rfc-editor.org/rfc/rfc8489#section-10
func (e *Engine) alternateFor(client netip.Addr) (first, second *Alternate) {
	list := e.cfg.Extensions.Alternates
	for i := range list {
		at := (e.alternate + i) % len(list)
		if a := &list[at]; familyOf(a.Address.Addr()) == familyOf(client) {
			first, e.alternate = a, at+1
			break
		}
	}
	if first == nil {
		return nil, nil
	}
	for i := range list {
		if a := &list[i]; familyOf(a.Address.Addr()) != familyOf(client) && a.Domain == first.Domain {
			return first, a
		}
	}
	return first, nil
}

func appendAlternates(b *stun.Builder, first, second *Alternate) {
	b.ErrorCode(stun.CodeTryAlternate, reasonOf(stun.CodeTryAlternate))
	b.Address(stun.AttrAlternateServer, first.Address)
	if second != nil {
		b.Address(stun.AttrAlternateServer, second.Address)
	}
	if first.Domain != "" {
		b.Text(stun.AttrAlternateDomain, first.Domain)
	}
}
