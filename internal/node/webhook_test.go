package node

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	pion "github.com/pion/turn/v4"

	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// program is what a webhook asks.
type program struct {
	*httptest.Server
	asked atomic.Int64
	mu    sync.Mutex
	last  webhookQuestion
}

// startProgram knows ann, whose password is "swordfish", and calls itself what it
// was shown as a token. Names that begin with "slow" are never answered.
func startProgram(t *testing.T) *program {
	p := &program{}
	stop := make(chan struct{})
	p.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		var q webhookQuestion
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer token" {
			http.Error(rw, "what?", http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		p.last = q
		p.mu.Unlock()
		switch {
		case q.Username == "ann":
			fmt.Fprint(rw, `{"password": "swordfish", "ttl": 3600}`)
		case strings.HasPrefix(q.Username, "slow"):
			<-stop
		case strings.Count(q.Username, ".") == 2:
			claims := jwt.RegisteredClaims{}
			if _, err := tokens.ParseWithClaims(q.Username, &claims, func(*jwt.Token) (any, error) { return tokenSecret, nil }); err != nil {
				http.Error(rw, "no", http.StatusForbidden)
				return
			}
			fmt.Fprintf(rw, `{"password": %q, "username": %q, "ttl": %f}`, passwordOf(q.Username), claims.Subject, time.Until(claims.ExpiresAt.Time).Seconds())
		case q.Username == "broken":
			http.Error(rw, "no", http.StatusInternalServerError)
		case q.Username == "moved":
			http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
		default:
			http.NotFound(rw, r)
		}
	}))
	t.Cleanup(func() { close(stop); p.Close() })
	return p
}

// A JWT as the username: what is shared with the program is its secret, and who makes
// the token makes a password with it.
var (
	tokenSecret = []byte("a secret of the program")
	tokens      = jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
)

func passwordOf(username string) string {
	mac := hmac.New(sha256.New, tokenSecret)
	mac.Write([]byte(username))
	return hex.EncodeToString(mac.Sum(nil))
}

func tokenFor(t *testing.T, subject string, life time.Duration) string {
	t.Helper()
	claims := jwt.RegisteredClaims{Subject: subject, ExpiresAt: jwt.NewNumericDate(time.Now().Add(life))}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(tokenSecret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *program) config() WebhookConfig {
	return WebhookConfig{URL: p.URL, Token: "token", Timeout: 300 * time.Millisecond, Concurrent: 4}
}

// lookUp asks and waits for the answer.
func lookUp(t *testing.T, w *webhook, username string) turn.LookedUp {
	t.Helper()
	answers := make(chan turn.LookedUp, 1)
	w.ask(turn.Lookup{
		ID: 7, Username: username, Realm: testRealm, Algorithm: stun.PasswordMD5,
		Client: turn.Client{Transport: turn.TLS, Remote: netip.MustParseAddrPort("203.0.113.9:50123")},
	}, func(a turn.LookedUp) { answers <- a })
	select {
	case a := <-answers:
		if a.ID != 7 {
			t.Errorf("the answer to lookup %d", a.ID)
		}
		return a
	case <-time.After(20 * time.Second):
		t.Fatal("no answer")
		return turn.LookedUp{}
	}
}

func TestWebhook(t *testing.T) {
	p := startProgram(t)
	w := startWebhook(p.config(), slog.New(slog.DiscardHandler))
	t.Cleanup(w.close)
	a := lookUp(t, w, "ann")
	if a.Failed || !a.Answer.Found || a.Answer.User != "ann" || a.Answer.Left <= time.Hour-time.Minute || a.Answer.Left > time.Hour ||
		!bytes.Equal(a.Answer.Key.Bytes(), auth.Key(false, "ann", testRealm, "swordfish")) {
		t.Errorf("ann is %+v", a)
	}
	want := webhookQuestion{Username: "ann", Realm: testRealm, Algorithm: "MD5", Address: "203.0.113.9:50123", Transport: "tls"}
	if p.last != want {
		t.Errorf("asked %+v", p.last)
	}
	if a := lookUp(t, w, "nobody"); a.Failed || a.Answer.Found {
		t.Errorf("nobody is %+v", a)
	}
	for _, name := range []string{"slow", "broken", "moved"} {
		if a := lookUp(t, w, name); !a.Failed {
			t.Errorf("%s is %+v", name, a)
		}
	}
	// What cannot be written as JSON is nobody's name, and nobody is asked.
	before := p.asked.Load()
	for _, name := range []string{"\xff", "a\nb", strings.Repeat("a", 600)} {
		if a := lookUp(t, w, name); a.Failed || a.Answer.Found {
			t.Errorf("%q is %+v", name, a)
		}
	}
	if n := p.asked.Load() - before; n != 0 {
		t.Errorf("%d questions about names that there cannot be", n)
	}
}

func TestWebhookAnswersAreKeptForAWhile(t *testing.T) {
	p := startProgram(t)
	cfg := p.config()
	cfg.Known, cfg.Unknown = time.Hour, time.Hour
	w := startWebhook(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(w.close)
	for range 5 {
		lookUp(t, w, "ann")
		lookUp(t, w, "nobody")
		lookUp(t, w, "broken")
	}
	if n := p.asked.Load(); n != 1+1+5 {
		t.Errorf("asked %d times: ann and nobody once each would do, what failed every time", n)
	}
	if n := w.counters.cached.Load(); n != 8 {
		t.Errorf("%d answers were kept", n)
	}
}

// TestOneQuestionForMany: whoever asks the same while it is under way waits with the
// others.
func TestOneQuestionForMany(t *testing.T) {
	p := startProgram(t)
	w := startWebhook(p.config(), slog.New(slog.DiscardHandler))
	t.Cleanup(w.close)
	var answered sync.WaitGroup
	answered.Add(50)
	for i := range 50 {
		w.ask(turn.Lookup{ID: turn.LookupID(i), Username: "slow"}, func(turn.LookedUp) { answered.Done() })
	}
	answered.Wait()
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestWebhookIsBounded asks about more users than can be asked about, and remembers
// more than there is room for.
func TestWebhookIsBounded(t *testing.T) {
	p := startProgram(t)
	cfg := p.config()
	cfg.Timeout, cfg.Concurrent = 10*time.Millisecond, 64
	w := startWebhook(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(w.close)
	var answered sync.WaitGroup
	const questions = 3 * webhookQueueMax
	answered.Add(questions)
	for i := range questions {
		w.ask(turn.Lookup{Username: fmt.Sprint("slow", i)}, func(turn.LookedUp) { answered.Done() })
	}
	answered.Wait()
	if n := w.counters.failed.Load(); n != questions || p.asked.Load() == questions {
		t.Errorf("%d failed, %d were asked", n, p.asked.Load())
	}
	now := time.Now()
	for i := range 3 * webhookCacheMax {
		w.mu.Lock()
		w.keep(webhookKey{username: fmt.Sprint(i)}, knownUser{}, now)
		n := len(w.known)
		w.mu.Unlock()
		if n > webhookCacheMax {
			t.Fatalf("%d answers are kept", n)
		}
	}
}

// TestKeptAnswersEndWithTheCredential although they could be kept longer.
func TestKeptAnswersEndWithTheCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, err := readWebhookReply([]byte(`{"password":"p","ttl":2.5}`), &turn.Lookup{Username: "ann"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if a := k.current(time.Now()); !a.Found || a.Left != 2500*time.Millisecond {
			t.Errorf("%+v", a)
		}
		time.Sleep(2500 * time.Millisecond)
		if a := k.current(time.Now()); a.Found {
			t.Errorf("after its end: %+v", a)
		}
	})
}

func TestWebhookAnswers(t *testing.T) {
	key := auth.Key(true, "ann", testRealm, "swordfish")
	byName := turn.Lookup{Username: "ann", Realm: testRealm, Algorithm: stun.PasswordSHA256}
	byHash := turn.Lookup{Userhash: strings.Repeat("h", 32), Realm: testRealm, Algorithm: stun.PasswordSHA256}
	for _, c := range []struct {
		lookup turn.Lookup
		text   string
	}{
		{byName, `{"password":"swordfish"}`},
		{byName, `{"key":"` + hex.EncodeToString(key) + `"}`},
		{byName, `{"password":"swordfish","ttl":0,"more":[1,2]}`},
		{byHash, `{"username":"ann","password":"swordfish"}`},
		{byHash, `{"username":"ann","key":"` + hex.EncodeToString(key) + `"}`},
	} {
		k, err := readWebhookReply([]byte(c.text), &c.lookup, time.Now())
		if err != nil || !bytes.Equal(k.answer.Key.Bytes(), key) || k.answer.User != "ann" {
			t.Errorf("%s: %+v, %v", c.text, k, err)
		}
	}
	for _, text := range []string{
		``, `null`, `[]`, `{}`, `{"password":""}`, `{"password":7}`, `{"key":"00"}`, `{"key":"` + hex.EncodeToString(key[:16]) + `"}`,
		`{"password":"swordfish","ttl":-1}`, `{"password":"swordfish","ttl":1e300}`, `{"password":"swordfish","username":"a\nb"}`,
		`{"password":"swordfish"` + strings.Repeat(" ", webhookReplyMax) + `}`, `{"password":"swordfish"} or so`,
	} {
		if k, err := readWebhookReply([]byte(text), &byName, time.Now()); err == nil || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%.60s: %+v, %v", text, k, err)
		}
	}
	if k, err := readWebhookReply([]byte(`{"password":"swordfish"}`), &byHash, time.Now()); err == nil {
		t.Errorf("a hash without a name: %+v", k)
	}
}

func FuzzWebhookAnswer(f *testing.F) {
	f.Add(`{"password":"swordfish","username":"ann","ttl":3600}`)
	f.Add(`{"key":"00112233445566778899aabbccddeeff"}`)
	f.Fuzz(func(t *testing.T, text string) {
		k, err := readWebhookReply([]byte(text), &turn.Lookup{Username: "ann", Algorithm: stun.PasswordMD5}, time.Now())
		if err == nil && (!k.answer.Found || len(k.answer.Key.Bytes()) != 16 || k.answer.User == "" || !askable(k.answer.User)) {
			t.Errorf("%q: %+v", text, k)
		}
	})
}

// allocateAs allocates over UDP with the client of pion/turn.
func allocateAs(t *testing.T, s *testServer, user, password string) (relay net.PacketConn, err error) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := fmt.Sprint("127.0.0.1:", s.UDPAddr().Port())
	c, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: conn, Username: user, Password: password, Realm: testRealm,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	return c.Allocate()
}

// TestUsersOfAWebhookRelay asks a real program over real sockets, while others that it
// does not answer for wait.
func TestUsersOfAWebhookRelay(t *testing.T) {
	p := startProgram(t)
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), Webhook: p.config()})
	peer := echo(t, "127.0.0.1")
	for i := range 8 { // more than can be asked about at once
		go func() { _, _ = allocateAs(t, s, fmt.Sprint("slow", i), "x") }()
	}
	eventually(t, "questions that are not answered", func() bool { return p.asked.Load() >= 4 })
	fresh, expired := tokenFor(t, "dora", time.Hour), tokenFor(t, "dora", -time.Minute)
	for user, password := range map[string]string{testUser: testPassword, "ann": "swordfish", fresh: passwordOf(fresh)} {
		relay, err := allocateAs(t, s, user, password)
		if err != nil {
			t.Fatalf("%s: %v", user, err)
		}
		expectEcho(t, relay, peer, []byte("hello, peer"))
	}
	if _, err := allocateAs(t, s, "ann", "tuna"); err == nil {
		t.Error("ann gets in with a wrong password")
	}
	for name, user := range map[string]string{"nobody": "nobody", "an expired JWT": expired, "a changed JWT": fresh[:len(fresh)-4] + "AAAA"} {
		if _, err := allocateAs(t, s, user, passwordOf(user)); err == nil {
			t.Errorf("%s gets in", name)
		}
	}
}
