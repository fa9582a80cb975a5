//go:build linux && !portable

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
)

// gsoSizeMax is the largest datagram worth handing to the kernel in a GSO
// packet: what fits an Ethernet frame over IPv6. Larger ones are fragmented,
// which GSO cannot do.
const gsoSizeMax = 1500 - 40 - 8

// socket is one UDP socket of a poller.
type socket struct {
	fd     int
	sock   dgram.Sock
	local  netip.Addr // what it is bound to; unspecified for the public port
	v4     bool
	pinned bool // replies carry the address the request came to
	gsoMax int  // largest segment the kernel took so far; 0: GSO is off
	group  int32
	nextFd *socket // the next socket with something to send in this batch
	port   uint16

	fragments fragmentation
}

func openSocket(addr netip.AddrPort, reusePort bool, bufferSize int) (*socket, error) {
	v4 := addr.Addr().Is4()
	family := unix.AF_INET6
	if v4 {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		return nil, ErrFamily
	}
	if err != nil {
		return nil, fmt.Errorf("udp socket: %w", err)
	}
	s := &socket{fd: fd, local: addr.Addr(), v4: v4, gsoMax: gsoSizeMax, group: none}
	if err := s.configure(reusePort, bufferSize); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("udp socket: %w", err)
	}
	if err := unix.Bind(fd, sockaddr(addr)); err != nil {
		unix.Close(fd)
		switch {
		case errors.Is(err, unix.EADDRINUSE):
			return nil, fmt.Errorf("udp %v: %w: %w", addr, ErrAddressInUse, err)
		case errors.Is(err, unix.EADDRNOTAVAIL):
			return nil, fmt.Errorf("udp %v: %w: %w", addr, ErrFamily, err)
		}
		return nil, fmt.Errorf("udp %v: %w", addr, os.NewSyscallError("bind", err))
	}
	return s, nil
}

func (s *socket) configure(reusePort bool, bufferSize int) error {
	if reusePort {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return os.NewSyscallError("SO_REUSEPORT", err)
		}
	}
	if !s.v4 {
		if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("IPV6_V6ONLY", err)
		}
	}
	if _, err := unix.GetsockoptInt(s.fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT); err != nil {
		s.gsoMax = 0
	}
	s.raiseBuffer(unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, bufferSize)
	s.raiseBuffer(unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, bufferSize)
	return nil
}

// raiseBuffer tries the privileged option first, which is not held to the
// system's maximum. A smaller buffer than wanted is no error.
func (s *socket) raiseBuffer(force, plain, size int) {
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, plain, size)
	}
}

// pin makes the kernel report the address each datagram came to.
func (s *socket) pin() error {
	s.pinned = true
	if s.v4 {
		return os.NewSyscallError("IP_PKTINFO", unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1))
	}
	return os.NewSyscallError("IPV6_RECVPKTINFO", unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1))
}

func (s *socket) boundTo() (netip.AddrPort, error) {
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return netip.AddrPort{}, os.NewSyscallError("getsockname", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, fmt.Errorf("getsockname: unexpected family")
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), ZoneId: zoneID(a.Addr()), Addr: a.Addr().As16()}
}

// rawName is room for a socket address of either family.
type rawName = unix.RawSockaddrInet6

// putName writes a into name and returns its length.
func putName(name *rawName, a netip.AddrPort) uint32 {
	port := a.Port()<<8 | a.Port()>>8
	if a.Addr().Is4() {
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		in4.Family, in4.Port, in4.Addr = unix.AF_INET, hostOrder(port, a.Port()), a.Addr().As4()
		return unix.SizeofSockaddrInet4
	}
	*name = rawName{Family: unix.AF_INET6, Port: hostOrder(port, a.Port()), Addr: a.Addr().As16(), Scope_id: zoneID(a.Addr())}
	return unix.SizeofSockaddrInet6
}

// getName reads the address that the kernel wrote.
func getName(name *rawName) netip.AddrPort {
	port := hostOrder(name.Port<<8|name.Port>>8, name.Port)
	if name.Family == unix.AF_INET {
		in4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(in4.Addr), port)
	}
	ip := netip.AddrFrom16(name.Addr)
	if name.Scope_id != 0 {
		ip = ip.WithZone(strconv.FormatUint(uint64(name.Scope_id), 10))
	}
	return netip.AddrPortFrom(ip, port)
}

var bigEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

// hostOrder picks the swapped form on machines that store the low byte first.
func hostOrder(swapped, plain uint16) uint16 {
	if bigEndian {
		return plain
	}
	return swapped
}

// zoneID is the interface number of a link-local address. Zones made by this
// package are numbers.
func zoneID(ip netip.Addr) uint32 {
	if ip.Zone() == "" {
		return 0
	}
	id, _ := strconv.ParseUint(ip.Zone(), 10, 32)
	return uint32(id)
}
