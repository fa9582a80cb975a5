package files

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"sync"
)

// States of a [Delivery].
const (
	Sending   = "sending"
	Paused    = "paused"
	Delivered = "delivered"
	Stopped   = "stopped" // refused, cancelled or failed; it may be wanted again
)

// Delivery is how far one file is on its way to one receiver.
type Delivery struct {
	Offer    *Offer
	Peer     string
	PeerName string
	State    string
	Sent     int64 // bytes sent, those included that the receiver had
	SHA256   string
	Problem  *Problem
}

// service sends pieces to one receiver. One goroutine takes turns between the
// files that are wanted, so that a receiver costs one piece of memory, whatever it
// asks for.
type service struct {
	share  *Share
	peer   string
	name   string
	wake   chan struct{}
	buffer []byte // one piece
	part   []byte // one message of it

	mu    sync.Mutex
	tasks []*task // in the order in which they take turns
}

// task is a file on its way.
type task struct {
	Delivery
	wanted int // counts the wants: an answer to an older one is void

	next, upto int64     // pieces: next is what is sent, or proved, next
	prove      int64     // pieces before this are the receiver's own; they are compared with have
	have       string    // tree hash of them; empty if there is nothing to compare
	tree       hash.Hash // of the pieces before next
	whole      hash.Hash
	done       string // the receiver's tree hash, which waits for ours
}

func newService(share *Share, peer, name string) *service {
	return &service{share: share, peer: peer, name: name, wake: make(chan struct{}, 1), buffer: make([]byte, PieceBytes)}
}

// want begins a transfer, or begins it again.
func (s *service) want(offer *Offer, m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.taskOf(offer)
	pieces := pieceCount(offer.Bytes)
	s.begin(t, min(m.From, pieces), min(m.Upto, pieces), m.Have)
	if m.From > pieces {
		s.failLocked(t, &Problem{CodeChanged, "The file has fewer pieces at the sender."})
	}
	s.signal()
}

func (s *service) begin(t *task, from, upto int64, have string) {
	t.wanted++
	t.State, t.Problem, t.done = Sending, nil, ""
	t.next, t.prove, t.have, t.upto = 0, from, have, upto
	t.tree, t.whole = sha256.New(), sha256.New()
	t.Sent = min(from*PieceBytes, t.Offer.Bytes)
}

func (s *service) taskOf(offer *Offer) *task {
	for _, t := range s.tasks {
		if t.Offer.ID == offer.ID {
			return t
		}
	}
	t := &task{Delivery: Delivery{Offer: offer, Peer: s.peer, PeerName: s.name}}
	s.tasks = append(s.tasks, t)
	return t
}

func (s *service) handle(offer *Offer, m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.tasks, func(t *task) bool { return t.Offer.ID == offer.ID })
	if i < 0 && m.Type != "done" {
		return
	}
	if i < 0 { // it has the file from before, or there is nothing in it
		i = len(s.tasks)
		pieces := pieceCount(offer.Bytes)
		s.begin(s.taskOf(offer), pieces, pieces, "")
	}
	t := s.tasks[i]
	switch m.Type {
	case "more":
		// "upto only grows between two want; a smaller one is ignored"
		t.upto = max(t.upto, min(m.Upto, pieceCount(offer.Bytes)))
		if t.State == Paused {
			t.State = Sending
		}
	case "pause":
		if t.State == Sending {
			t.State = Paused
		}
	case "done":
		if t.State != Stopped {
			t.done, t.State = m.Tree, Sending
		}
	case "refuse", "cancel":
		t.State, t.Problem = Stopped, nil
	case "failed":
		t.State, t.Problem = Stopped, &Problem{m.Code, printable(m.Message)}
	}
	s.signal()
	s.share.changed()
}

func (s *service) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run sends until the peer has left.
func (s *service) run(gone <-chan struct{}) {
	for {
		t, wanted := s.nextTask()
		if t == nil {
			select {
			case <-s.wake:
			case <-gone:
				return
			}
			continue
		}
		select {
		case <-gone:
			return
		default:
			s.step(t, wanted)
		}
	}
}

// nextTask returns whose turn it is.
func (s *service) nextTask() (*task, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.tasks {
		pieces := pieceCount(t.Offer.Bytes)
		ready := t.State == Sending && (t.next < t.prove || t.next < t.upto || t.next == pieces && t.done != "")
		if ready {
			s.tasks = append(append(s.tasks[:i:i], s.tasks[i+1:]...), t)
			return t, t.wanted
		}
	}
	return nil, 0
}

// step does one piece of a task, or its end.
func (s *service) step(t *task, wanted int) {
	s.mu.Lock()
	piece, proving, done := t.next, t.next < t.prove, t.done
	s.mu.Unlock()
	if piece == pieceCount(t.Offer.Bytes) {
		s.confirm(t, wanted, done)
		return
	}
	data, problem := t.Offer.readPiece(piece, s.buffer)
	if problem != nil {
		s.fail(t, wanted, problem)
		return
	}
	sum := sha256.Sum256(data)
	if !proving {
		problem := s.send(t.Offer, piece, data, sum[:])
		if s.share.ctx.Err() != nil {
			return // sharing is over here, and the receiver waits for whoever goes on
		}
		if problem != nil {
			s.fail(t, wanted, problem)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.wanted != wanted {
		return // begun again meanwhile
	}
	t.tree.Write(sum[:])
	t.whole.Write(data)
	t.next++
	t.Sent = max(t.Sent, min(t.next*PieceBytes, t.Offer.Bytes))
	if t.have != "" && t.next == t.prove && hex.EncodeToString(t.tree.Sum(nil)) != t.have {
		s.failLocked(t, &Problem{CodeChanged, "The receiver holds pieces of another file."})
	}
}

// send sends one piece, in parts that the peer takes.
func (s *service) send(offer *Offer, piece int64, data, sum []byte) *Problem {
	ch := s.share.data
	size := ch.MessageBytesMax(s.peer)
	if size < partBytesMin {
		return &Problem{CodeTooLarge, "The receiver takes too small messages."}
	}
	id, err := idBytes(offer.ID)
	if err != nil {
		return &Problem{CodeInternal, "The transfer has no usable id."}
	}
	rest := data
	h := header{flags: flagFirst, id: id, piece: uint32(piece)}
	for {
		part := rest[:min(len(rest), size-headerBytes)]
		if len(part) == len(rest) && len(part)+hashBytes <= size-headerBytes {
			h.flags |= flagLast
		} else {
			part = part[:min(len(part), size-headerBytes-hashBytes)]
		}
		rest = rest[len(part):]
		s.part = append(h.appendTo(s.part[:0]), part...)
		if h.flags&flagLast != 0 {
			s.part = append(s.part, sum...)
		}
		if err := ch.Send(s.share.ctx, s.peer, s.part); err != nil {
			return &Problem{CodeInternal, "The receiver cannot be reached: " + err.Error()}
		}
		if h.flags&flagLast != 0 {
			return nil
		}
		h.flags = 0
	}
}

func (s *service) confirm(t *task, wanted int, done string) {
	s.mu.Lock()
	if t.wanted != wanted {
		s.mu.Unlock()
		return
	}
	tree := hex.EncodeToString(t.tree.Sum(nil))
	answer := &message{
		Type: "confirmed", ID: t.Offer.ID, Tree: tree, Match: tree == done, SHA256: hex.EncodeToString(t.whole.Sum(nil)),
	}
	t.done, t.SHA256, t.Sent = "", answer.SHA256, t.Offer.Bytes
	t.State = Delivered
	if !answer.Match {
		t.State, t.Problem = Stopped, &Problem{CodeChanged, "The receiver has another file than this."}
	}
	s.mu.Unlock()
	s.share.tell(s.peer, answer)
	s.share.changed()
}

func (s *service) fail(t *task, wanted int, problem *Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.wanted == wanted {
		s.failLocked(t, problem)
	}
}

func (s *service) failLocked(t *task, problem *Problem) {
	t.State, t.Problem = Stopped, problem
	offer := t.Offer
	s.share.background(func() {
		s.share.tell(s.peer, &message{Type: "failed", ID: offer.ID, Code: problem.Code, Message: problem.Message})
		s.share.changed()
	})
}

func (s *service) deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Delivery, 0, len(s.tasks))
	for _, t := range s.tasks {
		list = append(list, t.Delivery)
	}
	return list
}

// stop is what the receiver's leaving makes of its transfers.
func (s *service) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tasks {
		if t.State == Sending || t.State == Paused {
			t.State, t.Problem = Stopped, &Problem{CodeInternal, "The receiver has left."}
		}
	}
}
