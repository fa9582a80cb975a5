package node

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// dtlsState returns how many clients and handshakes the shards know.
func (s *testServer) dtlsState() (clients, handshakes int) {
	for _, sh := range s.shards {
		sh.do(func(mono.Time) {
			clients += len(sh.dtls.clients)
			handshakes += sh.dtls.handshakes
		})
	}
	return clients, handshakes
}

func dtlsServer(t *testing.T) (*testServer, *net.UDPAddr) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	return s, net.UDPAddrFromAddrPort(s.UDPAddr())
}

func listenUDP(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// expectBinding connects by DTLS from a socket, and asks for the mapped address.
func expectBinding(t *testing.T, socket *net.UDPConn, server *net.UDPAddr) *dtls.Conn {
	t.Helper()
	c, err := dtls.ClientWithOptions(socket, server, dtls.WithInsecureSkipVerify(true))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		t.Fatal(err)
	}
	b := stun.Begin(nil, stun.TypeOf(stun.Binding, stun.Request), stun.TransactionID{1})
	if _, err := c.Write(b.Finish()); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1500)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := stun.Parse(buf[:n])
	v, _ := m.Find(stun.AttrXORMappedAddress)
	if a, _ := stun.XORAddress(v, m.TransactionID()); !ok || a != socket.LocalAddr().(*net.UDPAddr).AddrPort() {
		t.Errorf("mapped to %v", a)
	}
	return c
}

// clientHello is a datagram with a ClientHello.
func clientHello(random uint64, cookie []byte) []byte {
	message := byte(0)
	if len(cookie) > 0 {
		message = 1
	}
	body := make([]byte, 34)
	body[0], body[1] = 0xfe, 0xfd
	binary.BigEndian.PutUint64(body[2:], random)
	body = append(body, 0, byte(len(cookie)))
	body = append(body, cookie...)
	body = append(body, 0, 2, 0xc0, 0x2b, 1, 0)
	n := byte(len(body))
	b := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, message, 0, 12 + n, 1, 0, 0, n, 0, message, 0, 0, 0, 0, 0, n}
	return append(b, body...)
}

// TestAFloodOfClientHellosCostsNoState, whatever their random bytes, and with
// cookies that are made up; a good client gets through meanwhile.
func TestAFloodOfClientHellosCostsNoState(t *testing.T) {
	s, server := dtlsServer(t)
	flood := listenUDP(t, 0)
	const hellos = 20000
	for i := range uint64(hellos) {
		var cookie []byte
		if i%2 == 1 {
			cookie = make([]byte, 20)
			binary.BigEndian.PutUint64(cookie, i)
		}
		_, _ = flood.WriteToUDP(clientHello(i, cookie), server)
	}
	expectBinding(t, listenUDP(t, 0), server).Close()
	eventually(t, "nothing to be kept", func() bool {
		clients, handshakes := s.dtlsState()
		return clients == 0 && handshakes == 0 && s.Counters().Streams == 0
	})
	_ = flood.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1500)
	if n, _, err := flood.ReadFromUDP(buf); err != nil || n != 48 || buf[13] != 3 {
		t.Errorf("%x, %v", buf[:n], err)
	}
}

// TestHandshakesOfOneSourceAreLimited: who gets what is sent to its address can
// begin some handshakes, and not those of everybody.
func TestHandshakesOfOneSourceAreLimited(t *testing.T) {
	s, server := dtlsServer(t)
	buf := make([]byte, 1500)
	for i := range uint64(2 * dtlsHandshakesPerSourceMax * uint64(len(s.shards))) {
		c := listenUDP(t, 0)
		_, _ = c.WriteToUDP(clientHello(i, nil), server)
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _, err := c.ReadFromUDP(buf)
		if err != nil || n != 48 {
			t.Fatalf("%x, %v", buf[:n], err)
		}
		_, _ = c.WriteToUDP(clientHello(i, buf[28:48]), server)
	}
	limit := dtlsHandshakesPerSourceMax * len(s.shards)
	eventually(t, "the limit", func() bool {
		_, handshakes := s.dtlsState()
		if handshakes > limit {
			t.Fatalf("%d handshakes", handshakes)
		}
		return s.Counters().Unclaimed > 0 // one too many
	})
}

// TestAClientOverDTLSBeginsAgain from the port it had, without having said goodbye.
func TestAClientOverDTLSBeginsAgain(t *testing.T) {
	s, server := dtlsServer(t)
	first := listenUDP(t, 0)
	port := first.LocalAddr().(*net.UDPAddr).Port
	expectBinding(t, first, server)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c := expectBinding(t, listenUDP(t, port), server)
	eventually(t, "the first one to be gone", func() bool {
		clients, handshakes := s.dtlsState()
		return clients == 1 && handshakes == 0 && s.Counters().Streams == 1
	})
	c.Close()
	eventually(t, "the second one to be gone", func() bool {
		clients, _ := s.dtlsState()
		return clients == 0 && s.Counters().Streams == 0
	})
}

// TestOpenSSLSpeaksDTLS: another implementation than those of the utilities' options
// and of pion, which says what was agreed on.
func TestOpenSSLSpeaksDTLS(t *testing.T) {
	openssl := needProgram(t, "openssl", "Debian package openssl")
	s, server := dtlsServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// Without anything to say it ends with the handshake.
	output, _ := exec.CommandContext(ctx, openssl, "s_client", "-dtls1_2", "-connect", fmt.Sprint(server)).CombinedOutput()
	for _, want := range []string{"DTLSv1.2", "Cipher is ECDHE-"} {
		if !strings.Contains(string(output), want) {
			t.Errorf("%q is not in:\n%s", want, tail(output))
		}
	}
	eventually(t, "the client to be gone", func() bool {
		clients, handshakes := s.dtlsState()
		return clients == 0 && handshakes == 0
	})
}

// TestDTLSIsOffWithoutACertificate: no answer, no state.
func TestDTLSIsOffWithoutACertificate(t *testing.T) {
	m, err := startMedia(mediaConfig{UDP: []string{"127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	c := listenUDP(t, 0)
	_, _ = c.WriteToUDP(clientHello(1, nil), net.UDPAddrFromAddrPort(m.UDPAddr()))
	eventually(t, "the datagram", func() bool { return m.Counters().Unclaimed == 1 })
	if got := m.Counters(); got.UDP.DatagramsOut != 0 {
		t.Errorf("%d datagrams were sent", got.UDP.DatagramsOut)
	}
}
