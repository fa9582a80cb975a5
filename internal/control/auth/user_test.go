package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func replaced(t testing.TB, set Set) *Credentials {
	t.Helper()
	c := New(nil, time.Hour)
	set.Realm = realm
	if err := c.Replace(set); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseUser(t *testing.T) {
	key := strings.Repeat("ab", 16)
	for text, want := range map[string]User{
		"ann:swordfish":         {Name: "ann", Password: "swordfish"},
		"ann:a:b":               {Name: "ann", Password: "a:b"},
		"Анна Б.:пароль":        {Name: "Анна Б.", Password: "пароль"},
		"ann:0x" + key:          {Name: "ann", Key: bytes.Repeat([]byte{0xab}, 16)},
		"ann:0x" + key + key:    {Name: "ann", Key: bytes.Repeat([]byte{0xab}, 32)},
		"ann:0X" + key:          {Name: "ann", Password: "0X" + key},
		"ann:" + key + ":0x":    {Name: "ann", Password: key + ":0x"},
		"ann@example.org:p w d": {Name: "ann@example.org", Password: "p w d"},
	} {
		if u, err := ParseUser(text); err != nil || u.Name != want.Name || u.Password != want.Password || !bytes.Equal(u.Key, want.Key) {
			t.Errorf("%q read as %+v, %v", text, u, err)
		}
	}
	for _, text := range []string{
		"", "ann", ":", ":secret-word", "ann:", "ann:0xsecret-word", "ann:0x" + key + "ab", "ann:0x", "a\nb:secret-word", "\xff:secret-word",
		strings.Repeat("a", usernameBytesMax+1) + ":secret-word",
	} {
		u, err := ParseUser(text)
		if err == nil {
			t.Errorf("%q read as %+v", text, u)
		} else if strings.Contains(err.Error(), "secret-word") || strings.Contains(err.Error(), "abab") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestUsersAreFoundByNameAndByHash(t *testing.T) {
	c := replaced(t, Set{Users: []User{{Name: "ann", Password: "swordfish"}, {Name: "bob", Password: "tuna"}}})
	if !c.SHA256() || !c.Listed() || c.TokensFor() != "" {
		t.Error("not all that can be offered is")
	}
	if !opens(c, "ann", "swordfish", false) || !opens(c, "bob", "tuna", true) || opens(c, "ann", "tuna", false) || knows(c, "carl", true) {
		t.Error("a user is not who it is")
	}
	hash := sha256.Sum256([]byte("bob:" + realm))
	found := c.Find(&Claim{Userhash: hash[:], Realm: realm, SHA256: true})
	if !found.Found || found.User != "bob" || !bytes.Equal(found.Key, Key(true, "bob", realm, "tuna")) {
		t.Errorf("by its hash, bob is %+v", found)
	}
	for _, wrong := range [][]byte{{}, hash[:31], make([]byte, 32), append(hash[:], 0)} {
		if c.Find(&Claim{Userhash: wrong, Realm: realm}).Found {
			t.Errorf("the hash %x is somebody's", wrong)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Find(&Claim{Userhash: hash[:], Realm: realm}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSpellings: letters that can be written in two ways. Clients of RFC 8489 send
// the one of the OpaqueString profile; others what was typed.
func TestSpellings(t *testing.T) {
	const composed, decomposed = "J\u00fcrgen", "Ju\u0308rgen"
	c := replaced(t, Set{Users: []User{{Name: decomposed, Password: "caf" + "e\u0301" + "\u2003x"}}})
	for _, name := range []string{composed, decomposed} {
		for _, password := range []string{"caf\u00e9 x", "cafe\u0301\u2003x"} {
			if !opens(c, name, password, false) {
				t.Errorf("%+q does not get in with %+q", name, password)
			}
		}
		hash := sha256.Sum256([]byte(name + ":" + realm))
		for _, found := range []Credential{c.Find(&Claim{Username: []byte(name), Realm: realm}), c.Find(&Claim{Userhash: hash[:], Realm: realm})} {
			if !found.Found || found.User != decomposed {
				t.Errorf("%+q is %+q", name, found.User)
			}
		}
	}
	if opens(c, composed, "cafe x", false) || knows(c, "Jurgen", false) {
		t.Error("somebody else gets in")
	}
	if err := c.Replace(Set{Users: []User{{Name: composed, Password: "x"}, {Name: decomposed, Password: "y"}}}); err == nil {
		t.Error("two users have the same name")
	}
	// What the profile forbids is taken as it is: RFC 8489, appendix B.1, has such a
	// password.
	c = replaced(t, Set{Users: []User{{Name: "\u30de\u30c8\u30ea\u30c3\u30af\u30b9", Password: "The\u00adM\u00aatr\u2168"}}})
	if !opens(c, "\u30de\u30c8\u30ea\u30c3\u30af\u30b9", "The\u00adM\u00aatr\u2168", false) {
		t.Error("a password that the profile forbids is of no use")
	}
}

// TestHashesInsteadOfPasswords: a server that has only the MD5 of somebody cannot
// offer SHA-256.
func TestHashesInsteadOfPasswords(t *testing.T) {
	md5Key, sha256Key := Key(false, "ann", realm, "swordfish"), Key(true, "bob", realm, "tuna")
	ann, err := ParseUser("ann:0x" + hex.EncodeToString(md5Key))
	if err != nil {
		t.Fatal(err)
	}
	c := replaced(t, Set{Users: []User{ann, {Name: "carl", Password: "cod"}}})
	if c.SHA256() {
		t.Error("SHA-256 is offered")
	}
	if found := c.Find(&Claim{Username: []byte("ann"), Realm: realm}); !found.Found || !bytes.Equal(found.Key, md5Key) {
		t.Error("the MD5 of ann does not open")
	}
	if c.Find(&Claim{Username: []byte("ann"), Realm: realm, SHA256: true}).Found {
		t.Error("there is an SHA-256 of ann")
	}
	c = replaced(t, Set{Users: []User{{Name: "bob", Key: sha256Key}}})
	if found := c.Find(&Claim{Username: []byte("bob"), Realm: realm, SHA256: true}); !c.SHA256() || !bytes.Equal(found.Key, sha256Key) {
		t.Error("the SHA-256 of bob does not open")
	}
	if err := c.Replace(Set{Realm: realm, Users: []User{ann, {Name: "bob", Key: sha256Key}}}); err == nil {
		t.Error("there is no algorithm for both, and nobody says so")
	}
}

func TestReplaceRefuses(t *testing.T) {
	c := replaced(t, Set{Users: []User{{Name: "ann", Password: "swordfish"}}})
	key := make([]byte, 32)
	for name, set := range map[string]Set{
		"a user twice":        {Users: []User{{Name: "a", Password: "secret-word"}, {Name: "a", Password: "y"}}},
		"no password":         {Users: []User{{Name: "a"}}},
		"a key of 7 bytes":    {Users: []User{{Name: "a", Key: make([]byte, 7)}}},
		"too many secrets":    {Secrets: make([]string, secretsMax+1)},
		"a token key twice":   {Tokens: []TokenKey{{ID: "k", Key: key}, {ID: "k", Key: key}}},
		"a token key of 20":   {Tokens: []TokenKey{{ID: "k", Key: key[:20]}}},
		"a nameless tokenkey": {Tokens: []TokenKey{{Key: key}}},
	} {
		if err := c.Replace(set); err == nil || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !opens(c, "ann", "swordfish", false) {
		t.Error("a set that was refused changed what was in force")
	}
}

// TestReplaceWhileOthersAsk is for the race detector: every answer is that of one set
// or of the other.
func TestReplaceWhileOthersAsk(t *testing.T) {
	sets := []Set{
		{Realm: realm, Users: []User{{Name: "ann", Password: "one"}}},
		{Realm: realm, Secrets: []string{"x"}, Users: []User{{Name: "ann", Password: "two"}}},
	}
	c := replaced(t, sets[0])
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 2000 {
				found := c.Find(&Claim{Username: []byte("ann"), Realm: realm})
				if !bytes.Equal(found.Key, Key(false, "ann", realm, "one")) && !bytes.Equal(found.Key, Key(false, "ann", realm, "two")) {
					t.Error("an answer of no set")
					return
				}
			}
		})
	}
	for i := range 200 {
		if err := c.Replace(sets[i%2]); err != nil {
			t.Error(err)
		}
	}
	asking.Wait()
}

// TestStrangersLeaveNothingBehind: names that are asked for are not kept.
func TestStrangersLeaveNothingBehind(t *testing.T) {
	c := replaced(t, Set{Secrets: []string{"s"}, Users: []User{{Name: "ann", Password: "p"}}})
	for i := range 10_000 {
		hash := sha256.Sum256([]byte(fmt.Sprint(i)))
		c.Find(&Claim{Userhash: hash[:], Realm: realm})
		c.Find(&Claim{Username: []byte(fmt.Sprint("stranger", i)), Realm: realm})
	}
	if s := c.current.Load(); len(s.names) != 1 || len(s.hashes) != 1 {
		t.Errorf("%d names and %d hashes are kept", len(s.names), len(s.hashes))
	}
}
