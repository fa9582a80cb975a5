//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the generator writes at the beginning of a payload: the phase it belongs to,
// its number within the flow, and when it was sent.
const (
	phaseAt  = 0
	numberAt = 4
	timeAt   = 8
	markLen  = 16
)

const (
	// debtMax is how late the generator may be: what it could not offer in time it
	// does not offer all at once, since the server would have to pay for that.
	debtMax = 2 * time.Millisecond
	// tick is how often it looks whether something is due, at most.
	tick = 100 * time.Microsecond
)

// load is what is offered: trains of packets of one flow, flows in turns.
type offer struct {
	toPeer  bool
	payload int // bytes
	train   int // packets back to back
	rate    int // packets per second
}

// sender offers packets on all flows from a thread of its own.
type sender struct {
	offer
	flows   flows
	trains  [][]byte // of each flow, with its headers
	size    int      // of one packet on the wire
	header  int
	numbers []uint32 // the next of each flow
	turn    int

	sent    int // packets that the kernel took, this phase
	refused int // that it did not take
	late    int // that were not offered, because the generator was late
}

func newSender(all flows, o offer, direct bool) (*sender, error) {
	s := &sender{offer: o, flows: all, numbers: make([]uint32, len(all)), size: o.payload}
	if o.toPeer && !direct {
		s.header = 4
	}
	s.size += s.header
	for i := range all {
		var packets []byte
		for range o.train {
			if s.header > 0 {
				packets = appendChannelData(packets, channelOf(i), o.payload)
			}
			packets = append(packets, make([]byte, o.payload)...)
		}
		s.trains = append(s.trains, packets)
		if o.train == 1 {
			continue
		}
		if err := unix.SetsockoptInt(s.socket(i), unix.IPPROTO_UDP, unix.UDP_SEGMENT, s.size); err != nil {
			return nil, os.NewSyscallError("UDP_SEGMENT", err)
		}
	}
	return s, nil
}

func (s *sender) socket(i int) int {
	if s.toPeer {
		return s.flows[i].client
	}
	return s.flows[i].peer
}

// run offers packets for the given time. Their numbers begin at 0.
func (s *sender) run(phase uint32, most time.Duration) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Sleeps end when they should, not up to 50 us later.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("PR_SET_TIMERSLACK", err)
	}
	clear(s.numbers)
	s.sent, s.refused, s.late = 0, 0, 0
	begun, offered := time.Now(), 0
	debt := max(int(debtMax.Seconds()*float64(s.rate)), s.train)
	for {
		passed := time.Since(begun)
		due := int(min(passed, most).Seconds() * float64(s.rate))
		if over := due - offered - debt; over > 0 {
			s.late += over
			offered += over
		}
		for offered+s.train <= due {
			if err := s.sendTrain(phase); err != nil {
				return err
			}
			offered += s.train
		}
		if passed >= most {
			return nil
		}
		next := time.Duration(float64(offered+s.train)/float64(s.rate)*1e9) - time.Since(begun)
		nap(max(next, tick))
	}
}

// sendTrain sends the next train, of the flow whose turn it is.
func (s *sender) sendTrain(phase uint32) error {
	i := s.turn
	s.turn = (s.turn + 1) % len(s.flows)
	packets := s.trains[i]
	now := realtime()
	for at := s.header; at < len(packets); at += s.size {
		binary.LittleEndian.PutUint32(packets[at+phaseAt:], phase)
		binary.LittleEndian.PutUint32(packets[at+numberAt:], s.numbers[i])
		binary.LittleEndian.PutUint64(packets[at+timeAt:], uint64(now))
		s.numbers[i]++
	}
	_, err := unix.Write(s.socket(i), packets)
	switch {
	case err == nil:
		s.sent += s.train
	case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EAGAIN):
		s.refused += s.train
	default:
		return os.NewSyscallError("write", err)
	}
	return nil
}

// nap sleeps without telling the Go runtime, which would look for other work for
// this thread's share every time. Woken by a signal, the caller looks at the clock
// anyway.
func nap(d time.Duration) {
	pause := unix.NsecToTimespec(d.Nanoseconds())
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
}

// realtime is the clock that the kernel stamps packets with, in nanoseconds.
func realtime() int64 { return time.Now().UnixNano() }
