package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// request is a STUN message from a client while it is handled.
type request struct {
	now    mono.Time
	client Client
	msg    stun.Message
	attrs  attrs
	alloc  *allocation // the client's, nil if none
	query  Query
	told   *Answer // of a lookup; nil if there was none
	proof  proof
	proven bool // the message was made with the key in proof

	ticketed   bool   // alloc is that of MOBILITY-TICKET, not of the 5-tuple
	badTicket  bool   // it was none
	generation uint32 // of the ticket
	out        *Out
}

// unknownMax is how many unknown attributes a 420 names.
const unknownMax = 8

// attrs is what the attributes of a message say. Of attributes that occur more
// than once the first counts, except for XOR-PEER-ADDRESS in CreatePermission
// (RFC 8489, section 14).
type attrs struct {
	username, realm, nonce, data []byte
	userhash, accessToken        []byte
	ticket                       []byte
	algorithm, algorithms        []byte // PASSWORD-ALGORITHM, PASSWORD-ALGORITHMS

	peer       netip.AddrPort // of the first XOR-PEER-ADDRESS
	lifetime   uint32         // seconds
	channel    uint16
	connection uint32
	transport  byte
	family     Family
	token      reservationToken
	additional Family
	seen       seen
	malformed  bool // an attribute has not the shape it should have

	reserveNext  bool // EVEN-PORT with the R bit
	unknown      [unknownMax]stun.Attr
	unknownCount int
}

// seen is the set of attributes that were there.
type seen uint32

const (
	seenUsername seen = 1 << iota
	seenRealm
	seenNonce
	seenData
	seenPeer
	seenLifetime
	seenChannel
	seenTransport
	seenFamily
	seenAdditionalFamily
	seenEvenPort
	seenReservationToken
	seenDontFragment
	seenTicket
	seenConnectionID
	seenUserhash
	seenAccessToken
	seenPasswordAlgorithm
	seenPasswordAlgorithms
)

func (a *attrs) has(s seen) bool { return a.seen&s == s }

func (a *attrs) decode(m *stun.Message) {
	*a = attrs{}
	for it := m.Attrs(); it.Next(); {
		bit := bitOf(it.Type)
		if bit == 0 {
			a.noteUnknown(it.Type)
			continue
		}
		if a.seen&bit != 0 {
			continue
		}
		a.seen |= bit
		if !a.read(bit, it.Value, m) {
			a.malformed = true
		}
	}
}

func bitOf(t stun.Attr) seen {
	switch t {
	case stun.AttrUsername:
		return seenUsername
	case stun.AttrRealm:
		return seenRealm
	case stun.AttrNonce:
		return seenNonce
	case stun.AttrData:
		return seenData
	case stun.AttrXORPeerAddress:
		return seenPeer
	case stun.AttrLifetime:
		return seenLifetime
	case stun.AttrChannelNumber:
		return seenChannel
	case stun.AttrRequestedTransport:
		return seenTransport
	case stun.AttrRequestedAddressFamily:
		return seenFamily
	case stun.AttrAdditionalAddressFamily:
		return seenAdditionalFamily
	case stun.AttrEvenPort:
		return seenEvenPort
	case stun.AttrReservationToken:
		return seenReservationToken
	case stun.AttrMobilityTicket:
		return seenTicket
	case stun.AttrDontFragment:
		return seenDontFragment
	case stun.AttrConnectionID:
		return seenConnectionID
	case stun.AttrUserhash:
		return seenUserhash
	case stun.AttrAccessToken:
		return seenAccessToken
	case stun.AttrPasswordAlgorithm:
		return seenPasswordAlgorithm
	case stun.AttrPasswordAlgorithms:
		return seenPasswordAlgorithms
	}
	return 0
}

// read takes over the value of one attribute and says whether it has the right
// shape (RFC 8489, section 14; RFC 8656, section 18).
func (a *attrs) read(bit seen, v []byte, m *stun.Message) (ok bool) {
	switch bit {
	case seenUsername:
		a.username = v
		return len(v) > 0 && len(v) <= usernameMax
	case seenRealm:
		a.realm = v
	case seenNonce:
		a.nonce = v
	case seenUserhash:
		a.userhash = v
	case seenAccessToken:
		a.accessToken = v
	case seenPasswordAlgorithm:
		a.algorithm = v
	case seenPasswordAlgorithms:
		a.algorithms = v
	case seenData:
		a.data = v
	case seenPeer:
		a.peer, ok = stun.XORAddress(v, m.TransactionID())
		return ok
	case seenLifetime:
		if len(v) == 4 {
			a.lifetime = binary.BigEndian.Uint32(v)
		}
		return len(v) == 4
	case seenChannel:
		if len(v) == 4 {
			a.channel = binary.BigEndian.Uint16(v)
		}
		return len(v) == 4
	case seenTransport:
		if len(v) == 4 {
			a.transport = v[0]
		}
		return len(v) == 4
	case seenFamily, seenAdditionalFamily:
		if len(v) == 4 && bit == seenFamily {
			a.family = Family(v[0])
		} else if len(v) == 4 {
			a.additional = Family(v[0])
		}
		return len(v) == 4
	case seenEvenPort:
		a.reserveNext = len(v) == 1 && v[0]&0x80 != 0
		return len(v) == 1
	case seenTicket:
		a.ticket = v
	case seenDontFragment:
		return len(v) == 0
	case seenReservationToken:
		return copy(a.token[:], v) == len(v) && len(v) == len(a.token)
	case seenConnectionID:
		if len(v) == 4 {
			a.connection = binary.BigEndian.Uint32(v)
		}
		return len(v) == 4
	}
	return true
}

func (a *attrs) noteUnknown(t stun.Attr) {
	if t.Required() && a.unknownCount < unknownMax {
		a.unknown[a.unknownCount] = t
		a.unknownCount++
	}
}

// handleSTUN handles a STUN message from a client.
func (e *Engine) handleSTUN(now mono.Time, c Client, b []byte, out *Out) {
	m, ok := stun.Parse(b)
	if !ok {
		e.drop(DropMalformed)
		return
	}
	r := &e.request
	r.now, r.client, r.msg, r.out = now, c, m, out
	r.attrs.decode(&r.msg)
	if r.attrs.has(seenDontFragment) && !e.cfg.Extensions.DontFragment {
		// RFC 8656, section 7.2: a server that cannot set the DF bit takes
		// DONT-FRAGMENT for an attribute that it does not know.
		// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
		r.attrs.noteUnknown(stun.AttrDontFragment)
	}
	switch t := m.Type(); {
	case t == stun.TypeOf(stun.Binding, stun.Request):
		e.handleBinding(r)
	case t == stun.TypeOf(stun.Send, stun.Indication):
		e.handleSend(r)
	case t == stun.TypeOf(stun.Binding, stun.Indication):
		// It only keeps bindings in NATs alive (RFC 8489, section 6.3.2).
	case t.Class() == stun.Request:
		e.handleRequest(r, t.Method())
	default:
		e.drop(DropUnknownMethod)
	}
	*r = request{} // it must not hold on to the batch's memory
}

// handleBinding answers with the address that the client is seen at.
func (e *Engine) handleBinding(r *request) {
	e.counters.Bindings++
	if ip, port, ok := e.cfg.Discovery.pointAt(&r.client); ok {
		e.handleDiscovery(r, ip, port)
		return
	}
	if r.attrs.unknownCount > 0 {
		e.refuse(r, stun.CodeUnknownAttribute)
		return
	}
	if !e.mayReply(r) {
		return
	}
	b := e.begin(r, stun.Success)
	b.XORAddress(stun.AttrXORMappedAddress, r.client.Remote)
	e.succeed(r, &b)
}

// handleRequest handles the requests that need a proof of identity.
func (e *Engine) handleRequest(r *request, m stun.Method) {
	handle, count := e.handlerOf(m)
	if handle == nil {
		e.drop(DropUnknownMethod)
		return
	}
	if r.told == nil { // else it was counted before
		*count++
	}
	missing := stun.CodeAllocationMismatch
	if r.alloc = e.find(r.now, r.client, r.out); m == stun.ConnectionBind { // another stream has the allocation
		r.alloc, missing = e.bindable(r), stun.CodeBadRequest
	}
	if m == stun.Refresh && r.attrs.has(seenTicket) && e.cfg.Extensions.Mobility {
		r.ticketed = true
		r.alloc, r.badTicket = e.ticketed(r)
	}
	if !e.authenticate(r) {
		return
	}
	switch {
	case r.attrs.unknownCount > 0:
		// What must be understood and is not is answered with 420 and
		// UNKNOWN-ATTRIBUTES, after authentication.
		// https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1
		e.refuse(r, stun.CodeUnknownAttribute)
	case r.attrs.malformed, r.badTicket:
		e.refuse(r, stun.CodeBadRequest)
	case m != stun.Allocate && (r.alloc == nil || r.alloc.state != open):
		// RFC 8656, section 5: "if the 5-tuple does not identify an existing
		// allocation, then the message MUST either be rejected with a 437
		// Allocation Mismatch error (if it is a request) or be silently ignored".
		// https://www.rfc-editor.org/rfc/rfc8656#section-5
		e.refuse(r, missing)
	case m != stun.Allocate && string(r.attrs.username) != r.alloc.user:
		// RFC 8656, section 5: "All requests after the initial Allocate must use
		// the same username as that used to create the allocation"; others "MUST
		// be rejected with a 441 (Wrong Credentials) error".
		// https://www.rfc-editor.org/rfc/rfc8656#section-5
		e.refuse(r, stun.CodeWrongCredentials)
	default:
		handle(e, r)
		e.grantChannels(r.now, r.alloc, r.out)
	}
}

// handlerOf returns what handles a request of a method, nil if nothing does, and
// what counts it.
func (e *Engine) handlerOf(m stun.Method) (handle func(*Engine, *request), count *uint64) {
	c := &e.counters
	switch m {
	case stun.Allocate:
		return (*Engine).handleAllocate, &c.Allocates
	case stun.Refresh:
		return (*Engine).handleRefresh, &c.Refreshes
	case stun.CreatePermission:
		return (*Engine).handleCreatePermission, &c.CreatePermissions
	case stun.ChannelBind:
		return (*Engine).handleChannelBind, &c.ChannelBinds
	case stun.Connect:
		return (*Engine).handleConnect, &c.Connects
	case stun.ConnectionBind:
		return (*Engine).handleConnectionBind, &c.ConnectionBinds
	}
	return nil, nil
}
