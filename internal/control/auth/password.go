package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
)

// Password is what is kept of a room's password: a salted hash, so that a dump of
// the memory does not show the word. It is a fast one on purpose. It never leaves
// the process, and a slow hash would let a flood of guesses burn the CPU; what
// keeps people from guessing is [Tries].
type Password struct {
	salt [16]byte
	sum  [sha256.Size]byte
}

// NewPassword returns what is kept of a password.
func NewPassword(password string) *Password {
	p := new(Password)
	rand.Read(p.salt[:])
	p.sum = p.hash(password)
	return p
}

// Is says whether this is the password.
func (p *Password) Is(guess string) bool {
	sum := p.hash(guess)
	return hmac.Equal(sum[:], p.sum[:])
}

func (p *Password) hash(password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.salt[:])
	mac.Write([]byte(password))
	mac.Sum(sum[:0])
	return sum
}
