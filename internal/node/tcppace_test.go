package node

import (
	"net"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// slowAccount lets so many chunks pass, each way.
type slowAccount struct{ left [2]int }

func (a *slowAccount) GiveBack() {}

func (a *slowAccount) Pass(_ mono.Time, d turn.Direction, bytes int, _ int64) bool {
	a.left[d] -= bytes
	return a.left[d] >= 0
}

// TestPaceOfATCPAllocation: all its connections share its rate, and that of its user.
func TestPaceOfATCPAllocation(t *testing.T) {
	s := &shard{}
	relays := newTCPRelays(s)
	if relays.paceOf(&turn.JoinStreams{}).Chunk != 0 || relays.paceOf(&turn.JoinStreams{Rates: turn.Rates{User: 1000}}).Chunk != 0 {
		t.Error("a limit without a rate, or without an account")
	}
	join := &turn.JoinStreams{Relay: 3, Rates: turn.Rates{Allocation: 4}}
	one, other, stranger := relays.paceOf(join), relays.paceOf(join), relays.paceOf(&turn.JoinStreams{Relay: 4, Rates: join.Rates})
	passed := (allowed(one.Allows, 2) + allowed(other.Allows, 18)) * one.Chunk
	// A whole second's at once, and what was made up for while this ran.
	if one.Chunk != 1 || passed < 4 || passed > 16 {
		t.Errorf("%d bytes in chunks of %d", passed, one.Chunk)
	}
	if !stranger.Allows(true) || !one.Allows(false) {
		t.Error("another allocation, or the other direction, was held up")
	}
	account := &slowAccount{left: [2]int{3000, 3000}}
	byUser := relays.paceOf(&turn.JoinStreams{Relay: 5, Rates: turn.Rates{User: 4000}, Account: account})
	if n := allowed(byUser.Allows, 10); n != 3 || byUser.Chunk != 1000 {
		t.Errorf("%d chunks of %d for the user", n, byUser.Chunk)
	}
}

// TestSessionsOverTCPAreCounted when their connections have ended.
func TestSessionsOverTCPAreCounted(t *testing.T) {
	s := startTCPRelayServer(t)
	_, allocation := pionTCPClient(t, s)
	c, err := allocation.Dial("tcp", echoTCP(t).String())
	if err != nil {
		t.Fatal(err)
	}
	expectThrough(t, c, randomBytes(100000))
	_ = c.Close()
	eventually(t, "the bytes in the list of sessions", func() bool {
		counted := false
		s.Sessions(func(_ sessionID, session *turn.Session, _ mono.Time) bool {
			counted = session.ToPeer.Bytes == 100000 && session.ToClient.Bytes == 100000
			return true
		})
		return counted
	})
}

func allowed(ask func(bool) bool, tries int) (n int) {
	for range tries {
		if ask(true) {
			n++
		}
	}
	return n
}

// TestTCPAllocationsKeepToTheRate of their user's server: what is sent at once comes
// through whole, and no sooner than it may.
func TestTCPAllocationsKeepToTheRate(t *testing.T) {
	const rate = 400 << 10
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), TCPRelay: true, Limits: mediaLimits{Rates: turn.Rates{Allocation: rate}},
	})
	_, allocation := pionTCPClient(t, s)
	c, err := allocation.Dial("tcp", echoTCP(t).String())
	if err != nil {
		t.Fatal(err)
	}
	defer func(c net.Conn) { _ = c.Close() }(c)
	begin := time.Now()
	expectThrough(t, c, randomBytes(2*rate))
	if took := time.Since(begin); took < 900*time.Millisecond { // the burst of one second, and another second
		t.Errorf("twice what may pass in a second took %v", took)
	}
}
