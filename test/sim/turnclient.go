package sim

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

const (
	retransmitAfter = 500 * time.Millisecond // RTO of RFC 8489, section 6.2.1
	retransmitsMax  = 7
	protocolUDP     = 17 << 24 // REQUESTED-TRANSPORT
)

// TURNClient is a scripted client: it sends what it is told, retransmits until it
// is answered, and remembers what it was told.
type TURNClient struct {
	Relayed netip.AddrPort // once allocated
	Mapped  netip.AddrPort
	Errors  []stun.Code // error answers other than 401 and 438 with a new nonce
	OnData  func(channel uint16, data []byte)

	host    *Host
	port    uint16
	server  netip.AddrPort
	name    string
	nonce   []byte
	realm   string
	hasher  *stun.Hasher
	pending map[stun.TransactionID]request
}

type request struct {
	method stun.Method
	attrs  func(*stun.Builder)
	tries  int
}

// NewTURNClient makes a client that speaks from port to a server.
func NewTURNClient(h *Host, port uint16, server *Host, name string) *TURNClient {
	c := &TURNClient{
		host: h, port: port, server: netip.AddrPortFrom(server.Addr, TURNPort), name: name,
		hasher: stun.NewHasher(), pending: map[stun.TransactionID]request{},
	}
	h.Listen(port, func(_ netip.AddrPort, data []byte) { c.receive(data) })
	return c
}

// Allocate asks for a relay.
func (c *TURNClient) Allocate() {
	c.Request(stun.Allocate, func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, protocolUDP) })
}

// Refresh asks for another lifetime, in seconds; 0 deletes the allocation.
func (c *TURNClient) Refresh(seconds uint32) {
	c.Request(stun.Refresh, func(b *stun.Builder) { b.Uint32(stun.AttrLifetime, seconds) })
}

// Permit asks for a permission for the IP address of peer.
func (c *TURNClient) Permit(peer netip.AddrPort) {
	c.Request(stun.CreatePermission, func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, peer) })
}

// Bind asks for a channel to peer.
func (c *TURNClient) Bind(channel uint16, peer netip.AddrPort) {
	c.Request(stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, uint32(channel)<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
}

// Request sends any request and retransmits it until it is answered.
func (c *TURNClient) Request(method stun.Method, attrs func(*stun.Builder)) {
	var id stun.TransactionID
	binary.BigEndian.PutUint64(id[:], c.host.world.Rand.Uint64())
	c.pending[id] = request{method: method, attrs: attrs}
	c.transmit(id)
}

func (c *TURNClient) transmit(id stun.TransactionID) {
	r, ok := c.pending[id]
	if !ok || r.tries == retransmitsMax {
		delete(c.pending, id)
		return
	}
	r.tries++
	c.pending[id] = r
	b := stun.Begin(nil, stun.TypeOf(r.method, stun.Request), id)
	r.attrs(&b)
	if c.nonce != nil {
		b.Text(stun.AttrUsername, c.name)
		b.Text(stun.AttrRealm, c.realm)
		b.Bytes(stun.AttrNonce, c.nonce)
		key := longTermKey(c.name, c.realm)
		b.Integrity(c.hasher, key[:])
	}
	c.host.Send(c.port, c.server, b.Finish())
	c.host.world.After(retransmitAfter<<(r.tries-1), func() { c.transmit(id) })
}

// Send sends data through a channel.
func (c *TURNClient) Send(channel uint16, data []byte) {
	b := binary.BigEndian.AppendUint16(nil, channel)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	c.host.Send(c.port, c.server, append(b, data...))
}

func (c *TURNClient) receive(data []byte) {
	if len(data) >= 4 && data[0]&0xC0 == 0x40 {
		n := int(binary.BigEndian.Uint16(data[2:]))
		if c.OnData != nil && 4+n <= len(data) {
			c.OnData(binary.BigEndian.Uint16(data), data[4:4+n])
		}
		return
	}
	m, ok := stun.Parse(data)
	if !ok {
		return
	}
	id := m.TransactionID()
	r, ok := c.pending[id]
	if !ok {
		return // answered before
	}
	delete(c.pending, id)
	switch m.Type().Class() {
	case stun.Success:
		c.note(&m, id)
	case stun.Error:
		c.retry(&m, r)
	}
}

func (c *TURNClient) note(m *stun.Message, id stun.TransactionID) {
	if v, ok := m.Find(stun.AttrXORRelayedAddress); ok {
		c.Relayed, _ = stun.XORAddress(v, id)
	}
	if v, ok := m.Find(stun.AttrXORMappedAddress); ok {
		c.Mapped, _ = stun.XORAddress(v, id)
	}
}

func (c *TURNClient) retry(m *stun.Message, r request) {
	v, _ := m.Find(stun.AttrErrorCode)
	code, _, _ := stun.ErrorCode(v)
	nonce, hasNonce := m.Find(stun.AttrNonce)
	if (code == stun.CodeUnauthenticated || code == stun.CodeStaleNonce) && hasNonce && string(nonce) != string(c.nonce) {
		name, _ := m.Find(stun.AttrRealm)
		c.nonce, c.realm = append([]byte(nil), nonce...), string(name)
		c.Request(r.method, r.attrs)
		return
	}
	c.Errors = append(c.Errors, code)
}
