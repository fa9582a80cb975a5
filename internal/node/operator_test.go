package node

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// fail2banLine is the filter of docs/turn-server.md, as fail2ban reads it.
var fail2banLine = func() *regexp.Regexp {
	text, err := os.ReadFile("../../docs/turn-server.md")
	if err != nil {
		panic(err)
	}
	filter := regexp.MustCompile(`(?m)^failregex = (.*)$`).FindSubmatch(text)
	return regexp.MustCompile(strings.Replace(string(filter[1]), "<HOST>", `([0-9a-fA-F.:]+?)`, 1))
}()

func TestFail2banFindsTheSourceInEveryLine(t *testing.T) {
	log := &turnLog{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	var lines failureLines
	now := mono.Time(1)
	for _, remote := range []string{"203.0.113.9:1", "[2001:db8::9]:65535"} {
		e := turn.Event{Kind: turn.AuthenticationFailed, User: `a" addr=192.0.2.1:1 transport=`, Reason: "wrong credential"}
		e.Client.Remote = netip.MustParseAddrPort(remote)
		lines.log(now, &e, logger)
		text := strings.Split(strings.TrimSpace(log.String()), "\n")
		found := fail2banLine.FindStringSubmatch(text[len(text)-1])
		if found == nil || found[1] != e.Client.Remote.Addr().String() {
			t.Errorf("%v: found %v in %s", remote, found, text[len(text)-1])
		}
	}
	for range 100 * failureLinesMax {
		lines.log(now, &turn.Event{}, logger)
	}
	if n := strings.Count(log.String(), "authentication failed"); n != failureLinesMax {
		t.Errorf("%d lines in a second, want %d", n, failureLinesMax)
	}
	lines.log(now.Add(2*time.Second), &turn.Event{}, logger)
	if !log.has("authentication failures not logged\" count=4952") {
		t.Errorf("how many were left out is not in\n%.300s", log)
	}
}

// json reads what ctl wrote, and forgets it.
func (w *turnWorld) json(into any) {
	w.t.Helper()
	if err := json.Unmarshal([]byte(w.said.String()), into); err != nil {
		w.t.Fatalf("%v in %q", err, w.said.String())
	}
	w.said.Reset()
}

// operators returns where the metrics and the admin API are.
func (w *turnWorld) operators() (metrics, admin string) {
	return "http://" + w.node.operators[0].Addr().String(), "http://" + w.node.operators[1].Addr().String()
}

// metrics is what Prometheus would read.
func (w *turnWorld) metrics() string {
	w.t.Helper()
	at, _ := w.operators()
	response, err := http.Get(at + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func (w *turnWorld) get(path string) int {
	w.t.Helper()
	metrics, _ := w.operators()
	response, err := http.Get(metrics + path)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (w *turnWorld) admin(token, method, path, body string) (int, string) {
	w.t.Helper()
	_, admin := w.operators()
	request, err := http.NewRequest(method, admin+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestAdminAPIWantsItsToken(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	for _, token := range []string{"", adminToken, "Bearer", "Bearer ", "Bearer " + adminToken + "x", "bearer " + adminToken, "Basic " + adminToken} {
		for _, path := range []string{"/v1/stats", "/v1/sessions", "/", "/nowhere"} {
			if code, answer := w.admin(token, http.MethodGet, path, ""); code != http.StatusUnauthorized || strings.Contains(answer, "allocations") {
				t.Errorf("%s with %q answers %d: %s", path, token, code, answer)
			}
		}
		if code, _ := w.admin(token, http.MethodPost, "/v1/drain", "{}"); code != http.StatusUnauthorized || w.node.draining.Load() {
			t.Errorf("drain with %q answers %d", token, code)
		}
	}
	if code, answer := w.admin("Bearer "+adminToken, http.MethodGet, "/v1/stats", ""); code != http.StatusOK || !strings.Contains(answer, `"version":"test"`) {
		t.Errorf("%d: %s", code, answer)
	}
	metrics, _ := w.operators()
	if strings.HasPrefix(metrics, "http://127.0.0.1:") && w.get("/v1/stats") != http.StatusNotFound {
		t.Error("the address of the metrics serves the admin API, too")
	}
}

func TestAdminAPIRefusesNonsense(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	w.mustAllocate("udp")
	for _, c := range []struct{ method, path, body, want string }{
		{"POST", "/v1/kill", "", "say whom"},
		{"POST", "/v1/kill", "{}", "say whom"},
		{"POST", "/v1/kill", `{"user": ""}`, "say whom"},
		{"POST", "/v1/kill", `{"all": true, "user": "ann"}`, "say whom"},
		{"POST", "/v1/kill", `{"sessions": ["0-0"]}`, "not the name of a session"},
		{"POST", "/v1/kill", `{"sessions": ["0-0-1 "]}`, "not the name of a session"},
		{"POST", "/v1/kill", `{"sessions": ["-1-0-1"]}`, `"killed":0`},
		{"POST", "/v1/kill", `{"sessions": ["99-0-1", "0-4294967295-1"]}`, `"killed":0`},
		{"POST", "/v1/kill", `{"session": ["0-0-1"]}`, "unknown field"},
		{"POST", "/v1/kill", `{"all": true}{}`, "more than one"},
		{"POST", "/v1/kill", `[1`, "not what it should be"},
		{"POST", "/v1/kill", `{"user": "` + strings.Repeat("x", requestBytesMax) + `"}`, "too large"},
		{"POST", "/v1/drain", `{"deadline_seconds": -1}`, "must be from 0"},
		{"POST", "/v1/drain", `{"deadline_seconds": 99999999999999}`, "must be from 0"},
		{"GET", "/v1/sessions?limit=0", "", "limit must be"},
		{"GET", "/v1/sessions?limit=1e9", "", "limit must be"},
		{"GET", "/v1/kill", "", "error"},
		{"GET", "/../../etc/passwd", "", "nothing here"},
	} {
		if _, answer := w.admin("Bearer "+adminToken, c.method, c.path, c.body); !strings.Contains(answer, c.want) {
			t.Errorf("%s %s %.60s: want %q in %s", c.method, c.path, c.body, c.want, answer)
		}
	}
	if s := w.node.Stats(); s.Allocations != 1 || s.Draining {
		t.Errorf("something was done: %+v", s)
	}
}

// Whatever is written to the control socket, the server goes on.
func TestControlSocketBearsHostileBytes(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	path, err := controlPath("", w.ctl.Config.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, bytes := range []string{
		"", "\x00\x01\x00\x00\x21\x12\xa4\x42", "\x16\x03\x01", "GET", strings.Repeat("A", 100_000), "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 5000),
		"POST /v1/kill HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{", "POST /v1/kill HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
	} {
		c, err := stream.DialLocal(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(c, bytes) // the server may close in the middle of it
		_ = c.(*net.UnixConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}
	if err := w.ctl.Stats(t.Context()); err != nil || !strings.Contains(w.said.String(), "allocations") {
		t.Errorf("%v: %s", err, w.said.String())
	}
}

func TestTurnMetrics(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	text := w.metrics()
	if !strings.Contains(text, "\nparley_turn_allocations 0\n") || strings.Contains(text, "parley_signaling") {
		t.Errorf("metrics:\n%.3000s", text)
	}
	if w.get("/healthz") != http.StatusOK || w.get("/readyz") != http.StatusOK {
		t.Error("not healthy")
	}
}

// writeCertificate puts cert.pem and key.pem for a name into dir.
func writeCertificate(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzSessionID(f *testing.F) {
	f.Add("0-12-345")
	f.Add("-1-0-+1")
	f.Add("0-0-18446744073709551615")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := parseSessionID(text); ok && id.String() != text {
			t.Errorf("%q is %v", text, id)
		}
	})
}

// FuzzOperatorRequests sends anything to the handler behind the control socket and
// the admin API. It answers JSON, and nothing is killed.
func FuzzOperatorRequests(f *testing.F) {
	f.Add("POST", "/v1/kill", `{"sessions": ["0-0-1"]}`)
	f.Add("POST", "/v1/drain", `{"deadline_seconds": 1e3}`)
	f.Add("GET", "/v1/sessions?limit=1&user=%00", "")
	m, err := startMedia(mediaConfig{Shards: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = m.Close(context.Background()) })
	handler := newOperator(m, noServer{})
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.Parse(target)
		if err != nil || u.Path == "" || u.Path[0] != '/' || method == "CONNECT" {
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{Method: method, URL: u, Host: "parley", Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))})
		if w.Code == http.StatusOK && !json.Valid(w.Body.Bytes()) || w.Code >= http.StatusInternalServerError {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
}

// noServer is operated without effect.
type noServer struct{}

func (noServer) Stats() Stats              { return Stats{} }
func (noServer) Drain(time.Duration)       {}
func (noServer) Undrain()                  {}
func (noServer) Reload() (Reloaded, error) { return Reloaded{}, nil }
