package api

import (
	"crypto/sha256"
	"encoding/base64"
)

// PeerIDBytes is the length of a peer's id: 96 bits in base64url.
const PeerIDBytes = 16

// PeerID returns the id that whoever has the secret bears in the room. The
// server needs no memory to know a peer again, and the id tells nobody the
// secret.
func PeerID(room, secret string) string {
	sum := sha256.Sum256([]byte("parley peer\n" + room + "\n" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
