package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	aes256 = []byte("01234567890123456789012345678901")
	aes128 = []byte("1234567890123456")
	macKey = []byte("a key of 20 bytes ..")
)

// seal makes a token as another server would.
func seal(t testing.TB, k TokenKey, server string, key []byte, made time.Time, life time.Duration) []byte {
	t.Helper()
	plain := binary.BigEndian.AppendUint16(nil, uint16(len(key)))
	plain = append(plain, key...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(made.Unix())<<16)
	plain = binary.BigEndian.AppendUint32(plain, uint32(life/time.Second))
	return sealed(t, k, server, plain)
}

func sealed(t testing.TB, k TokenKey, server string, plain []byte) []byte {
	t.Helper()
	s := snapshot{tokens: map[string]*tokenKey{}}
	if err := s.addToken(k); err != nil {
		t.Fatal(err)
	}
	nonce := []byte("twelve bytes")
	token := append([]byte{0, tokenNonceLen}, nonce...)
	return s.tokens[k.ID].aead.Seal(token, nonce, plain, []byte(server))
}

func showToken(c *Credentials, kid string, token []byte) Credential {
	return c.Find(&Claim{Username: []byte(kid), Token: token, Realm: realm})
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		north := TokenKey{ID: "north", Key: aes256}
		union := TokenKey{ID: "union", Key: aes128, Expires: time.Now().Add(30 * time.Minute)}
		c := replaced(t, Set{Tokens: []TokenKey{north, union}, TokensFor: "turn.example.org"})
		if c.TokensFor() != "turn.example.org" || c.Listed() {
			t.Errorf("tokens are for %q", c.TokensFor())
		}
		start := time.Now()
		token := seal(t, north, "turn.example.org", macKey, start, time.Hour)
		found := showToken(c, "north", token)
		if !found.Found || !bytes.Equal(found.Key, macKey) || found.Left != time.Hour+tokenDelta || !strings.HasPrefix(found.User, "north.") {
			t.Fatalf("a fresh token: %+v", found)
		}
		if again := showToken(c, "north", seal(t, north, "turn.example.org", macKey, start, time.Minute)); again.User != found.User {
			t.Error("the same client is two users")
		}
		short := c.Find(&Claim{Username: []byte("north"), Token: token, Realm: realm, Try: 1})
		if !found.More || short.More || !short.Found || !bytes.Equal(short.Key, macKey[:16]) || short.User != found.User {
			t.Errorf("the first half of the key, as coturn takes it: %+v", short)
		}
		if c.Find(&Claim{Username: []byte("north"), Token: token, Realm: realm, Try: 2}).Found {
			t.Error("there is a third key")
		}
		if other := showToken(c, "north", seal(t, north, "turn.example.org", bytes.Repeat([]byte{1}, 20), start, time.Minute)); other.User == found.User {
			t.Error("two clients are one user")
		}
		if u := showToken(c, "union", seal(t, union, "turn.example.org", macKey, start, time.Hour)); u.Left != 30*time.Minute {
			t.Errorf("the key expires in 30 minutes, the token holds for %v", u.Left)
		}
		time.Sleep(time.Hour + tokenDelta - time.Second)
		if found := showToken(c, "north", token); !found.Found || found.Left != time.Second {
			t.Errorf("a second before its end: %+v", found)
		}
		if showToken(c, "union", seal(t, union, "turn.example.org", macKey, time.Now(), time.Hour)).Found {
			t.Error("a token of an expired key is accepted")
		}
		time.Sleep(time.Second)
		if showToken(c, "north", token).Found {
			t.Error("an expired token is accepted")
		}
		if showToken(c, "north", seal(t, north, "turn.example.org", macKey, time.Now().Add(time.Hour), time.Minute)).Found {
			t.Error("a token from the future is accepted")
		}
	})
}

// TestForgedTokens are what an attacker could make who knows everything but the keys.
func TestForgedTokens(t *testing.T) {
	north, union := TokenKey{ID: "north", Key: aes256}, TokenKey{ID: "union", Key: aes128}
	c := replaced(t, Set{Tokens: []TokenKey{north, union}})
	now := time.Now()
	good := seal(t, north, realm, macKey, now, time.Hour)
	if !showToken(c, "north", good).Found {
		t.Fatal("the good token is refused")
	}
	times := make([]byte, tokenTimesLen)
	binary.BigEndian.PutUint64(times, uint64(now.Unix())<<16)
	binary.BigEndian.PutUint32(times[8:], 3600)
	lying := func(n byte, rest ...[]byte) []byte {
		return sealed(t, north, realm, append([]byte{0, n}, bytes.Join(rest, nil)...))
	}
	for name, token := range map[string][]byte{
		"empty":                   {},
		"nothing but a length":    {0, 12},
		"a nonce only":            good[:14],
		"cut":                     good[:len(good)-1],
		"something behind it":     append(bytes.Clone(good), 0),
		"a nonce of 13 bytes":     append([]byte{0, 13}, good[2:]...),
		"a huge nonce":            append([]byte{0xff, 0xff}, good[2:]...),
		"for another server":      seal(t, north, "elsewhere", macKey, now, time.Hour),
		"of another key":          seal(t, TokenKey{ID: "north", Key: bytes.Repeat([]byte{1}, 32)}, realm, macKey, now, time.Hour),
		"a key of 8 bytes":        lying(8, make([]byte, 8), times),
		"a key of 64 bytes":       lying(64, make([]byte, 64), times),
		"a key that is not there": lying(20, times),
		"a longer plaintext":      lying(20, macKey, times, []byte{0}),
		"an empty plaintext":      sealed(t, north, realm, nil),
	} {
		if showToken(c, "north", token).Found {
			t.Errorf("%s: accepted", name)
		}
	}
	if showToken(c, "union", good).Found || showToken(c, "", good).Found || showToken(c, "nobody", good).Found {
		t.Error("the token of one key opens with another")
	}
	for i := range len(good) * 8 {
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if showToken(c, "north", bad).Found {
			t.Errorf("bit %d is of no importance", i)
		}
	}
	if knows(c, "north", true) {
		t.Error("the name of a key is enough")
	}
}

func TestParseTokenKey(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(aes256)
	if k, err := ParseTokenKey("north:" + text); err != nil || k.ID != "north" || !bytes.Equal(k.Key, aes256) || !k.Expires.IsZero() {
		t.Errorf("%+v, %v", k, err)
	}
	if k, err := ParseTokenKey("north:" + text + ":2030-01-31T12:00:00Z"); err != nil || k.Expires.Year() != 2030 {
		t.Errorf("%+v, %v", k, err)
	}
	for _, bad := range []string{"", "north", ":" + text, "north:", "north:" + text[:20], "north:***", "north:" + text + ":soon", "a\x00:" + text} {
		if k, err := ParseTokenKey(bad); err == nil || strings.Contains(err.Error(), text[:8]) {
			t.Errorf("%q: %+v, %v", bad, k, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	north := TokenKey{ID: "north", Key: aes256}
	good := seal(f, north, realm, macKey, time.Now(), time.Hour)
	f.Add(good)
	f.Add(good[:20])
	c := replaced(f, Set{Tokens: []TokenKey{north}})
	f.Fuzz(func(t *testing.T, token []byte) {
		if showToken(c, "north", token).Found && !bytes.Equal(token, good) {
			t.Errorf("accepted %x", token)
		}
	})
}

// FuzzTokenInside: whoever has the key can still not do more than make a token.
func FuzzTokenInside(f *testing.F) {
	north := TokenKey{ID: "north", Key: aes256}
	f.Add([]byte{0, 20}, uint64(0))
	c := replaced(f, Set{Tokens: []TokenKey{north}})
	f.Fuzz(func(t *testing.T, plain []byte, stamp uint64) {
		plain = binary.BigEndian.AppendUint64(plain, stamp)
		plain = append(plain, 0xff, 0xff, 0xff, 0xff)
		found := showToken(c, "north", sealed(t, north, realm, plain))
		if found.Found && (len(found.Key) < tokenKeyMin || len(found.Key) > tokenKeyMax || found.Left <= 0) {
			t.Errorf("%+v", found)
		}
	})
}
