package turn

import (
	"net/netip"
	"slices"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// permission lets an IP address send to a relay and be sent to (RFC 8656,
// section 9).
type permission struct {
	ip      netip.Addr
	expires mono.Time
}

// channel is a channel binding (RFC 8656, section 12).
type channel struct {
	peer    netip.AddrPort
	expires mono.Time
	number  ChannelNumber
}

// ChannelNumber names a channel of an allocation.
type ChannelNumber uint16

// RFC 8656, section 12, leaves 0x4000 to 0x4FFF to channels; clients of RFC 5766
// (coturn's among them) take any up to 0x7FFF. Their first bytes are QUIC's by
// RFC 9443, which this port does not speak.
const (
	channelMin ChannelNumber = 0x4000
	channelMax ChannelNumber = 0x7FFF
)

func (a *allocation) permits(ip netip.Addr, now mono.Time) bool {
	for i := range a.permissions {
		if p := &a.permissions[i]; p.ip == ip {
			return p.expires > now
		}
	}
	return false
}

// permit installs or refreshes a permission and says whether there was room.
func (a *allocation) permit(ip netip.Addr, now, expires mono.Time, limit int) bool {
	for i := range a.permissions {
		if a.permissions[i].ip == ip {
			a.permissions[i].expires = expires
			return true
		}
	}
	if len(a.permissions) >= limit {
		a.permissions = slices.DeleteFunc(a.permissions, func(p permission) bool { return p.expires <= now })
	}
	if len(a.permissions) >= limit {
		return false
	}
	a.permissions = append(a.permissions, permission{ip: ip, expires: expires})
	return true
}

func (a *allocation) channelNumbered(n ChannelNumber, now mono.Time) *channel {
	for i := range a.channels {
		if c := &a.channels[i]; c.number == n && c.expires > now {
			return c
		}
	}
	return nil
}

func (a *allocation) channelTo(peer netip.AddrPort, now mono.Time) *channel {
	for i := range a.channels {
		if c := &a.channels[i]; c.peer == peer && c.expires > now {
			return c
		}
	}
	return nil
}

// checkPeer returns the error code for a peer address that a may not have a
// permission for, 0 if it may.
func (e *Engine) checkPeer(a *allocation, ip netip.Addr) stun.Code {
	switch {
	case a.relayFor(familyOf(ip)) == nil:
		return stun.CodePeerFamilyMismatch
	case e.isServerIP(ip), e.rules.Permits(ip):
		return 0
	}
	return stun.CodeForbidden
}

// familyOf: an IPv4-mapped IPv6 address is an IPv6 address that no IPv6 relay
// can reach, so it is of no family.
func familyOf(ip netip.Addr) Family {
	switch {
	case ip.Is4():
		return IPv4
	case ip.Is4In6():
		return 0
	}
	return IPv6
}

func (e *Engine) isServerIP(ip netip.Addr) bool {
	return e.cfg.Directory != nil && e.cfg.Directory.IsServerIP(ip) ||
		e.cfg.Listeners != nil && e.cfg.Listeners.IsServerIP(ip)
}

// handleCreatePermission installs permissions for all the peers named, or for
// none. https://www.rfc-editor.org/rfc/rfc8656#section-10.2
func (e *Engine) handleCreatePermission(r *request) {
	// A request without any peer is invalid: 400 (Bad Request).
	if !r.attrs.has(seenPeer) {
		e.refuse(r, stun.CodeBadRequest)
		return
	}
	id := r.msg.TransactionID()
	for it := r.msg.Attrs(); it.Next(); {
		if it.Type != stun.AttrXORPeerAddress {
			continue
		}
		peer, ok := stun.XORAddress(it.Value, id)
		if !ok {
			e.refuse(r, stun.CodeBadRequest)
			return
		}
		if code := e.checkPeer(r.alloc, peer.Addr()); code != 0 {
			e.refuse(r, code)
			return
		}
	}
	if !e.permitAll(r, id) {
		e.refuse(r, stun.CodeInsufficientCapacity)
		return
	}
	b := e.begin(r, stun.Success)
	e.succeed(r, &b)
}

// permitAll installs what the message asks for, in a copy first, so that a
// request that asks for too much changes nothing.
func (e *Engine) permitAll(r *request, id stun.TransactionID) bool {
	a := r.alloc
	before := a.permissions
	a.permissions = slices.Clone(before)
	expires := r.now.Add(e.cfg.PermissionLifetime)
	for it := r.msg.Attrs(); it.Next(); {
		if it.Type != stun.AttrXORPeerAddress {
			continue
		}
		peer, _ := stun.XORAddress(it.Value, id)
		if !a.permit(peer.Addr(), r.now, expires, e.cfg.MaxPermissions) {
			a.permissions = before
			return false
		}
	}
	return true
}

// handleChannelBind: https://www.rfc-editor.org/rfc/rfc8656#section-12.2
func (e *Engine) handleChannelBind(r *request) {
	a, peer, number := r.alloc, r.attrs.peer, ChannelNumber(r.attrs.channel)
	if a.listens { // channels are for datagrams
		e.refuse(r, stun.CodeForbidden)
		return
	}
	// "The request contains both a CHANNEL-NUMBER and an XOR-PEER-ADDRESS
	// attribute; the channel number is in the range ...": else 400 (Bad Request).
	if !r.attrs.has(seenChannel|seenPeer) || number < channelMin || number > channelMax || peer.Port() == 0 {
		e.refuse(r, stun.CodeBadRequest)
		return
	}
	if code := e.checkPeer(a, peer.Addr()); code != 0 {
		e.refuse(r, code)
		return
	}
	// "The channel number is not currently bound to a different transport address
	// (same transport address is OK); the transport address is not currently bound
	// to a different channel number": else 400 (Bad Request).
	byNumber, byPeer := a.channelNumbered(number, r.now), a.channelTo(peer, r.now)
	if byNumber != byPeer {
		e.refuse(r, stun.CodeBadRequest)
		return
	}
	if !e.bind(a, byNumber, channel{peer: peer, number: number}, r.now) {
		e.refuse(r, stun.CodeInsufficientCapacity)
		return
	}
	b := e.begin(r, stun.Success)
	e.succeed(r, &b)
}

// bind binds or refreshes a channel. "A ChannelBind transaction also creates or
// refreshes a permission towards the peer" (section 12.1). It changes nothing if
// there is no room.
func (e *Engine) bind(a *allocation, bound *channel, c channel, now mono.Time) bool {
	if bound == nil && len(a.channels) >= e.cfg.MaxChannels {
		a.channels = slices.DeleteFunc(a.channels, func(c channel) bool { return c.expires <= now })
		if len(a.channels) >= e.cfg.MaxChannels {
			return false
		}
	}
	if !a.permit(c.peer.Addr(), now, now.Add(e.cfg.PermissionLifetime), e.cfg.MaxPermissions) {
		return false
	}
	c.expires = now.Add(e.cfg.ChannelLifetime)
	if bound != nil {
		*bound = c
	} else {
		a.channels = append(a.channels, c)
	}
	return true
}
