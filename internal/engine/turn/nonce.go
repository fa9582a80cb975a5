package turn

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

// A nonce is
//
//	"obMatJos2"                 this server knows RFC 8489
//	base64 of 3 bytes           STUN Security Features
//	base64url of 8 bytes        1 bit: SHA-256 was offered
//	                            23 bits: when it ends, in seconds
//	                            40 bits: MAC over all that and the client's address
//
// That makes 24 bytes, which need no padding. Nothing is kept for it. The MAC
// covers the features, because an attacker who could change them would make client
// and server agree on less than both can do (RFC 8489, section 16.1.3).
const (
	// RFC 8489, section 18.1: "Bit 0: Password algorithms. Bit 1: Username
	// anonymity", of which bit 0 is the leftmost one of 24. This server always
	// tells its password algorithms.
	// https://www.rfc-editor.org/rfc/rfc8489#section-18.1
	cookieNamed     = "obMatJos2gAAA"
	cookieAnonymous = "obMatJos2wAAA"

	nonceMACLen   = 5
	nonceRawLen   = 3 + nonceMACLen
	nonceLen      = len(cookieNamed) + (nonceRawLen*8+5)/6
	nonceSHA256   = 1 << 23
	nonceTimeMask = nonceSHA256 - 1

	// nonceLifetimeMax keeps the seconds of a nonce from being ambiguous.
	nonceLifetimeMax = 24 * time.Hour
)

func (e *Engine) nonce(c *Client, now mono.Time, o Offer) (text [nonceLen]byte) {
	ends := uint32(time.Duration(now.Add(e.cfg.NonceLifetime)) / time.Second)
	return e.nonceEnding(c, ends, o)
}

// nonceEnding returns the nonce of a client that ends at a time on the monotonic
// clock, in seconds.
func (e *Engine) nonceEnding(c *Client, ends uint32, o Offer) (text [nonceLen]byte) {
	cookie := cookieNamed
	if o.Anonymity {
		cookie = cookieAnonymous
	}
	n := copy(text[:], cookie)
	first := ends & nonceTimeMask
	if o.SHA256 {
		first |= nonceSHA256
	}

	var input [len(e.cfg.Secret) + len(cookieNamed) + 1 + 4 + 16 + 2 + 1]byte
	ip := c.Remote.Addr().As16()
	b := append(input[:0], e.cfg.Secret[:]...)
	b = append(b, cookie...)
	b = append(b, byte(first>>16))
	b = binary.BigEndian.AppendUint32(b, ends)
	b = append(b, ip[:]...)
	b = binary.BigEndian.AppendUint16(b, c.Remote.Port())
	b = append(b, byte(c.Transport))
	sum := sha256.Sum256(b)

	raw := [nonceRawLen]byte{byte(first >> 16), byte(first >> 8), byte(first)}
	copy(raw[3:], sum[:nonceMACLen])
	base64.RawURLEncoding.Encode(text[n:], raw[:])
	return text
}

// nonceOffer returns what a nonce says was offered with it. Whether that is true
// shows when the nonce is checked.
func nonceOffer(nonce []byte) (o Offer, seconds uint32, ok bool) {
	var raw [nonceRawLen]byte
	if len(nonce) != nonceLen {
		return o, 0, false
	}
	switch string(nonce[:len(cookieNamed)]) {
	case cookieNamed:
	case cookieAnonymous:
		o.Anonymity = true
	default:
		return o, 0, false
	}
	if n, err := base64.RawURLEncoding.Decode(raw[:], nonce[len(cookieNamed):]); err != nil || n != nonceRawLen {
		return o, 0, false
	}
	first := uint32(raw[0])<<16 | uint32(raw[1])<<8 | uint32(raw[2])
	o.SHA256 = first&nonceSHA256 != 0
	return o, first & nonceTimeMask, true
}

// nonceGood says whether a request carries a nonce that this server gave to this
// client, and that holds still.
func (e *Engine) nonceGood(r *request) bool {
	offer, seconds, ok := nonceOffer(r.attrs.nonce)
	if !ok {
		return false
	}
	now := uint32(time.Duration(r.now) / time.Second)
	ahead := (seconds - now) & nonceTimeMask
	if ahead > uint32(nonceLifetimeMax/time.Second) {
		return false // it has ended
	}
	ends := now + ahead
	want := e.nonceEnding(&r.client, ends, offer)
	return subtle.ConstantTimeCompare(want[:], r.attrs.nonce) == 1 &&
		r.now < mono.Time(time.Duration(ends)*time.Second)
}
