package auth

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

func TestInvites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := NewInvites("a secret of the operator")
		longest := strings.Repeat("r", api.MaxRoomBytes)
		invite, expires := i.Make(longest, time.Hour)
		if len(invite) > api.MaxInviteBytes {
			t.Errorf("the invite has %d bytes", len(invite))
		}
		if d := time.Until(expires); d > time.Hour || d < time.Hour-time.Second {
			t.Errorf("it expires in %v", d)
		}
		again := NewInvites("a secret of the operator")
		for name, server := range map[string]*Invites{"this server": i, "a server that was started again": again} {
			if !server.Valid(longest, invite) {
				t.Errorf("%s refuses it", name)
			}
		}
		if i.Valid("another-room", invite) {
			t.Error("it opens another room")
		}
		if NewInvites("").Valid(longest, invite) || NewInvites("another secret").Valid(longest, invite) {
			t.Error("a server with another secret takes it")
		}
		time.Sleep(time.Until(expires))
		if i.Valid(longest, invite) {
			t.Error("it holds longer than it should")
		}
	})
}

// TestInvitesOfAnotherServer holds docs/sdk/tokens.md to its word: the invite was
// made by the code there, and holds until 2100.
func TestInvitesOfAnotherServer(t *testing.T) {
	const invite = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
		"eyJyb29tIjoiZ2FyZGVuIiwiZXhwIjo0MTAyNDQ0ODAwfQ." +
		"GjGSks9PN8T0qaZPWivX-9NDmJoG15LUrP2gRHLAA9w"
	i := NewInvites("a secret of the operator")
	if !i.Valid("garden", invite) {
		t.Error("refused in its room")
	}
	if i.Valid("cellar", invite) {
		t.Error("accepted in another room")
	}
}

// TestForgedInvites are what an attacker who knows everything but the secret could
// make.
func TestForgedInvites(t *testing.T) {
	i := NewInvites("a secret of the operator")
	sign := func(method jwt.SigningMethod, key any, claims jwt.Claims) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	later := jwt.NewNumericDate(time.Now().Add(time.Hour))
	claims := inviteClaims{Room: "r", RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: later}}
	good, _ := i.Make("r", time.Hour)
	parts := strings.Split(good, ".")
	for name, invite := range map[string]string{
		"empty":                "",
		"noise":                "not.a.token",
		"unsigned":             sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims),
		"another key":          sign(jwt.SigningMethodHS256, []byte("guessed"), claims),
		"the secret as key":    sign(jwt.SigningMethodHS256, []byte("a secret of the operator"), claims),
		"another algorithm":    sign(jwt.SigningMethodHS512, i.key, claims),
		"without an end":       sign(jwt.SigningMethodHS256, i.key, inviteClaims{Room: "r"}),
		"without a room":       sign(jwt.SigningMethodHS256, i.key, jwt.RegisteredClaims{ExpiresAt: later}),
		"without a signature":  parts[0] + "." + parts[1] + ".",
		"a changed claim":      parts[0] + "." + strings.ToUpper(parts[1]) + "." + parts[2],
		"a changed signature":  good[:len(good)-2] + "AA",
		"something behind it":  good + ".AAAA",
		"padding":              good + "=",
		"a signature repeated": good + parts[2],
	} {
		if i.Valid("r", invite) {
			t.Errorf("%s: accepted %s", name, invite)
		}
	}
}

func FuzzInvite(f *testing.F) {
	i := NewInvites("a secret of the operator")
	good, _ := i.Make("r", time.Hour)
	f.Add(good[:len(good)/2])
	f.Add(strings.ReplaceAll(good, ".", "..."))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, invite string) {
		if i.Valid("r", invite) && invite != good {
			t.Errorf("accepted %q", invite)
		}
	})
}

func TestPassword(t *testing.T) {
	p := NewPassword("swordfish")
	if !p.Is("swordfish") || p.Is("Swordfish") || p.Is("") || p.Is("swordfish ") {
		t.Error("the password is not recognized")
	}
	if q := NewPassword("swordfish"); p.sum == q.sum {
		t.Error("two hashes of the same password are alike")
	}
	if strings.Contains(fmt.Sprintf("%s %+v", p, p), "swordfish") {
		t.Error("it can be read")
	}
}

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bobby = netip.MustParseAddr("2001:db8::1")
)

func TestTries(t *testing.T) {
	var tries Tries
	now := mono.Time(1)
	guess := func(addr netip.Addr) bool {
		if !tries.May(now, addr) {
			return false
		}
		tries.Wrong(now, addr)
		return true
	}
	for range triesMax {
		if !guess(alice) {
			t.Fatal("refused too early")
		}
	}
	if guess(alice) {
		t.Error("a sixth guess is allowed")
	}
	if guess(netip.MustParseAddr("::ffff:192.0.2.1")) {
		t.Error("the same address in another form is another one")
	}
	if !guess(bobby) {
		t.Error("another address has to suffer")
	}
	for range triesMax - 1 {
		guess(bobby)
	}
	if guess(netip.MustParseAddr("2001:db8::2")) {
		t.Error("the same /64 is another subscriber")
	}
	now = now.Add(tryEvery)
	if !guess(alice) || guess(alice) {
		t.Error("not exactly one more after 10 s")
	}
	now = now.Add(time.Hour)
	for range triesMax {
		if !guess(alice) {
			t.Fatal("refused although an hour has passed")
		}
	}
}

// TestTriesAreBounded guesses from a million addresses.
func TestTriesAreBounded(t *testing.T) {
	var tries Tries
	now := mono.Time(1)
	allowed := 0
	for i := range 1_000_000 {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if tries.May(now, addr) {
			tries.Wrong(now, addr)
			allowed++
		}
	}
	if len(tries.full) > addressesMax || allowed > addressesMax+triesMax {
		t.Errorf("%d guesses were allowed, %d addresses are kept", allowed, len(tries.full))
	}
	now = now.Add(time.Hour)
	if !tries.May(now, alice) {
		t.Error("the flood is not forgotten")
	}
	tries.Wrong(now, alice)
	if len(tries.full) != 1 {
		t.Errorf("%d addresses are kept", len(tries.full))
	}
}
