//go:build linux

package lab

import (
	"fmt"
	"strings"

	"github.com/parley-rtc/parley/test/lab/internet"
)

// How a box chooses the outside port, and what it lets in (RFC 4787 sections
// 4.1 and 5).
type dependence int

const (
	onNothing dependence = iota
	onAddress
	onAddressAndPort
)

// nature is what matters of a kind for a direct path over IPv4 and UDP.
type nature struct {
	mapping, filtering dependence
	noUDP              bool
}

var natures = map[internet.Kind]nature{
	internet.Open:           {},
	internet.FullCone:       {},
	internet.Restricted:     {filtering: onAddress},
	internet.PortRestricted: {filtering: onAddressAndPort},
	internet.Symmetric:      {mapping: onAddressAndPort, filtering: onAddressAndPort},
	internet.UDPBlocked:     {noUDP: true},
	internet.Only443:        {noUDP: true},
	internet.DualStack:      {filtering: onAddressAndPort},
}

// Expected is the cheapest path that can exist between two places.
type Expected struct {
	Direct bool
	Reason string
	// OrRelay: the browsers may also stay on the relay, although direct is possible.
	OrRelay bool
}

// expect tells the path between clients of two kinds at different sites.
func expect(a, b internet.Kind) Expected {
	switch {
	case a.HasIPv6() && b.HasIPv6():
		return Expected{Direct: true, Reason: "both have public IPv6; sending at the same time opens both firewalls"}
	case !a.HasIPv4() || !b.HasIPv4():
		return Expected{Direct: false, Reason: "one has only IPv6, the other only IPv4; the relay has both"}
	}
	na, nb := natures[a], natures[b]
	switch {
	case na.noUDP || nb.noUDP:
		return Expected{Direct: false, Reason: "one cannot send UDP; it reaches the relay over TCP or TLS"}
	case unpredictable(na, nb) || unpredictable(nb, na):
		return Expected{Direct: false, Reason: "one port is chosen anew for each destination, and the other side lets in only the exact port it has sent to"}
	case na.mapping == onAddressAndPort || nb.mapping == onAddressAndPort:
		return Expected{Direct: true, Reason: "one port cannot be told before, but the other side lets it in"}
	case na.filtering == onNothing || nb.filtering == onNothing:
		return Expected{Direct: true, Reason: "at least one side can be reached at once, and ports stay the same"}
	default:
		return Expected{Direct: true, Reason: "ports stay the same; sending at the same time opens both filters"}
	}
}

// expectSameSite tells the path between two clients of one site.
func expectSameSite() Expected {
	return Expected{Direct: true, Reason: "both are on one network and need not leave it"}
}

// unpredictable tells whether a's outside port cannot be known by b, whose
// filter asks for it.
func unpredictable(a, b nature) bool {
	return a.mapping == onAddressAndPort && b.filtering == onAddressAndPort
}

// relayProtocols are the cheapest by which a client of the kind reaches the
// relay, the cheapest first. TCP and TLS cost the same: Firefox gives both the
// same priority. From IPv6 alone it takes now and then the stream's candidate
// although UDP works, because that was there first.
func relayProtocols(kind internet.Kind) []string {
	switch {
	case natures[kind].noUDP:
		return []string{"tcp", "tls"}
	case kind == internet.IPv6Only:
		return []string{"udp", "tcp", "tls"}
	}
	return []string{"udp"}
}

func (e Expected) String() string {
	if e.Direct {
		return "direct"
	}
	return "relay"
}

// gridDocument is docs/nat-grid.md.
func gridDocument() string {
	var b strings.Builder
	b.WriteString(gridIntroduction)
	b.WriteString("\n| |")
	for _, kind := range internet.Kinds {
		fmt.Fprintf(&b, " %s |", kind)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(internet.Kinds)) + "\n")
	notes := newNotes()
	for _, row := range internet.Kinds {
		fmt.Fprintf(&b, "| **%s** |", row)
		for _, column := range internet.Kinds {
			e := expect(row, column)
			text := e.String()
			if !e.Direct {
				text = "relay " + relayOf(row, column)
			}
			fmt.Fprintf(&b, " %s [%d] |", text, notes.number(e.Reason))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nTwo people at one site, of whatever kind: %s [%d].\n", expectSameSite(), notes.number(expectSameSite().Reason))
	b.WriteString("\n## Reasons\n\n")
	for i, reason := range notes.order {
		fmt.Fprintf(&b, "%d. %s.\n", i+1, strings.ToUpper(reason[:1])+reason[1:])
	}
	return b.String()
}

// relayOf tells how the two sides of a relayed call reach the relay.
func relayOf(a, b internet.Kind) string {
	pa, pb := relayProtocols(a)[0], relayProtocols(b)[0]
	if pa == pb {
		return pa
	}
	return pa + "/" + pb
}

type notes struct {
	order   []string
	numbers map[string]int
}

func newNotes() *notes { return &notes{numbers: map[string]int{}} }

func (n *notes) number(reason string) int {
	if n.numbers[reason] == 0 {
		n.order = append(n.order, reason)
		n.numbers[reason] = len(n.order)
	}
	return n.numbers[reason]
}

const gridIntroduction = `# Which way media takes

<!-- Written by the lab from test/lab/expect.go: go test ./test/lab -run TestGridDocument -update -->

Two people in a call are each behind some kind of network. Parley sends media straight from one to the
other wherever the two networks allow it, and through its relay where they do not. The lab builds each
pair with real NAT boxes and checks with Chromium and Firefox that media arrives by exactly this path.

| kind | what it is, in the words of [RFC 4787](https://www.rfc-editor.org/rfc/rfc4787) |
|---|---|
| open | a public IPv4 address, no firewall |
| full-cone | mapping and filtering do not depend on the other end |
| restricted | mapping does not depend on the other end; lets in addresses that were sent to |
| port-restricted | mapping does not depend on the other end; lets in the exact addresses and ports that were sent to |
| symmetric | another random port for each destination; lets in only that destination |
| udp-blocked | NAT; only TCP goes out |
| only-443 | NAT; only TCP to port 443 goes out |
| ipv6-only | a public IPv6 address, no firewall, no IPv4 |
| dual-stack | port-restricted NAT on IPv4, public IPv6 behind a firewall that lets in only answers |

"relay udp" means that both reach the relay over UDP; "tcp/udp" that the one named in the row reaches it
over TCP or TLS and the one named in the column over UDP (or needs no relay of its own). TURN over TCP and
over TLS share port 443 with the web app. Two Firefoxes, one of them behind a restricted NAT, may stay on
the relay where direct is possible: Firefox keeps the first pair that works, and that filter lets the relay in
as soon as the server was asked for the own address. From ipv6-only Firefox may take TCP or TLS to the relay although
UDP works, where that was ready first. Numbers in brackets are the reasons below.
`
