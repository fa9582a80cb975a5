// Package api is Parley's contract with the outside: the signaling messages, one
// struct each. `go generate ./api` writes schema.json and the TypeScript types of
// the SDK from these structs; docs/protocol.md is the normative text.
//
// A connection is a WebSocket with the subprotocol [Subprotocol]; each text
// message is one JSON object with a "type". Field names are snake_case, units
// come last.
//
// The tag `api` of a message says its type and who sends it, the tag `enum` what
// a string may be; the generator and the tests read both.
package api

//go:generate go run ./internal/gen

// Subprotocol is the WebSocket subprotocol. Its number is the protocol version.
const Subprotocol = "parley.v1"

// SignalPath is where the WebSocket is opened.
const SignalPath = "/v1/signal"

// Limits of the protocol. A message over a limit is answered with [Error].
const (
	MaxMessageBytes    = 64 << 10 // one WebSocket message
	MaxNameRunes       = 64       // Hello.Name
	MaxRoomBytes       = 64       // Hello.Room: 1 to 64 of a-z 0-9 -
	MinSecretBytes     = 22       // Hello.Secret: base64url, at least 128 bits
	MaxSecretBytes     = 64
	MaxConnectionBytes = 32 // Offer.Connection: base64url
	MaxCandidateBytes  = 1 << 10
	MaxMidBytes        = 32     // Candidate.SDPMid, TrackInfo.Mid
	MaxUfragBytes      = 256    // Candidate.UsernameFragment
	MaxTracks          = 32     // Offer.Tracks
	MaxClientBytes     = 128    // Hello.Client
	MaxReasonBytes     = 64     // Bye.Reason
	SessionMs          = 30_000 // how long a session outlives its socket
	PingActiveMs       = 2_000  // between pings while others are in the room
	PingIdleMs         = 20_000 // between pings while alone
	PongTimeoutMs      = 2_500  // from ping to "the peer is away"
	AckEvery           = 16     // numbered messages after which a receiver sends ack
	MaxUnackedMessages = 512    // numbered messages kept for a resume
	MaxUnackedBytes    = 1 << 20
	MaxMeshPeers       = 4 // people in a room without an SFU
	MessagesPerSecond  = 50
	MessageBurst       = 300
	HelloTimeoutMs     = 5_000 // from the socket's opening to a valid hello
	CredentialSeconds  = 3600  // life of a TURN credential; renewed at half
)

// Hello is the first message on every socket: it enters a room, or takes up a
// session again whose socket was lost.
type Hello struct {
	Type string `json:"type" api:"hello,client"`
	Room string `json:"room"`
	// Secret is chosen by the client at random, at least 128 bits in base64url.
	// The peer's id follows from it: see [PeerID]. Whoever has it is that peer,
	// on this server and after a restart of it.
	Secret string     `json:"secret"`
	Name   string     `json:"name,omitempty"`
	Media  MediaState `json:"media"`
	Client string     `json:"client,omitempty"` // software name and version, for logs
	Resume *Resume    `json:"resume,omitempty"`
	// HostKey makes the client host of the room that belongs to it: see [HostRoom].
	HostKey  string `json:"host_key,omitempty"`
	Password string `json:"password,omitempty"`
	Invite   string `json:"invite,omitempty"`
	// Hand keeps the place of a hand in a new session: the number it had before.
	// A session that is resumed has its hand and Recording already.
	Hand      uint64 `json:"hand,omitempty"`
	Recording bool   `json:"recording,omitempty"`
}

// Resume asks to go on with a session.
type Resume struct {
	Received uint64 `json:"received"` // highest seq the client got from the server
}

// MediaState says what a peer is sending now.
type MediaState struct {
	Microphone bool `json:"microphone"`
	Camera     bool `json:"camera"`
	Screen     bool `json:"screen"`
}

// Welcome answers [Hello]. With Resumed, all that was missed follows, and the
// client sends again what it numbered above Received; Peers is then absent.
// Without, the session is new (the server may have been restarted): numbering
// begins at 1 in both directions, and Peers is who is there.
type Welcome struct {
	Type       string      `json:"type" api:"welcome,server"`
	Self       string      `json:"self"` // the client's own peer id
	Room       string      `json:"room"`
	Resumed    bool        `json:"resumed"`
	Received   uint64      `json:"received"` // highest seq the server got from the client
	Peers      []Peer      `json:"peers,omitempty"`
	ICEServers []ICEServer `json:"ice_servers"`
	// ICEExpiresS is how long the credentials in ICEServers hold, in seconds.
	ICEExpiresS int    `json:"ice_expires_s"`
	PingMs      int    `json:"ping_ms"`   // the server pings at most this far apart while others are there
	Server      string `json:"server"`    // software name and version
	MaxPeers    int    `json:"max_peers"` // people this room can hold
	// OpenedAtMs is the Unix time at which the room came to be: another one means
	// that the server has forgotten the room meanwhile.
	OpenedAtMs uint64       `json:"opened_at_ms"`
	Role       string       `json:"role" enum:"host,member"`
	Settings   RoomSettings `json:"settings"`
	Knocks     []Knocker    `json:"knocks,omitempty"` // for hosts of a new session: who waits to be admitted
	Hand       uint64       `json:"hand,omitempty"`   // the client's own, see [Peer]
}

// Peer is another person in the room, as seen by the receiver.
type Peer struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Media MediaState `json:"media"`
	Away  bool       `json:"away"` // its signaling socket is gone, it may resume
	// Polite: the receiver is the polite one towards this peer (perfect
	// negotiation, W3C webrtc-pc section 10.7). It follows from the two ids, so
	// it stays the same over a restart of the server.
	Polite bool `json:"polite"`
	// Initiate: the receiver makes the first offer if it has no connection with
	// this peer yet. True for exactly one of two.
	Initiate bool   `json:"initiate"`
	Role     string `json:"role" enum:"host,member"`
	// Hand is 0 while it is down, else a number that is lower the earlier it was
	// raised: the Unix time in milliseconds, made different for each.
	Hand      uint64 `json:"hand"`
	Recording bool   `json:"recording"` // it records the call
}

// ICEServer is an RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// PeerJoined says that somebody entered the room.
type PeerJoined struct {
	Type string `json:"type" api:"peer-joined,server"`
	Seq  uint64 `json:"seq"`
	Peer Peer   `json:"peer"`
}

// PeerUpdated says that something about a peer has changed. About the receiver
// itself it comes when its hand went up.
type PeerUpdated struct {
	Type      string     `json:"type" api:"peer-updated,server"`
	Seq       uint64     `json:"seq"`
	Peer      string     `json:"peer"`
	Name      string     `json:"name"`
	Media     MediaState `json:"media"`
	Role      string     `json:"role" enum:"host,member"`
	Hand      uint64     `json:"hand"`
	Recording bool       `json:"recording"`
}

// PeerAway says that a peer's socket is gone without a bye, or that it stopped
// answering pings. Its session is kept for SessionMs; media may still flow.
type PeerAway struct {
	Type string `json:"type" api:"peer-away,server"`
	Seq  uint64 `json:"seq"`
	Peer string `json:"peer"`
}

// PeerBack says that a peer that was away has resumed.
type PeerBack struct {
	Type string `json:"type" api:"peer-back,server"`
	Seq  uint64 `json:"seq"`
	Peer string `json:"peer"`
}

// PeerLeft says that a peer is gone for good.
type PeerLeft struct {
	Type   string `json:"type" api:"peer-left,server"`
	Seq    uint64 `json:"seq"`
	Peer   string `json:"peer"`
	Reason string `json:"reason" enum:"bye,lost,removed"`
}

// TrackInfo says what the media section with this mid carries.
type TrackInfo struct {
	Mid  string `json:"mid"`
	Kind string `json:"kind" enum:"microphone,camera,screen,screen-audio"`
}

// Offer carries an SDP offer from one peer to another. A client sets To and
// gets From. Connection names the RTCPeerConnection: its initiator chooses it at
// random, and an offer with First and a new Connection replaces the one there
// was.
type Offer struct {
	Type       string      `json:"type" api:"offer,client,server"`
	Seq        uint64      `json:"seq"`
	To         string      `json:"to,omitempty"`
	From       string      `json:"from,omitempty"`
	Connection string      `json:"connection"`
	First      bool        `json:"first"` // the first offer of this connection
	SDP        string      `json:"sdp"`
	Tracks     []TrackInfo `json:"tracks"`
}

// Answer carries an SDP answer.
type Answer struct {
	Type       string      `json:"type" api:"answer,client,server"`
	Seq        uint64      `json:"seq"`
	To         string      `json:"to,omitempty"`
	From       string      `json:"from,omitempty"`
	Connection string      `json:"connection"`
	SDP        string      `json:"sdp"`
	Tracks     []TrackInfo `json:"tracks"`
}

// Candidate carries one trickled ICE candidate, an RTCIceCandidateInit.
type Candidate struct {
	Type             string `json:"type" api:"candidate,client,server"`
	Seq              uint64 `json:"seq"`
	To               string `json:"to,omitempty"`
	From             string `json:"from,omitempty"`
	Connection       string `json:"connection"`
	Candidate        string `json:"candidate"`
	SDPMid           string `json:"sdp_mid"`
	SDPMLineIndex    int    `json:"sdp_m_line_index"`
	UsernameFragment string `json:"username_fragment,omitempty"`
}

// EndOfCandidates says that no more candidates come for this gathering.
type EndOfCandidates struct {
	Type             string `json:"type" api:"end-of-candidates,client,server"`
	Seq              uint64 `json:"seq"`
	To               string `json:"to,omitempty"`
	From             string `json:"from,omitempty"`
	Connection       string `json:"connection"`
	UsernameFragment string `json:"username_fragment,omitempty"`
}

// Reset says to a peer: I do not have this connection (any more), begin a new
// one. Answers a message that names an unknown connection and is not First. Who is
// to initiate may send it, with any Connection, to leave the first offer to the peer.
type Reset struct {
	Type       string `json:"type" api:"reset,client,server"`
	Seq        uint64 `json:"seq"`
	To         string `json:"to,omitempty"`
	From       string `json:"from,omitempty"`
	Connection string `json:"connection"`
}

// Update changes what the sender says about itself.
type Update struct {
	Type      string     `json:"type" api:"update,client"`
	Seq       uint64     `json:"seq"`
	Name      string     `json:"name"`
	Media     MediaState `json:"media"`
	Hand      bool       `json:"hand"` // raised
	Recording bool       `json:"recording"`
}

// Bye leaves the room (client), or announces that the server closes (server):
// with reason "restart" the client comes again by itself.
type Bye struct {
	Type   string `json:"type" api:"bye,client,server"`
	Reason string `json:"reason,omitempty"`
}

// ICEServers renews the credentials before they expire.
type ICEServers struct {
	Type        string      `json:"type" api:"ice-servers,server"`
	Seq         uint64      `json:"seq"`
	ICEServers  []ICEServer `json:"ice_servers"`
	ICEExpiresS int         `json:"ice_expires_s"`
}

// Ping asks for a [Pong] at once. Both sides may send it. Received is the
// highest seq the sender has got, as in [Ack].
type Ping struct {
	Type     string `json:"type" api:"ping,client,server"`
	Received uint64 `json:"received"`
}

// Pong answers [Ping].
type Pong struct {
	Type     string `json:"type" api:"pong,client,server"`
	Received uint64 `json:"received"`
}

// Ack tells the highest seq received, so that the other side can forget. Sent
// after every AckEvery numbered messages.
type Ack struct {
	Type     string `json:"type" api:"ack,client,server"`
	Received uint64 `json:"received"`
}

// Error answers a message that cannot be carried out. With Fatal the server
// closes the socket after it and a resume will not help.
type Error struct {
	Type    string    `json:"type" api:"error,server"`
	Code    ErrorCode `json:"code"`
	Message string    `json:"message"` // a plain English sentence
	Fatal   bool      `json:"fatal"`
	// Re is the seq of the message that caused it, 0 if it had none.
	Re uint64 `json:"re,omitempty"`
}

// ErrorCode is the part of an [Error] that programs branch on.
type ErrorCode string

// All error codes.
const (
	ErrBadMessage       ErrorCode = "bad-message"       // not JSON, unknown type, a field missing or over its limit
	ErrTooLarge         ErrorCode = "too-large"         // over MaxMessageBytes; fatal
	ErrOutOfOrder       ErrorCode = "out-of-order"      // before hello, a second hello, or a gap in seq; fatal
	ErrRateLimited      ErrorCode = "rate-limited"      // over MessagesPerSecond, or too many tries to enter; fatal
	ErrRoomFull         ErrorCode = "room-full"         // fatal, except as answer to admit
	ErrPeerUnknown      ErrorCode = "peer-unknown"      // To or Peer is not in the room, or not waiting
	ErrServerFull       ErrorCode = "server-full"       // too many connections or rooms; fatal, try later
	ErrReplaced         ErrorCode = "replaced"          // the session goes on over another socket; fatal
	ErrSlowReader       ErrorCode = "slow-reader"       // the client does not read what is sent to it; fatal
	ErrLocked           ErrorCode = "locked"            // the room is locked; fatal
	ErrDenied           ErrorCode = "denied"            // a host does not admit the client; fatal
	ErrPasswordRequired ErrorCode = "password-required" // fatal
	ErrPasswordWrong    ErrorCode = "password-wrong"    // fatal
	ErrInviteRequired   ErrorCode = "invite-required"   // fatal
	ErrInviteExpired    ErrorCode = "invite-expired"    // the invite does not hold, or not any more; fatal
	ErrRemoved          ErrorCode = "removed"           // a host has removed the client from the room; fatal
	ErrEnded            ErrorCode = "ended"             // a host has ended the call for everybody; fatal
	ErrNotAllowed       ErrorCode = "not-allowed"       // only hosts may do that, or nobody to a host
	ErrInternal         ErrorCode = "internal-error"    // the server's fault; fatal
)
