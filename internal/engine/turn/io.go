package turn

import (
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
)

// Transport is what a client reaches the server over.
type Transport uint8

// The transports of RFC 8656, section 3.1.
const (
	UDP Transport = iota
	TCP
	TLS
	DTLS // datagrams, as over UDP, but no source is forged
)

// datagrams says whether messages keep their bounds by themselves.
func (t Transport) datagrams() bool { return t == UDP || t == DTLS }

// Client is one client's 5-tuple. It is comparable: two requests with the same
// Client come from the same place (RFC 8656, section 3.2).
type Client struct {
	Transport Transport
	Sock      dgram.Sock     // dgram.Main, or the stream's own
	Remote    netip.AddrPort // the client's transport address
	Local     netip.AddrPort // the server's; the zero Addr where unknown
}

// RelayID numbers the relayed transport addresses of one engine. The engine
// gives it out in [OpenRelay] and uses it again only after [Out.CloseRelays]
// named it, or after its RelayOpened said that it could not be opened.
type RelayID uint32

// OpenRelay asks the owner of the engine for a UDP socket to relay through. The
// owner answers with exactly one HandleRelayOpened for each.
type OpenRelay struct {
	ID     RelayID
	Family Family
	Near   netip.Addr // the server address the client used; a hint which address to bind
	Even   bool       // the port must be even (EVEN-PORT, RFC 8656, section 18.7)
	Pair   bool       // the port above is wanted, too, as relay PairID: both or none
	PairID RelayID
}

// Family is an address family of RFC 8656, section 18.11.
type Family uint8

// Families as they stand in REQUESTED-ADDRESS-FAMILY.
const (
	IPv4 Family = 0x01
	IPv6 Family = 0x02
)

// RelayOpened is the answer to [OpenRelay] and [OpenListener].
type RelayOpened struct {
	ID         RelayID
	OK         bool           // false: no port to be had; the client gets 508
	Sock       dgram.Sock     // what to send through
	Advertised netip.AddrPort // what the client is told (XOR-RELAYED-ADDRESS)

	PairSock       dgram.Sock // of PairID, where a pair was asked for
	PairAdvertised netip.AddrPort
}

// Out collects what an engine wants done. The owner carries it out and calls
// Reset; the engine only appends. Order within Send is kept.
type Out struct {
	Send        []dgram.Out
	OpenRelays  []OpenRelay
	CloseRelays []RelayID
	Events      []Event
	Lookups     []Lookup
	Grants      []Grant // where [Config.Elsewhere] is set; carry them out before anything is closed or opened

	// For TCP allocations (RFC 6062).
	OpenListeners  []OpenListener
	CloseListeners []RelayID
	ConnectPeers   []ConnectPeer
	JoinStreams    []JoinStreams
	ClosePeers     []ConnectionID // connected or not

	granted []GrantedChannel
	arena   []byte // messages built by the engine; grows to its high-water mark and stays
}

// Reset empties o and keeps its memory. Call it when everything in o has been
// carried out; the Data of what was in Send must not be used afterwards.
func (o *Out) Reset() {
	clear(o.Events) // they hold strings
	clear(o.Lookups)
	o.Lookups = o.Lookups[:0]
	o.Send, o.OpenRelays, o.CloseRelays = o.Send[:0], o.OpenRelays[:0], o.CloseRelays[:0]
	o.Events, o.arena = o.Events[:0], o.arena[:0]
	o.Grants, o.granted = o.Grants[:0], o.granted[:0]
	o.OpenListeners, o.CloseListeners = o.OpenListeners[:0], o.CloseListeners[:0]
	o.ConnectPeers, o.JoinStreams, o.ClosePeers = o.ConnectPeers[:0], o.JoinStreams[:0], o.ClosePeers[:0]
}

// EventKind is a change in the life of an allocation.
type EventKind uint8

// The kinds of [Event].
const (
	AllocationOpened EventKind = iota
	AllocationClosed
	AuthenticationFailed
	ClientJoined // a mobile client has a further 5-tuple (RFC 8016)
	ClientLeft   // it has one less
)

// Event reports a change of lifecycle, for logs and metrics. It carries no
// credential.
type Event struct {
	Kind     EventKind
	Client   Client
	Relayed  netip.AddrPort
	Second   netip.AddrPort // the IPv6 one of a dual allocation, else the zero AddrPort
	User     string         // username as authenticated; with AuthenticationFailed as claimed
	Reason   string         // of AllocationClosed: "expired", "deleted", "closed" (the stream went), "killed"
	ToPeer   Traffic        // of AllocationClosed
	ToClient Traffic        // of AllocationClosed
}

// Directory knows the relayed transport addresses of all shards of this server,
// so that two clients of it can always be relayed to each other, whatever the
// peer policy says, and only to sockets that are really relays.
type Directory interface {
	// Bound returns where the relay that is advertised as a is bound.
	Bound(a netip.AddrPort) (local netip.AddrPort, ok bool)
	// Advertised returns how the relay bound to local is advertised.
	Advertised(local netip.AddrPort) (a netip.AddrPort, ok bool)
	// IsServerIP says whether ip is one that this server advertises relays on.
	IsServerIP(ip netip.Addr) bool
}
