//go:build linux && !portable

package udp

import (
	"math/bits"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
)

const (
	// chunkMax is how many datagrams are grouped at a time.
	chunkMax = 256
	// callMax is how many messages one sendmmsg carries.
	callMax = 64
	// Limits of one GSO packet: UDP_MAX_SEGMENTS, and a UDP datagram.
	segmentsMax     = 64
	segmentBytesMax = 65000
)

// group is the datagrams of a chunk that share socket, destination and source.
type group struct {
	sock       *socket
	remote     netip.AddrPort
	local      netip.Addr
	whole      bool  // its datagrams must not be fragmented
	head, tail int32 // list of datagrams, by writer.next
	later      int32 // the next group of the same socket
}

// message says which datagrams a mmsghdr carries: from first on, count of them
// along writer.next.
type message struct {
	first int32
	count int32
}

type writer struct {
	seed   [2]uint64
	groups [chunkMax]group
	used   int32
	next   [chunkMax]int32
	table  [2 * chunkMax]int32 // hash table of group numbers plus one

	msgs     [callMax]mmsghdr
	messages [callMax]message
	names    [callMax]rawName
	control  [callMax]control
	iovs     [chunkMax]unix.Iovec
	filled   int // messages ready
	iovsUsed int
}

func (w *writer) init(seed0, seed1 uint64) {
	w.seed = [2]uint64{seed0, seed1}
	for i := range w.msgs {
		w.msgs[i].hdr.Name = (*byte)(unsafe.Pointer(&w.names[i]))
	}
}

// WriteBatch sends datagrams. Those for one socket, destination and source
// leave in the order given. What cannot be sent is counted and dropped.
func (p *Poller) WriteBatch(batch []dgram.Out) {
	for len(batch) > 0 {
		n := min(len(batch), chunkMax)
		p.group(batch[:n])
		for s := p.touched; s != nil; {
			next := s.nextFd
			p.sendSocket(s, batch)
			s.group, s.nextFd = none, nil
			s = next
		}
		p.touched = nil
		batch = batch[n:]
	}
}

// group sorts a chunk into lists by socket and by destination.
func (p *Poller) group(batch []dgram.Out) {
	w := &p.write
	w.used = 0
	clear(w.table[:])
	for i := range batch {
		o := &batch[i]
		s := p.sendingSocket(o)
		if s == nil {
			p.count.sendRefused.Add(1)
			continue
		}
		w.next[i] = none
		local := o.Local
		if !s.pinned {
			local = netip.Addr{}
		}
		g, isNew := w.find(s, o, local)
		if !isNew {
			w.next[g.tail] = int32(i)
			g.tail = int32(i)
			continue
		}
		g.head, g.tail = int32(i), int32(i)
		if s.group == none {
			s.nextFd, p.touched = p.touched, s
		}
		g.later, s.group = s.group, w.used-1
	}
}

func (p *Poller) sendingSocket(o *dgram.Out) *socket {
	var s *socket
	if o.Sock.Kind() == dgram.RelayKind {
		s = p.relay(o.Sock)
	} else {
		s = p.main(o.Sock, o.Remote.Addr())
	}
	if s == nil || s.v4 != o.Remote.Addr().Is4() || !o.Remote.IsValid() {
		return nil
	}
	return s
}

// find returns the group of a destination, which it makes if there is none.
func (w *writer) find(s *socket, o *dgram.Out, local netip.Addr) (g *group, isNew bool) {
	slot := w.hash(s, o.Remote) % uint64(len(w.table))
	for w.table[slot] != 0 {
		g = &w.groups[w.table[slot]-1]
		if g.sock == s && g.remote == o.Remote && g.local == local && g.whole == o.DontFragment {
			return g, false
		}
		slot = (slot + 1) % uint64(len(w.table))
	}
	g = &w.groups[w.used]
	*g = group{sock: s, remote: o.Remote, local: local, whole: o.DontFragment}
	w.used++
	w.table[slot] = w.used
	return g, true
}

// hash is seeded: who can choose addresses must not be able to choose
// collisions.
func (w *writer) hash(s *socket, remote netip.AddrPort) uint64 {
	a := remote.Addr().As16()
	low := *(*uint64)(unsafe.Pointer(&a[0]))
	high := *(*uint64)(unsafe.Pointer(&a[8]))
	hi, lo := bits.Mul64(low^w.seed[0], high^w.seed[1])
	hi, lo = bits.Mul64(hi^lo^uint64(remote.Port()), w.seed[1]^uint64(s.sock)<<16|1)
	return hi ^ lo
}

// sendSocket sends all groups of one socket.
func (p *Poller) sendSocket(s *socket, batch []dgram.Out) {
	w := &p.write
	for number := s.group; number != none; {
		g := &w.groups[number]
		number = g.later
		if g.whole || s.fragments.forbidden {
			p.prepare(s, g.whole, batch)
		}
		for i := g.head; i != none; {
			if w.filled == callMax {
				p.flush(s, batch)
			}
			i = w.add(g, i, batch)
		}
	}
	p.flush(s, batch)
}

// add makes a message of the datagrams of g from first on: as many as fit one
// GSO packet, or one. It returns the first that is left.
func (w *writer) add(g *group, first int32, batch []dgram.Out) int32 {
	size := len(batch[first].Data)
	total, count := size, int32(1)
	next := w.next[first]
	if size > 0 && size <= g.sock.gsoMax {
		for next != none && count < segmentsMax {
			n := len(batch[next].Data)
			if n == 0 || n > size || total+n > segmentBytesMax {
				break
			}
			total, count, next = total+n, count+1, w.next[next]
			if n < size {
				break // only the last segment may be shorter
			}
		}
	}
	w.put(g, message{first, count}, size, batch)
	return next
}

// put fills the next mmsghdr.
func (w *writer) put(g *group, m message, size int, batch []dgram.Out) {
	at := w.filled
	w.filled++
	w.messages[at] = m
	hdr := &w.msgs[at].hdr
	hdr.Namelen = putName(&w.names[at], g.remote)
	hdr.Iov = &w.iovs[w.iovsUsed]
	hdr.SetIovlen(int(m.count))
	for i, n := m.first, m.count; n > 0; i, n = w.next[i], n-1 {
		iov := &w.iovs[w.iovsUsed]
		w.iovsUsed++
		iov.Base = unsafe.SliceData(batch[i].Data)
		iov.SetLen(len(batch[i].Data))
	}
	length := 0
	if g.local.IsValid() {
		length = putPacketInfo(&w.control[at], g.local, g.remote.Addr())
	}
	if m.count > 1 {
		length += putSegmentSize(&w.control[at], length, uint16(size))
	}
	hdr.Control = (*byte)(unsafe.Pointer(&w.control[at]))
	hdr.SetControllen(length)
}

// putPacketInfo writes the source address and returns the length used.
func putPacketInfo(c *control, local, remote netip.Addr) int {
	hdr := (*unix.Cmsghdr)(unsafe.Pointer(c))
	data := unsafe.Add(unsafe.Pointer(c), unix.CmsgLen(0))
	if local.Is4() {
		hdr.Level, hdr.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		hdr.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
		*(*unix.Inet4Pktinfo)(data) = unix.Inet4Pktinfo{Spec_dst: local.As4()}
		return unix.CmsgSpace(unix.SizeofInet4Pktinfo)
	}
	hdr.Level, hdr.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
	hdr.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
	*(*unix.Inet6Pktinfo)(data) = unix.Inet6Pktinfo{Addr: local.As16(), Ifindex: zoneID(remote)}
	return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
}

// putSegmentSize writes UDP_SEGMENT after length bytes of control messages.
func putSegmentSize(c *control, length int, size uint16) int {
	at := unsafe.Add(unsafe.Pointer(c), length)
	hdr := (*unix.Cmsghdr)(at)
	hdr.Level, hdr.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	hdr.SetLen(unix.CmsgLen(2))
	*(*uint16)(unsafe.Add(at, unix.CmsgLen(0))) = size
	return unix.CmsgSpace(2)
}

// flush sends the messages that are ready.
func (p *Poller) flush(s *socket, batch []dgram.Out) {
	w := &p.write
	again := s.fragments.reports
	for sent := 0; sent < w.filled; {
		count, errno := p.sendmmsg(s, sent, w.filled)
		p.countSent(sent, sent+count, batch)
		sent += count
		if errno == 0 || errno == unix.EINTR {
			continue
		}
		if first := &batch[w.messages[sent].first]; errno == unix.EMSGSIZE && first.DontFragment {
			s.fragments.tooBig = first.Remote
		}
		if again { // where errors are reported, one may be about another datagram, sent before
			again = false
			continue
		}
		again = s.fragments.reports
		p.sendFailed(s, w.messages[sent], errno, batch)
		sent++
	}
	w.filled, w.iovsUsed = 0, 0
}

// sendmmsg returns how many messages the kernel took, and why it did not take
// the next one if it took none.
func (p *Poller) sendmmsg(s *socket, from, to int) (int, unix.Errno) {
	count, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&p.write.msgs[from])),
		uintptr(to-from), unix.MSG_DONTWAIT, 0, 0)
	p.count.writeCalls.Add(1)
	if errno != 0 {
		return 0, errno
	}
	return int(count), 0
}

func (p *Poller) countSent(from, to int, batch []dgram.Out) {
	w := &p.write
	var datagrams, bytes, segmented uint64
	for _, m := range w.messages[from:to] {
		if m.count > 1 {
			segmented += uint64(m.count)
		}
		for i, n := m.first, m.count; n > 0; i, n = w.next[i], n-1 {
			datagrams++
			bytes += uint64(len(batch[i].Data))
		}
	}
	p.count.datagramsOut.Add(datagrams)
	p.count.bytesOut.Add(bytes)
	p.count.segmented.Add(segmented)
}

// sendFailed deals with a message that the kernel did not take. A GSO packet is
// tried again in single datagrams; if those go through, segmentation was to
// blame and the socket remembers.
func (p *Poller) sendFailed(s *socket, m message, errno unix.Errno, batch []dgram.Out) {
	if m.count == 1 {
		p.dropped(errno, 1)
		return
	}
	if errno != unix.EIO && errno != unix.EINVAL && errno != unix.EMSGSIZE {
		p.dropped(errno, int(m.count))
		return
	}
	passed := false
	for i, n := m.first, m.count; n > 0; i, n = p.write.next[i], n-1 {
		if err := p.sendOne(s, &batch[i]); err != 0 {
			p.dropped(err, 1)
			continue
		}
		passed = true
		p.count.datagramsOut.Add(1)
		p.count.bytesOut.Add(uint64(len(batch[i].Data)))
	}
	if passed {
		p.count.segmentationFaults.Add(1)
		s.gsoRefused(errno, len(batch[m.first].Data))
	}
}

// gsoRefused takes note. EIO means that a device on the way cannot do it at all;
// the others that a segment of this size does not fit.
func (s *socket) gsoRefused(errno unix.Errno, size int) {
	if errno == unix.EIO || size <= gsoSizeMin {
		s.gsoMax = 0
		return
	}
	s.gsoMax = min(s.gsoMax, size-1)
}

// gsoSizeMin is the segment size below which a refusal is not about the size: a
// link must carry 1280 bytes for IPv6, and 576 for IPv4.
const gsoSizeMin = 576 - 28

func (p *Poller) sendOne(s *socket, o *dgram.Out) unix.Errno {
	var name rawName
	var ctl control
	iov := unix.Iovec{Base: unsafe.SliceData(o.Data)}
	iov.SetLen(len(o.Data))
	hdr := unix.Msghdr{Name: (*byte)(unsafe.Pointer(&name)), Namelen: putName(&name, o.Remote), Iov: &iov}
	hdr.SetIovlen(1)
	if s.pinned && o.Local.IsValid() {
		hdr.Control = (*byte)(unsafe.Pointer(&ctl))
		hdr.SetControllen(putPacketInfo(&ctl, o.Local, o.Remote.Addr()))
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_SENDMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&hdr)), unix.MSG_DONTWAIT)
		p.count.writeCalls.Add(1)
		if errno != unix.EINTR {
			return errno
		}
	}
}

func (p *Poller) dropped(errno unix.Errno, datagrams int) {
	if errno == unix.EAGAIN || errno == unix.ENOBUFS {
		p.count.sendBufferFull.Add(uint64(datagrams))
		return
	}
	p.count.sendRefused.Add(uint64(datagrams))
}
