package stream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// handshakeRecord is the first byte of a TLS connection: ContentType handshake
// (RFC 8446, section 5.1).
const handshakeRecord = 0x16

// conn is an accepted connection. It counts as open until it is closed.
type conn struct {
	net.Conn
	listener *Listener
	source   netip.Prefix
	counted  bool         // among the new connections of source
	holds    atomic.Bool  // among those of source that have proved nothing
	proxied  bool         // begins with a header of the PROXY protocol
	client   *net.TCPAddr // whom a proxy says that it is from; nil: who it comes from
	over     atomic.Bool

	mu     sync.Mutex
	corked *bytes.Buffer // where writes gather; nil: they go out
}

// Write implements [net.Conn].
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.corked != nil {
		defer c.mu.Unlock()
		return c.corked.Write(b)
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// RemoteAddr implements [net.Conn].
func (c *conn) RemoteAddr() net.Addr {
	if c.client != nil {
		return c.client
	}
	return c.Conn.RemoteAddr()
}

var corkBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// cork makes writes wait for uncork, which sends them as one.
func (c *conn) cork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.corked = corkBuffers.Get().(*bytes.Buffer)
}

func (c *conn) uncork() error {
	c.mu.Lock()
	gathered := c.corked
	c.corked = nil
	c.mu.Unlock()
	_, err := c.Conn.Write(gathered.Bytes())
	gathered.Reset()
	corkBuffers.Put(gathered)
	return err
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	if !c.over.Swap(true) {
		c.listener.count.open.Add(-1)
		c.listener.letGo(c)
	}
	return c.Conn.Close()
}

// peeked is a connection whose first byte was read already.
type peeked struct {
	net.Conn
	first byte
	given bool
}

// Read implements [net.Conn].
func (p *peeked) Read(b []byte) (int, error) {
	if p.given || len(b) == 0 {
		return p.Conn.Read(b)
	}
	p.given = true
	b[0] = p.first
	return 1, nil
}

// peekedTLS lets package net/http see that the connection is TLS.
type peekedTLS struct {
	peeked
	tls *tls.Conn
	raw *conn
}

// writeFrames writes each frame of chunk as a TLS record of its own: there are
// clients (coturn's utilities) that take a record for a message.
func (p *peekedTLS) writeFrames(chunk []byte) (err error) {
	p.raw.cork()
	for len(chunk) > 0 && err == nil {
		size, padding, _ := frameSize([4]byte(chunk[:4]))
		_, err = p.tls.Write(chunk[:size+padding])
		chunk = chunk[size+padding:]
	}
	if sent := p.raw.uncork(); err == nil {
		err = sent
	}
	return err
}

// ConnectionState is what net/http fills Request.TLS from.
func (p *peekedTLS) ConnectionState() tls.ConnectionState { return p.tls.ConnectionState() }

// sort finds out what a connection wants and hands it on.
func (l *Listener) sort(c *conn) {
	inner, secure, isTURN, err := l.identify(c)
	l.settled(c)
	if err != nil {
		if errors.Is(err, ErrProxyHeader) {
			l.count.proxyError.Add(1)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
			l.count.timedOut.Add(1)
		}
		_ = c.Close()
		return
	}
	if !l.hold(c) {
		l.count.refused.Add(1)
		_ = inner.Close()
		return
	}
	if isTURN {
		l.count.turn.Add(1)
		l.cfg.ServeTURN(inner, secure)
		_ = inner.Close()
		return
	}
	if l.cfg.OnlyTURN {
		l.count.refused.Add(1)
		_ = inner.Close()
		return
	}
	l.count.http.Add(1)
	select {
	case l.http <- inner:
	case <-l.closed:
		_ = inner.Close()
	}
}

// identify reads as far as it must. The whole of it has one deadline, so it does
// not help to send byte by byte.
func (l *Listener) identify(c *conn) (inner net.Conn, secure, isTURN bool, err error) {
	if err := c.SetDeadline(time.Now().Add(l.cfg.HandshakeTimeout)); err != nil {
		return nil, false, false, err
	}
	if c.proxied {
		if err := l.identifyProxied(c); err != nil {
			return nil, false, false, err
		}
	}
	first, err := readByte(c)
	if err != nil {
		return nil, false, false, err
	}
	if first == proxySignature[0] && !c.proxied { // nothing else that is spoken here begins so
		return nil, false, false, fmt.Errorf("%w: a header from %v, which is no proxy of this server", ErrProxyHeader, c.RemoteAddr())
	}
	outer := &peeked{Conn: c, first: first}
	if l.cfg.TLS == nil || first != handshakeRecord {
		return outer, false, isSTUN(first), c.SetDeadline(time.Time{})
	}
	t := tls.Server(outer, l.cfg.TLS)
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.HandshakeTimeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		l.count.handshakeError.Add(1)
		return nil, true, false, err
	}
	switch t.ConnectionState().NegotiatedProtocol {
	case acmeTLSProtocol:
		return nil, true, false, errChallenge
	case "h2": // net/http wants the *tls.Conn itself
		return t, true, false, c.SetDeadline(time.Time{})
	}
	if first, err = readByte(t); err != nil {
		return nil, true, false, err
	}
	return &peekedTLS{peeked{Conn: t, first: first}, t, c}, true, isSTUN(first), c.SetDeadline(time.Time{})
}

// acmeTLSProtocol is the protocol of a certificate authority that looks at the
// certificate and goes (RFC 8737, section 3).
const acmeTLSProtocol = "acme-tls/1"

var errChallenge = errors.New("a certificate authority's visit is over")

// isSTUN: a client begins with a STUN request or indication, whose first byte
// has two zero bits and then a method below 0x100.
func isSTUN(first byte) bool { return first <= 1 }

func readByte(c net.Conn) (byte, error) {
	var b [1]byte
	_, err := c.Read(b[:])
	return b[0], err
}
