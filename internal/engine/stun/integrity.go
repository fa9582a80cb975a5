package stun

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
)

const hashBlockLen = 64 // of SHA-1 and SHA-256

// Hasher computes MESSAGE-INTEGRITY. It keeps the scratch memory, so that
// nothing is allocated per message; it is not for concurrent use.
type Hasher struct {
	sha1, sha256 hash.Hash
	pad          [hashBlockLen]byte
	header       [HeaderLen]byte
	sum          [sha256.Size]byte
}

// NewHasher returns a Hasher.
func NewHasher() *Hasher { return &Hasher{sha1: sha1.New(), sha256: sha256.New()} }

// CheckIntegrity says whether MESSAGE-INTEGRITY is there and right for key, in
// constant time with respect to the sum.
func (h *Hasher) CheckIntegrity(m *Message, key []byte) bool {
	if m.integrity == 0 {
		return false
	}
	return h.check(h.sha1, m.raw, m.integrity, IntegrityLen, key)
}

// CheckIntegritySHA256 does the same for MESSAGE-INTEGRITY-SHA256. least is how
// short it may be.
//
// RFC 8489, section 14.6: "The value must be the full 32 bytes unless the STUN
// Usage explicitly specifies that truncation is allowed. STUN Usages may specify a
// minimum length longer than 16 bytes."
// https://www.rfc-editor.org/rfc/rfc8489#section-14.6
func (h *Hasher) CheckIntegritySHA256(m *Message, key []byte, least int) bool {
	if m.integrity256 == 0 {
		return false
	}
	n := int(binary.BigEndian.Uint16(m.raw[m.integrity256+2:]))
	return n >= least && h.check(h.sha256, m.raw, m.integrity256, n, key)
}

func (h *Hasher) check(fn hash.Hash, raw []byte, off, n int, key []byte) bool {
	sum := h.mac(fn, raw[:off], n, key)
	got := raw[off+AttrHeaderLen : off+AttrHeaderLen+n]
	return subtle.ConstantTimeCompare(sum[:n], got) == 1
}

// mac returns HMAC(key, msg) where the length in msg's header counts up to the
// end of the integrity attribute of n bytes that follows msg.
//
// RFC 8489, section 14.5: "the Length field of the STUN message header is
// adjusted to point to the end of the MESSAGE-INTEGRITY".
// https://www.rfc-editor.org/rfc/rfc8489#section-14.5
func (h *Hasher) mac(fn hash.Hash, msg []byte, n int, key []byte) []byte {
	if len(key) > hashBlockLen {
		fn.Reset()
		fn.Write(key)
		key = fn.Sum(h.sum[:0])
	}
	h.innerPad(key)
	copy(h.header[:], msg)
	binary.BigEndian.PutUint16(h.header[2:], uint16(len(msg)-HeaderLen+AttrHeaderLen+n))
	fn.Reset()
	fn.Write(h.pad[:])
	fn.Write(h.header[:])
	fn.Write(msg[HeaderLen:])
	h.outerPad()
	inner := fn.Sum(h.sum[:0])
	fn.Reset()
	fn.Write(h.pad[:])
	fn.Write(inner)
	return fn.Sum(h.sum[:0])
}

// The two pads of HMAC (RFC 2104, section 2).
const (
	ipad = 0x36
	opad = 0x5c
)

func (h *Hasher) innerPad(key []byte) {
	clear(h.pad[:])
	copy(h.pad[:], key)
	for i := range h.pad {
		h.pad[i] ^= ipad
	}
}

func (h *Hasher) outerPad() {
	for i := range h.pad {
		h.pad[i] ^= ipad ^ opad
	}
}
