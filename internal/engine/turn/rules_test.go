package turn

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// judgeSlowly is what [Policy] says, read off it word by word.
func judgeSlowly(p *Policy, ip netip.Addr) verdict {
	in := func(list []netip.Prefix) bool {
		for _, prefix := range list {
			if prefix.Contains(ip) || prefix.Addr().Is4In6() && prefix.Contains(netip.AddrFrom16(ip.As16())) {
				return true
			}
		}
		return false
	}
	v := refused
	for _, layer := range defaultLayers {
		if in(layer.prefixes) {
			v = layer.verdict
		}
	}
	for _, own := range p.Own {
		if own == ip {
			v = refused
		}
	}
	if in(p.Allow) {
		v = allowed
	}
	if in(p.Deny) {
		v = refused
	}
	return v
}

// The table that packets are looked up in says the same as the lists it was made
// from, at and around every border.
func TestRulesSayWhatThePolicySays(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	random := func(near netip.Addr) netip.Prefix {
		b := near.AsSlice()
		for i := range b {
			if rng.IntN(3) == 0 {
				b[i] = byte(rng.Uint32())
			}
		}
		ip, _ := netip.AddrFromSlice(b)
		return netip.PrefixFrom(ip, rng.IntN(ip.BitLen()+1))
	}
	seeds := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("2606:4700::9"), netip.MustParseAddr("192.168.0.1"), netip.MustParseAddr("fd00::1")}
	for range 300 {
		var p Policy
		for range rng.IntN(12) {
			p.Allow = append(p.Allow, random(seeds[rng.IntN(len(seeds))]))
			p.Deny = append(p.Deny, random(seeds[rng.IntN(len(seeds))]))
			p.Own = append(p.Own, random(seeds[rng.IntN(len(seeds))]).Addr())
		}
		rules := p.Rules()
		all := append(append(prefixes("::/0", "0.0.0.0/0"), p.Allow...), p.Deny...)
		for _, prefix := range all {
			s, v4 := spanOf(prefix)
			first, last := addrOf(s.first, v4), addrOf(s.last, v4)
			for _, ip := range append([]netip.Addr{first, last, first.Prev(), last.Next(), random(first).Addr()}, p.Own...) {
				if !ip.IsValid() || ip.Is4In6() {
					continue
				}
				got := rules.v6.at(keyOf6(ip))
				if ip.Is4() {
					got = rules.v4.at(keyOf4(ip))
				}
				if want := judgeSlowly(&p, ip); got != want {
					t.Fatalf("%v: verdict %d, want %d; %+v", ip, got, want, p)
				}
			}
		}
	}
}

func addrOf(k key, v4 bool) netip.Addr {
	if v4 {
		return netip.AddrFrom4([4]byte{byte(k.low >> 24), byte(k.low >> 16), byte(k.low >> 8), byte(k.low)})
	}
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(k.high>>(56-8*i)), byte(k.low>>(56-8*i))
	}
	return netip.AddrFrom16(b)
}

// A range that does not end where a prefix does comes as several prefixes, which
// become one range again.
func TestRangesOffThePrefixBoundary(t *testing.T) {
	p := Policy{Deny: prefixes("9.0.0.5/32", "9.0.0.6/31", "9.0.0.8/31", "2606:4700::5/128", "2606:4700::6/127")}
	rules := p.Rules()
	for s, want := range map[string]bool{
		"9.0.0.4": true, "9.0.0.5": false, "9.0.0.6": false, "9.0.0.9": false, "9.0.0.10": true,
		"2606:4700::4": true, "2606:4700::5": false, "2606:4700::7": false, "2606:4700::8": true,
		"64:ff9b::900:4": true, "64:ff9b::900:9": false, "2002:900:9::1": false, "2002:900:a::1": true,
	} {
		if got := rules.Permits(netip.MustParseAddr(s)); got != want {
			t.Errorf("Permits(%s) = %v, want %v", s, got, want)
		}
	}
	if more := len(rules.v4) - len(Policy{}.Rules().v4); more != 2 {
		t.Errorf("the IPv4 range takes %d marks, want its two ends", more)
	}
}

// Whoever allows the prefix of the network's own NAT64 does not open what IPv4
// addresses lie behind it, wherever they stand in it.
func TestLocalNAT64LeadsToPublicAddressesOnly(t *testing.T) {
	rules := Policy{Allow: prefixes("64:ff9b:1::/48")}.Rules()
	for s, want := range map[string]bool{
		"64:ff9b:1::8.8.8.8": true, "64:ff9b:1:808:8:800::": true, "64:ff9b:1:8:8:808::": true, "64:ff9b:1:0:8:808:800:0": true,
		"64:ff9b:1::169.254.169.254": false, "64:ff9b:1:a9fe:a9:fe00::": false, "64:ff9b:1:a9:fe:a9fe::": false,
		"64:ff9b:1:0:a9:fea9:fe00:0": false, "64:ff9b:1:7f00:0:100::": false, "64:ff9b:1::10.0.0.1": false,
		"64:ff9b:1:a9fe:ffa9:fe00::": false, // in the bits that are reserved, anything may stand
	} {
		if got := rules.Permits(netip.MustParseAddr(s)); got != want {
			t.Errorf("Permits(%s) = %v, want %v", s, got, want)
		}
	}
}

func TestOwnAddressesAreRefusedUnlessAllowed(t *testing.T) {
	own := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("::ffff:9.9.9.8"), netip.MustParseAddr("2606:4700::9")}
	rules := Policy{Own: own}.Rules()
	for s, want := range map[string]bool{
		"9.9.9.9": false, "9.9.9.8": false, "2606:4700::9": false, "9.9.9.7": true, "64:ff9b::909:909": false, "2002:909:909::1": false,
	} {
		if got := rules.Permits(netip.MustParseAddr(s)); got != want {
			t.Errorf("Permits(%s) = %v, want %v", s, got, want)
		}
	}
	if rules := (Policy{Own: own, Allow: prefixes("9.9.9.9/32")}).Rules(); !rules.Permits(own[0]) || rules.Permits(own[2]) {
		t.Error("Allow does not open an own address, or opens another")
	}
}

// Ten thousand ranges are looked up in without allocating, and in a table no
// longer than their ends.
func TestLongPolicies(t *testing.T) {
	var p Policy
	rng := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		p.Deny = append(p.Deny, netip.PrefixFrom(addrOf(key{low: uint64(rng.Uint32())}, true), 24+rng.IntN(9)))
	}
	rules := p.Rules()
	if len(rules.v4) > 2*len(p.Deny)+60 {
		t.Errorf("%d marks", len(rules.v4))
	}
	ips := []netip.Addr{netip.MustParseAddr("9.9.9.9"), netip.MustParseAddr("2001:0:808:808:0:0:f7f7:f7f7"), netip.MustParseAddr("64:ff9b:1::1")}
	if n := testing.AllocsPerRun(100, func() {
		for _, ip := range ips {
			rules.Permits(ip)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// HandlePolicy: what the new rules refuse stops at once, both ways, and only that.
func TestPolicyIsCheckedAgainAfterAReload(t *testing.T) {
	w := newWorld(t, Config{})
	w.client("a", "udp", "198.51.100.1:4000")
	for _, command := range []string{
		"a allocate", "a allocate", "opened 0 203.0.113.5:50000",
		"a permit peer=9.9.9.9:1 peer=8.8.8.8:1", "a bind channel=0x4000 peer=9.9.9.9:700", "a bind channel=0x4001 peer=8.8.8.8:700",
	} {
		if got := w.command(strings.Fields(command)); strings.Contains(got, "error") && !strings.Contains(got, "401") {
			t.Fatalf("%s: %s", command, got)
		}
	}
	w.engine.HandlePolicy(w.now, Policy{Deny: prefixes("9.9.9.0/24")}.Rules(), &w.out)
	for command, want := range map[string]string{
		"a channel 0x4000 x":           "drop: no_channel\n",
		"a send peer=9.9.9.9:1 data=x": "drop: no_permission\n",
		"peer 0 9.9.9.9:700 x":         "drop: no_permission\n",
		"a permit peer=9.9.9.9:1":      "a <- CreatePermission error 403 \"Forbidden\" integrity(ann), 64 bytes\n",
		"a channel 0x4001 x":           "relay 0 -> 8.8.8.8:700: \"x\"\n",
		"peer 0 8.8.8.8:700 x":         "a <- ChannelData 0x4001 \"x\", 5 bytes\n",
	} {
		if got := w.command(strings.Fields(command)); got != want {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
	// Permitted again, a peer needs a new permission: the old one is gone.
	w.engine.HandlePolicy(w.now, Policy{}.Rules(), &w.out)
	if got := w.command([]string{"peer", "0", "9.9.9.9:700", "x"}); got != "drop: no_permission\n" {
		t.Errorf("the permission is back: %s", got)
	}
}
