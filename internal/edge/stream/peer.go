package stream

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// connectTimeout is how long a peer may take to accept a connection: "The
	// timeout value MUST be at least 30 seconds."
	// https://www.rfc-editor.org/rfc/rfc6062#section-5.2
	connectTimeout = 30 * time.Second

	// relayPortTries is how often a relay port may turn out to be taken.
	relayPortTries = 64
)

// ErrNoPort is returned when no port for a TCP relay was found.
var ErrNoPort = errors.New("no relay port free")

var errSelf = errors.New("a relay does not connect to itself")

// Relay is a relayed transport address of TCP (RFC 6062): it accepts connections
// from peers, and connects to peers from the same address and port.
type Relay struct {
	tcp    *net.TCPListener
	local  netip.AddrPort
	ctx    context.Context // of the connections being made
	cancel context.CancelFunc
}

// OpenRelay listens on a random port of the range at ip. accepted gets each peer
// that connects, from one goroutine of the relay.
func OpenRelay(ip netip.Addr, portMin, portMax uint16, accepted func(*Relay, *Peer)) (*Relay, error) {
	for range relayPortTries {
		r, err := listenAt(netip.AddrPortFrom(ip, randomPort(portMin, portMax)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("tcp relay: %w", err)
		}
		r.ctx, r.cancel = context.WithCancel(context.Background())
		go r.accept(accepted)
		return r, nil
	}
	return nil, ErrNoPort
}

func randomPort(portMin, portMax uint16) uint16 {
	var b [8]byte
	rand.Read(b[:])
	return portMin + uint16(binary.LittleEndian.Uint64(b[:])%(uint64(portMax-portMin)+1))
}

// listenAt takes a port that nobody else has. Only then it is shared, with the
// connections that are to leave from it.
func listenAt(at netip.AddrPort) (*Relay, error) {
	var listen net.ListenConfig
	listen.SetMultipathTCP(false)
	l, err := listen.Listen(context.Background(), "tcp", at.String())
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener)
	raw, err := tcp.SyscallConn()
	if err == nil {
		err = sharePort("", "", raw)
	}
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return &Relay{tcp: tcp, local: at}, nil
}

// Local returns where the relay is bound.
func (r *Relay) Local() netip.AddrPort { return r.local }

// Close stops to accept, and to connect. Connections that are there stay.
func (r *Relay) Close() {
	r.cancel()
	_ = r.tcp.Close()
}

func (r *Relay) accept(accepted func(*Relay, *Peer)) {
	for {
		c, err := r.tcp.AcceptTCP()
		switch {
		case err == nil:
			accepted(r, &Peer{conn: c, remote: tcpAddress(c.RemoteAddr())})
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-r.ctx.Done():
				return
			case <-time.After(acceptRetry):
			}
		}
	}
}

// Connect begins to connect to a peer. done is called once, from another
// goroutine, unless the peer is closed before.
func (r *Relay) Connect(to netip.AddrPort, done func(p *Peer, err error)) *Peer {
	ctx, cancel := context.WithTimeout(r.ctx, connectTimeout)
	p := &Peer{remote: to, cancel: cancel}
	go func() {
		defer cancel()
		c, err := r.dial(ctx, to)
		if p.take(c, err) {
			done(p, err)
		}
	}()
	return p
}

func (r *Relay) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if to == r.local {
		return nil, errSelf
	}
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(r.local), Control: sharePort}
	return d.DialContext(ctx, "tcp", to.String())
}

// Peer is a connection between a relay and a peer. Until [Conn.Join] nothing is
// read from it: what the peer sends waits in the kernel, whose window tells the
// peer how much more there is room for.
type Peer struct {
	remote netip.AddrPort
	cancel context.CancelFunc // ends the attempt to connect; nil if accepted

	mu     sync.Mutex
	conn   *net.TCPConn // nil until connected
	client *Conn        // joined with
	closed bool
}

// Remote returns the peer's address.
func (p *Peer) Remote() netip.AddrPort { return p.remote }

// take keeps the connection, unless p was closed meanwhile.
func (p *Peer) take(c net.Conn, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		if err == nil {
			_ = c.Close()
		}
		return false
	}
	if err == nil {
		p.conn = c.(*net.TCPConn)
	}
	return true
}

// join says that c's bytes are p's from now on, so that both end together.
func (p *Peer) join(c *Conn) (*net.TCPConn, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	p.client = c
	return p.conn, true
}

func (p *Peer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// Refuse closes a connection that is not wanted, and keeps nothing of it.
func (p *Peer) Refuse() {
	p.mu.Lock()
	_ = p.conn.SetLinger(0) // no TIME_WAIT: a flood of these must not use up the ports
	p.mu.Unlock()
	p.Close()
}

// Close closes the connection, and the client's that it is joined with. It may be
// called more than once and by any goroutine, and does not wait.
func (p *Peer) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	if p.cancel != nil {
		p.cancel()
	}
	if p.conn != nil {
		_ = p.conn.Close()
	}
	if p.client != nil {
		p.client.Close()
	}
}

func tcpAddress(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
