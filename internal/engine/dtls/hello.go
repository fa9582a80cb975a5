package dtls

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// Sizes and numbers of the wire format (RFC 6347, section 4).
const (
	recordHeaderLen    = 13
	handshakeHeaderLen = 12
	randomLen          = 32

	contentHandshake = 22

	typeClientHello   = 1
	typeVerifyRequest = 3

	// cookieLen is the length of a cookie: when it was made (4 bytes, seconds) and
	// a MAC. It has to be that of pion's own cookies, whose place it takes.
	cookieLen = 20

	// verifyRequestLen is the length of a whole HelloVerifyRequest.
	verifyRequestLen = recordHeaderLen + handshakeHeaderLen + 2 + 1 + cookieLen

	// cookieLifetime is how long the client may take to come back with a cookie.
	cookieLifetime = 60 * time.Second
)

// Hello is a ClientHello that came in one piece. It points into the datagram.
type Hello struct {
	raw      []byte
	sequence uint64 // of the record
	message  uint16 // message_seq
	cookieAt int    // offset of the cookie's length in raw
	cookie   []byte
}

// Random returns the client's random bytes, which no two handshakes share.
func (h *Hello) Random() [randomLen]byte {
	return [randomLen]byte(h.raw[recordHeaderLen+handshakeHeaderLen+2:])
}

// ParseHello reads a datagram that is one ClientHello in one record and one
// fragment. ok is false for anything else.
func ParseHello(b []byte) (h Hello, ok bool) {
	const bodyAt = recordHeaderLen + handshakeHeaderLen
	if len(b) < bodyAt+2+randomLen+1 || b[0] != contentHandshake || b[1] != 0xfe || b[recordHeaderLen] != typeClientHello {
		return h, false
	}
	sequence := binary.BigEndian.Uint64(b[3:]) // epoch and sequence number: epoch 0
	message := b[recordHeaderLen:]
	body := uint24(message[1:])
	switch {
	case sequence>>48 != 0,
		int(binary.BigEndian.Uint16(b[11:])) != len(b)-recordHeaderLen,
		body != len(b)-bodyAt, uint24(message[6:]) != 0, uint24(message[9:]) != body:
		return h, false
	}
	cookieAt := bodyAt + 2 + randomLen + 1 + int(b[bodyAt+2+randomLen]) // behind the session ID
	if cookieAt >= len(b) || cookieAt+1+int(b[cookieAt]) > len(b) {
		return h, false
	}
	return Hello{
		raw: b, sequence: sequence, message: binary.BigEndian.Uint16(message[4:]),
		cookieAt: cookieAt, cookie: b[cookieAt+1 : cookieAt+1+int(b[cookieAt])],
	}, true
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func putUint24(b []byte, v int) { b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v) }

// Gate lets nobody in who has not shown to get what is sent to its address. It
// remembers nothing of them.
//
// RFC 6347, section 4.2.1: "In order to avoid denial-of-service attacks, DTLS
// servers SHOULD use stateless cookies": "Cookie = HMAC(Secret, Client-IP,
// Client-Parameters)". https://www.rfc-editor.org/rfc/rfc6347#section-4.2.1
type Gate struct{ Secret [32]byte }

// Admits says whether h has a cookie that was made for remote a short while ago.
func (g *Gate) Admits(now mono.Time, remote netip.AddrPort, h *Hello) bool {
	// A client that has got a HelloVerifyRequest sends its second message.
	if len(h.cookie) != cookieLen || h.message != 1 {
		return false
	}
	made := binary.BigEndian.Uint32(h.cookie)
	age := now.Sub(mono.Time(time.Duration(made) * time.Second))
	want := g.cookie(made, remote, h)
	return subtle.ConstantTimeCompare(want[:], h.cookie) == 1 && age >= 0 && age <= cookieLifetime
}

func (g *Gate) cookie(made uint32, remote netip.AddrPort, h *Hello) (c [cookieLen]byte) {
	mac := hmac.New(sha256.New, g.Secret[:])
	ip, random := remote.Addr().As16(), h.Random()
	binary.BigEndian.PutUint32(c[:], made)
	mac.Write(c[:4])
	mac.Write(ip[:])
	mac.Write(binary.BigEndian.AppendUint16(nil, remote.Port()))
	mac.Write(random[:])
	copy(c[4:], mac.Sum(nil))
	return c
}

// AppendVerifyRequest appends the answer to a ClientHello without a good cookie. It
// is shorter than any ClientHello.
//
// RFC 6347, section 4.2.1: "the server MUST use the record sequence number in the
// ClientHello as the record sequence number in the HelloVerifyRequest."
func (g *Gate) AppendVerifyRequest(b []byte, now mono.Time, remote netip.AddrPort, h *Hello) []byte {
	cookie := g.cookie(uint32(time.Duration(now)/time.Second), remote, h)
	const body = verifyRequestLen - recordHeaderLen - handshakeHeaderLen
	b = append(b, contentHandshake, 0xfe, 0xff)
	b = binary.BigEndian.AppendUint64(b, h.sequence)
	b = binary.BigEndian.AppendUint16(b, handshakeHeaderLen+body)
	b = append(b, typeVerifyRequest, 0, 0, body, 0, 0, 0, 0, 0, 0, 0, body)
	b = append(b, 0xfe, 0xff, cookieLen)
	return append(b, cookie[:]...)
}

// withoutCookie returns the ClientHello that the client would have sent first.
func (h *Hello) withoutCookie() []byte {
	b := append([]byte(nil), h.raw[:h.cookieAt]...)
	b = append(b, 0)
	b = append(b, h.raw[h.cookieAt+1+len(h.cookie):]...)
	sequence := h.sequence - 1
	if h.sequence == 0 {
		sequence = 1
	}
	binary.BigEndian.PutUint64(b[3:], sequence)
	binary.BigEndian.PutUint16(b[11:], uint16(len(b)-recordHeaderLen))
	message := b[recordHeaderLen:]
	body := len(message) - handshakeHeaderLen
	putUint24(message[1:], body)
	binary.BigEndian.PutUint16(message[4:], 0)
	putUint24(message[9:], body)
	return b
}
