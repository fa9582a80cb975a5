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

// usernameMax: RFC 8489, section 14.3, "The value of USERNAME is a variable-length
// value containing ... fewer than 509 bytes".
const usernameMax = 508

// authenticate proves the request by the long-term credential mechanism and
// answers it if that fails.
// https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4
func (e *Engine) authenticate(r *request) bool {
	if !r.msg.HasIntegrity() {
		e.challenge(r, stun.CodeUnauthenticated)
		return false
	}
	if !r.attrs.has(seenUsername | seenRealm | seenNonce) {
		e.refuse(r, stun.CodeBadRequest)
		return false
	}
	// The nonce first: it is cheap to check, and proves that the client can be
	// reached at its address before anything is looked up for it.
	if !e.nonceGood(r) {
		e.challenge(r, stun.CodeStaleNonce)
		return false
	}
	key, ok := [16]byte{}, false
	if string(r.attrs.realm) == e.cfg.Realm && len(r.attrs.username) <= usernameMax {
		key, ok = e.cfg.Auth.Key(r.now, r.attrs.username, r.attrs.realm, r.alloc != nil)
	}
	r.key = key
	if !e.hasher.CheckIntegrity(&r.msg, r.key[:]) || !ok {
		e.challenge(r, stun.CodeUnauthenticated)
		return false
	}
	r.proven = true
	return true
}

// A nonce is the base64url of when it ends (seconds on the monotonic clock, 4
// bytes) and of the first 8 bytes of a MAC over that and the client's address.
const (
	nonceMACLen  = 8
	nonceRawLen  = 4 + nonceMACLen
	nonceTextLen = nonceRawLen / 3 * 4
)

func (e *Engine) nonce(c *Client, now mono.Time) [nonceTextLen]byte {
	ends := now.Add(e.cfg.NonceLifetime).Sub(0) / time.Second
	return e.nonceEnding(c, uint32(ends))
}

func (e *Engine) nonceEnding(c *Client, ends uint32) (text [nonceTextLen]byte) {
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
	base64.URLEncoding.Encode(text[:], raw[:])
	return text
}

func (e *Engine) nonceGood(r *request) bool {
	var raw [nonceRawLen]byte
	if len(r.attrs.nonce) != nonceTextLen {
		return false
	}
	if n, err := base64.URLEncoding.Decode(raw[:], r.attrs.nonce); err != nil || n != nonceRawLen {
		return false
	}
	ends := binary.BigEndian.Uint32(raw[:])
	want := e.nonceEnding(&r.client, ends)
	return subtle.ConstantTimeCompare(want[:], r.attrs.nonce) == 1 &&
		r.now < mono.Time(time.Duration(ends)*time.Second)
}
