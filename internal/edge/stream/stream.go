// Package stream owns the TCP and TLS listeners. One port serves HTTP, WebSocket
// and TURN, told apart by the first byte (RFC 7983 gives STUN 0 to 3, TLS 22):
//
//	first byte of the connection   0x16        -> TLS handshake, then look again
//	                               0x00, 0x01  -> TURN over TCP
//	                               other       -> HTTP
//	first byte inside TLS          0x00, 0x01  -> TURN over TLS
//	                               other       -> HTTP
//
// A TURN stream carries STUN messages and ChannelData one after the other; see
// [Conn] for their framing and the queue in front of a slow reader.
package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what to listen on. Address and ServeTURN are needed.
type Config struct {
	// Address is "host:port".
	Address string
	// TLS switches TLS on; connections without it still work beside it.
	TLS *tls.Config
	// ServeTURN serves one TURN connection and returns when it is over. secure
	// says that it is TLS. The connection is closed after it returns.
	ServeTURN func(conn net.Conn, secure bool)
	// OnlyTURN closes connections that begin like anything else, such as HTTP.
	OnlyTURN bool
	// ProxyFrom are the addresses of proxies in front of this server. Every
	// connection from there has to begin with a header of the PROXY protocol,
	// version 2, and counts as one from the address that it names. A header from
	// anywhere else is an error.
	ProxyFrom []netip.Prefix
	// MaxConnections bounds the open connections; one more is closed at once.
	// 0 means 20,000.
	MaxConnections int
	// MaxPerSource bounds those of one IPv4 address or IPv6 /64, where clients of
	// TURN that have proved who they are do not count. 0 means 1,024.
	MaxPerSource int
	// HandshakeTimeout is how long a connection may take until its first byte
	// of application data. 0 means 10 s.
	HandshakeTimeout time.Duration
}

const (
	maxConnectionsDefault   = 20000
	maxPerSourceDefault     = 1024
	handshakeTimeoutDefault = 10 * time.Second

	// newPerSourceMax bounds the connections of one source that have not shown
	// yet what they want, so that idle ones cannot use up MaxConnections.
	newPerSourceMax = 256

	// acceptRetry is the pause after a failed accept (out of descriptors).
	acceptRetry = 50 * time.Millisecond
)

// Counters counts what a listener did.
type Counters struct {
	Accepted       uint64
	Refused        uint64 // over a limit
	TimedOut       uint64 // no first byte, or no handshake, in time
	HandshakeError uint64
	ProxyError     uint64 // a PROXY protocol header missing, wrong, or from where none is taken
	HTTP, TURN     uint64
	Open           int64
}

type listenerCounters struct {
	accepted, refused, timedOut, handshakeError, http, turn atomic.Uint64
	proxyError                                              atomic.Uint64
	open                                                    atomic.Int64
}

// Listener is one TCP port.
type Listener struct {
	cfg    Config
	tcp    net.Listener
	http   chan net.Conn
	closed chan struct{}
	once   sync.Once
	serves sync.WaitGroup
	count  listenerCounters

	mu      sync.Mutex
	fresh   map[*conn]struct{}   // not sorted yet
	sources map[netip.Prefix]int // the new connections of each
	held    map[netip.Prefix]int // those that are sorted and have proved nothing
}

// Listen opens the port and starts to accept.
func Listen(cfg Config) (*Listener, error) {
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = maxConnectionsDefault
	}
	if cfg.MaxPerSource == 0 {
		cfg.MaxPerSource = maxPerSourceDefault
	}
	if cfg.HandshakeTimeout == 0 {
		cfg.HandshakeTimeout = handshakeTimeoutDefault
	}
	listen := net.ListenConfig{Control: limitUnsent}
	tcp, err := listen.Listen(context.Background(), "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("stream listener: %w", err)
	}
	l := &Listener{
		cfg: cfg, tcp: tcp, http: make(chan net.Conn), closed: make(chan struct{}),
		fresh: make(map[*conn]struct{}), sources: make(map[netip.Prefix]int),
		held: make(map[netip.Prefix]int),
	}
	l.serves.Go(l.accept)
	return l, nil
}

// HTTP returns the listener that yields the HTTP connections, for
// [net/http.Server.Serve]. Requests over TLS have their TLS field set.
func (l *Listener) HTTP() net.Listener { return httpListener{l} }

// Port returns the TCP port.
func (l *Listener) Port() uint16 { return l.tcp.Addr().(*net.TCPAddr).AddrPort().Port() }

// Addr returns the address listened on.
func (l *Listener) Addr() net.Addr { return l.tcp.Addr() }

// Counters returns what happened so far.
func (l *Listener) Counters() Counters {
	return Counters{
		Accepted: l.count.accepted.Load(), Refused: l.count.refused.Load(), TimedOut: l.count.timedOut.Load(),
		HandshakeError: l.count.handshakeError.Load(), HTTP: l.count.http.Load(), TURN: l.count.turn.Load(),
		ProxyError: l.count.proxyError.Load(), Open: l.count.open.Load(),
	}
}

// Close stops listening and closes the connections that were not sorted yet.
// The others belong to the HTTP server and to ServeTURN.
func (l *Listener) Close() error {
	var err error
	l.once.Do(func() {
		close(l.closed)
		err = l.tcp.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.fresh {
			_ = c.Close()
		}
	})
	return err
}

func (l *Listener) accept() {
	for {
		raw, err := l.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-l.closed:
				return
			case <-time.After(acceptRetry):
			}
			continue
		}
		l.count.accepted.Add(1)
		c := &conn{Conn: raw, listener: l}
		l.count.open.Add(1)
		if !l.admit(c) {
			l.count.refused.Add(1)
			_ = c.Close()
			continue
		}
		go l.sort(c)
	}
}

// admit takes a new connection unless that is over a limit.
func (l *Listener) admit(c *conn) bool {
	if l.count.open.Load() > int64(l.cfg.MaxConnections) {
		return false
	}
	c.proxied = l.isProxy(c.RemoteAddr())
	l.mu.Lock()
	select {
	case <-l.closed:
		l.mu.Unlock()
		return false
	default:
	}
	l.fresh[c] = struct{}{}
	l.mu.Unlock()
	if c.proxied || l.enterSource(c) { // a proxy has many connections, and its clients have limits
		return true
	}
	l.settled(c)
	return false
}

// enterSource counts c among the new connections of its source, unless these are
// too many.
func (l *Listener) enterSource(c *conn) bool {
	from := source(c.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sources[from] >= newPerSourceMax {
		return false
	}
	l.sources[from]++
	c.source, c.counted = from, true
	return true
}

// settled ends the time in which a connection is new.
func (l *Listener) settled(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fresh, c)
	if !c.counted {
		return
	}
	if l.sources[c.source]--; l.sources[c.source] == 0 {
		delete(l.sources, c.source)
	}
}

// hold counts c, which is new no more, among the connections of its source,
// unless these are too many. It counts until it is let go.
func (l *Listener) hold(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[c.source] >= l.cfg.MaxPerSource {
		return false
	}
	l.held[c.source]++
	c.holds.Store(true)
	return true
}

// letGo ends that: c is closed, or has proved who it is from.
func (l *Listener) letGo(c *conn) {
	if !c.holds.Swap(false) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[c.source]--; l.held[c.source] == 0 {
		delete(l.held, c.source)
	}
}

// source is what one party can have any number of addresses in: an IPv4 address
// or an IPv6 /64.
func source(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	length := 64
	if ip.Is4() {
		length = 32
	}
	prefix, err := ip.Prefix(length)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

type httpListener struct{ l *Listener }

func (h httpListener) Accept() (net.Conn, error) {
	select {
	case c := <-h.l.http:
		return c, nil
	case <-h.l.closed:
		return nil, net.ErrClosed
	}
}

func (h httpListener) Close() error   { return h.l.Close() }
func (h httpListener) Addr() net.Addr { return h.l.Addr() }
