package turn

import (
	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// The reasons of RFC 8489, section 14.8, and RFC 8656, section 19. They help who
// reads a trace; only clients that proved who they are get them.
func reasonOf(code stun.Code) string {
	switch code {
	case stun.CodeTryAlternate:
		return "Try Alternate"
	case stun.CodeBadRequest:
		return "Bad Request"
	case stun.CodeForbidden:
		return "Forbidden"
	case stun.CodeMobilityForbidden:
		return "Mobility Forbidden"
	case stun.CodeUnknownAttribute:
		return "Unknown Attribute"
	case stun.CodeAllocationMismatch:
		return "Allocation Mismatch"
	case stun.CodeFamilyUnsupported:
		return "Address Family not Supported"
	case stun.CodeWrongCredentials:
		return "Wrong Credentials"
	case stun.CodeTransportUnsupported:
		return "Unsupported Transport Protocol"
	case stun.CodePeerFamilyMismatch:
		return "Peer Address Family Mismatch"
	case stun.CodeConnectionExists:
		return "Connection Already Exists"
	case stun.CodeConnectionFailed:
		return "Connection Timeout or Failure"
	case stun.CodeAllocationQuota:
		return "Allocation Quota Reached"
	case stun.CodeInsufficientCapacity:
		return "Insufficient Capacity"
	}
	return ""
}

// mayReply says whether the client may be answered. Who proved its identity
// may; so may a stream, because its source is no forgery.
func (e *Engine) mayReply(r *request) bool {
	if r.proven || r.client.Transport != UDP || e.budget.take(r.now, r.client.Remote.Addr()) {
		return true
	}
	e.drop(DropReplyBudget)
	return false
}

func (e *Engine) begin(r *request, class stun.Class) stun.Builder {
	t := stun.TypeOf(r.msg.Type().Method(), class)
	return stun.Begin(r.out.arena, t, r.msg.TransactionID())
}

func (e *Engine) succeed(r *request, b *stun.Builder) {
	e.counters.SuccessReplies++
	e.send(r.out, &r.client, b, r.signer(), r.msg.HasFingerprint())
}

// refuse answers with an error. 401 and 438 go through challenge.
func (e *Engine) refuse(r *request, code stun.Code) {
	if !e.mayReply(r) {
		return
	}
	e.counters.ErrorReplies++
	b := e.begin(r, stun.Error)
	if r.proven {
		b.ErrorCode(code, reasonOf(code))
	} else {
		b.ErrorCode(code, "")
	}
	if code == stun.CodeUnknownAttribute {
		b.UnknownAttributes(r.attrs.unknown[:r.attrs.unknownCount])
	}
	e.send(r.out, &r.client, &b, r.signer(), r.msg.HasFingerprint())
}

// challenge answers 401 or 438 with what the client needs for another try.
func (e *Engine) challenge(r *request, code stun.Code) {
	if !e.mayReply(r) {
		return
	}
	e.counters.Challenges++
	offer := e.cfg.Auth.Offer()
	nonce := e.nonce(&r.client, r.now, offer)
	b := e.begin(r, stun.Error)
	b.ErrorCode(code, "")
	b.Text(stun.AttrRealm, e.cfg.Realm)
	b.Bytes(stun.AttrNonce, nonce[:])
	b.Text(stun.AttrPasswordAlgorithms, offer.algorithms())
	if offer.TokensFor != "" {
		b.Text(stun.AttrThirdPartyAuthorization, offer.TokensFor)
	}
	e.send(r.out, &r.client, &b, nil, r.msg.HasFingerprint())
}

// signer is what a reply is signed with; nil: with nothing.
func (r *request) signer() *proof {
	if r.proven {
		return &r.proof
	}
	return nil
}

// send ends the message that b builds at the end of out's arena, signed if there
// is something to sign with.
func (e *Engine) send(out *Out, c *Client, b *stun.Builder, signer *proof, fingerprint bool) {
	switch {
	case signer == nil:
	case signer.sha256:
		b.IntegritySHA256(e.hasher, signer.key.Bytes())
	default:
		b.Integrity(e.hasher, signer.key.Bytes())
	}
	// A reply carries FINGERPRINT where the request did.
	if fingerprint {
		b.Fingerprint()
	}
	start := len(out.arena)
	out.arena = b.Finish()
	out.Send = append(out.Send, dgram.Out{
		Sock: c.Sock, Remote: c.Remote, Local: c.Local.Addr(),
		Data: out.arena[start:len(out.arena):len(out.arena)],
	})
}
