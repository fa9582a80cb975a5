// Package auth makes and checks what people show to get somewhere: invites into a
// room, the password of a room, and the short-lived credentials with which clients
// use the TURN server ("TURN REST" scheme):
//
//	username   expiry ":" session "." key
//	password   base64(HMAC-SHA1(secret, username))
//
// expiry is the Unix time in seconds from which on the credential is refused,
// session is the peer it was made for, and key names which of several secrets
// signed it, so that a secret can be changed without breaking calls. A username
// without key is checked against the first secret: other programs that share it
// can mint credentials, too.
package auth

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

const (
	usernameBytesMax = 128
	expiryDigitsMax  = 12
	keyIDChars       = 4
)

// Credentials mints and checks credentials. It may be used by several
// goroutines at once.
type Credentials struct {
	secrets []secret
	life    time.Duration
}

type secret struct {
	id  string
	key []byte
}

// New returns Credentials that mint with the first secret and accept all.
// Without any secret it chooses one at random, which ends with the process. life
// is how long a minted credential holds.
func New(secrets []string, life time.Duration) *Credentials {
	c := &Credentials{life: life}
	for _, s := range secrets {
		c.secrets = append(c.secrets, newSecret([]byte(s)))
	}
	if len(c.secrets) == 0 {
		key := make([]byte, 32)
		rand.Read(key)
		c.secrets = append(c.secrets, newSecret(key))
	}
	return c
}

func newSecret(key []byte) secret {
	sum := sha256.Sum256(append([]byte("parley turn key\n"), key...))
	return secret{id: base64.RawURLEncoding.EncodeToString(sum[:])[:keyIDChars], key: key}
}

// Life returns how long a minted credential holds.
func (c *Credentials) Life() time.Duration { return c.life }

// Mint returns a credential for a session, whose name consists of A-Z a-z 0-9 - _.
func (c *Credentials) Mint(session string) (username, password string) {
	expiry := time.Now().Add(c.life).Unix()
	username = strconv.FormatInt(expiry, 10) + ":" + session + "." + c.secrets[0].id
	return username, c.secrets[0].password([]byte(username))
}

// Key returns the long-term key of a user: MD5(username ":" realm ":" password)
// (RFC 8489, section 9.2.2). It is false for names that were not made by [Mint]
// or are too old; with refresh the age does not count. now is not used: expiry is
// a date, not a duration.
func (c *Credentials) Key(now mono.Time, username, realm []byte, refresh bool) (key [16]byte, ok bool) {
	expiry, keyID, ok := parseUsername(username)
	if !ok || !refresh && time.Now().Unix() >= expiry {
		return key, false
	}
	s, ok := c.find(keyID)
	if !ok {
		return key, false
	}
	h := md5.New()
	h.Write(username)
	h.Write([]byte{':'})
	h.Write(realm)
	h.Write([]byte{':'})
	h.Write([]byte(s.password(username)))
	h.Sum(key[:0])
	return key, true
}

func (c *Credentials) find(keyID string) (secret, bool) {
	if keyID == "" {
		return c.secrets[0], true
	}
	for _, s := range c.secrets {
		if s.id == keyID {
			return s, true
		}
	}
	return secret{}, false
}

func (s secret) password(username []byte) string {
	mac := hmac.New(sha1.New, s.key)
	mac.Write(username)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// parseUsername takes a username apart. It accepts one spelling only of each, so
// that no credential has two names.
func parseUsername(username []byte) (expiry int64, keyID string, ok bool) {
	if len(username) > usernameBytesMax {
		return 0, "", false
	}
	digits, user, found := strings.Cut(string(username), ":")
	if !found || user == "" || digits == "" || len(digits) > expiryDigitsMax || digits[0] == '0' {
		return 0, "", false
	}
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, "", false
		}
	}
	for i := 0; i < len(user); i++ {
		if user[i] <= ' ' || user[i] > '~' || user[i] == ':' {
			return 0, "", false
		}
	}
	expiry, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, "", false
	}
	if dot := strings.LastIndexByte(user, '.'); dot >= 0 {
		keyID = user[dot+1:]
		return expiry, keyID, dot > 0 && len(keyID) == keyIDChars
	}
	return expiry, "", true
}
