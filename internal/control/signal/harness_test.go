package signal

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/parley-rtc/parley/api"
)

var testAddr = netip.MustParseAddr("192.0.2.1")

// recorder is a Socket that keeps what it is given.
type recorder struct {
	mu     sync.Mutex
	room   int // messages it still takes; negative: any number
	msgs   []string
	taken  int // of msgs, by next
	closed bool
	code   int
	reason string
}

func newRecorder() *recorder { return &recorder{room: -1} }

func (r *recorder) Send(msg []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return true
	}
	if r.room == 0 {
		r.room = -1 // the last word is taken
		return false
	}
	r.room--
	r.msgs = append(r.msgs, string(msg))
	return true
}

func (r *recorder) Close(code int, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed, r.code, r.reason = true, code, reason
	}
}

// next returns what came since the last call.
func (r *recorder) next() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.msgs[r.taken:]
	r.taken = len(r.msgs)
	return out
}

// one returns the next message.
func (r *recorder) one() (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken == len(r.msgs) {
		return "", false
	}
	r.taken++
	return r.msgs[r.taken-1], true
}

func (r *recorder) isClosed() (int, string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.code, r.reason, r.closed
}

func secretOf(name string) string { return name + strings.Repeat("0", 32-len(name)) }

func helloOf(room, name, resume string) string {
	return fmt.Sprintf(`{"type":"hello","room":%q,"secret":%q,"name":%q,"media":{}%s}`, room, secretOf(name), name, resume)
}

func resumeAt(received uint64) string { return fmt.Sprintf(`,"resume":{"received":%d}`, received) }

// enter opens a socket and says hello.
func enter(s *Server, room, name string) (*Link, *recorder) {
	sock := newRecorder()
	l := s.Open(sock, testAddr, nil)
	l.Receive([]byte(helloOf(room, name, "")))
	return l, sock
}

func wantMessage(t *testing.T, sock *recorder, parts ...string) string {
	t.Helper()
	msgs := sock.next()
search:
	for _, m := range msgs {
		for _, p := range parts {
			if !strings.Contains(m, p) {
				continue search
			}
		}
		return m
	}
	t.Fatalf("no message with %q among %q", parts, msgs)
	return ""
}

func wantNone(t *testing.T, sock *recorder, part string) {
	t.Helper()
	for _, m := range sock.next() {
		if strings.Contains(m, part) {
			t.Fatalf("unexpected message %s", m)
		}
	}
}

func wantError(t *testing.T, sock *recorder, code api.ErrorCode, closeCode int) {
	t.Helper()
	wantMessage(t, sock, `"type":"error"`, fmt.Sprintf(`"code":%q`, code), `"fatal":true`)
	if got, _, closed := sock.isClosed(); !closed || got != closeCode {
		t.Fatalf("closed %v with %d, want %d", closed, got, closeCode)
	}
}

// quiet is a Socket that keeps nothing.
type quiet struct{}

func (*quiet) Send([]byte) bool  { return true }
func (*quiet) Close(int, string) {}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
