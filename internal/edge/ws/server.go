package ws

import (
	"bufio"
	"context"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Receiver gets what comes from a [Conn], from one goroutine.
type Receiver interface {
	// Receive gets a text message, which may change after it returns.
	Receive(msg []byte)
	// Oversize is called for a message longer than MessageBytesMax.
	Oversize()
	// Binary is called for a binary message.
	Binary()
	// Late is called when the first message does not come in time.
	Late()
	// Closed is called last, when the connection is gone. goingAway: the client
	// closed it because its page was left or loaded again (RFC 6455, section 7.4.1).
	Closed(goingAway bool)
}

// Config of a [Server]. Open and Subprotocol must be set; zero means the default
// for the rest.
type Config struct {
	Subprotocol string
	// Open is called for each new connection. The request must not be kept.
	Open func(c *Conn, r *http.Request, addr netip.Addr) Receiver

	AllowOrigins     []string      // besides the server's own, like https://example.org
	MaxConnections   int           // default 20,000
	MaxPerAddress    int           // default 1024
	MessageBytesMax  int           // default 64 KiB
	QueueBytesMax    int           // waiting to be written to one connection; default 2 MiB
	FirstMessageTime time.Duration // until the first message; default 5 s
	WriteTime        time.Duration // for one message; default 10 s
	CloseTime        time.Duration // for the rest of the queue and the close handshake; default 3 s
	Log              *slog.Logger
}

func (c *Config) setDefaults() {
	setDefault(&c.MaxConnections, 20_000)
	setDefault(&c.MaxPerAddress, 1024)
	setDefault(&c.MessageBytesMax, 64<<10)
	setDefault(&c.QueueBytesMax, 2<<20)
	setDefault(&c.FirstMessageTime, 5*time.Second)
	setDefault(&c.WriteTime, 10*time.Second)
	setDefault(&c.CloseTime, 3*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Server is the HTTP handler that turns requests into connections.
type Server struct {
	cfg     Config
	quota   *Quota
	refused atomic.Uint64

	mu      sync.Mutex
	conns   map[*Conn]struct{}
	pending int // admitted, not upgraded yet
	closing bool
	empty   chan struct{} // closed when closing and the last connection is gone
}

// NewServer returns a server without connections.
func NewServer(cfg Config) *Server {
	cfg.setDefaults()
	return &Server{
		cfg:   cfg,
		quota: NewQuota(cfg.MaxPerAddress),
		conns: make(map[*Conn]struct{}),
		empty: make(chan struct{}),
	}
}

// Connections returns how many there are.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Refused returns how many requests were refused since the start.
func (s *Server) Refused() uint64 { return s.refused.Load() }

// ServeHTTP upgrades a request to a WebSocket.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if problem := s.check(r); problem != nil {
		s.refuse(w, problem)
		return
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		s.refuse(w, &httpError{http.StatusBadRequest, "bad-request", "The address of the client is unknown."})
		return
	}
	addr := remote.Addr().Unmap().WithZone("")
	if !s.quota.Admit(addr) {
		s.refuse(w, &httpError{http.StatusTooManyRequests, "rate-limited", "There are too many connections from this address."})
		return
	}
	if !s.reserve() {
		s.quota.Release(addr)
		s.refuse(w, &httpError{http.StatusServiceUnavailable, "server-full", "The server has no place left, try again later."})
		return
	}
	c := &Conn{server: s, addr: addr}
	if err := c.upgrade(w, r); err != nil {
		s.release(c)
		s.refused.Add(1)
		return
	}
	c.receiver = s.cfg.Open(c, r, addr)
	s.add(c)
	// The handler returns, so that net/http can let go of what it keeps for the
	// request; an idle connection is this one goroutine.
	go c.read()
}

// Close closes all connections in order and refuses new ones. When ctx ends
// before, they are cut.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	if !s.closing {
		s.closing = true
		s.maybeEmpty()
	}
	open := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.Close(int(websocket.StatusServiceRestart), "restart")
	}
	select {
	case <-s.empty:
	case <-ctx.Done():
		for _, c := range open {
			c.cut()
		}
	}
}

// reserve keeps a place for a connection that is being upgraded.
func (s *Server) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.conns)+s.pending >= s.cfg.MaxConnections {
		return false
	}
	s.pending++
	return true
}

// add makes a reserved place that of a connection.
func (s *Server) add(c *Conn) {
	s.mu.Lock()
	s.pending--
	s.conns[c] = struct{}{}
	closing := s.closing
	s.mu.Unlock()
	if closing {
		c.Close(int(websocket.StatusServiceRestart), "restart")
	}
}

// release gives up a reserved place.
func (s *Server) release(c *Conn) {
	s.quota.Release(c.addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
	s.maybeEmpty()
}

// remove gives up the place of a connection that is gone.
func (s *Server) remove(c *Conn) {
	s.quota.Release(c.addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.maybeEmpty()
}

func (s *Server) maybeEmpty() {
	if s.closing && len(s.conns)+s.pending == 0 {
		close(s.empty)
	}
}

// upgrade answers the request and takes the connection over.
func (c *Conn) upgrade(w http.ResponseWriter, r *http.Request) error {
	takeover := &lean{ResponseWriter: w}
	conn, err := websocket.Accept(takeover, r, &websocket.AcceptOptions{
		Subprotocols:       []string{c.server.cfg.Subprotocol},
		InsecureSkipVerify: true, // checked before, with the ports that are implied
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     c.handlePing,
	})
	if err != nil {
		return err
	}
	conn.SetReadLimit(-1) // enforced in read, so that the client hears why
	c.ws, c.net = conn, takeover.conn
	return c.net.SetReadDeadline(time.Now().Add(c.server.cfg.FirstMessageTime))
}

// lean hands a connection over with small buffers, instead of net/http's 4 KiB in
// each direction: most connections wait most of the time.
type lean struct {
	http.ResponseWriter
	conn net.Conn
}

const bufferBytes = 256

// Hijack implements http.Hijacker.
func (l *lean) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(l.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// Zero is "no deadline"; those of the HTTP server must not stay.
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	if len(early) > 0 {
		conn = &prefixed{Conn: conn, early: append([]byte(nil), early...)}
	}
	l.conn = conn
	return conn, bufio.NewReadWriter(bufio.NewReaderSize(conn, bufferBytes), bufio.NewWriterSize(conn, bufferBytes)), nil
}

// prefixed is a connection of which something was read already.
type prefixed struct {
	net.Conn
	early []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.early) > 0 {
		n := copy(b, p.early)
		p.early = p.early[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// check says why a request cannot become a WebSocket, nil if it can.
func (s *Server) check(r *http.Request) *httpError {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")))
	switch {
	case r.Method != http.MethodGet:
		return &httpError{http.StatusMethodNotAllowed, "method-not-allowed", "Open this address with GET, as a WebSocket."}
	case !r.ProtoAtLeast(1, 1) || !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		return &httpError{http.StatusUpgradeRequired, "upgrade-required", "Open this address as a WebSocket."}
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return &httpError{http.StatusBadRequest, "bad-request", "The WebSocket version must be 13 (RFC 6455)."}
	case err != nil || len(key) != 16 || len(r.Header.Values("Sec-WebSocket-Key")) != 1:
		return &httpError{http.StatusBadRequest, "bad-request", "Sec-WebSocket-Key must be 16 bytes in base64."}
	case !s.originAllowed(r):
		return &httpError{http.StatusForbidden, "origin-refused", "Pages of this origin may not use this server."}
	case !hasToken(r.Header, "Sec-WebSocket-Protocol", s.cfg.Subprotocol):
		return &httpError{http.StatusBadRequest, "unsupported-version", "Name the WebSocket subprotocol " + s.cfg.Subprotocol + "."}
	}
	return nil
}

func hasToken(h http.Header, key, token string) bool {
	for _, line := range h.Values(key) {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}
