//go:build linux

package offload

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/test/lab/netns"
)

const protocolUDP = 17

// datagram is one that came to a host.
type datagram struct {
	from    netip.AddrPort
	payload string
}

// socket is a UDP socket of a host, which is read all the time.
type socket struct {
	t    *testing.T
	conn *net.UDPConn
	addr netip.AddrPort
	in   chan datagram
}

func open(t *testing.T, host *netns.Namespace, ip netip.Addr, port uint16) *socket {
	t.Helper()
	s := &socket{t: t, conn: host.ListenUDP(netip.AddrPortFrom(ip, port)), in: make(chan datagram, 1024)}
	s.addr = s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	s.addr = netip.AddrPortFrom(s.addr.Addr().Unmap(), s.addr.Port())
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := s.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			s.in <- datagram{netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), string(buf[:n])}
		}
	}()
	return s
}

func (s *socket) send(to netip.AddrPort, payload []byte) {
	s.t.Helper()
	if _, err := s.conn.WriteToUDPAddrPort(payload, to); err != nil {
		s.t.Fatal(err)
	}
}

func (s *socket) receive() datagram {
	s.t.Helper()
	select {
	case d := <-s.in:
		return d
	case <-time.After(patience):
		s.t.Fatalf("%v got nothing", s.addr)
		return datagram{}
	}
}

// turnClient is a client with an allocation.
type turnClient struct {
	*socket
	server, relay  netip.AddrPort
	user, password string
	realm, nonce   string
}

// allocate opens a relay of the family of peer.
func allocate(t *testing.T, host *netns.Namespace, from, server, peer netip.Addr) *turnClient {
	t.Helper()
	c := &turnClient{socket: open(t, host, from, 0), server: netip.AddrPortFrom(server, turnPort)}
	c.user = fmt.Sprintf("%d:lab", time.Now().Add(time.Hour).Unix())
	mac := hmac.New(sha1.New, []byte(turnSecret))
	mac.Write([]byte(c.user))
	c.password = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	answer := c.request(stun.Allocate, func(b *stun.Builder) {
		b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24)
		if peer.Is6() {
			b.Uint32(stun.AttrRequestedAddressFamily, 2<<24)
		}
	})
	value, _ := answer.Find(stun.AttrXORRelayedAddress)
	c.relay, _ = stun.XORAddress(value, answer.TransactionID())
	if !c.relay.IsValid() {
		t.Fatal("allocated, but where?")
	}
	return c
}

func (c *turnClient) bind(channel uint16, peer netip.AddrPort) {
	c.t.Helper()
	c.request(stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, uint32(channel)<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
}

// end deletes the allocation.
func (c *turnClient) end() {
	c.t.Helper()
	c.request(stun.Refresh, func(b *stun.Builder) { b.Uint32(stun.AttrLifetime, 0) })
}

// request asks until it is answered, with the nonce that the server wants.
func (c *turnClient) request(m stun.Method, attrs func(*stun.Builder)) *stun.Message {
	c.t.Helper()
	for range 3 {
		answer := c.ask(m, attrs)
		if answer.Type().Class() == stun.Success {
			return answer
		}
		value, _ := answer.Find(stun.AttrErrorCode)
		code, reason, _ := stun.ErrorCode(value)
		if code != stun.CodeUnauthenticated && code != stun.CodeStaleNonce {
			c.t.Fatalf("request %d: %d %s", m, code, reason)
		}
		realm, _ := answer.Find(stun.AttrRealm)
		nonce, _ := answer.Find(stun.AttrNonce)
		c.realm, c.nonce = string(realm), string(nonce)
	}
	c.t.Fatalf("request %d: never let in", m)
	return nil
}

func (c *turnClient) ask(m stun.Method, attrs func(*stun.Builder)) *stun.Message {
	c.t.Helper()
	var id stun.TransactionID
	binary.BigEndian.PutUint64(id[:], rand.Uint64())
	b := stun.Begin(nil, stun.TypeOf(m, stun.Request), id)
	attrs(&b)
	if c.nonce != "" {
		b.Text(stun.AttrUsername, c.user)
		b.Text(stun.AttrRealm, c.realm)
		b.Text(stun.AttrNonce, c.nonce)
		key := md5.Sum([]byte(c.user + ":" + c.realm + ":" + c.password))
		b.Integrity(stun.NewHasher(), key[:])
	}
	c.send(c.server, b.Finish())
	for {
		answer, ok := stun.Parse([]byte(c.receive().payload))
		if ok && answer.TransactionID() == id {
			return &answer
		}
	}
}

// indicate sends data the long way, which only user space goes.
func (c *turnClient) indicate(peer netip.AddrPort, data string) {
	c.t.Helper()
	b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{})
	b.XORAddress(stun.AttrXORPeerAddress, peer)
	b.Text(stun.AttrData, data)
	c.send(c.server, b.Finish())
}

// channelData is a message with a length of its own.
func channelData(channel uint16, length int, data string) []byte {
	b := binary.BigEndian.AppendUint16(nil, channel)
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	return append(b, data...)
}

// unwrap says what a client got: by which channel, or from which peer.
func unwrap(d datagram) (by, data string) {
	if len(d.payload) >= 4 && d.payload[0]&0xc0 == 0x40 {
		n := int(binary.BigEndian.Uint16([]byte(d.payload[2:])))
		if 4+n <= len(d.payload) {
			return fmt.Sprintf("channel %x, %d bytes after it", d.payload[:2], len(d.payload)-4-n), d.payload[4 : 4+n]
		}
	}
	if m, ok := stun.Parse([]byte(d.payload)); ok && m.Type() == stun.TypeOf(stun.Data, stun.Indication) {
		value, _ := m.Find(stun.AttrXORPeerAddress)
		peer, _ := stun.XORAddress(value, m.TransactionID())
		content, _ := m.Find(stun.AttrData)
		return fmt.Sprint("data of ", peer), string(content)
	}
	return "nothing known", d.payload
}
