package turn

import "net/netip"

var teredo = netip.MustParsePrefix("2001::/32") // RFC 4380

const (
	teredoHigh32     = 0x2001_0000
	sixToFourHigh16  = 0x2002              // 2002::/16, RFC 3056
	nat64High        = 0x0064_ff9b << 32   // 64:ff9b::/96, with the next 32 bits zero, RFC 6052
	nat64LocalHigh48 = 0x0064_ff9b_0001    // 64:ff9b:1::/48, RFC 8215
	translatedMark   = 0xffff_0000         // ::ffff:0:a.b.c.d, RFC 2765
	isatapMark       = 0x0000_5efe         // RFC 5214, section 6.1
	isatapUnique     = uint64(0x0200_0000) // the bit that makes it 0200:5efe
	embeddedMax      = 5                   // of the forms below, at once
)

// embeddedIPv4 returns the IPv4 addresses that packets to ip may end up at.
func embeddedIPv4(ip netip.Addr) (inner [embeddedMax]uint32, count int) {
	k := keyOf6(ip)
	high, low := k.high, k.low
	switch {
	case high == nat64High && low>>32 == 0:
		inner[0], count = uint32(low), 1
	case high>>16 == nat64LocalHigh48:
		inner, count = localNAT64(high, low)
	case high == 0 && (low>>32 == 0 && low > 1 || low>>32 == translatedMark):
		inner[0], count = uint32(low), 1 // RFC 4291, section 2.5.5.1: IPv4-compatible, but not :: and ::1
	case high>>32 == teredoHigh32: // RFC 4380, section 4: server, and client with its bits flipped
		inner[0], inner[1], count = uint32(high), uint32(^low), 2
	case high>>48 == sixToFourHigh16:
		inner[0], count = uint32(high>>16), 1
	}
	// ISATAP: 0000:5EFE or 0200:5EFE and the IPv4 address as interface identifier,
	// under any prefix.
	if low>>32&^isatapUnique == isatapMark {
		inner[count] = uint32(low)
		count++
	}
	return inner, count
}

// localNAT64 takes apart an address of a prefix for translation within one
// network. Where the IPv4 address lies depends on the length of that prefix,
// which only the network knows: /48, /56, /64 or /96. So every place counts where
// something other than 0.0.0.0/8 stands, which nobody translates to.
// https://www.rfc-editor.org/rfc/rfc6052#section-2.2
func localNAT64(high, low uint64) (inner [embeddedMax]uint32, count int) {
	after := low << 8 >> 8 // bits 64 to 71 are reserved and no part of it
	for _, v := range [...]uint32{
		uint32(high<<48>>32) | uint32(after>>40),
		uint32(high<<56>>32) | uint32(after>>32),
		uint32(after >> 24),
		uint32(low),
	} {
		if v>>24 != 0 {
			inner[count] = v
			count++
		}
	}
	return inner, count
}
