// Package internet builds a small internet out of network namespaces: a core
// router, public hosts, and sites whose clients sit behind a NAT box or a
// firewall of a chosen kind, made with nftables.
//
//	          2001:db8::/32, 198.51.100.0/24, 203.0.113.0/24
//	server ──────────┐
//	open client ─────┤ core ├──── box (NAT, firewall) ── lan ── client
//	IPv6 client ─────┘                                     └─── client
//
// Only documentation addresses (RFC 5737, RFC 3849) are public here. Every NAT
// box has the same inside, 192.168.1.0/24, as the boxes of real homes do.
//
// What the boxes do is described in the words of RFC 4787, and proved by tests
// that send datagrams through them.
package internet
