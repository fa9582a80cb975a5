package turn

import (
	"encoding/binary"
	"net/netip"
)

// Policy decides which peers may be reached through this server. The zero value
// lets only public unicast addresses be reached. Deny beats Allow, Allow beats
// the default. An IPv6 address that leads to an IPv4 address (mapped,
// compatible, 6to4, NAT64, Teredo, ISATAP) must be permitted as both.
type Policy struct {
	Allow, Deny []netip.Prefix
}

// Permits says whether ip may be a peer.
func (p Policy) Permits(ip netip.Addr) bool {
	permitted, _ := p.judge(ip)
	return permitted
}

// judge also says whether Allow names the address, rather than the default
// letting it pass.
func (p *Policy) judge(ip netip.Addr) (permitted, allowed bool) {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() {
		return false, false
	}
	permitted, allowed = p.judgeOne(ip)
	if ip.Is4() || !permitted {
		return permitted, allowed
	}
	inner, count := embeddedIPv4(ip)
	for _, v4 := range inner[:count] {
		if ok, _ := p.judgeOne(v4); !ok {
			return false, false
		}
	}
	return true, allowed
}

func (p *Policy) judgeOne(ip netip.Addr) (permitted, allowed bool) {
	if contains(p.Deny, ip) {
		return false, false
	}
	if contains(p.Allow, ip) {
		return true, true
	}
	return isPublic(ip), false
}

func contains(list []netip.Prefix, ip netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

func isPublic(ip netip.Addr) bool {
	if ip.Is4() {
		v := ip.As4()
		return isPublicIPv4(binary.BigEndian.Uint32(v[:]))
	}
	return isPublicIPv6(ip)
}

// range4 is a prefix of IPv4 addresses.
type range4 struct{ base, mask uint32 }

func prefix4(a, b, c, d byte, bits int) range4 {
	return range4{uint32(a)<<24 | uint32(b)<<16 | uint32(c)<<8 | uint32(d), ^uint32(0) << (32 - bits)}
}

// The IANA IPv4 Special-Purpose Address Registry, as far as it is not globally
// reachable, multicast, and the deprecated 6to4 relay anycast.
// https://www.iana.org/assignments/iana-ipv4-special-registry
var special4 = [...]range4{
	prefix4(0, 0, 0, 0, 8),       // this network, RFC 791
	prefix4(10, 0, 0, 0, 8),      // private use, RFC 1918
	prefix4(100, 64, 0, 0, 10),   // shared address space (CGNAT), RFC 6598
	prefix4(127, 0, 0, 0, 8),     // loopback, RFC 1122
	prefix4(169, 254, 0, 0, 16),  // link local, RFC 3927
	prefix4(172, 16, 0, 0, 12),   // private use, RFC 1918
	prefix4(192, 0, 0, 0, 24),    // IETF protocol assignments, RFC 6890
	prefix4(192, 0, 2, 0, 24),    // TEST-NET-1, RFC 5737
	prefix4(192, 88, 99, 0, 24),  // 6to4 relay anycast, RFC 7526
	prefix4(192, 168, 0, 0, 16),  // private use, RFC 1918
	prefix4(198, 18, 0, 0, 15),   // benchmarking, RFC 2544
	prefix4(198, 51, 100, 0, 24), // TEST-NET-2, RFC 5737
	prefix4(203, 0, 113, 0, 24),  // TEST-NET-3, RFC 5737
	prefix4(224, 0, 0, 0, 3),     // multicast, reserved, limited broadcast
}

func isPublicIPv4(v uint32) bool {
	for _, r := range special4 {
		if v&r.mask == r.base {
			return false
		}
	}
	return true
}

// range6 is a prefix of IPv6 addresses of at most 64 bits.
type range6 struct{ base, mask uint64 }

func prefix6(base uint64, bits int) range6 { return range6{base, ^uint64(0) << (64 - bits)} }

func (r range6) contains(high uint64) bool { return high&r.mask == r.base }

// Only 2000::/3 is global unicast (RFC 4291, section 2.4; IANA has given out
// nothing else), and 64:ff9b::/96 leads to IPv4 (RFC 6052). Within 2000::/3 the
// IANA IPv6 Special-Purpose Address Registry sets parts aside.
// https://www.iana.org/assignments/iana-ipv6-special-registry
var (
	global6        = prefix6(0x2000<<48, 3)
	protocol6      = prefix6(0x2001_0000<<32, 23) // IETF protocol assignments, RFC 2928
	teredo6        = prefix6(0x2001_0000<<32, 32) // RFC 4380
	documentation6 = prefix6(0x2001_0db8<<32, 32) // RFC 3849
	documentation7 = prefix6(0x3fff<<48, 20)      // RFC 9637
	sixToFour6     = prefix6(0x2002<<48, 16)      // RFC 3056
)

const (
	nat64High      = 0x0064_ff9b << 32 // 64:ff9b::/96, with the next 32 bits zero
	translatedMark = 0xffff_0000       // ::ffff:0:a.b.c.d, RFC 2765
)

func isPublicIPv6(ip netip.Addr) bool {
	high, low := halves(ip)
	if high == nat64High && low>>32 == 0 || teredo6.contains(high) {
		return true
	}
	return global6.contains(high) && !protocol6.contains(high) &&
		!documentation6.contains(high) && !documentation7.contains(high)
}

func halves(ip netip.Addr) (high, low uint64) {
	v := ip.As16()
	return binary.BigEndian.Uint64(v[:8]), binary.BigEndian.Uint64(v[8:])
}

// embeddedIPv4 returns the IPv4 addresses that packets to ip may end up at.
func embeddedIPv4(ip netip.Addr) (inner [2]netip.Addr, count int) {
	high, low := halves(ip)
	switch {
	case high == nat64High && low>>32 == 0:
		inner[0], count = ipv4(low), 1
	case high == 0 && (low>>32 == 0 && low > 1 || low>>32 == translatedMark):
		inner[0], count = ipv4(low), 1 // RFC 4291, section 2.5.5.1: IPv4-compatible, but not :: and ::1
	case teredo6.contains(high): // RFC 4380, section 4: server, and client with its bits flipped
		return [2]netip.Addr{ipv4(high), ipv4(^low)}, 2
	case sixToFour6.contains(high):
		inner[0], count = ipv4(high>>16), 1
	}
	// ISATAP, RFC 5214, section 6.1: 0000:5EFE or 0200:5EFE and the IPv4 address
	// as interface identifier, under any prefix.
	if low>>32&^0x0200_0000 == 0x0000_5efe {
		inner[count] = ipv4(low)
		count++
	}
	return inner, count
}

func ipv4(v uint64) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}
