package client

import (
	"math"
	"slices"
	"time"

	"github.com/parley-rtc/parley/api"
)

// The signaling session: events in, effects out. No socket, clock or dice in
// here; signaling.go carries the effects out.
//
//	none --open--> opening --opened--> greeting --welcome--> ready --closed--> none ...
//	                                      |                    ^
//	                                      +-waiting-> waiting -+ welcome
//
// A session survives its socket. Both sides number what must not be lost, keep it
// until it is acknowledged, and after a resume send again what the other has not
// got (docs/protocol.md, section 5.2).

// State of a call.
type State string

// States of a call.
const (
	StateConnecting   State = "connecting"
	StateConnected    State = "connected"
	StateReconnecting State = "reconnecting" // signaling is; connections with peers go on
	StateLeft         State = "left"
)

type socketState int

const (
	socketNone socketState = iota
	socketOpening
	socketGreeting
	socketWaiting // before a locked door
	socketReady
)

type timerName int

const (
	timerRetry timerName = iota
	timerDeadline
	timerSilence
	timerGiveUp
	timerCount
)

const (
	retryMin     = 200 * time.Millisecond
	retryMax     = 5 * time.Second
	probeTimeout = 700 * time.Millisecond
	// From opening a socket to its welcome; grows with each attempt.
	handshakeTimeout = 4 * time.Second
	// A first join that found no server until then has failed.
	giveUpAfter = 10 * time.Second
	// In a row, before the server and we are thought not to understand each other.
	refusalsMax = 4
)

// effect is something the session wants done.
type effect struct {
	do      effectKind
	timer   timerName
	after   time.Duration
	message any // to write, or that came
	err     *Error
	state   State
}

type effectKind int

const (
	doOpen effectKind = iota
	doClose
	doWrite
	doTimer
	doCancel
	doWelcome // message is *api.Welcome
	doWait    // a host has to open the door
	doDeliver // message is a numbered message of the server
	doWarn
	doState
)

// numbered is a message kept until the server has it.
type numbered struct {
	seq     uint64
	bytes   int
	message any
}

type session struct {
	hello api.Hello

	state     State
	socket    socketState
	welcomed  bool
	resumable bool // nothing was given up that a resume would need
	sent      uint64
	outbox    []numbered
	received  uint64
	acked     uint64
	attempts  int
	refusals  int
	others    map[string]bool
	probing   bool // a probe is out: another one must not give the socket more time
	why       *Error

	out []effect
}

func newSession(hello api.Hello) *session {
	return &session{hello: hello, state: StateConnecting, others: map[string]bool{}}
}

// takeEffects returns what is to be done, in order.
func (s *session) takeEffects() []effect {
	out := s.out
	s.out = nil
	return out
}

func (s *session) put(e effect) { s.out = append(s.out, e) }

func (s *session) write(message any) { s.put(effect{do: doWrite, message: message}) }

func (s *session) setTimer(t timerName, after time.Duration) {
	s.put(effect{do: doTimer, timer: t, after: after})
}

func (s *session) start() {
	s.setTimer(timerGiveUp, giveUpAfter)
	s.open()
}

func (s *session) open() {
	s.put(effect{do: doCancel, timer: timerRetry})
	s.put(effect{do: doOpen})
	s.setTimer(timerDeadline, min(handshakeTimeout+time.Duration(s.attempts)*2*time.Second, 10*time.Second))
	s.socket = socketOpening
	s.attempts++
}

// opened: the socket can be written to.
func (s *session) opened() {
	if s.socket != socketOpening {
		return
	}
	hello := s.hello
	if s.resumable {
		hello.Resume = &api.Resume{Received: s.received}
	}
	s.socket = socketGreeting
	s.write(&hello)
}

// handle takes a message of the server.
func (s *session) handle(message any) {
	if s.state == StateLeft {
		return
	}
	switch m := message.(type) {
	case *api.Welcome:
		if s.socket == socketGreeting || s.socket == socketWaiting {
			s.onWelcome(m)
		}
		return
	case *api.Waiting:
		if s.socket == socketGreeting {
			s.onWaiting()
		}
		return
	case *api.Error:
		if m.Fatal {
			s.onRefused(m)
			return
		}
	}
	if s.socket != socketReady && s.socket != socketWaiting {
		return
	}
	s.probing = false
	s.alive()
	switch m := message.(type) {
	case *api.Ping:
		s.forget(m.Received)
		s.write(&api.Pong{Type: "pong", Received: s.received})
	case *api.Pong:
		s.forget(m.Received)
	case *api.Ack:
		s.forget(m.Received)
	case *api.Error:
		s.put(effect{do: doWarn, err: refusal(m.Code, m.Message)})
	case *api.Bye:
		// The socket closes next, and we come again by ourselves.
	default:
		s.onNumbered(message)
	}
}

// alive: whatever arrives shows that the socket lives.
func (s *session) alive() {
	pings := api.PingIdleMs * time.Millisecond
	if len(s.others) > 0 {
		pings = api.PingActiveMs * time.Millisecond
	}
	s.put(effect{do: doCancel, timer: timerDeadline})
	s.setTimer(timerSilence, pings+api.PongTimeoutMs*time.Millisecond)
}

func (s *session) onNumbered(message any) {
	seq := seqOf(message)
	switch {
	case seq <= s.received:
		return // sent again after a resume, and known
	case seq != s.received+1:
		// Cannot happen with a working server. A resume brings what is missing.
		s.lost(0, true)
		return
	}
	s.received = seq
	switch m := message.(type) {
	case *api.PeerJoined:
		s.others[m.Peer.ID] = true
	case *api.PeerLeft:
		delete(s.others, m.Peer)
	}
	// "After every 16 numbered messages received, a side MUST send ack"
	if s.received-s.acked >= api.AckEvery {
		s.acked = s.received
		s.write(&api.Ack{Type: "ack", Received: s.received})
	}
	s.put(effect{do: doDeliver, message: message})
}

// forget lets go of what the server has got.
func (s *session) forget(received uint64) {
	n := 0
	for n < len(s.outbox) && s.outbox[n].seq <= received {
		n++
	}
	s.outbox = slices.Delete(s.outbox, 0, n)
}

func (s *session) onWaiting() {
	s.socket, s.attempts, s.refusals = socketWaiting, 0, 0
	s.put(effect{do: doCancel, timer: timerGiveUp})
	s.alive()
	s.put(effect{do: doWait})
}

func (s *session) onWelcome(w *api.Welcome) {
	before := s.state
	s.state, s.socket = StateConnected, socketReady
	s.welcomed, s.resumable, s.attempts, s.refusals, s.probing = true, true, 0, 0, false
	s.put(effect{do: doCancel, timer: timerGiveUp})
	if before != StateConnected {
		s.put(effect{do: doState, state: StateConnected})
	}
	if w.Resumed {
		s.forget(w.Received)
		s.acked = s.received
		s.alive()
		for _, m := range s.outbox {
			s.write(m.message)
		}
		s.put(effect{do: doWelcome, message: w})
		return
	}
	s.sent, s.outbox, s.received, s.acked = 0, nil, 0, 0
	s.others = map[string]bool{}
	for _, p := range w.Peers {
		s.others[p.ID] = true
	}
	s.alive()
	s.put(effect{do: doWelcome, message: w})
}

// final are the refusals after which coming again makes no sense.
var final = []api.ErrorCode{
	api.ErrRoomFull, api.ErrReplaced, api.ErrServerFull, api.ErrLocked, api.ErrDenied,
	api.ErrPasswordRequired, api.ErrPasswordWrong, api.ErrInviteRequired, api.ErrInviteExpired, api.ErrRemoved, api.ErrEnded,
}

func (s *session) onRefused(e *api.Error) {
	// A full server may have room again after its restart has settled: who was in a call stays in it.
	if slices.Contains(final, e.Code) && (e.Code != api.ErrServerFull || !s.welcomed) {
		s.end(refusal(e.Code, e.Message))
		return
	}
	if !s.welcomed && (e.Code == api.ErrBadMessage || e.Code == api.ErrTooLarge) {
		s.end(refusal(e.Code, e.Message))
		return
	}
	if s.refusals++; s.refusals >= refusalsMax {
		s.end(&Error{CodeProtocolError, e.Message})
		return
	}
	// "After a fatal error the server closes the socket and the session is over; a resume will not help."
	s.resumable = false
	s.attempts = max(s.attempts, 3)
	s.lost(0.5, true)
	s.put(effect{do: doWarn, err: refusal(e.Code, e.Message)})
}

// closed: the socket is gone, or brought what is not a message. random is in [0, 1).
func (s *session) closed(random float64, why *Error) {
	if s.socket == socketNone || s.state == StateLeft {
		return
	}
	s.why = why
	if why != nil && why.Code == CodeCertificate && !s.welcomed {
		s.end(why)
		return
	}
	s.lost(random, false)
}

func (s *session) lost(random float64, closeSocket bool) {
	if closeSocket {
		s.put(effect{do: doClose})
	}
	s.put(effect{do: doCancel, timer: timerDeadline})
	s.put(effect{do: doCancel, timer: timerSilence})
	state := StateConnecting
	if s.welcomed {
		state = StateReconnecting
	}
	if state != s.state {
		s.put(effect{do: doState, state: state})
	}
	// At once the first time, but not everybody in the same millisecond.
	pause := random * float64(retryMin) / 2
	if s.attempts > 0 {
		pause = math.Min(float64(retryMax), float64(retryMin)*math.Pow(2, float64(s.attempts-1))) * (0.5 + random/2)
	}
	s.state, s.socket = state, socketNone
	s.setTimer(timerRetry, time.Duration(pause))
}

// fired: the time of a timer has come.
func (s *session) fired(t timerName, random float64) {
	switch {
	case s.state == StateLeft:
	case t == timerRetry && s.socket == socketNone:
		s.open()
	case t == timerDeadline && s.socket != socketNone:
		s.lost(random, true)
	case t == timerSilence && (s.socket == socketReady || s.socket == socketWaiting):
		s.ping(api.PongTimeoutMs * time.Millisecond)
	case t == timerGiveUp && !s.welcomed:
		why := s.why
		if why == nil {
			why = &Error{CodeServerGone, "The server does not answer."}
		}
		s.end(why)
	}
}

func (s *session) ping(patience time.Duration) {
	s.write(&api.Ping{Type: "ping", Received: s.received})
	s.setTimer(timerDeadline, patience)
}

// probe asks whether the socket still works.
func (s *session) probe() {
	if s.socket == socketReady && !s.probing {
		s.probing = true
		s.ping(probeTimeout)
	}
}

// send numbers a message to a peer; bytes is the size of what is in it.
func (s *session) send(message any, bytes int) {
	if !s.welcomed || s.state == StateLeft {
		return // nobody to send to yet; a fresh session begins from the hello
	}
	s.sent++
	setSeq(message, s.sent)
	s.outbox = append(s.outbox, numbered{s.sent, bytes + 512, message})
	if s.socket == socketReady {
		s.write(message)
		return
	}
	total := 0
	for _, m := range s.outbox {
		total += m.bytes
	}
	if len(s.outbox) > api.MaxUnackedMessages || total > api.MaxUnackedBytes {
		s.outbox, s.resumable = nil, false
	}
}

// leave ends the session from this side.
func (s *session) leave() {
	if s.state == StateLeft {
		return
	}
	if s.socket == socketReady || s.socket == socketWaiting {
		s.write(&api.Bye{Type: "bye", Reason: "left"})
	}
	s.end(&Error{CodeLeft, "The call was left."})
}

func (s *session) end(why *Error) {
	s.state, s.socket, s.outbox = StateLeft, socketNone, nil
	s.put(effect{do: doClose})
	for t := range timerCount {
		s.put(effect{do: doCancel, timer: t})
	}
	s.put(effect{do: doState, state: StateLeft, err: why})
}
