package node

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// rawTURN is a TURN client that says exactly what a test wants.
type rawTURN struct {
	t      *testing.T
	conn   net.Conn
	stream bool
	nonce  []byte
	heard  [][]byte // what came while an answer was waited for
}

// udpClient returns a client on a port of its own.
func (s *testServer) udpClient(t *testing.T) *rawTURN {
	t.Helper()
	conn, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.UDPAddr().Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &rawTURN{t: t, conn: conn}
}

func (s *testServer) tcpClient(t *testing.T) *rawTURN {
	t.Helper()
	conn := dialTCP(t, s)
	t.Cleanup(func() { conn.Close() })
	return &rawTURN{t: t, conn: conn, stream: true}
}

// ask makes a request and returns its answer; it authenticates when asked to.
func (c *rawTURN) ask(m stun.Method, attributes ...func(*stun.Builder)) stun.Message {
	c.t.Helper()
	for range 3 {
		answer := c.transact(m, attributes)
		code := codeOf(&answer)
		if code != stun.CodeUnauthenticated && code != stun.CodeStaleNonce {
			return answer
		}
		nonce, _ := answer.Find(stun.AttrNonce)
		c.nonce = bytes.Clone(nonce)
	}
	c.t.Fatalf("%v: not let in", m)
	return stun.Message{}
}

// codeOf is the error code of an answer, 0 if it is a success.
func codeOf(m *stun.Message) stun.Code {
	v, _ := m.Find(stun.AttrErrorCode)
	code, _, _ := stun.ErrorCode(v)
	return code
}

func (c *rawTURN) transact(m stun.Method, attributes []func(*stun.Builder)) stun.Message {
	c.t.Helper()
	var id stun.TransactionID
	rand.Read(id[:])
	b := stun.Begin(nil, stun.TypeOf(m, stun.Request), id)
	for _, add := range attributes {
		add(&b)
	}
	if c.nonce != nil {
		b.Text(stun.AttrUsername, testUser)
		b.Text(stun.AttrRealm, testRealm)
		b.Bytes(stun.AttrNonce, c.nonce)
		key := md5.Sum([]byte(testUser + ":" + testRealm + ":" + testPassword))
		b.Integrity(stun.NewHasher(), key[:])
	}
	request := b.Finish()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		c.send(request)
		for {
			raw, err := c.read(300 * time.Millisecond)
			if err != nil {
				break
			}
			if answer, ok := stun.Parse(raw); ok && answer.TransactionID() == id {
				return answer
			}
			c.heard = append(c.heard, raw)
		}
	}
	c.t.Fatalf("%v: no answer", m)
	return stun.Message{}
}

func (c *rawTURN) send(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next message.
func (c *rawTURN) read(wait time.Duration) ([]byte, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(wait))
	if !c.stream {
		buf := make([]byte, 65536)
		n, err := c.conn.Read(buf)
		return buf[:n], err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.conn, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(head[2:]))
	if head[0] < 2 {
		size += stun.HeaderLen - 4
	}
	message := append(head, make([]byte, (size+3)&^3)...)
	_, err := io.ReadFull(c.conn, message[4:])
	return message[:4+size], err
}

// hear returns the first message that f accepts.
func (c *rawTURN) hear(what string, f func([]byte) bool) []byte {
	c.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		for i, b := range c.heard {
			if f(b) {
				c.heard = append(c.heard[:i:i], c.heard[i+1:]...)
				return b
			}
		}
		if b, err := c.read(300 * time.Millisecond); err == nil {
			c.heard = append(c.heard, b)
		}
	}
	c.t.Fatalf("waited for %s in vain", what)
	return nil
}

// relays opens a channel to peer and sends through it until the echo is back.
func (c *rawTURN) relays(peer netip.AddrPort) {
	c.t.Helper()
	answer := c.ask(stun.ChannelBind, with(stun.AttrChannelNumber, 0x40, 0, 0, 0), func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, peer) })
	if code := codeOf(&answer); code != 0 {
		c.t.Fatalf("ChannelBind: %d", code)
	}
	data := []byte{0x40, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}
	rand.Read(data[4:])
	c.send(data)
	c.hear("the echo", func(b []byte) bool { return bytes.Equal(b, data) })
}

// with adds an attribute.
func with(attr stun.Attr, value ...byte) func(*stun.Builder) {
	return func(b *stun.Builder) { b.Bytes(attr, value) }
}

var overUDP = with(stun.AttrRequestedTransport, 17, 0, 0, 0)

// relayed is what an Allocate was answered with.
func relayed(t *testing.T, m *stun.Message) (list []netip.AddrPort) {
	t.Helper()
	if code := codeOf(m); code != 0 {
		t.Fatalf("Allocate: %d", code)
	}
	for it := m.Attrs(); it.Next(); {
		if it.Type == stun.AttrXORRelayedAddress {
			a, _ := stun.XORAddress(it.Value, m.TransactionID())
			list = append(list, a)
		}
	}
	return list
}
