package node

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// addressesEvery is how often the machine is asked for its addresses: they change
// while a server runs, those of IPv6 every day.
const addressesEvery = time.Minute

// peerPolicy is the policy in force.
type peerPolicy struct {
	mu      sync.Mutex
	current turn.Policy
}

// SetPolicy puts another peer policy into force. Sessions stay, except with peers
// that it refuses.
func (m *media) SetPolicy(p turn.Policy) {
	m.policy.mu.Lock()
	defer m.policy.mu.Unlock()
	p.Own = m.directory.ownAddresses()
	m.enforce(p)
}

// enforce is for who holds the lock of m.policy, so that all shards get policies in
// the same order.
func (m *media) enforce(p turn.Policy) {
	m.policy.current = p
	rules := p.Rules()
	for _, s := range m.shards {
		s.do(func(now mono.Time) { s.engine.HandlePolicy(now, rules, &s.out) })
	}
}

// watchAddresses keeps the policy to the addresses that the machine has.
func (m *media) watchAddresses() {
	tick := time.NewTicker(addressesEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.setOwn(m.directory.ownAddresses())
		case <-m.closing:
			return
		}
	}
}

// setOwn puts the addresses of the machine into force where they have changed.
func (m *media) setOwn(own []netip.Addr) {
	m.policy.mu.Lock()
	defer m.policy.mu.Unlock()
	p := m.policy.current
	if slices.Equal(p.Own, own) {
		return
	}
	p.Own = own
	m.enforce(p)
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
