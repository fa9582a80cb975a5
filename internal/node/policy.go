package node

import (
	"net"
	"net/netip"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// SetPolicy puts another peer policy into force. Sessions stay, except with peers
// that it refuses.
func (m *media) SetPolicy(p turn.Policy) {
	p.Own = m.directory.ownAddresses()
	rules := p.Rules()
	for _, s := range m.shards {
		s.do(func(now mono.Time) { s.engine.HandlePolicy(now, rules, &s.out) })
	}
}

// ownAddresses are those of the machine's interfaces now, and those that it is
// reached under from outside. Behind them are its own services, which no peer is
// to be taken for.
func (d *relayDirectory) ownAddresses() (own []netip.Addr) {
	for _, ip := range d.public {
		if ip.IsValid() {
			own = append(own, ip)
		}
	}
	for _, p := range d.pairs {
		own = append(own, p.public)
	}
	return append(own, interfaceAddresses()...)
}

// interfaceAddresses are those of the machine now. Without them the directory of
// relays still guards the advertised ones.
func interfaceAddresses() (list []netip.Addr) {
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Addr())
		}
	}
	return list
}
