//go:build linux

package internet

import "fmt"

// Linux gives a mapping that does not depend on the destination as long as the
// port is free, and answers only where it was asked: masquerade alone is a
// port-restricted NAT. The other kinds are built around it.

// natRules gives the ruleset of a box. Its links are "wan", to the core, and
// "lan".
func natRules(kind Kind) string {
	switch kind {
	case FullCone:
		return masquerade("") + cone(`iifname "wan" dnat ip to udp dport map @mapping`)
	case Restricted:
		return masquerade("") + cone(`iifname "wan" udp dport . ip saddr @contacted dnat ip to udp dport map @mapping`)
	case Symmetric:
		return masquerade("fully-random") + guard("")
	case UDPBlocked:
		return masquerade("") + guard(`oifname "wan" meta l4proto udp drop`)
	case Only443:
		return masquerade("") + guard(`oifname "wan" meta l4proto != tcp drop; oifname "wan" tcp dport != 443 drop`)
	default:
		return masquerade("") + guard("")
	}
}

func masquerade(flags string) string {
	return fmt.Sprintf(`
table ip nat {
	chain outgoing {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan" masquerade %s
	}
}`, flags)
}

// guard drops what comes in unasked. It must not reach the box itself either:
// a connection tracked there would take the port from the client that is about
// to send from it, and break its mapping.
func guard(more string) string {
	return fmt.Sprintf(`
table inet guard {
	chain input {
		type filter hook input priority filter; policy accept;
		iifname "wan" meta l4proto { tcp, udp } ct state != { established, related } drop
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "wan" ct status dnat accept
		iifname "wan" ct state != { established, related } drop
		%s
	}
}`, more)
}

// cone remembers the mapping of every datagram that goes out and where it went,
// and lets in by the rule given.
func cone(admit string) string {
	return guard("") + fmt.Sprintf(`
table ip cone {
	map mapping {
		type inet_service : ipv4_addr . inet_service
		flags dynamic, timeout
		timeout 5m
	}
	set contacted {
		type inet_service . ipv4_addr
		flags dynamic, timeout
		timeout 5m
	}
	chain learn {
		type filter hook postrouting priority srcnat + 10; policy accept;
		oifname "wan" ct direction original meta l4proto udp update @mapping { udp sport : ct original ip saddr . ct original proto-src }
		oifname "wan" ct direction reply meta l4proto udp update @mapping { udp sport : ct reply ip saddr . ct reply proto-src }
		oifname "wan" meta l4proto udp update @contacted { udp sport . ip daddr }
	}
	chain admit {
		type nat hook prerouting priority dstnat; policy accept;
		%s
	}
}`, admit)
}
