package node

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	pion "github.com/pion/turn/v4"
)

// pionClient allocates through conn with the client of pion/turn.
func pionClient(t *testing.T, server string, conn net.PacketConn) (relay net.PacketConn) {
	t.Helper()
	c, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: conn,
		Username: testUser, Password: testPassword, Realm: testRealm,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	if relay, err = c.Allocate(); err != nil {
		t.Fatal(err)
	}
	return relay
}

// pionConns are ways to the server.
func pionConns(t *testing.T, s *testServer) map[string]func() (string, net.PacketConn) {
	stream := func(addr net.Addr, dial func(string) (net.Conn, error)) func() (string, net.PacketConn) {
		return func() (string, net.PacketConn) {
			c, err := dial(addr.String())
			if err != nil {
				t.Fatal(err)
			}
			return addr.String(), pion.NewSTUNConn(c)
		}
	}
	udp := func(ip string) func() (string, net.PacketConn) {
		return func() (string, net.PacketConn) {
			c, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
			if err != nil {
				t.Fatal(err)
			}
			return net.JoinHostPort(ip, fmt.Sprint(s.UDPAddr().Port())), c
		}
	}
	return map[string]func() (string, net.PacketConn){
		"UDP": udp("127.0.0.1"),
		"TCP": stream(s.tcp.Addr(), func(a string) (net.Conn, error) { return net.Dial("tcp", a) }),
		"TLS": stream(s.tls.Addr(), func(a string) (net.Conn, error) {
			return tls.Dial("tcp", a, &tls.Config{InsecureSkipVerify: true})
		}),
	}
}

// expectEcho sends through the relay and waits for the peer's echo.
func expectEcho(t *testing.T, relay net.PacketConn, peer netip.AddrPort, message []byte) {
	t.Helper()
	if _, err := relay.WriteTo(message, net.UDPAddrFromAddrPort(peer)); err != nil {
		t.Fatal(err)
	}
	_ = relay.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 65536)
	n, from, err := relay.ReadFrom(buf)
	if err != nil || !bytes.Equal(buf[:n], message) || from.(*net.UDPAddr).AddrPort() != peer {
		t.Fatalf("%d bytes sent, %d from %v, %v", len(message), n, from, err)
	}
}

func TestPionClientRelays(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{":0"}, Policy: allowLoopback()})
	peer := echo(t, "127.0.0.1")
	for name, conn := range pionConns(t, s) {
		t.Run(name, func(t *testing.T) {
			server, c := conn()
			relay := pionClient(t, server, c)
			for i := range 200 { // from 5 bytes on: pion waits for more after a shorter frame
				expectEcho(t, relay, peer, bytes.Repeat([]byte{byte(i)}, 5+i*6))
			}
			if err := relay.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "the relays to be closed", func() bool { return s.Counters().TURN.AllocationsOpen == 0 })
}

func TestWeriftRelays(t *testing.T) {
	node := needProgram(t, "node", "Node.js 20")
	modules := filepath.Join("..", "..", "web", "node_modules", "werift")
	if _, err := os.Stat(modules); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("werift is not installed: run npm ci in web")
		}
		t.Skip("SKIPPED: werift is not installed: run npm ci in web")
	}
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}})
	for _, url := range []string{
		fmt.Sprintf("turn:127.0.0.1:%d?transport=udp", s.UDPAddr().Port()),
		fmt.Sprintf("turn:127.0.0.1:%d?transport=tcp", s.tcp.Port()),
	} {
		t.Run(url[len(url)-3:], func(t *testing.T) {
			t.Log(runProgram(t, node, filepath.Join("..", "..", "test", "interop", "werift.mjs"), url, testUser, testPassword))
		})
	}
	if got := s.Counters().TURN; got.AllocationsOpened < 4 || got.ToPeerPackets == 0 {
		t.Errorf("counters: %+v", got)
	}
}
