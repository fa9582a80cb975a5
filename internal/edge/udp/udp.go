// Package udp owns the UDP sockets of a server. A [Poller] belongs to one shard:
// it has that shard's share of the public port and any number of relay sockets,
// and hands datagrams over in batches:
//
//	public port (SO_REUSEPORT)  relay sockets        Wake from other goroutines
//	          \                      |                        /
//	           `---------------> ReadBatch -> []dgram.In     '
//	                                           | the shard's loop
//	           ,--------------- WriteBatch <- []dgram.Out
//	          /                      |
//	one sendmmsg per socket, runs of equal size to one place as one GSO packet
//
// IPv4 and IPv6 have a socket each, so that an IPv4 address never shows up in
// its IPv6-mapped form. Both are called [dgram.Main].
//
// On Linux the poller is one epoll set with recvmmsg and sendmmsg; elsewhere, or
// with the build tag "portable", it is a goroutine per socket over package net.
package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Config says what to open. The zero value opens one poller on a free port of
// all addresses.
type Config struct {
	// Listen is "host:port". An empty host or "::" means every address of both
	// families, "0.0.0.0" every IPv4 address.
	Listen string
	// RelaysOnly leaves the public port out.
	RelaysOnly bool
	// Shards is how many pollers share the port; at most one where the system
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
	return c
}

// bindAddresses returns what the public port is to be bound to, one for each
// family wanted; the zero AddrPort where a family is not wanted.
func bindAddresses(cfg Config) (v4, v6 netip.AddrPort, err error) {
	listen := cfg.Listen
	if cfg.RelaysOnly {
		return v4, v6, nil
	}
	if listen == "" {
		listen = ":0"
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return v4, v6, fmt.Errorf("udp address %q: %w", listen, err)
	}
	resolved, err := net.ResolveUDPAddr("udp", listen)
	if err != nil {
		return v4, v6, fmt.Errorf("udp address %q: %w", listen, err)
	}
	port := uint16(resolved.Port)
	ip, _ := netip.AddrFromSlice(resolved.IP)
	ip = ip.Unmap().WithZone(resolved.Zone)
	switch {
	case host == "" || !ip.IsValid() || ip == netip.IPv6Unspecified():
		return netip.AddrPortFrom(netip.IPv4Unspecified(), port), netip.AddrPortFrom(netip.IPv6Unspecified(), port), nil
	case ip.Is4():
		return netip.AddrPortFrom(ip, port), v6, nil
	default:
		return v4, netip.AddrPortFrom(ip, port), nil
	}
}
