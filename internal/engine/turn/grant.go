package turn

import (
	"net/netip"

	"github.com/parley-rtc/parley/internal/mono"
)

// Elsewhere is where channels can be relayed in the engine's stead: in the kernel.
// The engine says which ones by [Grant]; what happens there it learns by asking.
type Elsewhere interface {
	// Relayed returns what was relayed there for a relay since it was asked last.
	Relayed(relay RelayID) (toPeer, toClient Traffic)
}

// Grant lists the channels of a relay that may be relayed elsewhere. It takes the
// place of the last one for that relay; closing the relay ends it, too.
type Grant struct {
	Relay    RelayID
	Client   Client
	Channels []GrantedChannel // valid until Out is reset
}

// GrantedChannel is a channel with the instants before which the engine would
// relay all of its data; [mono.Never]: it would not. Later data must be handed to
// the engine, as must all other.
type GrantedChannel struct {
	Number   ChannelNumber
	Peer     netip.AddrPort
	ToPeer   mono.Time
	ToClient mono.Time
}

// grantChannels says of all channels of a what may happen elsewhere. What is
// relayed there refreshes nothing, as it does not here. Where bytes per second are
// limited, each packet must be asked for, and so nothing is granted.
//
// RFC 8656, section 9: "only the ChannelBind and CreatePermission requests refresh
// permissions". https://www.rfc-editor.org/rfc/rfc8656#section-9
func (e *Engine) grantChannels(now mono.Time, a *allocation, out *Out) {
	if e.cfg.Elsewhere == nil || a == nil || a.state != open {
		return
	}
	fit := !e.limited && a.client.Transport == UDP && a.client.Local.IsValid() && !a.hasMoved()
	if !a.channelsGranted && (!fit || len(a.channels) == 0) {
		return
	}
	for _, f := range [...]Family{IPv4, IPv6} {
		relay := a.relayFor(f)
		if relay == nil {
			continue
		}
		from := len(out.granted)
		for i := range a.channels {
			if c := &a.channels[i]; fit && familyOf(c.peer.Addr()) == f && c.expires > now && e.mayGrant(c.peer) {
				out.granted = append(out.granted, GrantedChannel{
					Number: c.number, Peer: c.peer,
					ToPeer:   min(c.expires, relay.expires),
					ToClient: min(c.expires, relay.expires, a.permittedUntil(c.peer.Addr())),
				})
				a.channelsGranted = true
			}
		}
		out.Grants = append(out.Grants, Grant{Relay: relay.id, Client: a.client, Channels: out.granted[from:len(out.granted):len(out.granted)]})
	}
}

// mayGrant says whether data for peer needs no look at each packet: what goes to
// addresses of this server does, because relays there come and go, and so that no
// loop between two of them ever runs in the kernel.
func (e *Engine) mayGrant(peer netip.AddrPort) bool {
	return !e.isServerIP(peer.Addr()) && e.rules.Permits(peer.Addr())
}

// hasMoved says whether a has had another client (RFC 8016). It may be part of a
// circle of relays then, for which each packet needs a look.
func (a *allocation) hasMoved() bool { return a.mobile != nil && a.mobile.generation > 0 }

// permittedUntil returns when the permission for ip ends, [mono.Never] without one.
func (a *allocation) permittedUntil(ip netip.Addr) mono.Time {
	for i := range a.permissions {
		if a.permissions[i].ip == ip {
			return a.permissions[i].expires
		}
	}
	return mono.Never
}

// grantAgain is grantChannels for all allocations.
func (e *Engine) grantAgain(now mono.Time, out *Out) {
	for id := range e.relays {
		if a := e.relays[id].alloc; a != nil && a.only().id == RelayID(id) {
			e.grantChannels(now, a, out)
		}
	}
}

// countElsewhere adds what was relayed elsewhere to the counters.
func (e *Engine) countElsewhere(a *allocation) {
	if a.listens && e.cfg.Extensions.Joined != nil && a.state == open {
		toPeer, toClient := e.cfg.Extensions.Joined.Relayed(a.only().id)
		a.toPeer.join(toPeer)
		a.toClient.join(toClient)
	}
	if e.cfg.Elsewhere == nil || !a.channelsGranted {
		return
	}
	for i := range a.relays {
		if a.relays[i].state != relayOpen {
			continue
		}
		toPeer, toClient := e.cfg.Elsewhere.Relayed(a.relays[i].id)
		a.toPeer.join(toPeer)
		a.toClient.join(toClient)
		c := &e.counters
		c.ChannelDataIn += toPeer.Packets
		c.ToPeerPackets += toPeer.Packets
		c.ToPeerBytes += toPeer.Bytes
		c.ChannelDataOut += toClient.Packets
		c.ToClientPackets += toClient.Packets
		c.ToClientBytes += toClient.Bytes
	}
}

func (t *Traffic) join(u Traffic) {
	t.Packets += u.Packets
	t.Bytes += u.Bytes
}
