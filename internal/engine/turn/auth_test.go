package turn

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// authWorld is a world with a client that has a nonce. At "now" of the tests that
// nonce is fresh; stale is one that has run out.
func authWorld(t testing.TB) (w *world, a *person, stale string) {
	w = newWorld(t, Config{})
	a = w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	stale = a.nonce
	w.now = w.now.Add(2 * time.Hour)
	w.command([]string{"a", "allocate", "anonymous"})
	return w, a, stale
}

// TestChecksOfARequest has a row for each sentence of RFC 8489, section 9.2.4.
// https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4
func TestChecksOfARequest(t *testing.T) {
	challenge := []string{" realm=parley", " nonce", " algorithms=0002000000010000"}
	for _, c := range []struct {
		name, args string
		code       string
		with       []string // what else the answer holds
	}{
		{"no integrity", "anonymous", "401", challenge},
		{"no username", "user=none", "400", nil},
		{"no username, by SHA-256", "rfc8489 user=none", "400", nil},
		{"no realm", "realm=none", "400", nil},
		{"no nonce", "nonce=none", "400", nil},
		{"PASSWORD-ALGORITHM without PASSWORD-ALGORITHMS", "algorithm=2 integrity=sha256", "400", nil},
		{"PASSWORD-ALGORITHMS without PASSWORD-ALGORITHM", "algorithms=2,1 integrity=sha256", "400", nil},
		{"PASSWORD-ALGORITHMS as it was not sent", "algorithms=1 algorithm=1 integrity=sha256", "400", nil},
		{"PASSWORD-ALGORITHM that is not in the list", "algorithms=2,1 algorithm=7 integrity=sha256", "400", nil},
		{"an unknown user", "user=mallory", "401", challenge},
		{"an unknown user, by SHA-256", "rfc8489 user=mallory", "401", challenge},
		{"an unknown hash", "rfc8489 userhash=mallory", "401", challenge},
		{"another realm", "realm=elsewhere", "401", challenge},
		{"a wrong password", "password=guess", "401", challenge},
		{"a wrong password, by SHA-256", "rfc8489 password=guess", "401", challenge},
		{"a truncated MESSAGE-INTEGRITY-SHA256", "rfc8489 integrity=short", "401", challenge},
		{"a stale nonce", "nonce=STALE", "438", challenge},
		{"a stale nonce, by SHA-256", "rfc8489 nonce=STALE", "438", challenge},
		{"a nonce that never was", "nonce=obMatJos2gAAAabcdefghijk", "438", challenge},
		{"a nonce of another server", "nonce=whatever", "438", challenge},
		{"right, neither of the two attributes", "", "437", []string{" integrity(ann)"}},
		{"right, neither of the two, by SHA-256", "integrity=sha256", "437", []string{" integrity(ann)"}},
		{"right, MD5 of the two", "algorithms=2,1 algorithm=1 integrity=sha256", "437", []string{" sha256(ann)"}},
		{"right, SHA-256 of the two", "rfc8489", "437", []string{" sha256(ann by SHA-256)"}},
		{"right, SHA-256 of the two, signed with MESSAGE-INTEGRITY", "rfc8489 integrity=sha1", "437", []string{" sha256(ann by SHA-256)"}},
		{"right, both signatures", "rfc8489 integrity=both", "437", []string{" sha256(ann by SHA-256)"}},
		{"right, a hash", "rfc8489 userhash=ann", "437", []string{" sha256(ann by SHA-256)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, a, stale := authWorld(t)
			w.users.listed = []string{"ann"}
			got := w.fromClient(a, w.request(a, stun.Refresh, strings.Fields(strings.ReplaceAll(c.args, "STALE", stale))))
			rest, ok := strings.CutPrefix(got, "a <- Refresh error "+c.code+" ")
			if !ok {
				t.Fatalf("got %s, want a %s", got, c.code)
			}
			for _, part := range c.with {
				if !strings.Contains(rest, part) {
					t.Errorf("no%s in %s", part, got)
				}
			}
			// "This response SHOULD NOT include a USERNAME, USERHASH, NONCE, or REALM
			// attribute", and none has both a nonce and a signature.
			if c.with == nil && rest != "\"\", 28 bytes\n" || strings.Contains(rest, "attribute 0x") ||
				strings.Contains(rest, " nonce") && strings.Contains(rest, "(ann") {
				t.Errorf("too much in %s", got)
			}
		})
	}
}

// TestUsernameAndUserhash: a message has either, or nobody could say which counts.
func TestUsernameAndUserhash(t *testing.T) {
	w, a, _ := authWorld(t)
	b := stun.Begin(nil, stun.TypeOf(stun.Refresh, stun.Request), stun.TransactionID{})
	b.Bytes(stun.AttrUserhash, userhash("ann"))
	w.sign(&b, &signature{user: "ann", realm: "parley", nonce: a.nonce})
	if got := w.fromClient(a, b.Finish()); !strings.Contains(got, "400") {
		t.Errorf("got %s", got)
	}
}

// TestChecksAreInOrder makes requests that fail several checks: the first of them
// decides.
func TestChecksAreInOrder(t *testing.T) {
	mistakes := []struct{ args, code string }{
		{"anonymous", "401"},
		{"realm=none", "400"},
		{"algorithms=1 algorithm=1", "400"},
		{"user=mallory", "401"},
		{"password=guess", "401"},
		{"nonce=STALE", "438"},
		{"unknown=0x7fff", "420"},
		{"bad-lifetime", "400"},
		{"", "437"},
	}
	for i, first := range mistakes {
		for j := i; j < len(mistakes); j++ {
			w, a, stale := authWorld(t)
			var args []string
			for _, m := range mistakes[j:] {
				args = append(args, strings.Fields(strings.ReplaceAll(m.args, "STALE", stale))...)
			}
			args = append(args, strings.Fields(strings.ReplaceAll(first.args, "STALE", stale))...)
			got := w.fromClient(a, w.request(a, stun.Refresh, args))
			if !strings.HasPrefix(got, "a <- Refresh error "+first.code+" ") {
				t.Errorf("%s: got %s, want a %s", args, got, first.code)
			}
		}
	}
}

// TestBidDown puts an attacker between server and client who makes the server look
// as if it knew less. The client does what RFC 8489, section 9.2.5, says; it must
// not get in by anything less than both can do.
func TestBidDown(t *testing.T) {
	cookie := func(nonce, bits string) string { return "obMatJos2" + bits + nonce[len(cookieNamed):] }
	withoutSHA256 := func(nonce string) string {
		raw, _ := base64.RawURLEncoding.DecodeString(nonce[len(cookieNamed):])
		raw[0] &= 0x7f
		return nonce[:len(cookieNamed)] + base64.RawURLEncoding.EncodeToString(raw)
	}
	for name, attack := range map[string]func(offer map[stun.Attr]string){
		"the list is taken away": func(o map[stun.Attr]string) { delete(o, stun.AttrPasswordAlgorithms) },
		"the list and its bit are taken away": func(o map[stun.Attr]string) {
			delete(o, stun.AttrPasswordAlgorithms)
			o[stun.AttrNonce] = cookie(o[stun.AttrNonce], "AAAA")
		},
		"the whole cookie is taken away": func(o map[stun.Attr]string) {
			delete(o, stun.AttrPasswordAlgorithms)
			o[stun.AttrNonce] = o[stun.AttrNonce][len(cookieNamed):]
		},
		"SHA-256 is taken away": func(o map[stun.Attr]string) { o[stun.AttrPasswordAlgorithms] = algorithmMD5 },
		"SHA-256 is taken away, and its bit": func(o map[stun.Attr]string) {
			o[stun.AttrPasswordAlgorithms] = algorithmMD5
			o[stun.AttrNonce] = withoutSHA256(o[stun.AttrNonce])
		},
		"the order is changed": func(o map[stun.Attr]string) { o[stun.AttrPasswordAlgorithms] = algorithmMD5 + algorithmSHA256 },
		"anonymity is taken away": func(o map[stun.Attr]string) {
			o[stun.AttrNonce] = cookie(o[stun.AttrNonce], "gAAA")
		},
		"nothing is taken away": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a := w.client("a", "udp", "198.51.100.1:4000")
			w.users.offer.Anonymity, w.users.listed = true, []string{"ann"}
			w.command([]string{"a", "allocate"})
			got := "the client gave up"
			if answer := answer8489(w, a, attack); answer != nil {
				got = w.fromClient(a, answer)
			}
			if in := strings.HasPrefix(got, "open relay"); in != (attack == nil) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// answer8489 is the Allocate of a client of RFC 8489 that has got the last message
// after an attacker has changed it; nil if the client must not send any.
func answer8489(w *world, a *person, attack func(map[stun.Attr]string)) []byte {
	m, _ := stun.Parse(w.last[0])
	offer := map[stun.Attr]string{}
	for it := m.Attrs(); it.Next(); {
		offer[it.Type] = string(it.Value)
	}
	if attack != nil {
		attack(offer)
	}
	nonce := offer[stun.AttrNonce]
	list, listed := offer[stun.AttrPasswordAlgorithms]
	features := byte(0)
	if bits, ok := strings.CutPrefix(nonce, "obMatJos2"); ok {
		raw, _ := base64.StdEncoding.DecodeString(bits[:4])
		features = raw[0]
	}
	// "If so and the "nonce cookie" has the STUN Security Feature "Password
	// algorithms" bit set to 1 but no PASSWORD-ALGORITHMS attribute is present, then
	// the client MUST NOT retry the request with a new transaction."
	if features&0x80 != 0 && !listed {
		return nil
	}
	s := signature{user: "ann", password: "ann-password", realm: offer[stun.AttrRealm], nonce: nonce, hash: features&0x40 != 0}
	b := stun.Begin(nil, stun.TypeOf(stun.Allocate, stun.Request), stun.TransactionID{1})
	b.Bytes(stun.AttrRequestedTransport, []byte{protocolUDP, 0, 0, 0})
	if listed {
		b.Text(stun.AttrPasswordAlgorithms, list)
		s.algorithm, s.integrity = map[byte]string{1: "1", 2: "2"}[list[1]], "sha256"
	}
	w.sign(&b, &s)
	return b.Finish()
}

// TestNoncesAreNotTheSame: RFC 8489, section 9.2.4: "The server MUST NOT choose the
// same NONCE for two requests unless they have the same source IP address and port."
func TestNoncesAreNotTheSame(t *testing.T) {
	e := New(Config{})
	seen := map[[nonceLen]byte]bool{}
	w := newWorld(t, Config{})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		for _, remote := range []string{"198.51.100.1:4000", "198.51.100.1:4001", "198.51.100.2:4000", "[2001:db8::1]:4000"} {
			c := w.client("c", transport, remote).Client
			for _, o := range []Offer{{}, {SHA256: true}, {Anonymity: true}, {SHA256: true, Anonymity: true}} {
				nonce := e.nonce(&c, w.now, o)
				if seen[nonce] {
					t.Errorf("%s is not the first one", nonce)
				}
				seen[nonce] = true
				if got, _, ok := nonceOffer(nonce[:]); !ok || got != o {
					t.Errorf("%s says %+v, want %+v", nonce, got, o)
				}
			}
		}
	}
}

// FuzzNonce: whatever a client makes up, it is no nonce.
func FuzzNonce(f *testing.F) {
	e := New(Config{Secret: [32]byte{1}})
	w := newWorld(f, Config{})
	c := w.client("c", "udp", "198.51.100.1:4000").Client
	now := w.now.Add(100 * 24 * time.Hour) // the seconds of a nonce have begun anew
	good := e.nonce(&c, now, Offer{SHA256: true})
	if !e.nonceGood(&request{now: now, client: c, attrs: attrs{nonce: good[:]}}) {
		f.Fatal("a good nonce is refused")
	}
	f.Add(good[:])
	f.Add([]byte("obMatJos2gAAA___________"))
	f.Add([]byte("obMatJos2wAAAAAAAAAAAAAA"))
	f.Add([]byte("obMatJos2"))
	f.Fuzz(func(t *testing.T, nonce []byte) {
		if e.nonceGood(&request{now: now, client: c, attrs: attrs{nonce: nonce}}) && !bytes.Equal(nonce, good[:]) {
			t.Errorf("%q is good", nonce)
		}
	})
}
