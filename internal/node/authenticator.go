package node

import (
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// authenticator lets the TURN engines ask who is who.
type authenticator struct{ credentials *auth.Credentials }

// Offer implements [turn.Authenticator].
func (a authenticator) Offer() turn.Offer {
	c := a.credentials
	return turn.Offer{SHA256: c.SHA256(), Anonymity: c.Listed(), TokensFor: c.TokensFor()}
}

// Find implements [turn.Authenticator]. The engines' clock is not used: credentials
// expire at a date.
func (a authenticator) Find(_ mono.Time, q *turn.Query) turn.Answer {
	found := a.credentials.Find(&auth.Claim{
		Username: q.Username, Userhash: q.Userhash, Token: q.Token, Realm: q.Realm,
		SHA256: q.Algorithm == stun.PasswordSHA256, Refresh: q.Refresh, Try: q.Try,
	})
	key, ok := stun.NewKey(found.Key)
	return turn.Answer{Found: found.Found && ok, Key: key, User: found.User, Left: found.Left, More: found.More}
}
