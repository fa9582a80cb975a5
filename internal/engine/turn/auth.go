package turn

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// usernameMax is the longest USERNAME, in bytes (RFC 8489, section 14.3).
const usernameMax = 508

// authenticate proves the request by the long-term credential mechanism and
// answers it if that fails. RFC 8489, section 9.2.4: the server "performs the
// checks listed below in the order specified".
// https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4
func (e *Engine) authenticate(r *request) bool {
	switch {
	case !r.msg.HasIntegrity():
		e.challenge(r, stun.CodeUnauthenticated)
	case !r.attrs.has(seenUsername | seenRealm | seenNonce):
		e.refuse(r, stun.CodeBadRequest)
	case !e.credentialGood(r):
		e.noteFailure(r)
		e.challenge(r, stun.CodeUnauthenticated)
	case !e.nonceGood(r):
		e.challenge(r, stun.CodeStaleNonce)
	default:
		r.proven = true
	}
	return r.proven
}

// credentialGood finds the key of the user and checks MESSAGE-INTEGRITY with it.
func (e *Engine) credentialGood(r *request) bool {
	if string(r.attrs.realm) != e.cfg.Realm || len(r.attrs.username) > usernameMax {
		return false
	}
	key, ok := e.cfg.Auth.Key(r.now, r.attrs.username, r.attrs.realm, r.alloc != nil)
	r.key = key
	return ok && e.hasher.CheckIntegrity(&r.msg, r.key[:])
}

// nonceCookie says that this server knows RFC 8489: "If no security features are
// used, then a byte array with all 24 bits set to zero MUST be encoded".
// https://www.rfc-editor.org/rfc/rfc8489#section-9.2
const nonceCookie = "obMatJos2AAAA"

// After the cookie, a nonce is the base64url of when it ends (seconds on the
// monotonic clock, 4 bytes) and of the first 7 bytes of a MAC over that and the
// client's address. That makes 28 bytes, which need no padding.
const (
	nonceMACLen = 7
	nonceRawLen = 4 + nonceMACLen
	nonceLen    = len(nonceCookie) + (nonceRawLen*8+5)/6
)

func (e *Engine) nonce(c *Client, now mono.Time) [nonceLen]byte {
	ends := time.Duration(now.Add(e.cfg.NonceLifetime)) / time.Second
	return e.nonceEnding(c, uint32(ends))
}

func (e *Engine) nonceEnding(c *Client, ends uint32) (text [nonceLen]byte) {
	var input [len(e.cfg.Secret) + 4 + 16 + 2 + 1]byte
	ip := c.Remote.Addr().As16()
	b := append(input[:0], e.cfg.Secret[:]...)
	b = binary.BigEndian.AppendUint32(b, ends)
	b = append(b, ip[:]...)
	b = binary.BigEndian.AppendUint16(b, c.Remote.Port())
	b = append(b, byte(c.Transport))
	sum := sha256.Sum256(b)

	var raw [nonceRawLen]byte
	binary.BigEndian.PutUint32(raw[:], ends)
	copy(raw[4:], sum[:nonceMACLen])
	n := copy(text[:], nonceCookie)
	base64.RawURLEncoding.Encode(text[n:], raw[:])
	return text
}

func (e *Engine) nonceGood(r *request) bool {
	if len(r.attrs.nonce) != nonceLen {
		return false
	}
	var raw [nonceRawLen]byte
	n, err := base64.RawURLEncoding.Decode(raw[:], r.attrs.nonce[len(nonceCookie):])
	if err != nil || n != nonceRawLen {
		return false
	}
	ends := binary.BigEndian.Uint32(raw[:])
	want := e.nonceEnding(&r.client, ends)
	return subtle.ConstantTimeCompare(want[:], r.attrs.nonce) == 1 &&
		r.now < mono.Time(time.Duration(ends)*time.Second)
}
