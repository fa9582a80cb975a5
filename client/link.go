package client

import (
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/parley-rtc/parley/api"
)

const (
	// How long a peer that the server does not know is kept while it is heard.
	orphanTime = 30 * time.Second
	// Labels of one peer: more are not listened to.
	labelsMax = 64
)

// Peer is another one in the room, as it was when asked for.
type Peer struct {
	ID         string
	Name       string
	Media      api.MediaState
	Connection string // PeerConnecting, PeerConnected, PeerReconnecting, PeerLost
	Away       bool   // its signaling is gone; data may still flow
}

// link is the way to one peer: which connection it is at the moment, when that is
// replaced, and the streams that live longer than it.
type link struct {
	call     *Call
	polite   bool
	recovery recovery
	orphaned time.Time // until when it is kept
	trouble  bool

	mu       sync.Mutex
	peer     Peer
	current  *connection // written on the call's goroutine, under mu
	inbound  map[string]*inbound
	outbound map[string]*outbound
	closed   bool
}

func newLink(call *Call, info api.Peer) *link {
	l := &link{call: call, polite: info.Polite, inbound: map[string]*inbound{}, outbound: map[string]*outbound{}}
	l.recovery.replaced(time.Now())
	l.peer = Peer{ID: info.ID, Name: info.Name, Media: info.Media, Away: info.Away, Connection: PeerConnecting}
	return l
}

func (l *link) snapshot() Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer
}

// change alters what is known of the peer and tells the application.
func (l *link) change(f func(p *Peer)) {
	l.mu.Lock()
	before := l.peer
	f(&l.peer)
	after := l.peer
	l.mu.Unlock()
	if before != after {
		l.call.tellChanged(after)
	}
}

func (l *link) id() string { return l.snapshot().ID }

// begin makes the first offer where that is ours to make.
func (l *link) begin(info api.Peer) {
	if info.Initiate {
		l.start()
	}
}

// rejoined: the server knows this peer again, after a restart of it or of the
// peer's session.
func (l *link) rejoined(info api.Peer) {
	l.change(func(p *Peer) { p.Name, p.Media, p.Away = info.Name, info.Media, info.Away })
	l.orphaned = time.Time{}
	c := l.current
	if c != nil && c.resend() {
		return
	}
	if c != nil && !l.trouble && l.snapshot().Connection == PeerConnected {
		return
	}
	if info.Initiate {
		l.start()
	}
}

// orphan: the server does not know this peer any more, but it may still be heard.
func (l *link) orphan(now time.Time) {
	l.change(func(p *Peer) { p.Away = true })
	switch {
	case l.trouble || l.snapshot().Connection != PeerConnected:
		l.call.remove(l.id(), "lost")
	case l.orphaned.IsZero():
		l.orphaned = now.Add(orphanTime)
	}
}

func (l *link) handle(message any) {
	var err error
	switch m := message.(type) {
	case *api.Offer:
		err = l.onOffer(m)
	case *api.Answer:
		if c := l.known(m.Connection); c != nil {
			err = c.handleAnswer(m.SDP)
			l.recovery.attempted(time.Now())
		} else {
			l.reset(m.Connection)
		}
	case *api.Candidate:
		index := uint16(m.SDPMLineIndex)
		l.onCandidate(m.Connection, m.UsernameFragment, webrtc.ICECandidateInit{
			Candidate: m.Candidate, SDPMid: &m.SDPMid, SDPMLineIndex: &index,
		})
	case *api.EndOfCandidates:
		l.onCandidate(m.Connection, m.UsernameFragment, webrtc.ICECandidateInit{})
	case *api.Reset:
		// Of a connection that we have, or before there is any: the peer wants us to begin.
		if l.current == nil || l.current.id == m.Connection {
			l.start()
		}
	}
	if err != nil {
		l.call.warn("negotiation failed", err)
	}
}

func (l *link) known(connection string) *connection {
	if c := l.current; c != nil && c.id == connection {
		return c
	}
	return nil
}

// reset: "Any other message that names an unknown connection is answered by reset".
func (l *link) reset(connection string) {
	l.call.session.send(&api.Reset{Type: "reset", To: l.id(), Connection: connection}, 0)
}

func (l *link) onCandidate(connection, fragment string, init webrtc.ICECandidateInit) {
	if c := l.known(connection); c != nil {
		if fragment != "" {
			init.UsernameFragment = &fragment
		}
		c.handleCandidate(init)
	}
}

func (l *link) onOffer(m *api.Offer) error {
	c := l.known(m.Connection)
	switch {
	case c != nil && c.offering():
		// Both offer at once, and only a new connection of ours has an offer: the other does not have it yet.
		return nil
	case c != nil:
		err := c.handleOffer(m.SDP, m.Tracks)
		l.recovery.attempted(time.Now())
		return err
	case !m.First:
		l.reset(m.Connection)
		return nil
	}
	// "If both sides send such an offer at once, the polite one gives its own up and answers."
	if mine := l.current; mine != nil && !mine.known && mine.offering() && !l.polite {
		return nil
	}
	c, err := l.connect(m.Connection)
	if err != nil {
		return err
	}
	return c.handleOffer(m.SDP, m.Tracks)
}

// start makes a new connection and its first offer.
func (l *link) start() {
	c, err := l.connect(randomID(12))
	if err == nil {
		err = c.start()
	}
	if err != nil {
		l.call.warn("connection cannot be made", err)
	}
}

// connect replaces the connection there was.
func (l *link) connect(id string) (*connection, error) {
	l.closeConnection()
	l.recovery.replaced(time.Now())
	l.trouble = false
	pc, err := l.call.newPeerConnection()
	if err != nil {
		return nil, err
	}
	c, err := newConnection(id, pc, l, l.call.post)
	if err != nil {
		_ = pc.Close()
		return nil, err
	}
	l.mu.Lock()
	l.current = c
	streams := make([]*outbound, 0, len(l.outbound))
	for _, stream := range l.outbound {
		stream.detach()
		streams = append(streams, stream)
	}
	l.mu.Unlock()
	for _, stream := range streams {
		l.attach(stream, c)
	}
	return c, nil
}

func (l *link) closeConnection() {
	l.mu.Lock()
	c := l.current
	l.current = nil
	l.mu.Unlock()
	if c != nil {
		l.call.closing.Add(1)
		c.close(l.call.closing.Done)
	}
}

// attach opens the data channel of a stream over a connection, once: a peer reads
// what the latest data channel of a label brings.
func (l *link) attach(stream *outbound, c *connection) {
	if stream.over == c {
		return
	}
	stream.over = c
	init := &webrtc.DataChannelInit{}
	protocol := stream.protocol()
	init.Protocol = &protocol
	if options := stream.options; !options.reliable() {
		// Counting needs order, and order keeps every promise of an unordered reliable channel.
		ordered := !options.Unordered
		init.Ordered, init.MaxRetransmits = &ordered, options.MaxRetransmits
		if options.MaxLifetime != nil {
			ms := uint16(min(options.MaxLifetime.Milliseconds(), 65535))
			init.MaxPacketLifeTime = &ms
		}
	}
	err := c.openChannel(stream.label, init, func(d *dataChannel) {
		d.dc.OnBufferedAmountLow(stream.low)
		stream.attach(d, c.messageBytesMax())
	})
	if err != nil {
		l.call.warn("channel cannot be opened", err)
	}
}

// open opens a channel to this peer.
func (l *link) open(ch *Channel) {
	stream := newOutbound(ch.Label, ch.options)
	l.mu.Lock()
	if l.closed || l.outbound[ch.Label] != nil {
		l.mu.Unlock()
		return
	}
	l.outbound[ch.Label] = stream
	from := l.peer.ID
	in := l.inboundLocked(ch.Label)
	l.mu.Unlock()
	if in != nil {
		in.listen(func(data []byte, text bool) { ch.receive(Message{From: from, Data: data, Text: text}) })
	}
	l.call.post(func() {
		if l.current != nil {
			l.attach(stream, l.current)
		}
	})
}

func (l *link) inboundLocked(label string) *inbound {
	in := l.inbound[label]
	if in == nil && len(l.inbound) < labelsMax && len(label) <= labelBytesMax {
		in = &inbound{}
		l.inbound[label] = in
	}
	return in
}

// tick is called four times a second.
func (l *link) tick(now time.Time) {
	c := l.current
	if !l.orphaned.IsZero() && now.After(l.orphaned) {
		l.call.remove(l.id(), "lost")
		return
	}
	if c == nil {
		return
	}
	peer := l.snapshot()
	v := l.recovery.observe(observation{
		now: now, silent: c.silent(now), remoteHidden: c.hidden, ice: c.ice(), broken: c.broken(), follows: !c.leads,
		offering: c.offering(), returnedAt: l.call.returnedAt, reachable: l.call.session.state == StateConnected, away: peer.Away,
	})
	if v.suspect {
		l.call.session.probe()
	}
	l.trouble = v.trouble
	if v.replace {
		l.start()
	}
	if !l.orphaned.IsZero() && v.state == PeerLost {
		l.call.remove(peer.ID, "lost")
		return
	}
	l.change(func(p *Peer) { p.Connection = v.state })
}

// sendAlive tells the peer that we are there, and what we have got.
func (l *link) sendAlive() {
	c := l.current
	if c == nil {
		return
	}
	m := alive{Type: "alive", Received: map[string]ack{}}
	l.mu.Lock()
	for label, in := range l.inbound {
		if name, received, ok := in.takeAck(); ok {
			m.Received[label] = ack{name, received}
		}
	}
	l.mu.Unlock()
	c.sendAlive(m)
}

func (l *link) stream(label string) *outbound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.outbound[label]
}

func (l *link) close() {
	l.closeConnection()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, stream := range l.outbound {
		stream.end(&Error{CodeClosed, "The peer has left, or the call is over."})
	}
	for _, in := range l.inbound {
		in.end()
	}
}

// describe implements connectionHost.
func (l *link) describe(c *connection, kind, sdp string, tracks []api.TrackInfo) {
	to := l.id()
	if kind == "offer" {
		offer := &api.Offer{Type: "offer", To: to, Connection: c.id, First: !c.known, SDP: sdp, Tracks: tracks}
		l.call.session.send(offer, len(sdp))
		return
	}
	l.call.session.send(&api.Answer{Type: "answer", To: to, Connection: c.id, SDP: sdp, Tracks: tracks}, len(sdp))
}

// candidate implements connectionHost.
func (l *link) candidate(c *connection, init webrtc.ICECandidateInit) {
	to, fragment := l.id(), *init.UsernameFragment
	if init.Candidate == "" {
		l.call.session.send(&api.EndOfCandidates{Type: "end-of-candidates", To: to, Connection: c.id, UsernameFragment: fragment}, 0)
		return
	}
	m := &api.Candidate{Type: "candidate", To: to, Connection: c.id, Candidate: init.Candidate, SDPMid: "0", UsernameFragment: fragment}
	if init.SDPMid != nil && *init.SDPMid != "" {
		m.SDPMid = *init.SDPMid
	}
	l.call.session.send(m, 0)
}

// alive implements connectionHost.
func (l *link) alive(_ *connection, m alive) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for label, stream := range l.outbound {
		if got, ok := m.Received[label]; ok {
			stream.acknowledge(got.name, got.number)
		} else {
			stream.heard()
		}
	}
}

// incoming implements connectionHost, on a goroutine of the library.
func (l *link) incoming(c *connection, label, protocol string) func(data []byte, text bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != c || l.closed {
		return nil
	}
	in := l.inboundLocked(label)
	if in == nil {
		return nil
	}
	epoch := in.begin(protocol)
	return func(data []byte, text bool) {
		if in.receive(epoch, data, text) {
			l.call.post(l.sendAlive)
		}
	}
}

// way says how the data goes: "direct" or "relay", with the protocol to the relay.
func (l *link) way() Way {
	l.mu.Lock()
	c := l.current
	l.mu.Unlock()
	if c == nil || c.ice() != iceConnected {
		return Way{}
	}
	pair, err := c.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return Way{}
	}
	relayed := pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay
	return Way{Known: true, Relayed: relayed, Protocol: strings.ToLower(pair.Local.Protocol.String())}
}
