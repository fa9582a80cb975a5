package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// model says what the engine is to do, in the plainest way: it keeps everything
// in maps and looks at the clock each time.
type model struct {
	t       testing.TB
	w       *world
	clients []*modelClient
	denied  netip.Prefix
	count   uint32 // of requests, for their transaction IDs

	asked   []RelayID                // relays that the engine waits for
	taken   map[RelayID]*modelClient // of asked and open relays; nil: given up
	toPeers uint64
	toUs    uint64 // packets to clients
	opened  uint64
	failed  uint64
}

// modelClient is a client, and what it should have.
type modelClient struct {
	*person
	alloc *modelAllocation
	last  netip.AddrPort // peer that a permission was asked for
}

type modelAllocation struct {
	user        string
	family      Family
	granted     time.Duration
	relay       RelayID
	at          netip.AddrPort // the zero AddrPort while it is not open
	expires     mono.Time
	permissions map[netip.Addr]mono.Time
	channels    map[ChannelNumber]modelChannel
}

type modelChannel struct {
	peer    netip.AddrPort
	expires mono.Time
}

// Relays of the model are advertised on these. One of each family belongs to
// another shard, so that they are always addresses of the server.
var (
	modelServer  = netip.MustParseAddrPort("203.0.113.5:49999")
	modelServer6 = netip.MustParseAddrPort("[2001:db8::5]:49999")
)

func newModel(t testing.TB) *model {
	w := newWorld(t, Config{
		MaxAllocations: 6, MaxAllocationsPerUser: 3, MaxPermissions: 3, MaxChannels: 3, RepliesPerSecond: 1e6, ReplyBurst: 1e9,
	})
	w.relays[modelServer], w.relays[modelServer6] = modelServer, modelServer6
	m := &model{t: t, w: w, taken: map[RelayID]*modelClient{}}
	for _, c := range []struct{ name, transport, remote string }{
		{"a", "udp", "198.51.100.1:4000"}, {"b", "udp", "[2001:db8::9]:4000"}, {"c", "tcp", "198.51.100.1:4000"},
		{"d", "tls", "198.51.100.2:4000"}, {"e", "udp", "198.51.100.1:4001"}, {"f", "udp", "198.51.100.3:4000"},
		{"g", "udp", "198.51.100.4:4000"},
	} {
		m.clients = append(m.clients, &modelClient{person: w.client(c.name, c.transport, c.remote)})
	}
	return m
}

// settle ends an allocation whose time is up.
func (m *model) settle(c *modelClient) {
	if c.isOpen() && c.alloc.expires <= m.w.now {
		m.end(c)
	}
}

func (c *modelClient) isOpen() bool { return c.alloc != nil && c.alloc.at.IsValid() }

// end ends c's allocation. A relay that is not open yet stays taken until it was
// answered for.
func (m *model) end(c *modelClient) {
	if c.isOpen() {
		delete(m.taken, c.alloc.relay)
		delete(m.w.relays, c.alloc.at)
	} else {
		m.taken[c.alloc.relay] = nil
	}
	c.alloc = nil
}

func (m *model) allocations(user string) (n int) {
	for _, c := range m.clients {
		if c.alloc != nil && c.alloc.user == user {
			n++
		}
	}
	return n
}

// permits is what [Policy] says of a peer, for the peers that the model uses.
func (m *model) refusal(a *modelAllocation, ip netip.Addr) stun.Code {
	switch {
	case ip.Is4() != (a.family == IPv4):
		return stun.CodePeerFamilyMismatch
	case ip == modelServer.Addr() || ip == modelServer6.Addr():
		return 0
	case modelRefused[ip] || m.denied.IsValid() && m.denied.Contains(ip):
		return stun.CodeForbidden
	}
	return 0
}

func (m *model) permits(a *modelAllocation, ip netip.Addr) bool {
	until, ok := a.permissions[ip]
	return ok && until > m.w.now
}

// permit grants a permission if there is room.
func (m *model) permit(a *modelAllocation, ip netip.Addr) bool {
	n := 0
	for other := range a.permissions {
		if other != ip && m.permits(a, other) {
			n++
		}
	}
	if n >= m.w.engine.cfg.MaxPermissions {
		return false
	}
	a.permissions[ip] = m.w.now.Add(5 * time.Minute)
	return true
}

// The want functions say what a request is answered with, 0 for success, and do to
// the model what it should do to the engine.

func (m *model) wantAllocate(c *modelClient, user string, family Family, lifetime time.Duration) stun.Code {
	m.settle(c)
	switch {
	case c.alloc != nil:
		return stun.CodeAllocationMismatch
	case m.allocations(user) >= m.w.engine.cfg.MaxAllocationsPerUser:
		return stun.CodeAllocationQuota
	case len(m.taken) >= m.w.engine.cfg.MaxAllocations:
		return stun.CodeInsufficientCapacity
	}
	c.alloc = &modelAllocation{
		user: user, family: family, granted: max(min(lifetime, time.Hour), 10*time.Minute),
		permissions: map[netip.Addr]mono.Time{}, channels: map[ChannelNumber]modelChannel{},
	}
	return 0
}

// wantOwner is what all other requests check first.
func (m *model) wantOwner(c *modelClient, user string) stun.Code {
	m.settle(c)
	if !c.isOpen() {
		return stun.CodeAllocationMismatch
	}
	if c.alloc.user != user {
		return stun.CodeWrongCredentials
	}
	return 0
}

func (m *model) wantRefresh(c *modelClient, user string, lifetime time.Duration) stun.Code {
	if code := m.wantOwner(c, user); code != 0 {
		return code
	}
	if lifetime == 0 {
		m.end(c)
		return 0
	}
	c.alloc.expires = m.w.now.Add(max(min(lifetime, time.Hour), 10*time.Minute))
	return 0
}

func (m *model) wantPermission(c *modelClient, user string, ips []netip.Addr) stun.Code {
	if code := m.wantOwner(c, user); code != 0 {
		return code
	}
	for _, ip := range ips {
		if code := m.refusal(c.alloc, ip); code != 0 {
			return code
		}
	}
	before := map[netip.Addr]mono.Time{}
	for ip, until := range c.alloc.permissions {
		before[ip] = until
	}
	for _, ip := range ips {
		if !m.permit(c.alloc, ip) {
			c.alloc.permissions = before
			return stun.CodeInsufficientCapacity
		}
	}
	return 0
}

func (m *model) wantChannel(c *modelClient, user string, n ChannelNumber, peer netip.AddrPort) stun.Code {
	if code := m.wantOwner(c, user); code != 0 {
		return code
	}
	if n < channelMin || n > channelMax {
		return stun.CodeBadRequest
	}
	if code := m.refusal(c.alloc, peer.Addr()); code != 0 {
		return code
	}
	others := 0
	for number, ch := range c.alloc.channels {
		switch {
		case ch.expires <= m.w.now:
		case (number == n) != (ch.peer == peer):
			return stun.CodeBadRequest
		case number != n:
			others++
		}
	}
	if others >= m.w.engine.cfg.MaxChannels || !m.permit(c.alloc, peer.Addr()) {
		return stun.CodeInsufficientCapacity
	}
	c.alloc.channels[n] = modelChannel{peer, m.w.now.Add(10 * time.Minute)}
	return 0
}

// wantToPeer says whether data of c for peer is sent. A peer on an address of the
// server has to be a relay that is open.
func (m *model) wantToPeer(c *modelClient, peer netip.AddrPort) bool {
	if _, isRelay := m.w.relays[peer]; isRelay {
		return true
	}
	ip := peer.Addr()
	return ip != modelServer.Addr() && ip != modelServer6.Addr() && m.refusal(c.alloc, ip) == 0
}

func (m *model) wantSend(c *modelClient, peer netip.AddrPort) bool {
	m.settle(c)
	return c.isOpen() && m.permits(c.alloc, peer.Addr()) && m.wantToPeer(c, peer)
}

func (m *model) wantChannelData(c *modelClient, n ChannelNumber) (peer netip.AddrPort, ok bool) {
	m.settle(c)
	if !c.isOpen() {
		return peer, false
	}
	ch, ok := c.alloc.channels[n]
	return ch.peer, ok && ch.expires > m.w.now && m.wantToPeer(c, ch.peer)
}

// wantFromPeer says who gets what arrives at a relay from a peer, nil if nobody.
func (m *model) wantFromPeer(id RelayID, from netip.AddrPort) *modelClient {
	c := m.taken[id]
	if c == nil || !c.isOpen() || c.alloc.expires <= m.w.now || !m.permits(c.alloc, from.Addr()) {
		return nil
	}
	return c
}

// outcome is what one step led to.
type outcome struct {
	code    stun.Code // of the reply: 0 for success
	replied bool
	peers   []netip.AddrPort // who was sent data
	clients []*modelClient   // who was sent data
}

// take reads what the engine put out, and keeps the model's relays by it.
func (m *model) take() (o outcome) {
	for _, s := range m.w.out.Send {
		if isPeerBound(&s) {
			o.peers = append(o.peers, s.Remote)
			continue
		}
		msg, ok := stun.Parse(s.Data)
		if !ok || msg.Type().Class() == stun.Indication {
			o.clients = append(o.clients, m.at(&s))
			continue
		}
		o.replied = true
		if v, ok := msg.Find(stun.AttrErrorCode); ok {
			o.code, _, _ = stun.ErrorCode(v)
		}
	}
	for _, r := range m.w.out.OpenRelays {
		if _, ok := m.taken[r.ID]; ok {
			m.t.Fatalf("relay %d is asked for, but is in use", r.ID)
		}
		m.asked = append(m.asked, r.ID)
	}
	m.w.effects()
	return o
}

func (m *model) at(s *dgram.Out) *modelClient {
	for _, c := range m.clients {
		if c.Sock == s.Sock && c.Remote == s.Remote {
			return c
		}
	}
	m.t.Fatalf("a packet to %v, who is no client", s.Remote)
	return nil
}
