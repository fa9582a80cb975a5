package turn

// DropReason says why an input led to nothing.
type DropReason uint8

// The reasons.
const (
	DropNotTURN         DropReason = iota // neither STUN nor ChannelData
	DropMalformed                         // not parseable, or FINGERPRINT wrong
	DropUnknownMethod                     // a method or class that is not for a server
	DropReplyBudget                       // the source got as many unproven replies as it may
	DropNoAllocation                      // an indication or ChannelData without an allocation
	DropNoPermission                      // the peer has no permission
	DropNoChannel                         // the channel is not bound
	DropPeerRefused                       // the peer policy refuses the address
	DropNotARelay                         // an address of this server, but no live relay
	DropPeerFamily                        // an IPv4 peer on an IPv6 relay, or the reverse
	DropUnknownRequired                   // an indication with attributes that must be understood
	DropTooBig                            // does not fit into the message to the client
	DropRelayPending                      // for a relay that is not open (yet)
	DropTooManyPeers                      // a peer's connection beyond what the allocation may have
	DropAllocationRate                    // more than the allocation may relay in a second
	DropUserRate                          // more than all of the user's may
	DropLookupPending                     // a retransmission while the user is being looked up
	DropLookupLimit                       // as many users as may are being looked up
	DropLookupFailed                      // nobody could say who the user is, or not in time
	DropPeerError                         // an ICMP message that the client is not told of
	DropNoClient                          // the client of a mobile allocation is on its way
	DropLoop                              // wrapped by relay after relay
	dropReasons
)

var dropNames = [dropReasons]string{
	"not_turn", "malformed", "unknown_method", "reply_budget", "no_allocation", "no_permission",
	"no_channel", "peer_refused", "not_a_relay", "peer_family", "unknown_required", "too_big", "relay_pending",
	"too_many_peers", "allocation_rate", "user_rate",
	"lookup_pending", "lookup_limit", "lookup_failed",
	"peer_error", "no_client", "loop",
}

// DropReasons is how many reasons there are.
const DropReasons = int(dropReasons)

// String returns a name fit for a metric's label.
func (r DropReason) String() string {
	if r < dropReasons {
		return dropNames[r]
	}
	return "unknown"
}

// Counters counts what an [Engine] did. All but AllocationsOpen only grow.
type Counters struct {
	Bindings          uint64 // requests, by method
	Allocates         uint64
	Refreshes         uint64
	CreatePermissions uint64
	ChannelBinds      uint64
	Connects          uint64
	ConnectionBinds   uint64

	SendIndications   uint64 // from clients, relayed
	ChannelDataIn     uint64 // from clients, relayed
	DataIndications   uint64 // to clients
	ChannelDataOut    uint64 // to clients
	ToPeerPackets     uint64
	ToPeerBytes       uint64 // payload
	ToClientPackets   uint64
	ToClientBytes     uint64 // payload
	SuccessReplies    uint64
	Challenges        uint64 // 401 and 438
	Lookups           uint64 // of users that the authenticator did not know
	AuthFailures      uint64 // requests with a wrong credential
	ErrorReplies      uint64 // all other errors
	AllocationsOpen   uint64 // now, those whose relay is not open yet included
	AllocationsOpened uint64
	RelaysRefused     uint64 // the owner had no port
	PeerErrors        uint64 // ICMP messages that clients were told of
	PeersConnected    uint64 // connections of TCP allocations with peers

	Drops [dropReasons]uint64 // by DropReason
}
