package node

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	pion "github.com/pion/turn/v4"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// tcpAllocation is what pion's client has, whose type has no public name.
type tcpAllocation interface {
	net.Listener
	Dial(network, address string) (net.Conn, error)
	SetDeadline(time.Time) error
}

// pionTCPClient allocates a TCP relay with the client of pion/turn.
func pionTCPClient(t *testing.T, s *testServer) (*pion.Client, tcpAllocation) {
	t.Helper()
	return pionTCPClientAs(t, s, testUser, testPassword)
}

func pionTCPClientAs(t *testing.T, s *testServer, user, password string) (*pion.Client, tcpAllocation) {
	t.Helper()
	control, err := net.Dial("tcp", s.tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: s.tcp.Addr().String(), TURNServerAddr: s.tcp.Addr().String(), Conn: pion.NewSTUNConn(control),
		Username: user, Password: password, Realm: testRealm,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); control.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	allocation, err := c.AllocateTCP()
	if err != nil {
		t.Fatal(err)
	}
	return c, allocation
}

// echoTCP is a peer that sends everything back and then closes.
func echoTCP(t *testing.T) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr()
}

// halfClose ends one direction of what pion gives out.
func halfClose(t *testing.T, c net.Conn) {
	t.Helper()
	h, ok := c.(interface{ CloseWrite() error })
	if !ok {
		t.Fatalf("%T cannot be closed by halves", c)
	}
	if err := h.CloseWrite(); err != nil {
		t.Error(err)
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(b)
	return b
}

// expectThrough sends data through c and waits for as much, until the other side
// ends.
func expectThrough(t *testing.T, c net.Conn, data []byte) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	go func() {
		if _, err := c.Write(data); err != nil {
			t.Error(err)
		}
		halfClose(t, c)
	}()
	got, err := io.ReadAll(c)
	if err != nil || sha256.Sum256(got) != sha256.Sum256(data) {
		t.Errorf("%d bytes sent, %d came back, %v", len(data), len(got), err)
	}
}

func startTCPRelayServer(t *testing.T) *testServer {
	return startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), TCPRelay: true})
}

func TestPionDialsThroughATCPAllocation(t *testing.T) {
	s := startTCPRelayServer(t)
	_, allocation := pionTCPClient(t, s)
	data := randomBytes(5 << 20) // more than one chunk, and than all buffers of the way
	for range 3 {
		c, err := allocation.Dial("tcp", echoTCP(t).String())
		if err != nil {
			t.Fatal(err)
		}
		expectThrough(t, c, data)
		_ = c.Close()
	}
	if _, err := allocation.Dial("tcp", "127.0.0.1:1"); err == nil {
		t.Error("connected to where nobody listens")
	}
	eventually(t, "the bytes to be counted", func() bool {
		got := s.Counters()
		return got.Stream.PassedToPeer == 15<<20 && got.Stream.PassedToClient == 15<<20 && got.TURN.PeersConnected == 3
	})
}

// TestUsersOfAWebhookRelayTCP: a stream waits to be joined while somebody else is
// asked who its user is.
func TestUsersOfAWebhookRelayTCP(t *testing.T) {
	s := startTestServer(t, mediaConfig{
		UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), TCPRelay: true, Webhook: startProgram(t).config(),
	})
	_, allocation := pionTCPClientAs(t, s, "ann", "swordfish")
	c, err := allocation.Dial("tcp", echoTCP(t).String())
	if err != nil {
		t.Fatal(err)
	}
	expectThrough(t, c, randomBytes(1<<20))
	_ = c.Close()
}

func TestPeersReachATCPAllocation(t *testing.T) {
	s := startTCPRelayServer(t)
	client, allocation := pionTCPClient(t, s)
	relay := allocation.Addr().String()

	near := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}} // the relay is where the default route leaves
	stranger, err := near.Dial("tcp", relay)
	if err == nil {
		_ = stranger.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err = stranger.Read(make([]byte, 1))
	}
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a peer without permission: %v", err)
	}

	if err := client.CreatePermission(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}); err != nil {
		t.Fatal(err)
	}
	peer, err := near.Dial("tcp", relay)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Write([]byte("said before anybody listened")); err != nil {
		t.Fatal(err)
	}
	_ = allocation.SetDeadline(time.Now().Add(20 * time.Second))
	c, err := allocation.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(c, c)
		_ = c.Close()
	}()
	_ = peer.SetDeadline(time.Now().Add(20 * time.Second))
	halfClose(t, peer)
	if got, err := io.ReadAll(peer); err != nil || string(got) != "said before anybody listened" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestConnectionsOfAnAllocationEndWithIt closes the control connection under a
// client that uses two others.
func TestConnectionsOfAnAllocationEndWithIt(t *testing.T) {
	s := startTCPRelayServer(t)
	client, allocation := pionTCPClient(t, s)
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	dialed, err := allocation.Dial("tcp", peer.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := peer.Accept()
	if err != nil {
		t.Fatal(err)
	}
	relay := allocation.Addr().String()
	_ = allocation.Close() // deletes the allocation
	client.Close()
	for name, c := range map[string]net.Conn{"client": dialed, "peer": accepted} {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the %s's connection is still there: %v", name, err)
		}
	}
	eventually(t, "the port to be closed", func() bool {
		c, err := net.Dial("tcp", relay)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	eventually(t, "everything to be given back", func() bool {
		return s.Counters().TURN.AllocationsOpen == 0 && len(*s.shards[0].tcp.directory.own.Load()) == 0
	})
}

// asker speaks TURN over a stream, message by message.
type asker struct {
	t     *testing.T
	conn  net.Conn
	nonce string
	count byte
}

// request builds a signed request, with the attributes that add puts in.
func (a *asker) request(m stun.Method, add func(b *stun.Builder)) []byte {
	a.count++
	return signedRequest(m, a.count, a.nonce, testUser, testPassword, add)
}

// read waits for one message and remembers its nonce.
func (a *asker) read() stun.Message {
	a.t.Helper()
	_ = a.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	head := make([]byte, stun.HeaderLen)
	if _, err := io.ReadFull(a.conn, head); err != nil {
		a.t.Fatal(err)
	}
	body := make([]byte, binary.BigEndian.Uint16(head[2:]))
	if _, err := io.ReadFull(a.conn, body); err != nil {
		a.t.Fatal(err)
	}
	m, ok := stun.Parse(append(head, body...))
	if !ok {
		a.t.Fatalf("no message: %x", append(head, body...))
	}
	if nonce, ok := m.Find(stun.AttrNonce); ok {
		a.nonce = string(nonce)
	}
	return m
}

func (a *asker) ask(m stun.Method, add func(b *stun.Builder)) stun.Message {
	a.t.Helper()
	if _, err := a.conn.Write(a.request(m, add)); err != nil {
		a.t.Fatal(err)
	}
	return a.read()
}

func dialTLS(t *testing.T, s *testServer) net.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", s.tls.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestABoundStreamOverTLSCarriesEveryByte, those included that the client sends
// with the request, before it has the answer; and whatever was said on the stream
// before.
func TestABoundStreamOverTLSCarriesEveryByte(t *testing.T) {
	s := startTCPRelayServer(t)
	control := &asker{t: t, conn: dialTLS(t, s)}
	overTCP := func(b *stun.Builder) { b.Bytes(stun.AttrRequestedTransport, []byte{6, 0, 0, 0}) }
	control.ask(stun.Allocate, overTCP)
	if m := control.ask(stun.Allocate, overTCP); m.Type().Class() != stun.Success {
		t.Fatalf("%v", m.Type())
	}
	peer := netip.MustParseAddrPort(echoTCP(t).String())
	m := control.ask(stun.Connect, func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, peer) })
	id, ok := m.Find(stun.AttrConnectionID)
	if !ok {
		t.Fatalf("%v", m.Type())
	}

	data := &asker{t: t, conn: dialTLS(t, s)}
	data.ask(stun.Binding, func(*stun.Builder) {})
	wrong := data.ask(stun.ConnectionBind, func(b *stun.Builder) { b.Uint32(stun.AttrConnectionID, 0x00ffffff) })
	if wrong.Type().Class() != stun.Error {
		t.Fatalf("%v", wrong.Type())
	}
	payload := randomBytes(3 << 20)
	bind := data.request(stun.ConnectionBind, func(b *stun.Builder) { b.Bytes(stun.AttrConnectionID, id) })
	if _, err := data.conn.Write(append(bind, payload[:1000]...)); err != nil {
		t.Fatal(err)
	}
	if m := data.read(); m.Type().Class() != stun.Success {
		t.Fatalf("%v", m.Type())
	}
	head := make([]byte, 1000)
	if _, err := io.ReadFull(data.conn, head); err != nil || !bytes.Equal(head, payload[:1000]) {
		t.Fatalf("the first bytes came back as %q, %v", head, err)
	}
	expectThrough(t, data.conn, payload[1000:])
}

// TestCoturnUclientRelaysTCP has two clients of coturn's utility connect to each
// other's relays.
func TestCoturnUclientRelaysTCP(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	for name, flags := range map[string][]string{"TCP": {"-T"}, "TLS": {"-T", "-S"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startTCPRelayServer(t)
			port := s.tcp.Port()
			if name == "TLS" {
				port = s.tls.Port()
			}
			args := append([]string{"-m", "2", "-n", "60", "-z", "5", "-u", testUser, "-w", testPassword}, flags...)
			output := runProgram(t, uclient, append(args, "-p", fmt.Sprint(port), "127.0.0.1")...)
			expectNoLoss(t, output, 120)
			if got := s.Counters(); got.TURN.PeersConnected < 2 || got.Stream.PassedToPeer == 0 {
				t.Errorf("counters: %+v", got)
			}
		})
	}
}

// TestCoturnUclientIsConnectedTo has a peer connect to the relay of coturn's
// utility, which counts what one of the two receives only.
func TestCoturnUclientIsConnectedTo(t *testing.T) {
	t.Parallel()
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	s := startTCPRelayServer(t)
	runProgram(t, uclient, "-P", "-m", "2", "-n", "20", "-z", "5", "-u", testUser, "-w", testPassword, "-p", fmt.Sprint(s.tcp.Port()), "127.0.0.1")
	if got := s.Counters(); got.TURN.PeersConnected != 1 || got.Stream.PassedToPeer != 2000 || got.Stream.PassedToClient != 2000 {
		t.Errorf("counters: %+v", got)
	}
}
