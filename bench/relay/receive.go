//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// receiveEvery is how often the receiver looks at its sockets. It does not wait
	// on them: the server would pay for waking it.
	receiveEvery   = time.Millisecond
	receiveMax     = 8 // messages per system call, each a packet or a train
	receiveBuffer  = 8 << 20
	controlLen     = 128
	latencySamples = 1 << 20
)

// The phases of a measurement. Packets of the first are not counted.
const (
	phaseWarm uint32 = 1 + iota
	phaseMeasure
)

type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   uint32
}

// receiver counts what arrives, from a thread of its own.
type receiver struct {
	fds    []int
	header int // bytes of ChannelData before the payload
	size   int // of the payload
	epfd   int

	seen      [][]uint64 // bits of the numbers that have come, by flow
	got       atomic.Int64
	twice     int
	bad       int // not what was sent
	calls     int
	latencies []uint32 // ns
	stamps    bool

	msgs    [receiveMax]mmsghdr
	iovs    [receiveMax]unix.Iovec
	buffers [receiveMax][65536]byte
	control [receiveMax][controlLen / 8]uint64
}

// newReceiver gets ready for at most most packets of each flow. With stamps, it
// notes when packets came.
func newReceiver(all flows, o offer, direct bool, most int, stamps bool) (*receiver, error) {
	r := &receiver{size: o.payload, stamps: stamps, epfd: -1}
	if !o.toPeer && !direct {
		r.header = 4
	}
	if stamps {
		r.latencies = make([]uint32, 0, latencySamples)
	}
	var err error
	if r.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	for i, f := range all {
		fd := f.peer
		if !o.toPeer {
			fd = f.client
		}
		r.fds = append(r.fds, fd)
		r.seen = append(r.seen, make([]uint64, most/64+1))
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
		err = errors.Join(err, unix.EpollCtl(r.epfd, unix.EPOLL_CTL_ADD, fd, &event),
			unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer))
		if stamps {
			err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
		}
	}
	for i := range r.msgs {
		r.iovs[i].Base = &r.buffers[i][0]
		r.iovs[i].SetLen(len(r.buffers[i]))
		r.msgs[i].hdr.Iov = &r.iovs[i]
		r.msgs[i].hdr.SetIovlen(1)
		r.msgs[i].hdr.Control = (*byte)(unsafe.Pointer(&r.control[i]))
	}
	return r, err
}

func (r *receiver) close() { _ = unix.Close(r.epfd) }

// run reads until stop is closed, and then once more.
func (r *receiver) run(stop <-chan struct{}) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var events [64]unix.EpollEvent
	for last := false; !last; {
		select {
		case <-stop:
			last = true
		default:
			nap(receiveEvery)
		}
		for n := len(events); n == len(events); {
			var err error
			if n, err = unix.EpollWait(r.epfd, events[:], 0); err != nil && !errors.Is(err, unix.EINTR) {
				return os.NewSyscallError("epoll_wait", err)
			}
			for _, e := range events[:max(n, 0)] {
				r.drain(int(e.Fd))
			}
		}
	}
	return nil
}

// drain reads what one socket has.
func (r *receiver) drain(flow int) {
	for {
		for i := range r.msgs {
			r.msgs[i].hdr.SetControllen(controlLen)
		}
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(r.fds[flow]), uintptr(unsafe.Pointer(&r.msgs[0])),
			receiveMax, unix.MSG_DONTWAIT, 0, 0)
		r.calls++
		if errno != 0 {
			return
		}
		for i := range int(n) {
			data := r.buffers[i][:r.msgs[i].len]
			segment, stamp := r.readControl(i)
			if segment == 0 {
				segment = len(data)
			}
			for len(data) > 0 {
				one := data[:min(segment, len(data))]
				data = data[len(one):]
				r.count(flow, one, stamp)
			}
		}
		if n < receiveMax {
			return
		}
	}
}

// readControl returns the size of the packets in a train, and when they came.
func (r *receiver) readControl(i int) (segment int, stamp int64) {
	base, rest := unsafe.Pointer(&r.control[i]), int(r.msgs[i].hdr.Controllen)
	for rest >= unix.SizeofCmsghdr {
		hdr := (*unix.Cmsghdr)(base)
		data := unsafe.Add(base, unix.CmsgLen(0))
		switch {
		case hdr.Level == unix.IPPROTO_UDP && hdr.Type == unix.UDP_GRO:
			segment = int(*(*int32)(data))
		case hdr.Level == unix.SOL_SOCKET && hdr.Type == unix.SCM_TIMESTAMPNS:
			at := (*unix.Timespec)(data)
			stamp = at.Nano()
		}
		space := unix.CmsgSpace(int(hdr.Len) - unix.CmsgLen(0))
		base, rest = unsafe.Add(base, space), rest-space
	}
	return segment, stamp
}

// count takes note of one packet.
func (r *receiver) count(flow int, packet []byte, stamp int64) {
	if len(packet) != r.header+r.size ||
		(r.header > 0 && (binary.BigEndian.Uint16(packet) != channelOf(flow) || int(binary.BigEndian.Uint16(packet[2:])) != r.size)) {
		r.bad++
		return
	}
	mark := packet[r.header:]
	if binary.LittleEndian.Uint32(mark[phaseAt:]) != phaseMeasure {
		return
	}
	number := binary.LittleEndian.Uint32(mark[numberAt:])
	word, bit := int(number/64), uint64(1)<<(number%64)
	switch {
	case word >= len(r.seen[flow]):
		r.bad++
		return
	case r.seen[flow][word]&bit != 0:
		r.twice++
		return
	}
	r.seen[flow][word] |= bit
	r.got.Add(1)
	if r.stamps && stamp != 0 && len(r.latencies) < cap(r.latencies) {
		passed := stamp - int64(binary.LittleEndian.Uint64(mark[timeAt:]))
		r.latencies = append(r.latencies, uint32(min(max(passed, 0), 1<<32-1)))
	}
}
