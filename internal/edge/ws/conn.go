package ws

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// pingsMax is how many ping frames (RFC 6455, section 5.5.2) may come between two
// messages. Each costs an answer, so a flood of them must end.
const pingsMax = 64

// Conn is one WebSocket. Send and Close may be called by several goroutines and
// do not block.
//
// One goroutine reads as long as the connection is there; another one exists only
// while there is something to write.
type Conn struct {
	server   *Server
	ws       *websocket.Conn
	net      net.Conn
	receiver Receiver
	addr     netip.Addr
	pings    int // since the last message; only the reader uses it

	mu          sync.Mutex
	queue       [][]byte
	queuedBytes int  // those being written included
	overflown   bool // a message was refused
	writing     bool // the writer is there
	closing     bool // nothing more is taken
	closeCode   int
	closeReason string
}

// Send queues a text message, which must not be changed from then on. It is false
// when the client reads too slowly for the queue to take it. What was queued is
// then dropped: only a last word and Close make sense. After Close messages are
// dropped.
func (c *Conn) Send(msg []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return true
	case !c.overflown && c.queuedBytes+len(msg) > c.server.cfg.QueueBytesMax:
		c.overflown = true
		c.queue = nil
		return false
	}
	c.queue = append(c.queue, msg)
	c.queuedBytes += len(msg)
	c.startWriter()
	return true
}

// Close lets the queue drain for CloseTime at most, then closes with a code of
// RFC 6455, section 7.4.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing, c.closeCode, c.closeReason = true, code, reason
	// An error here means that the connection is gone already.
	_ = c.net.SetDeadline(time.Now().Add(c.server.cfg.CloseTime))
	c.startWriter()
}

// startWriter is called with mu held.
func (c *Conn) startWriter() {
	if !c.writing {
		c.writing = true
		go c.write()
	}
}

// write empties the queue and ends.
func (c *Conn) write() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		if len(batch) == 0 {
			c.writing = false
			closing := c.closing
			c.mu.Unlock()
			if closing {
				// The reader is there until the client has answered or CloseTime
				// has passed, and cleans up.
				_ = c.ws.Close(websocket.StatusCode(c.closeCode), c.closeReason)
			}
			return
		}
		c.mu.Unlock()
		for _, msg := range batch {
			if err := c.writeMessage(msg); err != nil {
				c.cut()
				return
			}
		}
	}
}

func (c *Conn) writeMessage(msg []byte) error {
	c.setDeadline(c.net.SetWriteDeadline, c.server.cfg.WriteTime)
	err := c.ws.Write(context.Background(), websocket.MessageText, msg)
	c.mu.Lock()
	c.queuedBytes -= len(msg)
	c.mu.Unlock()
	return err
}

// setDeadline sets a deadline, unless that of Close is running. Zero sets none.
func (c *Conn) setDeadline(set func(time.Time) error, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	var at time.Time
	if d > 0 {
		at = time.Now().Add(d)
	}
	_ = set(at) // fails only when the connection is gone, which the next use tells
}

// cut ends the connection at once.
func (c *Conn) cut() {
	c.mu.Lock()
	c.closing, c.queue = true, nil
	c.mu.Unlock()
	_ = c.net.Close()
}

// read passes messages to the receiver until the connection is gone.
func (c *Conn) read() {
	goingAway := false
	defer func() { c.gone(goingAway) }()
	for first := true; ; first = false {
		kind, r, err := c.ws.Reader(context.Background())
		if err != nil {
			if first && errors.Is(err, os.ErrDeadlineExceeded) && !c.isClosing() {
				c.receiver.Late()
				c.awaitClose()
			}
			goingAway = websocket.CloseStatus(err) == websocket.StatusGoingAway && !c.isClosing()
			return
		}
		c.pings = 0
		if !c.readMessage(kind, r) {
			return
		}
		if first {
			c.setDeadline(c.net.SetReadDeadline, 0)
		}
	}
}

// readMessage reads one message; it is false when the connection is gone.
func (c *Conn) readMessage(kind websocket.MessageType, r io.Reader) bool {
	if kind != websocket.MessageText {
		c.receiver.Binary()
		_, err := io.Copy(io.Discard, r)
		return err == nil
	}
	buf := takeBuffer(c.server.cfg.MessageBytesMax + 1)
	defer returnBuffer(buf)
	msg, err := buf.readAll(r)
	switch {
	case err != nil:
		return false
	case len(msg) > c.server.cfg.MessageBytesMax:
		c.receiver.Oversize()
		_, err := io.Copy(io.Discard, r)
		return err == nil
	}
	c.receiver.Receive(msg)
	return true
}

// awaitClose waits until the writer has said the last word: after a read error
// the WebSocket library cannot wait for the client's close frame any more.
func (c *Conn) awaitClose() {
	_, _ = io.Copy(io.Discard, c.net)
}

func (c *Conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

func (c *Conn) gone(goingAway bool) {
	c.cut()
	_ = c.ws.CloseNow()
	c.receiver.Closed(goingAway)
	c.server.remove(c)
}

func (c *Conn) handlePing(context.Context, []byte) bool {
	c.pings++
	if c.pings > pingsMax {
		c.cut()
		return false
	}
	return true
}
