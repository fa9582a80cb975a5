package node

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/control/signal"
	"github.com/parley-rtc/parley/internal/edge/ws"
)

// signalingConfig is what [newSignaling] needs to know; only the limits may be
// zero, which means their defaults.
type signalingConfig struct {
	// ICEServers tells a client where STUN and TURN are. Of the request only
	// Host, RemoteAddr, the context's local address and whether TLS is nil can be
	// relied on: it is called again whenever credentials are renewed.
	ICEServers     func(r *http.Request, username, credential string) []api.ICEServer
	Auth           *auth.Credentials
	Invites        *auth.Invites
	AllowOrigins   []string
	MaxConnections int
	MaxPerAddress  int
	MaxRooms       int
	Log            *slog.Logger
	Version        string // software name and version, shown to clients
}

// signaling joins the WebSockets with the rooms.
type signaling struct {
	sockets *ws.Server
	rooms   *signal.Server
}

// sessionsPerConnection leaves room for sessions that wait for their client to
// come back.
const sessionsPerConnection = 2

func newSignaling(cfg signalingConfig) *signaling {
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 20_000
	}
	if cfg.MaxPerAddress == 0 {
		cfg.MaxPerAddress = 1024
	}
	quota := ws.NewQuota(cfg.MaxPerAddress * sessionsPerConnection)
	s := &signaling{rooms: signal.NewServer(signal.Config{
		RoomsMax:       cfg.MaxRooms,
		SessionsMax:    cfg.MaxConnections * sessionsPerConnection,
		Admit:          quota.Admit,
		Release:        quota.Release,
		Mint:           cfg.Auth.Mint,
		CredentialLife: cfg.Auth.Life(),
		Invites:        cfg.Invites,
		Version:        cfg.Version,
		Log:            cfg.Log,
	})}
	s.sockets = ws.NewServer(ws.Config{
		Subprotocol:     api.Subprotocol,
		AllowOrigins:    cfg.AllowOrigins,
		MaxConnections:  cfg.MaxConnections,
		MaxPerAddress:   cfg.MaxPerAddress,
		MessageBytesMax: api.MaxMessageBytes,
		// A resume replays this much at once, and the conversation goes on.
		QueueBytesMax:    2 * api.MaxUnackedBytes,
		FirstMessageTime: api.HelloTimeoutMs * 1e6,
		Log:              cfg.Log,
		Open: func(c *ws.Conn, r *http.Request, addr netip.Addr) ws.Receiver {
			kept := trimmed(r)
			return s.rooms.Open(c, addr, func(username, credential string) []api.ICEServer {
				return cfg.ICEServers(kept, username, credential)
			})
		},
	})
	return s
}

// overTLS stands for any TLS state; the real one would keep the certificates.
var overTLS = &tls.ConnectionState{}

// trimmed returns the part of a request that is worth keeping as long as the
// connection lasts.
func trimmed(r *http.Request) *http.Request {
	ctx := context.Background()
	if local := r.Context().Value(http.LocalAddrContextKey); local != nil {
		ctx = context.WithValue(ctx, http.LocalAddrContextKey, local)
	}
	kept := (&http.Request{Host: strings.Clone(r.Host), RemoteAddr: r.RemoteAddr}).WithContext(ctx)
	if r.TLS != nil {
		kept.TLS = overTLS
	}
	return kept
}

// ServeHTTP serves api.SignalPath.
func (s *signaling) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.sockets.ServeHTTP(w, r) }

// Close says goodbye to everybody and waits until their connections are closed;
// those that are not when ctx ends are cut.
func (s *signaling) Close(ctx context.Context) {
	s.rooms.Close()
	s.sockets.Close(ctx)
}

// signalingCounters is how the signaling does.
type signalingCounters struct {
	signal.Counters
	Connections int
	Refused     uint64 // requests that did not become a connection
}

// Counters reads all counters.
func (s *signaling) Counters() signalingCounters {
	return signalingCounters{s.rooms.Counters(), s.sockets.Connections(), s.sockets.Refused()}
}
