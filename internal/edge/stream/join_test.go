package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// accepting is a relay whose peers come out of a channel.
func accepting(t *testing.T) (*Relay, <-chan *Peer) {
	t.Helper()
	peers := make(chan *Peer, 1)
	r, err := OpenRelay(loopback, 49152, 65535, func(_ *Relay, p *Peer) { peers <- p })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, peers
}

func dial(t *testing.T, to net.Addr) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// joinedPair is a client's and a peer's end of a joined stream.
func joinedPair(t *testing.T) (client, peer *net.TCPConn, over <-chan struct{}, c *Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client = dial(t, l.Addr())
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r, peers := accepting(t)
	peer = dial(t, net.TCPAddrFromAddrPort(r.Local()))
	c = NewConn(served, NewShared(0))
	done := make(chan struct{})
	go func() {
		c.Join(<-peers, Pace{})
		c.Close()
		close(done)
	}()
	return client, peer, done, c
}

func wait(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("waited for %s in vain", what)
	}
}

// TestWhoDoesNotReadMakesItsSenderWait, and gets every byte once it reads.
func TestWhoDoesNotReadMakesItsSenderWait(t *testing.T) {
	client, peer, over, _ := joinedPair(t)
	_ = client.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	block, sent := bytes.Repeat([]byte("0123456789abcdef"), 4096), 0
	var err error
	for err == nil && sent < 1<<30 {
		var n int
		n, err = client.Write(block)
		sent += n
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes were taken for a peer that reads nothing: %v", sent, err)
	}
	_ = client.CloseWrite()
	got, err := io.ReadAll(peer)
	if err != nil || len(got) != sent || !bytes.Equal(got[:len(block)], block) {
		t.Errorf("%d bytes sent, %d arrived, %v", sent, len(got), err)
	}
	if _, err := peer.Write([]byte("the other half is open")); err != nil {
		t.Error(err)
	}
	_ = peer.CloseWrite()
	if got, err := io.ReadAll(client); err != nil || string(got) != "the other half is open" {
		t.Errorf("%q, %v", got, err)
	}
	wait(t, "the end", over)
}

func TestAJoinedStreamEndsWithItsPeer(t *testing.T) {
	client, peer, over, _ := joinedPair(t)
	_ = peer.SetLinger(0)
	_ = peer.Close() // a reset
	if _, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	wait(t, "the end", over)
}

func TestWhatWasQueuedGoesOutBeforeThePeersBytes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := dial(t, l.Addr())
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r, peers := accepting(t)
	peer := dial(t, net.TCPAddrFromAddrPort(r.Local()))
	if _, err := peer.Write([]byte("first words")); err != nil {
		t.Fatal(err)
	}
	c := NewConn(served, NewShared(0))
	if !c.Send(mono.Now(), success()) {
		t.Fatal("not taken")
	}
	_ = peer.CloseWrite()
	go func() { c.Join(<-peers, Pace{}); c.Close() }()
	_ = client.CloseWrite()
	if got, err := io.ReadAll(client); err != nil || string(got) != string(success())+"first words" {
		t.Errorf("%q, %v", got, err)
	}
	c.Wait()
	if c.Send(mono.Now(), success()) {
		t.Error("a message was taken after the framing had ended")
	}
}

func TestARelayConnectsFromItsOwnPort(t *testing.T) {
	for _, ip := range []netip.Addr{loopback, netip.IPv6Loopback()} {
		t.Run(ip.String(), func(t *testing.T) { relayConnects(t, ip) })
	}
}

func relayConnects(t *testing.T, ip netip.Addr) {
	far, err := net.Listen("tcp", netip.AddrPortFrom(ip, 0).String())
	if err != nil {
		t.Skipf("SKIPPED: there is no %v here: %v", ip, err)
	}
	defer far.Close()
	r, err := OpenRelay(ip, 49152, 65535, func(_ *Relay, p *Peer) { p.Refuse() })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	connected := make(chan error, 1)
	done := func(_ *Peer, err error) { connected <- err }
	p := r.Connect(tcpAddress(far.Addr()), done)
	defer p.Close()
	c, err := far.Accept()
	if err != nil || tcpAddress(c.RemoteAddr()) != r.Local() || <-connected != nil {
		t.Errorf("from %v, %v, want %v", c.RemoteAddr(), err, r.Local())
	}
	r.Connect(r.Local(), done)
	if err := <-connected; !errors.Is(err, errSelf) {
		t.Errorf("to itself: %v", err)
	}
	if _, err := listenAt(r.Local()); err == nil {
		t.Error("another relay got the same port")
	}
	if _, err := OpenRelay(ip, r.Local().Port(), r.Local().Port(), nil); !errors.Is(err, ErrNoPort) {
		t.Errorf("a range of one port that is taken: %v", err)
	}
}

// TestTheKernelPassesOnPlainStreams: what a listener hands out is a TCP socket
// underneath, which splice takes; and TLS is not passed by.
func TestTheKernelPassesOnPlainStreams(t *testing.T) {
	kinds := make(chan string, 1)
	l := start(t, Config{ServeTURN: func(c net.Conn, _ bool) { kinds <- fmt.Sprintf("%T", unwrapped(c)) }}, true)
	_, _ = connect(t, l).Write(binding())
	if got := <-kinds; got != "*net.TCPConn" {
		t.Errorf("TCP: %s", got)
	}
	_, _ = connectTLS(t, l).Write(binding())
	if got := <-kinds; got != "*tls.Conn" {
		t.Errorf("TLS: %s", got)
	}
}
