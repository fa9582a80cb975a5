// Package auth makes and checks what people show to get somewhere: invites into a
// room, the password of a room, and what clients of the TURN server prove
// themselves with. That can be three things, side by side:
//
//	rest.go    credentials for a while, made with a shared secret (TURN REST)
//	user.go    users with a name and a password, or the hash of it
//	token.go   access tokens of another server (RFC 7635)
package auth

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"time"
)

// Set is who may use the TURN server.
type Set struct {
	Realm   string
	Secrets []string // of the TURN REST scheme; the first one is minted with
	Users   []User
	Tokens  []TokenKey
	// TokensFor is the name of this server that access tokens are made for; empty
	// means the realm.
	TokensFor string
	// Strict ends an allocation with the credential of the TURN REST scheme that it
	// was made by. Else it may be refreshed for as long as the client wants.
	Strict bool
}

// secretsMax bounds the work that a request with a made-up name causes.
const secretsMax = 16

// Credentials checks what clients of the TURN server show, and mints credentials
// for a while. It may be used by several goroutines at once, and takes no lock.
type Credentials struct {
	life    time.Duration
	current atomic.Pointer[snapshot]
}

// snapshot is a [Set] prepared for use. It never changes.
type snapshot struct {
	secrets   []secret
	names     map[string]*account
	hashes    map[[sha256.Size]byte]*account
	tokens    map[string]*tokenKey
	tokensFor string
	strict    bool
	sha256    bool // keys can be derived by SHA-256 for all users
	md5       bool // the same for MD5
}

// New returns Credentials of the TURN REST scheme that mint with the first secret
// and accept all. Without any secret it chooses one at random, which ends with the
// process. life is how long a minted credential holds.
func New(secrets []string, life time.Duration) *Credentials {
	if len(secrets) == 0 {
		secrets = []string{rand.Text()}
	}
	c := &Credentials{life: life}
	s := &snapshot{sha256: true, md5: true}
	for _, text := range secrets {
		s.secrets = append(s.secrets, newSecret([]byte(text)))
	}
	c.current.Store(s)
	return c
}

// Replace puts another set into force, for everything that comes from now on. Its
// error is one sentence; then nothing changes. It names users, but no passwords.
func (c *Credentials) Replace(set Set) error {
	s := &snapshot{
		names: make(map[string]*account, len(set.Users)), hashes: make(map[[sha256.Size]byte]*account, len(set.Users)),
		tokens: make(map[string]*tokenKey, len(set.Tokens)), tokensFor: set.TokensFor, strict: set.Strict, sha256: true, md5: true,
	}
	if s.tokensFor == "" {
		s.tokensFor = set.Realm
	}
	if len(set.Secrets) > secretsMax {
		return fmt.Errorf("there are %d secrets; at most %d can be in use at once", len(set.Secrets), secretsMax)
	}
	for _, text := range set.Secrets {
		s.secrets = append(s.secrets, newSecret([]byte(text)))
	}
	for _, u := range set.Users {
		if err := s.addUser(u, set.Realm); err != nil {
			return err
		}
	}
	if !s.sha256 && !s.md5 {
		return fmt.Errorf("some users have a key for MD5 only and others one for SHA-256 only; clients cannot be told which to use")
	}
	for _, k := range set.Tokens {
		if err := s.addToken(k); err != nil {
			return err
		}
	}
	c.current.Store(s)
	return nil
}

// Life returns how long a minted credential holds.
func (c *Credentials) Life() time.Duration { return c.life }

// SHA256 says whether the key of every user can be derived by SHA-256.
func (c *Credentials) SHA256() bool { return c.current.Load().sha256 }

// Listed says whether all users are known by name beforehand, so that each can be
// found by its hash.
func (c *Credentials) Listed() bool {
	s := c.current.Load()
	return len(s.names) > 0 && len(s.secrets) == 0 && len(s.tokens) == 0
}

// TokensFor returns the name that access tokens are to be made for; empty if none
// are accepted.
func (c *Credentials) TokensFor() string {
	s := c.current.Load()
	if len(s.tokens) == 0 {
		return ""
	}
	return s.tokensFor
}

// Claim is what a client says about itself. The slices are not kept.
type Claim struct {
	Username []byte
	Userhash []byte // instead of Username: SHA-256(username ":" realm)
	Token    []byte // an access token; Username then names the key it is sealed with
	Realm    string
	SHA256   bool // the key is to be derived by SHA-256 instead of MD5
	Refresh  bool // for something that exists already
	Try      int  // which key to return, where several may fit
}

// Credential is what is known about a claim.
type Credential struct {
	Found bool
	Key   []byte // of the messages; not to be changed
	User  string // who it is; empty: whom Username names
	Left  time.Duration
	More  bool // another key may fit: Try + 1
}

// Find returns the key that belongs to a claim. It is not Found for names that
// mean nobody, and for credentials that have expired; with Refresh their age does
// not count, unless [Set.Strict] is set. Left is how long they hold; 0 is for as
// long as one likes.
func (c *Credentials) Find(claim *Claim) Credential {
	s := c.current.Load()
	switch {
	case claim.Token != nil:
		return s.findToken(claim)
	case claim.Userhash != nil:
		if len(claim.Userhash) != sha256.Size {
			return Credential{}
		}
		return s.hashes[[sha256.Size]byte(claim.Userhash)].credential(claim)
	}
	if a := s.names[string(claim.Username)]; a != nil {
		return a.credential(claim)
	}
	return s.findREST(claim)
}

// Key derives the key of a long-term credential: SHA-256 or MD5 over username ":"
// realm ":" password (RFC 8489, section 18.5.1).
func Key(bySHA256 bool, username, realm, password string) []byte {
	text := []byte(username + ":" + realm + ":" + password)
	if bySHA256 {
		sum := sha256.Sum256(text)
		return sum[:]
	}
	sum := md5.Sum(text)
	return sum[:]
}
