//go:build linux && !portable

package udp

import (
	"bytes"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

func outs(to netip.AddrPort, sizes ...int) []dgram.Out {
	var batch []dgram.Out
	for i, n := range sizes {
		batch = append(batch, dgram.Out{Remote: to, Data: bytes.Repeat([]byte{byte('a' + i)}, n)})
	}
	return batch
}

func expectAll(t *testing.T, c *net.UDPConn, batch []dgram.Out) {
	t.Helper()
	for _, o := range batch {
		expect(t, c, o.Data)
	}
}

func TestRunsOfEqualSizeLeaveAsOne(t *testing.T) {
	for _, ip := range loopbacks {
		p := openOne(t, Config{})
		c := dial(t, netip.AddrPortFrom(ip, p.LocalAddr().Port()))
		batch := outs(addrOf(c), 1200, 1200, 1200, 700, 700, 1200, 20, 0, 5)
		for i := range batch {
			batch[i].Local = ip
		}
		p.WriteBatch(batch)
		expectAll(t, c, batch)
		// [1200 1200 1200 700] [700] [1200 20] [0] [5]
		if got := p.Counters(); got.Segmented != 6 || got.WriteCalls != 1 || got.DatagramsOut != 9 {
			t.Errorf("%v: %d segmented in %d calls, %d sent; want 6, 1, 9", ip, got.Segmented, got.WriteCalls, got.DatagramsOut)
		}
	}
}

func TestDestinationsAreGroupedAcrossTheBatch(t *testing.T) {
	p := openOne(t, Config{})
	a := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	b := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	var batch, toA, toB []dgram.Out
	for i := range 16 {
		toA = append(toA, outs(addrOf(a), 1000)...)
		toB = append(toB, outs(addrOf(b), 900)...)
		toA[i].Data[0], toB[i].Data[0] = byte(i), byte(i)
		batch = append(batch, toA[i], toB[i])
	}
	p.WriteBatch(batch)
	expectAll(t, a, toA)
	expectAll(t, b, toB)
	if got := p.Counters(); got.Segmented != 32 || got.WriteCalls != 1 {
		t.Errorf("%d segmented in %d calls, want 32 in 1", got.Segmented, got.WriteCalls)
	}
}

func TestMoreSegmentsThanOnePacketTakes(t *testing.T) {
	p := openOne(t, Config{})
	c := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	var batch []dgram.Out
	for i := range 3*segmentsMax + 1 {
		batch = append(batch, outs(addrOf(c), 1400)...)
		batch[i].Data[0] = byte(i)
	}
	p.WriteBatch(batch)
	expectAll(t, c, batch)
}

func TestARefusedSegmentSizeIsRemembered(t *testing.T) {
	p := openOne(t, Config{})
	c := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	// The kernel does not segment for a socket that sends no checksums.
	if err := unix.SetsockoptInt(p.mains[0].v4.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
		t.Fatal(err)
	}
	batch := outs(addrOf(c), 1400, 1400, 1400, 1400, 1400)
	p.WriteBatch(batch)
	expectAll(t, c, batch)
	if got := p.Counters(); got.DatagramsOut != 5 || got.SegmentationFaults == 0 || got.SendRefused != 0 {
		t.Errorf("counted %+v", got)
	}
	if p.mains[0].v4.gsoMax != 1399 {
		t.Errorf("segments up to %d are still tried", p.mains[0].v4.gsoMax)
	}
	faults := p.Counters().SegmentationFaults
	p.WriteBatch(batch)
	expectAll(t, c, batch)
	if got := p.Counters(); got.SegmentationFaults != faults || got.Segmented != 0 {
		t.Errorf("it was tried again: %+v", got)
	}
}

func TestSegmentationSwitchesItselfOff(t *testing.T) {
	s := &socket{gsoMax: gsoSizeMax}
	s.gsoRefused(unix.EINVAL, 1400)
	if s.gsoMax != 1399 {
		t.Errorf("after EINVAL at 1400: %d", s.gsoMax)
	}
	s.gsoRefused(unix.EINVAL, gsoSizeMin)
	if s.gsoMax != 0 {
		t.Errorf("after EINVAL at the smallest size: %d", s.gsoMax)
	}
	s.gsoMax = gsoSizeMax
	s.gsoRefused(unix.EIO, 1200)
	if s.gsoMax != 0 {
		t.Errorf("after EIO: %d", s.gsoMax)
	}
}

// A bad source address fails with EINVAL too, but segmentation has no part in it.
func TestABadSourceAddressDoesNotSwitchSegmentationOff(t *testing.T) {
	p := openOne(t, Config{})
	c := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	batch := outs(addrOf(c), 1000, 1000)
	for i := range batch {
		batch[i].Local = netip.MustParseAddr("203.0.113.77")
	}
	p.WriteBatch(batch)
	if got := p.Counters(); got.SendRefused != 2 || got.SegmentationFaults != 0 || p.mains[0].v4.gsoMax != gsoSizeMax {
		t.Errorf("counted %+v, segments up to %d", got, p.mains[0].v4.gsoMax)
	}
}

func TestNoAllocationPerDatagram(t *testing.T) {
	for _, ip := range loopbacks {
		p := openOne(t, Config{})
		relay, addr, err := p.OpenRelay(ip, false)
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, addr)
		batch := make([]dgram.Out, 0, 2*batchMax)
		payload := bytes.Repeat([]byte("x"), 1000)
		to := netip.AddrPortFrom(ip, p.LocalAddr().Port())
		// The relay socket talks to the public port, so the sender is the poller too.
		allocations := testing.AllocsPerRun(100, func() {
			batch = batch[:0]
			for range 32 {
				batch = append(batch, dgram.Out{Sock: relay, Remote: to, Data: payload})
			}
			p.WriteBatch(batch)
			batch = batch[:0]
			for got := 0; got < 32; {
				in := p.ReadBatch(mono.Never)
				got += len(in)
				for i := range in {
					batch = append(batch, dgram.Out{Sock: in[i].Sock, Remote: addrOfOnce(c), Local: in[i].Local, Data: payload})
				}
			}
			p.WriteBatch(batch)
		})
		if allocations != 0 {
			t.Errorf("%v: %v allocations for 64 datagrams", ip, allocations)
		}
	}
}

var once netip.AddrPort

// addrOfOnce keeps the test's own allocations out of the count.
func addrOfOnce(c *net.UDPConn) netip.AddrPort {
	if !once.IsValid() || once.Addr().Is4() != (c.LocalAddr().(*net.UDPAddr).IP.To4() != nil) {
		once = addrOf(c)
	}
	return once
}

func TestOneCallMovesABatch(t *testing.T) {
	p := openOne(t, Config{})
	c := dial(t, netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port()))
	for range batchMax {
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	readN(t, p, batchMax, func(*dgram.In) {})
	if got := p.Counters().ReadCalls; got != 1 {
		t.Errorf("%d calls for %d datagrams that were there", got, batchMax)
	}
}

func TestShardsShareThePort(t *testing.T) {
	pollers, err := Open(Config{Listen: []string{"127.0.0.1:0"}, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pollers {
		defer p.Close()
	}
	if pollers[0].LocalAddr() != pollers[1].LocalAddr() {
		t.Fatalf("%v and %v", pollers[0].LocalAddr(), pollers[1].LocalAddr())
	}
	const clients = 64
	for range clients {
		if _, err := dial(t, pollers[0].LocalAddr()).Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	var shares []int
	for _, p := range pollers {
		got := 0
		for {
			n := len(p.ReadBatch(mono.Now()))
			if n == 0 {
				break
			}
			got += n
		}
		shares = append(shares, got)
	}
	if shares[0]+shares[1] != clients || shares[0] == 0 || shares[1] == 0 {
		t.Errorf("shares %v of %d clients", shares, clients)
	}
}
