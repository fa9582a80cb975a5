// Package offload relays TURN channels in the kernel, with a program that looks at
// packets where they enter it (TCX, Linux 6.6 or later). A packet of a known
// channel is turned into the one that leaves, and never sees a socket:
//
//	client -- ChannelData --> server port      relay port -- payload --> peer
//	client <-- ChannelData -- server port      relay port <-- payload -- peer
//
// User space stays in control. It enters each channel that it has granted with an
// instant for each direction until which it vouches for it ([Lease]); what comes
// later, and everything about a packet that is not plain, goes up to user space as
// if nothing were there. The reasons are counted ([Counters]). What is relayed here
// does not make anything live longer.
//
// The sources of the program are in bpf/, its files named by a packet's way; the
// compiled form is committed (make bpf compiles it again). It is attached when the
// first channel is bound, and goes with the process: nothing is pinned.
package offload

import (
	"errors"
	"log/slog"
	"net/netip"

	"github.com/parley-rtc/parley/internal/mono"
)

// ErrUnsupported is wrapped by the error of [Open] where this system cannot do it.
var ErrUnsupported = errors.New("not supported by this system")

// ErrRights is wrapped by the error of [Open] where the process lacks the rights.
var ErrRights = errors.New("CAP_BPF and CAP_NET_ADMIN are needed")

// Config says which ports are looked at. The zero value means the dynamic ports.
type Config struct {
	RelayPortMin, RelayPortMax uint16
	Log                        *slog.Logger // nil: silent
}

// Channel is one bound channel. Addresses are those of the packets: of the server
// and the relay, what their sockets are bound to.
type Channel struct {
	Client, Server netip.AddrPort // one family
	Relay, Peer    netip.AddrPort // one family
	Number         uint16
}

// plain says whether the channel can be written into the program's tables.
func (c *Channel) plain() bool {
	for _, a := range [...]netip.AddrPort{c.Client, c.Server, c.Relay, c.Peer} {
		if ip := a.Addr(); !ip.IsValid() || ip.Is4In6() || ip.Zone() != "" || ip.IsUnspecified() || a.Port() == 0 {
			return false
		}
	}
	return c.Client.Addr().Is4() == c.Server.Addr().Is4() && c.Relay.Addr().Is4() == c.Peer.Addr().Is4()
}

// Lease says until when each direction may be relayed in the kernel; an instant
// that has passed, or [mono.Never], means not at all.
type Lease struct{ ToPeer, ToClient mono.Time }

// End returns when the last of the two ends.
func (l Lease) End() mono.Time { return max(l.ToPeer, l.ToClient) }

// Slot names a channel that is bound.
type Slot uint32

// Traffic counts what was relayed; bytes are those of the payload.
type Traffic struct {
	ToPeerPackets, ToPeerBytes     uint64
	ToClientPackets, ToClientBytes uint64
}

// Sub returns what was relayed since earlier.
func (t Traffic) Sub(earlier Traffic) Traffic {
	return Traffic{
		t.ToPeerPackets - earlier.ToPeerPackets, t.ToPeerBytes - earlier.ToPeerBytes,
		t.ToClientPackets - earlier.ToClientPackets, t.ToClientBytes - earlier.ToClientBytes,
	}
}

// Add returns the sum of t and u.
func (t Traffic) Add(u Traffic) Traffic {
	return Traffic{
		t.ToPeerPackets + u.ToPeerPackets, t.ToPeerBytes + u.ToPeerBytes,
		t.ToClientPackets + u.ToClientPackets, t.ToClientBytes + u.ToClientBytes,
	}
}

// Reason says why the program left a packet to user space.
type Reason uint8

// The reasons, in the order of bpf/maps.h.
const (
	Unknown    Reason = iota // ChannelData or for a relay port, but of no channel that is bound here
	Expired                  // the lease of the direction is over
	Fragment                 // an IP fragment
	Options                  // IPv4 options, IPv6 extension headers
	Padding                  // bytes after the message, or a length that lies
	Empty                    // no payload
	Train                    // several datagrams in one buffer (GSO, GRO)
	Checksum                 // no UDP checksum
	TTL                      // no hop left
	MTU                      // too big for the way out
	Neighbour                // the link address of the next hop is not known yet
	Forwarding               // switched off on the interface
	Route                    // no way out, or one to this machine
	VLAN                     // a VLAN tag that the interface does not take off
	Failed                   // dropped: the kernel failed in the middle of the rewriting
	reasons
)

var reasonNames = [reasons]string{
	"unknown", "expired", "fragment", "options", "padding", "empty", "train", "checksum",
	"ttl", "mtu", "neighbour", "forwarding", "route", "vlan", "failed",
}

// Reasons is how many reasons there are.
const Reasons = int(reasons)

// String returns a name fit for a metric's label.
func (r Reason) String() string {
	if r < reasons {
		return reasonNames[r]
	}
	return "unknown"
}

// Counters counts what happened since [Open].
type Counters struct {
	Channels uint64 // bound now
	Refused  uint64 // channels that found no room
	Traffic  Traffic
	Passed   [reasons]uint64 // by Reason
}
