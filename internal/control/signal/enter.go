package signal

import (
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/control/topology"
	"github.com/parley-rtc/parley/internal/mono"
)

// handleHello enters a room, or takes up a session again. servers is for the
// welcome.
func (sh *shard) handleHello(now mono.Time, l *Link, hello *api.Hello, servers []api.ICEServer) {
	if sh.closed {
		l.refuse(newError(api.ErrServerFull, "The server is stopping."))
		return
	}
	h := sh.halls[hello.Room]
	if h != nil {
		if s := h.find(l.self); s != nil {
			if hello.Resume != nil && s.canResume(hello.Resume.Received) {
				sh.resume(now, s, l, hello, servers)
				return
			}
			// Whoever has the secret and no memory of the session is a new visit
			// of the same person.
			sh.replaceSocket(s)
			sh.leave(s, "lost", "entered anew")
			h = sh.halls[hello.Room]
		}
	}
	sh.enter(now, h, l, hello, servers)
}

// enter begins a session.
func (sh *shard) enter(now mono.Time, h *hall, l *Link, hello *api.Hello, servers []api.ICEServer) {
	if problem := sh.admit(h, l); problem != nil {
		l.refuse(problem)
		return
	}
	if h == nil {
		h = &hall{name: hello.Room, state: room.New(sh.server.cfg.PeersMax)}
		sh.halls[hello.Room] = h
	}
	s := &session{id: l.self, hall: h, addr: l.addr, budget: budget{level: api.MessageBurst, at: now}}
	s.clock.place = -1
	sh.apply(h, room.Event{Kind: room.Join, Peer: s.id, Name: hello.Name, Media: hello.Media})
	h.sessions = append(h.sessions, s)
	sh.attach(now, s, l)
	sh.note("session began", s, "client", hello.Client)
	sh.server.counters.entered.Add(1)
	sh.welcome(now, s, false, servers)
	if len(h.sessions) > 1 {
		sh.hurryPings(now, h)
	}
}

// admit reserves a place for a new session, or says why there is none.
func (sh *shard) admit(h *hall, l *Link) *api.Error {
	server := sh.server
	if h != nil {
		view := topology.View{People: h.state.Len() + 1, MeshMax: h.state.PeersMax()}
		if topology.Decide(view) == topology.Full {
			return newError(api.ErrRoomFull, "The room is full.")
		}
	}
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
func (sh *shard) resume(now mono.Time, s *session, l *Link, hello *api.Hello, servers []api.ICEServer) {
	sh.replaceSocket(s)
	s.acknowledge(hello.Resume.Received, sh.server)
	s.budget.resumed(now)
	sh.attach(now, s, l)
	sh.note("session resumed", s, "client", hello.Client)
	sh.server.counters.resumed.Add(1)
	sh.welcome(now, s, true, servers)
	for _, msg := range s.unacked {
		if !s.send(msg) {
			sh.doomed = append(sh.doomed, s)
			return
		}
	}
	sh.alive(now, s)
	sh.apply(s.hall, room.Event{Kind: room.Update, Peer: s.id, Name: hello.Name, Media: hello.Media})
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
	w := &api.Welcome{
		Type: "welcome", Self: s.id, Room: s.hall.name, Resumed: resumed, Received: s.received,
		ICEServers: servers, ICEExpiresS: sh.server.iceExpiresS(),
		PingMs: api.PingActiveMs, Server: sh.server.cfg.Version, MaxPeers: s.hall.state.PeersMax(),
	}
	if !resumed {
		w.Peers = s.hall.state.Peers(s.id)
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
