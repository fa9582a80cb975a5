package auth

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The TURN REST scheme, which coturn and others know, too:
//
//	username   expiry, or expiry ":" anything
//	password   base64(HMAC-SHA1(secret, username))
//
// expiry is the Unix time in seconds from which on the credential is refused. What
// is minted here ends in "." and a short name of the secret, which then is the
// first one that is tried. Others that have the secret need not know that.
const (
	usernameBytesMax = 508 // RFC 8489, section 14.3
	expiryDigitsMax  = 12
	keyIDChars       = 4
)

type secret struct {
	id  string
	key []byte
}

func newSecret(key []byte) secret {
	sum := sha256.Sum256(append([]byte("parley turn key\n"), key...))
	return secret{id: base64.RawURLEncoding.EncodeToString(sum[:])[:keyIDChars], key: key}
}

// Mint returns a credential for a session, whose name consists of A-Z a-z 0-9 - _.
// There must be a secret.
func (c *Credentials) Mint(session string) (username, password string) {
	s := c.current.Load().secrets[0]
	expiry := time.Now().Add(c.life).Unix()
	username = strconv.FormatInt(expiry, 10) + ":" + session + "." + s.id
	return username, s.password(username)
}

func (s secret) password(username string) string {
	mac := hmac.New(sha1.New, s.key)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *snapshot) findREST(claim *Claim) Credential {
	if claim.Try >= len(s.secrets) {
		return Credential{}
	}
	expiry, hint, ok := parseUsername(claim.Username)
	now := time.Now()
	end := time.Unix(expiry, 0)
	if !ok || (s.strict || !claim.Refresh) && !end.After(now) {
		return Credential{}
	}
	name := string(claim.Username)
	found := Credential{
		Found: true, More: claim.Try+1 < len(s.secrets),
		Key: Key(claim.SHA256, name, claim.Realm, s.inTurn(hint, claim.Try).password(name)),
	}
	if s.strict {
		found.Left = end.Sub(now)
	}
	return found
}

// inTurn returns the secrets one after another, the one that the hint names first.
func (s *snapshot) inTurn(hint string, try int) secret {
	for i := range s.secrets {
		if s.secrets[i].id != hint {
			continue
		}
		switch {
		case try == 0:
			return s.secrets[i]
		case try <= i:
			return s.secrets[try-1]
		}
		break
	}
	return s.secrets[try]
}

// parseUsername takes a username apart. hint is what may be the short name of a
// secret.
func parseUsername(username []byte) (expiry int64, hint string, ok bool) {
	if len(username) > usernameBytesMax || !printable(username) {
		return 0, "", false
	}
	digits, user, _ := strings.Cut(string(username), ":")
	if digits == "" || len(digits) > expiryDigitsMax || digits[0] == '0' {
		return 0, "", false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, "", false
		}
	}
	expiry, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, "", false
	}
	return expiry, user[strings.LastIndexByte(user, '.')+1:], true
}

// printable says whether a name can be shown as it is: names come from clients, and
// end up in logs.
func printable(name []byte) bool {
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			return false
		}
		name = name[n:]
	}
	return true
}
