//go:build linux && !portable

package udp

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/mono"
)

// inPlaceMax is how long a poller that has just had something to do waits for more
// without telling the Go runtime, at most.
//
// Where the runtime is told, it takes the processor of the thread away after 20 us
// and finds it another one when it comes back: one or two more threads wake and
// sleep for every batch, which can cost more than relaying it. Where it is not
// told, the thread keeps its processor (so a server needs one for each poller,
// beside those for all else), and looks busy. What is busy for 10 ms without a
// break, the runtime interrupts by a signal, as it does to collect garbage. That
// ends the wait, and with nothing to read the next one is of the usual kind. So this
// limit matters only where such signals are off (GODEBUG=asyncpreemptoff=1). It is
// not shorter because a timer that is to go off before the kernel's next tick has
// to be told to the hardware, which is slow in virtual machines.
const inPlaceMax = 100 * time.Millisecond

// wait fills events. It blocks until the deadline, or for good if that is
// [mono.Never].
func (p *Poller) wait(deadline mono.Time) {
	p.next, p.ready = 0, 0
	if p.lively {
		p.ready = p.waitInPlace(min(uint(waitMillis(deadline)), uint(inPlaceMax/time.Millisecond)))
	}
	if p.ready == 0 {
		p.ready = p.waitParked(waitMillis(deadline))
	}
	p.lively = p.ready > 0
}

// waitMillis is how long to wait, -1 for good. It is rounded up: a wait that ends
// before the deadline would be repeated.
func waitMillis(deadline mono.Time) int {
	if deadline == mono.Never {
		return -1
	}
	left := deadline.Sub(mono.Now()) + time.Millisecond - 1
	return int(min(max(left, 0), time.Hour) / time.Millisecond)
}

func (p *Poller) waitInPlace(millis uint) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epfd), uintptr(unsafe.Pointer(&p.events[0])),
		uintptr(len(p.events)), uintptr(millis), 0, 0)
	if errno != 0 {
		return waitFailed(errno)
	}
	return int(n)
}

func (p *Poller) waitParked(millis int) int {
	p.count.parked.Add(1)
	n, err := unix.EpollWait(p.epfd, p.events[:], millis)
	if err != nil {
		return waitFailed(err)
	}
	return n
}

func waitFailed(err error) (ready int) {
	if !errors.Is(err, unix.EINTR) {
		panic(fmt.Sprintf("epoll_wait: %v", err)) // a wrong descriptor: a mistake of ours
	}
	return 0
}
