package signal

import (
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// handleHello enters a room, takes up a session again, or begins to wait for a host.
func (sh *shard) handleHello(now mono.Time, l *Link, in *arrival) {
	if sh.closed {
		l.refuse(newError(api.ErrServerFull, "The server is stopping."))
		return
	}
	h := sh.halls[in.hello.Room]
	var old *session
	if h != nil {
		old = h.find(l.self)
	}
	if resume := in.hello.Resume; old != nil && resume != nil && old.canResume(resume.Received) {
		sh.resume(now, old, l, in)
		return
	}
	switch verdict := sh.judge(now, h, l, in); {
	case verdict.Refused != "":
		l.refuse(newError(verdict.Refused, refusals[verdict.Refused]))
	case verdict.Wait:
		sh.wait(now, h, l, in)
	default:
		sh.enter(now, h, old, l, in)
	}
}

// enter begins a session. Whoever has the secret of an old one and no memory of it
// is a new visit of the same person.
func (sh *shard) enter(now mono.Time, h *hall, old *session, l *Link, in *arrival) {
	if h != nil && old == nil && h.state.Full() {
		l.refuse(newError(api.ErrRoomFull, "The room is full."))
		return
	}
	if h != nil && old == nil {
		old = h.findWaiting(l.self) // what kept it waiting is gone, or it has the key by now
	}
	if old != nil {
		sh.replaceSocket(old)
		sh.note("session ended", old, "reason", "entered anew")
		sh.dismiss(old)
		sh.apply(h, room.Event{Kind: room.KnockGone, Peer: l.self})
	}
	if problem := sh.reserve(h, l); problem != nil {
		l.refuse(problem)
		if old != nil {
			sh.apply(h, room.Event{Kind: room.Leave, Peer: l.self, Reason: "lost"})
			sh.endIfEmpty(h)
		}
		return
	}
	if h == nil {
		h = &hall{
			name: in.hello.Room, openedAtMs: nowMs(), state: room.New(sh.server.cfg.PeersMax, api.IsHostRoom(in.hello.Room)),
			lobby: &noLobby,
		}
		sh.halls[in.hello.Room] = h
	}
	s := newSession(now, h, l)
	sh.attach(now, s, l)
	sh.begin(now, s, in)
}

// begin makes a session with a socket one of the room.
func (sh *shard) begin(now mono.Time, s *session, in *arrival) {
	h := s.hall
	sh.apply(h, in.join(s.id))
	h.sessions = append(h.sessions, s)
	sh.note("session began", s, "client", in.hello.Client)
	sh.server.counters.entered.Add(1)
	sh.welcome(now, s, false, in.servers)
	if len(h.sessions) > 1 {
		sh.hurryPings(now, h)
	}
}

// reserve keeps a place for a new session, or says why there is none.
func (sh *shard) reserve(h *hall, l *Link) *api.Error {
	server := sh.server
	if server.cfg.Admit != nil && !server.cfg.Admit(l.addr) {
		return newError(api.ErrServerFull, "Too many people come from this address.")
	}
	full := server.sessions.Add(1) > int64(server.cfg.SessionsMax)
	if h == nil {
		full = server.rooms.Add(1) > int64(server.cfg.RoomsMax) || full
	}
	if !full {
		return nil
	}
	server.sessions.Add(-1)
	if h == nil {
		server.rooms.Add(-1)
	}
	if server.cfg.Release != nil {
		server.cfg.Release(l.addr)
	}
	return newError(api.ErrServerFull, "The server has no place left, try again later.")
}

// resume goes on with a session over another socket: what the client missed
// follows the welcome in order.
func (sh *shard) resume(now mono.Time, s *session, l *Link, in *arrival) {
	hello := in.hello
	sh.replaceSocket(s)
	s.acknowledge(hello.Resume.Received, sh.server)
	s.budget.resumed(now)
	sh.attach(now, s, l)
	sh.note("session resumed", s, "client", hello.Client)
	sh.server.counters.resumed.Add(1)
	sh.welcome(now, s, true, in.servers)
	for _, msg := range s.unacked {
		if !s.send(msg) {
			sh.doomed = append(sh.doomed, s)
			return
		}
	}
	sh.alive(now, s)
	// Hand and recording are as its updates have said, which come in order.
	sh.apply(s.hall, room.Event{
		Kind: room.Update, Peer: s.id, Name: hello.Name, Media: hello.Media,
		Hand: s.hall.state.Hand(s.id), Recording: s.hall.state.Recording(s.id),
	})
}

// replaceSocket tells the socket that a session had that it goes on elsewhere.
func (sh *shard) replaceSocket(s *session) {
	l := s.link
	if l == nil {
		return
	}
	sh.detach(s)
	l.refuse(newError(api.ErrReplaced, "The session goes on over another socket."))
}

func (sh *shard) attach(now mono.Time, s *session, l *Link) {
	s.link, l.session = l, s
	s.ice = l.ice
	s.unconfirmed = 0
	s.clock.expireAt, s.clock.pongBy = mono.Never, mono.Never
	s.clock.pingAt = now.Add(s.pingEvery())
	sh.agenda.set(s)
}

func (sh *shard) welcome(now mono.Time, s *session, resumed bool, servers []api.ICEServer) {
	state := &s.hall.state
	w := &api.Welcome{
		Type: "welcome", Self: s.id, Room: s.hall.name, Resumed: resumed, Received: s.received,
		ICEServers: servers, ICEExpiresS: sh.server.iceExpiresS(),
		PingMs: api.PingActiveMs, Server: sh.server.cfg.Version, MaxPeers: state.PeersMax(),
		OpenedAtMs: s.hall.openedAtMs, Role: state.Role(s.id), Settings: state.Settings(), Hand: state.Hand(s.id),
	}
	if !resumed {
		w.Peers = state.Peers(s.id)
		if state.IsHost(s.id) {
			w.Knocks = state.Knocks()
		}
	}
	sh.tell(s, w)
	sh.renewLater(now, s)
}

// renewLater has the ICE credentials renewed at half of their life.
func (sh *shard) renewLater(now mono.Time, s *session) {
	if sh.server.cfg.Mint != nil {
		s.clock.renewAt = now.Add(sh.server.cfg.CredentialLife / 2)
		sh.agenda.set(s)
	}
}

// iceServers returns the ICE servers for a peer, with a fresh credential.
func (s *Server) iceServers(ice ICEServers, peer string) []api.ICEServer {
	var username, credential string
	if s.cfg.Mint != nil {
		username, credential = s.cfg.Mint(peer)
	}
	if ice != nil {
		if servers := ice(username, credential); servers != nil {
			return servers
		}
	}
	return []api.ICEServer{}
}

func (s *Server) iceExpiresS() int { return int(s.cfg.CredentialLife / time.Second) }
