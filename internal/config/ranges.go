package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// ranges parses address ranges: a prefix, one address, or the first and the last
// with a dash between them, which become as few prefixes as cover them.
func ranges(flag string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		low, high, dashed := strings.Cut(s, "-")
		if !dashed {
			p, err := prefixes(flag, []string{s})
			if err != nil {
				return nil, fmt.Errorf("--%s %q: want an address range such as 10.0.0.0/8, fd00::/8 or 10.0.0.5-10.0.0.9", flag, s)
			}
			out = append(out, p...)
			continue
		}
		first, err1 := netip.ParseAddr(strings.TrimSpace(low))
		last, err2 := netip.ParseAddr(strings.TrimSpace(high))
		first, last = first.Unmap(), last.Unmap()
		if err1 != nil || err2 != nil || first.Is4() != last.Is4() || first.Zone()+last.Zone() != "" || last.Less(first) {
			return nil, fmt.Errorf("--%s %q: want FIRST-LAST of one family with FIRST not behind LAST, such as 10.0.0.5-10.0.0.9", flag, s)
		}
		out = append(out, cover(first, last)...)
	}
	return out, nil
}

// cover returns the prefixes that hold first to last and nothing else.
func cover(first, last netip.Addr) (out []netip.Prefix) {
	for first.IsValid() && !last.Less(first) {
		// The largest prefix that begins at first and ends at last or before.
		p := netip.PrefixFrom(first, first.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(first, p.Bits()-1)
			if wider.Masked().Addr() != first || last.Less(lastOf(wider)) {
				break
			}
			p = wider
		}
		out = append(out, p)
		first = lastOf(p).Next() // invalid behind the last address of all
	}
	return out
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip
}
