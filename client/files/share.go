package files

import (
	"context"
	"strings"
	"sync"
	"unicode"

	"github.com/parley-rtc/parley/client"
)

// Share offers and takes files over a call.
type Share struct {
	call    *client.Call
	options Options
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	text    *client.Channel
	data    *client.Channel

	mu       sync.Mutex
	closed   bool
	offers   map[string]*Offer
	order    []string
	services map[string]*servant
	incoming map[string]*Incoming
	arrived  []string // ids of incoming, in order
	active   map[string]*reception
	reserved map[string]bool // names that receptions are at
}

// servant is a service and what ends it.
type servant struct {
	*service
	gone chan struct{}
}

// Options of [Open].
type Options struct {
	// Changed is called when something about offers or deliveries is different. It
	// must return soon, and not ask the Share anything itself.
	Changed func()
}

// Incoming is a file that somebody offers.
type Incoming struct {
	ID       string
	Name     string // safe to show; see Path
	Path     string // as the sender says it
	Group    *Group
	Bytes    int64
	Modified int64 // Unix milliseconds, 0 if not known
	MIME     string
	From     string // id of the peer; empty while it is away
	FromName string
}

// Open shares files over a call, until [Share.Close]. It takes the channels "files"
// and "file-data".
func Open(call *client.Call, options Options) (*Share, error) {
	ctx, stop := context.WithCancel(context.Background())
	s := &Share{
		call: call, options: options, ctx: ctx, stop: stop, offers: map[string]*Offer{}, services: map[string]*servant{},
		incoming: map[string]*Incoming{}, active: map[string]*reception{}, reserved: map[string]bool{},
	}
	var err error
	if s.text, err = call.Channel(textLabel, client.ChannelOptions{}, s.onText); err == nil {
		s.data, err = call.Channel(dataLabel, client.ChannelOptions{}, s.onData)
	}
	if err != nil {
		stop()
		return nil, err
	}
	call.Watch(client.Events{PeerJoined: s.onJoined, PeerLeft: func(p client.Peer, _ string) { s.onLeft(p.ID) }})
	return s, nil
}

// Close stops everything and waits for it.
func (s *Share) Close() {
	s.mu.Lock()
	s.closed = true
	for _, servant := range s.services {
		close(servant.gone)
	}
	s.services = map[string]*servant{}
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}

// Offer offers files to everybody who is there and who comes.
func (s *Share) Offer(offers []*Offer) {
	s.mu.Lock()
	for _, o := range offers {
		if s.offers[o.ID] == nil {
			s.order = append(s.order, o.ID)
		}
		s.offers[o.ID] = o
	}
	s.mu.Unlock()
	for _, o := range offers {
		for _, p := range s.call.Peers() {
			s.tell(p.ID, o.message())
		}
	}
}

// Incoming returns what is offered by others, in the order in which it came.
func (s *Share) Incoming() []Incoming {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Incoming, 0, len(s.arrived))
	for _, id := range s.arrived {
		list = append(list, *s.incoming[id])
	}
	return list
}

// Deliveries returns what is on its way to others, and what has arrived.
func (s *Share) Deliveries() []Delivery {
	s.mu.Lock()
	servants := make([]*servant, 0, len(s.services))
	for _, p := range s.services {
		servants = append(servants, p)
	}
	s.mu.Unlock()
	var list []Delivery
	for _, p := range servants {
		list = append(list, p.deliveries()...)
	}
	return list
}

func (s *Share) onJoined(p client.Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serviceLocked(p.ID)
	s.askLocked(p.ID)
}

// askLocked asks a peer for its offers.
func (s *Share) askLocked(peer string) {
	known := []string{}
	for id := range s.active {
		known = append(known, id)
	}
	s.backgroundLocked(func() { s.tell(peer, &message{Type: "list", Known: known}) })
}

// serviceLocked returns who serves a peer; nil when sharing is over.
func (s *Share) serviceLocked(peer string) *servant {
	if p := s.services[peer]; p != nil || s.closed {
		return p
	}
	name := ""
	for _, p := range s.call.Peers() {
		if p.ID == peer {
			name = p.Name
		}
	}
	p := &servant{newService(s, peer, name), make(chan struct{})}
	s.services[peer] = p
	s.running.Go(func() { p.run(p.gone) })
	return p
}

func (s *Share) onLeft(peer string) {
	s.mu.Lock()
	if p := s.services[peer]; p != nil {
		p.stop()
		close(p.gone)
		delete(s.services, peer)
	}
	var left []string
	unfinished := false
	for _, id := range s.arrived {
		in := s.incoming[id]
		if in.From != peer {
			left = append(left, id)
			continue
		}
		in.From = ""
		if r := s.active[id]; r != nil {
			left = append(left, id)
			r.signal(signal{left: true})
			unfinished = true
		} else {
			delete(s.incoming, id)
		}
	}
	s.arrived = left
	if unfinished {
		// The sender may have come back before it was missed, and its offer was not believed then.
		for _, p := range s.call.Peers() {
			s.askLocked(p.ID)
		}
	}
	s.mu.Unlock()
	s.changed()
}

// isPresent: of a sender whose page is loaded again, the old one is away at once
// and is taken for lost much later.
func (s *Share) isPresent(peer string) bool {
	for _, p := range s.call.Peers() {
		if p.ID == peer {
			return !p.Away
		}
	}
	return false
}

func (s *Share) onText(m client.Message) {
	if !m.Text {
		return
	}
	got := decode(m.Data)
	if got == nil {
		return
	}
	switch got.Type {
	case "list":
		s.mu.Lock()
		offers := make([]*Offer, 0, len(s.order))
		for _, id := range s.order {
			offers = append(offers, s.offers[id])
		}
		s.mu.Unlock()
		for _, o := range offers {
			s.tell(m.From, o.message())
		}
	case "offer":
		s.onOffer(m.From, got)
	case "want", "more", "pause", "refuse", "done":
		s.onReceiver(m.From, got)
	case "cancel", "failed":
		if !s.onReceiver(m.From, got) {
			s.onSender(m.From, got)
		}
	case "withdraw", "confirmed":
		s.onSender(m.From, got)
	}
}

// onReceiver handles what a receiver of ours says; false if it is not about an
// offer of ours.
func (s *Share) onReceiver(from string, m *message) bool {
	s.mu.Lock()
	offer, service := s.offers[m.ID], s.serviceLocked(from)
	s.mu.Unlock()
	switch {
	case service == nil:
	case offer != nil && m.Type == "want":
		service.want(offer, m)
	case offer != nil:
		service.handle(offer, m)
	case m.Type == "want" || m.Type == "done":
		s.tell(from, &message{Type: "failed", ID: m.ID, Code: CodeUnknown, Message: "There is no such offer."})
	}
	return offer != nil
}

func (s *Share) onOffer(from string, m *message) {
	s.mu.Lock()
	known := s.incoming[m.ID]
	switch {
	case known != nil && (known.From != from && s.isPresent(known.From) || known.Bytes != m.Bytes):
		s.mu.Unlock()
		return
	case known == nil && s.offeredByLocked(from) >= offersMax:
		s.mu.Unlock()
		return
	case known == nil:
		known = &Incoming{ID: m.ID}
		s.incoming[m.ID] = known
		s.arrived = append(s.arrived, m.ID)
	}
	back := known.From != from
	if r := s.active[m.ID]; r != nil && back && known.From != "" {
		r.signal(signal{left: true})
	}
	known.Name, known.Path, known.Group, known.Bytes = m.Name, m.Path, m.Group, m.Bytes
	known.Modified, known.MIME, known.From, known.FromName = m.ModifiedMs, m.MIME, from, ""
	for _, p := range s.call.Peers() {
		if p.ID == from {
			known.FromName = printable(p.Name)
		}
	}
	if r := s.active[m.ID]; r != nil && back {
		r.signal(signal{returned: from})
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Share) offeredByLocked(from string) int {
	n := 0
	for _, in := range s.incoming {
		if in.From == from {
			n++
		}
	}
	return n
}

// onSender handles what the sender of a file says.
func (s *Share) onSender(from string, m *message) {
	s.mu.Lock()
	in, r := s.incoming[m.ID], s.active[m.ID]
	if in == nil || in.From != from {
		s.mu.Unlock()
		return
	}
	if r != nil {
		r.signal(signal{message: m})
	}
	if m.Type == "withdraw" || m.Type == "cancel" {
		delete(s.incoming, m.ID)
		for i, id := range s.arrived {
			if id == m.ID {
				s.arrived = append(s.arrived[:i:i], s.arrived[i+1:]...)
				break
			}
		}
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Share) onData(m client.Message) {
	h, rest, ok := parseHeader(m.Data)
	if !ok || m.Text {
		return
	}
	s.mu.Lock()
	var to *reception
	for _, r := range s.active {
		if r.id == h.id {
			to = r
		}
	}
	s.mu.Unlock()
	if to != nil {
		to.take(m.From, h, rest)
	}
}

// tell sends a message. That it cannot be sent means that the peer has left, which
// is told otherwise.
func (s *Share) tell(peer string, m *message) {
	if text, err := m.encode(); err == nil {
		_ = s.text.SendText(s.ctx, peer, text)
	}
}

func (s *Share) changed() {
	if s.options.Changed != nil {
		s.options.Changed()
	}
}

// background does what may have to wait.
func (s *Share) background(f func()) { s.running.Go(f) }

func (s *Share) backgroundLocked(f func()) {
	if !s.closed {
		s.running.Go(f)
	}
}

// printable makes what others wrote safe for a terminal.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > messageMax {
		text = string(runes[:messageMax])
	}
	return text
}
