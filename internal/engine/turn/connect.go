package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// protocolTCP is TCP in REQUESTED-TRANSPORT (IANA protocol numbers).
const protocolTCP = 6

// OpenListener asks the owner of the engine for a TCP port to accept peers on and
// to connect to peers from. The owner answers with exactly one HandleRelayOpened
// for each, whose Sock does not count.
type OpenListener struct {
	ID     RelayID
	Family Family
	Near   netip.Addr // as in [OpenRelay]
}

// ConnectPeer asks the owner to connect from the relayed address of Relay to a
// peer. The owner answers with HandlePeerConnected, unless [Out.ClosePeers] named
// the ID before.
type ConnectPeer struct {
	ID    ConnectionID
	Relay RelayID
	Peer  netip.AddrPort
}

// JoinStreams asks the owner to pass on every byte between the stream of Client,
// once what is in Send for it is written, and a peer. The engine gets no more
// frames of that stream. The owner reports the end by HandlePeerClosed.
type JoinStreams struct {
	ID     ConnectionID
	Client Client

	// What the owner has to keep to, because the bytes do not pass the engine: the
	// rate of all connections of Relay together, and that of the user's Account,
	// which is nil without a Ledger.
	Relay   RelayID
	Rates   Rates
	Account Account
}

// checkAllocateTCP returns the error code for a TCP allocation that cannot be
// granted, 0 if it can. https://www.rfc-editor.org/rfc/rfc6062#section-5.1
func (e *Engine) checkAllocateTCP(r *request) stun.Code {
	switch {
	case e.cfg.Listeners == nil:
		return stun.CodeTransportUnsupported
	case r.client.Transport != TCP && r.client.Transport != TLS:
		// A TCP relay for a client that came over UDP is refused: 400.
		return stun.CodeBadRequest
	case r.attrs.seen&(seenEvenPort|seenReservationToken|seenDontFragment) != 0 || r.attrs.has(seenFamily|seenAdditionalFamily):
		// Neither EVEN-PORT nor RESERVATION-TOKEN may stand in a request for a
		// TCP relay, nor DONT-FRAGMENT: 400.
		return stun.CodeBadRequest
	case r.attrs.has(seenAdditionalFamily):
		return stun.CodeFamilyUnsupported
	}
	return 0
}

// handleConnect: https://www.rfc-editor.org/rfc/rfc6062#section-5.2
func (e *Engine) handleConnect(r *request) {
	a, peer := r.alloc, r.attrs.peer
	// "If the request is received on a TCP connection for which no allocation
	// exists, the server MUST return a 437 (Allocation Mismatch) error." One that
	// relays UDP is none for this purpose.
	if !a.listens {
		e.refuse(r, stun.CodeAllocationMismatch)
		return
	}
	// "If the request does not contain an XOR-PEER-ADDRESS attribute, or if such
	// attribute is invalid, the server MUST return a 400 (Bad Request) error."
	if !r.attrs.has(seenPeer) || peer.Port() == 0 {
		e.refuse(r, stun.CodeBadRequest)
		return
	}
	if code := e.checkPeer(a, peer.Addr()); code != 0 {
		e.refuse(r, code)
		return
	}
	// "If the new connection is forbidden by local policy, the server MUST reject
	// the request with a 403 (Forbidden) error."
	to, ok := e.routeStream(peer)
	if !ok || peer == a.only().address {
		e.refuse(r, stun.CodeForbidden)
		return
	}
	// "If the server is currently processing a Connect request for this allocation
	// with the same XOR-PEER-ADDRESS, it MUST return a 446 (Connection Already
	// Exists) error", and likewise if the connections "are either pending or
	// active".
	if a.connectionTo(peer) != nil {
		e.refuse(r, stun.CodeConnectionExists)
		return
	}
	if !e.hasRoomForPeer(a) {
		e.refuse(r, stun.CodeAllocationQuota)
		return
	}
	c := e.connections.add(e.cfg.Shard, a, peer, r.now)
	c.transaction, c.fingerprint = r.msg.TransactionID(), r.msg.HasFingerprint()
	r.out.ConnectPeers = append(r.out.ConnectPeers, ConnectPeer{ID: c.id, Relay: a.only().id, Peer: to})
}

func (e *Engine) hasRoomForPeer(a *allocation) bool {
	return len(a.connections) < e.cfg.MaxConnections && len(e.connections.byID) < e.cfg.MaxConnectionsTotal
}

// routeStream is [Engine.route] for TCP: to addresses of this server only where a
// TCP relay listens, unless Allow names them.
func (e *Engine) routeStream(peer netip.AddrPort) (to netip.AddrPort, ok bool) {
	v := e.rules.judge(peer.Addr())
	if e.isServerIP(peer.Addr()) {
		if to, ok = e.cfg.Listeners.Bound(peer); ok {
			return to, true
		}
		return peer, v == allowed
	}
	return peer, v != refused
}

// HandlePeerConnected handles the answer to a [ConnectPeer].
func (e *Engine) HandlePeerConnected(now mono.Time, id ConnectionID, ok bool, out *Out) {
	c := e.connections.byID[id]
	switch {
	case c == nil || c.state != connecting:
		if ok { // it was given up meanwhile
			out.ClosePeers = append(out.ClosePeers, id)
		}
	case !ok:
		e.connections.remove(c)
		e.answerConnect(c, stun.CodeConnectionFailed, out)
	default:
		c.state = waiting
		e.connections.dequeue(c)
		e.connections.enqueue(c, now)
		e.counters.PeersConnected++
		e.answerConnect(c, 0, out)
	}
}

// answerConnect answers with an error, or with the connection's ID.
//
// "The server MUST include the CONNECTION-ID attribute in the Connect success
// response." "If the connection attempt fails or times out, the server MUST return
// a 447 (Connection Timeout or Failure) error."
// https://www.rfc-editor.org/rfc/rfc6062#section-5.2
func (e *Engine) answerConnect(c *connection, code stun.Code, out *Out) {
	class := stun.Success
	if code != 0 {
		class = stun.Error
		e.counters.ErrorReplies++
	} else {
		e.counters.SuccessReplies++
	}
	a := c.alloc
	b := stun.Begin(out.arena, stun.TypeOf(stun.Connect, class), c.transaction)
	if code != 0 {
		b.ErrorCode(code, reasonOf(code))
	} else {
		b.Uint32(stun.AttrConnectionID, uint32(c.id))
	}
	e.send(out, &a.client, &b, &a.proof, c.fingerprint)
}

// HandlePeerAccepted handles a connection that came in at the listener of a relay.
// If ok, it has this ID from now on; else the owner closes it.
//
// "If no permission for this peer has been installed for this allocation, the
// server MUST close the connection with the peer immediately after it has been
// accepted. Otherwise, the server sends a ConnectionAttempt indication to the
// client over the control connection."
// https://www.rfc-editor.org/rfc/rfc6062#section-5.3
func (e *Engine) HandlePeerAccepted(now mono.Time, relay RelayID, from netip.AddrPort, out *Out) (id ConnectionID, ok bool) {
	a := e.relayOpen(relay, now)
	if a == nil || !a.listens {
		e.drop(DropRelayPending)
		return 0, false
	}
	peer, ok := e.originIn(e.cfg.Listeners, a, from, now)
	if !ok {
		e.drop(DropNoPermission)
		return 0, false
	}
	if _, ok = e.routeStream(peer); !ok {
		e.drop(DropPeerRefused)
		return 0, false
	}
	if a.connectionTo(peer) != nil || !e.hasRoomForPeer(a) {
		e.drop(DropTooManyPeers)
		return 0, false
	}
	c := e.connections.add(e.cfg.Shard, a, peer, now)
	c.state = waiting
	e.counters.PeersConnected++
	b := stun.Begin(out.arena, stun.TypeOf(stun.ConnectionAttempt, stun.Indication), e.nextIndicationID())
	b.Uint32(stun.AttrConnectionID, uint32(c.id))
	b.XORAddress(stun.AttrXORPeerAddress, peer)
	e.send(out, &a.client, &b, nil, false)
	return c.id, true
}

// relayOpen returns the allocation of a relay, nil if it is not open (any more).
func (e *Engine) relayOpen(relay RelayID, now mono.Time) *allocation {
	if int(relay) >= len(e.relays) || e.relays[relay].alloc == nil {
		return nil
	}
	a := e.relays[relay].alloc
	for i := range a.relays {
		if r := &a.relays[i]; a.state == open && r.id == relay && r.state == relayOpen && r.expires > now {
			return a
		}
	}
	return nil
}

// bindable returns the allocation that a ConnectionBind is about, nil if there is
// none.
func (e *Engine) bindable(r *request) *allocation {
	c := e.connections.byID[ConnectionID(r.attrs.connection)]
	if !r.attrs.has(seenConnectionID) || c == nil || c.alloc.expires <= r.now {
		return nil
	}
	return c.alloc
}

// nonceOfControl says whether a ConnectionBind carries the nonce of the control
// connection: "Authentication of the client by the server MUST use the same method
// and credentials as for the control connection", which clients take to include
// the nonce. https://www.rfc-editor.org/rfc/rfc6062#section-4.3
func (e *Engine) nonceOfControl(r *request) bool {
	if r.alloc == nil || r.msg.Type().Method() != stun.ConnectionBind {
		return false
	}
	own := r.client
	defer func() { r.client = own }()
	r.client = r.alloc.client
	return e.nonceGood(r)
}

// handleConnectionBind joins the stream it came on with a peer.
// https://www.rfc-editor.org/rfc/rfc6062#section-5.4
func (e *Engine) handleConnectionBind(r *request) {
	c := e.connections.byID[ConnectionID(r.attrs.connection)]
	// "If the client connection transport is not TCP or TLS, the server MUST return
	// a 400 (Bad Request) error. If the request does not contain the CONNECTION-ID
	// attribute, or if this attribute does not refer to an existing pending
	// connection, the server MUST return a 400 (Bad Request) error." A stream that
	// carries an allocation cannot become a data connection either.
	if r.client.Transport != TCP && r.client.Transport != TLS || c.state != waiting || e.clients[r.client.mapKey()] != nil {
		e.refuse(r, stun.CodeBadRequest)
		return
	}
	c.state = joined
	e.connections.dequeue(c)
	b := e.begin(r, stun.Success)
	e.succeed(r, &b)
	r.out.JoinStreams = append(r.out.JoinStreams, JoinStreams{
		ID: c.id, Client: r.client, Relay: c.alloc.only().id, Rates: e.cfg.Rates, Account: c.alloc.account,
	})
}

// HandlePeerClosed handles the end of a connection with a peer, joined or not.
func (e *Engine) HandlePeerClosed(id ConnectionID) {
	if c := e.connections.byID[id]; c != nil && c.state != connecting {
		e.connections.remove(c)
	}
}

// BindsConnection says whether a message is a ConnectionBind request, and for which
// connection. So its stream can be taken to the engine that has the connection,
// which has the last word.
func BindsConnection(b []byte) (id ConnectionID, ok bool) {
	if len(b) < stun.HeaderLen || stun.Type(binary.BigEndian.Uint16(b)) != stun.TypeOf(stun.ConnectionBind, stun.Request) {
		return 0, false
	}
	m, ok := stun.Parse(b)
	if !ok {
		return 0, false
	}
	v, _ := m.Find(stun.AttrConnectionID)
	if len(v) != 4 {
		return 0, false
	}
	return ConnectionID(binary.BigEndian.Uint32(v)), true
}
