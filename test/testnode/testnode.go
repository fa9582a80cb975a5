// Package testnode runs a real server inside a test, for those who test clients.
package testnode

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/node"
)

// Patience is how long anything may take.
const Patience = 30 * time.Second

// Server is a real server of this process, which can be stopped and started again
// at the same address.
type Server struct {
	t        testing.TB
	Settings config.Settings
	Stop     func()
}

// Start runs a server on free ports of loopback until the test ends.
func Start(t testing.TB) *Server { return StartWith(t, func(*Server) {}) }

// StartWith is Start with other settings.
func StartWith(t testing.TB, change func(*Server)) *Server {
	s := &Server{t: t, Settings: config.Settings{
		HTTP: FreeTCP(t), UDP: freeUDP(t), RelayPortMin: 49152, RelayPortMax: 65535,
		TURNSecret: "a secret that outlives a restart", AllowPeer: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		MaxConnections: 1000, MaxPerAddress: 1000,
	}}
	change(s)
	s.StartAgain()
	t.Cleanup(func() { s.Stop() })
	return s
}

// FreeTCP is an address of loopback that nobody listens at.
func FreeTCP(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func freeUDP(t testing.TB) string {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.LocalAddr().String()
}

// StartAgain starts a server that was stopped.
func (s *Server) StartAgain() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	settings := s.Settings
	go func() {
		ended <- node.Run(ctx, &settings, node.Host{Version: "test", Banner: io.Discard, Log: slog.New(slog.DiscardHandler)})
	}()
	s.Stop = func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				s.t.Errorf("the server: %v", err)
			}
		case <-time.After(Patience):
			s.t.Error("the server does not stop")
		}
	}
	WaitFor(s.t, "the server", func() bool {
		response, err := http.Get("http://" + s.Settings.HTTP + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	http.DefaultClient.CloseIdleConnections()
}

// Restart stops and starts it.
func (s *Server) Restart() {
	s.Stop()
	s.StartAgain()
}

// URL is the link of a room.
func (s *Server) URL(room string) string { return fmt.Sprintf("http://%s/r/%s", s.Settings.HTTP, room) }

// Join enters a room, and leaves it when the test ends.
func (s *Server) Join(room string, options client.Options) *client.Call {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	call, err := client.Join(ctx, s.URL(room), options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(call.Leave)
	return call
}

// WaitFor polls until ok.
func WaitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// Connected says whether a call is connected with so many peers.
func Connected(call *client.Call, peers int) func() bool {
	return func() bool {
		n := 0
		for _, p := range call.Peers() {
			if p.Connection == client.PeerConnected {
				n++
			}
		}
		return n == peers
	}
}

// CheckGoroutines fails if more goroutines run after f than before.
func CheckGoroutines(t testing.TB, f func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	f()
	var after atomic.Int64
	WaitFor(t, "the goroutines to end", func() bool {
		after.Store(int64(runtime.NumGoroutine()))
		return int(after.Load()) <= before
	})
}
