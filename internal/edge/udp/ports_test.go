package udp

import (
	"errors"
	"net/netip"
	"testing"
)

func TestPortsAreUsedOnceAndComeBack(t *testing.T) {
	ports, err := NewPorts(50000, 50009)
	if err != nil {
		t.Fatal(err)
	}
	v4 := netip.MustParseAddr("192.0.2.1")
	seen := map[uint16]bool{}
	inOrder := true
	for range 10 {
		a, err := ports.bind(v4, false, func(netip.AddrPort) (bool, error) { return false, nil })
		if err != nil {
			t.Fatal(err)
		}
		if seen[a.Port()] || a.Port() < 50000 || a.Port() > 50009 {
			t.Fatalf("port %d", a.Port())
		}
		inOrder = inOrder && a.Port() == 50000+uint16(len(seen))
		seen[a.Port()] = true
	}
	if inOrder {
		t.Error("ports were given out in order (one in 3.6 million by chance)")
	}
	if _, err := ports.bind(v4, false, func(netip.AddrPort) (bool, error) { return false, nil }); !errors.Is(err, ErrNoPort) {
		t.Errorf("an eleventh port of ten: %v", err)
	}
	if _, v6 := ports.Free(); v6 != 10 {
		t.Errorf("IPv6 has %d ports left, want its own 10", v6)
	}
	ports.release(v4, 50004)
	a, err := ports.bind(v4, false, func(netip.AddrPort) (bool, error) { return false, nil })
	if err != nil || a.Port() != 50004 {
		t.Errorf("got %v, %v, want the port that came back", a, err)
	}
}

func TestPortsOfOthersAreSkippedAndKept(t *testing.T) {
	ports, err := NewPorts(50000, 50003)
	if err != nil {
		t.Fatal(err)
	}
	v6 := netip.MustParseAddr("2001:db8::1")
	a, err := ports.bind(v6, false, func(a netip.AddrPort) (bool, error) {
		if a.Port() != 50002 {
			return true, ErrAddressInUse
		}
		return false, nil
	})
	if err != nil || a.Port() != 50002 {
		t.Fatalf("got %v, %v", a, err)
	}
	if _, free := ports.Free(); free != 3 {
		t.Errorf("%d ports free, want the 3 that another program holds now and may give back", free)
	}
	broken := errors.New("broken")
	if _, err := ports.bind(v6, false, func(netip.AddrPort) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, free := ports.Free(); free != 3 {
		t.Errorf("%d ports free after a failure, want 3", free)
	}
}

func TestPortRangesAreChecked(t *testing.T) {
	for _, r := range [][2]uint16{{0, 10}, {11, 10}} {
		if _, err := NewPorts(r[0], r[1]); err == nil {
			t.Errorf("%d-%d was taken for a range", r[0], r[1])
		}
	}
	if _, err := NewPorts(65535, 65535); err != nil {
		t.Error(err)
	}
}

func TestEvenPorts(t *testing.T) {
	ports, err := NewPorts(50001, 50007)
	if err != nil {
		t.Fatal(err)
	}
	v4 := netip.MustParseAddr("192.0.2.1")
	bind := func(even bool) (netip.AddrPort, error) {
		return ports.bind(v4, even, func(netip.AddrPort) (bool, error) { return false, nil })
	}
	for range 3 {
		if a, err := bind(true); err != nil || a.Port()%2 != 0 {
			t.Fatalf("got %v, %v", a, err)
		}
	}
	if _, err := bind(true); !errors.Is(err, ErrNoPort) {
		t.Errorf("a fourth even port of three: %v", err)
	}
	for range 4 {
		if a, err := bind(false); err != nil || a.Port()%2 == 0 {
			t.Fatalf("got %v, %v", a, err)
		}
	}
	if _, err := bind(false); !errors.Is(err, ErrNoPort) {
		t.Errorf("an eighth port of seven: %v", err)
	}
}

func TestPairsOfPorts(t *testing.T) {
	ports, err := NewPorts(50001, 50008)
	if err != nil {
		t.Fatal(err)
	}
	v4 := netip.MustParseAddr("192.0.2.1")
	held := errors.New("held")
	tries := 0
	if _, err := ports.bindPair(v4, func(a [2]netip.AddrPort) (bool, error) { tries++; return true, held }); !errors.Is(err, ErrNoPort) || tries != 3 {
		t.Errorf("%d tries of the three pairs, %v", tries, err)
	}
	if _, err := ports.bindPair(v4, func(a [2]netip.AddrPort) (bool, error) { return false, held }); !errors.Is(err, held) {
		t.Errorf("got %v", err)
	}
	for range 3 {
		a, err := ports.bindPair(v4, func([2]netip.AddrPort) (bool, error) { return false, nil })
		if err != nil || a[0].Port()%2 != 0 || a[1].Port() != a[0].Port()+1 {
			t.Fatalf("got %v, %v", a, err)
		}
	}
	if free, _ := ports.Free(); free != 2 { // 50001 and 50008, which have no partner
		t.Errorf("%d ports free, want 2", free)
	}
	// Half a pair is none.
	ports.release(v4, 50002)
	if a, err := ports.bindPair(v4, func([2]netip.AddrPort) (bool, error) { return false, nil }); !errors.Is(err, ErrNoPort) {
		t.Errorf("got %v, %v", a, err)
	}
	if a, err := ports.bind(v4, true, func(netip.AddrPort) (bool, error) { return false, nil }); err != nil || a.Port()%2 != 0 {
		t.Errorf("got %v, %v", a, err)
	}
}

// Who saw many relay ports knows nothing about the next: over many pairs of ports
// in a row each difference is about as frequent as any other, and all ports of the
// range come.
func TestPortsAreUnpredictable(t *testing.T) {
	const size, rounds = 64, 64 * 400
	ports, err := NewPorts(50000, 50000+size-1)
	if err != nil {
		t.Fatal(err)
	}
	v4 := netip.MustParseAddr("192.0.2.1")
	var differences, seen [size]int
	last := uint16(0)
	for range rounds {
		a, err := ports.bind(v4, false, func(netip.AddrPort) (bool, error) { return false, nil })
		if err != nil {
			t.Fatal(err)
		}
		seen[a.Port()-50000]++
		differences[(a.Port()-last)%size]++
		last = a.Port()
		ports.release(v4, last)
	}
	for i := range size { // 400 of each are to be expected; 200 away is ten standard deviations
		if seen[i] < 200 || seen[i] > 600 || differences[i] < 200 || differences[i] > 600 {
			t.Errorf("port %d came %d times, difference %d %d times, of %d", 50000+i, seen[i], i, differences[i], rounds)
		}
	}
}
