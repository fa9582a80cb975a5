package signal

import (
	"net/netip"
	"runtime/debug"
	"sync/atomic"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

// Link is the way of one socket's messages to its session. Its methods are called
// by the goroutine that reads the socket.
type Link struct {
	server *Server
	sock   Socket
	addr   netip.Addr
	ice    ICEServers

	shard   *shard      // of the room; nil before hello
	self    string      // the peer's id; empty before hello
	done    atomic.Bool // nothing that comes from this socket counts any more
	session *session    // under shard.mu; nil before hello and when done
}

// Receive handles one text message. data may be used again afterwards.
func (l *Link) Receive(data []byte) {
	if l.done.Load() {
		return
	}
	defer l.recovered()
	now := mono.Now()
	l.server.counters.received.Add(1)
	msg, seq, problem := api.ParseClient(data)
	if l.shard == nil {
		l.enter(now, msg, problem)
		return
	}
	in := incoming{link: l, seq: seq, problem: problem, msg: msg}
	if problem == nil {
		in.to, in.relay = relayed(msg, l.self)
	}
	l.shard.do(func() { l.shard.handle(now, &in) })
}

// enter handles the first message of a socket.
func (l *Link) enter(now mono.Time, msg api.Message, problem *api.Error) {
	if problem != nil {
		problem.Fatal = true
		l.refuse(problem)
		return
	}
	hello, ok := msg.(*api.Hello)
	if !ok {
		l.refuse(newError(api.ErrOutOfOrder, "The first message must be hello."))
		return
	}
	l.self = api.PeerID(hello.Room, hello.Secret)
	l.shard = l.server.shardOf(hello.Room)
	in := l.server.arrival(hello)
	in.servers = l.server.iceServers(l.ice, l.self) // outside the lock: it may ask the system
	l.shard.do(func() { l.shard.handleHello(now, l, &in) })
}

// Oversize is called when a message is longer than MaxMessageBytes.
func (l *Link) Oversize() {
	l.fail(newError(api.ErrTooLarge, "The message is longer than the limit."))
}

// Binary is called when a binary message came.
func (l *Link) Binary() {
	l.fail(newError(api.ErrBadMessage, "Messages are text, not binary."))
}

// Late is called when no message came within HelloTimeoutMs.
func (l *Link) Late() {
	l.fail(newError(api.ErrBadMessage, "No hello came in time."))
}

// Closed is called once, when the socket is gone. goingAway: the client said that
// its page was left or loaded again.
func (l *Link) Closed(goingAway bool) {
	if l.shard != nil {
		now := mono.Now()
		l.shard.do(func() { l.shard.handleClosed(now, l, goingAway) })
	}
	l.done.Store(true)
}

// fail ends the link and its session with an error.
func (l *Link) fail(problem *api.Error) {
	if l.done.Load() {
		return
	}
	if l.shard == nil {
		l.refuse(problem)
		return
	}
	l.shard.do(func() {
		if l.session != nil {
			l.shard.fail(l.session, problem)
		}
	})
}

// refuse ends a link that has no session.
func (l *Link) refuse(problem *api.Error) {
	l.server.counters.countError(problem.Code)
	l.done.Store(true)
	l.sock.Send(encode(problem))
	l.sock.Close(closeCode(problem.Code), string(problem.Code))
}

// recovered keeps a mistake of this server from taking all calls with it: only
// the session that met it ends.
func (l *Link) recovered() {
	if v := recover(); v != nil {
		l.server.cfg.Log.Error("panic while handling a message", "peer", l.self, "reason", v, "stack", string(debug.Stack()))
		l.fail(newError(api.ErrInternal, "The server made a mistake."))
	}
}

func newError(code api.ErrorCode, sentence string) *api.Error {
	return &api.Error{Type: "error", Code: code, Message: sentence, Fatal: true}
}

func closeCode(code api.ErrorCode) int {
	switch code {
	case api.ErrTooLarge:
		return closeTooBig
	case api.ErrServerFull:
		return closeTryAgain
	case api.ErrInternal:
		return closeInternal
	}
	return closePolicy
}
