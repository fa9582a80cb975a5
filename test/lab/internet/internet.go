//go:build linux

package internet

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/parley-rtc/parley/test/lab/netns"
)

// Addresses of the server's namespace. The second of each family is there for
// tests that need another address.
var (
	ServerIPv4 = netip.MustParseAddr("203.0.113.10")
	ServerIPv6 = netip.MustParseAddr("2001:db8::10")
	OtherIPv4  = netip.MustParseAddr("203.0.113.11")
	OtherIPv6  = netip.MustParseAddr("2001:db8::11")
)

// ServerName is the server's name in the hosts file of each client.
const ServerName = "parley.test"

const (
	coreIPv4 = "198.51.100.1"
	coreIPv6 = "fe80::1"
)

// Internet is the core with what is attached to it.
type Internet struct {
	World  *netns.World
	Core   *netns.Namespace
	Server *netns.Namespace
	tb     testing.TB
	links  int
	sites  int
	hosts  int
}

// New builds an internet with a server host and no sites.
func New(tb testing.TB) *Internet {
	tb.Helper()
	w := netns.New(tb)
	i := &Internet{World: w, Core: w.Namespace("core"), Server: w.Namespace("server"), tb: tb}
	forward(i.Core)
	i.Core.IP("addr add "+coreIPv4+"/32 dev lo",
		// What is nowhere is refused at once, as by a router without a default route.
		"route add unreachable default metric 4000", "route add unreachable ::/0 metric 4000")
	i.Attach(i.Server, "eth0", ServerIPv4, OtherIPv4, ServerIPv6, OtherIPv6)
	i.Server.Hosts("127.0.0.1 localhost\n")
	return i
}

// nextIPv4 hands out the public addresses of boxes and clients.
func (i *Internet) nextIPv4() netip.Addr {
	i.tb.Helper()
	i.hosts++
	if i.hosts > 240 {
		i.tb.Fatal("no public IPv4 address is left in 198.51.100.0/24")
	}
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(9 + i.hosts)})
}

// Attach cables a namespace to the core and gives it public addresses. It
// returns the name of the core's end.
func (i *Internet) Attach(ns *netns.Namespace, device string, addrs ...netip.Addr) (port string) {
	i.tb.Helper()
	return i.attach(i.World.Veth, ns, device, addrs)
}

// cable joins two namespaces.
type cable func(a *netns.Namespace, nameA string, b *netns.Namespace, nameB string)

func (i *Internet) attach(lay cable, ns *netns.Namespace, device string, addrs []netip.Addr) (port string) {
	i.tb.Helper()
	i.links++
	port = fmt.Sprintf("port%d", i.links)
	lay(i.Core, port, ns, device)
	i.Core.IP("addr add " + coreIPv6 + "/64 dev " + port + " nodad")
	i.address(ns, device, port, addrs)
	return port
}

// address gives addresses to a device whose other end is a port of the core.
func (i *Internet) address(ns *netns.Namespace, device, port string, addrs []netip.Addr) {
	i.tb.Helper()
	var v4, v6 bool
	for _, addr := range addrs {
		i.addAddress(ns, device, port, addr)
		v4, v6 = v4 || addr.Is4(), v6 || addr.Is6()
	}
	if v4 {
		ns.IP("route replace default via " + coreIPv4 + " dev " + device + " onlink")
	}
	if v6 {
		ns.IP("route replace ::/0 via " + coreIPv6 + " dev " + device)
	} else {
		ns.Sysctl("ipv6/conf/"+device+"/disable_ipv6", "1")
	}
}

// addAddress adds one public address to an attached device and makes it known
// to the core.
func (i *Internet) addAddress(ns *netns.Namespace, device, port string, addr netip.Addr) {
	i.tb.Helper()
	host := netip.PrefixFrom(addr, addr.BitLen())
	flags := ""
	if addr.Is6() {
		flags = " nodad"
	}
	ns.IP(fmt.Sprintf("addr add %s dev %s%s", host, device, flags))
	i.Core.IP(fmt.Sprintf("route replace %s dev %s", host, port))
}

func forward(ns *netns.Namespace) {
	ns.Sysctl("ipv4/ip_forward", "1")
	ns.Sysctl("ipv6/conf/all/forwarding", "1")
}
