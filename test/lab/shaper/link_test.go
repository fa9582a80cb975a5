//go:build linux

package shaper

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/netns"
)

var (
	left  = netip.MustParseAddrPort("198.51.100.1:4000")
	right = netip.MustParseAddrPort("198.51.100.2:4000")
)

// shaped joins two namespaces and returns a socket in each.
func shaped(t *testing.T, ab, ba Config) (*Link, *net.UDPConn, *net.UDPConn) {
	t.Helper()
	netns.Require(t)
	w := netns.New(t)
	a, b := w.Namespace("left"), w.Namespace("right")
	for _, ns := range []*netns.Namespace{a, b} {
		ns.Sysctl("ipv6/conf/default/disable_ipv6", "1") // its router solicitations would be counted
	}
	l := Connect(t, a, "eth0", b, "eth0", ab, ba)
	a.IP("addr add 198.51.100.1/32 dev eth0", "route add default dev eth0")
	b.IP("addr add 198.51.100.2/32 dev eth0", "route add default dev eth0")
	return l, a.ListenUDP(left), b.ListenUDP(right)
}

// collect reads datagrams until there are as many as wanted, or none has come
// for a second, and hands each to fn with the time it came.
func collect(t *testing.T, conn *net.UDPConn, want int, fn func(number uint32, at time.Time)) (count int) {
	t.Helper()
	var buf [2048]byte
	for count < want {
		if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFromUDPAddrPort(buf[:])
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return count
		}
		if err != nil || n < 4 {
			t.Fatalf("%d bytes, %v", n, err)
		}
		fn(binary.BigEndian.Uint32(buf[:]), time.Now())
		count++
	}
	return count
}

func send(t *testing.T, conn *net.UDPConn, to netip.AddrPort, number uint32, size int) {
	t.Helper()
	packet := make([]byte, size)
	binary.BigEndian.PutUint32(packet, number)
	if _, err := conn.WriteToUDPAddrPort(packet, to); err != nil {
		t.Fatal(err)
	}
}

func TestLinkDelaysEachDirectionByItsOwn(t *testing.T) {
	_, a, b := shaped(t, Config{Delay: 80 * time.Millisecond}, Config{Delay: 40 * time.Millisecond})
	var thereLeast, backLeast = time.Hour, time.Hour
	for i := range uint32(5) {
		sent := time.Now()
		send(t, a, right, i, 100)
		collect(t, b, 1, func(_ uint32, at time.Time) { thereLeast = min(thereLeast, at.Sub(sent)) })
		sent = time.Now()
		send(t, b, left, i, 100)
		collect(t, a, 1, func(_ uint32, at time.Time) { backLeast = min(backLeast, at.Sub(sent)) })
	}
	// A busy machine makes a packet late, never early.
	if thereLeast < 80*time.Millisecond || backLeast < 40*time.Millisecond {
		t.Errorf("%v there and %v back, want at least 80 ms and 40 ms", thereLeast, backLeast)
	}
	if thereLeast > 400*time.Millisecond {
		t.Errorf("the fastest of five took %v, want about 80 ms", thereLeast)
	}
}

func TestLinkLosesItsShareAndKeepsTheOrder(t *testing.T) {
	l, a, b := shaped(t, Config{Loss: 0.2, Jitter: 5 * time.Millisecond, Seed: 3}, Config{})
	const packets = 2000
	done := make(chan int)
	go func() {
		last := -1
		done <- collect(t, b, packets, func(number uint32, _ time.Time) {
			if int(number) <= last {
				t.Errorf("%d after %d", number, last)
			}
			last = int(number)
		})
	}()
	for i := range uint32(packets) {
		send(t, a, right, i, 100)
		if i%50 == 49 {
			// The device has a short queue of its own: let it run empty.
			waitFor(t, func() bool { return l.AtoB.Stats().Sent >= uint64(i) })
		}
	}
	got := <-done
	if lost := 1 - float64(got)/packets; math.Abs(lost-0.2) > 0.04 {
		t.Errorf("%.3f lost, want 0.2", lost)
	}
	if s := l.AtoB.Stats(); s.Delivered != uint64(got) {
		t.Errorf("%d received, the link says %+v", got, s)
	}
}

func TestLinkLimitsTheRate(t *testing.T) {
	_, a, b := shaped(t, Config{RateBps: 2_000_000, QueueBytes: 1 << 20}, Config{})
	const packets, size = 200, 1000
	for i := range uint32(packets) {
		send(t, a, right, i, size)
	}
	var first, last time.Time
	got := collect(t, b, packets, func(_ uint32, at time.Time) {
		if first.IsZero() {
			first = at
		}
		last = at
	})
	// 28 bytes of UDP and IP headers count as well.
	want := time.Duration(packets-1) * (size + 28) * 8 * time.Second / 2_000_000
	if took := last.Sub(first); got != packets || took < want*8/10 {
		t.Errorf("%d packets in %v, want all in no less than about %v", got, took, want)
	}
}

func TestLinkQueueOverflows(t *testing.T) {
	l, a, b := shaped(t, Config{RateBps: 1_000_000, QueueBytes: 10_000}, Config{})
	const packets = 100
	for i := range uint32(packets) {
		send(t, a, right, i, 972) // 1000 bytes with headers
	}
	got := collect(t, b, packets, func(uint32, time.Time) {})
	// Ten fit; some more leave while the rest is still being sent.
	if s := l.AtoB.Stats(); got < 10 || got > 60 || s.Overflowed == 0 {
		t.Errorf("%d of %d came through a queue of ten packets: %+v", got, packets, s)
	}
}

func TestLinkCanChange(t *testing.T) {
	l, a, b := shaped(t, Config{}, Config{})
	send(t, a, right, 1, 100)
	if collect(t, b, 1, func(uint32, time.Time) {}) != 1 {
		t.Fatal("nothing came over a perfect link")
	}
	l.AtoB.Configure(Config{Loss: 1})
	send(t, a, right, 2, 100)
	if collect(t, b, 1, func(uint32, time.Time) {}) != 0 {
		t.Fatal("a packet came over a dead link")
	}
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); {
		if time.Now().After(deadline) {
			t.Error("not within 10 s")
			return
		}
		<-time.After(time.Millisecond)
	}
}
