package signal

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// knockEvery is how often a room takes a knock beyond the first MaxKnocks, so that
// a flood of them does not become one of messages to the hosts.
const knockEvery = 2 * time.Second

// arrival is a hello with what was found out about it before the lock.
type arrival struct {
	hello   *api.Hello
	owner   bool          // it has the key that the room belongs to
	key     *room.KeyHash // of the host key, in other rooms
	invited bool          // its invite holds
	servers []api.ICEServer
}

func (s *Server) arrival(hello *api.Hello) arrival {
	in := arrival{hello: hello}
	if hello.HostKey != "" {
		if api.IsHostRoom(hello.Room) {
			in.owner = api.HostRoom(hello.HostKey) == hello.Room
		} else {
			sum := room.KeyHash(sha256.Sum256([]byte(hello.HostKey)))
			in.key = &sum
		}
	}
	in.invited = hello.Invite != "" && s.cfg.Invites.Valid(hello.Room, hello.Invite)
	return in
}

// join is the event of coming in.
func (in *arrival) join(peer string) room.Event {
	return room.Event{
		Kind: room.Join, Peer: peer, Name: in.hello.Name, Media: in.hello.Media, Recording: in.hello.Recording,
		// A hand cannot have been raised in the future.
		Hand: min(in.hello.Hand, nowMs()), Owner: in.owner, Key: in.key,
	}
}

func nowMs() uint64 { return uint64(time.Now().UnixMilli()) }

// lobby is what a room has before its door. Only settings bring people there.
type lobby struct {
	waiting      []*session
	lock         lock
	knockedUntil mono.Time // when the room would take a full number of knocks again
}

// noLobby is that of all rooms without settings. Nothing writes to it.
var noLobby lobby

// lock is the password of a room, and who tried it in vain.
type lock struct {
	password *auth.Password // nil: none
	tries    auth.Tries
}

func (l *lock) try(now mono.Time, link *Link, guess string) api.ErrorCode {
	switch {
	case l.password == nil:
		return ""
	case guess == "":
		return api.ErrPasswordRequired
	case !l.tries.May(now, link.addr):
		return api.ErrRateLimited
	case !l.password.Is(guess):
		l.tries.Wrong(now, link.addr)
		return api.ErrPasswordWrong
	}
	return ""
}

var refusals = map[api.ErrorCode]string{
	api.ErrLocked:           "The room is locked.",
	api.ErrRemoved:          "A host has removed you from this room.",
	api.ErrPasswordRequired: "The room has a password.",
	api.ErrPasswordWrong:    "The password is wrong.",
	api.ErrRateLimited:      "Too many wrong passwords came from this address, try again in a minute.",
	api.ErrInviteRequired:   "Only who is invited may enter.",
	api.ErrInviteExpired:    "The invite does not hold, or not any more.",
}

// judge says whether somebody may come in; in a room that does not live yet
// everybody may.
func (sh *shard) judge(now mono.Time, h *hall, l *Link, in *arrival) room.Verdict {
	if h == nil {
		return room.Verdict{}
	}
	return h.state.Judge(now, room.Ask{
		Peer: l.self, Owner: in.owner, Key: in.key, Invited: in.hello.Invite != "", Valid: in.invited,
		Password: func() api.ErrorCode { return h.lock.try(now, l, in.hello.Password) },
	})
}

// wait begins a session that a host has to admit.
func (sh *shard) wait(now mono.Time, h *hall, l *Link, in *arrival) {
	if s := h.findWaiting(l.self); s != nil {
		sh.replaceSocket(s)
		s.waiting = in
		sh.await(now, s, l)
		return
	}
	knockedUntil := now
	if h.knockedUntil != mono.Never {
		knockedUntil = max(h.knockedUntil, now)
	}
	if knockedUntil.Sub(now) > (api.MaxKnocks-1)*knockEvery {
		l.refuse(newError(api.ErrRateLimited, "Too many people want to enter this room, try again in a minute."))
		return
	}
	if len(h.waiting) >= api.MaxKnocks {
		l.refuse(newError(api.ErrRoomFull, "Too many people wait before this room."))
		return
	}
	if problem := sh.reserve(h, l); problem != nil {
		l.refuse(problem)
		return
	}
	h.knockedUntil = knockedUntil.Add(knockEvery)
	s := newSession(now, h, l)
	s.waiting = in
	h.waiting = append(h.waiting, s)
	sh.await(now, s, l)
	sh.note("session waits", s, "client", in.hello.Client)
	sh.apply(h, room.Event{Kind: room.Knock, Peer: s.id, Name: in.hello.Name})
}

func (sh *shard) await(now mono.Time, s *session, l *Link) {
	sh.attach(now, s, l)
	sh.tell(s, &api.Waiting{Type: "waiting", Reason: "lobby"})
}

// handleWaiting takes a message of somebody who waits: signs of life and bye.
func (sh *shard) handleWaiting(now mono.Time, s *session, in *incoming) {
	switch in.msg.(type) {
	case *api.Bye, *api.Ping, *api.Pong, *api.Ack:
		sh.carryOut(now, s, in)
	default:
		sh.fail(s, newError(api.ErrOutOfOrder, "Who waits to be admitted can only say bye, ping, pong and ack."))
	}
}

// letIn makes somebody who waits one of the room.
func (sh *shard) letIn(now mono.Time, s *session) {
	h, in := s.hall, s.waiting
	h.waiting = slices.DeleteFunc(h.waiting, func(other *session) bool { return other == s })
	s.waiting = nil
	sh.apply(h, room.Event{Kind: room.KnockGone, Peer: s.id})
	in.servers = sh.server.iceServers(s.ice, s.id)
	sh.begin(now, s, in)
}

// letInAll lets in whom nothing keeps out any more.
func (sh *shard) letInAll(now mono.Time, h *hall) {
	for _, s := range slices.Clone(h.waiting) {
		if h.state.Open() && !h.state.Full() {
			sh.letIn(now, s)
		}
	}
}
