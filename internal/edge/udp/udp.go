// Package udp owns the UDP sockets of a server. A [Poller] belongs to one shard:
// it has that shard's share of the public ports and any number of relay sockets,
// and hands datagrams over in batches:
//
//	public ports (SO_REUSEPORT) relay sockets        Wake from other goroutines
//	          \                      |                        /
//	           `---------------> ReadBatch -> []dgram.In     '
//	                                           | the shard's loop
//	           ,--------------- WriteBatch <- []dgram.Out
//	          /                      |
//	one sendmmsg per socket, runs of equal size to one place as one GSO packet
//
// IPv4 and IPv6 have a socket each, so that an IPv4 address never shows up in
// its IPv6-mapped form. Both have the same number: [dgram.Main] for the first of
// the public ports, the next one for the second.
//
// On Linux the poller is one epoll set with recvmmsg and sendmmsg; elsewhere, or
// with the build tag "portable", it is a goroutine per socket over package net.
package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
)

// Config says what to open. The zero value opens one poller on a free port of
// all addresses.
type Config struct {
	// Listen has one "host:port" for each public port. An empty host or "::"
	// means every address of both families, "0.0.0.0" every IPv4 address. Nil
	// means a free port of all addresses.
	Listen []string
	// RelaysOnly leaves the public ports out.
	RelaysOnly bool
	// Shards is how many pollers share the ports; at most one where the system
	// cannot spread a port over sockets. 0 means 1.
	Shards int
	// Ports is where relay sockets get their ports; nil means all of the
	// dynamic range, 49152-65535.
	Ports *Ports
	// SocketBuffer is the size of the kernel's receive and send buffers of the
	// public sockets in bytes, RelayBuffer that of each relay socket. The kernel
	// uses the memory only while datagrams wait. 0 means 4 MiB and 1 MiB.
	SocketBuffer int
	RelayBuffer  int
}

const (
	// batchMax is how many datagrams one ReadBatch returns. More amortises
	// nothing further and keeps the first of them waiting.
	batchMax = 64
	// shareMin is how many datagrams a ready socket may give at least before
	// the next one's turn.
	shareMin = 8

	socketBufferDefault = 4 << 20
	relayBufferDefault  = 1 << 20
)

// ErrAddressInUse is wrapped by the error of [Open] when the port is taken.
var ErrAddressInUse = errors.New("address already in use")

// ErrFamily is returned for an address family that this machine does not have.
var ErrFamily = errors.New("address family not available")

// Counters counts what a poller did since it was opened.
type Counters struct {
	DatagramsIn, BytesIn   uint64
	DatagramsOut, BytesOut uint64
	ReadCalls, WriteCalls  uint64 // system calls that moved datagrams
	Segmented              uint64 // datagrams that left as part of a GSO packet
	Truncated              uint64 // received datagrams larger than the buffer, dropped
	ReadErrors             uint64 // errors reported by reading; the socket stays in use
	SendBufferFull         uint64 // not sent: EAGAIN, ENOBUFS
	SendRefused            uint64 // not sent: no route, refused, filtered
	SegmentationFaults     uint64 // times the kernel refused a GSO packet
	Wakeups                uint64
	Parked                 uint64 // times that a poller waited as goroutines do, because nothing came for a while
}

// Add returns the sum of c and d.
func (c Counters) Add(d Counters) Counters {
	c.DatagramsIn += d.DatagramsIn
	c.BytesIn += d.BytesIn
	c.DatagramsOut += d.DatagramsOut
	c.BytesOut += d.BytesOut
	c.ReadCalls += d.ReadCalls
	c.WriteCalls += d.WriteCalls
	c.Segmented += d.Segmented
	c.Truncated += d.Truncated
	c.ReadErrors += d.ReadErrors
	c.SendBufferFull += d.SendBufferFull
	c.SendRefused += d.SendRefused
	c.SegmentationFaults += d.SegmentationFaults
	c.Wakeups += d.Wakeups
	c.Parked += d.Parked
	return c
}

// listen is what one public port is to be bound to; the zero AddrPort where a
// family is not wanted.
type listen struct{ v4, v6 netip.AddrPort }

func (l listen) first() netip.AddrPort {
	if l.v4.IsValid() {
		return l.v4
	}
	return l.v6
}

func bindAddresses(cfg Config) ([]listen, error) {
	addresses := cfg.Listen
	switch {
	case cfg.RelaysOnly:
		return nil, nil
	case len(addresses) == 0:
		addresses = []string{":0"}
	}
	var listens []listen
	for _, address := range addresses {
		l, err := bindAddress(address)
		if err != nil {
			return nil, fmt.Errorf("udp address %q: %w", address, err)
		}
		listens = append(listens, l)
	}
	return listens, nil
}

func bindAddress(address string) (listen, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return listen{}, err
	}
	resolved, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return listen{}, err
	}
	port := uint16(resolved.Port)
	ip, _ := netip.AddrFromSlice(resolved.IP)
	ip = ip.Unmap().WithZone(resolved.Zone)
	switch {
	case host == "" || !ip.IsValid() || ip == netip.IPv6Unspecified():
		return listen{netip.AddrPortFrom(netip.IPv4Unspecified(), port), netip.AddrPortFrom(netip.IPv6Unspecified(), port)}, nil
	case ip.Is4():
		return listen{v4: netip.AddrPortFrom(ip, port)}, nil
	default:
		return listen{v6: netip.AddrPortFrom(ip, port)}, nil
	}
}

// mainPort is the sockets of one public port; nil where there is none.
type mainPort struct {
	v4, v6 *socket
	addr   netip.AddrPort
}

// LocalAddr returns the address of the first public port, which is unspecified
// where the poller listens on all of them; it is invalid if there is none.
func (p *Poller) LocalAddr() netip.AddrPort { return p.AddrOf(dgram.Main) }

// LocalAddrs returns the addresses of all public ports.
func (p *Poller) LocalAddrs() []netip.AddrPort {
	addrs := make([]netip.AddrPort, len(p.mains))
	for i := range p.mains {
		addrs[i] = p.mains[i].addr
	}
	return addrs
}

// AddrOf returns the address of the public port with the number sock.
func (p *Poller) AddrOf(sock dgram.Sock) netip.AddrPort {
	if sock.Kind() != dgram.Main || int(sock) >= len(p.mains) {
		return netip.AddrPort{}
	}
	return p.mains[sock].addr
}

// main returns the socket of a public port that reaches remote, nil if there is
// none.
func (p *Poller) main(sock dgram.Sock, remote netip.Addr) *socket {
	switch {
	case sock.Kind() != dgram.Main || int(sock) >= len(p.mains):
		return nil
	case remote.Is4():
		return p.mains[sock].v4
	default:
		return p.mains[sock].v6
	}
}
