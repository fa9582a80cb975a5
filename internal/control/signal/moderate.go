package signal

import (
	"slices"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// command carries out what only hosts may ask for.
func (sh *shard) command(now mono.Time, s *session, in *incoming) {
	if !s.hall.state.IsHost(s.id) {
		sh.refuse(s, in, api.ErrNotAllowed, "Only hosts may do that.")
		return
	}
	switch m := in.msg.(type) {
	case *api.ChangeSettings:
		sh.changeSettings(now, s, m)
	case *api.Invite:
		invite, expires := sh.server.cfg.Invites.Make(s.hall.name, time.Duration(m.ExpiresS)*time.Second)
		sh.push(s, newTemplate(&api.Invited{
			Type: "invited", Request: m.Request, Invite: invite, ExpiresAtMs: uint64(expires.UnixMilli()),
		}))
	case *api.Moderate:
		switch m.Action {
		case "admit", "deny":
			sh.answerKnocks(now, s, in, m)
		case "end":
			sh.end(s.hall)
		default:
			sh.moderate(s, in, m)
		}
	}
}

func (sh *shard) refuse(s *session, in *incoming, code api.ErrorCode, sentence string) {
	sh.complain(s, &api.Error{Type: "error", Code: code, Message: sentence, Re: in.seq})
}

func (sh *shard) changeSettings(now mono.Time, s *session, m *api.ChangeSettings) {
	h := s.hall
	if h.lobby == &noLobby {
		h.lobby = new(lobby)
	}
	settings := h.state.Settings()
	settings.Locked, settings.Lobby, settings.Access = m.Locked, m.Lobby, m.Access
	changed := false
	if m.Password != nil {
		changed = *m.Password != "" || settings.Password
		settings.Password = *m.Password != ""
		h.lock.password = nil
		if settings.Password {
			h.lock.password = auth.NewPassword(*m.Password)
		}
	}
	if len(m.Returning) > 0 {
		h.state.Expect(m.Returning, now.Add(sessionLife))
	}
	sh.apply(h, room.Event{Kind: room.Set, Peer: s.id, Settings: settings, PasswordChanged: changed})
	sh.letInAll(now, h)
}

// answerKnocks admits or denies one who waits, or all.
func (sh *shard) answerKnocks(now mono.Time, s *session, in *incoming, m *api.Moderate) {
	h := s.hall
	waiting := slices.Clone(h.waiting)
	if m.Peer != "" {
		one := h.findWaiting(m.Peer)
		if one == nil {
			sh.refuse(s, in, api.ErrPeerUnknown, "Nobody with this id waits.")
			return
		}
		waiting = []*session{one}
	}
	for _, knocker := range waiting {
		switch {
		case m.Action == "deny":
			sh.fail(knocker, newError(api.ErrDenied, "A host did not let you in."))
		case h.state.Full():
			sh.refuse(s, in, api.ErrRoomFull, "The room is full.")
			return
		default:
			sh.letIn(now, knocker)
		}
	}
}

// moderate does something to one in the room, or to all but the sender.
func (sh *shard) moderate(s *session, in *incoming, m *api.Moderate) {
	h := s.hall
	others := slices.DeleteFunc(slices.Clone(h.sessions), func(other *session) bool { return other == s })
	if m.Peer != "" {
		one := h.find(m.Peer)
		if one == nil {
			sh.refuse(s, in, api.ErrPeerUnknown, "That peer is not in the room.")
			return
		}
		others = []*session{one}
	}
	for _, other := range others {
		switch m.Action {
		case "remove":
			if h.state.IsHost(other.id) {
				sh.refuse(s, in, api.ErrNotAllowed, "Hosts cannot be removed.")
				return
			}
			h.state.Ban(other.id)
			sh.expel(other, newError(api.ErrRemoved, "A host has removed you from this room."), "removed")
		case "make-host":
			sh.apply(h, room.Event{Kind: room.MakeHost, Peer: other.id})
		case "lower-hand":
			if h.state.Hand(other.id) == 0 {
				continue
			}
			sh.apply(h, room.Event{Kind: room.LowerHand, Peer: other.id})
			fallthrough
		default:
			sh.push(other, newTemplate(&api.Moderated{Type: "moderated", Action: m.Action, By: s.id}))
		}
	}
}

// end ends the call for everybody, those who wait included.
func (sh *shard) end(h *hall) {
	for _, s := range slices.Concat(h.sessions, h.waiting) {
		sh.lastWord(s, newError(api.ErrEnded, "A host has ended the call for everybody."))
		sh.note("session ended", s, "reason", "ended by a host")
		sh.forget(s)
	}
}
