//go:build linux

package lab

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/internet"
	"github.com/parley-rtc/parley/test/lab/netns"
)

// A Binding request (RFC 8489) by hand, so that no code of the server's own is
// on both sides.
var bindingRequest = append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, "twelve bytes"...)

// The server answers on each of its addresses from that address: a NAT lets in
// nothing else.
func TestServerAnswersFromTheAddressAsked(t *testing.T) {
	netns.Require(t)
	i := internet.New(t)
	startServer(t, i)
	v4, v6 := i.Site(internet.PortRestricted).Client(), i.Site(internet.DualStack).Client()
	for _, c := range []struct {
		client *internet.Client
		local  netip.Addr
		server netip.Addr
	}{
		{v4, v4.IPv4, internet.ServerIPv4},
		{v4, v4.IPv4, internet.OtherIPv4},
		{v6, v6.IPv6, internet.ServerIPv6},
		{v6, v6.IPv6, internet.OtherIPv6},
	} {
		t.Run(c.server.String(), func(t *testing.T) {
			conn := c.client.ListenUDP(netip.AddrPortFrom(c.local, 0))
			to := netip.AddrPortFrom(c.server, 3478)
			if _, err := conn.WriteToUDPAddrPort(bindingRequest, to); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
				t.Fatal(err)
			}
			var buf [512]byte
			n, from, err := conn.ReadFromUDPAddrPort(buf[:])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(buf[:n], []byte{1, 1}) || netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != to {
				t.Errorf("%x from %v, want a Binding success response from %v", buf[:n], from, to)
			}
		})
	}
}
