package node

import (
	"context"
	"crypto/md5"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	testUser     = "somebody"
	testPassword = "a password for tests"
	testRealm    = "parley"
)

// oneUser is an authenticator that knows testUser.
type oneUser struct{}

func (oneUser) Offer() turn.Offer { return turn.Offer{} }

func (oneUser) Find(_ mono.Time, q *turn.Query) turn.Answer {
	sum := md5.Sum([]byte(testUser + ":" + testRealm + ":" + testPassword))
	key, _ := stun.NewKey(sum[:])
	return turn.Answer{Found: string(q.Username) == testUser, Key: key}
}

// testServer is media with a TCP and a TLS port in front of it.
type testServer struct {
	*media
	tcp, tls *stream.Listener
	http     *http.Server
}

func startTestServer(t *testing.T, cfg mediaConfig) *testServer {
	t.Helper()
	cfg.Realm = testRealm
	if cfg.Auth == nil {
		cfg.Auth = oneUser{}
	}
	cfg.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	certificates, err := stream.LoadCertificates(t.Context(), stream.CertificateConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.DTLS.Certificate = certificates.Certificate
	m, err := startMedia(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{media: m, http: &http.Server{Handler: http.NotFoundHandler()}}
	s.tcp = s.listen(t, nil)
	s.tls = s.listen(t, certificates.TLSConfig())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = s.http.Close()
		_ = s.tcp.Close()
		_ = s.tls.Close()
		if err := m.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *testServer) listen(t *testing.T, config *tls.Config) *stream.Listener {
	t.Helper()
	l, err := stream.Listen(stream.Config{Address: "127.0.0.1:0", TLS: config, ServeTURN: s.ServeStream})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.http.Serve(l.HTTP()) }()
	return l
}

// testWriter shows the log with the test it belongs to.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", b)
	return len(b), nil
}

func allowLoopback() turn.Policy {
	return turn.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
}

// eventually polls for a condition of the real world.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s in vain", what)
		}
		<-tick.C
	}
}

// echo is a peer that sends everything back.
func echo(t *testing.T, ip string) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	serveEcho(t, c)
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// serveEcho sends back what arrives at c.
func serveEcho(t *testing.T, c *net.UDPConn) {
	_ = c.SetReadBuffer(4 << 20)
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
}
