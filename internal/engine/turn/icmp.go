package turn

import (
	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// peerErrorsPerSecond is how many ICMP messages an allocation's client is told of.
const peerErrorsPerSecond = 10

// HandlePeerError handles what the network said about a datagram to a peer: the
// client is told by a Data indication that has ICMP instead of DATA.
//
// Clients that never asked for DONT-FRAGMENT are not told. Many do not know that
// such Data indications exist; that of pion/turn stops to read altogether:
// https://github.com/pion/turn/blob/v4.1.4/client.go#L183
// https://www.rfc-editor.org/rfc/rfc8656#section-11.5
func (e *Engine) HandlePeerError(now mono.Time, relay RelayID, p *dgram.PeerError, out *Out) {
	a := e.relayOpen(relay, now)
	if a == nil {
		e.drop(DropRelayPending)
		return
	}
	peer, ok := e.originIn(e.cfg.Directory, a, p.Peer, now)
	switch {
	case !a.wantsErrors || !isToldOf(p) || a.isAway():
		e.drop(DropPeerError)
	case !ok:
		e.drop(DropNoPermission)
	case !a.errors.Pass(now, 1, peerErrorsPerSecond):
		e.drop(DropPeerError)
	default:
		e.counters.PeerErrors++
		b := stun.Begin(out.arena, stun.TypeOf(stun.Data, stun.Indication), e.nextIndicationID())
		b.XORAddress(stun.AttrXORPeerAddress, peer)
		b.ICMP(p.Type, p.Code, p.MTU)
		e.send(out, &a.client, &b, nil, false)
	}
}

// isToldOf: clients are told of types 3 and 11 of ICMP, and of 1, 2 and 3 of
// ICMPv6. https://www.rfc-editor.org/rfc/rfc8656#section-11.5
func isToldOf(p *dgram.PeerError) bool {
	if p.Peer.Addr().Is4() {
		return p.Type == 3 || p.Type == 11
	}
	return p.Type >= 1 && p.Type <= 3
}
