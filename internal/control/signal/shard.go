package signal

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// coalesce is how long deadlines wait for others, so that thousands of sessions
// cost few wakeups.
const coalesce = 10 * time.Millisecond

// hall is a room together with the sessions in it and before it.
type hall struct {
	name       string
	openedAtMs uint64
	state      room.Room
	sessions   []*session
	*lobby
}

func (h *hall) find(id string) *session { return find(h.sessions, id) }

func (h *hall) findWaiting(id string) *session { return find(h.waiting, id) }

func find(sessions []*session, id string) *session {
	for _, s := range sessions {
		if s.id == id {
			return s
		}
	}
	return nil
}

// shard is a part of all rooms.
type shard struct {
	server *Server
	wake   chan struct{} // the first deadline has moved forward
	stop   chan struct{}
	ended  chan struct{} // the goroutine is gone

	mu      sync.Mutex
	closed  bool
	halls   map[string]*hall
	agenda  agenda
	armed   mono.Time     // when the goroutine wakes; Never while it only waits
	effects []room.Effect // reused
	doomed  []*session    // cannot keep up; they end when the current step is done
	notes   []note        // written when the lock is free again
}

// note is one line of the log.
type note struct {
	what, room, peer, key, value string
}

func newShard(server *Server) *shard {
	sh := &shard{
		server: server,
		wake:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
		ended:  make(chan struct{}),
		halls:  make(map[string]*hall),
	}
	go sh.run()
	return sh
}

// run advances the deadlines.
func (sh *shard) run() {
	defer close(sh.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var next mono.Time
		now := mono.Now()
		sh.do(func() {
			sh.advance(now)
			next = sh.agenda.first()
			sh.armed = next
		})
		if next == mono.Never {
			timer.Stop()
		} else {
			timer.Reset(max(next.Sub(now), coalesce))
		}
		select {
		case <-sh.stop:
			return
		case <-sh.wake:
		case <-timer.C:
		}
	}
}

// do runs one step under the lock, ends the sessions that it doomed, and writes
// the log.
func (sh *shard) do(step func()) {
	notes := sh.locked(step)
	for _, n := range notes {
		sh.server.cfg.Log.Info(n.what, "room", n.room, "peer", n.peer, n.key, n.value)
	}
}

func (sh *shard) locked(step func()) []note {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	step()
	for len(sh.doomed) > 0 {
		s := sh.doomed[0]
		sh.doomed = sh.doomed[1:]
		if s.hall != nil {
			sh.fail(s, newError(api.ErrSlowReader, "The client does not read what is sent to it."))
		}
	}
	sh.doomed = nil
	if first := sh.agenda.first(); first != mono.Never && (sh.armed == mono.Never || first < sh.armed) {
		sh.armed = first
		select {
		case sh.wake <- struct{}{}:
		default:
		}
	}
	notes := sh.notes
	sh.notes = nil
	return notes
}

func (sh *shard) note(what string, s *session, key, value string) {
	sh.notes = append(sh.notes, note{what, sh.server.logName(s.hall.name), s.id, key, value})
}

// close ends everything in the shard.
func (sh *shard) close() {
	sh.do(func() {
		sh.closed = true
		bye := encode(&api.Bye{Type: "bye", Reason: "restart"})
		for _, h := range sh.halls {
			for _, s := range slices.Concat(h.sessions, h.waiting) {
				if l := s.link; l != nil {
					l.sock.Send(bye)
					l.sock.Close(closeRestart, "restart")
				}
				sh.forget(s)
			}
		}
	})
	close(sh.stop)
	<-sh.ended
}

// forget takes a session out of everything without telling anybody.
func (sh *shard) forget(s *session) {
	h := s.hall
	sh.dismiss(s)
	sh.endIfEmpty(h)
}

func (sh *shard) endIfEmpty(h *hall) {
	if len(h.sessions)+len(h.waiting) == 0 {
		delete(sh.halls, h.name)
		sh.server.rooms.Add(-1)
	}
}

// dismiss is forget, but lets the room live although it may be empty.
func (sh *shard) dismiss(s *session) {
	h := s.hall
	sh.detach(s)
	s.acknowledge(s.sent, sh.server)
	sh.agenda.remove(s)
	same := func(other *session) bool { return other == s }
	if s.waiting != nil {
		h.waiting = slices.DeleteFunc(h.waiting, same)
	} else {
		h.sessions = slices.DeleteFunc(h.sessions, same)
	}
	s.hall = nil
	sh.server.sessions.Add(-1)
	if sh.server.cfg.Release != nil {
		sh.server.cfg.Release(s.addr)
	}
}

// detach parts a session from its socket; what still comes from there does not
// count.
func (sh *shard) detach(s *session) {
	if l := s.link; l != nil {
		l.session = nil
		l.done.Store(true)
		s.link = nil
	}
}

// apply lets an event happen to a room and tells its people.
func (sh *shard) apply(h *hall, ev room.Event) {
	sh.effects = h.state.Apply(ev, sh.effects[:0])
	var same template // of the last message, for effects that read the same for all
	var last *room.Effect
	for i := range sh.effects {
		e := &sh.effects[i]
		s := h.find(e.To)
		if s == nil || e.Kind == room.Welcomed || e.Kind == room.Refused {
			continue
		}
		if last == nil || e.Kind == room.Joined || e.Kind != last.Kind || e.Peer.ID != last.Peer.ID {
			same, last = newTemplate(h.effectMessage(e)), e
		}
		sh.push(s, same)
	}
}

func (h *hall) effectMessage(e *room.Effect) any {
	switch e.Kind {
	case room.Joined:
		return &api.PeerJoined{Type: "peer-joined", Peer: e.Peer}
	case room.Updated:
		return &api.PeerUpdated{
			Type: "peer-updated", Peer: e.Peer.ID, Name: e.Peer.Name, Media: e.Peer.Media,
			Role: e.Peer.Role, Hand: e.Peer.Hand, Recording: e.Peer.Recording,
		}
	case room.WentAway:
		return &api.PeerAway{Type: "peer-away", Peer: e.Peer.ID}
	case room.CameBack:
		return &api.PeerBack{Type: "peer-back", Peer: e.Peer.ID}
	case room.RoleChanged:
		return &api.RoleChanged{Type: "role", Role: e.Peer.Role}
	case room.SettingsChanged:
		return &api.Settings{Type: "settings", Settings: h.state.Settings(), By: e.By, PasswordChanged: e.PasswordChanged}
	case room.Knocked:
		return &api.Knock{Type: "knock", Peer: api.Knocker{ID: e.Peer.ID, Name: e.Peer.Name}}
	case room.KnockEnded:
		return &api.KnockGone{Type: "knock-gone", Peer: e.Peer.ID}
	}
	return &api.PeerLeft{Type: "peer-left", Peer: e.Peer.ID, Reason: e.Reason}
}

// push sends a numbered message to a session, now or when it resumes. One that
// has no room left for it ends.
func (sh *shard) push(s *session, t template) {
	msg, ok := s.push(t, sh.server)
	if !ok || !s.send(msg) {
		sh.doomed = append(sh.doomed, s)
		return
	}
	sh.server.counters.sent.Add(1)
}

// tell sends a message that is not numbered, if there is a socket.
func (sh *shard) tell(s *session, msg any) {
	if s.link == nil {
		return
	}
	if !s.send(encode(msg)) {
		sh.doomed = append(sh.doomed, s)
		return
	}
	sh.server.counters.sent.Add(1)
}

// leave ends a session for good.
func (sh *shard) leave(s *session, reason, why string) {
	sh.note("session ended", s, "reason", why)
	h := s.hall
	ev := room.Event{Kind: room.Leave, Peer: s.id, Reason: reason}
	if s.waiting != nil {
		ev.Kind = room.KnockGone
	}
	sh.forget(s)
	sh.apply(h, ev)
}

// fail ends a session with an error.
func (sh *shard) fail(s *session, problem *api.Error) { sh.expel(s, problem, "lost") }

// expel ends a session with an error and lets the others know why.
func (sh *shard) expel(s *session, problem *api.Error, reason string) {
	sh.lastWord(s, problem)
	sh.leave(s, reason, string(problem.Code))
}

func (sh *shard) lastWord(s *session, problem *api.Error) {
	if l := s.link; l != nil {
		sh.server.counters.countError(problem.Code)
		l.sock.Send(encode(problem))
		l.sock.Close(closeCode(problem.Code), string(problem.Code))
	}
}
