//go:build linux

package shaper

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/mono"
	"github.com/parley-rtc/parley/test/lab/netns"
)

const maxPacketBytes = 1 << 16

// A Link is a shaped cable between devices in two namespaces.
type Link struct {
	AtoB, BtoA *Direction
}

// Connect makes the two devices, up and without addresses. They go with the
// test. Being TUN devices they carry IP only: they need routes, not neighbours,
// and cannot be put into a bridge.
func Connect(t testing.TB, a *netns.Namespace, nameA string, b *netns.Namespace, nameB string, aToB, bToA Config) *Link {
	t.Helper()
	deviceA, deviceB := openTUN(t, a, nameA), openTUN(t, b, nameB)
	l := &Link{AtoB: newDirection(aToB), BtoA: newDirection(bToA)}
	var running sync.WaitGroup
	for _, pump := range []func(){
		func() { l.AtoB.read(deviceA) }, func() { l.AtoB.write(deviceB) },
		func() { l.BtoA.read(deviceB) }, func() { l.BtoA.write(deviceA) },
	} {
		running.Go(pump)
	}
	t.Cleanup(func() {
		deviceA.Close()
		deviceB.Close()
		l.AtoB.close()
		l.BtoA.close()
		running.Wait()
	})
	return l
}

func openTUN(t testing.TB, ns *netns.Namespace, name string) *os.File {
	t.Helper()
	var fd int
	err := ns.Do(func() (err error) {
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	})
	if err != nil {
		t.Fatal(fmt.Errorf("open TUN device %s in %s: %w", name, ns.Name, err))
	}
	ns.IP("link set dev " + name + " up")
	return os.NewFile(uintptr(fd), name)
}

// A Direction is a [Queue] under the real clock.
type Direction struct {
	mu     sync.Mutex
	queue  *Queue
	closed bool
	wake   chan struct{} // holds at most one wish to look at the queue again
}

func newDirection(config Config) *Direction {
	return &Direction{queue: NewQueue(config), wake: make(chan struct{}, 1)}
}

// Configure changes how packets are treated from now on.
func (d *Direction) Configure(config Config) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue.Configure(config)
}

// Stats tells what became of the packets so far.
func (d *Direction) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue.Stats()
}

func (d *Direction) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.look()
}

func (d *Direction) look() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// read takes packets that the kernel sends through the device.
func (d *Direction) read(device *os.File) {
	buf := make([]byte, maxPacketBytes)
	for {
		n, err := device.Read(buf)
		if err != nil {
			return
		}
		d.mu.Lock()
		d.queue.Push(mono.Now(), append([]byte(nil), buf[:n]...))
		d.mu.Unlock()
		d.look()
	}
}

// write gives packets to the kernel at the other end when their time has come.
func (d *Direction) write(device *os.File) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		packet, next, closed := d.next()
		switch {
		case closed:
			return
		case packet != nil:
			if _, err := device.Write(packet); err != nil {
				continue // the kernel has no room, or the device goes: the packet is lost
			}
			continue
		case next != mono.Never:
			timer.Reset(next.Sub(mono.Now()))
		default:
			timer.Reset(time.Hour)
		}
		select {
		case <-timer.C:
		case <-d.wake:
		}
	}
}

func (d *Direction) next() (packet []byte, deadline mono.Time, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	packet = d.queue.Pop(mono.Now())
	return packet, d.queue.NextDeadline(), d.closed
}
