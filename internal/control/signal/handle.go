package signal

import (
	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/room"
	"github.com/parley-rtc/parley/internal/mono"
)

// incoming is one message on a link that has said hello.
type incoming struct {
	link    *Link
	seq     uint64
	msg     api.Message // nil with a problem
	problem *api.Error
	to      string   // of a message for another peer
	relay   template // the same as the other gets it
}

// handle takes a message: it is charged, counts as a sign of life, must be the
// next in order, and is carried out.
func (sh *shard) handle(now mono.Time, in *incoming) {
	s := in.link.session
	if s == nil {
		return
	}
	if !s.budget.take(now) {
		sh.fail(s, newError(api.ErrRateLimited, "Too many messages in too short a time."))
		return
	}
	sh.alive(now, s)
	if in.problem != nil && in.problem.Fatal {
		sh.fail(s, in.problem)
		return
	}
	if s.waiting != nil {
		sh.handleWaiting(now, s, in)
		return
	}
	if in.seq != 0 && !sh.inOrder(s, in.seq) {
		return
	}
	if in.problem != nil {
		sh.complain(s, in.problem)
		return
	}
	sh.carryOut(now, s, in)
	if s.hall != nil && s.unconfirmed >= api.AckEvery {
		s.unconfirmed = 0
		sh.tell(s, &api.Ack{Type: "ack", Received: s.received})
	}
}

// inOrder counts a numbered message. Repetitions are normal after a resume; a gap
// can only be a mistake of the client, since the transport loses nothing.
func (sh *shard) inOrder(s *session, seq uint64) bool {
	switch {
	case seq <= s.received:
		return false
	case seq > s.received+1:
		sh.fail(s, newError(api.ErrOutOfOrder, "A message is missing before this one."))
		return false
	}
	s.received++
	s.unconfirmed++
	return true
}

func (sh *shard) complain(s *session, problem *api.Error) {
	sh.server.counters.countError(problem.Code)
	sh.tell(s, problem)
}

func (sh *shard) carryOut(now mono.Time, s *session, in *incoming) {
	switch m := in.msg.(type) {
	case *api.Update:
		ev := room.Event{Kind: room.Update, Peer: s.id, Name: m.Name, Media: m.Media, Recording: m.Recording}
		if m.Hand {
			ev.Hand = nowMs()
		}
		sh.apply(s.hall, ev)
	case *api.ChangeSettings, *api.Moderate, *api.Invite:
		sh.command(now, s, in)
	case *api.Bye:
		s.link.sock.Close(closeNormal, "bye")
		sh.leave(s, "bye", "bye")
	case *api.Ping:
		if sh.handleAck(s, m.Received) {
			s.unconfirmed = 0
			sh.tell(s, &api.Pong{Type: "pong", Received: s.received})
		}
	case *api.Pong:
		sh.handleAck(s, m.Received)
	case *api.Ack:
		sh.handleAck(s, m.Received)
	case *api.Hello:
		sh.fail(s, newError(api.ErrOutOfOrder, "This socket has said hello already."))
	default:
		sh.relay(s, in)
	}
}

func (sh *shard) handleAck(s *session, received uint64) bool {
	if !s.acknowledge(received, sh.server) {
		sh.fail(s, newError(api.ErrOutOfOrder, "A message was acknowledged that was never sent."))
		return false
	}
	return true
}

// relay passes a message on within the room.
func (sh *shard) relay(s *session, in *incoming) {
	to := s.hall.find(in.to)
	if to == nil || to == s {
		sh.complain(s, &api.Error{
			Type: "error", Code: api.ErrPeerUnknown, Message: "That peer is not in the room.", Re: in.seq,
		})
		return
	}
	sh.server.counters.relayed.Add(1)
	sh.push(to, in.relay)
}
