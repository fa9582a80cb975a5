//go:build linux

package internet

// Kind is how a site is connected.
type Kind string

// The kinds. Mapping and filtering are those of RFC 4787 sections 4.1 and 5.
const (
	// Open has a public IPv4 address and no firewall.
	Open Kind = "open"
	// FullCone has endpoint-independent mapping and filtering.
	FullCone Kind = "full-cone"
	// Restricted has endpoint-independent mapping, address-dependent filtering.
	Restricted Kind = "restricted"
	// PortRestricted has endpoint-independent mapping, address and
	// port-dependent filtering.
	PortRestricted Kind = "port-restricted"
	// Symmetric has address and port-dependent mapping, with random ports, and
	// filtering.
	Symmetric Kind = "symmetric"
	// UDPBlocked is a NAT that lets out TCP only.
	UDPBlocked Kind = "udp-blocked"
	// Only443 is a NAT that lets out TCP to port 443 only.
	Only443 Kind = "only-443"
	// IPv6Only has a public IPv6 address, no firewall, and no IPv4.
	IPv6Only Kind = "ipv6-only"
	// DualStack is PortRestricted on IPv4, and has public IPv6 addresses behind a
	// firewall that lets in only what answers (RFC 6092).
	DualStack Kind = "dual-stack"
)

// Kinds lists all kinds.
var Kinds = []Kind{
	Open, FullCone, Restricted, PortRestricted, Symmetric, UDPBlocked, Only443, IPv6Only, DualStack,
}

// HasIPv4 and HasIPv6 tell by what a client of the kind reaches the internet.
func (k Kind) HasIPv4() bool { return k != IPv6Only }

// HasIPv6 tells whether a client of the kind has public IPv6.
func (k Kind) HasIPv6() bool { return k == IPv6Only || k == DualStack }

// hasBox tells whether a box stands between the client and the core.
func (k Kind) hasBox() bool { return k != Open && k != IPv6Only }
