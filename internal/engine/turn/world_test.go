package turn

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// relays is a Directory: bound address to advertised address.
type relays map[netip.AddrPort]netip.AddrPort

func (r relays) Bound(a netip.AddrPort) (netip.AddrPort, bool) {
	for bound, advertised := range r {
		if advertised == a {
			return bound, true
		}
	}
	return netip.AddrPort{}, false
}

func (r relays) Advertised(local netip.AddrPort) (netip.AddrPort, bool) {
	a, ok := r[local]
	return a, ok
}

func (r relays) IsServerIP(ip netip.Addr) bool {
	for _, advertised := range r {
		if advertised.Addr() == ip {
			return true
		}
	}
	return false
}

// person is a client as the tests see it.
type person struct {
	Client
	name, nonce string
	token       reservationToken // the last one this client was given
	tickets     [][]byte         // all that it was given
	lastID      byte
}

// world is an engine with clients around it; what the engine puts out becomes text.
type world struct {
	t         testing.TB
	engine    *Engine
	now       mono.Time
	out       Out
	users     *users
	relays    relays
	listeners relays
	peers     connectionNames
	people    map[string]*person
	drops     [dropReasons]uint64
	last      [][]byte // copies of what was sent by the last step
	counter   byte
}

func newWorld(t testing.TB, cfg Config) *world {
	w := &world{
		t: t, now: mono.Time(time.Second), relays: relays{}, listeners: relays{}, people: map[string]*person{},
		users: &users{
			offer: &Offer{SHA256: true}, unknown: map[string]bool{"mallory": true}, expired: map[string]bool{},
			left: map[string]time.Duration{}, former: map[string]string{}, elsewhere: map[string]bool{},
		},
	}
	cfg.Auth, cfg.Directory, cfg.Listeners = w.users, w.relays, w.listeners
	w.engine = New(cfg)
	return w
}

func (w *world) client(name, transport, remote string) *person {
	p := &person{name: name, Client: Client{
		Remote: netip.MustParseAddrPort(remote),
		Local:  netip.MustParseAddrPort("192.0.2.1:3478"),
	}}
	if p.Remote.Addr().Is6() {
		p.Local = netip.MustParseAddrPort("[2001:db8::1]:3478")
	}
	switch transport {
	case "tcp":
		p.Transport, p.Sock = TCP, dgram.StreamKind|dgram.Sock(len(w.people))
	case "tls":
		p.Transport, p.Sock = TLS, dgram.StreamKind|dgram.Sock(len(w.people))
	}
	w.people[name] = p
	return p
}

// datagram puts payload into a buffer as the sockets do.
func datagram(payload []byte, remote netip.AddrPort) *dgram.In {
	buf := make([]byte, dgram.Headroom+len(payload)+8)
	for i := range buf {
		buf[i] = 0xee
	}
	copy(buf[dgram.Headroom:], payload)
	return &dgram.In{Remote: remote, Buf: buf, Start: dgram.Headroom, End: dgram.Headroom + len(payload)}
}

func (w *world) fromClient(p *person, payload []byte) string {
	w.engine.HandleClient(w.now, p.Client, datagram(payload, p.Remote), &w.out)
	return w.effects()
}

func (w *world) fromPeer(id RelayID, from netip.AddrPort, payload []byte) string {
	w.engine.HandlePeer(w.now, id, datagram(payload, from), &w.out)
	return w.effects()
}

// opened answers for a relay, and for the one reserved with it if there is a
// second address.
func (w *world) opened(id RelayID, addresses ...string) string {
	a := netip.MustParseAddrPort(addresses[0])
	answer := RelayOpened{ID: id, OK: true, Sock: dgram.RelayKind | dgram.Sock(id), Advertised: a}
	w.relays[a] = a
	if len(addresses) > 1 {
		pair := netip.MustParseAddrPort(addresses[1])
		answer.PairSock, answer.PairAdvertised = dgram.RelayKind|dgram.Sock(w.engine.relays[id].alloc.reserving.relay), pair
		w.relays[pair] = pair
	}
	w.engine.HandleRelayOpened(w.now, answer, &w.out)
	return w.effects()
}

func (w *world) attribute(b *stun.Builder, arg string) {
	name, value, _ := strings.Cut(arg, "=")
	number, _ := strconv.ParseUint(value, 0, 32)
	word := binary.BigEndian.AppendUint32(nil, uint32(number)<<24)
	switch name {
	case "lifetime":
		b.Uint32(stun.AttrLifetime, uint32(number))
	case "transport":
		if value != "none" {
			b.Bytes(stun.AttrRequestedTransport, word)
		}
	case "family":
		b.Bytes(stun.AttrRequestedAddressFamily, word)
	case "additional-family":
		b.Bytes(stun.AttrAdditionalAddressFamily, word)
	case "even-port":
		b.Bytes(stun.AttrEvenPort, []byte{byte(number) << 7})
	case "reservation-token":
		token := reservationToken{}
		if p := w.people[value]; p != nil {
			token = p.token
		}
		b.Bytes(stun.AttrReservationToken, token[:])
	case "ticket": // empty, NAME/NUMBER or hexadecimal
		name, n, _ := strings.Cut(value, "/")
		v, _ := hex.DecodeString(value)
		if owner := w.people[name]; owner != nil {
			at, _ := strconv.Atoi(n)
			if at <= len(owner.tickets) {
				v = owner.tickets[at-1]
			}
		}
		b.Bytes(stun.AttrMobilityTicket, v)
	case "dont-fragment":
		b.Bytes(stun.AttrDontFragment, nil)
	case "unknown":
		b.Bytes(stun.Attr(number), nil)
	case "channel":
		b.Uint32(stun.AttrChannelNumber, uint32(number)<<16)
	case "peer":
		b.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort(value))
	case "mapped-peer": // the builder would write it as IPv4
		b.Bytes(stun.AttrXORPeerAddress, mappedPeer(netip.MustParseAddrPort(value)))
	case "data":
		b.Text(stun.AttrData, value)
	case "connection": // as the transcript numbers them
		b.Uint32(stun.AttrConnectionID, uint32(w.peers.id(value)))
	case "connection-id":
		b.Uint32(stun.AttrConnectionID, uint32(number))
	case "bad-lifetime":
		b.Bytes(stun.AttrLifetime, []byte{1})
	}
}

// mappedPeer is XOR-PEER-ADDRESS with ::ffff:a.b.c.d for transaction ID 99.
func mappedPeer(a netip.AddrPort) []byte {
	v4 := a.Addr().As4()
	v := []byte{0, 2, byte(a.Port()>>8) ^ 0x21, byte(a.Port()) ^ 0x12, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0xff, 0xff}
	v = append(v, v4[:]...)
	v[19] ^= 99
	return v
}

// effects carries out what the engine wants and says what that was.
func (w *world) effects() string {
	var s strings.Builder
	w.last = nil
	for i := range w.out.Send {
		w.last = append(w.last, append([]byte(nil), w.out.Send[i].Data...))
		fmt.Fprintln(&s, w.describe(&w.out.Send[i]))
	}
	for _, r := range w.out.OpenRelays {
		fmt.Fprintf(&s, "open relay %d: IPv%d near %v", r.ID, map[Family]int{IPv4: 4, IPv6: 6}[r.Family], r.Near)
		if r.Even {
			s.WriteString(", even port")
		}
		if r.Pair {
			fmt.Fprintf(&s, ", and the one above as %d", r.PairID)
		}
		s.WriteByte('\n')
	}
	w.tcpEffects(&s)
	for _, id := range w.out.CloseRelays {
		fmt.Fprintf(&s, "close relay %d\n", id)
	}
	for _, l := range w.out.Lookups {
		name := l.Username
		if l.Userhash != "" {
			name = fmt.Sprintf("hash %x", l.Userhash[:4])
		}
		fmt.Fprintf(&s, "look up %d: %s of %s from %v by algorithm %d", l.ID, name, l.Realm, l.Client.Remote, l.Algorithm)
		if l.Refresh {
			s.WriteString(", once more")
		}
		s.WriteByte('\n')
	}
	for _, e := range w.out.Events {
		if e.Kind == AuthenticationFailed {
			fmt.Fprintf(&s, "event: authentication of %s from %v failed\n", e.User, e.Client.Remote)
			continue
		}
		kind := map[EventKind]string{
			AllocationOpened: "opened", AllocationClosed: "closed: " + e.Reason, ClientJoined: "has this client, too", ClientLeft: "has this client no more",
		}[e.Kind]
		at := e.Relayed.String()
		if e.Second.IsValid() {
			at += " and " + e.Second.String()
		}
		fmt.Fprintf(&s, "event: allocation of %s from %v at %s %s\n", e.User, e.Client.Remote, at, kind)
	}
	for i, n := range w.engine.counters.Drops {
		if n > w.drops[i] {
			fmt.Fprintf(&s, "drop: %v\n", DropReason(i))
		}
	}
	w.drops = w.engine.counters.Drops
	w.out.Reset()
	w.engine.check(w.t)
	return s.String()
}

func (w *world) describe(o *dgram.Out) string {
	if o.Sock.Kind() == dgram.RelayKind {
		whole := ""
		if o.DontFragment {
			whole = " whole"
		}
		return fmt.Sprintf("relay %d -> %v:%s %q", o.Sock.Index(), o.Remote, whole, o.Data)
	}
	p := &person{name: "nobody"}
	for _, candidate := range w.people {
		if candidate.Sock == o.Sock && candidate.Remote == o.Remote {
			p = candidate
		}
	}
	if o.Data[0]&0xC0 == 0x40 {
		n := int(binary.BigEndian.Uint16(o.Data[2:]))
		return fmt.Sprintf("%s <- ChannelData 0x%04x %q, %d bytes", p.name,
			binary.BigEndian.Uint16(o.Data), o.Data[4:4+n], len(o.Data))
	}
	m, ok := stun.Parse(o.Data)
	if !ok {
		w.t.Fatalf("the engine sent a bad message: %x", o.Data)
	}
	return fmt.Sprintf("%s <- %v%s, %d bytes", p.name, m.Type(), w.describeAttrs(p, &m), len(o.Data))
}

func (w *world) describeAttrs(p *person, m *stun.Message) string {
	var s strings.Builder
	for it := m.Attrs(); it.Next(); {
		switch it.Type {
		case stun.AttrErrorCode:
			code, reason, _ := stun.ErrorCode(it.Value)
			fmt.Fprintf(&s, " %d %q", code, reason)
		case stun.AttrXORMappedAddress, stun.AttrXORRelayedAddress, stun.AttrXORPeerAddress:
			a, _ := stun.XORAddress(it.Value, m.TransactionID())
			name := map[stun.Attr]string{stun.AttrXORMappedAddress: "mapped", stun.AttrXORRelayedAddress: "relayed", stun.AttrXORPeerAddress: "peer"}
			fmt.Fprintf(&s, " %s=%v", name[it.Type], a)
		case stun.AttrLifetime:
			fmt.Fprintf(&s, " lifetime=%d", binary.BigEndian.Uint32(it.Value))
		case stun.AttrRealm:
			fmt.Fprintf(&s, " realm=%s", it.Value)
		case stun.AttrNonce:
			p.nonce = string(it.Value)
			s.WriteString(" nonce")
		case stun.AttrData:
			fmt.Fprintf(&s, " data=%q", it.Value)
		case stun.AttrSoftware:
			fmt.Fprintf(&s, " software=%s", it.Value)
		case stun.AttrConnectionID:
			s.WriteString(" " + w.connectionAttr(it.Value))
		case stun.AttrAlternateServer:
			a, _ := stun.Address(it.Value)
			fmt.Fprintf(&s, " alternate=%v", a)
		case stun.AttrAlternateDomain:
			fmt.Fprintf(&s, " domain=%s", it.Value)
		case stun.AttrMobilityTicket:
			if n := len(p.tickets); n == 0 || !bytes.Equal(p.tickets[n-1], it.Value) {
				p.tickets = append(p.tickets, bytes.Clone(it.Value))
			}
			fmt.Fprintf(&s, " ticket %d", len(p.tickets))
		case stun.AttrICMP:
			v := binary.BigEndian.Uint32(it.Value)
			fmt.Fprintf(&s, " icmp type %d, code %d, data %d", v>>9, v&0x1ff, binary.BigEndian.Uint32(it.Value[4:]))
		case stun.AttrReservationToken:
			p.token = reservationToken(it.Value)
			s.WriteString(" token")
		case stun.AttrAddressErrorCode:
			code, reason, _ := stun.ErrorCode(it.Value)
			fmt.Fprintf(&s, " family=%d: %d %q", it.Value[0], code, reason)
		case stun.AttrUnknownAttributes:
			fmt.Fprintf(&s, " unknown=%x", it.Value)
		case stun.AttrPasswordAlgorithms:
			fmt.Fprintf(&s, " algorithms=%x", it.Value)
		case stun.AttrThirdPartyAuthorization:
			fmt.Fprintf(&s, " tokens for %s", it.Value)
		default:
			fmt.Fprintf(&s, " attribute 0x%04x", uint16(it.Type))
		}
	}
	if m.HasIntegrity() {
		s.WriteString(" integrity" + w.whose(m))
	}
	if m.HasIntegritySHA256() {
		s.WriteString(" sha256" + w.whose(m))
	}
	if m.HasFingerprint() {
		s.WriteString(" fingerprint")
	}
	return s.String()
}

func (w *world) whose(m *stun.Message) string {
	h := stun.NewHasher()
	right := func(key stun.Key) bool {
		return h.CheckIntegrity(m, key.Bytes()) || h.CheckIntegritySHA256(m, key.Bytes(), stun.Integrity256LenMax)
	}
	for _, name := range []string{"ann", "bob", "carl"} {
		for algorithm, text := range map[stun.PasswordAlgorithm]string{stun.PasswordMD5: name, stun.PasswordSHA256: name + " by SHA-256"} {
			if right(keyBy(algorithm, name, "parley", name+"-password")) {
				return "(" + text + ")"
			}
		}
		if former := w.users.former[name]; former != "" && right(keyBy(stun.PasswordMD5, name, "parley", former)) {
			return "(" + name + ", former password)"
		}
	}
	for _, text := range []string{"one", "two", "three"} {
		if key, _ := stun.NewKey(tokenOf(text)); right(key) {
			return "(token " + text + ")"
		}
	}
	return "(wrong)"
}
