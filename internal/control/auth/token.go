package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// TokenKey is a long-term key shared with a server that makes access tokens (RFC
// 7635, section 4.1).
type TokenKey struct {
	ID      string // kid: what clients send as USERNAME
	Key     []byte // of 16 bytes (AEAD_AES_128_GCM) or 32 (AEAD_AES_256_GCM)
	Expires time.Time
}

// ParseTokenKey reads "kid:BASE64" or "kid:BASE64:EXPIRY", with a time as in RFC
// 3339. Its error is one sentence, which does not show the key.
func ParseTokenKey(s string) (TokenKey, error) {
	id, rest, found := strings.Cut(s, ":")
	text, expires, expiring := strings.Cut(rest, ":")
	if !found || id == "" || len(id) > usernameBytesMax || !printable([]byte(id)) {
		return TokenKey{}, errors.New("want kid:key, with the key in base64")
	}
	k := TokenKey{ID: id}
	var err error
	if k.Key, err = base64.StdEncoding.DecodeString(text); err != nil || len(k.Key) != 16 && len(k.Key) != 32 {
		return TokenKey{}, fmt.Errorf("the key %q is not base64 of 16 or 32 bytes", id)
	}
	if expiring {
		if k.Expires, err = time.Parse(time.RFC3339, expires); err != nil {
			return TokenKey{}, fmt.Errorf("the key %q expires at %q, want a time such as 2030-01-31T12:00:00Z", id, expires)
		}
	}
	return k, nil
}

type tokenKey struct {
	aead    cipher.AEAD
	expires time.Time // the zero Time: never
}

func (s *snapshot) addToken(k TokenKey) error {
	if k.ID == "" || s.tokens[k.ID] != nil {
		return fmt.Errorf("the token key %q has no name, or is there twice", k.ID)
	}
	if len(k.Key) != 16 && len(k.Key) != 32 {
		return fmt.Errorf("the token key %q has %d bytes, want 16 or 32", k.ID, len(k.Key))
	}
	block, err := aes.NewCipher(k.Key)
	if err != nil {
		return fmt.Errorf("token key %q: %w", k.ID, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return fmt.Errorf("token key %q: %w", k.ID, err)
	}
	s.tokens[k.ID] = &tokenKey{aead, k.Expires}
	return nil
}

// A token is the nonce of the encryption, with its length before it, and what was
// encrypted: the key for the messages with its length before it, when the token was
// made (48 bits of seconds since 1970 and 16 bits of 1/64000 s), and for how many
// seconds it holds (RFC 7635, section 6.2).
const (
	tokenNonceLen  = 12
	tokenKeyMin    = 16
	tokenKeyMax    = 32
	tokenTimesLen  = 8 + 4
	tokenUserBytes = 6

	// tokenDelta is how far the clocks of the two servers may be apart (RFC 7635,
	// section 9). https://www.rfc-editor.org/rfc/rfc7635#section-9
	tokenDelta = 5 * time.Second
)

func (s *snapshot) findToken(claim *Claim) Credential {
	k := s.tokens[string(claim.Username)]
	if k == nil {
		return Credential{}
	}
	key, made, life, ok := k.open(claim.Token, s.tokensFor)
	if !ok {
		return Credential{}
	}
	// RFC 7635, section 7: a token is fresh while its lifetime and Delta are more
	// than the time between its timestamp and now, whichever comes first.
	// https://www.rfc-editor.org/rfc/rfc7635#section-7
	now := time.Now()
	left := life + tokenDelta - now.Sub(made).Abs()
	if !k.expires.IsZero() {
		left = min(left, k.expires.Sub(now))
	}
	if left <= 0 {
		return Credential{}
	}
	sum := sha256.Sum256(key)
	// The whole key is right, but coturn and its clients take the first 16 bytes.
	if claim.Try > 0 {
		key = key[:tokenKeyMin]
	}
	return Credential{
		Found: claim.Try < 2, Key: key, Left: left, More: claim.Try == 0 && len(key) > tokenKeyMin,
		// A token does not say for whom it was made, but it is one of a kind.
		User: string(claim.Username) + "." + hex.EncodeToString(sum[:tokenUserBytes]),
	}
}

// open decrypts a token that was made for the server called name.
//
// RFC 7635, section 6.2: the associated data is the name of the STUN server, so that
// a token is good for that one only.
// https://www.rfc-editor.org/rfc/rfc7635#section-6.2
func (k *tokenKey) open(token []byte, name string) (key []byte, made time.Time, life time.Duration, ok bool) {
	if len(token) < 2+tokenNonceLen || binary.BigEndian.Uint16(token) != tokenNonceLen {
		return nil, made, 0, false
	}
	nonce, sealed := token[2:2+tokenNonceLen], token[2+tokenNonceLen:]
	plain, err := k.aead.Open(nil, nonce, sealed, []byte(name))
	if err != nil || len(plain) < 2+tokenTimesLen {
		return nil, made, 0, false
	}
	n := int(binary.BigEndian.Uint16(plain))
	if n < tokenKeyMin || n > tokenKeyMax || len(plain) != 2+n+tokenTimesLen {
		return nil, made, 0, false
	}
	key, times := plain[2:2+n], plain[2+n:]
	stamp := binary.BigEndian.Uint64(times)
	made = time.Unix(int64(stamp>>16), int64(stamp&0xffff)*int64(time.Second)/64000)
	life = time.Duration(binary.BigEndian.Uint32(times[8:])) * time.Second
	return key, made, life, true
}
