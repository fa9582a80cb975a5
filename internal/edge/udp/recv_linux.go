//go:build linux && !portable

package udp

import (
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	// slotSize has room for the largest datagram there is, so that none is ever
	// cut. The slots are mapped outside of the Go heap and untouched pages take
	// no memory: a slot that sees datagrams of the usual size costs one or two
	// pages. The odd 128 keep the payloads of a batch out of the same cache sets.
	slotSize = dgram.Headroom + 65536 + 128

	// controlSize has room for one IPV6_PKTINFO.
	controlSize = 64
)

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// control is room for control messages, aligned as the kernel wants it.
type control [controlSize / 8]uint64

type reader struct {
	in      [batchMax]dgram.In
	msgs    [batchMax]mmsghdr
	iovs    [batchMax]unix.Iovec
	names   [batchMax]rawName
	control [batchMax]control
	slots   []byte
}

func (r *reader) init() error {
	slots, err := unix.Mmap(-1, 0, batchMax*slotSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	// Huge pages would make every slot cost its full size. Where the kernel has
	// none, there is nothing to switch off.
	_ = unix.Madvise(slots, unix.MADV_NOHUGEPAGE)
	r.slots = slots
	for i := range r.msgs {
		slot := slots[i*slotSize : (i+1)*slotSize : (i+1)*slotSize]
		r.in[i].Buf = slot
		r.in[i].Start = dgram.Headroom
		r.iovs[i].Base = &slot[dgram.Headroom]
		r.iovs[i].SetLen(len(slot) - dgram.Headroom)
		hdr := &r.msgs[i].hdr
		hdr.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		hdr.Iov = &r.iovs[i]
		hdr.SetIovlen(1)
		hdr.Control = (*byte)(unsafe.Pointer(&r.control[i]))
	}
	return nil
}

func (r *reader) free() {
	if r.slots != nil {
		_ = unix.Munmap(r.slots)
	}
	r.slots = nil
}

// ReadBatch waits for datagrams, the deadline or [Poller.Wake] and returns what
// there is, at most 64 datagrams. They stay valid until the next call.
//
// Ready sockets have their turn one after the other, each with a share of the
// batch, so that a busy one cannot starve the rest.
func (p *Poller) ReadBatch(deadline mono.Time) []dgram.In {
	if p.next == p.ready {
		p.wait(deadline)
	}
	n := 0
	p.errors = p.errors[:0]
	for p.next < p.ready && n < batchMax {
		share := max(shareMin, (batchMax-n)/(p.ready-p.next))
		event := &p.events[p.next]
		s := p.eventSocket(event.Fd)
		p.next++
		if s != nil && event.Events&unix.EPOLLERR != 0 && s.fragments.reports {
			p.receiveErrors(s)
		}
		if s != nil {
			n = p.receive(s, n, min(n+share, batchMax))
		}
	}
	if n > 0 {
		bytes := 0
		for i := range p.read.in[:n] {
			bytes += p.read.in[i].End - p.read.in[i].Start
		}
		p.count.datagramsIn.Add(uint64(n))
		p.count.bytesIn.Add(uint64(bytes))
	}
	return p.read.in[:n]
}

// eventSocket finds the socket of an event, nil if there is nothing to read.
func (p *Poller) eventSocket(number int32) *socket {
	switch {
	case number >= 0:
		return p.relays[number]
	case number <= eventMain:
		m := &p.mains[(eventMain-number)/2]
		if (eventMain-number)%2 == 0 {
			return m.v4
		}
		return m.v6
	case number == eventWake:
		p.awoken()
	}
	return nil
}

// receive reads from s into the slots from first up to end and returns where
// the filled ones end.
func (p *Poller) receive(s *socket, first, end int) int {
	r := &p.read
	for i := first; i < end; i++ {
		hdr := &r.msgs[i].hdr
		hdr.Namelen = uint32(unsafe.Sizeof(r.names[i]))
		hdr.SetControllen(controlSize)
		if !s.pinned {
			hdr.SetControllen(0)
		}
	}
	count, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&r.msgs[first])),
		uintptr(end-first), unix.MSG_DONTWAIT, 0, 0)
	p.count.readCalls.Add(1)
	if errno != 0 {
		if errno != unix.EAGAIN && errno != unix.EINTR {
			p.count.readErrors.Add(1)
		}
		return first
	}
	filled := first
	for i := first; i < first+int(count); i++ {
		if r.msgs[i].hdr.Flags&unix.MSG_TRUNC != 0 {
			p.count.truncated.Add(1)
			continue
		}
		if i != filled {
			r.swap(i, filled)
		}
		in := &r.in[filled]
		in.Sock = s.sock
		in.Remote = getName(&r.names[filled])
		in.End = dgram.Headroom + int(r.msgs[filled].len)
		in.Local = s.local
		if s.pinned {
			in.Local = packetInfo(&r.control[filled], int(r.msgs[filled].hdr.Controllen))
		}
		filled++
	}
	return filled
}

// swap exchanges the contents of two slots.
func (r *reader) swap(i, j int) {
	r.in[i].Buf, r.in[j].Buf = r.in[j].Buf, r.in[i].Buf
	r.iovs[i].Base, r.iovs[j].Base = r.iovs[j].Base, r.iovs[i].Base
	r.names[i], r.names[j] = r.names[j], r.names[i]
	r.control[i], r.control[j] = r.control[j], r.control[i]
	r.msgs[i].len, r.msgs[j].len = r.msgs[j].len, r.msgs[i].len
	r.msgs[i].hdr.Controllen, r.msgs[j].hdr.Controllen = r.msgs[j].hdr.Controllen, r.msgs[i].hdr.Controllen
}

// packetInfo returns the address a datagram came to. Only pktinfo is switched
// on, so it is the first control message if there is any.
func packetInfo(c *control, length int) netip.Addr {
	hdr := (*unix.Cmsghdr)(unsafe.Pointer(c))
	data := unsafe.Add(unsafe.Pointer(c), unix.CmsgLen(0))
	switch {
	case length >= unix.CmsgLen(unix.SizeofInet4Pktinfo) && hdr.Level == unix.IPPROTO_IP && hdr.Type == unix.IP_PKTINFO:
		// Spec_dst is our own address also where the datagram was a broadcast.
		return netip.AddrFrom4((*unix.Inet4Pktinfo)(data).Spec_dst)
	case length >= unix.CmsgLen(unix.SizeofInet6Pktinfo) && hdr.Level == unix.IPPROTO_IPV6 && hdr.Type == unix.IPV6_PKTINFO:
		if ip := netip.AddrFrom16((*unix.Inet6Pktinfo)(data).Addr); !ip.IsMulticast() {
			return ip
		}
	}
	return netip.Addr{}
}
