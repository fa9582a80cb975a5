package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// Discovery lets clients find out how the NATs before them behave (RFC 5780). For
// that the server has two IP addresses with the same two ports on each.
type Discovery struct {
	Points [2][2]Point // by IP address, by port
}

// Point is one of the four addresses.
type Point struct {
	Sock    dgram.Sock     // a public UDP port of the owner
	Address netip.AddrPort // as clients see it
}

// paddingMax is the longest PADDING of a response: what makes an IP packet larger
// than the usual MTU.
const paddingMax = 1500

// Flags of CHANGE-REQUEST (RFC 5780, section 7.2).
const (
	changeIP   = 0x4
	changePort = 0x2
)

// pointAt returns which point a datagram came to.
func (d *Discovery) pointAt(c *Client) (ip, port int, ok bool) {
	if d == nil || c.Transport != UDP {
		return 0, 0, false
	}
	for i := range d.Points {
		for j := range d.Points[i] {
			if p := &d.Points[i][j]; p.Sock == c.Sock && p.Address.Addr().Is4() == c.Remote.Addr().Is4() {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// discoveryAttrs is what a Binding request asks for by RFC 5780.
type discoveryAttrs struct {
	change, port   uint32
	padding        int
	padded, ported bool
	malformed      bool
}

func (a *discoveryAttrs) decode(m *stun.Message) {
	for it := m.Attrs(); it.Next(); {
		v := it.Value
		switch it.Type {
		case stun.AttrChangeRequest:
			if a.malformed = a.malformed || len(v) != 4; !a.malformed {
				a.change = binary.BigEndian.Uint32(v)
			}
		case stun.AttrResponsePort:
			if a.malformed = a.malformed || len(v) != 4; !a.malformed {
				a.port, a.ported = uint32(binary.BigEndian.Uint16(v)), true
			}
		case stun.AttrPadding:
			a.padding, a.padded = min(len(v), paddingMax)&^3, true
		}
	}
}

// understandsDiscovery takes the attributes of RFC 5780 out of those that are not
// understood. Where discovery is off they stay there, and the request is refused
// with 420.
func (a *attrs) understandsDiscovery() {
	n := 0
	for _, t := range a.unknown[:a.unknownCount] {
		switch t {
		case stun.AttrChangeRequest, stun.AttrResponsePort, stun.AttrPadding:
		default:
			a.unknown[n] = t
			n++
		}
	}
	a.unknownCount = n
}

// handleDiscovery answers a Binding request at one of the four points.
// https://www.rfc-editor.org/rfc/rfc5780#section-6.1
func (e *Engine) handleDiscovery(r *request, ip, port int) {
	r.attrs.understandsDiscovery()
	var asked discoveryAttrs
	asked.decode(&r.msg)
	switch {
	case r.attrs.unknownCount > 0:
		e.refuse(r, stun.CodeUnknownAttribute)
		return
	// "The server MUST NOT process a request containing a RESPONSE-PORT and a
	// PADDING attribute." https://www.rfc-editor.org/rfc/rfc5780#section-7.5
	case asked.malformed, asked.ported && (asked.padded || asked.port == 0):
		e.refuse(r, stun.CodeBadRequest)
		return
	case !e.mayReply(r):
		return
	}
	points := &e.cfg.Discovery.Points
	other := points[1-ip][1-port].Address
	if asked.change&changeIP != 0 {
		ip = 1 - ip
	}
	if asked.change&changePort != 0 {
		port = 1 - port
	}
	from, to := &points[ip][port], r.client.Remote
	if asked.ported {
		to = netip.AddrPortFrom(to.Addr(), uint16(asked.port))
	}
	b := e.begin(r, stun.Success)
	b.XORAddress(stun.AttrXORMappedAddress, r.client.Remote)
	b.Address(stun.AttrMappedAddress, r.client.Remote)
	b.Address(stun.AttrResponseOrigin, from.Address)
	b.Address(stun.AttrOtherAddress, other)
	// The response is never longer than the request by more than these addresses:
	// PADDING must not make the server an amplifier.
	if asked.padded {
		b.Bytes(stun.AttrPadding, zeros[:asked.padding])
	}
	e.counters.SuccessReplies++
	e.send(r.out, &Client{Sock: from.Sock, Remote: to}, &b, nil, r.msg.HasFingerprint())
}

var zeros [paddingMax]byte
