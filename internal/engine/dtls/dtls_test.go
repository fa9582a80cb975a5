package dtls

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/parley-rtc/parley/internal/mono"
)

var (
	client  = netip.MustParseAddrPort("198.51.100.1:4000")
	oneHour = mono.Time(time.Hour)
)

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// clientHello builds a datagram.
func clientHello(message uint16, sequence uint64, cookie []byte) []byte {
	body := append([]byte{0xfe, 0xfd}, bytes.Repeat([]byte{7}, randomLen)...)
	body = append(body, 0, byte(len(cookie)))
	body = append(body, cookie...)
	body = append(body, 0, 2, 0xc0, 0x2b, 1, 0)
	b := []byte{contentHandshake, 0xfe, 0xfd}
	b = binary.BigEndian.AppendUint64(b, sequence)
	b = binary.BigEndian.AppendUint16(b, uint16(handshakeHeaderLen+len(body)))
	b = append(b, typeClientHello, 0, 0, byte(len(body)), byte(message>>8), byte(message), 0, 0, 0, 0, 0, byte(len(body)))
	return append(b, body...)
}

func TestCookiesAreBoundToClientAndTime(t *testing.T) {
	g := &Gate{Secret: [32]byte{1}}
	first, ok := ParseHello(clientHello(0, 5, nil))
	if !ok || g.Admits(oneHour, client, &first) {
		t.Fatal("a ClientHello without cookie")
	}
	reply := g.AppendVerifyRequest(nil, oneHour, client, &first)
	if len(reply) != verifyRequestLen || len(reply) >= len(first.raw) || binary.BigEndian.Uint64(reply[3:]) != 5 {
		t.Fatalf("%x", reply)
	}
	cookie := reply[len(reply)-cookieLen:]
	flipped := bytes.Clone(cookie)
	flipped[cookieLen-1] ^= 1
	for name, c := range map[string]struct {
		cookie  []byte
		message uint16
		from    string
		later   time.Duration
		secret  byte
		want    bool
	}{
		"good":             {cookie, 1, client.String(), 0, 1, true},
		"a while later":    {cookie, 1, client.String(), cookieLifetime, 1, true},
		"too late":         {cookie, 1, client.String(), cookieLifetime + time.Second, 1, false},
		"before it":        {cookie, 1, client.String(), -time.Second, 1, false},
		"another port":     {cookie, 1, "198.51.100.1:4001", 0, 1, false},
		"another address":  {cookie, 1, "198.51.100.2:4000", 0, 1, false},
		"another server":   {cookie, 1, client.String(), 0, 2, false},
		"changed":          {flipped, 1, client.String(), 0, 1, false},
		"cut":              {cookie[:19], 1, client.String(), 0, 1, false},
		"longer":           {append(bytes.Clone(cookie), 0), 1, client.String(), 0, 1, false},
		"in a first hello": {cookie, 0, client.String(), 0, 1, false},
	} {
		h, ok := ParseHello(clientHello(c.message, 6, c.cookie))
		g := &Gate{Secret: [32]byte{c.secret}}
		if !ok || g.Admits(oneHour.Add(c.later), netip.MustParseAddrPort(c.from), &h) != c.want {
			t.Errorf("%s: want %v", name, c.want)
		}
	}
	other := clientHello(1, 6, cookie)
	other[recordHeaderLen+handshakeHeaderLen+2]++ // of the random bytes
	if h, ok := ParseHello(other); !ok || g.Admits(oneHour, client, &h) {
		t.Error("the cookie of another handshake was taken")
	}
}

// TestAnsweringAHelloLeavesNothing: a flood leaves no trace.
func TestAnsweringAHelloLeavesNothing(t *testing.T) {
	g := &Gate{}
	hello := clientHello(0, 0, nil)
	out := make([]byte, 0, 2*verifyRequestLen)
	before := *g
	for i := range 100000 {
		h, ok := ParseHello(hello)
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), uint16(i))
		if !ok || g.Admits(oneHour, from, &h) {
			t.Fatal("admitted")
		}
		if out = g.AppendVerifyRequest(out[:0], oneHour, from, &h); len(out) != verifyRequestLen || cap(out) != 2*verifyRequestLen {
			t.Fatalf("%d bytes", len(out))
		}
	}
	if *g != before {
		t.Error("the gate has changed")
	}
}

func FuzzParseHello(f *testing.F) {
	f.Add(clientHello(0, 0, nil))
	f.Add(clientHello(1, 1, bytes.Repeat([]byte{9}, cookieLen)))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := ParseHello(b)
		if !ok {
			return
		}
		g := &Gate{}
		_ = h.Random()
		if g.Admits(oneHour, client, &h) && len(h.cookie) != cookieLen {
			t.Fatal("admitted")
		}
		if reply := g.AppendVerifyRequest(nil, oneHour, client, &h); len(reply) != verifyRequestLen || len(reply) > len(b)+1 {
			t.Fatalf("%d bytes in, %d out", len(b), len(reply))
		}
		first, ok := ParseHello(h.withoutCookie())
		if !ok || len(first.cookie) != 0 || first.message != 0 || first.Random() != h.Random() || first.sequence == h.sequence {
			t.Fatalf("%x became %x", b, first.raw)
		}
	})
}

// link is a path between pion's client and a gate with associations behind it; it
// loses what lose says.
type link struct {
	*path
	t      *testing.T
	gate   Gate
	config Config
	conn   chan *Conn
	served *Conn
	lose   func(toServer bool, n int) bool
	idle   time.Duration
	count  [2]int
	toLink chan []byte
}

// WriteTo is what the client sends.
func (l *link) WriteTo(b []byte, _ net.Addr) (int, error) {
	l.count[0]++
	if l.lose(true, l.count[0]) {
		return len(b), nil
	}
	if h, ok := ParseHello(b); ok && l.served == nil {
		if !l.gate.Admits(mono.Now(), client, &h) {
			l.deliver(l.gate.AppendVerifyRequest(nil, mono.Now(), client, &h))
			return len(b), nil
		}
		served, err := Accept(l.config, client, &h, l.idle, func(b []byte) { l.toLink <- b })
		if err != nil {
			l.t.Error(err)
		}
		l.served = served
		l.conn <- served
		return len(b), nil
	}
	if l.served != nil {
		l.served.Deliver(b)
	}
	return len(b), nil
}

// pump carries what the server sends.
func (l *link) pump() {
	for b := range l.toLink {
		l.count[1]++
		if !l.lose(false, l.count[1]) {
			l.deliver(b)
		}
	}
}

func newLink(t *testing.T, lose func(bool, int) bool, idle time.Duration) *link {
	pair := certificate(t)
	l := &link{
		t: t, lose: lose, idle: idle, conn: make(chan *Conn, 1), toLink: make(chan []byte, 100),
		config: Config{Certificate: func(string) (*tls.Certificate, error) { return &pair, nil }},
		path:   &path{remote: &net.UDPAddr{}, in: make(chan []byte, 100), closed: make(chan struct{}), deadline: make(chan struct{})},
	}
	go l.pump()
	return l
}

// TestASilentClientEnds, whether it has shaken hands or not.
func TestASilentClientEnds(t *testing.T) {
	l := newLink(t, func(bool, int) bool { return false }, 20*time.Millisecond)
	ended := make(chan error, 1)
	go func() {
		c := <-l.conn
		err := c.Handshake(t.Context())
		if err == nil {
			_, err = c.Read(make([]byte, MessageMax))
		}
		ended <- err
	}()
	c, err := dtls.ClientWithOptions(l, &net.UDPAddr{}, dtls.WithInsecureSkipVerify(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) && !isTimeout(err) {
		t.Errorf("%v", err)
	}
	half := newLink(t, func(toServer bool, n int) bool { return toServer && n > 2 }, time.Minute)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		ended <- (<-half.conn).Handshake(ctx)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if c, err = dtls.ClientWithOptions(half, &net.UDPAddr{}, dtls.WithInsecureSkipVerify(true)); err != nil {
		t.Fatal(err)
	}
	if err := c.HandshakeContext(ctx); err == nil {
		t.Error("a handshake without the client's second flight")
	}
	if err := <-ended; err == nil {
		t.Error("the handshake has not ended")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// TestHandshakeBehindTheGate: pion's client gets through gate and library, with and
// without losses, and messages pass both ways.
func TestHandshakeBehindTheGate(t *testing.T) {
	for name, lose := range map[string]func(bool, int) bool{
		"no loss":             func(bool, int) bool { return false },
		"the first hello":     func(toServer bool, n int) bool { return toServer && n == 1 },
		"the second hello":    func(toServer bool, n int) bool { return toServer && n == 2 },
		"the server's flight": func(toServer bool, n int) bool { return !toServer && n == 1 },
		"the client's flight": func(toServer bool, n int) bool { return toServer && n == 3 },
		"the server's last":   func(toServer bool, n int) bool { return !toServer && n == 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLink(t, lose, time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			got := make(chan string, 1)
			go func() {
				c := <-l.conn
				if err := c.Handshake(ctx); err != nil {
					t.Error(err)
				}
				buf := make([]byte, MessageMax)
				n, err := c.Read(buf)
				if err != nil {
					t.Error(err)
				}
				c.Send([]byte("back: " + string(buf[:n])))
				got <- string(buf[:n])
			}()
			c, err := dtls.ClientWithOptions(l, &net.UDPAddr{}, dtls.WithInsecureSkipVerify(true), dtls.WithFlightInterval(50*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.HandshakeContext(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 100)
			if n, err := c.Read(buf); err != nil || string(buf[:n]) != "back: hello" || <-got != "hello" {
				t.Errorf("%q, %v", buf[:n], err)
			}
			l.served.Close()
			if _, err := c.Read(buf); err == nil {
				t.Error("the association was closed and the client was not told")
			}
		})
	}
}
