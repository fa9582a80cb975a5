// Package signal carries the messages between the people of a room. It keeps
// their sessions, which outlive their sockets; docs/protocol.md is what it
// implements.
//
//	               hello                socket gone, no pong
//	(no session) --------> attached ------------------------> away
//	     ^                   |  ^                              | |
//	     |   bye, fatal error|  +------------------------------+ |
//	     +-------------------+      hello with resume, a sign    |
//	     |                          of life                      |
//	     +-------------------------------------------------------+
//	                     SessionMs passed
//
// A session belongs to a room and a room to a shard. All that happens to a shard
// happens under its lock, and nothing blocks there: sockets queue what they are
// given. One goroutine per shard advances its deadlines.
package signal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"log/slog"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
)

// Socket is one WebSocket as sessions see it. Its methods do not block.
type Socket interface {
	// Send queues a message, which must not be changed from then on. It is false
	// if the queue has no room for it. After Close messages are dropped.
	Send(msg []byte) bool
	// Close sends what is queued, then a close frame (RFC 6455, section 7.4).
	Close(code int, reason string)
}

// Close codes of RFC 6455, section 7.4.1, and the registry beside it.
const (
	closeNormal   = 1000
	closePolicy   = 1008
	closeTooBig   = 1009
	closeInternal = 1011
	closeRestart  = 1012
	closeTryAgain = 1013
)

const (
	defaultRoomsMax   = 20_000
	defaultSessions   = 40_000
	defaultBufferedMB = 256
)

// Config is what a [Server] needs to know; its zero value works.
type Config struct {
	RoomsMax         int   // default 20,000
	SessionsMax      int   // those without a socket included; default 40,000
	BufferedBytesMax int64 // kept for resuming, all sessions together; default 256 MiB
	PeersMax         int   // of one room; default MaxMeshPeers
	// Admit is asked before an address gets one more session, Release is told
	// when it has one less. Nil: everybody may.
	Admit   func(netip.Addr) bool
	Release func(netip.Addr)
	// Mint makes a TURN credential for a session, which holds for CredentialLife.
	// Nil: clients get none.
	Mint           func(session string) (username, credential string)
	CredentialLife time.Duration // default CredentialSeconds
	// Invites let people in where not everybody may. Default: with a random key.
	Invites *auth.Invites
	Version string // software name and version
	Log     *slog.Logger
}

// ICEServers builds the list of ICE servers for one client.
type ICEServers func(username, credential string) []api.ICEServer

// Server keeps the rooms. Its methods may be called by several goroutines at
// once.
type Server struct {
	cfg      Config
	shards   []*shard
	seed     maphash.Seed
	logSalt  [16]byte
	sessions atomic.Int64
	rooms    atomic.Int64
	buffered atomic.Int64
	closed   atomic.Bool
	counters counters
}

// NewServer starts a server without rooms. It runs until [Server.Close].
func NewServer(cfg Config) *Server {
	if cfg.RoomsMax == 0 {
		cfg.RoomsMax = defaultRoomsMax
	}
	if cfg.SessionsMax == 0 {
		cfg.SessionsMax = defaultSessions
	}
	if cfg.BufferedBytesMax == 0 {
		cfg.BufferedBytesMax = defaultBufferedMB << 20
	}
	if cfg.PeersMax == 0 {
		cfg.PeersMax = api.MaxMeshPeers
	}
	if cfg.CredentialLife == 0 {
		cfg.CredentialLife = api.CredentialSeconds * time.Second
	}
	if cfg.Invites == nil {
		cfg.Invites = auth.NewInvites("")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, seed: maphash.MakeSeed()}
	rand.Read(s.logSalt[:])
	for range min(runtime.GOMAXPROCS(0), 16) {
		s.shards = append(s.shards, newShard(s))
	}
	return s
}

// Open takes in a socket whose client has not said hello yet. Its messages go to
// the link.
func (s *Server) Open(sock Socket, addr netip.Addr, ice ICEServers) *Link {
	return &Link{server: s, sock: sock, addr: addr, ice: ice}
}

// Close says "bye" with reason "restart" to everybody, closes their sockets and
// forgets the rooms. Sockets that say hello from now on are refused.
func (s *Server) Close() {
	if s.closed.Swap(true) {
		return
	}
	for _, sh := range s.shards {
		sh.close()
	}
}

func (s *Server) shardOf(room string) *shard {
	return s.shards[maphash.String(s.seed, room)%uint64(len(s.shards))]
}

// logName stands for a room in logs: whoever knows a room's name can enter it.
func (s *Server) logName(room string) string {
	sum := sha256.Sum256(append(s.logSalt[:], room...))
	return hex.EncodeToString(sum[:4])
}
