package node

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// freeOn returns a port that is free on all of the addresses, for UDP and TCP. It
// is not one that systems give out, which another test may be given meanwhile.
func freeOn(t *testing.T, ips ...string) uint16 {
	t.Helper()
	for range 50 {
		port := 10_000 + rand.IntN(20_000)
		if freeOnAll(port, ips) {
			return uint16(port)
		}
	}
	t.Fatal("no port is free on all addresses")
	return 0
}

func freeOnAll(port int, ips []string) bool {
	for _, ip := range ips {
		address := net.JoinHostPort(ip, fmt.Sprint(port))
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			return false
		}
		_ = c.Close()
		l, err := net.Listen("tcp", address)
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

// TestCoturnNATDiscovery: coturn's utility finds out that there is no NAT on
// loopback, that nothing is filtered there, and how large packets get through.
func TestCoturnNATDiscovery(t *testing.T) {
	program := needProgram(t, "turnutils_natdiscovery", "Debian package coturn")
	port, other := freeOn(t, "127.0.0.1", "127.0.0.2"), freeOn(t, "127.0.0.1", "127.0.0.2")
	s := startTestServer(t, mediaConfig{
		UDP:       []string{fmt.Sprintf("127.0.0.1:%d", port)},
		Discovery: discoveryConfig{Alternate: fmt.Sprintf("127.0.0.2:%d", other)},
	})
	for flag, want := range map[string]string{
		"-m": "NAT with Endpoint Independent Mapping", "-f": "NAT with Endpoint Independent Filtering",
		"-mP": "NAT with Endpoint Independent Mapping", "-fP": "NAT with Endpoint Independent Filtering",
	} {
		t.Run(flag, func(t *testing.T) {
			output := runProgram(t, program, flag, "-p", fmt.Sprint(port), "-L", "127.0.0.1", "127.0.0.1")
			if !strings.Contains(output, want) {
				t.Errorf("%q is not in:\n%s", want, output)
			}
			if address := fmt.Sprintf("Other addr: : 127.0.0.2:%d", other); !strings.Contains(output, address) {
				t.Errorf("%q is not in:\n%s", address, output)
			}
		})
	}
	if got := s.Counters().TURN; got.Bindings < 8 || got.ErrorReplies != 0 {
		t.Errorf("%+v", got)
	}
}

func TestDiscoveryNeedsTwoAddresses(t *testing.T) {
	for _, c := range []mediaConfig{
		{Discovery: discoveryConfig{Alternate: "127.0.0.2:3479"}},
		{UDP: []string{":3478"}, Discovery: discoveryConfig{Alternate: "127.0.0.2:3479"}},
		{UDP: []string{"127.0.0.1:0"}, Discovery: discoveryConfig{Alternate: "127.0.0.2:3479"}},
		{UDP: []string{"127.0.0.1:3478"}, Discovery: discoveryConfig{Alternate: "127.0.0.2"}},
		{UDP: []string{"127.0.0.1:3478"}, Discovery: discoveryConfig{Alternate: "127.0.0.1:3479"}},
		{UDP: []string{"127.0.0.1:3478"}, Discovery: discoveryConfig{Alternate: "127.0.0.2:3478"}},
		{UDP: []string{"127.0.0.1:3478"}, Discovery: discoveryConfig{Alternate: "[::1]:3479"}},
	} {
		if d, err := c.addDiscovery(); err == nil || d != nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	c := mediaConfig{
		UDP: []string{"10.0.0.1:3478", "10.0.0.9:1"}, PublicIPs: []netip.Addr{netip.MustParseAddr("203.0.113.1")},
		Discovery: discoveryConfig{Alternate: "10.0.0.2:3479", Public: netip.MustParseAddr("203.0.113.2")},
	}
	d, err := c.addDiscovery()
	if err != nil || fmt.Sprint(c.UDP) != "[10.0.0.1:3478 10.0.0.9:1 10.0.0.1:3479 10.0.0.2:3478 10.0.0.2:3479]" {
		t.Fatalf("%v, %v", c.UDP, err)
	}
	if got := fmt.Sprint(d.Points); got != "[[{0 203.0.113.1:3478} {2 203.0.113.1:3479}] [{3 203.0.113.2:3478} {4 203.0.113.2:3479}]]" {
		t.Errorf("%s", got)
	}
}
