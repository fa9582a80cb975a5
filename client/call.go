package client

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/parley-rtc/parley/api"
)

const (
	tickEvery  = 250 * time.Millisecond
	aliveTicks = 2 // between heartbeats
)

// Options of [Join]. The zero value works.
type Options struct {
	Name   string      // what others see
	Client string      // software name and version, for the server's log
	TLS    *tls.Config // of the connection with the server

	Password string // of the room
	Invite   string // from an invite link
	HostKey  string // makes this client host of the room that belongs to it: [api.HostRoom]

	Events

	// RelayOnly uses no direct way.
	RelayOnly bool
	// Log gets what goes wrong without ending the call. Nil: nothing is logged.
	Log *slog.Logger
}

// Events is what happens in a room. Each function is called on the call's own
// goroutine and must return soon; nil ones are left out.
type Events struct {
	PeerJoined  func(Peer)
	PeerChanged func(Peer)
	PeerLeft    func(peer Peer, reason string) // "bye", "lost" or "removed"
	StateChange func(State)
	Waiting     func() // a host has to let us in
}

// Way is how data goes to a peer.
type Way struct {
	Known    bool
	Relayed  bool
	Protocol string // between here and the next hop: "udp" or "tcp"
}

// Call is a stay in a room.
type Call struct {
	Room string

	options    Options
	signal     *url.URL
	http       *http.Client
	session    *session
	socket     *socket
	timers     [timerCount]*time.Timer
	api        *webrtc.API
	watchers   []Events // of the call's goroutine
	ticks      int
	returnedAt time.Time
	closing    sync.WaitGroup // connections and sockets on their way out
	joined     chan struct{}  // closed with the first welcome, or the end
	done       chan struct{}  // closed when nothing runs any more

	mailbox

	mu       sync.Mutex
	id       string
	state    State
	why      *Error
	ice      []webrtc.ICEServer
	maxPeers int
	links    map[string]*link
	order    []string
	channels map[string]*Channel
}

// Join enters the room of a link like https://host/r/room. ctx bounds the joining,
// not the call. An error is an [*Error], or ctx's own.
func Join(ctx context.Context, roomURL string, options Options) (*Call, error) {
	room, signal, err := ParseRoomURL(roomURL)
	if err != nil {
		return nil, err
	}
	if options.Client == "" {
		options.Client = "parley-go/1"
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	c := &Call{
		Room: room, options: options, signal: signal,
		http:     &http.Client{Transport: &http.Transport{TLSClientConfig: options.TLS, Proxy: http.ProxyFromEnvironment}},
		joined:   make(chan struct{}),
		done:     make(chan struct{}),
		mailbox:  mailbox{wake: make(chan struct{}, 1)},
		watchers: []Events{options.Events},
		state:    StateConnecting, links: map[string]*link{}, channels: map[string]*Channel{},
	}
	if c.api, err = newWebRTC(); err != nil {
		return nil, err
	}
	c.session = newSession(api.Hello{
		Type: "hello", Room: room, Secret: randomID(24), Name: cleanName(options.Name), Client: options.Client,
		HostKey: options.HostKey, Password: options.Password, Invite: options.Invite,
	})
	c.post(c.session.start)
	go c.run()
	select {
	case <-c.joined:
	case <-ctx.Done():
		c.Leave()
		return nil, ctx.Err()
	}
	if why := c.Err(); why != nil {
		<-c.done
		return nil, why
	}
	return c, nil
}

// ID is the call's own peer id.
func (c *Call) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// State of the call.
func (c *Call) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Peers returns who is there, in the order in which they came.
func (c *Call) Peers() []Peer {
	c.mu.Lock()
	links := c.linksLocked()
	c.mu.Unlock()
	peers := make([]Peer, len(links))
	for i, l := range links {
		peers[i] = l.snapshot()
	}
	return peers
}

// ICEServers returns what the server named last for finding a way to peers, with
// credentials for this call.
func (c *Call) ICEServers() []api.ICEServer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var servers []api.ICEServer
	for _, s := range c.ice {
		credential, _ := s.Credential.(string)
		servers = append(servers, api.ICEServer{URLs: s.URLs, Username: s.Username, Credential: credential})
	}
	return servers
}

// Way returns how data goes to a peer now.
func (c *Call) Way(peer string) Way {
	c.mu.Lock()
	l := c.links[peer]
	c.mu.Unlock()
	if l == nil {
		return Way{}
	}
	return l.way()
}

// Done is closed when the call is over.
func (c *Call) Done() <-chan struct{} { return c.done }

// Err says why the call is over, nil while it is not. After [Call.Leave] its code is CodeLeft.
func (c *Call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == nil {
		return nil
	}
	return c.why
}

// Leave leaves the room and waits until nothing of the call runs any more. It must
// not be called by a function of Options or by the receiver of a channel.
func (c *Call) Leave() {
	c.post(c.session.leave)
	<-c.done
}

// run is the goroutine that owns the call.
func (c *Call) run() {
	defer close(c.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for c.session.state != StateLeft {
		select {
		case <-c.wake:
		case now := <-tick.C:
			c.tick(now)
		}
		for _, f := range c.takeAll() {
			f()
			c.carryOut()
		}
		c.carryOut()
	}
	c.release()
}

// carryOut does what the session wants done; that can bring more.
func (c *Call) carryOut() {
	for {
		effects := c.session.takeEffects()
		if len(effects) == 0 {
			return
		}
		for _, e := range effects {
			c.do(e)
		}
	}
}

func (c *Call) do(e effect) {
	switch e.do {
	case doOpen:
		c.openSocket()
	case doClose:
		c.closeSocket()
	case doWrite:
		c.writeSocket(e.message)
	case doTimer:
		c.stopTimer(e.timer)
		c.timers[e.timer] = time.AfterFunc(e.after, func() {
			c.post(func() { c.session.fired(e.timer, random()) })
		})
	case doCancel:
		c.stopTimer(e.timer)
	case doWelcome:
		c.onWelcome(e.message.(*api.Welcome))
	case doWait:
		c.tell(func(e Events) {
			if e.Waiting != nil {
				e.Waiting()
			}
		})
	case doDeliver:
		c.onMessage(e.message)
	case doWarn:
		c.options.Log.Warn("the server refuses a message", "code", string(e.err.Code), "reason", e.err.Message)
	case doState:
		c.onState(e.state, e.err)
	}
}

func (c *Call) stopTimer(t timerName) {
	if c.timers[t] != nil {
		c.timers[t].Stop()
	}
}

func (c *Call) onState(state State, why *Error) {
	c.mu.Lock()
	c.state = state
	if state == StateLeft {
		c.why = why
	}
	c.mu.Unlock()
	c.tell(func(e Events) {
		if e.StateChange != nil {
			e.StateChange(state)
		}
	})
}

func (c *Call) onWelcome(w *api.Welcome) {
	first := c.ID() == ""
	c.mu.Lock()
	c.id, c.maxPeers = w.Self, w.MaxPeers
	c.mu.Unlock()
	c.useICEServers(w.ICEServers)
	if !w.Resumed {
		c.onRoom(w.Peers)
	}
	if first {
		close(c.joined)
		return
	}
	// Signaling goes on over a new socket: what could not be mended without it is mended now.
	c.returnedAt = time.Now()
	for _, l := range c.allLinks() {
		l.tick(c.returnedAt)
	}
}

// onRoom learns who is there, by a server that has just met us.
func (c *Call) onRoom(peers []api.Peer) {
	there := map[string]bool{}
	for _, p := range peers {
		there[p.ID] = true
	}
	for _, l := range c.allLinks() {
		if !there[l.id()] {
			l.orphan(time.Now())
		}
	}
	for _, p := range peers {
		c.onPeer(p)
	}
}

func (c *Call) onPeer(info api.Peer) {
	c.mu.Lock()
	if known := c.links[info.ID]; known != nil {
		c.mu.Unlock()
		known.rejoined(info)
		return
	}
	l := newLink(c, info)
	c.links[info.ID] = l
	c.order = append(c.order, info.ID)
	channels := make([]*Channel, 0, len(c.channels))
	for _, ch := range c.channels {
		channels = append(channels, ch)
	}
	c.mu.Unlock()
	for _, ch := range channels {
		l.open(ch)
	}
	l.begin(info)
	c.tellJoined(l.snapshot())
}

func (c *Call) onMessage(message any) {
	switch m := message.(type) {
	case *api.PeerJoined:
		c.onPeer(m.Peer)
	case *api.ICEServers:
		c.useICEServers(m.ICEServers)
	case *api.PeerLeft:
		if l := c.link(m.Peer); l != nil && m.Reason == "lost" {
			l.orphan(time.Now())
		} else {
			c.remove(m.Peer, m.Reason)
		}
	case *api.PeerAway:
		c.changePeer(m.Peer, func(p *Peer) { p.Away = true })
	case *api.PeerBack:
		c.changePeer(m.Peer, func(p *Peer) { p.Away = false })
	case *api.PeerUpdated:
		c.changePeer(m.Peer, func(p *Peer) { p.Name, p.Media = m.Name, m.Media })
	case *api.Offer:
		c.toLink(m.From, m)
	case *api.Answer:
		c.toLink(m.From, m)
	case *api.Candidate:
		c.toLink(m.From, m)
	case *api.EndOfCandidates:
		c.toLink(m.From, m)
	case *api.Reset:
		c.toLink(m.From, m)
	}
}

func (c *Call) toLink(from string, message any) {
	if l := c.link(from); l != nil {
		l.handle(message)
	}
}

func (c *Call) changePeer(id string, f func(*Peer)) {
	if l := c.link(id); l != nil {
		l.change(f)
	}
}

func (c *Call) remove(id, reason string) {
	c.mu.Lock()
	l := c.links[id]
	delete(c.links, id)
	for i, other := range c.order {
		if other == id {
			c.order = append(c.order[:i:i], c.order[i+1:]...)
			break
		}
	}
	c.mu.Unlock()
	if l != nil {
		l.close()
		c.tellLeft(l.snapshot(), reason)
	}
}

func (c *Call) tick(now time.Time) {
	c.ticks++
	for _, l := range c.allLinks() {
		l.tick(now)
		if c.ticks%aliveTicks == 0 {
			l.sendAlive()
		}
	}
}

// release lets go of everything, at the end.
func (c *Call) release() {
	for _, l := range c.allLinks() {
		l.close()
	}
	for t := range timerCount {
		c.stopTimer(t)
	}
	c.mu.Lock()
	c.links, c.order = map[string]*link{}, nil
	c.mu.Unlock()
	c.closing.Wait()
	c.http.CloseIdleConnections()
	select {
	case <-c.joined:
	default:
		close(c.joined)
	}
}

func (c *Call) link(id string) *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.links[id]
}

func (c *Call) linksLocked() []*link {
	links := make([]*link, 0, len(c.order))
	for _, id := range c.order {
		links = append(links, c.links[id])
	}
	return links
}

func (c *Call) allLinks() []*link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.linksLocked()
}

func (c *Call) stream(peer, label string) *outbound {
	if l := c.link(peer); l != nil {
		return l.stream(label)
	}
	return nil
}

func (c *Call) warn(what string, err error) { c.options.Log.Warn(what, "reason", err.Error()) }
