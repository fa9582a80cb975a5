package offload

import (
	"net/netip"
	"strings"
	"testing"
)

func TestOnlyPlainChannelsAreTaken(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("203.0.113.1:5000"), netip.MustParseAddrPort("[2001:db8::1]:5000")
	for _, c := range []struct {
		name    string
		channel Channel
		plain   bool
	}{
		{"IPv4", Channel{v4, v4, v4, v4, 0x4000}, true},
		{"IPv6", Channel{v6, v6, v6, v6, 0x4000}, true},
		{"IPv4 to IPv6", Channel{v4, v4, v6, v6, 0x4000}, true},
		{"families mixed up", Channel{v4, v6, v6, v6, 0x4000}, false},
		{"no address", Channel{v4, netip.AddrPort{}, v4, v4, 0x4000}, false},
		{"no port", Channel{v4, v4, v4, netip.AddrPortFrom(v4.Addr(), 0), 0x4000}, false},
		{"unspecified", Channel{v4, netip.MustParseAddrPort("0.0.0.0:5000"), v4, v4, 0x4000}, false},
		{"mapped", Channel{v6, v6, v6, netip.MustParseAddrPort("[::ffff:203.0.113.1]:5000"), 0x4000}, false},
		{"with a zone", Channel{netip.MustParseAddrPort("[fe80::1%2]:5000"), v6, v6, v6, 0x4000}, false},
	} {
		if got := c.channel.plain(); got != c.plain {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestReasonsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for r := range reasons {
		name := r.String()
		if name == "" || seen[name] || strings.ToLower(name) != name {
			t.Errorf("reason %d is called %q", r, name)
		}
		seen[name] = true
	}
}
