package turn

import (
	"net/netip"
	"testing"
)

// Addresses that must never be a peer by default, by what they are.
var refusedIPv4 = map[string]string{
	"this network": "0.0.0.0", "this network, a host": "0.1.2.3", "loopback": "127.0.0.1", "loopback, the last": "127.255.255.255",
	"private 10": "10.0.0.1", "private 172": "172.16.0.1", "private 172, the last": "172.31.255.255", "private 192": "192.168.0.1",
	"CGNAT": "100.64.0.1", "CGNAT, the last": "100.127.255.255", "link-local": "169.254.0.1", "cloud metadata": "169.254.169.254",
	"cloud metadata, Alibaba": "100.100.100.200", "cloud metadata, Azure": "168.63.129.16", "cloud metadata, Oracle": "192.0.0.192",
	"protocol assignments": "192.0.0.8", "TEST-NET-1": "192.0.2.1", "TEST-NET-2": "198.51.100.1", "TEST-NET-3": "203.0.113.1",
	"6to4 relay": "192.88.99.1", "benchmarking": "198.18.0.1", "benchmarking, the last": "198.19.255.255",
	"multicast": "224.0.0.1", "multicast, the last": "239.255.255.255", "reserved": "240.0.0.1", "broadcast": "255.255.255.255",
}

var publicIPv4 = []string{
	"1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
	"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.114.0", "223.255.255.255",
}

var refusedIPv6 = map[string]string{
	"unspecified": "::", "loopback": "::1", "discard": "100::1", "link-local": "fe80::1", "link-local with zone": "fe80::1%eth0",
	"site-local": "fec0::1", "unique local": "fc00::1", "unique local d": "fd12:3456::1", "cloud metadata": "fd00:ec2::254", "cloud metadata, Google": "fd20:ce::254", "multicast": "ff02::1",
	"documentation": "2001:db8::1", "documentation 2": "3fff::1", "documentation 2, the last": "3fff:fff::1",
	"benchmarking": "2001:2::1", "ORCHID": "2001:10::1", "ORCHIDv2": "2001:20::1", "AMT": "2001:3::1",
	"local NAT64": "64:ff9b:1::8.8.8.8", "compatible, mapped twice": "::ffff:ffff:808:808", "segment routing": "5f00::1", "unassigned": "4000::1", "unassigned a": "a000::1",
	"compatible, public": "::8.8.8.8", "translated, public": "::ffff:0:8.8.8.8",
}

var publicIPv6 = []string{
	"2000::1", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "2001:db7::1", "2001:db9::1",
	"3ffe::1", "3fff:1000::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "2a00::5efe:8.8.8.8", "2a00::200:5efe:8.8.8.8",
	"2001:0:808:808:0:0:f7f7:f7f7", // Teredo of server and client 8.8.8.8
}

// disguises are the ways an IPv4 address is written as an IPv6 address.
func disguises(v4 netip.Addr) map[string]netip.Addr {
	b := v4.As4()
	last4 := func(prefix string) netip.Addr {
		v := netip.MustParseAddr(prefix).As16()
		copy(v[12:], b[:])
		return netip.AddrFrom16(v)
	}
	all := map[string]netip.Addr{
		"mapped": last4("::ffff:0:0"), "compatible": last4("::"), "translated": last4("::ffff:0:0:0"),
		"NAT64": last4("64:ff9b::"), "local NAT64": last4("64:ff9b:1::"),
		"ISATAP": last4("2a00::5efe:0:0"), "ISATAP, unique": last4("2a00:1450:1:2:200:5efe::"), "ISATAP, link-local": last4("fe80::5efe:0:0"),
		"ISATAP in 6to4": last4("2002:808:808::5efe:0:0"),
	}
	sixToFour := netip.MustParseAddr("2002::1").As16()
	copy(sixToFour[2:], b[:])
	all["6to4"] = netip.AddrFrom16(sixToFour)
	server := netip.MustParseAddr("2001::f7f7:f7f7").As16()
	copy(server[4:], b[:])
	all["Teredo server"] = netip.AddrFrom16(server)
	client := netip.MustParseAddr("2001:0:808:808::").As16()
	for i := range b {
		client[12+i] = ^b[i]
	}
	all["Teredo client"] = netip.AddrFrom16(client)
	return all
}

func TestPolicyDefault(t *testing.T) {
	var p Policy
	for what, s := range refusedIPv4 {
		ip := netip.MustParseAddr(s)
		if p.Permits(ip) {
			t.Errorf("%s (%s) is permitted", what, s)
		}
		for disguise, v6 := range disguises(ip) {
			// With 0.0.0.0 and 0.0.0.1, a compatible address is :: or ::1, which are
			// refused as what they are.
			if p.Permits(v6) {
				t.Errorf("%s (%s) is permitted as %s: %v", what, s, disguise, v6)
			}
		}
	}
	for what, s := range refusedIPv6 {
		if p.Permits(netip.MustParseAddr(s)) {
			t.Errorf("%s (%s) is permitted", what, s)
		}
	}
	for _, s := range append(publicIPv4, publicIPv6...) {
		if !p.Permits(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
	if p.Permits(netip.Addr{}) {
		t.Error("the zero address is permitted")
	}
}

func TestPolicyAllowAndDeny(t *testing.T) {
	p := Policy{
		Allow: prefixes("10.0.0.0/8", "::1/128", "fd00::/8", "127.0.0.1/32", "2002::/16"),
		Deny:  prefixes("10.1.0.0/16", "8.8.8.8/32", "2a00:1450::/32"),
	}
	for s, want := range map[string]bool{
		"10.0.0.1": true, "10.1.0.1": false, "::ffff:10.0.0.1": true, "::ffff:10.1.0.1": false,
		"127.0.0.1": true, "127.0.0.2": false, "::1": true, "fd00::1": true, "fc00::1": false,
		"8.8.8.8": false, "8.8.4.4": true, "64:ff9b::8.8.8.8": false, "64:ff9b::8.8.4.4": true,
		"64:ff9b::10.0.0.1": true, "64:ff9b::192.168.0.1": false, "2002:808:808::1": false,
		"2002:808:404::1": true, "2002:c0a8:1::1": false, "2a00:1450::1": false, "2a00:1451::1": true,
		"fd00::5efe:192.168.0.1": false, "fd00::5efe:10.0.0.1": true,
	} {
		if got := p.Permits(netip.MustParseAddr(s)); got != want {
			t.Errorf("Permits(%s) = %v, want %v", s, got, want)
		}
	}
}

// A permission that should never have come to be does not let packets out.
func TestPolicyIsCheckedAgainWhenSending(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate"})
	w.opened(0, "203.0.113.5:50000")
	alloc := w.engine.clients[a.mapKey()]
	bad := netip.MustParseAddrPort("127.0.0.1:80")
	alloc.permit(bad.Addr(), w.now, w.now+1e9, 9)
	alloc.channels = append(alloc.channels, channel{peer: bad, number: 0x4000, expires: w.now + 1e9})
	for _, command := range [][]string{{"a", "channel", "0x4000", "x"}, {"a", "send", "peer=" + bad.String(), "data=x"}} {
		if got := w.command(command); got != "drop: peer_refused\n" {
			t.Errorf("%v: %s", command, got)
		}
	}
}
