package turn

// Rates is how much payload may be relayed each way in a second; 0: no limit.
type Rates struct {
	Allocation int64 // bytes per second of one allocation
	User       int64 // bytes per second of all of a user's, counted by the Ledger
}

// Extensions are the parts of the protocol that the owner has to do something for.
type Extensions struct {
	// DontFragment says that the owner heeds [dgram.Out.DontFragment]. Else clients
	// that ask for it are told that it is unknown here.
	DontFragment bool

	// Mobility lets clients take their allocations with them when their address
	// changes (RFC 8016). Else those that ask for it are refused with 405.
	Mobility bool

	// Alternates are where clients are sent that there is no room for, or that come
	// while the server drains.
	Alternates []Alternate

	// Joined counts the bytes of joined streams (RFC 6062); nil: nobody does.
	Joined Elsewhere
}
