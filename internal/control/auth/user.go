package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/secure/precis"
)

// User is somebody with a name and a password, or with the key that follows from
// them and the realm.
type User struct {
	Name     string
	Password string // or
	Key      []byte // of 16 bytes (MD5) or 32 (SHA-256)
}

// ParseUser reads "name:password", "name:0xKEY" with 32 hexadecimal digits, the MD5
// of name:realm:password, or "name:0xKEY" with 64, the SHA-256 of the same. Its
// error is one sentence, which does not show the password.
func ParseUser(s string) (User, error) {
	name, password, found := strings.Cut(s, ":")
	switch {
	case !found || name == "":
		return User{}, errors.New("want name:password")
	case password == "":
		return User{}, fmt.Errorf("%q has no password; want name:password", name)
	case len(name) > usernameBytesMax || !printable([]byte(name)):
		return User{}, fmt.Errorf("the name %.40q is too long or cannot be printed", name)
	}
	digits, isKey := strings.CutPrefix(password, "0x")
	if !isKey {
		return User{Name: name, Password: password}, nil
	}
	key, err := hex.DecodeString(digits)
	if err != nil || len(key) != md5.Size && len(key) != sha256.Size {
		return User{}, fmt.Errorf("%q: what begins with 0x is a key, of 32 hexadecimal digits (MD5) or 64 (SHA-256)", name)
	}
	return User{Name: name, Key: key}, nil
}

// account is a [User] with the keys that follow from it, under one way to write the
// name.
type account struct {
	name string // as configured
	keys []keyPair
}

// keyPair is the keys by one way to write the password.
type keyPair struct{ md5, sha256 []byte } // nil: cannot be derived

// spellings are the ways to write a text in which clients may send it: as the
// OpaqueString profile has it, and as it is.
//
// RFC 8489, section 14.3: USERNAME "MUST have been processed using the OpaqueString
// profile [RFC8265]", and section 9.2.2 wants the same of passwords. Clients of RFC
// 5389 do otherwise, and most do nothing.
// https://www.rfc-editor.org/rfc/rfc8489#section-9.2.2
func spellings(text string) []string {
	profiled, err := precis.OpaqueString.String(text)
	if err != nil || profiled == text {
		return []string{text}
	}
	return []string{profiled, text}
}

func (s *snapshot) addUser(u User, realm string) error {
	var keys []keyPair
	switch len(u.Key) {
	case 0:
		if u.Password == "" {
			return fmt.Errorf("%q has no password", u.Name)
		}
	case md5.Size:
		keys, s.sha256 = []keyPair{{md5: u.Key}}, false
	case sha256.Size:
		keys, s.md5 = []keyPair{{sha256: u.Key}}, false
	default:
		return fmt.Errorf("the key of %q has %d bytes, want %d or %d", u.Name, len(u.Key), md5.Size, sha256.Size)
	}
	for _, name := range spellings(u.Name) {
		if s.names[name] != nil {
			return fmt.Errorf("the user %q is there twice", u.Name)
		}
		a := &account{name: u.Name, keys: keys}
		if keys == nil {
			for _, password := range spellings(u.Password) {
				a.keys = append(a.keys, keyPair{Key(false, name, realm, password), Key(true, name, realm, password)})
			}
		}
		s.names[name] = a
		s.hashes[sha256.Sum256([]byte(name+":"+realm))] = a
	}
	return nil
}

// credential is what a claim of this account is proven with; a nil account has
// none.
func (a *account) credential(claim *Claim) Credential {
	if a == nil || claim.Try >= len(a.keys) {
		return Credential{}
	}
	key := a.keys[claim.Try].md5
	if claim.SHA256 {
		key = a.keys[claim.Try].sha256
	}
	return Credential{Found: key != nil, Key: key, User: a.name, More: claim.Try+1 < len(a.keys)}
}
