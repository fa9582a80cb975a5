package turn

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// ConnectionID names a connection between a TCP allocation and a peer, a "peer
// data connection" (RFC 6062, section 6.2.1). Its upper 8 bits are
// [Config.Shard], so that whoever sees one knows which engine has the connection.
type ConnectionID uint32

// Shard returns the number of the engine that gave the ID out.
func (id ConnectionID) Shard() uint8 { return uint8(id >> connectionIDBits) }

const (
	connectionIDBits = 24
	connectionIDMask = 1<<connectionIDBits - 1
)

// connectionTimeout is for the peer to be reached, and then for the client to
// bind the connection.
//
// "The timeout value MUST be at least 30 seconds." "If no ConnectionBind request
// associated with this peer data connection is received after 30 seconds, the
// peer data connection MUST be closed."
// https://www.rfc-editor.org/rfc/rfc6062#section-5.2
const connectionTimeout = 30 * time.Second

// connectionState is the life of a connection:
//
//	Connect -------> connecting --HandlePeerConnected--> waiting --ConnectionBind--> joined
//	HandlePeerAccepted ----------------------------------'
type connectionState uint8

const (
	connecting connectionState = iota // the owner tries to reach the peer
	waiting                           // for the client's ConnectionBind
	joined                            // bytes flow, past the engine
)

// connection is one peer data connection.
type connection struct {
	id    ConnectionID
	alloc *allocation
	peer  netip.AddrPort
	state connectionState

	// The queue of those that are connecting or waiting.
	expires    mono.Time
	prev, next *connection

	// The Connect that is answered when the peer is there.
	transaction stun.TransactionID
	fingerprint bool
}

// connections are those of all allocations of an engine.
type connections struct {
	byID        map[ConnectionID]*connection
	first, last *connection // those with a timeout, the next to end first
	seed, given uint32
}

func newConnections(cfg *Config) connections {
	return connections{byID: make(map[ConnectionID]*connection), seed: binary.BigEndian.Uint32(cfg.Secret[16:])}
}

// add makes a connection whose peer has timeout to come, or to be bound.
func (s *connections) add(shard uint8, a *allocation, peer netip.AddrPort, now mono.Time) *connection {
	c := &connection{id: s.nextID(shard), alloc: a, peer: peer}
	s.byID[c.id] = c
	a.connections = append(a.connections, c)
	s.enqueue(c, now)
	return c
}

// nextID gives out each of 2^24 numbers before the first of them comes again:
// multiplying by an odd number is a permutation.
func (s *connections) nextID(shard uint8) ConnectionID {
	for {
		s.given++
		id := ConnectionID(shard)<<connectionIDBits | ConnectionID((s.given^s.seed)*0x9e3779b1&connectionIDMask)
		if s.byID[id] == nil {
			return id
		}
	}
}

// enqueue starts c's timeout. All are equally long, so the newest ends last.
func (s *connections) enqueue(c *connection, now mono.Time) {
	c.expires, c.prev = now.Add(connectionTimeout), s.last
	if s.last == nil {
		s.first = c
	} else {
		s.last.next = c
	}
	s.last = c
}

// dequeue ends c's timeout, if it has one.
func (s *connections) dequeue(c *connection) {
	if s.first != c && c.prev == nil {
		return
	}
	if c.prev == nil {
		s.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		s.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
}

// remove forgets c; its number may come again.
func (s *connections) remove(c *connection) {
	s.dequeue(c)
	delete(s.byID, c.id)
	a := c.alloc
	if i := slices.Index(a.connections, c); i >= 0 {
		a.connections = slices.Delete(a.connections, i, i+1)
	}
}

func (a *allocation) connectionTo(peer netip.AddrPort) *connection {
	for _, c := range a.connections {
		if c.peer == peer {
			return c
		}
	}
	return nil
}

// closeConnections: "If the allocation associated with a data connection
// expires, the data connection MUST be closed."
// https://www.rfc-editor.org/rfc/rfc6062#section-5.5
func (e *Engine) closeConnections(a *allocation, out *Out) {
	for len(a.connections) > 0 {
		c := a.connections[len(a.connections)-1]
		out.ClosePeers = append(out.ClosePeers, c.id)
		e.connections.remove(c)
	}
}

// refuseConnections ends those with peers that may not be reached any more.
func (e *Engine) refuseConnections(a *allocation, out *Out) {
	for i := len(a.connections) - 1; i >= 0; i-- {
		c := a.connections[i]
		if _, ok := e.routeStream(c.peer); ok {
			continue
		}
		out.ClosePeers = append(out.ClosePeers, c.id)
		e.connections.remove(c)
		if c.state == connecting {
			e.answerConnect(c, stun.CodeForbidden, out)
		}
	}
}

// advanceConnections ends those whose peer or client did not come in time.
func (e *Engine) advanceConnections(now mono.Time, out *Out) {
	for c := e.connections.first; c != nil && c.expires <= now; c = e.connections.first {
		out.ClosePeers = append(out.ClosePeers, c.id)
		e.connections.remove(c)
		if c.state == connecting {
			e.answerConnect(c, stun.CodeConnectionFailed, out)
		}
	}
}

func (e *Engine) connectionDeadline() mono.Time {
	if c := e.connections.first; c != nil {
		return c.expires
	}
	return mono.Never
}
