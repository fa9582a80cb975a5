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
	passChunk = 1 << 20

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
func (c *Conn) Join(p *Peer) {
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
	both.Go(func() { pass(client, peer, &half, &c.shared.passedToClient, p.Close) })
	pass(peer, client, &half, &c.shared.passedToPeer, p.Close)
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

// pass copies from src to dst until src ends; then it ends dst's half. Any error
// ends both at once.
func pass(dst, src halfCloser, half *atomic.Bool, passed *atomic.Uint64, closeBoth func()) {
	for {
		if half.Load() {
			limitHalf(dst, src)
		}
		n, err := passSome(dst, src)
		passed.Add(uint64(n))
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

// passSome copies up to passChunk bytes. Between two TCP sockets the kernel does
// it, where it can.
func passSome(dst, src halfCloser) (n int64, err error) {
	limited := &io.LimitedReader{R: src, N: passChunk}
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
