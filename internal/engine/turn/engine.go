// Package turn is a TURN server (RFC 8656) without sockets and clocks: a pure
// state machine. The owner hands in what arrived, with the time, and carries out
// what the engine put into an [Out].
//
//	client --> HandleClient ----> Out.Send --> peers (through a relay) and clients
//	peer ----> HandlePeer ------> Out.Send --> client, as ChannelData or Data indication
//
// The life of an allocation:
//
//	          Allocate            HandleRelayOpened
//	(none) ------------> pending --------------------> open --> (none)
//	         OpenRelay      |         success            |  CloseRelay when it
//	                        |                            |  expires, is deleted,
//	                        +--> (none): no port         |  or its stream closes
//	                        +--> abandoned --> (none): the stream closed meanwhile
//
// State is kept only for clients that have authenticated. All others get answers
// that are as small as the protocol lets them be, within a budget per source; the
// nonce they are told is a MAC of their address, so that the server need not
// remember it.
package turn

import (
	"encoding/binary"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/demux"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Engine holds the allocations of one shard. It belongs to one goroutine.
type Engine struct {
	cfg       Config
	hasher    *stun.Hasher
	budget    *replyBudget
	rules     *Rules
	failures  *replyBudget // of lines about wrong credentials
	clients   map[clientKey]*allocation
	users     map[string]int // relayed transport addresses by user
	relays    []relaySlot    // by RelayID
	free      []RelayID
	timers    timers
	counters  Counters
	serial    uint64 // of the allocation made last
	draining  bool
	alternate int  // the next one's turn
	limited   bool // something limits the bytes per second

	reservations map[reservationToken]*reservation
	reserved     []*reservation // the same, the next to expire first
	tokens       uint64         // made so far

	mobiles map[uint64]*allocation // those that have a ticket, by serial
	seal    ticketSeal

	lookups      lookups
	request      request // the one being handled
	indicationID uint64

	connections connections // of TCP allocations
}

// New returns an engine without allocations.
func New(cfg Config) *Engine {
	cfg = cfg.withDefaults()
	return &Engine{
		cfg:          cfg,
		hasher:       stun.NewHasher(),
		budget:       newReplyBudget(cfg.RepliesPerSecond, cfg.ReplyBurst, &cfg.Secret),
		failures:     newReplyBudget(failuresPerSecond, failureBurst, &cfg.Secret),
		rules:        cfg.Policy.Rules(),
		clients:      make(map[clientKey]*allocation),
		users:        make(map[string]int),
		reservations: make(map[reservationToken]*reservation),
		mobiles:      make(map[uint64]*allocation),
		seal:         newTicketSeal(&cfg.Secret),
		indicationID: binary.BigEndian.Uint64(cfg.Secret[:8]),
		limited:      cfg.Rates.Allocation > 0 || cfg.Rates.User > 0,
		connections:  newConnections(&cfg),
		lookups:      newLookups(),
	}
}

// HandleClient handles what a client sent: a datagram, or one frame of a stream.
func (e *Engine) HandleClient(now mono.Time, c Client, in *dgram.In, out *Out) {
	b := in.Payload()
	switch kind := demux.Classify(b); {
	case kind == demux.STUN:
		e.handleSTUN(now, c, b, out)
	case kind == demux.ChannelData || kind == demux.QUIC && b[0]>>6 == 1:
		e.handleChannelData(now, c, b, out)
	default:
		e.drop(DropNotTURN)
	}
}

// HandleClientClosed handles the end of a client's stream, and of what the
// client allocated through it.
func (e *Engine) HandleClientClosed(now mono.Time, c Client, out *Out) {
	e.forgetLookups(c)
	switch a := e.find(now, c, out); {
	case a == nil:
	case a.mobile != nil && a.state == open:
		e.loseStream(now, a, c, out)
	default:
		e.closeAllocation(a, "closed", out)
	}
}

// Advance closes the allocations, reservations and connections whose time is up, and
// ends lookups that took too long.
func (e *Engine) Advance(now mono.Time, out *Out) {
	e.advanceConnections(now, out)
	for {
		a := e.timers.first()
		if a == nil || a.expires > now {
			break
		}
		e.expire(a, now, out)
	}
	e.advanceReservations(now, out)
	e.advanceLookups(now, out)
}

// NextDeadline returns when Advance is to be called, [mono.Never] if not at all.
func (e *Engine) NextDeadline() mono.Time {
	next := mono.Earlier(e.connectionDeadline(), e.lookupDeadline())
	if a := e.timers.first(); a != nil {
		next = mono.Earlier(next, a.expires)
	}
	if len(e.reserved) > 0 {
		next = mono.Earlier(next, e.reserved[0].expires)
	}
	return next
}

// Counters returns the engine's own counters, for reading.
func (e *Engine) Counters() *Counters {
	for id := range e.relays {
		if a := e.relays[id].alloc; a != nil && a.only().id == RelayID(id) {
			e.countElsewhere(a)
		}
	}
	return &e.counters
}

func (e *Engine) drop(r DropReason) { e.counters.Drops[r]++ }
