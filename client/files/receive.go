package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"sync"
	"time"
)

// States that [Share.Receive] tells of.
const (
	Verifying = "verifying" // reads what is on disk from before
	Receiving = "receiving"
	Waiting   = "waiting" // the sender is away
	Asking    = "asking"  // the sender compares
)

// Result is a file that is complete.
type Result struct {
	Name    string // below the folder, with slashes
	Bytes   int64
	SHA256  string // of the whole file
	Stated  bool   // the sender stated the same SHA-256
	Matched bool   // the sender confirmed that it has the same pieces
	Existed bool   // it was there already, and is the same
}

// quietTime is how long a sender may say nothing that was asked for.
const quietTime = 5 * time.Minute

// reception is one file on its way in. Pieces come on a goroutine of the call, and
// go to disk on the one that called [Share.Receive].
type reception struct {
	share *Share
	in    Incoming
	id    [16]byte
	names []string // that no other reception may take

	mu       sync.Mutex
	open     bool   // pieces are wanted
	from     string // the sender
	pieces   int64
	next     int64 // the piece that is lacked
	upto     int64
	coming   []byte // the parts of next that are there
	began    bool   // the first part of next is there
	bad      int    // times that next did not match
	tree     hash.Hash
	verified chan piece
	signals  []signal
	wake     chan struct{}
}

type piece struct{ data, sum []byte }

// signal is what happens to a reception besides pieces.
type signal struct {
	left     bool
	returned string   // the sender is back, as this peer
	again    bool     // a piece did not match
	message  *message // of the sender
}

func (r *reception) signal(s signal) {
	r.mu.Lock()
	r.signals = append(r.signals, s)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reception) takeSignals() []signal {
	r.mu.Lock()
	defer r.mu.Unlock()
	signals := r.signals
	r.signals = nil
	return signals
}

// take takes a part of a piece: "only if it is the next that it lacks, and only
// from its first message on".
func (r *reception) take(from string, h header, data []byte) {
	r.mu.Lock()
	again := r.takeLocked(from, h, data)
	r.mu.Unlock()
	if again {
		r.signal(signal{again: true})
	}
}

func (r *reception) takeLocked(from string, h header, data []byte) (again bool) {
	number := int64(h.piece)
	if !r.open || from != r.from || number != r.next || number >= r.upto {
		return false
	}
	if h.flags&flagFirst != 0 {
		r.coming, r.began = make([]byte, 0, pieceSize(r.in.Bytes, number)+hashBytes), true
	}
	if !r.began {
		return false
	}
	if len(r.coming)+len(data) > cap(r.coming) {
		r.began = false // longer than the piece is
		return r.mismatch()
	}
	r.coming = append(r.coming, data...)
	if h.flags&flagLast == 0 {
		return false
	}
	r.began = false
	size := pieceSize(r.in.Bytes, number)
	if len(r.coming) != size+hashBytes {
		return r.mismatch()
	}
	content, stated := r.coming[:size], r.coming[size:]
	if sum := sha256.Sum256(content); !bytes.Equal(sum[:], stated) {
		return r.mismatch()
	}
	r.tree.Write(stated)
	r.next++
	r.bad = 0
	r.verified <- piece{content, stated} // holds a window, and no more was asked for
	return false
}

// mismatch: what comes after it is dropped until it was asked for anew.
func (r *reception) mismatch() bool {
	r.bad++
	r.open = false
	return true
}

// Receive takes a file that is offered into a folder. It goes on with what is there
// from an earlier time, waits while the sender is away, and returns when the file
// is complete, with a [*Problem], or with ctx's error; then what was received stays
// for the next time. progress is told states and bytes that are verified.
func (s *Share) Receive(ctx context.Context, id string, folder *os.Root, progress func(state string, bytes int64)) (*Result, error) {
	r, err := s.newReception(id)
	if err != nil {
		return nil, err
	}
	defer s.endReception(r)
	if result, err := r.compare(ctx, folder, progress); result != nil || err != nil {
		return result, err
	}
	p, err := openPart(folder, &r.in, r.reserve, func(n int64) { progress(Verifying, n) })
	if err != nil {
		r.tellFailed(err)
		return nil, err
	}
	defer p.close()
	result, err := r.run(ctx, p, progress)
	if err != nil {
		r.tellFailed(err)
	}
	return result, err
}

func (s *Share) newReception(id string) (*reception, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.incoming[id]
	if in == nil || s.closed {
		return nil, &Problem{CodeUnknown, "The file is not offered any more."}
	}
	if s.active[id] != nil {
		return nil, &Problem{CodeInternal, "The file is being received already."}
	}
	raw, err := idBytes(id)
	if err != nil {
		return nil, &Problem{CodeInternal, "The transfer has no usable id."}
	}
	r := &reception{
		share: s, in: *in, id: raw, from: in.From, pieces: pieceCount(in.Bytes),
		verified: make(chan piece, windowPieces), wake: make(chan struct{}, 1),
	}
	s.active[id] = r
	return r, nil
}

func (s *Share) endReception(r *reception) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, r.in.ID)
	for _, name := range r.names {
		delete(s.reserved, name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = false
}

// reserve says whether another reception is at a name, and takes it if not.
func (r *reception) reserve(name string) bool {
	r.share.mu.Lock()
	defer r.share.mu.Unlock()
	taken := r.share.reserved[name]
	if !taken {
		r.share.reserved[name] = true
		r.names = append(r.names, name)
	}
	return taken
}

// compare looks whether the file is there already, complete. It returns nothing if
// not.
func (r *reception) compare(ctx context.Context, folder *os.Root, progress func(string, int64)) (*Result, error) {
	name := safePath(r.in.Name, r.in.Path)
	info, err := folder.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() != r.in.Bytes {
		return nil, nil // in the way: the new one gets another name
	}
	p, err := readHashes(folder, name, r.in.Bytes, func(n int64) { progress(Verifying, n) })
	if err != nil {
		return nil, nil
	}
	progress(Asking, r.in.Bytes)
	r.say(&message{Type: "done", ID: r.in.ID, Tree: hex.EncodeToString(p.tree.Sum(nil))})
	for {
		for _, got := range r.takeSignals() {
			switch {
			case got.returned != "":
				r.say(&message{Type: "done", ID: r.in.ID, Tree: hex.EncodeToString(p.tree.Sum(nil))})
			case got.message == nil:
			case got.message.Type == "confirmed" && got.message.Match:
				result := r.result(p, got.message)
				result.Existed = true
				return result, nil
			case got.message.Type == "confirmed", got.message.Type == "failed" && got.message.Code == CodeChanged:
				return nil, nil
			default:
				return nil, problemOf(got.message)
			}
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *reception) result(p *part, confirmed *message) *Result {
	result := &Result{Name: p.name, Bytes: r.in.Bytes, SHA256: hex.EncodeToString(p.whole.Sum(nil))}
	if confirmed != nil {
		result.Matched = confirmed.Match
		result.Stated = confirmed.SHA256 == result.SHA256
	}
	return result
}

// run receives what lacks.
func (r *reception) run(ctx context.Context, p *part, progress func(string, int64)) (*Result, error) {
	restarted := false
	r.want(p)
	r.report(p, progress)
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for p.pieces < r.pieces {
		select {
		case got := <-r.verified:
			if err := p.write(got.data, got.sum); err != nil {
				return nil, err
			}
			r.extend(p)
			r.report(p, progress)
			quiet.Reset(quietTime)
			continue
		case <-r.wake:
		case <-quiet.C:
			if r.present() {
				return nil, &Problem{CodeInternal, "The sender sends nothing any more."}
			}
			quiet.Reset(quietTime)
			continue
		case <-ctx.Done():
			r.say(&message{Type: "cancel", ID: r.in.ID})
			return nil, ctx.Err()
		}
		for _, got := range r.takeSignals() {
			if err := r.follow(got, p, &restarted); err != nil {
				return nil, err
			}
			r.report(p, progress)
		}
	}
	return r.finish(ctx, p)
}

// follow does what a signal asks for.
func (r *reception) follow(got signal, p *part, restarted *bool) error {
	switch {
	case got.left:
		r.lose()
	case got.returned != "":
		r.regain(got.returned)
		return r.resume(p)
	case got.again:
		if r.badAgain() {
			return &Problem{CodeBadPiece, "A part of the file does not arrive as it was sent."}
		}
		return r.resume(p)
	case got.message.Type == "failed" && got.message.Code == CodeChanged && p.pieces > 0 && !*restarted:
		// What is on disk is of another file: from the beginning, once.
		*restarted = true
		if err := r.drain(p); err != nil {
			return err
		}
		if err := p.restart(&r.in); err != nil {
			return err
		}
		r.want(p)
	case got.message.Type != "confirmed":
		return problemOf(got.message)
	}
	return nil
}

// want asks for the first window beyond what is on disk.
func (r *reception) want(p *part) {
	r.mu.Lock()
	r.open, r.next, r.began = true, p.pieces, false
	r.upto = min(p.pieces+windowPieces, r.pieces)
	r.tree = sha256.New()
	if cloned, err := p.tree.(hash.Cloner).Clone(); err == nil {
		r.tree = cloned
	}
	m := &message{Type: "want", ID: r.in.ID, From: r.next, Upto: r.upto}
	if r.next > 0 {
		m.Have = hex.EncodeToString(r.tree.Sum(nil))
	}
	r.mu.Unlock()
	if m.Upto > m.From {
		r.say(m)
	}
}

// resume asks anew, after what was verified is on disk.
func (r *reception) resume(p *part) error {
	if err := r.drain(p); err != nil {
		return err
	}
	r.want(p)
	return nil
}

// drain writes what is verified; no more is taken meanwhile.
func (r *reception) drain(p *part) error {
	r.mu.Lock()
	r.open = false
	r.mu.Unlock()
	for {
		select {
		case got := <-r.verified:
			if err := p.write(got.data, got.sum); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// extend lets the sender go on.
func (r *reception) extend(p *part) {
	r.mu.Lock()
	upto := min(p.pieces+windowPieces, r.pieces)
	grow := r.open && (upto-r.upto >= extendEvery || upto == r.pieces && upto > r.upto)
	if grow {
		r.upto = upto
	}
	r.mu.Unlock()
	if grow {
		r.say(&message{Type: "more", ID: r.in.ID, Upto: upto})
	}
}

// finish tells the sender, waits for its word, and gives the file its name. A
// sender that leaves now leaves a whole file: each piece was verified.
func (r *reception) finish(ctx context.Context, p *part) (*Result, error) {
	confirmed := r.confirm(ctx, p)
	result := r.result(p, confirmed)
	switch {
	case confirmed != nil && !confirmed.Match:
		_ = p.restart(&r.in)
		return nil, &Problem{CodeChanged, "The sender has another file than what arrived."}
	case confirmed != nil && confirmed.SHA256 != "" && !result.Stated:
		_ = p.restart(&r.in)
		return nil, &Problem{CodeChanged, "The SHA-256 is another one than the sender states."}
	}
	return result, p.finish(r.in.Modified)
}

func (r *reception) confirm(ctx context.Context, p *part) *message {
	if !r.say(&message{Type: "done", ID: r.in.ID, Tree: hex.EncodeToString(p.tree.Sum(nil))}) {
		return nil
	}
	for {
		for _, got := range r.takeSignals() {
			if got.left || got.message != nil && got.message.Type != "confirmed" {
				return nil
			}
			if got.message != nil {
				return got.message
			}
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return nil
		}
	}
}

func (r *reception) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.from = false, ""
}

func (r *reception) regain(from string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.from = from
}

func (r *reception) present() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from != ""
}

func (r *reception) badAgain() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bad >= badPieceMax
}

func (r *reception) report(p *part, progress func(string, int64)) {
	state := Receiving
	if !r.present() {
		state = Waiting
	}
	progress(state, min(p.pieces*PieceBytes, r.in.Bytes))
}

// say tells the sender something; false while it is away.
func (r *reception) say(m *message) bool {
	r.mu.Lock()
	to := r.from
	r.mu.Unlock()
	if to != "" {
		r.share.tell(to, m)
	}
	return to != ""
}

func (r *reception) tellFailed(err error) {
	var problem *Problem
	if errors.As(err, &problem) {
		r.say(&message{Type: "failed", ID: r.in.ID, Code: problem.Code, Message: problem.Message})
	}
}

func problemOf(m *message) *Problem {
	switch m.Type {
	case "withdraw", "cancel":
		return &Problem{CodeWithdrawn, "The sender does not offer the file any more."}
	}
	text := map[Code]string{
		CodeChanged:    "The file was changed at the sender while it was sent.",
		CodeUnreadable: "The sender cannot read the file any more.",
		CodeTooLarge:   "The file is too large to be sent.",
		CodeUnknown:    "The sender does not know the file any more.",
	}[m.Code]
	if text == "" {
		text = fmt.Sprintf("The sender gave up: %s.", printable(m.Message))
	}
	return &Problem{m.Code, text}
}
