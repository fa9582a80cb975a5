package stream

import (
	"io"
	"net"
	"net/netip"
	"testing"
)

// One source cannot hold all the connections of a server open, whatever it uses
// them for, unless it has proved who it is. Who goes makes room.
func TestOneSourceCannotHoldAllConnections(t *testing.T) {
	const limit = 20
	proven := make(chan *Conn, 100)
	l, err := Listen(Config{Address: "127.0.0.1:0", MaxPerSource: limit, ServeTURN: func(c net.Conn, _ bool) {
		s := NewConn(c, NewShared(0))
		defer s.Close()
		for {
			f, err := s.ReadFrame()
			if err != nil {
				return
			}
			f.Release()
			s.Send(1, binding())
			proven <- s
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answered := func(c net.Conn) bool {
		_, _ = c.Write(binding())
		_, err := io.ReadFull(c, make([]byte, len(binding())))
		return err == nil
	}
	var open []net.Conn
	for range limit {
		c := connect(t, l)
		if !answered(c) {
			t.Fatalf("connection %d of %d is refused", len(open)+1, limit)
		}
		open = append(open, c)
	}
	for range 3 {
		if answered(connect(t, l)) {
			t.Error("one more than allowed is served")
		}
	}
	first := <-proven
	first.Proven()
	first.Proven() // again changes nothing
	if c := connect(t, l); !answered(c) || answered(connect(t, l)) {
		t.Error("one that is proven makes room for one")
	}
	_ = open[5].Close()
	_ = open[6].Close()
	held := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.held[netip.MustParsePrefix("127.0.0.1/32")]
	}
	eventually(t, "them to be gone", func() bool { return held() <= limit-1 })
	if !answered(connect(t, l)) {
		t.Error("those that went make no room")
	}
	if got := l.Counters().Refused; got != 4 {
		t.Errorf("%d refused", got)
	}
}
