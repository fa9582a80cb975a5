package config

import (
	"net/netip"
	"strings"
	"testing"
)

func TestRangesNeedNotEndWherePrefixesDo(t *testing.T) {
	got, err := ranges("deny-peer", []string{
		"10.0.0.0/8", "8.8.8.8", "9.0.0.5-9.0.1.2", "::ffff:1.2.3.4-1.2.3.5", "2001:db8::1-2001:db8::4",
		"0.0.0.0-255.255.255.255", "255.255.255.254-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "10.0.0.0/8 8.8.8.8/32 " +
		"9.0.0.5/32 9.0.0.6/31 9.0.0.8/29 9.0.0.16/28 9.0.0.32/27 9.0.0.64/26 9.0.0.128/25 9.0.1.0/31 9.0.1.2/32 " +
		"1.2.3.4/31 2001:db8::1/128 2001:db8::2/127 2001:db8::4/128 0.0.0.0/0 255.255.255.254/31 ::/0"
	var text []string
	for _, p := range got {
		text = append(text, p.String())
	}
	if s := strings.Join(text, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	for _, bad := range []string{"10.0.0.9-10.0.0.5", "10.0.0.1-::1", "10.0.0.1-", "-", "fe80::1%a-fe80::2%a", "ten-eleven", "10.0.0.0/8-11.0.0.0/8"} {
		if _, err := ranges("deny-peer", []string{bad}); err == nil || !strings.Contains(err.Error(), "FIRST-LAST") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// FuzzRanges: the prefixes hold what lies within the range and nothing else.
func FuzzRanges(f *testing.F) {
	f.Add("10.0.0.5-10.0.1.9", []byte{10, 0, 1, 0})
	f.Add("2001:db8::1-2001:db8::ffff", []byte{10, 0, 1, 0})
	f.Fuzz(func(t *testing.T, s string, probe []byte) {
		list, err := ranges("deny-peer", []string{s})
		low, high, dashed := strings.Cut(s, "-")
		if err != nil || !dashed {
			return
		}
		first, last := netip.MustParseAddr(strings.TrimSpace(low)).Unmap(), netip.MustParseAddr(strings.TrimSpace(high)).Unmap()
		if len(list) > 2*first.BitLen() {
			t.Fatalf("%d prefixes for %s", len(list), s)
		}
		ip, _ := netip.AddrFromSlice(probe) // not valid, and left out below, if it has another length
		for _, probe := range []netip.Addr{first, last, first.Prev(), last.Next(), ip} {
			if !probe.IsValid() || probe.Is4() != first.Is4() {
				continue
			}
			within, held := !probe.Less(first) && !last.Less(probe), 0
			for _, p := range list {
				if p.Contains(probe) {
					held++
				}
			}
			if within && held != 1 || !within && held != 0 {
				t.Fatalf("%s: %v is in %d of %v", s, probe, held, list)
			}
		}
	})
}
