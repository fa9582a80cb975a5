//go:build linux

package internet

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/parley-rtc/parley/test/lab/netns"
	"github.com/parley-rtc/parley/test/lab/shaper"
)

// A Site is a place with one connection to the internet. The clients of a site
// with a box share its lan and its outside address.
type Site struct {
	Kind    Kind
	Box     *netns.Namespace // nil where clients are attached to the core
	Outside netip.Addr       // IPv4 address of the box
	i       *Internet
	number  int
	clients int
}

// A Client is a host at a site.
type Client struct {
	*netns.Namespace
	Site *Site
	IPv4 netip.Addr // invalid where the kind has none
	IPv6 netip.Addr
	port string // the core's end of the link of a client without a box
}

// device is the client's only link.
const device = "eth0"

// Site builds a site of the kind, without clients.
func (i *Internet) Site(kind Kind) *Site {
	i.tb.Helper()
	i.sites++
	s := &Site{Kind: kind, i: i, number: i.sites}
	if !kind.hasBox() {
		return s
	}
	s.Outside = i.nextIPv4()
	s.Box = i.World.Namespace(fmt.Sprintf("box%d", s.number))
	forward(s.Box)
	// The firewall is the router's. What stays on the lan does not pass it.
	if _, err := os.Stat("/proc/sys/net/bridge"); err == nil {
		s.Box.Sysctl("bridge/bridge-nf-call-iptables", "0")
		s.Box.Sysctl("bridge/bridge-nf-call-ip6tables", "0")
	}
	s.Box.IP("link add lan type bridge", "link set lan up", "addr add 192.168.1.1/24 dev lan")
	s.Box.Nft(natRules(kind))
	outside := []netip.Addr{s.Outside}
	if kind.HasIPv6() {
		outside = append(outside, s.ipv6(1))
	}
	i.Attach(s.Box, "wan", outside...)
	if kind.HasIPv6() {
		s.Box.IP("addr add fe80::1/64 dev lan nodad")
		i.Core.IP(fmt.Sprintf("route add %s via %s", s.prefix(), s.ipv6(1)))
	}
	return s
}

// Client adds a client to the site.
func (s *Site) Client() *Client {
	s.i.tb.Helper()
	return s.client(nil)
}

// ShapedClient adds a client whose cable has the weaknesses given. It reaches
// the internet, but not the other clients of a site with a box.
func (s *Site) ShapedClient(toClient, fromClient shaper.Config) (*Client, *shaper.Link) {
	s.i.tb.Helper()
	var link *shaper.Link
	c := s.client(func(a *netns.Namespace, nameA string, b *netns.Namespace, nameB string) {
		link = shaper.Connect(s.i.tb, a, nameA, b, nameB, toClient, fromClient)
	})
	return c, link
}

// client adds a client by the cable given, which is shaped, or by a plain one.
func (s *Site) client(shaped cable) *Client {
	s.i.tb.Helper()
	s.clients++
	c := &Client{Namespace: s.i.World.Namespace(fmt.Sprintf("site%d-%d", s.number, s.clients)), Site: s}
	if s.Box == nil {
		s.attach(c, shaped)
	} else {
		s.plugIn(c, shaped)
	}
	hosts := "127.0.0.1 localhost\n::1 localhost\n"
	// Chromium looks up the hosts of ICE servers with a dot at the end.
	if s.Kind.HasIPv4() {
		hosts += fmt.Sprintf("%s %s %[2]s.\n", ServerIPv4, ServerName)
	}
	if s.Kind.HasIPv6() {
		hosts += fmt.Sprintf("%s %s %[2]s.\n", ServerIPv6, ServerName)
	}
	c.Hosts(hosts)
	return c
}

// attach connects a client without a box.
func (s *Site) attach(c *Client, shaped cable) {
	lay := s.i.World.Veth
	if shaped != nil {
		lay = shaped
	}
	if s.Kind.HasIPv4() {
		c.IPv4 = s.i.nextIPv4()
		c.port = s.i.attach(lay, c.Namespace, device, []netip.Addr{c.IPv4})
		return
	}
	c.IPv6 = s.ipv6(s.clients + 1)
	c.port = s.i.attach(lay, c.Namespace, device, []netip.Addr{c.IPv6})
}

// Move gives an open client another public address and takes the old one away,
// as when a laptop changes from one network to another.
func (c *Client) Move() {
	i := c.Site.i
	i.tb.Helper()
	if c.Site.Kind != Open {
		i.tb.Fatalf("a client of kind %s cannot move", c.Site.Kind)
	}
	old := c.IPv4
	c.IPv4 = i.nextIPv4()
	i.addAddress(c.Namespace, device, c.port, c.IPv4)
	c.IP(fmt.Sprintf("addr del %s/32 dev %s", old, device), "route replace default via "+coreIPv4+" dev "+device+" onlink")
	i.Core.IP(fmt.Sprintf("route del %s/32", old))
}

// plugIn connects a client to the lan of the site's box.
func (s *Site) plugIn(c *Client, shaped cable) {
	socket := fmt.Sprintf("socket%d", s.clients)
	c.IPv4 = netip.AddrFrom4([4]byte{192, 168, 1, byte(1 + s.clients)})
	inside := "lan"
	if shaped == nil {
		s.i.World.Veth(s.Box, socket, c.Namespace, device)
		s.Box.IP("link set " + socket + " master lan")
	} else {
		inside = socket
		shaped(s.Box, socket, c.Namespace, device)
		s.Box.IP(fmt.Sprintf("route add %s/32 dev %s", c.IPv4, socket))
	}
	c.IP(fmt.Sprintf("addr add %s/24 dev %s", c.IPv4, device), "route add default via 192.168.1.1")
	if !s.Kind.HasIPv6() {
		c.Sysctl("ipv6/conf/"+device+"/disable_ipv6", "1")
		return
	}
	c.IPv6 = s.ipv6(s.clients + 1)
	c.IP(fmt.Sprintf("addr add %s/64 dev %s nodad", c.IPv6, device), "route add ::/0 via fe80::1 dev "+device)
	s.Box.IP(fmt.Sprintf("route replace %s/128 dev %s", c.IPv6, inside))
}

// prefix is the site's own IPv6 network.
func (s *Site) prefix() netip.Prefix { return netip.PrefixFrom(s.ipv6(0), 64) }

func (s *Site) ipv6(host int) netip.Addr {
	return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", 0x100+s.number, host))
}
