package signal

import (
	"sync/atomic"

	"github.com/parley-rtc/parley/api"
)

// errorCodes are those that are counted, each by itself.
var errorCodes = [...]api.ErrorCode{
	api.ErrBadMessage, api.ErrTooLarge, api.ErrOutOfOrder, api.ErrRateLimited, api.ErrRoomFull, api.ErrPeerUnknown,
	api.ErrServerFull, api.ErrReplaced, api.ErrSlowReader, api.ErrInternal,
	api.ErrLocked, api.ErrDenied, api.ErrPasswordRequired, api.ErrPasswordWrong, api.ErrInviteRequired, api.ErrInviteExpired,
	api.ErrRemoved, api.ErrEnded, api.ErrNotAllowed,
}

type counters struct {
	entered, resumed, wentAway, received, sent, relayed atomic.Uint64
	errors                                              [len(errorCodes)]atomic.Uint64
}

func (c *counters) countError(code api.ErrorCode) {
	for i, known := range errorCodes {
		if known == code {
			c.errors[i].Add(1)
		}
	}
}

// Counters is how a [Server] does. The first three are now, the others since the
// start.
type Counters struct {
	Rooms         int64
	Sessions      int64 // those that are away included
	BufferedBytes int64 // kept for resuming

	Entered  uint64 // sessions begun
	Resumed  uint64 // sessions taken up again
	WentAway uint64 // times that a client could not be reached
	Received uint64 // messages from clients
	Sent     uint64 // messages to clients, without repetitions
	Relayed  uint64 // messages from one peer to another
	Errors   map[api.ErrorCode]uint64
}

// Counters reads all counters.
func (s *Server) Counters() Counters {
	c := &s.counters
	out := Counters{
		Rooms: s.rooms.Load(), Sessions: s.sessions.Load(), BufferedBytes: s.buffered.Load(),
		Entered: c.entered.Load(), Resumed: c.resumed.Load(), WentAway: c.wentAway.Load(),
		Received: c.received.Load(), Sent: c.sent.Load(), Relayed: c.relayed.Load(),
		Errors: make(map[api.ErrorCode]uint64, len(errorCodes)),
	}
	for i, code := range errorCodes {
		out.Errors[code] = c.errors[i].Load()
	}
	return out
}
