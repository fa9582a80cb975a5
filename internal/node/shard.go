package node

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/edge/udp"
	"github.com/parley-rtc/parley/internal/engine/demux"
	"github.com/parley-rtc/parley/internal/engine/dtls"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/invariant"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	// lettersPerRound is how many letters a shard takes before it looks at its
	// sockets again.
	lettersPerRound = 256

	// allocationIdle is how long the stream of a client with an allocation may be
	// silent: the longest lifetime of an allocation and time to refresh it.
	allocationIdle = 65 * time.Minute
)

// shard is one goroutine with its share of the sockets and its own engines.
type shard struct {
	poller    *udp.Poller
	engine    *turn.Engine
	directory *relayDirectory
	mail      *mailbox
	events    chan<- turn.Event
	out       turn.Out
	frames    []*stream.Frame // to be released once the round is written

	relays  []boundRelay    // by turn.RelayID
	relayID []turn.RelayID  // by dgram.Sock.Index
	closing []dgram.Sock    // relays to close once the round is written
	kernel  *kernelChannels // nil: everything passes here
	webhook *webhook        // nil: the engine asks nobody

	streams     []*streamClient // by dgram.Sock.Index; nil: free
	streamsFree []uint32
	streamsGone []uint32 // free once the round is written

	tcp     *tcpRelays
	detours detours
	dtls    *dtlsClients

	unclaimed     atomic.Uint64 // datagrams of no protocol spoken here
	eventsDropped atomic.Uint64
	stopping      atomic.Bool
	stopped       chan struct{}
}

// boundRelay is the socket of a relay; none if local is the zero AddrPort.
type boundRelay struct {
	sock  dgram.Sock
	local netip.AddrPort
}

func newShard(poller *udp.Poller, engine *turn.Engine, directory *relayDirectory, events chan<- turn.Event) *shard {
	s := &shard{
		poller: poller, engine: engine, directory: directory, events: events,
		mail: newMailbox(poller.Wake), stopped: make(chan struct{}),
		detours: detours{to: make(map[turn.Client]*detour), from: make(map[turn.Client]*detour)},
	}
	s.tcp, s.dtls = newTCPRelays(s), newDTLSClients(s, nil, dtls.Config{})
	return s
}

// run is the loop. It is the only goroutine that touches the engines.
func (s *shard) run() {
	defer s.tcp.close()
	defer close(s.stopped)
	for !s.stopping.Load() {
		in := s.poller.ReadBatch(s.deadline()) // the only blocking call; a letter wakes it
		now := mono.Now()
		for i := range in {
			s.handleDatagram(now, &in[i])
		}
		s.handlePeerErrors(now)
		s.drainMailbox(now)
		s.engine.Advance(now, &s.out)
		s.moveChannels(now)
		s.moveRelays(now)
		s.tcp.move(now)
		s.write(now)
		s.deliver()
		s.finishRound()
	}
}

// stop ends the loop and waits for it.
func (s *shard) stop() {
	s.stopping.Store(true)
	s.poller.Wake()
	<-s.stopped
}

// do has the shard carry out a task and waits for the end of it. It returns false
// if the shard is gone.
func (s *shard) do(task func(now mono.Time)) bool {
	done := make(chan struct{})
	if !s.mail.post(letter{task: func(now mono.Time) { task(now); close(done) }}, s.stopped) {
		return false
	}
	select {
	case <-done:
		return true
	case <-s.stopped:
		return false
	}
}

func (s *shard) deadline() mono.Time {
	if !s.mail.isEmpty() {
		return 1 // long past: do not wait
	}
	next := s.engine.NextDeadline()
	if s.kernel != nil {
		next = mono.Earlier(next, s.kernel.sweep)
	}
	return next
}

func (s *shard) handleDatagram(now mono.Time, in *dgram.In) {
	if in.Sock.Kind() == dgram.RelayKind {
		s.engine.HandlePeer(now, s.relayID[in.Sock.Index()], in, &s.out)
		return
	}
	switch demux.Classify(in.Payload()) {
	case demux.STUN, demux.ChannelData, demux.QUIC: // QUIC's first bytes may be a channel of RFC 5766
		client := turn.Client{Transport: turn.UDP, Sock: in.Sock, Remote: in.Remote}
		if in.Local.IsValid() {
			client.Local = netip.AddrPortFrom(in.Local, s.poller.AddrOf(in.Sock).Port())
		}
		if !s.sendOn(now, client, in) {
			s.engine.HandleClient(now, client, in, &s.out)
		}
	case demux.DTLS:
		s.dtls.handle(now, in)
	default:
		s.unclaimed.Add(1)
	}
}

func (s *shard) drainMailbox(now mono.Time) {
	for n := range lettersPerRound {
		l, ok := s.mail.take()
		if !ok {
			if n == 0 {
				return
			}
			break
		}
		switch {
		case l.task != nil:
			l.task(now)
		case l.detour != nil:
			s.handleDetour(now, l.detour, l.frame)
		case l.frame != nil:
			s.handleFrame(now, l.client, l.frame)
			s.tcp.noteBind(l)
		case l.peer != nil:
			s.tcp.handle(now, l.peer)
		case l.gone:
			s.tcp.forget(l.client)
			s.engine.HandleClientClosed(now, l.client.client, &s.out)
			s.streamsGone = append(s.streamsGone, l.client.client.Sock.Index())
		default:
			s.addStream(l.client)
		}
	}
	s.mail.admitWaiters()
}

func (s *shard) addStream(c *streamClient) {
	index := uint32(len(s.streams))
	if n := len(s.streamsFree); n > 0 {
		index, s.streamsFree = s.streamsFree[n-1], s.streamsFree[:n-1]
	} else {
		s.streams = append(s.streams, nil)
	}
	s.streams[index] = c
	c.client.Sock = dgram.StreamKind | dgram.Sock(index)
}

func (s *shard) handleFrame(now mono.Time, c *streamClient, f *stream.Frame) {
	in := dgram.In{
		Sock: c.client.Sock, Remote: c.client.Remote, Local: c.client.Local.Addr(),
		Buf: f.Buf, Start: f.Start, End: f.End,
	}
	s.engine.HandleClient(now, c.client, &in, &s.out)
	s.frames = append(s.frames, f)
}

// moveRelays opens and closes relay sockets. An identifier can be closed and
// opened in one round, so closing comes first; the sockets themselves stay until
// what leaves through them is written.
func (s *shard) moveRelays(now mono.Time) {
	closed := s.detachRelays(0)
	for i := 0; i < len(s.out.OpenRelays); i++ {
		s.openRelay(now, s.out.OpenRelays[i])
		closed = s.detachRelays(closed)
	}
}

func (s *shard) detachRelays(from int) int {
	for _, id := range s.out.CloseRelays[from:] {
		invariant.Check(int(id) < len(s.relays) && s.relays[id].local.IsValid(), "relay %d is closed but was not open", id)
		r := &s.relays[id]
		s.directory.remove(r.local)
		if s.kernel != nil {
			s.kernel.close(id)
		}
		s.closing = append(s.closing, r.sock)
		*r = boundRelay{}
	}
	return len(s.out.CloseRelays)
}

// write sends what is for streams to their queues, and the rest in one batch.
func (s *shard) write(now mono.Time) {
	datagrams := s.out.Send[:0]
	for _, o := range s.out.Send {
		if o.Sock.Kind() != dgram.StreamKind {
			datagrams = append(datagrams, o)
			continue
		}
		if c := s.streams[o.Sock.Index()]; c != nil {
			c.conn.Send(now, o.Data) // what finds no room is counted there
			s.tcp.noteAnswer(o.Sock)
		}
	}
	s.poller.WriteBatch(datagrams)
	s.tcp.answerBinds(s.out.JoinStreams)
}

// lookedUp takes in who a user is, from any goroutine.
func (s *shard) lookedUp(answer turn.LookedUp) {
	s.mail.post(letter{task: func(now mono.Time) { s.engine.HandleLookedUp(now, answer, &s.out) }}, s.stopped)
}

// deliver passes events on, and asks what the engine wants to know. A log that is slow to write loses lines, not media.
func (s *shard) deliver() {
	for _, l := range s.out.Lookups {
		s.webhook.ask(l, s.lookedUp)
	}
	for _, e := range s.out.Events {
		if e.Client.Transport != turn.UDP {
			// A stream that was closed may have a successor with its number.
			if c := s.streams[e.Client.Sock.Index()]; c != nil && c.client == e.Client {
				c.allocation(e.Kind)
			}
		} else if len(s.detours.from) > 0 {
			s.signpost(&e)
		}
		select {
		case s.events <- e:
		default:
			s.eventsDropped.Add(1)
		}
	}
}

func (s *shard) finishRound() {
	for _, sock := range s.closing {
		s.poller.CloseRelay(sock)
	}
	for _, index := range s.streamsGone {
		s.streams[index] = nil
		s.streamsFree = append(s.streamsFree, index)
	}
	for i, f := range s.frames {
		f.Release()
		s.frames[i] = nil
	}
	s.dtls.replies = s.dtls.replies[:0]
	s.closing, s.streamsGone, s.frames = s.closing[:0], s.streamsGone[:0], s.frames[:0]
	s.out.Reset()
}
