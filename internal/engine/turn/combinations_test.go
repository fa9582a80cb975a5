package turn

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// shown is what a request shows about its sender, in all the ways that matter.
type shown struct {
	integrity  string // "none" or as in signature
	name       string // "user", "hash", "both", "none"
	realm      string // "parley", "elsewhere", "none"
	nonce      string // "fresh", "stale", "foreign", "none"
	algorithm  string // "", or a number
	algorithms string // "", or numbers
	who        string // "ann" exists, "mallory" does not
	password   string // "right", "wrong"
}

// want is RFC 8489, section 9.2.4, once more: the code of the answer to a request for
// which there is no allocation, and whether it carries MESSAGE-INTEGRITY-SHA256.
func (s *shown) want() (code string, sha256 bool) {
	ours := s.nonce == "fresh" || s.nonce == "stale"
	offered := s.algorithm != "" || s.algorithms != ""
	switch {
	case s.integrity == "none":
		return "401", false
	case s.name == "none" || s.name == "both" || s.realm == "none" || s.nonce == "none":
		return "400", false
	case ours && offered && (s.algorithms != "2,1" || s.algorithm != "1" && s.algorithm != "2"):
		return "400", false
	case s.who != "ann" || s.realm != "parley":
		return "401", false
	case s.password != "right" || s.integrity == "short":
		return "401", false
	case s.nonce != "fresh":
		return "438", false
	}
	return "437", offered
}

func (s *shown) request(w *world, a *person, stale string) []byte {
	b := stun.Begin(nil, stun.TypeOf(stun.Refresh, stun.Request), stun.TransactionID{})
	if s.integrity == "none" {
		return b.Finish()
	}
	sign := signature{
		user: s.who, realm: s.realm, algorithm: s.algorithm, algorithms: s.algorithms, integrity: s.integrity,
		password: s.who + "-password", hash: s.name == "hash",
		nonce: map[string]string{"fresh": a.nonce, "stale": stale, "foreign": "whatever", "none": "none"}[s.nonce],
	}
	switch s.name {
	case "none":
		sign.user = "none"
	case "both":
		b.Bytes(stun.AttrUserhash, userhash(s.who))
	}
	if s.password == "wrong" {
		sign.password = "guess"
	}
	w.sign(&b, &sign)
	return b.Finish()
}

// TestEveryCombinationOfChecks tries all that can be right and wrong about a request,
// together with everything else.
func TestEveryCombinationOfChecks(t *testing.T) {
	w := newWorld(t, Config{ReplyBurst: 1 << 30, RepliesPerSecond: 1 << 20})
	w.users.listed = []string{"ann"}
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	stale := a.nonce
	w.now = w.now.Add(2 * time.Hour)
	w.command([]string{"a", "allocate", "anonymous"})
	fresh := a.nonce
	choices := [][]string{
		{"none", "sha1", "sha256", "both", "short"}, {"user", "hash", "both", "none"}, {"parley", "elsewhere", "none"},
		{"fresh", "stale", "foreign", "none"}, {"", "1", "2", "7"}, {"", "2,1", "1", "1,2"}, {"ann", "mallory"}, {"right", "wrong"},
	}
	picked := make([]int, len(choices))
	for n := 0; ; n++ {
		pick := func(i int) string { return choices[i][picked[i]] }
		s := shown{pick(0), pick(1), pick(2), pick(3), pick(4), pick(5), pick(6), pick(7)}
		a.nonce = fresh
		raw := s.request(w, a, stale)
		w.engine.HandleClient(w.now, a.Client, datagram(raw, a.Remote), &w.out)
		got := "no answer"
		if len(w.out.Send) == 1 {
			got = w.describe(&w.out.Send[0])
		}
		w.out.Reset()
		code, sha256 := s.want()
		if !strings.HasPrefix(got, fmt.Sprintf("a <- Refresh error %s ", code)) ||
			strings.Contains(got, "sha256(ann") != sha256 || strings.Contains(got, "integrity(ann") != (code == "437" && !sha256) ||
			strings.Contains(got, " nonce") != (code == "401" || code == "438") {
			t.Fatalf("combination %d, %+v: %s, want %s", n, s, got, code)
		}
		i := 0
		for picked[i]++; picked[i] == len(choices[i]); picked[i]++ {
			picked[i] = 0
			if i++; i == len(choices) {
				t.Logf("%d combinations", n+1)
				return
			}
		}
	}
}
