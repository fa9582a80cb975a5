package signal

import (
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// advance does what is due at now.
func (sh *shard) advance(now mono.Time) {
	for {
		if first := sh.agenda.first(); first == mono.Never || first > now {
			return
		}
		sh.advanceSession(now, sh.agenda[0])
	}
}

func (sh *shard) advanceSession(now mono.Time, s *session) {
	c := &s.clock
	if due(c.expireAt, now) {
		if s.link != nil {
			s.link.sock.Close(closePolicy, "no sign of life")
		}
		sh.leave(s, "lost", "expired")
		return
	}
	if due(c.pongBy, now) {
		sh.away(now, s, "no pong")
		if s.hall == nil {
			return
		}
	}
	if due(c.pingAt, now) {
		sh.ping(now, s)
	}
	if due(c.renewAt, now) {
		servers := sh.server.iceServers(s.ice, s.id)
		sh.push(s, newTemplate(&api.ICEServers{
			Type: "ice-servers", ICEServers: servers, ICEExpiresS: sh.server.iceExpiresS(),
		}))
		sh.renewLater(now, s)
	}
	sh.agenda.set(s)
}

func (sh *shard) ping(now mono.Time, s *session) {
	s.unconfirmed = 0
	sh.tell(s, &api.Ping{Type: "ping", Received: s.received})
	s.clock.pingAt = now.Add(s.pingEvery())
	if s.clock.pongBy == mono.Never {
		s.clock.pongBy = now.Add(pongTimeout)
	}
}

func (s *session) pingEvery() time.Duration {
	if len(s.hall.sessions) > 1 || s.waiting != nil {
		return pingActive
	}
	return pingIdle
}

// hurryPings brings the pings of a room forward that is not idle any more.
func (sh *shard) hurryPings(now mono.Time, h *hall) {
	for _, s := range h.sessions {
		if soon := now.Add(pingActive); s.clock.pingAt > soon {
			s.clock.pingAt = soon
			sh.agenda.set(s)
		}
	}
}

// away notes that a client cannot be reached. Its session waits for it, except
// where it waits itself: hosts shall not admit who is not there.
func (sh *shard) away(now mono.Time, s *session, why string) {
	if s.waiting != nil {
		if s.link != nil {
			s.link.sock.Close(closePolicy, "no sign of life")
		}
		sh.leave(s, "lost", why)
		return
	}
	s.clock.pingAt, s.clock.pongBy = mono.Never, mono.Never
	if !s.away {
		s.away = true
		s.clock.expireAt = now.Add(sessionLife)
		sh.note("session away", s, "reason", why)
		sh.server.counters.wentAway.Add(1)
		sh.apply(s.hall, room.Event{Kind: room.Away, Peer: s.id})
	}
	sh.agenda.set(s)
}

// alive notes that a client has been heard of.
func (sh *shard) alive(now mono.Time, s *session) {
	if s.clock.pongBy != mono.Never {
		s.clock.pongBy = mono.Never
		sh.agenda.set(s)
	}
	if !s.away {
		return
	}
	s.away = false
	s.clock.expireAt = mono.Never
	s.clock.pingAt = now.Add(s.pingEvery())
	sh.agenda.set(s)
	sh.apply(s.hall, room.Event{Kind: room.Back, Peer: s.id})
}

// handleClosed notes that a socket is gone without a bye. Firefox closes sockets
// before a page that is left can say bye, but also where a navigation comes to
// nothing; that page comes back at once.
func (sh *shard) handleClosed(now mono.Time, l *Link, goingAway bool) {
	s := l.session
	if s == nil {
		return
	}
	sh.detach(s)
	sh.away(now, s, "socket gone")
	if soon := now.Add(goingAwayLife); goingAway && s.hall != nil && soon < s.clock.expireAt {
		s.clock.expireAt = soon
		sh.agenda.set(s)
	}
}
