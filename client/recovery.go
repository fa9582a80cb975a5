package client

import "time"

// When is a connection in trouble, and what is to be done about it? A pure
// decision, taken at each tick. Trouble is silence although heartbeats are due, or
// what ICE and DTLS report. The remedy here is always a new connection: without
// media nothing is lost by it, since streams go on where they were, and it finds
// its way where a restart has to agree with the other end's idea of one. A restart
// that the other end begins gets its time first.

const (
	// Heartbeats come twice a second, and two in a row may be lost.
	silenceMax = 1700 * time.Millisecond
	// The timers of a hidden page run once a second.
	silenceHiddenMax = 2700 * time.Millisecond
	suspectAfter     = 1200 * time.Millisecond
	shownAfter       = 1500 * time.Millisecond
	// For a connection that never was.
	connectTimeout = 8 * time.Second
	// Until the side that did not begin the connection acts by itself: two at once would undo each other.
	courtesy = 1500 * time.Millisecond
	// From the answer to a restart, or a new connection, to the next attempt.
	patience          = 2500 * time.Millisecond
	patienceFollowing = 5 * time.Second
	// An offer without an answer for so long has got lost.
	unanswered = 10 * time.Second
)

// Connection states of a peer.
const (
	PeerConnecting   = "connecting"
	PeerConnected    = "connected"
	PeerReconnecting = "reconnecting"
	PeerLost         = "lost" // it can neither be heard nor be reached by signaling
)

type observation struct {
	now          time.Time
	silent       time.Duration // negative if nothing was ever heard, so that silence says nothing
	remoteHidden bool
	ice          iceState
	broken       bool // DTLS has failed, or the connection is closed
	follows      bool // the other end began the connection
	offering     bool // an offer of ours awaits its answer
	returnedAt   time.Time
	reachable    bool // signaling works
	away         bool // the peer's own signaling is gone
}

type iceState int

const (
	iceTrying iceState = iota
	iceConnected
	iceFailed
)

type verdict struct {
	state   string
	suspect bool
	trouble bool
	replace bool
}

type recovery struct {
	connectedOnce bool
	startedAt     time.Time
	troubleAt     time.Time
	attemptAt     time.Time
}

// attempted: offer and answer of a restart are in place. It gets its time.
func (r *recovery) attempted(now time.Time) { r.attemptAt = now }

// replaced: a new connection takes over.
func (r *recovery) replaced(now time.Time) {
	r.startedAt, r.troubleAt, r.attemptAt = now, time.Time{}, time.Time{}
}

func (r *recovery) observe(o observation) verdict {
	r.connectedOnce = r.connectedOnce || o.ice == iceConnected && o.silent >= 0
	if !r.inTrouble(o) {
		r.troubleAt = time.Time{}
		return verdict{state: r.calm(o), suspect: o.silent > suspectAfter}
	}
	if r.troubleAt.IsZero() {
		r.troubleAt = o.now
	}
	return verdict{state: r.troubled(o), suspect: true, trouble: true, replace: r.remedy(o)}
}

func (r *recovery) inTrouble(o observation) bool {
	if o.broken || o.ice == iceFailed {
		return true
	}
	if o.silent < 0 {
		return o.now.Sub(r.startedAt) > connectTimeout
	}
	limit := silenceMax
	if o.remoteHidden {
		limit = silenceHiddenMax
	}
	return o.silent > limit
}

func (r *recovery) calm(o observation) string {
	switch {
	case o.silent >= 0:
		return PeerConnected
	case r.connectedOnce:
		return PeerReconnecting
	}
	return PeerConnecting
}

func (r *recovery) troubled(o observation) string {
	switch {
	case !r.connectedOnce:
		return PeerConnecting
	case o.away && (o.silent < 0 || o.silent > silenceMax):
		return PeerLost
	case o.silent < 0 || o.silent > shownAfter || o.ice == iceFailed:
		return PeerReconnecting
	}
	return PeerConnected
}

func (r *recovery) remedy(o observation) bool {
	if o.away || !o.reachable {
		return false
	}
	if o.broken {
		return true
	}
	// Our own network is another one since the peer was last heard.
	if o.silent >= 0 && !o.returnedAt.IsZero() && o.returnedAt.After(o.now.Add(-o.silent)) {
		return true
	}
	wait := patience
	if o.follows {
		wait = patienceFollowing
	}
	sinceTrouble := o.now.Sub(r.troubleAt)
	if o.offering {
		return sinceTrouble > unanswered
	}
	// A restart that the other end tried shortly before, or since, gets its time.
	if !r.attemptAt.IsZero() && o.now.Sub(r.attemptAt) < sinceTrouble+wait {
		return o.now.Sub(r.attemptAt) > wait
	}
	return !o.follows || sinceTrouble >= courtesy
}
