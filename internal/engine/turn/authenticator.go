package turn

import (
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Authenticator knows the users. It must not block, and must not keep what it is
// given. All engines of a server use the same one at the same time.
type Authenticator interface {
	// Offer says what is told to a client that has yet to say who it is.
	Offer() Offer
	// Find looks for the key of a user.
	Find(now mono.Time, q *Query) Answer
}

// Offer is how clients may prove who they are, besides the ways of RFC 5389.
type Offer struct {
	// SHA256 says that keys can be derived by SHA-256 for every user, not only by
	// MD5 (PASSWORD-ALGORITHMS).
	SHA256 bool
	// Anonymity says that every user can be found by its hash (USERHASH). Clients
	// of RFC 8489 then do not tell their names any more.
	Anonymity bool
	// TokensFor is the name of this server, if it takes access tokens that were
	// made for that name (RFC 7635, THIRD-PARTY-AUTHORIZATION).
	TokensFor string
}

// Query asks for the key of a user. Username, Userhash and Token point into the
// message.
type Query struct {
	Username  []byte // nil where the client sent USERHASH instead
	Userhash  []byte // 32 bytes
	Token     []byte // ACCESS-TOKEN; Username then names the key that it is sealed with
	Realm     string
	Algorithm stun.PasswordAlgorithm
	Refresh   bool // the client has an allocation
	Try       int  // as many keys were found and did not fit
}

// Answer is what an [Authenticator] knows of a user.
type Answer struct {
	Found bool // false: there is no such user, or its credential has expired
	Key   stun.Key
	// User is the name for quotas and logs. Empty: the Username of the query.
	User string
	// Left bounds what the credential is good for: no allocation lives longer.
	// 0: there is no bound.
	Left time.Duration
	// More says that the user may have another key: if this one does not fit, ask
	// again with the next Try.
	More bool
	// Ask says that the user may be known elsewhere: the engine asks its owner, by
	// [Out.Lookups]. It does not count where a key was Found or there are More.
	Ask bool
}

// nobody is an Authenticator without users.
type nobody struct{}

func (nobody) Offer() Offer { return Offer{SHA256: true} }

func (nobody) Find(mono.Time, *Query) Answer { return Answer{} }
