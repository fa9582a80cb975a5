package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
)

const signalPatience = 20 * time.Second

// signalServer is a real server on loopback.
type signalServer struct {
	t    *testing.T
	s    *signaling
	http *httptest.Server
}

func startSignalServer(t *testing.T, cfg signalingConfig) *signalServer {
	cfg.Auth = auth.New([]string{"secret"}, time.Hour)
	cfg.ICEServers = func(r *http.Request, username, credential string) []api.ICEServer {
		return []api.ICEServer{{URLs: []string{"turn:" + r.Host}, Username: username, Credential: credential}}
	}
	srv := &signalServer{t: t, s: newSignaling(cfg)}
	mux := http.NewServeMux()
	mux.Handle(api.SignalPath, srv.s)
	srv.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
		defer cancel()
		srv.s.Close(ctx)
		srv.http.Close()
		if n := srv.s.Counters().Connections; n != 0 {
			t.Errorf("%d connections are left after Close", n)
		}
	})
	return srv
}

func (srv *signalServer) addr() string { return srv.http.Listener.Addr().String() }

// signalPeer is a client over a real WebSocket. It answers pings and keeps the
// rest.
type signalPeer struct {
	t    *testing.T
	conn *websocket.Conn
	id   string
	in   chan string // closed with the socket
	sent uint64
	mu   sync.Mutex
	got  uint64
	err  error // of the socket, after in is closed
}

func (srv *signalServer) dial() *signalPeer {
	srv.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+srv.addr()+api.SignalPath, &websocket.DialOptions{
		Subprotocols: []string{api.Subprotocol},
	})
	if err != nil {
		srv.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	p := &signalPeer{t: srv.t, conn: conn, in: make(chan string, 4096)}
	srv.t.Cleanup(func() { _ = conn.CloseNow() })
	return p
}

// listen reads what comes.
func (p *signalPeer) listen() *signalPeer {
	go func() {
		defer close(p.in)
		for {
			_, raw, err := p.conn.Read(context.Background())
			if err != nil {
				p.err = err
				return
			}
			p.take(raw)
		}
	}()
	return p
}

func (p *signalPeer) take(raw []byte) {
	var head struct {
		Type string
		Seq  uint64
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		p.t.Errorf("not JSON: %s", raw)
	}
	p.mu.Lock()
	if head.Seq > 0 {
		if head.Seq != p.got+1 {
			p.t.Errorf("%s after %d", raw, p.got)
		}
		p.got = head.Seq
	}
	got := p.got
	p.mu.Unlock()
	switch {
	case head.Type == "ping":
		p.send(`{"type":"pong","received":%d}`, got)
		return
	case head.Seq > 0 && head.Seq%api.AckEvery == 0:
		p.send(`{"type":"ack","received":%d}`, got)
	}
	p.in <- string(raw)
}

// send writes a message; that it fails shows at the receiving end.
func (p *signalPeer) send(format string, args ...any) {
	ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
	defer cancel()
	_ = p.conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

func (p *signalPeer) want(parts ...string) string {
	p.t.Helper()
	deadline := time.After(signalPatience)
search:
	for {
		select {
		case msg, ok := <-p.in:
			if !ok {
				p.t.Fatalf("closed with %v before %q came", p.err, parts)
			}
			for _, part := range parts {
				if !strings.Contains(msg, part) {
					continue search
				}
			}
			return msg
		case <-deadline:
			p.t.Fatalf("nothing with %q came", parts)
		}
	}
}

// wantEnd waits for a fatal error and the close code after it.
func (p *signalPeer) wantEnd(code api.ErrorCode, closeCode websocket.StatusCode) {
	p.t.Helper()
	p.want(`"type":"error"`, fmt.Sprintf(`"code":%q`, code), `"fatal":true`)
	p.wantClosed(closeCode)
}

func (p *signalPeer) wantClosed(closeCode websocket.StatusCode) {
	p.t.Helper()
	deadline := time.After(signalPatience)
	for {
		select {
		case _, ok := <-p.in:
			if ok {
				continue
			}
			if got := websocket.CloseStatus(p.err); got != closeCode {
				p.t.Fatalf("closed with %v, want %d", p.err, closeCode)
			}
			return
		case <-deadline:
			p.t.Fatal("not closed")
		}
	}
}

func (srv *signalServer) enter(room, name string) *signalPeer {
	srv.t.Helper()
	p := srv.dial().listen()
	secret := name + strings.Repeat("0", 32-len(name))
	p.id = api.PeerID(room, secret)
	p.send(`{"type":"hello","room":%q,"secret":%q,"name":%q,"media":{}}`, room, secret, name)
	p.want(`"type":"welcome"`)
	return p
}

// bystanders are two people whose call must go on, whatever others do.
type bystanders struct {
	ann, bob *signalPeer
	said     int
}

func (srv *signalServer) bystanders() *bystanders {
	b := &bystanders{ann: srv.enter("bystanders", "Ann")}
	b.bob = srv.enter("bystanders", "Bob")
	b.ann.want("peer-joined")
	b.talk()
	return b
}

// talk passes messages both ways. It fails if one is lost, repeated or late, or
// if one of the two heard of the other going away.
func (b *bystanders) talk() {
	b.ann.t.Helper()
	for range 20 {
		b.said++
		for _, way := range [][2]*signalPeer{{b.ann, b.bob}, {b.bob, b.ann}} {
			from, to := way[0], way[1]
			from.sent++
			from.send(`{"type":"reset","seq":%d,"to":%q,"connection":"c%d"}`, from.sent, to.id, b.said)
			if msg := to.want(`"seq":`); !strings.Contains(msg, fmt.Sprintf(`"connection":"c%d"`, b.said)) {
				b.ann.t.Fatalf("the bystanders' call was disturbed: %s", msg)
			}
		}
	}
}

// rawSocket does the handshake of RFC 6455 by hand, for those who do not keep to
// the rest of it.
func (srv *signalServer) rawSocket() (net.Conn, *bufio.Reader) {
	srv.t.Helper()
	conn, err := net.Dial("tcp", srv.addr())
	if err != nil {
		srv.t.Fatal(err)
	}
	srv.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(signalPatience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		api.SignalPath, srv.addr(), api.Subprotocol)
	r := bufio.NewReaderSize(conn, 1024)
	status, err := r.ReadString('\n')
	if err != nil || !strings.Contains(status, "101") {
		srv.t.Fatalf("the upgrade was answered by %q, %v", status, err)
	}
	for line := status; line != "\r\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			srv.t.Fatal(err)
		}
	}
	return conn, r
}

// frame returns a masked frame with the mask 0.
func frame(first byte, payload []byte) []byte {
	f := []byte{first}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n < 1<<16:
		f = append(f, 0x80|126, byte(n>>8), byte(n))
	default:
		f = append(f, 0x80|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(append(f, 0, 0, 0, 0), payload...)
}

func TestCallOverRealSockets(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{Version: "parley/test"})
	b := srv.bystanders()
	b.talk()
	c := srv.s.Counters()
	if c.Connections != 2 || c.Sessions != 2 || c.Rooms != 1 || c.Relayed != 80 {
		t.Errorf("counters %+v", c)
	}
}

func TestCredentialsComeWithTheWelcome(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{Version: "parley/test"})
	p := srv.dial().listen()
	p.send(`{"type":"hello","room":"r","secret":"AAAAAAAAAAAAAAAAAAAAAA","media":{}}`)
	var w api.Welcome
	if err := json.Unmarshal([]byte(p.want("welcome")), &w); err != nil {
		t.Fatal(err)
	}
	if len(w.ICEServers) != 1 || w.ICEServers[0].URLs[0] != "turn:"+srv.addr() || w.Server != "parley/test" || w.ICEExpiresS != 3600 {
		t.Errorf("welcome %+v", w)
	}
	server, user := w.ICEServers[0], w.ICEServers[0].Username
	a := auth.New([]string{"secret"}, time.Hour)
	found := a.Find(&auth.Claim{Username: []byte(user), Realm: Realm})
	if !found.Found || !bytes.Equal(found.Key, auth.Key(false, user, Realm, server.Credential)) {
		t.Errorf("the TURN server would refuse %q", user)
	}
}

func TestGracefulStop(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	ann, bob := srv.enter("r", "Ann"), srv.enter("r", "Bob")
	silent := srv.dial().listen() // has not said hello
	ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
	defer cancel()
	srv.s.Close(ctx)
	for _, p := range []*signalPeer{ann, bob} {
		p.want(`{"type":"bye","reason":"restart"}`)
		p.wantClosed(websocket.StatusServiceRestart)
	}
	silent.wantClosed(websocket.StatusServiceRestart)
	res, err := http.Get(srv.http.URL + api.SignalPath)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// TestIdleConnectionIsSmall counts what a connection that waits costs, the
// client's end of the socket included.
func TestIdleConnectionIsSmall(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes stacks and heap larger")
	}
	const n = 500
	srv := startSignalServer(t, signalingConfig{})
	srv.enter("warm-up", "Ann")
	before := memoryInUse()
	goroutines := runtime.NumGoroutine()
	for i := range n {
		conn, r := srv.rawSocket()
		hello := fmt.Appendf(nil, `{"type":"hello","room":"room-%d","secret":"AAAAAAAAAAAAAAAAAAAAAA","media":{}}`, i)
		if _, err := conn.Write(frame(0x81, hello)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ReadByte(); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "all sessions", func() bool { return srv.s.Counters().Sessions == n+1 })
	// A writer may still be on its way out.
	waitFor(t, "one goroutine for each connection", func() bool { return runtime.NumGoroutine()-goroutines <= n })
	each := (memoryInUse() - before) / n
	t.Logf("%d bytes per idle connection", each)
	if each > 14<<10 {
		t.Errorf("an idle connection costs %d bytes, at most 14 KiB are meant", each)
	}
}

// memoryInUse counts heap and stacks.
func memoryInUse() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(signalPatience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("still waiting for %s", what)
		}
	}
}
