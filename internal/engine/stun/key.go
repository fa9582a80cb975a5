package stun

// PasswordAlgorithm derives the key of a long-term credential from its password
// (RFC 8489, section 18.5).
type PasswordAlgorithm uint16

// The algorithms of RFC 8489, section 18.5.1: MD5 or SHA-256 over username ":"
// realm ":" password, without parameters.
const (
	PasswordMD5    PasswordAlgorithm = 0x0001
	PasswordSHA256 PasswordAlgorithm = 0x0002
)

// KeyLenMax is the longest [Key], in bytes.
const KeyLenMax = 32

// Key is what MESSAGE-INTEGRITY is computed with. The zero Key is none. It is a
// value, so that it can be kept without allocating.
type Key struct {
	bytes [KeyLenMax]byte
	len   uint8
}

// NewKey returns the key of b; ok is false if b is empty or longer than
// [KeyLenMax].
func NewKey(b []byte) (k Key, ok bool) {
	if len(b) == 0 || len(b) > KeyLenMax {
		return Key{}, false
	}
	k.len = uint8(copy(k.bytes[:], b))
	return k, true
}

// Bytes returns the key; it points into k.
func (k *Key) Bytes() []byte { return k.bytes[:k.len] }

// UserhashLen is the length of USERHASH (RFC 8489, section 14.4).
const UserhashLen = 32
