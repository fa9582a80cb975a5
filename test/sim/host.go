package sim

import (
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// Host is a machine with one address, in the open or behind a NAT box.
type Host struct {
	Addr  netip.Addr
	Out   Link // the way out; the way in is the senders' business
	world *World
	nat   *NAT
	ports map[uint16]func(from netip.AddrPort, data []byte)
}

// NewHost puts a host with a public address into the world.
func (w *World) NewHost(addr string) *Host {
	h := &Host{Addr: netip.MustParseAddr(addr), world: w, ports: map[uint16]func(netip.AddrPort, []byte){}}
	w.attach(h.Addr, h)
	return h
}

// Listen calls handle for every datagram that arrives on port.
func (h *Host) Listen(port uint16, handle func(from netip.AddrPort, data []byte)) {
	h.ports[port] = handle
}

// Close ends Listen.
func (h *Host) Close(port uint16) { delete(h.ports, port) }

// Send sends a datagram from port. The bytes are the caller's again on return.
func (h *Host) Send(port uint16, to netip.AddrPort, data []byte) {
	from := netip.AddrPortFrom(h.Addr, port)
	if h.nat != nil {
		from = h.nat.outbound(h, from, to)
	}
	h.world.carry(&h.Out, from, to, append([]byte(nil), data...))
}

func (h *Host) receive(from, to netip.AddrPort, data []byte) {
	if handle := h.ports[to.Port()]; handle != nil {
		handle(from, data)
	}
}

// Behaviour is how a NAT box maps or filters (RFC 4787, sections 4.1 and 5).
type Behaviour uint8

// The behaviours of RFC 4787.
const (
	EndpointIndependent Behaviour = iota
	AddressDependent
	AddressAndPortDependent
)

// mappingLife is the shortest life of a UDP mapping that RFC 4787, section 4.3
// allows.
const mappingLife = 2 * time.Minute

// NAT is a box between hosts inside and the world.
type NAT struct {
	Mapping   Behaviour
	Filtering Behaviour
	outside   netip.Addr
	world     *World
	mappings  map[mapKey]*mapping
	byPort    map[uint16]*mapping
	nextPort  uint16
}

type mapKey struct {
	inside netip.AddrPort
	remote netip.AddrPort // as much of it as Mapping depends on
}

type mapping struct {
	inside   netip.AddrPort
	host     *Host
	port     uint16
	lastUsed mono.Time
	sentTo   map[netip.AddrPort]bool // as much of the remote as Filtering depends on
}

// NewNAT puts a NAT box with a public address into the world.
func (w *World) NewNAT(addr string, mapping, filtering Behaviour) *NAT {
	n := &NAT{Mapping: mapping, Filtering: filtering, outside: netip.MustParseAddr(addr), world: w}
	n.Forget()
	w.attach(n.outside, n)
	return n
}

// NewHost puts a host behind the box.
func (n *NAT) NewHost(addr string) *Host {
	return &Host{Addr: netip.MustParseAddr(addr), world: n.world, nat: n, ports: map[uint16]func(netip.AddrPort, []byte){}}
}

// Forget drops all mappings, as a box does that lost its power.
func (n *NAT) Forget() {
	n.mappings, n.byPort = map[mapKey]*mapping{}, map[uint16]*mapping{}
	n.nextPort += 1024
}

func reduce(remote netip.AddrPort, by Behaviour) netip.AddrPort {
	switch by {
	case EndpointIndependent:
		return netip.AddrPort{}
	case AddressDependent:
		return netip.AddrPortFrom(remote.Addr(), 0)
	default:
		return remote
	}
}

func (n *NAT) outbound(h *Host, inside, to netip.AddrPort) netip.AddrPort {
	key := mapKey{inside, reduce(to, n.Mapping)}
	m := n.mappings[key]
	if m == nil || n.world.now.Sub(m.lastUsed) > mappingLife {
		n.nextPort++
		m = &mapping{inside: inside, host: h, port: n.nextPort, sentTo: map[netip.AddrPort]bool{}}
		n.mappings[key], n.byPort[m.port] = m, m
	}
	m.lastUsed = n.world.now
	m.sentTo[reduce(to, n.Filtering)] = true
	return netip.AddrPortFrom(n.outside, m.port)
}

func (n *NAT) receive(from, to netip.AddrPort, data []byte) {
	m := n.byPort[to.Port()]
	if m == nil || n.world.now.Sub(m.lastUsed) > mappingLife || !m.sentTo[reduce(from, n.Filtering)] {
		return
	}
	m.host.receive(from, m.inside, data)
}
