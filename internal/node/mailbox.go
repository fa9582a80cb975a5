package node

import (
	"sync/atomic"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	// mailboxSize is how many letters wait for a shard, a power of two.
	mailboxSize = 1024
	// mailboxBytesMax bounds the frames that wait, which can be 64 KiB each.
	mailboxBytesMax = 8 << 20
	// mailboxWaiters is how many senders one drain lets go on.
	mailboxWaiters = 64
)

// letter is what other goroutines tell a shard. Exactly one of task and client
// is set; frame is nil when the client comes or goes.
type letter struct {
	task   func(now mono.Time) // carried out by the shard; it must be short
	client *streamClient
	peer   *peerLetter
	bound  chan<- boundPeer // with a frame that asks to be joined with a peer
	frame  *stream.Frame
	gone   bool
	detour *detour // of the client that frame is from, instead of client
}

func (l *letter) bytes() int64 {
	if l.frame == nil {
		return 0
	}
	return int64(len(l.frame.Buf))
}

// mailbox is a bounded queue with many senders and the shard as its one reader,
// which never waits for a lock. Each cell carries the number of the turn in which
// it may be written (even rounds) or read, so a sender that was interrupted in
// the middle only delays what is behind it.
type mailbox struct {
	cells [mailboxSize]mailCell
	tail  atomic.Uint64 // next turn to write
	head  uint64        // next turn to read; the shard's own
	bytes atomic.Int64

	waiting atomic.Int64  // senders that found it full
	room    chan struct{} // wakes them
	dropped atomic.Uint64
	wake    func()
}

type mailCell struct {
	turn   atomic.Uint64 // t: free for turn t; t+1: holds the letter of turn t
	letter letter
}

func newMailbox(wake func()) *mailbox {
	m := &mailbox{room: make(chan struct{}, mailboxWaiters), wake: wake}
	for i := range m.cells {
		m.cells[i].turn.Store(uint64(i))
	}
	return m
}

// offer puts a letter in, or returns false if there is no room.
func (m *mailbox) offer(l letter) bool {
	size := l.bytes()
	if m.bytes.Add(size) > mailboxBytesMax && size > 0 {
		m.bytes.Add(-size)
		return false
	}
	for {
		turn := m.tail.Load()
		cell := &m.cells[turn%mailboxSize]
		switch at := cell.turn.Load(); {
		case at == turn:
			if m.tail.CompareAndSwap(turn, turn+1) {
				cell.letter = l
				cell.turn.Store(turn + 1)
				m.wake()
				return true
			}
		case at < turn: // not read yet since the last round
			m.bytes.Add(-size)
			return false
		}
	}
}

// post puts a letter in and waits for room if there is none, unless stop ends
// the wait: then the letter is dropped, and counted.
func (m *mailbox) post(l letter, stop <-chan struct{}) bool {
	for !m.offer(l) {
		m.waiting.Add(1)
		if m.offer(l) { // the shard may have looked for waiters before this one came
			m.waiting.Add(-1)
			return true
		}
		select {
		case <-m.room:
			m.waiting.Add(-1)
		case <-stop:
			m.waiting.Add(-1)
			m.dropped.Add(1)
			return false
		}
	}
	return true
}

// take returns the next letter. It is for the shard alone.
func (m *mailbox) take() (letter, bool) {
	cell := &m.cells[m.head%mailboxSize]
	if cell.turn.Load() != m.head+1 {
		return letter{}, false
	}
	l := cell.letter
	cell.letter = letter{}
	cell.turn.Store(m.head + mailboxSize)
	m.head++
	m.bytes.Add(-l.bytes())
	return l, true
}

// isEmpty says whether there is nothing to take. It is for the shard alone.
func (m *mailbox) isEmpty() bool {
	return m.cells[m.head%mailboxSize].turn.Load() != m.head+1
}

// admitWaiters lets senders that wait try again. It is for the shard, after it
// took letters.
func (m *mailbox) admitWaiters() {
	for n := min(m.waiting.Load(), mailboxWaiters); n > 0; n-- {
		select {
		case m.room <- struct{}{}:
		default:
			return
		}
	}
}
