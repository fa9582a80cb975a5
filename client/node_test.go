package client_test

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

const patience = 30 * time.Second

// server is a real server of this process, which can be stopped and started again
// at the same address.
type server struct {
	t        *testing.T
	settings config.Settings
	stop     func()
}

func startServer(t *testing.T) *server {
	s := &server{t: t, settings: config.Settings{
		HTTP: freeTCP(t), UDP: freeUDP(t), RelayPortMin: 49152, RelayPortMax: 65535,
		TURNSecret: "a secret that outlives a restart", AllowPeer: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		MaxConnections: 1000, MaxPerAddress: 1000,
	}}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func freeTCP(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func freeUDP(t *testing.T) string {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.LocalAddr().String()
}

func (s *server) start() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	settings := s.settings
	go func() {
		ended <- node.Run(ctx, &settings, node.Host{Version: "test", Banner: io.Discard, Log: slog.New(slog.DiscardHandler)})
	}()
	s.stop = func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				s.t.Errorf("the server: %v", err)
			}
		case <-time.After(patience):
			s.t.Error("the server does not stop")
		}
	}
	waitFor(s.t, "the server", func() bool {
		response, err := http.Get("http://" + s.settings.HTTP + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	http.DefaultClient.CloseIdleConnections()
}

func (s *server) restart() {
	s.stop()
	s.start()
}

func (s *server) url(room string) string { return fmt.Sprintf("http://%s/r/%s", s.settings.HTTP, room) }

func (s *server) join(room string, options client.Options) *client.Call {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	call, err := client.Join(ctx, s.url(room), options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(call.Leave)
	return call
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still waiting for %s", what)
		}
	}
}

func connected(call *client.Call, peers int) func() bool {
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

// checkGoroutines fails if more goroutines run after f than before.
func checkGoroutines(t *testing.T, f func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	f()
	var after atomic.Int64
	waitFor(t, "the goroutines to end", func() bool {
		after.Store(int64(runtime.NumGoroutine()))
		return int(after.Load()) <= before
	})
}
