package auth

import (
	"crypto/md5"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const realm = "parley"

func key(username, password string) [16]byte {
	return md5.Sum([]byte(username + ":" + realm + ":" + password))
}

func TestCredentialHoldsUntilItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New([]string{"one"}, time.Hour)
		user, password := c.Mint("peer-id_0123456")
		if !strings.HasPrefix(user, strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)+":peer-id_0123456.") {
			t.Fatalf("username %q", user)
		}
		got, ok := c.Key(0, []byte(user), []byte(realm), false)
		if !ok || got != key(user, password) {
			t.Fatal("a fresh credential was refused")
		}
		time.Sleep(time.Hour - time.Second)
		if _, ok := c.Key(0, []byte(user), []byte(realm), false); !ok {
			t.Error("refused a second before its expiry")
		}
		time.Sleep(time.Second)
		if _, ok := c.Key(0, []byte(user), []byte(realm), false); ok {
			t.Error("accepted at its expiry")
		}
		if got, ok := c.Key(0, []byte(user), []byte(realm), true); !ok || got != key(user, password) {
			t.Error("an expired credential must do for what exists already")
		}
	})
}

func TestSecretsRotate(t *testing.T) {
	old := New([]string{"old"}, time.Hour)
	user, password := old.Mint("p")
	both := New([]string{"new", "old"}, time.Hour)
	if got, ok := both.Key(0, []byte(user), []byte(realm), false); !ok || got != key(user, password) {
		t.Error("a credential of the former secret was refused during rotation")
	}
	if _, ok := New([]string{"new"}, time.Hour).Key(0, []byte(user), []byte(realm), false); ok {
		t.Error("a credential of a withdrawn secret was accepted")
	}
	fresh, password := both.Mint("p")
	if got, ok := New([]string{"new"}, time.Hour).Key(0, []byte(fresh), []byte(realm), false); !ok || got != key(fresh, password) {
		t.Error("minted with another secret than the first")
	}
}

func TestUsernameOfAnotherProgram(t *testing.T) {
	// python3: base64(hmac.new(b"north", b"9999999999:ann", "sha1").digest())
	const user, password = "9999999999:ann", "IGj89JzBB5eL2YLLYwEaHJgYqqw="
	got, ok := New([]string{"north"}, time.Hour).Key(0, []byte(user), []byte(realm), false)
	if !ok || got != key(user, password) {
		t.Error("a credential minted elsewhere with the shared secret was refused")
	}
}

func TestWithoutSecretsTwoServersDiffer(t *testing.T) {
	user, _ := New(nil, time.Hour).Mint("p")
	if _, ok := New(nil, time.Hour).Key(0, []byte(user), []byte(realm), false); ok {
		t.Error("a random secret is the same twice")
	}
}

func TestStrictUsernames(t *testing.T) {
	c := New([]string{"one"}, time.Hour)
	good, _ := c.Mint("p")
	digits, rest, _ := strings.Cut(good, ":")
	for _, user := range []string{
		"", ":", "p", digits, digits + ":", ":" + rest, "+" + good, "-" + good, " " + good, "0" + good,
		good + ":x", good + " ", good + "\x00", digits + ":p.", digits + ":.abcd", digits + ":p.abc", digits + ":p.abcde",
		digits + ":p.????", "99999999999999:p", "0x7fffffff:p", "1e12:p", digits + ":\xff", digits + ":ä",
		digits + ":" + strings.Repeat("a", 200),
	} {
		for _, refresh := range []bool{false, true} {
			if _, ok := c.Key(0, []byte(user), []byte(realm), refresh); ok {
				t.Errorf("accepted the username %q", user)
			}
		}
	}
}

func FuzzUsername(f *testing.F) {
	f.Add([]byte("1700000000:p.abcd"))
	f.Add([]byte("9999999999:ann"))
	f.Fuzz(func(t *testing.T, username []byte) {
		expiry, keyID, ok := parseUsername(username)
		if !ok {
			return
		}
		prefix := strconv.FormatInt(expiry, 10) + ":"
		if !strings.HasPrefix(string(username), prefix) || keyID != "" && !strings.HasSuffix(string(username), "."+keyID) {
			t.Errorf("%q read as expiry %d, key %q", username, expiry, keyID)
		}
	})
}
