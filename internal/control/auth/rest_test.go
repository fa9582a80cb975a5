package auth

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const realm = "parley"

// opens says whether one of the keys that c finds for a username is that of the
// password.
func opens(c *Credentials, username, password string, refresh bool) bool {
	for _, bySHA256 := range []bool{false, true} {
		claim := Claim{Username: []byte(username), Realm: realm, SHA256: bySHA256, Refresh: refresh}
		want, good := Key(bySHA256, username, realm, password), false
		for more := true; more && !good; claim.Try++ {
			found := c.Find(&claim)
			good, more = found.Found && bytes.Equal(found.Key, want), found.More
		}
		if !good {
			return false
		}
	}
	return true
}

func knows(c *Credentials, username string, refresh bool) bool {
	return c.Find(&Claim{Username: []byte(username), Realm: realm, Refresh: refresh}).Found
}

func TestCredentialHoldsUntilItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New([]string{"one"}, time.Hour)
		user, password := c.Mint("peer-id_0123456")
		if !strings.HasPrefix(user, strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)+":peer-id_0123456.") {
			t.Fatalf("username %q", user)
		}
		if !opens(c, user, password, false) {
			t.Fatal("a fresh credential was refused")
		}
		time.Sleep(time.Hour - time.Second)
		if !knows(c, user, false) {
			t.Error("refused a second before its expiry")
		}
		time.Sleep(time.Second)
		if knows(c, user, false) {
			t.Error("accepted at its expiry")
		}
		if !opens(c, user, password, true) {
			t.Error("an expired credential must do for what exists already")
		}
	})
}

func TestStrictExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(nil, time.Hour)
		if err := c.Replace(Set{Realm: realm, Secrets: []string{"one"}, Strict: true}); err != nil {
			t.Fatal(err)
		}
		user, password := c.Mint("p")
		time.Sleep(10 * time.Minute)
		if !opens(c, user, password, true) {
			t.Fatal("refused")
		}
		if found := c.Find(&Claim{Username: []byte(user), Realm: realm}); found.Left != 50*time.Minute {
			t.Errorf("it holds for %v", found.Left)
		}
		time.Sleep(50 * time.Minute)
		if knows(c, user, true) {
			t.Error("what exists is refreshed with an expired credential")
		}
	})
}

func TestSecretsRotate(t *testing.T) {
	old := New([]string{"old"}, time.Hour)
	user, password := old.Mint("p")
	both := New([]string{"new", "older", "old"}, time.Hour)
	if !opens(both, user, password, false) {
		t.Error("a credential of the former secret was refused during rotation")
	}
	if first := both.Find(&Claim{Username: []byte(user), Realm: realm}); !bytes.Equal(first.Key, Key(false, user, realm, password)) {
		t.Error("the secret that the name says is not the first one tried")
	}
	if opens(New([]string{"new"}, time.Hour), user, password, false) {
		t.Error("a credential of a withdrawn secret was accepted")
	}
	fresh, password := both.Mint("p")
	if !opens(New([]string{"new"}, time.Hour), fresh, password, false) {
		t.Error("minted with another secret than the first")
	}
}

// TestEachSecretIsTriedOnce, whatever the name says.
func TestEachSecretIsTriedOnce(t *testing.T) {
	c := New([]string{"a", "b", "c", "d"}, time.Hour)
	s := c.current.Load()
	for _, hint := range []string{"", "none", s.secrets[0].id, s.secrets[1].id, s.secrets[3].id} {
		seen := map[string]bool{}
		claim := Claim{Username: []byte("9999999999:p." + hint), Realm: realm}
		for more := true; more; claim.Try++ {
			found := c.Find(&claim)
			seen[string(found.Key)], more = true, found.More
		}
		if len(seen) != 4 || claim.Try != 4 || c.Find(&claim).Found {
			t.Errorf("hint %q: %d keys in %d tries", hint, len(seen), claim.Try)
		}
	}
}

// TestUsernamesOfOtherPrograms: whoever shares the secret chooses what stands behind
// the time.
func TestUsernamesOfOtherPrograms(t *testing.T) {
	// python3: base64(hmac.new(b"north", name, "sha1").digest())
	for user, password := range map[string]string{
		"9999999999:ann":              "IGj89JzBB5eL2YLLYwEaHJgYqqw=",
		"9999999999":                  "WvbO8k7LAuCpIefLZAhX9oN0hPc=",
		"9999999999:@ann:example.org": "PlBtw/XXs40arW6hBdApqypNtWc=",
		"9999999999:john.smit":        "o3hMyUmTb3PpZ9RppDeMEBoYVEs=",
		"9999999999:ann@example.org":  "bfchBTV7F29vEYZIXYa+CwAkpUo=",
		"9999999999:Анна и Боб":       "BpfcivyzldrYOsAvjg1kyGL5kl0=",
	} {
		for _, secrets := range [][]string{{"north"}, {"south", "north"}, {"east", "west", "north"}} {
			if !opens(New(secrets, time.Hour), user, password, false) {
				t.Errorf("%q was refused by a server with the secrets %q", user, secrets)
			}
		}
		if opens(New([]string{"south"}, time.Hour), user, password, false) {
			t.Errorf("%q was accepted without its secret", user)
		}
	}
}

func TestWithoutSecretsTwoServersDiffer(t *testing.T) {
	one, two := New(nil, time.Hour), New(nil, time.Hour)
	user, password := one.Mint("p")
	if opens(two, user, password, false) {
		t.Error("a random secret is the same twice")
	}
}

func TestStrictUsernames(t *testing.T) {
	c := New([]string{"one"}, time.Hour)
	good, _ := c.Mint("p")
	digits, rest, _ := strings.Cut(good, ":")
	for _, user := range []string{
		"", ":", "p", ":" + rest, "+" + good, "-" + good, " " + good, "0" + good, good + "\x00", good + "\n", "99999999999999:p",
		"0x7fffffff:p", "1e12:p", digits + ":\xff", digits + ":\u202e", digits + ":" + strings.Repeat("a", usernameBytesMax),
	} {
		for _, refresh := range []bool{false, true} {
			if knows(c, user, refresh) {
				t.Errorf("accepted the username %q", user)
			}
		}
	}
}

func FuzzUsername(f *testing.F) {
	f.Add([]byte("1700000000:p.abcd"))
	f.Add([]byte("9999999999:ann"))
	f.Add([]byte("9999999999"))
	f.Fuzz(func(t *testing.T, username []byte) {
		expiry, hint, ok := parseUsername(username)
		if !ok {
			return
		}
		digits, _, _ := strings.Cut(string(username), ":")
		if strconv.FormatInt(expiry, 10) != digits || !strings.HasSuffix(string(username), hint) {
			t.Errorf("%q read as expiry %d, hint %q", username, expiry, hint)
		}
	})
}
