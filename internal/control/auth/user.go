package auth

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
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

// account is a [User] with the keys that follow from it.
type account struct {
	name        string
	md5, sha256 []byte // nil: cannot be derived
}

func (s *snapshot) addUser(u User, realm string) error {
	if s.names[u.Name] != nil {
		return fmt.Errorf("the user %q is there twice", u.Name)
	}
	a := &account{name: u.Name}
	switch len(u.Key) {
	case 0:
		a.md5, a.sha256 = Key(false, u.Name, realm, u.Password), Key(true, u.Name, realm, u.Password)
	case md5.Size:
		a.md5, s.sha256 = u.Key, false
	case sha256.Size:
		a.sha256, s.md5 = u.Key, false
	default:
		return fmt.Errorf("the key of %q has %d bytes, want %d or %d", u.Name, len(u.Key), md5.Size, sha256.Size)
	}
	s.names[u.Name] = a
	s.hashes[sha256.Sum256([]byte(u.Name+":"+realm))] = a
	return nil
}

// credential is what a claim of this account is proven with; a nil account has
// none.
func (a *account) credential(claim *Claim) Credential {
	if a == nil || claim.Try > 0 {
		return Credential{}
	}
	key := a.md5
	if claim.SHA256 {
		key = a.sha256
	}
	return Credential{Found: key != nil, Key: key, User: a.name}
}
