package node

import (
	"hash/maphash"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// primaryFresh is how long the address of the default route is taken as known.
const primaryFresh = 10 * time.Second

// relayDirectory knows the relays of all shards. Looking one up takes no lock:
// entries never change, and each port has a list of them that is replaced as a
// whole.
type relayDirectory struct {
	public [2]netip.Addr // what to advertise, by family; the zero Addr: what it is bound to
	pairs  []relayPair   // addresses of this machine that are advertised as others

	byPort [1 << 16]atomic.Pointer[relayEntry]
	own    atomic.Pointer[[]netip.Addr] // addresses that relays are advertised on

	mu      sync.Mutex // for writers
	users   map[netip.Addr]int
	primary [2]primaryAddress
}

// relayEntry is one relay. Its port is the same inside and outside.
type relayEntry struct {
	local, advertised netip.AddrPort
	next              *relayEntry
}

// relayPair is an address of this machine that relays are bound to, and how they
// are advertised then.
type relayPair struct{ public, private netip.Addr }

type primaryAddress struct {
	ip    netip.Addr
	until mono.Time
}

func newRelayDirectory(public []netip.Addr, pairs ...relayPair) *relayDirectory {
	d := &relayDirectory{users: make(map[netip.Addr]int), pairs: pairs}
	for _, p := range pairs {
		d.users[p.public]++
	}
	for _, ip := range public {
		ip = ip.Unmap().WithZone("")
		d.public[familyIndex(ip)] = ip
		d.users[ip]++
	}
	d.publishOwn()
	return d
}

// Bound implements [turn.Directory].
func (d *relayDirectory) Bound(a netip.AddrPort) (netip.AddrPort, bool) {
	for e := d.byPort[a.Port()].Load(); e != nil; e = e.next {
		if e.advertised == a {
			return e.local, true
		}
	}
	return netip.AddrPort{}, false
}

// Advertised implements [turn.Directory].
func (d *relayDirectory) Advertised(local netip.AddrPort) (netip.AddrPort, bool) {
	for e := d.byPort[local.Port()].Load(); e != nil; e = e.next {
		if e.local == local {
			return e.advertised, true
		}
	}
	return netip.AddrPort{}, false
}

// IsServerIP implements [turn.Directory].
func (d *relayDirectory) IsServerIP(ip netip.Addr) bool {
	return slices.Contains(*d.own.Load(), ip)
}

// add enters a relay and returns how it is advertised.
func (d *relayDirectory) add(local netip.AddrPort) netip.AddrPort {
	ip := d.advertisedIP(local.Addr())
	e := &relayEntry{local: local, advertised: netip.AddrPortFrom(ip, local.Port())}
	d.mu.Lock()
	defer d.mu.Unlock()
	head := &d.byPort[local.Port()]
	e.next = head.Load()
	head.Store(e)
	if d.users[ip]++; d.users[ip] == 1 {
		d.publishOwn()
	}
	return e.advertised
}

// advertisedIP returns the address that a relay on local is advertised with.
func (d *relayDirectory) advertisedIP(local netip.Addr) netip.Addr {
	for _, p := range d.pairs {
		if p.private == local {
			return p.public
		}
	}
	if public := d.public[familyIndex(local)]; public.IsValid() {
		return public
	}
	return local
}

// pairNear returns where to bind a relay if that is settled by a pair: the one
// whose address the client came to, else the first, unless others are advertised,
// too.
func (d *relayDirectory) pairNear(family turn.Family, near netip.Addr) (netip.Addr, bool) {
	var first netip.Addr
	for _, p := range d.pairs {
		switch {
		case p.private.Is4() != (family == turn.IPv4):
		case p.private == near:
			return near, true
		case !first.IsValid():
			first = p.private
		}
	}
	if !first.IsValid() || d.public[familyIndex(first)].IsValid() {
		return netip.Addr{}, false
	}
	return first, true
}

// remove takes a relay out.
func (d *relayDirectory) remove(local netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	head := &d.byPort[local.Port()]
	var kept *relayEntry
	for e := head.Load(); e != nil; e = e.next {
		if e.local != local {
			kept = &relayEntry{e.local, e.advertised, kept}
			continue
		}
		ip := e.advertised.Addr()
		if d.users[ip]--; d.users[ip] == 0 {
			delete(d.users, ip)
			d.publishOwn()
		}
	}
	head.Store(kept)
}

func (d *relayDirectory) publishOwn() {
	own := make([]netip.Addr, 0, len(d.users))
	for ip := range d.users {
		own = append(own, ip)
	}
	d.own.Store(&own)
}

// bindAddress chooses where to bind a relay: to the address the client came to,
// or, where that is of another family or reaches nobody else, to the one that the
// default route leaves from.
func (d *relayDirectory) bindAddress(now mono.Time, family turn.Family, near netip.Addr) (netip.Addr, bool) {
	near = near.Unmap()
	if ip, ok := d.pairNear(family, near); ok {
		return ip, true
	}
	fits := near.IsValid() && near.Is4() == (family == turn.IPv4)
	if fits && !near.IsLoopback() && !near.IsLinkLocalUnicast() && !near.IsUnspecified() && !near.IsMulticast() {
		return near, true
	}
	if ip := d.primaryOf(now, family); ip.IsValid() {
		return ip, true
	}
	return near, fits && near.IsLoopback()
}

// primaryOf returns the address that the default route leaves from, the zero
// Addr if there is none.
func (d *relayDirectory) primaryOf(now mono.Time, family turn.Family) netip.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &d.primary[0]
	if family == turn.IPv6 {
		p = &d.primary[1]
	}
	if p.until == mono.Never || now > p.until {
		p.ip, p.until = outboundAddress(family), now.Add(primaryFresh)
	}
	return p.ip
}

// outboundAddress asks the routing table, then the list of interfaces. Connecting
// a UDP socket sends nothing.
func outboundAddress(family turn.Family) netip.Addr {
	network, anywhere := "udp4", "192.0.2.1:9"
	if family == turn.IPv6 {
		network, anywhere = "udp6", "[2001:db8::1]:9"
	}
	if c, err := net.Dial(network, anywhere); err == nil {
		defer func() { _ = c.Close() }()
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok && usable(a.AddrPort().Addr().Unmap()) {
			return a.AddrPort().Addr().Unmap()
		}
	}
	addrs, _ := net.InterfaceAddrs() // without them there is none
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && usable(p.Addr()) && p.Addr().Is4() == (family == turn.IPv4) {
			return p.Addr()
		}
	}
	return netip.Addr{}
}

func usable(ip netip.Addr) bool { return ip.IsGlobalUnicast() }

func familyIndex(ip netip.Addr) int {
	if ip.Is4() {
		return 0
	}
	return 1
}

var shardSeed = maphash.MakeSeed()

// shardOf spreads streams over shards. Who chooses its address cannot choose its
// shard.
func shardOf(remote netip.AddrPort, shards int) int {
	return int(maphash.Comparable(shardSeed, remote) % uint64(shards))
}
