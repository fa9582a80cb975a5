package node

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// discoveryConfig lets clients find out how NATs before them behave (RFC 5780).
// The zero value switches that off.
type discoveryConfig struct {
	// Alternate is "IP:PORT": another IP address of this machine and another port
	// than those of the first UDP address, which has to name an IP address and a
	// port as well. The server then listens on both ports of both addresses.
	Alternate string
	// Public is the address that clients know the alternate one by, where a NAT
	// stands before the server.
	Public netip.Addr
}

// discoveryAddresses returns what to listen on: by IP address, by port.
func (c *mediaConfig) discoveryAddresses() (at [2][2]netip.AddrPort, err error) {
	if len(c.UDP) == 0 {
		return at, errors.New("an alternate address needs UDP, which is off")
	}
	first, err := netip.ParseAddrPort(c.UDP[0])
	if err != nil || first.Addr().IsUnspecified() || first.Port() == 0 {
		return at, fmt.Errorf("an alternate address needs a first UDP address with IP address and port, and %q is none", c.UDP[0])
	}
	second, err := netip.ParseAddrPort(c.Discovery.Alternate)
	if err != nil || second.Addr().IsUnspecified() || second.Port() == 0 {
		return at, fmt.Errorf("alternate address %q: want IP:PORT", c.Discovery.Alternate)
	}
	if second.Addr() == first.Addr() || second.Port() == first.Port() || second.Addr().Is4() != first.Addr().Is4() {
		return at, fmt.Errorf("alternate address %v: want another IP address of the same family, and another port, than %v", second, first)
	}
	for i, ip := range []netip.Addr{first.Addr(), second.Addr()} {
		for j, port := range []uint16{first.Port(), second.Port()} {
			at[i][j] = netip.AddrPortFrom(ip, port)
		}
	}
	return at, nil
}

// addDiscovery adds the three other addresses to those that are listened on, and
// returns what the engines are to know of all four; nil if it is off.
func (c *mediaConfig) addDiscovery() (*turn.Discovery, error) {
	if c.Discovery.Alternate == "" {
		return nil, nil
	}
	at, err := c.discoveryAddresses()
	if err != nil {
		return nil, err
	}
	d := &turn.Discovery{}
	c.UDP = slices.Clone(c.UDP)
	for i := range at {
		for j, address := range at[i] {
			sock := dgram.Main
			if i+j > 0 {
				sock = dgram.Main | dgram.Sock(len(c.UDP))
				c.UDP = append(c.UDP, address.String())
			}
			d.Points[i][j] = turn.Point{Sock: sock, Address: netip.AddrPortFrom(c.seenAs(i, address.Addr()), address.Port())}
		}
	}
	return d, nil
}

// seenAs returns what clients know an address by: index 0 is the first UDP
// address, 1 the alternate one.
func (c *mediaConfig) seenAs(index int, ip netip.Addr) netip.Addr {
	if index == 1 {
		if c.Discovery.Public.IsValid() {
			return c.Discovery.Public
		}
		return ip
	}
	for _, p := range c.RelayPairs {
		if p.private == ip {
			return p.public
		}
	}
	for _, public := range c.PublicIPs {
		if public.Is4() == ip.Is4() {
			return public
		}
	}
	return ip
}
