//go:build linux

package internet

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/netns"
	"github.com/parley-rtc/parley/test/lab/shaper"
)

// A probe is a pair of public hosts, each with two ports, that tell a client
// how its datagrams look from outside and try to reach it. The method is that
// of RFC 5780 section 4.3 and 4.4.
type probe struct {
	t     *testing.T
	sinks map[string]*net.UDPConn // by "address/port", such as "A1"
}

const (
	probePort1 = 5001
	probePort2 = 5002
)

func newProbe(t *testing.T, i *Internet, v6 bool) *probe {
	a, b := ServerIPv4, OtherIPv4
	if v6 {
		a, b = ServerIPv6, OtherIPv6
	}
	p := &probe{t: t, sinks: map[string]*net.UDPConn{}}
	for name, addr := range map[string]netip.AddrPort{
		"A1": netip.AddrPortFrom(a, probePort1), "A2": netip.AddrPortFrom(a, probePort2),
		"B1": netip.AddrPortFrom(b, probePort1), "B2": netip.AddrPortFrom(b, probePort2),
	} {
		p.sinks[name] = i.Server.ListenUDP(addr)
	}
	return p
}

func (p *probe) addr(name string) netip.AddrPort {
	return p.sinks[name].LocalAddr().(*net.UDPAddr).AddrPort()
}

// mapped sends from the client to the sink and returns the source address that
// the sink sees, or false where nothing arrives.
func (p *probe) mapped(client *net.UDPConn, sink string) (netip.AddrPort, bool) {
	p.t.Helper()
	if _, err := client.WriteToUDPAddrPort([]byte(sink), p.addr(sink)); err != nil && !errors.Is(err, os.ErrPermission) {
		p.t.Fatal(err)
	}
	text, from, ok := receive(p.t, p.sinks[sink])
	if ok && text != sink {
		p.t.Fatalf("%s received %q", sink, text)
	}
	return from, ok
}

// reaches tells whether a datagram from the sink to the mapped address arrives.
func (p *probe) reaches(client *net.UDPConn, sink string, mapped netip.AddrPort) bool {
	p.t.Helper()
	if _, err := p.sinks[sink].WriteToUDPAddrPort([]byte(sink), mapped); err != nil {
		p.t.Fatal(err)
	}
	text, _, ok := receive(p.t, client)
	return ok && text == sink
}

// receive waits long enough for a datagram that crosses only namespaces of this
// machine.
func receive(t *testing.T, conn *net.UDPConn) (string, netip.AddrPort, bool) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var buf [64]byte
	n, from, err := conn.ReadFromUDPAddrPort(buf[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", from, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), true
}

// behaviour is what RFC 4787 calls mapping and filtering.
type behaviour struct {
	passes     bool // a datagram comes out at all
	translated bool // its source address is not the client's
	// Mapping: the mapped address stays the same towards ...
	samePerPort, samePerAddress bool
	// Filtering, after sending to A1 only: a datagram comes in from ...
	fromA1, fromA2, fromB1 bool
}

var behaviours = map[Kind]behaviour{
	Open:           {passes: true, samePerPort: true, samePerAddress: true, fromA1: true, fromA2: true, fromB1: true},
	FullCone:       {passes: true, translated: true, samePerPort: true, samePerAddress: true, fromA1: true, fromA2: true, fromB1: true},
	Restricted:     {passes: true, translated: true, samePerPort: true, samePerAddress: true, fromA1: true, fromA2: true},
	PortRestricted: {passes: true, translated: true, samePerPort: true, samePerAddress: true, fromA1: true},
	Symmetric:      {passes: true, translated: true, fromA1: true},
	UDPBlocked:     {},
	Only443:        {},
	DualStack:      {passes: true, translated: true, samePerPort: true, samePerAddress: true, fromA1: true},
}

func observe(t *testing.T, i *Internet, c *Client, local netip.Addr) behaviour {
	t.Helper()
	p := newProbe(t, i, local.Is6())
	client := c.ListenUDP(netip.AddrPortFrom(local, 0))
	mapped, ok := p.mapped(client, "A1")
	if !ok {
		return behaviour{}
	}
	b := behaviour{passes: true, translated: mapped != client.LocalAddr().(*net.UDPAddr).AddrPort()}
	// Filtering first: sending elsewhere would open the filter.
	b.fromB1 = p.reaches(client, "B1", mapped)
	b.fromA2 = p.reaches(client, "A2", mapped)
	b.fromA1 = p.reaches(client, "A1", mapped)
	other, ok := p.mapped(client, "A2")
	b.samePerPort = ok && other == mapped
	other, ok = p.mapped(client, "B1")
	b.samePerAddress = ok && other == mapped
	return b
}

func TestEachKindMapsAndFiltersAsRFC4787Says(t *testing.T) {
	netns.Require(t)
	for kind, want := range behaviours {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			i := New(t)
			c := i.Site(kind).Client()
			if got := observe(t, i, c, c.IPv4); got != want {
				t.Errorf("IPv4:\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestIPv6IsNeverTranslated(t *testing.T) {
	netns.Require(t)
	for kind, want := range map[Kind]behaviour{
		IPv6Only:  {passes: true, samePerPort: true, samePerAddress: true, fromA1: true, fromA2: true, fromB1: true},
		DualStack: {passes: true, samePerPort: true, samePerAddress: true, fromA1: true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			i := New(t)
			c := i.Site(kind).Client()
			if got := observe(t, i, c, c.IPv6); got != want {
				t.Errorf("IPv6:\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// Two sides of a call send at the same time. What arrives at a box before its
// own client has sent must not change that client's mapping.
func TestUnaskedDatagramLeavesTheMappingAsItIs(t *testing.T) {
	netns.Require(t)
	for _, kind := range []Kind{FullCone, Restricted, PortRestricted} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			i := New(t)
			c := i.Site(kind).Client()
			p := newProbe(t, i, false)
			client := c.ListenUDP(netip.AddrPortFrom(c.IPv4, 0))
			mapped, _ := p.mapped(client, "A1")
			p.reaches(client, "B1", mapped)
			if again, ok := p.mapped(client, "B1"); !ok || again != mapped {
				t.Errorf("mapped to %v after an unasked datagram, %v before", again, mapped)
			}
			if !p.reaches(client, "B1", mapped) {
				t.Error("B1 does not reach the client that has sent to it")
			}
		})
	}
}

func TestOnlyThePortsOfTheKindAreOpenForTCP(t *testing.T) {
	netns.Require(t)
	for kind, want := range map[Kind]map[uint16]bool{
		Open:       {443: true, 8080: true},
		UDPBlocked: {443: true, 8080: true},
		Only443:    {443: true, 8080: false},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			i := New(t)
			c := i.Site(kind).Client()
			for port, open := range want {
				if got := listens(t, i, c, netip.AddrPortFrom(ServerIPv4, port)); got != open {
					t.Errorf("tcp/%d open: %v, want %v", port, got, open)
				}
			}
		})
	}
}

func connects(c *Client, to netip.AddrPort) bool {
	return c.Do(func() error {
		conn, err := net.DialTimeout("tcp", to.String(), time.Second)
		if err == nil {
			conn.Close()
		}
		return err
	}) == nil
}

func TestClientsOfOneSiteReachEachOther(t *testing.T) {
	netns.Require(t)
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := New(t).Site(kind)
			a, b := s.Client(), s.Client()
			addrA, addrB := a.IPv4, b.IPv4
			if !kind.HasIPv4() {
				addrA, addrB = a.IPv6, b.IPv6
			}
			from := a.ListenUDP(netip.AddrPortFrom(addrA, 0))
			to := b.ListenUDP(netip.AddrPortFrom(addrB, 0))
			if _, err := from.WriteToUDPAddrPort([]byte("x"), to.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
				t.Fatal(err)
			}
			if _, source, ok := receive(t, to); !ok || source.Addr() != addrA {
				t.Errorf("received %v from %v, want it from %v", ok, source, addrA)
			}
		})
	}
}

func TestAClientThatMovesHasOnlyItsNewAddress(t *testing.T) {
	netns.Require(t)
	i := New(t)
	c := i.Site(Open).Client()
	p := newProbe(t, i, false)
	old := c.ListenUDP(netip.AddrPortFrom(c.IPv4, 0))
	before, _ := p.mapped(old, "A1")
	c.Move()
	after, ok := p.mapped(c.ListenUDP(netip.AddrPortFrom(c.IPv4, 0)), "A1")
	if !ok || after.Addr() != c.IPv4 {
		t.Fatalf("seen as %v after the move, want %v", after, c.IPv4)
	}
	if p.reaches(old, "A1", before) {
		t.Error("the old address still receives")
	}
}

func TestShapedClientIsAsFarAwayAsAskedFor(t *testing.T) {
	netns.Require(t)
	for _, kind := range Kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			i := New(t)
			c, link := i.Site(kind).ShapedClient(shaper.Config{Delay: 30 * time.Millisecond}, shaper.Config{Delay: 50 * time.Millisecond})
			server := ServerIPv4
			if !kind.HasIPv4() {
				server = ServerIPv6
			}
			began := time.Now()
			if !listens(t, i, c, netip.AddrPortFrom(server, 443)) {
				t.Fatal("the server is not reached")
			}
			if took := time.Since(began); took < 80*time.Millisecond {
				t.Errorf("a connection took %v, want at least a round trip of 80 ms", took)
			}
			if there, back := link.BtoA.Stats(), link.AtoB.Stats(); there.Delivered == 0 || back.Delivered == 0 {
				t.Errorf("not through the link: %+v, %+v", there, back)
			}
		})
	}
}

// listens opens the port at the server and tells whether the client reaches it.
func listens(t *testing.T, i *Internet, c *Client, at netip.AddrPort) bool {
	t.Helper()
	err := i.Server.Do(func() error {
		listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
		if err == nil {
			t.Cleanup(func() { listener.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return connects(c, at)
}
