package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-rtc/parley/internal/invariant"
)

// Invites makes and checks the tokens that let people into a room which is not
// open to everybody: JWTs (RFC 7519) signed with HS256. It may be used by several
// goroutines at once.
type Invites struct {
	key    []byte
	parser *jwt.Parser
}

type inviteClaims struct {
	Room string `json:"room"`
	jwt.RegisteredClaims
}

// NewInvites returns Invites whose key follows from a secret. Without one it
// chooses one at random, so that its invites end with the process.
func NewInvites(secret string) *Invites {
	random := []byte(secret)
	if secret == "" {
		random = make([]byte, 32)
		rand.Read(random)
	}
	mac := hmac.New(sha256.New, random)
	mac.Write([]byte("parley invite key"))
	return &Invites{
		key: mac.Sum(nil),
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithExpirationRequired(),
			jwt.WithStrictDecoding(),
		),
	}
}

// Make returns an invite into a room and when it expires.
func (i *Invites) Make(room string, life time.Duration) (invite string, expires time.Time) {
	expires = time.Now().Add(life).Truncate(time.Second)
	claims := inviteClaims{Room: room, RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(expires)}}
	invite, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(i.key)
	invariant.Check(err == nil, "an invite cannot be signed")
	return invite, expires
}

// Valid says whether an invite was made here for this room and holds still.
func (i *Invites) Valid(room, invite string) bool {
	var claims inviteClaims
	_, err := i.parser.ParseWithClaims(invite, &claims, func(*jwt.Token) (any, error) { return i.key, nil })
	return err == nil && claims.Room == room
}
