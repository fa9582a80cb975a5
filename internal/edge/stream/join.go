package stream

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// passChunk is how many bytes pass before they are counted.
	passChunk = 64 << 10

	// halfClosedMax is how long a connection that is closed in one direction may
	// take for the next passChunk bytes of the other.
	halfClosedMax = 2 * time.Minute
)

// halfCloser is a connection whose directions end one by one.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// Join ends the framing of c and passes on every byte between c and p until both
// directions have ended or one of the two is closed; then both are. What was
// queued by Send before goes out first. Nobody else may use c meanwhile, but for
// Close.
//
// The bytes that are on their way wait in the kernel, or in one buffer in each
// direction where there is TLS: who does not read makes its sender wait.
//
// pace is asked before bytes pass, which wait until it agrees.
func (c *Conn) Join(p *Peer, pace Pace) {
	defer p.Close()
	peer, ok := p.join(c)
	if !ok || !c.detach() {
		return
	}
	ahead, _ := c.reader.Peek(c.reader.Buffered())
	if _, err := peer.Write(ahead); err != nil { // an empty buffer takes what was read ahead at once
		return
	}
	client := unwrapped(c.net)
	var half atomic.Bool
	var both sync.WaitGroup
	way := passage{half: &half, peer: p, pace: pace}
	both.Go(func() { way.pass(client, peer, false, &c.shared.passedToClient) })
	way.pass(peer, client, true, &c.shared.passedToPeer)
	both.Wait()
}

// detach waits until all that was queued is written, and stops the writer. It
// returns false if the stream is closed.
func (c *Conn) detach() bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.detached = true
	select {
	case c.wake <- struct{}{}:
	default:
	}
	c.mu.Unlock()
	<-c.done
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.closed && c.net.SetDeadline(time.Time{}) == nil
}

// unwrapped returns the connection that a stream's bytes really travel on, so that
// the kernel can pass them on by itself.
func unwrapped(c net.Conn) halfCloser {
	switch p := c.(type) {
	case *peekedTLS:
		return p.tls
	case *peeked:
		c = p.Conn
	}
	if accepted, ok := c.(*conn); ok {
		c = accepted.Conn
	}
	if h, ok := c.(halfCloser); ok {
		return h
	}
	return noHalves{c}
}

// noHalves is a connection that can only be closed as a whole.
type noHalves struct{ net.Conn }

func (n noHalves) CloseWrite() error { return n.Close() }

var passBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// Pace limits and counts what passes. Its functions are called by one goroutine for
// each direction.
type Pace struct {
	// Chunk is how many bytes are asked for at once; 0: there is no limit.
	Chunk int
	// Allows says whether a chunk more may pass now.
	Allows func(toPeer bool) bool
	// Passed is told what has passed; nil: nobody counts.
	Passed func(toPeer bool, bytes int64)
}

// paceRetry is how long bytes wait before Pace is asked again.
const paceRetry = 10 * time.Millisecond

// passage is both directions of a joined stream.
type passage struct {
	half *atomic.Bool // one of them has ended
	peer *Peer
	pace Pace
}

func (w *passage) chunk() int64 {
	if w.pace.Chunk == 0 {
		return passChunk
	}
	return int64(w.pace.Chunk)
}

// await waits until the pace allows a chunk more; false means that the streams are
// closed.
func (w *passage) await(toPeer bool) bool {
	for w.pace.Chunk > 0 && !w.pace.Allows(toPeer) {
		if w.peer.isClosed() {
			return false
		}
		time.Sleep(paceRetry)
	}
	return true
}

// pass copies from src to dst until src ends; then it ends dst's half. Any error
// ends both at once.
func (w *passage) pass(dst, src halfCloser, toPeer bool, passed *atomic.Uint64) {
	half, closeBoth := w.half, w.peer.Close
	for {
		if !w.await(toPeer) {
			closeBoth()
			return
		}
		if half.Load() {
			limitHalf(dst, src)
		}
		n, err := passSome(dst, src, w.chunk())
		passed.Add(uint64(n))
		if w.pace.Passed != nil && n > 0 {
			w.pace.Passed(toPeer, n)
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) || dst.CloseWrite() != nil {
			closeBoth()
			return
		}
		if half.Swap(true) { // the other direction has ended before
			closeBoth()
			return
		}
		limitHalf(src, dst)
		return
	}
}

// limitHalf gives the direction from src to dst some time to go on.
func limitHalf(dst, src net.Conn) {
	until := time.Now().Add(halfClosedMax)
	_ = src.SetReadDeadline(until) // fails only when closed
	_ = dst.SetWriteDeadline(until)
}

// passSome copies up to so many bytes. Between two TCP sockets the kernel does
// it, where it can.
func passSome(dst, src halfCloser, most int64) (n int64, err error) {
	limited := &io.LimitedReader{R: src, N: most}
	_, in := src.(*net.TCPConn)
	if to, out := dst.(*net.TCPConn); in && out {
		n, err = to.ReadFrom(limited)
	} else {
		buf := passBuffers.Get().(*[32 << 10]byte)
		n, err = io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{limited}, buf[:])
		passBuffers.Put(buf)
	}
	if err == nil && limited.N > 0 {
		return n, io.EOF
	}
	return n, err
}
