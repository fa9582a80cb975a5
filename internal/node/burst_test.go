package node

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// allocated lets a client allocate a relay, with channel 0x4000 for peer.
func (a *asker) allocated(peer netip.AddrPort) (relay netip.AddrPort) {
	a.t.Helper()
	udp := func(b *stun.Builder) { b.Bytes(stun.AttrRequestedTransport, []byte{17, 0, 0, 0}) }
	a.ask(stun.Allocate, udp)
	m := a.ask(stun.Allocate, udp)
	v, _ := m.Find(stun.AttrXORRelayedAddress)
	relay, ok := stun.XORAddress(v, m.TransactionID())
	if !ok {
		a.t.Fatalf("%v", m.Type())
	}
	bound := a.ask(stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, 0x4000<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
	if bound.Type().Class() != stun.Success {
		a.t.Fatalf("%v", bound.Type())
	}
	return relay
}

// TestAVideoBurstArrivesWhole: an I-frame of 300 packets at once, to clients over
// TCP and TLS that read nothing until all of it has come, is not cut.
func TestAVideoBurstArrivesWhole(t *testing.T) {
	const packets, size = 300, 1100
	dial := map[string]func(t *testing.T, s *testServer) net.Conn{
		"TCP": func(t *testing.T, s *testServer) net.Conn {
			c, err := net.Dial("tcp", s.tcp.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		},
		"TLS": dialTLS,
	}
	for name, dial := range dial {
		t.Run(name, func(t *testing.T) {
			s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
			client := &asker{t: t, conn: dial(t, s)}
			peer := listenUDP(t, 0)
			relay := net.UDPAddrFromAddrPort(client.allocated(peer.LocalAddr().(*net.UDPAddr).AddrPort()))
			b := make([]byte, size)
			for i := range packets {
				binary.BigEndian.PutUint32(b, uint32(i))
				if _, err := peer.WriteToUDP(b, relay); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "the burst to be relayed", func() bool { return s.Counters().TURN.ToClientPackets == packets })
			_ = client.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			for i := range packets {
				frame := make([]byte, 4+size)
				if _, err := io.ReadFull(client.conn, frame); err != nil {
					t.Fatalf("packet %d: %v", i, err)
				}
				if binary.BigEndian.Uint32(frame) != 0x4000<<16|size || binary.BigEndian.Uint32(frame[4:]) != uint32(i) {
					t.Fatalf("packet %d: %x", i, frame[:8])
				}
			}
			if got := s.Counters().Stream; got.DroppedFull+got.DroppedOld != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}
