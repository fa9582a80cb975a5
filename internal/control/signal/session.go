package signal

import (
	"net/netip"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

// session is one person in one room. It is kept small: a server has thousands
// that wait.
type session struct {
	id   string
	hall *hall
	link *Link // nil while there is no socket
	addr netip.Addr
	ice  ICEServers
	away bool
	// waiting is what it said when it came, as long as a host has to admit it.
	waiting *arrival

	// Numbering, both ways.
	sent         uint64   // number of the last message to the client
	acked        uint64   // the client has everything up to here
	unacked      [][]byte // messages acked+1 to sent
	unackedBytes int
	received     uint64 // number of the last message from the client
	unconfirmed  int    // of them not yet told to the client

	budget budget
	clock  clock
}

func newSession(now mono.Time, h *hall, l *Link) *session {
	s := &session{id: l.self, hall: h, addr: l.addr, budget: budget{level: api.MessageBurst, at: now}}
	s.clock.place = -1
	return s
}

// budget is the token bucket of MessagesPerSecond. Its level is that at the time
// of the last message.
type budget struct {
	level float64
	at    mono.Time
}

// take charges one message and is false when the client sends too fast.
func (b *budget) take(now mono.Time) bool {
	b.fill(now, api.MessageBurst)
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}

// fill adds what time has brought, up to a limit; it takes nothing away.
func (b *budget) fill(now mono.Time, limit float64) {
	full := b.level + now.Sub(b.at).Seconds()*api.MessagesPerSecond
	b.level = max(b.level, min(full, limit))
	b.at = now
}

// resumed lets a client catch up on what it numbered while it had no socket.
func (b *budget) resumed(now mono.Time) {
	b.fill(now, api.MessageBurst+api.MaxUnackedMessages)
}

// push numbers a message, keeps it for a resume and returns it. It is false if
// the session has no room left to keep it.
func (s *session) push(t template, server *Server) ([]byte, bool) {
	msg := t.stamp(s.sent + 1)
	if len(s.unacked) >= api.MaxUnackedMessages || s.unackedBytes+len(msg) > api.MaxUnackedBytes {
		return nil, false
	}
	if server.buffered.Add(int64(len(msg))) > server.cfg.BufferedBytesMax {
		server.buffered.Add(-int64(len(msg)))
		return nil, false
	}
	s.sent++
	s.unacked = append(s.unacked, msg)
	s.unackedBytes += len(msg)
	return msg, true
}

// acknowledge forgets what the client has. It is false for a number that was
// never sent.
func (s *session) acknowledge(received uint64, server *Server) bool {
	if received > s.sent {
		return false
	}
	if received <= s.acked {
		return true
	}
	n := int(received - s.acked)
	freed := 0
	for i, msg := range s.unacked[:n] {
		freed += len(msg)
		s.unacked[i] = nil
	}
	s.acked = received
	s.unackedBytes -= freed
	server.buffered.Add(-int64(freed))
	if s.unacked = s.unacked[n:]; len(s.unacked) == 0 {
		s.unacked = nil // an idle session keeps no array
	}
	return true
}

// canResume says whether all that a client misses after a number is still here.
func (s *session) canResume(received uint64) bool {
	return received >= s.acked && received <= s.sent
}

// send puts a message into the socket's queue; it is false if that is full.
func (s *session) send(msg []byte) bool { return s.link == nil || s.link.sock.Send(msg) }
