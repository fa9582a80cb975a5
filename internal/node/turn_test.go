package node

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/turn/v4"

	"github.com/parley-rtc/parley/internal/config"
)

const (
	turnSecret  = "a secret for tests of the server"
	otherSecret = "the secret that comes after that"
	adminToken  = "a token for tests of the admin API"
)

// turnWorld is a running `parley turn`.
type turnWorld struct {
	t      *testing.T
	node   *turnNode
	log    *turnLog
	hangup chan os.Signal
	ended  chan error
	ctl    *Ctl
	said   strings.Builder // by ctl

	mu   sync.Mutex
	next *config.TurnSettings // what a reload reads; nil: an error
}

// turnLog keeps the lines of a log.
type turnLog struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *turnLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(b)
}

func (l *turnLog) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.lines.String(), text)
}

func (l *turnLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}

func turnConfig(t *testing.T) *config.Turn {
	return &config.Turn{
		Listen: config.List{"127.0.0.1:0", "[::1]:0"}, TLSListen: config.List{"127.0.0.1:0"}, RelayPorts: "49152-65535",
		Realm: testRealm, TurnLimits: config.TurnLimits{UserQuota: 128}, Secret: config.List{turnSecret}, AllowPeer: config.List{"127.0.0.0/8", "::1"},
		Metrics: "0", Admin: "127.0.0.1:0", AdminToken: adminToken, StateDir: t.TempDir(), LogLevel: "info",
	}
}

func checked(t *testing.T, c *config.Turn) *config.TurnSettings {
	t.Helper()
	s, err := c.Check()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func startTurn(t *testing.T, c *config.Turn) *turnWorld {
	t.Helper()
	w := &turnWorld{t: t, log: &turnLog{}, hangup: make(chan os.Signal, 1), ended: make(chan error, 1)}
	w.next = checked(t, c)
	w.ctl = &Ctl{Config: &config.TurnCtl{StateDir: c.StateDir}, Out: &w.said}
	ctx, cancel := context.WithCancel(context.Background())
	n := newTurnNode(checked(t, c), Host{Version: "test", Banner: io.Discard, Log: slog.New(slog.NewTextHandler(w.log, nil))}, w.reread)
	w.node = n
	go func() { w.ended <- n.run(ctx, w.hangup) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-w.ended:
			if err != nil {
				t.Errorf("%v\n%s", err, w.log)
			}
		case <-time.After(20 * time.Second):
			t.Error("the server does not end")
		}
	})
	eventually(t, "the start", func() bool { return w.log.has("msg=started") || len(w.ended) > 0 })
	if len(w.ended) > 0 {
		err := <-w.ended
		w.ended <- nil
		t.Fatalf("it did not start: %v", err)
	}
	return w
}

func (w *turnWorld) reread() (*config.TurnSettings, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next == nil {
		return nil, fmt.Errorf("the file is broken")
	}
	return w.next, nil
}

// reload changes what the server finds and has it look.
func (w *turnWorld) reload(next *config.TurnSettings) error {
	w.mu.Lock()
	w.next = next
	w.mu.Unlock()
	w.said.Reset()
	return w.ctl.Reload(w.t.Context())
}

func restCredential(secret, user string) (username, password string) {
	return restCredentialFor(time.Hour, secret, user)
}

func restCredentialFor(life time.Duration, secret, user string) (username, password string) {
	username = fmt.Sprintf("%d:%s", time.Now().Add(life).Unix(), user)
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(username))
	return username, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// allocate opens a relay by a credential of the secret; over is "udp", "tcp"
// or "tls".
func (w *turnWorld) allocate(over, secret string) (net.PacketConn, error) {
	w.t.Helper()
	username, password := restCredential(secret, "ann")
	return w.allocateAs(over, username, password)
}

func (w *turnWorld) allocateAs(over, username, password string) (net.PacketConn, error) {
	w.t.Helper()
	at := map[string]net.Addr{"udp": net.UDPAddrFromAddrPort(w.node.media.UDPAddrs()[0]), "tcp": w.node.tcp[0].Addr(), "tls": w.node.tls[0].Addr()}
	return w.allocateVia(over, at[over].String(), username, password)
}

func (w *turnWorld) allocateAt(over, server, secret string) (net.PacketConn, error) {
	username, password := restCredential(secret, "ann")
	return w.allocateVia(over, server, username, password)
}

func (w *turnWorld) allocateVia(over, server, username, password string) (net.PacketConn, error) {
	w.t.Helper()
	var conn net.PacketConn
	var err error
	var c net.Conn
	switch over {
	case "udp":
		conn, err = net.ListenPacket("udp", "127.0.0.1:0")
	case "tcp":
		c, err = net.Dial("tcp", server)
	case "tls":
		c, err = tls.Dial("tcp", server, &tls.Config{InsecureSkipVerify: true}) // self-signed
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if c != nil {
		conn = pion.NewSTUNConn(c)
	}
	client, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: conn, Username: username, Password: password, Realm: testRealm,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { client.Close(); _ = conn.Close() })
	if err := client.Listen(); err != nil {
		w.t.Fatal(err)
	}
	return client.Allocate()
}

func (w *turnWorld) mustAllocate(over string) net.PacketConn {
	w.t.Helper()
	relay, err := w.allocate(over, turnSecret)
	if err != nil {
		w.t.Fatalf("over %s: %v\n%s", over, err, w.log)
	}
	return relay
}

func TestTurnAloneRelaysOnEveryListener(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	peer := echo(t, "127.0.0.1")
	for _, over := range []string{"udp", "tcp", "tls"} {
		expectEcho(t, w.mustAllocate(over), peer, []byte("over "+over))
	}
	for network, address := range map[string]string{"udp": w.node.media.UDPAddrs()[1].String(), "tcp": w.node.tcp[1].Addr().String()} {
		c, err := net.Dial(network, address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Write(bindingRequest()); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 100)
		if n, err := c.Read(answer); err != nil || n < 20 || answer[0] != 1 || answer[1] != 1 {
			t.Errorf("a Binding request to %s over %s: %x, %v", address, network, answer[:n], err)
		}
		_ = c.Close()
	}
	if w.log.has(turnSecret) || w.log.has(adminToken) {
		t.Error("the log holds a secret")
	}
}

func TestTurnWithoutUsersIsForSTUNOnly(t *testing.T) {
	c := turnConfig(t)
	c.Secret = nil
	w := startTurn(t, c)
	if !w.log.has("nobody can allocate") {
		t.Errorf("it does not say so:\n%s", w.log)
	}
	if _, err := w.allocate("udp", turnSecret); err == nil {
		t.Error("somebody could allocate")
	}
	if _, err := w.allocateAs("udp", "", ""); err == nil {
		t.Error("nobody could allocate")
	}
}

func TestTurnKnowsUsers(t *testing.T) {
	c := turnConfig(t)
	key := md5.Sum([]byte("bob:" + testRealm + ":bob's password"))
	c.User = config.List{"ann:a password: with, commas", "bob:0x" + hex.EncodeToString(key[:])}
	w := startTurn(t, c)
	for _, credential := range [][2]string{{"ann", "a password: with, commas"}, {"bob", "bob's password"}} {
		if _, err := w.allocateAs("udp", credential[0], credential[1]); err != nil {
			t.Errorf("%s: %v", credential[0], err)
		}
	}
	if _, err := w.allocateAs("udp", "ann", "bob's password"); err == nil {
		t.Error("ann came in by the password of bob")
	}
	c.User = config.List{"carol:hers"}
	if err := w.reload(checked(t, c)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.allocateAs("udp", "bob", "bob's password"); err == nil {
		t.Error("bob is still there after a reload")
	}
	if _, err := w.allocateAs("udp", "carol", "hers"); err != nil {
		t.Errorf("carol: %v", err)
	}
	c.User = config.List{"carol:hers", "carol:another password"}
	if err := w.reload(checked(t, c)); err == nil || strings.Contains(err.Error(), "another password") {
		t.Errorf("two of one name: %v", err)
	}
	if w.log.has("password") {
		t.Errorf("the log has a password:\n%s", w.log)
	}
}

func TestTurnReloadKeepsSessions(t *testing.T) {
	c := turnConfig(t)
	w := startTurn(t, c)
	kept, denied := echo(t, "127.0.0.1"), echo(t, "127.0.0.2")
	relay := w.mustAllocate("udp")
	expectEcho(t, relay, kept, []byte("before"))
	expectEcho(t, relay, denied, []byte("before"))

	c.Secret, c.DenyPeer, c.Realm = config.List{otherSecret}, config.List{"127.0.0.2"}, "elsewhere"
	if err := w.reload(checked(t, c)); err != nil {
		t.Fatal(err)
	}
	if said := w.said.String(); !strings.Contains(said, "Reloaded.\n--realm needs a restart.\n") {
		t.Errorf("it says %q", said)
	}
	expectEcho(t, relay, kept, []byte("after"))
	refused := func() (n uint64) {
		for _, drops := range w.node.Stats().Dropped {
			n += drops
		}
		return n
	}
	before := refused()
	if _, err := relay.WriteTo([]byte("to a peer that is denied now"), net.UDPAddrFromAddrPort(denied)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal", func() bool { return refused() > before })
	if _, err := w.allocate("udp", turnSecret); err == nil {
		t.Error("the old secret still works")
	}
	if _, err := w.allocate("udp", otherSecret); err != nil {
		t.Errorf("the new secret does not work: %v", err)
	}

	if err := w.reload(nil); err == nil || !strings.Contains(err.Error(), "the file is broken") {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := w.allocate("udp", otherSecret); err != nil {
		t.Errorf("after a reload that failed: %v", err)
	}
	w.mu.Lock()
	c.Secret, c.Realm = config.List{turnSecret}, testRealm
	w.next = checked(t, c)
	w.mu.Unlock()
	w.hangup <- os.Interrupt // any signal: the process decides which come here
	eventually(t, "the reload by a signal", func() bool {
		_, err := w.allocate("udp", turnSecret)
		return err == nil
	})
}

func TestTurnReloadsCertificates(t *testing.T) {
	c := turnConfig(t)
	first, second := t.TempDir(), t.TempDir()
	writeCertificate(t, first, "first.example")
	writeCertificate(t, second, "second.example")
	c.Cert, c.Key = filepath.Join(first, "cert.pem"), filepath.Join(first, "key.pem")
	w := startTurn(t, c)
	name := func() string {
		conn, err := tls.Dial("tcp", w.node.tls[0].Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].DNSNames[0]
	}
	if got := name(); got != "first.example" {
		t.Errorf("the certificate is for %s", got)
	}
	for _, file := range []string{"cert.pem", "key.pem"} {
		if err := os.Rename(filepath.Join(second, file), filepath.Join(first, file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.reload(w.next); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "second.example" {
		t.Errorf("after the reload the certificate is for %s", got)
	}
	if err := os.WriteFile(c.Cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.reload(w.next); err == nil || name() != "second.example" {
		t.Errorf("with a broken file: %v", err)
	}
	writeCertificate(t, first, "third.example")
	c.User = config.List{"ann:1", "ann:2"}
	if err := w.reload(checked(t, c)); err == nil {
		t.Error("two users of one name are no error")
	}
	c.User = config.List{"ann:1"}
	if err := w.reload(checked(t, c)); err != nil || name() != "third.example" {
		t.Errorf("afterwards the certificate is for %s, %v", name(), err)
	}
}

func TestTurnListsAndKills(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	relay := w.mustAllocate("udp")
	tcp := w.mustAllocate("tcp")
	expectEcho(t, relay, echo(t, "127.0.0.1"), []byte("five!"))
	w.ctl.Config.JSON = true
	if err := w.ctl.Sessions(t.Context(), &config.TurnSessions{Limit: 9}); err != nil {
		t.Fatal(err)
	}
	var list SessionList
	w.json(&list)
	if len(list.Sessions) != 2 || list.More {
		t.Fatalf("%+v", list)
	}
	byRelay := map[string]Session{list.Sessions[0].Relay: list.Sessions[0], list.Sessions[1].Relay: list.Sessions[1]}
	s := byRelay[relay.LocalAddr().String()]
	if s.Transport != "udp" || !strings.HasSuffix(s.User, ":ann") || s.Peers != 1 || s.ToPeer.Bytes != 5 || s.ToClient.Packets != 1 || s.Expires < 500 {
		t.Errorf("%+v", s)
	}
	if err := w.ctl.Sessions(t.Context(), &config.TurnSessions{Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if w.json(&list); len(list.Sessions) != 1 || !list.More {
		t.Errorf("of two, one was asked for: %+v", list)
	}
	if err := w.ctl.Sessions(t.Context(), &config.TurnSessions{Limit: 1, User: "bob"}); err != nil {
		t.Fatal(err)
	}
	if w.json(&list); len(list.Sessions) != 0 {
		t.Errorf("sessions of bob: %+v", list)
	}
	var killed Killed
	if err := w.ctl.Kill(t.Context(), &config.TurnKill{Session: []string{s.ID}}); err != nil {
		t.Fatal(err)
	}
	if w.json(&killed); killed.Killed != 1 || w.node.Stats().Allocations != 1 {
		t.Errorf("%+v, %+v\n%s", killed, w.node.Stats(), w.log)
	}
	eventually(t, "the line", func() bool { return w.log.has("reason=killed") })
	if err := w.ctl.Kill(t.Context(), &config.TurnKill{Session: []string{s.ID}}); err == nil {
		t.Error("it was killed twice")
	}
	w.said.Reset()
	if err := w.ctl.Kill(t.Context(), &config.TurnKill{User: byRelay[tcp.LocalAddr().String()].User}); err != nil || w.node.Stats().Allocations != 0 {
		t.Errorf("by user: %v, %+v", err, w.node.Stats())
	}
}

func TestTurnDrains(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	relay := w.mustAllocate("udp")
	peer := echo(t, "127.0.0.1")
	if err := w.ctl.Drain(t.Context(), &config.TurnDrain{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.allocate("udp", turnSecret); err == nil || !strings.Contains(err.Error(), "508") {
		t.Errorf("a new allocation: %v", err)
	}
	expectEcho(t, relay, peer, []byte("still there"))
	if got := w.get("/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d", got)
	}
	if err := w.ctl.Drain(t.Context(), &config.TurnDrain{Cancel: true}); err != nil {
		t.Fatal(err)
	}
	again := w.mustAllocate("udp")
	if got := w.get("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz answers %d after all", got)
	}
	if err := w.ctl.Drain(t.Context(), &config.TurnDrain{}); err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
	if len(w.ended) > 0 {
		t.Error("it ended with a session open")
	}
	_ = relay.Close()
	eventually(t, "the end", func() bool { return len(w.ended) == 1 })
	if !w.log.has("reason=drained") {
		t.Errorf("log:\n%s", w.log)
	}
}

func TestTurnDrainEndsAtItsDeadline(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	w.mustAllocate("udp")
	if err := w.ctl.Drain(t.Context(), &config.TurnDrain{Deadline: time.Second}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end", func() bool { return len(w.ended) == 1 })
}

func TestFailedAuthenticationIsLoggedForFail2ban(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	if _, err := w.allocateAs("udp", `1:x" addr=192.0.2.1:1`+"\nlevel=WARN", "guess"); err == nil {
		t.Fatal("a guess was right")
	}
	eventually(t, "the line", func() bool { return w.log.has("authentication failed") })
	for line := range strings.Lines(w.log.String()) {
		if !strings.Contains(line, "authentication failed") {
			continue
		}
		found := fail2banLine.FindStringSubmatch(line)
		if found == nil || netip.MustParseAddr(found[1]) != netip.MustParseAddr("127.0.0.1") {
			t.Errorf("the filter finds %v in %s", found, line)
		}
	}
	if n := strings.Count(w.log.String(), "\nlevel=WARN"); n != 0 {
		t.Errorf("the name of a user made %d lines of its own", n)
	}
}
