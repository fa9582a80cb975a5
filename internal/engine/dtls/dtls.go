// Package dtls lets TURN clients come over DTLS 1.2 (RFC 7350). It has two parts.
//
// [Gate] is pure: it answers a ClientHello with a cookie, without remembering
// anything, and says whether a ClientHello has one.
//
// [Conn] is an adapter around pion/dtls, which has goroutines and clocks of its own.
// It begins where the gate has let somebody in:
//
//	client                         gate            Conn
//	ClientHello ------------------->
//	<------- HelloVerifyRequest, cookie
//	ClientHello, cookie -----------> good --------> ClientHello without cookie   (made up)
//	                                                HelloVerifyRequest           (kept back)
//	                                                ClientHello, cookie
//	<--------------------------------------------- ServerHello ...
//
// The library makes cookies itself, at random, one for each connection that it
// remembers. So that it goes on where the gate has begun, it is shown a first
// ClientHello that was never sent, and the cookie it made is replaced by the one
// that the client has.
package dtls

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
)

const (
	// handshakeTimeout is how long a handshake may take.
	handshakeTimeout = 15 * time.Second

	// receiveMax is how many datagrams wait to be decrypted, sendMax how many to be
	// encrypted. What comes when there are so many gets lost, as on any UDP path.
	receiveMax = 64
	sendMax    = 256

	// recordMax is the longest message that fits into a record (RFC 6347, section
	// 4.1).
	recordMax = 1 << 14

	// MessageMax is the longest message that is received, in bytes.
	MessageMax = 8192
)

// Config says who the server is.
type Config struct {
	// Certificate returns the certificate for a server name, which may be empty.
	Certificate func(name string) (*tls.Certificate, error)
}

// ErrLibrary means that pion/dtls has changed inside, so that no handshake can
// begin.
var ErrLibrary = errors.New("this version of pion/dtls is not known here")

// Conn is one client's association. Deliver, Send, SetIdle and Close never wait.
type Conn struct {
	path *path
	dtls *dtls.Conn
	idle atomic.Int64 // time.Duration

	out    chan []byte
	closed chan struct{}
	once   sync.Once
	writer sync.WaitGroup
}

// Accept begins an association with a client whose hello the gate has admitted.
// send gets each datagram for it, from goroutines of the association; it may wait.
func Accept(cfg Config, remote netip.AddrPort, h *Hello, idle time.Duration, send func([]byte)) (*Conn, error) {
	c := &Conn{
		path: newPath(remote, h, send), out: make(chan []byte, sendMax), closed: make(chan struct{}),
	}
	c.idle.Store(int64(idle))
	var err error
	silent := logging.NewDefaultLoggerFactory()
	silent.DefaultLogLevel = logging.LogLevelDisabled
	c.dtls, err = dtls.ServerWithOptions(c.path, net.UDPAddrFromAddrPort(remote),
		dtls.WithGetCertificate(func(hello *dtls.ClientHelloInfo) (*tls.Certificate, error) { return cfg.Certificate(hello.ServerName) }),
		dtls.WithLoggerFactory(silent))
	if err != nil {
		return nil, err
	}
	c.path.cookie = func() []byte { return cookieOf(c.dtls) }
	return c, nil
}

// cookieOf returns the cookie that the library has made for a connection, nil if it
// is not where it was.
func cookieOf(c *dtls.Conn) []byte {
	state := reflect.ValueOf(c).Elem().FieldByName("state")
	if state.Kind() != reflect.Struct {
		return nil
	}
	cookie := state.FieldByName("cookie")
	if cookie.Kind() != reflect.Slice || cookie.Type().Elem().Kind() != reflect.Uint8 {
		return nil
	}
	return cookie.Bytes()
}

// Handshake shakes hands, and starts to send when that has worked.
func (c *Conn) Handshake(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := c.dtls.HandshakeContext(ctx); err != nil {
		return err
	}
	c.writer.Go(c.write)
	return nil
}

// Read waits for the next message. b has room for [MessageMax].
func (c *Conn) Read(b []byte) (int, error) {
	_ = c.dtls.SetReadDeadline(time.Now().Add(time.Duration(c.idle.Load()))) // never fails
	return c.dtls.Read(b)
}

// SetIdle changes how long the client may be silent, from now on.
func (c *Conn) SetIdle(d time.Duration) {
	c.idle.Store(int64(d))
	_ = c.dtls.SetReadDeadline(time.Now().Add(d))
}

// Deliver hands in a copy of a datagram of the client's. It is lost if too many
// wait.
func (c *Conn) Deliver(b []byte) { c.path.deliver(append([]byte(nil), b...)) }

// Send queues a copy of a message, and says whether there was room.
func (c *Conn) Send(b []byte) bool {
	if len(b) > recordMax {
		return false
	}
	select {
	case c.out <- append([]byte(nil), b...):
		return true
	default:
		return false
	}
}

func (c *Conn) write() {
	for {
		select {
		case b := <-c.out:
			if _, err := c.dtls.Write(b); err != nil {
				c.Close()
				return
			}
		case <-c.closed:
			return
		}
	}
}

// Close ends the association and tells the client.
func (c *Conn) Close() {
	c.once.Do(func() {
		close(c.closed)
		go func() {
			_ = c.dtls.Close()
			c.path.close()
		}()
	})
}

// Wait returns when nothing more is sent.
func (c *Conn) Wait() {
	c.writer.Wait()
	<-c.path.closed
}

// path is the client's datagrams as the library sees them.
type path struct {
	remote net.Addr
	send   func([]byte)
	cookie func() []byte
	first  []byte      // the hello that begins it all, without cookie
	second []byte      // the client's, with the gate's cookie
	good   []byte      // that cookie
	offset uint64      // added to the sequence numbers of records that are not encrypted
	shown  atomic.Bool // second was let through

	in     chan []byte
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	deadline chan struct{} // closed when reading is to end
	timer    *time.Timer
}

func newPath(remote netip.AddrPort, h *Hello, send func([]byte)) *path {
	p := &path{
		remote: net.UDPAddrFromAddrPort(remote), send: send, first: h.withoutCookie(), second: append([]byte(nil), h.raw...),
		good: append([]byte(nil), h.cookie...), in: make(chan []byte, receiveMax), closed: make(chan struct{}),
		deadline: make(chan struct{}),
	}
	// The HelloVerifyRequest that is kept back has taken number 0. The ServerHello
	// goes on from the client's number.
	if h.sequence > 0 {
		p.offset = h.sequence - 1
	}
	p.in <- p.first
	return p
}

func (p *path) deliver(b []byte) {
	select {
	case p.in <- b:
	default:
	}
}

// ReadFrom implements [net.PacketConn].
func (p *path) ReadFrom(b []byte) (int, net.Addr, error) {
	p.mu.Lock()
	deadline := p.deadline
	p.mu.Unlock()
	select {
	case datagram := <-p.in:
		return copy(b, datagram), p.remote, nil
	case <-deadline:
		return 0, nil, os.ErrDeadlineExceeded
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements [net.PacketConn]. The library calls it from the goroutine that
// shakes hands, as long as that goes on; so its cookie can be replaced here.
func (p *path) WriteTo(b []byte, _ net.Addr) (int, error) {
	if !p.shown.Load() && isVerifyRequest(b) {
		cookie := p.cookie()
		if len(cookie) != len(p.good) {
			return 0, ErrLibrary
		}
		copy(cookie, p.good)
		p.shown.Store(true)
		p.deliver(p.second)
		return len(b), nil
	}
	datagram := append([]byte(nil), b...)
	p.renumber(datagram)
	p.send(datagram)
	return len(b), nil
}

func isVerifyRequest(b []byte) bool {
	return len(b) > recordHeaderLen && b[0] == contentHandshake && b[recordHeaderLen] == typeVerifyRequest
}

// renumber moves the sequence numbers of records of epoch 0, which nothing protects.
func (p *path) renumber(b []byte) {
	for len(b) >= recordHeaderLen {
		if number := binary.BigEndian.Uint64(b[3:]); number>>48 == 0 {
			binary.BigEndian.PutUint64(b[3:], number+p.offset)
		}
		b = b[min(len(b), recordHeaderLen+int(binary.BigEndian.Uint16(b[11:]))):]
	}
}

func (p *path) close() { p.once.Do(func() { close(p.closed) }) }

// Close implements [net.PacketConn].
func (p *path) Close() error {
	p.close()
	return nil
}

// LocalAddr implements [net.PacketConn].
func (p *path) LocalAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline implements [net.PacketConn].
func (p *path) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetWriteDeadline implements [net.PacketConn]; writing does not wait for long.
func (p *path) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn].
func (p *path) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	select {
	case <-p.deadline:
		p.deadline = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return nil
	}
	deadline := p.deadline
	if wait := time.Until(t); wait > 0 {
		p.timer = time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.deadline == deadline {
				closeOnce(deadline)
			}
		})
		return nil
	}
	closeOnce(deadline)
	return nil
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
