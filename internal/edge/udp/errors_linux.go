//go:build linux && !portable

package udp

import (
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

// DontFragment says whether [dgram.Out.DontFragment] is heeded.
const DontFragment = true

const (
	// errorsPerSocket is how many errors of a socket one ReadBatch reports.
	errorsPerSocket = 8
	// errorsPerSecond is how many a socket reports in a second. Anybody who knows
	// its port can make up more; then it stops to report until they ended.
	errorsPerSecond = 64
)

// fragmentation is what a relay socket does about datagrams that must not be
// fragmented. The first of them makes it report what is heard of lost datagrams.
type fragmentation struct {
	forbidden bool // the socket is set to send such datagrams
	usual     int  // what it is set to else: the system's policy
	reports   bool // the kernel keeps errors for the socket
	count     int  // errors since the second began
	second    mono.Time
	tooBig    netip.AddrPort // where the last one was to go that did not fit
}

// forbidFragments has the datagrams that are sent next carry the DF bit and not be
// cut here either, or ends that. Without it the kernel follows its own policy:
// it finds out about the path and cuts what is known not to fit.
func (s *socket) forbidFragments(on bool) {
	level, option := unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER
	if s.v4 {
		level, option = unix.IPPROTO_IP, unix.IP_MTU_DISCOVER
	}
	f := &s.fragments
	value := f.usual
	if on {
		value = unix.IP_PMTUDISC_DO // the same number for IPv6
		if usual, err := unix.GetsockoptInt(s.fd, level, option); err == nil {
			f.usual = usual
		}
	}
	if unix.SetsockoptInt(s.fd, level, option, value) == nil {
		f.forbidden = on
	}
}

// report has the kernel keep errors of the socket, or forget those it has.
func (s *socket) report(on bool) {
	level, option := unix.IPPROTO_IPV6, unix.IPV6_RECVERR
	if s.v4 {
		level, option = unix.IPPROTO_IP, unix.IP_RECVERR
	}
	value := 0
	if on {
		value = 1
	}
	if unix.SetsockoptInt(s.fd, level, option, value) == nil {
		s.fragments.reports = on
	}
}

// prepare readies a socket for datagrams that may, or may not, be fragmented.
func (p *Poller) prepare(s *socket, dontFragment bool, batch []dgram.Out) {
	f := &s.fragments
	if dontFragment && !f.reports && s.sock.Kind() == dgram.RelayKind && (f.second == 0 || mono.Now().Sub(f.second) > time.Second) {
		s.report(true)
	}
	if f.forbidden != dontFragment {
		p.flush(s, batch)
		s.forbidFragments(dontFragment)
	}
}

// PeerErrors returns what the last ReadBatch heard of lost datagrams. It stays
// valid until the next call.
func (p *Poller) PeerErrors() []dgram.PeerError { return p.errors }

// receiveErrors empties the error queue of a relay socket, as far as it is its
// turn: as long as there are more, the next wait returns at once.
func (p *Poller) receiveErrors(s *socket) {
	now := mono.Now()
	f := &s.fragments
	if now.Sub(f.second) > time.Second {
		f.second, f.count = now, 0
	}
	for range errorsPerSocket {
		e, errno := s.receiveError()
		if errno != 0 {
			return
		}
		if f.count++; f.count > errorsPerSecond {
			s.report(false)
			return
		}
		// One that failed at once was tried twice.
		if n := len(p.errors); e.Peer.Port() != 0 && (n == 0 || p.errors[n-1] != e) {
			p.errors = append(p.errors, e)
		}
	}
}

// errorControlSize has room for a sock_extended_err with the address behind it.
const errorControlSize = 128

// receiveError takes one error from the queue; that of none has no peer.
func (s *socket) receiveError() (e dgram.PeerError, errno unix.Errno) {
	var name rawName
	var ctl [errorControlSize / 8]uint64
	var b [1]byte
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	hdr := unix.Msghdr{Name: (*byte)(unsafe.Pointer(&name)), Namelen: uint32(unsafe.Sizeof(name)), Iov: &iov}
	hdr.SetIovlen(1)
	hdr.Control = (*byte)(unsafe.Pointer(&ctl))
	hdr.SetControllen(errorControlSize)
	_, _, errno = unix.Syscall(unix.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&hdr)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if errno != 0 {
		return e, errno
	}
	at := (*unix.Cmsghdr)(unsafe.Pointer(&ctl))
	const size = int(unsafe.Sizeof(unix.SockExtendedErr{}))
	wanted := at.Level == unix.IPPROTO_IP && at.Type == unix.IP_RECVERR || at.Level == unix.IPPROTO_IPV6 && at.Type == unix.IPV6_RECVERR
	if int(hdr.Controllen) < unix.CmsgLen(size) || !wanted {
		return e, 0
	}
	return s.peerError(getName(&name), (*unix.SockExtendedErr)(unsafe.Add(unsafe.Pointer(at), unix.CmsgLen(0)))), 0
}

// peerError translates what the kernel says. That a datagram did not fit the way
// out of this machine is told like what a router would have said.
func (s *socket) peerError(peer netip.AddrPort, x *unix.SockExtendedErr) dgram.PeerError {
	e := dgram.PeerError{Sock: s.sock, Peer: peer, Type: x.Type, Code: x.Code}
	tooBig := unix.Errno(x.Errno) == unix.EMSGSIZE
	switch {
	case x.Origin == unix.SO_EE_ORIGIN_LOCAL && tooBig && s.v4:
		e.Type, e.Code = 3, 4 // destination unreachable, fragmentation needed
	case x.Origin == unix.SO_EE_ORIGIN_LOCAL && tooBig:
		e.Type, e.Code = 2, 0 // packet too big
	case x.Origin == unix.SO_EE_ORIGIN_ICMP, x.Origin == unix.SO_EE_ORIGIN_ICMP6:
	default:
		return dgram.PeerError{}
	}
	if peer.Port() == 0 && peer.Addr() == s.fragments.tooBig.Addr() { // the kernel knows no port of its own IPv4 errors
		e.Peer = s.fragments.tooBig
	}
	if tooBig {
		e.MTU = x.Info
	}
	return e
}
