package node

import (
	"fmt"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// sessionsPage is how many sessions a shard lists before it looks at its sockets
// again.
const sessionsPage = 256

// Session is an open allocation as operators see it.
type Session struct {
	ID        string  `json:"id"` // names it for kill
	User      string  `json:"user"`
	Client    string  `json:"client"`
	Transport string  `json:"transport"`
	Relay     string  `json:"relay"`
	Second    string  `json:"relay_ipv6,omitempty"` // of an allocation with both families
	Age       int64   `json:"age_seconds"`
	Expires   int64   `json:"expires_in_seconds"` // unless it is refreshed
	Peers     int     `json:"peers"`              // that may send to it
	Channels  int     `json:"channels"`
	ToPeer    Traffic `json:"to_peer"`
	ToClient  Traffic `json:"to_client"`
}

// Traffic is what was relayed one way.
type Traffic struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// sessionID names a session of a server for as long as that runs.
type sessionID struct {
	shard  int
	relay  turn.RelayID
	serial uint64
}

// String is what parseSessionID reads.
func (id sessionID) String() string {
	return fmt.Sprintf("%d-%d-%d", id.shard, id.relay, id.serial)
}

func parseSessionID(text string) (id sessionID, ok bool) {
	n, err := fmt.Sscanf(text, "%d-%d-%d", &id.shard, &id.relay, &id.serial)
	return id, n == 3 && err == nil && id.String() == text
}

// Sessions calls visit for the open allocations, until it returns false.
func (m *media) Sessions(visit func(sessionID, *turn.Session, mono.Time) bool) {
	for number, s := range m.shards {
		page := make([]turn.Session, 0, sessionsPage)
		next, more := turn.RelayID(0), true
		for more {
			var at mono.Time
			if !s.do(func(now mono.Time) {
				at = now
				page, next, more = s.engine.Sessions(now, next, sessionsPage, page[:0])
			}) {
				break
			}
			for i := range page {
				if !visit(sessionID{number, page[i].Relay, page[i].Serial}, &page[i], at) {
					return
				}
			}
		}
	}
}

func describeSession(id sessionID, s *turn.Session, now mono.Time) Session {
	d := Session{
		ID: id.String(), User: s.User, Client: s.Client.Remote.String(), Transport: transportNames[s.Client.Transport],
		Relay: s.Relayed.String(), Age: seconds(now.Sub(s.Opened)), Expires: seconds(s.Expires.Sub(now)),
		Peers: s.Peers, Channels: s.Channels, ToPeer: Traffic(s.ToPeer), ToClient: Traffic(s.ToClient),
	}
	if s.Second.IsValid() {
		d.Second = s.Second.String()
	}
	return d
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// Kill ends a session and says whether it was there.
func (m *media) Kill(id sessionID) (killed bool) {
	if id.shard < 0 || id.shard >= len(m.shards) {
		return false
	}
	s := m.shards[id.shard]
	done := s.do(func(mono.Time) { killed = s.engine.Kill(id.relay, id.serial, &s.out) })
	return done && killed
}

// SetDraining says whether new allocations are refused.
func (m *media) SetDraining(draining bool) {
	for _, s := range m.shards {
		s.do(func(mono.Time) { s.engine.SetDraining(draining) })
	}
}
