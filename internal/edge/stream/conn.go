package stream

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

const (
	readBufferSize = 8 << 10

	// chunkSize is what is written at once. It has room for any frame.
	chunkSize = 64<<10 + 64

	// queueMax is how many bytes wait for a slow reader before data is dropped:
	// some video keyframes in a row.
	queueMax = 1 << 20

	// queueAgeMax is how long data may wait. Older media is of no use, and would
	// only delay what follows.
	queueAgeMax = 3 * time.Second

	// freePerChunk is how many chunks must be free for each that a queue has.
	freePerChunk = 8

	// responsesMax is how many bytes of answers may wait. Who lets more than that
	// lie sends requests and does not read.
	responsesMax = 64 << 10

	// writeTimeout is how long a reader may take nothing at all.
	writeTimeout = 30 * time.Second

	// frameTimeout is how long the rest of a frame may take.
	frameTimeout = 10 * time.Second

	// IdleTimeout is how long a stream may be silent unless [Conn.SetIdle]
	// allows more.
	IdleTimeout = 60 * time.Second
)

// Shared is what the streams of one server have in common: the memory that their
// queues may take together, and counters.
type Shared struct {
	chunksMax int64
	chunks    atomic.Int64

	framesIn, framesOut, bytesIn, bytesOut atomic.Uint64
	droppedFull, droppedOld, cutOff        atomic.Uint64
	passedToPeer, passedToClient           atomic.Uint64
}

// NewShared limits the queues of all streams to bytes. 0 means 256 MiB.
func NewShared(bytes int64) *Shared {
	if bytes == 0 {
		bytes = 256 << 20
	}
	return &Shared{chunksMax: max(bytes/chunkSize, 1)}
}

// ConnCounters counts over all streams.
type ConnCounters struct {
	FramesIn, FramesOut, BytesIn, BytesOut uint64
	DroppedFull                            uint64 // data for which a queue had no room
	DroppedOld                             uint64 // data that waited too long
	CutOff                                 uint64 // streams closed because they do not read
	QueueBytes                             uint64 // memory of the queues now
	PassedToPeer, PassedToClient           uint64 // bytes of joined streams
}

// Counters returns the sums so far.
func (s *Shared) Counters() ConnCounters {
	return ConnCounters{
		FramesIn: s.framesIn.Load(), FramesOut: s.framesOut.Load(), BytesIn: s.bytesIn.Load(), BytesOut: s.bytesOut.Load(),
		DroppedFull: s.droppedFull.Load(), DroppedOld: s.droppedOld.Load(), CutOff: s.cutOff.Load(),
		QueueBytes: uint64(s.chunks.Load()) * chunkSize, PassedToPeer: s.passedToPeer.Load(), PassedToClient: s.passedToClient.Load(),
	}
}

// chunk is some whole frames that wait.
type chunk struct {
	data  []byte
	since mono.Time // when the first of them came
}

var chunks = sync.Pool{New: func() any { return &chunk{data: make([]byte, 0, chunkSize)} }}

// Conn is a TURN client's stream: frames in, and out through a queue with a
// writer of its own, so that a client that reads slowly holds up nobody.
type Conn struct {
	net    net.Conn
	shared *Shared
	reader *bufio.Reader
	idle   atomic.Int64 // time.Duration
	begun  func(int)

	mu        sync.Mutex
	queue     []*chunk
	queued    int // bytes of data and responses in queue
	responses int // bytes of responses in queue
	closed    bool
	detached  bool // nothing more is queued; the writer ends with the queue
	wake      chan struct{}
	done      chan struct{}
}

// NewConn takes over c and starts to write to it.
func NewConn(c net.Conn, shared *Shared) *Conn {
	s := &Conn{
		net: c, shared: shared, reader: bufio.NewReaderSize(c, readBufferSize),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.idle.Store(int64(IdleTimeout))
	s.begun = func(int) { _ = c.SetReadDeadline(time.Now().Add(frameTimeout)) }
	go s.write()
	return s
}

// SetIdle changes how long the client may be silent, from now on.
func (c *Conn) SetIdle(d time.Duration) {
	c.idle.Store(int64(d))
	_ = c.net.SetReadDeadline(time.Now().Add(d)) // fails only when closed
}

// Proven says that the client has proved who it is: it does not count any more
// among the connections that one source may have.
func (c *Conn) Proven() {
	inner := c.net
	switch p := inner.(type) {
	case *peekedTLS:
		inner = p.raw
	case *peeked:
		inner = p.Conn
	}
	if accepted, ok := inner.(*conn); ok {
		accepted.listener.letGo(accepted)
	}
}

// ReadFrame waits for the next frame, which the caller has to release.
func (c *Conn) ReadFrame() (*Frame, error) {
	if c.reader.Buffered() == 0 {
		if err := c.net.SetReadDeadline(time.Now().Add(time.Duration(c.idle.Load()))); err != nil {
			return nil, err
		}
	}
	f, err := readFrame(c.reader, c.begun)
	if err != nil {
		return nil, err
	}
	c.shared.framesIn.Add(1)
	c.shared.bytesIn.Add(uint64(f.End - f.Start))
	return f, nil
}

// Send queues a copy of a message and never waits. It returns false if the
// message was dropped: the queue is full, or the stream is closed.
func (c *Conn) Send(now mono.Time, message []byte) bool {
	response := isResponse(message)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.detached || len(message) > chunkSize-4 {
		return false
	}
	c.dropOld(now)
	if !c.hasRoom(len(message), response) {
		return false
	}
	last := c.lastChunk(now, len(message)+3)
	before := len(last.data)
	last.data = appendFrame(last.data, message)
	c.queued += len(last.data) - before
	if response {
		c.responses += len(last.data) - before
	}
	c.shared.framesOut.Add(1)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return true
}

func (c *Conn) hasRoom(size int, response bool) bool {
	if response {
		if c.responses+size > responsesMax {
			c.shared.cutOff.Add(1)
			c.closeLocked()
			return false
		}
		return true
	}
	if c.queued+size > queueMax || !c.fits(size+3) && !c.shared.hasChunkFor(len(c.queue)) {
		c.shared.droppedFull.Add(1)
		return false
	}
	return true
}

// fits says whether the last chunk has room for size bytes.
func (c *Conn) fits(size int) bool {
	n := len(c.queue)
	return n > 0 && len(c.queue[n-1].data)+size <= chunkSize
}

// hasChunkFor says whether a queue of some chunks may have one more: as long as
// they are few beside those that nobody has. So the more memory is taken, the less
// may one queue have of it, and who reads finds room although others do not read.
func (s *Shared) hasChunkFor(chunks int) bool {
	free := s.chunksMax - s.chunks.Load()
	return int64(chunks+1)*freePerChunk <= free
}

// lastChunk returns a chunk with room for size bytes at the end of the queue.
func (c *Conn) lastChunk(now mono.Time, size int) *chunk {
	if c.fits(size) {
		return c.queue[len(c.queue)-1]
	}
	last := chunks.Get().(*chunk)
	last.data, last.since = last.data[:0], now
	c.shared.chunks.Add(1)
	c.queue = append(c.queue, last)
	return last
}

// dropOld removes data that waited too long. Responses stay.
func (c *Conn) dropOld(now mono.Time) {
	for i := 0; i < len(c.queue) && now.Sub(c.queue[i].since) > queueAgeMax; {
		old := c.queue[i]
		before := len(old.data)
		var dropped int
		old.data, dropped = keepResponses(old.data)
		c.shared.droppedOld.Add(uint64(dropped))
		c.queued -= before - len(old.data)
		if len(old.data) > 0 {
			i++
			continue
		}
		c.queue = append(c.queue[:i], c.queue[i+1:]...)
		c.shared.free(old)
	}
}

// keepResponses removes all other frames from b, in place.
func keepResponses(b []byte) (kept []byte, dropped int) {
	kept = b[:0]
	for len(b) > 0 {
		size, padding, err := frameSize([4]byte(b[:4]))
		if err != nil || size+padding > len(b) {
			panic("the queue holds what is no frame")
		}
		if isResponse(b) {
			kept = append(kept, b[:size+padding]...)
		} else {
			dropped++
		}
		b = b[size+padding:]
	}
	return kept, dropped
}

// write sends the queue, chunk by chunk.
func (c *Conn) write() {
	defer close(c.done)
	for next := c.next(); next != nil; next = c.next() {
		var err error
		if len(next.data) > 0 {
			if err = c.net.SetWriteDeadline(time.Now().Add(writeTimeout)); err == nil {
				err = c.writeChunk(next.data)
			}
		}
		c.shared.bytesOut.Add(uint64(len(next.data)))
		c.shared.free(next)
		if err != nil {
			c.Close()
		}
	}
}

func (c *Conn) writeChunk(chunk []byte) error {
	if secure, ok := c.net.(*peekedTLS); ok {
		return secure.writeFrames(chunk)
	}
	_, err := c.net.Write(chunk)
	return err
}

// next waits for a chunk; nil means that the stream is closed or detached.
func (c *Conn) next() *chunk {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return nil
		}
		if len(c.queue) > 0 {
			first := c.queue[0]
			c.queue = append(c.queue[:0], c.queue[1:]...)
			c.queued -= len(first.data)
			c.responses -= responseBytes(first.data, c.responses)
			c.mu.Unlock()
			return first
		}
		detached := c.detached
		c.mu.Unlock()
		if detached {
			return nil
		}
		<-c.wake
	}
}

// responseBytes counts the bytes of responses in b. It looks only if there can
// be any.
func responseBytes(b []byte, waiting int) int {
	n := 0
	for waiting > 0 && len(b) > 0 {
		size, padding, _ := frameSize([4]byte(b[:4]))
		if isResponse(b) {
			n += size + padding
		}
		b = b[size+padding:]
	}
	return n
}

// Close closes the connection; what is queued is lost. It may be called by any
// goroutine, more than once, and does not wait.
func (c *Conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked()
}

func (c *Conn) closeLocked() {
	if c.closed {
		return
	}
	c.closed = true
	for _, waiting := range c.queue {
		c.shared.free(waiting)
	}
	c.queue = nil
	close(c.wake)
	_ = c.net.SetDeadline(time.Unix(1, 0)) // ends a read or write in progress
	go c.net.Close()                       // of TLS it can wait for a write to end
}

// Wait returns when the stream's goroutine is gone.
func (c *Conn) Wait() { <-c.done }

func (s *Shared) free(c *chunk) {
	s.chunks.Add(-1)
	chunks.Put(c)
}
