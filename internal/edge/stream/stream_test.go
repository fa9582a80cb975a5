package stream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

const testTimeout = 20 * time.Second

// start runs a listener whose TURN side echoes and whose HTTP side says whether
// the request came over TLS.
func start(t *testing.T, cfg Config, withTLS bool) *Listener {
	t.Helper()
	if withTLS {
		certificates, err := LoadCertificates(t.Context(), CertificateConfig{})
		if err != nil {
			t.Fatal(err)
		}
		cfg.TLS = certificates.TLSConfig()
	}
	cfg.Address = "127.0.0.1:0"
	if cfg.ServeTURN == nil {
		cfg.ServeTURN = func(c net.Conn, secure bool) {
			if secure {
				_, _ = c.Write([]byte("secure "))
			}
			_, _ = io.Copy(c, c)
		}
	}
	l, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
		if r.TLS != nil {
			_, _ = io.WriteString(w, " over TLS")
		}
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l.HTTP())
	}()
	t.Cleanup(func() { _ = l.Close(); _ = server.Close(); <-done })
	return l
}

func connect(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(testTimeout))
	return c
}

func connectTLS(t *testing.T, l *Listener, protocols ...string) net.Conn {
	t.Helper()
	c := tls.Client(connect(t, l), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	return c
}

func expectEcho(t *testing.T, c net.Conn, prefix string) {
	t.Helper()
	if _, err := c.Write(binding()); err != nil {
		t.Fatal(err)
	}
	want := append([]byte(prefix), binding()...)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func get(t *testing.T, url string, h2 bool) string {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: h2}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestOnePortServesEverything(t *testing.T) {
	l := start(t, Config{}, true)
	expectEcho(t, connect(t, l), "")
	expectEcho(t, connectTLS(t, l), "secure ")
	expectEcho(t, connectTLS(t, l, "http/1.1"), "secure ")
	at := l.Addr().String()
	for url, want := range map[string]string{"http://" + at: "HTTP/1.1", "https://" + at: "HTTP/1.1 over TLS"} {
		if got := get(t, url, false); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	if got := get(t, "https://"+at, true); got != "HTTP/2.0 over TLS" {
		t.Errorf("HTTP/2: %q", got)
	}
	if got := l.Counters(); got.TURN != 3 || got.HTTP != 3 {
		t.Errorf("%+v", got)
	}
}

func TestWithoutTLSAHandshakeIsNotUnderstood(t *testing.T) {
	l := start(t, Config{}, false)
	c := tls.Client(connect(t, l), &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err == nil {
		t.Error("it worked")
	}
	expectEcho(t, connect(t, l), "")
}

// eventually polls for a condition of the real world.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s in vain", what)
		}
		<-tick.C
	}
}

func TestSlowLorisIsClosed(t *testing.T) {
	l := start(t, Config{HandshakeTimeout: 300 * time.Millisecond}, true)
	silent, half := connect(t, l), connect(t, l)
	if _, err := half.Write([]byte{handshakeRecord, 3, 1}); err != nil {
		t.Fatal(err)
	}
	quiet := connectTLS(t, l) // handshake done, no byte of data
	for _, c := range []net.Conn{silent, half, quiet} {
		// Closed with bytes that nobody read, a connection is reset.
		if n, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("not closed but %v after %d bytes", err, n)
		}
	}
	eventually(t, "the count of timeouts", func() bool { return l.Counters().TimedOut == 3 && l.Counters().Open == 0 })
}

func TestOneSourceCannotUseUpTheNewConnections(t *testing.T) {
	l := start(t, Config{}, false)
	for range newPerSourceMax {
		connect(t, l)
	}
	eventually(t, "all to be accepted", func() bool { return l.Counters().Accepted == newPerSourceMax })
	if n, err := io.Copy(io.Discard, connect(t, l)); n != 0 || err != nil {
		t.Errorf("one more was not closed: %d bytes, %v", n, err)
	}
	if got := l.Counters().Refused; got != 1 {
		t.Errorf("%d refused", got)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := start(t, Config{MaxConnections: 2}, false)
	first, second := connect(t, l), connect(t, l)
	expectEcho(t, first, "")
	expectEcho(t, second, "")
	_, _ = io.Copy(io.Discard, connect(t, l))
	if got := l.Counters(); got.Refused != 1 || got.Open != 2 {
		t.Errorf("%+v", got)
	}
	_ = first.Close()
	eventually(t, "room for another", func() bool { return l.Counters().Open == 1 })
	expectEcho(t, connect(t, l), "")
}

func TestGarbageIsSurvived(t *testing.T) {
	l := start(t, Config{HandshakeTimeout: time.Second}, true)
	for _, garbage := range [][]byte{
		{handshakeRecord}, {handshakeRecord, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, {0xFF}, {2}, []byte("SSH-2.0-x\r\n\r\n"),
		bytes.Repeat([]byte{0x15}, 10000), append([]byte{handshakeRecord, 3, 1, 0x40, 0}, make([]byte, 0x4000)...),
	} {
		c := connect(t, l)
		_, _ = c.Write(garbage)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c) // whatever it answers, it ends
	}
	expectEcho(t, connectTLS(t, l), "secure ")
}

func TestCloseEndsWhatIsNotSortedYet(t *testing.T) {
	l := start(t, Config{}, false)
	c := connect(t, l)
	eventually(t, "the connection to be accepted", func() bool { return l.Counters().Accepted == 1 })
	_ = l.Close()
	_, _ = io.Copy(io.Discard, c)
	eventually(t, "it to be counted", func() bool { return l.Counters().Open == 0 })
}

// Each message has a record of its own, but they leave together.
func TestFramesAreRecords(t *testing.T) {
	served := make(chan *Conn, 1)
	certificates, err := LoadCertificates(t.Context(), CertificateConfig{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(Config{Address: "127.0.0.1:0", TLS: certificates.TLSConfig(), ServeTURN: func(c net.Conn, _ bool) {
		conn := NewConn(c, NewShared(0))
		served <- conn
		conn.Wait()
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := connectTLS(t, l)
	if _, err := c.Write(binding()); err != nil {
		t.Fatal(err)
	}
	conn := <-served
	defer conn.Close()
	const frames = 200
	for range frames {
		conn.Send(1, channelData("abcde"))
	}
	buf := make([]byte, 1000)
	for i := range frames {
		if n, err := c.Read(buf); n != 12 || err != nil {
			t.Fatalf("record %d has %d bytes, %v", i, n, err)
		}
	}
}
