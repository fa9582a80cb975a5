package node

import (
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// bindTimeout is how long a stream waits to be joined with a peer, or to be refused.
const bindTimeout = 30 * time.Second

// shardsMax is how many shards a [turn.ConnectionID] can tell apart.
const shardsMax = 256

// tcpRelays are the TCP allocations of one shard (RFC 6062): where they listen, and
// the connections with peers. Bytes pass outside of the shard, in the goroutine of
// the client's stream. It belongs to the shard's goroutine.
type tcpRelays struct {
	shard            *shard
	directory        *relayDirectory // nil: none are had
	portMin, portMax uint16

	listeners map[turn.RelayID]*stream.Relay
	peers     map[turn.ConnectionID]*stream.Peer
	binds     []letter     // streams that asked to be joined and wait
	answered  []dgram.Sock // of this round, while there are such
	meters    relayMeters
}

// peerLetter is what other goroutines tell a shard of a connection with a peer.
type peerLetter struct {
	what  peerNews
	peer  *stream.Peer
	id    turn.ConnectionID // of peerAccepted: none yet
	relay turn.RelayID      // of peerAccepted
	from  *stream.Relay     // of peerAccepted
}

type peerNews uint8

const (
	peerAccepted peerNews = iota
	peerConnected
	peerFailed
	peerOver
)

func newTCPRelays(s *shard) *tcpRelays {
	return &tcpRelays{
		shard: s, listeners: make(map[turn.RelayID]*stream.Relay), peers: make(map[turn.ConnectionID]*stream.Peer),
		meters: make(relayMeters),
	}
}

// allow lets relays be had; directory is nil where not.
func (t *tcpRelays) allow(directory *relayDirectory, portMin, portMax uint16) {
	t.directory, t.portMin, t.portMax = directory, portMin, portMax
}

// move carries out what the engine wants of listeners and peers. An identifier can
// be closed and opened in one round, so closing comes first.
func (t *tcpRelays) move(now mono.Time) {
	out := &t.shard.out
	closed := t.closeListeners(0)
	for i := 0; i < len(out.OpenListeners); i++ {
		t.open(now, out.OpenListeners[i])
		closed = t.closeListeners(closed)
	}
	for _, c := range out.ConnectPeers {
		t.connect(now, c)
	}
	for _, id := range out.ClosePeers {
		if p := t.peers[id]; p != nil {
			delete(t.peers, id)
			p.Close()
		}
	}
}

func (t *tcpRelays) closeListeners(from int) int {
	out := &t.shard.out
	for _, id := range out.CloseListeners[from:] {
		l := t.listeners[id]
		t.directory.remove(l.Local())
		l.Close()
		delete(t.listeners, id)
		delete(t.meters, id)
	}
	return len(out.CloseListeners)
}

func (t *tcpRelays) open(now mono.Time, open turn.OpenListener) {
	answer := turn.RelayOpened{ID: open.ID}
	if ip, ok := t.directory.bindAddress(now, open.Family, open.Near); ok {
		if l, err := stream.OpenRelay(ip, t.portMin, t.portMax, t.accepted(open.ID)); err == nil {
			t.listeners[open.ID] = l
			answer.OK, answer.Advertised = true, t.directory.add(l.Local())
		}
	}
	t.shard.engine.HandleRelayOpened(now, answer, &t.shard.out)
}

// accepted returns what a listener does with a peer that connects.
func (t *tcpRelays) accepted(relay turn.RelayID) func(*stream.Relay, *stream.Peer) {
	return func(from *stream.Relay, p *stream.Peer) {
		t.post(&peerLetter{what: peerAccepted, peer: p, relay: relay, from: from})
	}
}

func (t *tcpRelays) connect(now mono.Time, c turn.ConnectPeer) {
	l := t.listeners[c.Relay]
	if l == nil { // closed in the same round
		t.shard.engine.HandlePeerConnected(now, c.ID, false, &t.shard.out)
		return
	}
	t.peers[c.ID] = l.Connect(c.Peer, func(p *stream.Peer, err error) {
		news := peerConnected
		if err != nil {
			news = peerFailed
		}
		t.post(&peerLetter{what: news, peer: p, id: c.ID})
	})
}

// post tells the shard. It is for other goroutines.
func (t *tcpRelays) post(l *peerLetter) {
	if !t.shard.mail.post(letter{peer: l}, t.shard.stopped) {
		l.peer.Close()
	}
}

// handle handles what post was told.
func (t *tcpRelays) handle(now mono.Time, l *peerLetter) {
	e, out := t.shard.engine, &t.shard.out
	switch l.what {
	case peerAccepted:
		var ok bool
		if t.listeners[l.relay] == l.from {
			l.id, ok = e.HandlePeerAccepted(now, l.relay, l.peer.Remote(), out)
		}
		if !ok {
			l.peer.Refuse()
			return
		}
		t.peers[l.id] = l.peer
	case peerConnected, peerFailed:
		if t.peers[l.id] != l.peer {
			return // it was closed meanwhile
		}
		if l.what == peerFailed {
			delete(t.peers, l.id)
		}
		e.HandlePeerConnected(now, l.id, l.what == peerConnected, out)
	case peerOver:
		if t.peers[l.id] == l.peer {
			delete(t.peers, l.id)
			e.HandlePeerClosed(l.id)
		}
	}
}

// noteBind remembers a frame that was handled and whose sender waits for an answer.
func (t *tcpRelays) noteBind(l letter) {
	if l.bound != nil {
		t.binds = append(t.binds, l)
	}
}

// noteAnswer remembers that a stream was sent a message.
func (t *tcpRelays) noteAnswer(sock dgram.Sock) {
	if len(t.binds) > 0 {
		t.answered = append(t.answered, sock)
	}
}

// answerBinds tells each stream that asked to be joined what came of it: a peer, or
// none where it got another answer. The rest go on waiting, for the engine may have
// to ask who they are. What the engine sent to a stream is queued already.
func (t *tcpRelays) answerBinds(joins []turn.JoinStreams) {
	for i := range joins {
		t.join(&joins[i])
	}
	t.binds = slices.DeleteFunc(t.binds, func(l letter) bool {
		answered := slices.Contains(t.answered, l.client.client.Sock)
		if answered {
			l.bound <- boundPeer{}
		}
		return answered
	})
	t.answered = t.answered[:0]
}

// join hands a peer to the stream that asked for it, and closes it if that has gone.
func (t *tcpRelays) join(j *turn.JoinStreams) {
	p := t.peers[j.ID]
	i := slices.IndexFunc(t.binds, func(l letter) bool { return l.client.client == j.Client })
	if i >= 0 {
		t.binds[i].bound <- boundPeer{p, t.paceOf(j)}
		t.binds = slices.Delete(t.binds, i, i+1)
	} else if p != nil {
		delete(t.peers, j.ID)
		p.Close()
		t.shard.engine.HandlePeerClosed(j.ID)
	}
}

// forget drops what a stream asked for that has gone.
func (t *tcpRelays) forget(c *streamClient) {
	t.binds = slices.DeleteFunc(t.binds, func(l letter) bool { return l.client == c })
}

// close ends everything when the shard has stopped.
func (t *tcpRelays) close() {
	for _, l := range t.listeners {
		l.Close()
	}
	for _, p := range t.peers {
		p.Close()
	}
}

// bindPeer handles a frame that asks for the stream of c to be joined with a peer,
// at the shard that has the peer. It returns when the engine has refused that, or,
// with ok false, when the joined streams are over.
func (m *media) bindPeer(s *shard, c *streamClient, framed *stream.Conn, f *stream.Frame, id turn.ConnectionID) (*shard, *streamClient, bool) {
	if n := int(id.Shard()); n < len(m.shards) && m.shards[n] != s {
		s, c = m.shards[n], moveStream(s, m.shards[n], c)
	}
	bound := make(chan boundPeer, 1)
	if !s.mail.post(letter{client: c, frame: f, bound: bound}, s.stopped) {
		f.Release()
		return s, c, false
	}
	select {
	case b := <-bound:
		if b.peer == nil {
			return s, c, true
		}
		framed.Proven() // or it could not have named the connection
		framed.Join(b.peer, b.pace)
		s.mail.post(letter{peer: &peerLetter{what: peerOver, peer: b.peer, id: id}}, s.stopped)
	case <-time.After(bindTimeout):
	case <-s.stopped:
	}
	return s, c, false
}
