package ws

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const patience = 20 * time.Second

// echo is a Receiver that answers each message with itself and notes the rest.
type echo struct {
	conn   *Conn
	mu     sync.Mutex
	events []string
	closed chan struct{}
}

func (e *echo) note(event string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
}

func (e *echo) Receive(msg []byte) { e.conn.Send(append([]byte(nil), msg...)) }
func (e *echo) Oversize()          { e.last("oversize") }
func (e *echo) Binary()            { e.last("binary") }
func (e *echo) Late()              { e.last("late") }
func (e *echo) Closed(goingAway bool) {
	if goingAway {
		e.note("going away")
	}
	e.note("closed")
	close(e.closed)
}

func (e *echo) last(event string) {
	e.note(event)
	e.conn.Send([]byte(event))
	e.conn.Close(1008, event)
}

type fixture struct {
	*Server
	http  *httptest.Server
	opens chan *echo
}

func start(t *testing.T, cfg Config) *fixture {
	f := &fixture{opens: make(chan *echo, 64)}
	cfg.Subprotocol = "test.v1"
	cfg.Open = func(c *Conn, _ *http.Request, _ netip.Addr) Receiver {
		e := &echo{conn: c, closed: make(chan struct{})}
		f.opens <- e
		return e
	}
	f.Server = NewServer(cfg)
	f.http = httptest.NewServer(f.Server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		f.Close(ctx)
		f.http.Close()
	})
	return f
}

func (f *fixture) dial(t *testing.T) (*websocket.Conn, *echo) {
	t.Helper()
	conn, res, err := websocket.Dial(patient(t), f.http.URL, &websocket.DialOptions{Subprotocols: []string{"test.v1"}})
	if err != nil {
		t.Fatalf("%v, %+v", err, res)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, <-f.opens
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wantText(t *testing.T, conn *websocket.Conn, want string) {
	t.Helper()
	_, got, err := conn.Read(patient(t))
	if err != nil || string(got) != want {
		t.Fatalf("read %q, %v, want %q", got, err, want)
	}
}

func wantClose(t *testing.T, conn *websocket.Conn, code websocket.StatusCode) {
	t.Helper()
	if _, msg, err := conn.Read(patient(t)); websocket.CloseStatus(err) != code {
		t.Fatalf("read %q, %v, want close code %d", msg, err, code)
	}
}

func TestRefusedRequests(t *testing.T) {
	f := start(t, Config{AllowOrigins: []string{"https://friend.example/"}})
	host := strings.TrimPrefix(f.http.URL, "http://")
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"nothing wrong", func(*http.Request) {}, 101, ""},
		{"same origin", func(r *http.Request) { r.Header.Set("Origin", "http://"+host) }, 101, ""},
		{"default port", func(r *http.Request) { r.Host = "call.example"; r.Header.Set("Origin", "https://Call.example:443") }, 101, ""},
		{"allowed origin", func(r *http.Request) { r.Header.Set("Origin", "https://friend.example") }, 101, ""},
		{"other origin", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "origin-refused"},
		{"host in the path", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example/"+host) }, 403, "origin-refused"},
		{"host as a user", func(r *http.Request) { r.Header.Set("Origin", "https://"+host+"@evil.example") }, 403, "origin-refused"},
		{"no web page", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403, "origin-refused"},
		{"longer name", func(r *http.Request) { r.Header.Set("Origin", "https://friend.example.evil.example") }, 403, "origin-refused"},
		{"no subprotocol", func(r *http.Request) { r.Header.Del("Sec-WebSocket-Protocol") }, 400, "unsupported-version"},
		{"other subprotocol", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Protocol", "test.v2, mqtt") }, 400, "unsupported-version"},
		{"no upgrade", func(r *http.Request) { r.Header.Del("Upgrade"); r.Header.Del("Connection") }, 426, "upgrade-required"},
		{"old version", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, 400, "bad-request"},
		{"bad key", func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "AAAA") }, 400, "bad-request"},
		{"POST", func(r *http.Request) { r.Method = "POST" }, 405, "method-not-allowed"},
		{"forwarded address", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "nonsense") }, 101, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", f.http.URL, nil)
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
			r.Header.Set("Sec-WebSocket-Version", "13")
			r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
			r.Header.Set("Sec-WebSocket-Protocol", "test.v1")
			test.change(r)
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != test.status {
				t.Fatalf("status %d, want %d", res.StatusCode, test.status)
			}
			if test.status == 101 {
				return
			}
			var body struct {
				Error struct{ Code, Message string }
			}
			err = json.NewDecoder(res.Body).Decode(&body)
			if err != nil || body.Error.Code != test.code || body.Error.Message == "" || res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("the answer is %+v, %v", body, err)
			}
		})
	}
}

func TestMessagesComeBackInOrder(t *testing.T) {
	f := start(t, Config{})
	conn, _ := f.dial(t)
	var want []string
	for i := range 100 {
		msg := strings.Repeat(fmt.Sprint(i), 1+i*i%5000)
		if err := conn.Write(patient(t), websocket.MessageText, []byte(msg)); err != nil {
			t.Fatal(err)
		}
		want = append(want, msg)
	}
	for _, msg := range want {
		wantText(t, conn, msg)
	}
}

func TestCloseComesAfterWhatIsQueued(t *testing.T) {
	f := start(t, Config{})
	conn, e := f.dial(t)
	for i := range 50 {
		e.conn.Send(fmt.Append(nil, i))
	}
	e.conn.Close(1000, "done")
	e.conn.Send([]byte("too late"))
	for i := range 50 {
		wantText(t, conn, fmt.Sprint(i))
	}
	wantClose(t, conn, 1000)
	<-e.closed
}

func TestGoingAwayIsTold(t *testing.T) {
	f := start(t, Config{})
	for code, want := range map[websocket.StatusCode]string{websocket.StatusGoingAway: "going away closed", websocket.StatusNormalClosure: "closed"} {
		conn, e := f.dial(t)
		if err := conn.Close(code, ""); err != nil {
			t.Fatal(err)
		}
		<-e.closed
		if got := strings.Join(e.events, " "); got != want {
			t.Errorf("%d: %q, want %q", code, got, want)
		}
	}
}

func TestOversizeAndBinary(t *testing.T) {
	f := start(t, Config{MessageBytesMax: 100})
	conn, e := f.dial(t)
	if err := conn.Write(patient(t), websocket.MessageText, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	wantText(t, conn, string(make([]byte, 100)))
	if err := conn.Write(patient(t), websocket.MessageText, make([]byte, 101)); err != nil {
		t.Fatal(err)
	}
	wantText(t, conn, "oversize")
	wantClose(t, conn, 1008)
	<-e.closed
	conn, e = f.dial(t)
	if err := conn.Write(patient(t), websocket.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	wantText(t, conn, "binary")
	wantClose(t, conn, 1008)
	<-e.closed
}

func TestLateFirstMessage(t *testing.T) {
	f := start(t, Config{FirstMessageTime: 20 * time.Millisecond})
	conn, e := f.dial(t)
	wantText(t, conn, "late")
	wantClose(t, conn, 1008)
	<-e.closed
}

// TestFullQueue fills the queue of a client that does not read; the last word is
// all that is left then, and the connection ends.
func TestFullQueue(t *testing.T) {
	f := start(t, Config{QueueBytesMax: 1 << 20, CloseTime: 50 * time.Millisecond})
	_, e := f.dial(t)
	msg := make([]byte, 64<<10)
	sent := 0
	for e.conn.Send(msg) {
		if sent++; sent > 1000 {
			t.Fatal("the queue takes everything")
		}
	}
	if !e.conn.Send([]byte("last word")) {
		t.Error("the last word was refused")
	}
	e.conn.Close(1008, "slow")
	select {
	case <-e.closed:
	case <-time.After(patience):
		t.Fatal("not closed")
	}
}

func TestWriteTimeEnds(t *testing.T) {
	f := start(t, Config{QueueBytesMax: 64 << 20, WriteTime: 50 * time.Millisecond})
	_, e := f.dial(t)
	for range 512 { // 32 MiB: more than the kernel's buffers on both sides
		e.conn.Send(make([]byte, 64<<10))
	}
	select {
	case <-e.closed:
	case <-time.After(patience):
		t.Fatal("a client that reads nothing is still connected")
	}
}

func TestLimits(t *testing.T) {
	f := start(t, Config{MaxConnections: 3, MaxPerAddress: 2})
	status := func() int {
		_, res, err := websocket.Dial(patient(t), f.http.URL, &websocket.DialOptions{Subprotocols: []string{"test.v1"}})
		if err == nil || res == nil {
			t.Fatal("one more connection was accepted")
		}
		return res.StatusCode
	}
	first, e := f.dial(t)
	f.dial(t)
	if got := status(); got != 429 {
		t.Errorf("over the limit of an address: %d", got)
	}
	_ = first.CloseNow()
	<-e.closed
	awaitConnections(t, f, 1)
	f.dial(t)
	if f.Refused() != 1 {
		t.Errorf("%d refused", f.Refused())
	}
}

func awaitConnections(t *testing.T, f *fixture, n int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for f.Connections() != n {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d connections, want %d", f.Connections(), n)
		}
	}
}

func TestTotalLimit(t *testing.T) {
	f := start(t, Config{MaxConnections: 1})
	f.dial(t)
	_, res, err := websocket.Dial(patient(t), f.http.URL, &websocket.DialOptions{Subprotocols: []string{"test.v1"}})
	if err == nil || res == nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("over the total limit: %v", err)
	}
}

func TestQuotaCountsIPv6ByPrefix(t *testing.T) {
	q := NewQuota(1)
	for _, test := range []struct {
		addr string
		ok   bool
	}{
		{"192.0.2.1", true}, {"192.0.2.1", false}, {"::ffff:192.0.2.1", false}, {"192.0.2.2", true},
		{"2001:db8:1::1", true}, {"2001:db8:1::2", false}, {"2001:db8:1:1::1", true},
	} {
		if got := q.Admit(netip.MustParseAddr(test.addr)); got != test.ok {
			t.Errorf("%s: %v, want %v", test.addr, got, test.ok)
		}
	}
	q.Release(netip.MustParseAddr("2001:db8:1::3"))
	if !q.Admit(netip.MustParseAddr("2001:db8:1::4")) {
		t.Error("a released place cannot be had")
	}
}

func TestCloseCutsWhatDoesNotAnswer(t *testing.T) {
	f := start(t, Config{CloseTime: time.Hour})
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.http.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: test.v1\r\n\r\n")
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		t.Fatal(err)
	}
	e := <-f.opens
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.Close(ctx)
	<-e.closed
}

// TestEarlyMessage sends the first message together with the request.
func TestEarlyMessage(t *testing.T) {
	f := start(t, Config{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.http.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: test.v1\r\n\r\n"+
		"\x81\x85\x00\x00\x00\x00early")
	r := bufio.NewReader(conn)
	if _, err := http.ReadResponse(r, nil); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "\x81\x05early" {
		t.Errorf("read %q, %v", got, err)
	}
}
