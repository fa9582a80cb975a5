package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	channelHeaderLen = 4

	// udpPayloadMax is what fits into an IPv4 packet.
	udpPayloadMax = 65507
	uint16Max     = 1<<16 - 1
)

// handleChannelData relays from a client to the peer that a channel is bound to.
//
// RFC 8656, section 12.5: "Over UDP, the padding is not required but MAY be
// included"; what lies behind the length counts as padding.
// https://www.rfc-editor.org/rfc/rfc8656#section-12.6
func (e *Engine) handleChannelData(now mono.Time, c Client, b []byte, out *Out) {
	if len(b) < channelHeaderLen {
		e.drop(DropMalformed)
		return
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	data := b[channelHeaderLen:]
	if n > len(data) {
		e.drop(DropMalformed)
		return
	}
	a := e.find(now, c, out)
	if a == nil || a.state != open {
		e.drop(DropNoAllocation)
		return
	}
	ch := a.channelNumbered(ChannelNumber(binary.BigEndian.Uint16(b)), now)
	if ch == nil {
		e.drop(DropNoChannel)
		return
	}
	if a.mobile != nil {
		e.maybeArrive(now, a, &c, out)
	}
	if e.toPeer(now, a, ch.peer, data[:n:n], out) {
		e.counters.ChannelDataIn++
	}
}

// handleSend relays from a client to a peer that has a permission. An
// indication is never answered.
// https://www.rfc-editor.org/rfc/rfc8656#section-11.2
func (e *Engine) handleSend(r *request) {
	a := e.find(r.now, r.client, r.out)
	peer := r.attrs.peer
	switch {
	case r.attrs.unknownCount > 0:
		e.drop(DropUnknownRequired)
	case r.attrs.malformed || !r.attrs.has(seenPeer|seenData) || peer.Port() == 0:
		e.drop(DropMalformed)
	case a == nil || a.state != open || a.listens:
		e.drop(DropNoAllocation)
	case a.relayFor(familyOf(peer.Addr())) == nil:
		e.drop(DropPeerFamily)
	case !a.permits(peer.Addr(), r.now):
		e.drop(DropNoPermission)
	default:
		if a.mobile != nil {
			e.maybeArrive(r.now, a, &r.client, r.out)
		}
		if e.toPeer(r.now, a, peer, r.attrs.data, r.out) {
			e.counters.SendIndications++
			if r.attrs.has(seenDontFragment) {
				a.wantsErrors = true
				r.out.Send[len(r.out.Send)-1].DontFragment = true
			}
		}
	}
}

// toPeer sends data through a's relay. data is not copied.
func (e *Engine) toPeer(now mono.Time, a *allocation, peer netip.AddrPort, data []byte, out *Out) bool {
	to, ok := e.route(peer)
	relay := a.relayFor(familyOf(peer.Addr()))
	if !ok || relay == nil || e.limited && !e.within(now, a, ToPeer, len(data)) {
		return false
	}
	out.Send = append(out.Send, dgram.Out{Sock: relay.sock, Remote: to, Data: data})
	e.counters.ToPeerPackets++
	e.counters.ToPeerBytes += uint64(len(data))
	a.toPeer.add(len(data))
	return true
}

// route returns where packets to peer are to go. To addresses of this server
// they go only if a relay is there, and then to where it is bound, whatever the
// policy says: two clients of one server must always be able to meet. Everything
// else on this machine stays out of reach, unless Allow names it.
func (e *Engine) route(peer netip.AddrPort) (to netip.AddrPort, ok bool) {
	v := e.rules.judge(peer.Addr())
	if e.isServerIP(peer.Addr()) {
		if to, ok = boundIn(e.cfg.Directory, peer); ok {
			return to, true
		}
		if v != allowed {
			e.drop(DropNotARelay)
		}
		return peer, v == allowed
	}
	if v == refused {
		e.drop(DropPeerRefused)
	}
	return peer, v != refused
}

func boundIn(d Directory, peer netip.AddrPort) (netip.AddrPort, bool) {
	if d == nil {
		return peer, false
	}
	return d.Bound(peer)
}

// HandlePeer handles a datagram that arrived at a relay.
// https://www.rfc-editor.org/rfc/rfc8656#section-11.3
func (e *Engine) HandlePeer(now mono.Time, relay RelayID, in *dgram.In, out *Out) {
	a := e.relayOpen(relay, now)
	if a == nil {
		e.drop(DropRelayPending)
		return
	}
	if r := a.relayFor(familyOf(in.Remote.Addr())); r == nil || r.id != relay {
		e.drop(DropNoPermission) // of the other family: no relay's socket gets such
		return
	}
	if a.isAway() {
		e.drop(DropNoClient)
		return
	}
	peer, ok := e.originIn(e.cfg.Directory, a, in.Remote, now)
	if !ok {
		e.drop(DropNoPermission)
		return
	}
	if wrappedTooOften(in.Payload()) {
		e.drop(DropLoop)
		return
	}
	n := in.End - in.Start
	if e.limited && !e.within(now, a, ToClient, n) {
		return
	}
	if ch := a.channelTo(peer, now); ch != nil {
		ok = e.sendChannelData(a, ch, in, out)
	} else {
		ok = e.sendData(a, peer, in, out)
	}
	if !ok {
		e.drop(DropTooBig)
		return
	}
	e.counters.ToClientPackets++
	e.counters.ToClientBytes += uint64(n)
	a.toClient.add(n)
}

// originIn returns the address that the client knows the sender by, if that has a
// permission. Another relay of this server is known by its advertised address.
func (e *Engine) originIn(d Directory, a *allocation, from netip.AddrPort, now mono.Time) (peer netip.AddrPort, ok bool) {
	if a.permits(from.Addr(), now) {
		return from, true
	}
	if d == nil {
		return from, false
	}
	if peer, ok = d.Advertised(from); !ok {
		return from, false
	}
	return peer, a.permits(peer.Addr(), now)
}

// sendChannelData puts four bytes before the payload, where it lies.
//
// RFC 8656, section 12.5: "Over TCP and TLS-over-TCP, the ChannelData message
// MUST be padded to a multiple of four bytes".
// https://www.rfc-editor.org/rfc/rfc8656#section-12.5
func (e *Engine) sendChannelData(a *allocation, ch *channel, in *dgram.In, out *Out) bool {
	n, pad := in.End-in.Start, 0
	if !a.client.Transport.datagrams() {
		pad = -n & 3
	} else if channelHeaderLen+n > udpPayloadMax {
		return false
	}
	if n > uint16Max {
		return false
	}
	b := out.frame(in, channelHeaderLen, pad)
	binary.BigEndian.PutUint16(b, uint16(ch.number))
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	e.toClient(a, b, out)
	e.counters.ChannelDataOut++
	return true
}

// sendData puts the rest of a Data indication around the payload:
//
//	header, XOR-PEER-ADDRESS (12 or 24 bytes), header of DATA, payload, padding
func (e *Engine) sendData(a *allocation, peer netip.AddrPort, in *dgram.In, out *Out) bool {
	n := in.End - in.Start
	pad := -n & 3
	addrLen := 8
	if peer.Addr().Is6() {
		addrLen = 20
	}
	dataAt := stun.HeaderLen + stun.AttrHeaderLen + addrLen
	head := dataAt + stun.AttrHeaderLen
	length := head - stun.HeaderLen + n + pad
	if length > uint16Max || a.client.Transport.datagrams() && stun.HeaderLen+length > udpPayloadMax {
		return false
	}
	b := out.frame(in, head, pad)
	id := e.nextIndicationID()
	binary.BigEndian.PutUint16(b, uint16(stun.TypeOf(stun.Data, stun.Indication)))
	binary.BigEndian.PutUint16(b[2:], uint16(length))
	binary.BigEndian.PutUint32(b[4:], stun.MagicCookie)
	copy(b[8:], id[:])
	binary.BigEndian.PutUint16(b[stun.HeaderLen:], uint16(stun.AttrXORPeerAddress))
	binary.BigEndian.PutUint16(b[stun.HeaderLen+2:], uint16(addrLen))
	stun.PutXORAddress(b[stun.HeaderLen+stun.AttrHeaderLen:], peer, &id)
	binary.BigEndian.PutUint16(b[dataAt:], uint16(stun.AttrData))
	binary.BigEndian.PutUint16(b[dataAt+2:], uint16(n))
	e.toClient(a, b, out)
	e.counters.DataIndications++
	return true
}

func (e *Engine) toClient(a *allocation, b []byte, out *Out) {
	out.Send = append(out.Send, dgram.Out{
		Sock: a.client.Sock, Remote: a.client.Remote, Local: a.client.Local.Addr(), Data: b,
	})
}

// frame returns the payload with room for a header before it and with zero
// padding after it. It copies only where the buffer ends too early.
func (o *Out) frame(in *dgram.In, header, pad int) []byte {
	if b, ok := in.WithPadding(header, pad); ok {
		return b
	}
	start := len(o.arena)
	o.arena = append(o.arena, in.WithHeader(header)...)
	for range pad {
		o.arena = append(o.arena, 0)
	}
	return o.arena[start:len(o.arena):len(o.arena)]
}

// nextIndicationID makes up transaction IDs that do not repeat. Nobody answers
// an indication, so they need not be hard to guess.
func (e *Engine) nextIndicationID() (id stun.TransactionID) {
	e.indicationID += 0x9e3779b97f4a7c15 // splitmix64
	v := mix(e.indicationID)
	binary.BigEndian.PutUint64(id[:], v)
	binary.BigEndian.PutUint32(id[8:], uint32(mix(v)))
	return id
}
