package node

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

func dialTCP(t *testing.T, s *testServer) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// relayOf is a well-behaved client over UDP.
func relayOf(t *testing.T, s *testServer) net.PacketConn {
	t.Helper()
	server, c := pionConns(t, s)["UDP"]()
	return pionClient(t, server, c)
}

func TestGarbageHurtsNobody(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	relay, peer := relayOf(t, s), echo(t, "127.0.0.1")
	random := rand.New(rand.NewPCG(1, 2))
	udp, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.UDPAddr().Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for i := range 2000 {
		b := make([]byte, random.IntN(1500))
		for j := range b {
			b[j] = byte(random.Uint32())
		}
		if len(b) > 0 && i%2 == 0 {
			b[0] &= 0x43 // so that half of it looks like STUN or ChannelData
		}
		_, _ = udp.Write(b)
		if i%20 == 0 {
			c := dialTCP(t, s)
			_, _ = c.Write(append([]byte{0}, b...))
			_ = c.Close()
		}
		if i%100 == 0 {
			expectEcho(t, relay, peer, []byte("still here"))
		}
	}
	expectEcho(t, relay, peer, []byte("still here"))
	eventually(t, "the streams to be gone", func() bool { return s.Counters().Streams == 0 })
	if got := s.Counters(); got.UDP.DatagramsIn < 1000 {
		t.Errorf("the garbage did not arrive: %+v", got.UDP)
	}
}

// bindingRequest is the smallest thing that gets an answer.
func bindingRequest() []byte {
	return []byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
}

func TestAClientThatNeverReadsIsCutOff(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	relay, peer := relayOf(t, s), echo(t, "127.0.0.1")
	c := dialTCP(t, s)
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	flood := bytes.Repeat(bindingRequest(), 1000)
	for n := 0; ; n++ {
		if _, err := c.Write(flood); err != nil {
			break // reset by the server
		}
		if n%50 == 0 {
			expectEcho(t, relay, peer, []byte("still here"))
		}
	}
	eventually(t, "its stream to be gone", func() bool { return s.Counters().Streams == 0 })
	if got := s.Counters().Stream; got.QueueBytes != 0 {
		t.Errorf("%+v", got)
	}
	expectEcho(t, relay, peer, []byte("still here"))
}

func TestHalfFramesHoldUpNobody(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
	for range 50 {
		c := dialTCP(t, s)
		if _, err := c.Write(bindingRequest()[:7]); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the streams to be there", func() bool { return s.Counters().Streams == 50 })
	c := dialTCP(t, s)
	if _, err := c.Write(bindingRequest()); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 20)
	if _, err := io.ReadFull(c, answer); err != nil || answer[0] != 1 || answer[1] != 1 {
		t.Errorf("got %x, %v", answer, err)
	}
}
