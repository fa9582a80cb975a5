package turn

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// lookedUp answers a lookup: "USER", who is found by MD5 unless there is "sha256",
// "nobody" or "failed", and left=DURATION.
func (w *world) lookedUp(id string, words []string) string {
	n, _ := strconv.Atoi(id)
	w.engine.HandleLookedUp(w.now, lookupAnswer(LookupID(n), words), &w.out)
	return w.effects()
}

func lookupAnswer(id LookupID, words []string) LookedUp {
	in := LookedUp{ID: id}
	algorithm := stun.PasswordMD5
	user := ""
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "failed":
			in.Failed = true
		case "nobody":
		case "sha256":
			algorithm = stun.PasswordSHA256
		case "left":
			in.Answer.Left, _ = time.ParseDuration(value)
		default:
			user = name
		}
	}
	if user != "" {
		in.Answer.Found, in.Answer.User = true, user
		in.Answer.Key = keyBy(algorithm, user, "parley", user+"-password")
	}
	return in
}

// check holds the tables of lookups against each other.
func (t *lookups) check(tb testing.TB) {
	tb.Helper()
	n, sources := 0, map[uint64]int{}
	var before *lookup
	for l := t.first; l != nil; l = l.after {
		if l.before != before || t.byID[l.id] != l || t.byRequest[l.key()] != l || before != nil && before.until > l.until {
			tb.Fatalf("lookup %d is not where it should be", l.id)
		}
		n++
		sources[sourceOf(l.client.Remote.Addr())]++
		before = l
	}
	if t.last != before || n != len(t.byID) || n != len(t.byRequest) || len(sources) != len(t.bySource) {
		tb.Fatalf("%d lookups, %d by ID, %d by request, %d sources of %d", n, len(t.byID), len(t.byRequest), len(sources), len(t.bySource))
	}
	for source, n := range sources {
		if t.bySource[source] != n {
			tb.Fatalf("a source has %d lookups, counted %d", n, t.bySource[source])
		}
	}
}

func lookingUp(t *testing.T, cfg Config) *world {
	w := newWorld(t, cfg)
	w.users.elsewhere["carl"] = true
	return w
}

// TestLookupsHoldUpNobody: while users are looked up, and nobody answers, others are
// served.
func TestLookupsHoldUpNobody(t *testing.T) {
	w := lookingUp(t, Config{ReplyBurst: 1 << 20, MaxLookups: 100})
	for i := range 200 {
		name := fmt.Sprint("c", i)
		w.client(name, "udp", fmt.Sprintf("198.51.100.%d:4000", i))
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate", "user=carl"})
		w.command([]string{name, "allocate", "user=carl"})
	}
	if n := len(w.engine.lookups.byID); n != 100 {
		t.Errorf("%d lookups at once", n)
	}
	w.client("b", "udp", "203.0.113.1:4000")
	w.command([]string{"b", "allocate"})
	if got := w.command([]string{"b", "allocate", "user=bob"}); !strings.HasPrefix(got, "open relay") {
		t.Errorf("bob gets %s", got)
	}
	w.opened(0, "203.0.113.5:50000")
	w.now = w.now.Add(lookupTimeout)
	if got := w.engine.NextDeadline(); got != w.now {
		t.Errorf("wakes up at %v, not %v", got, w.now)
	}
	w.engine.Advance(w.now, &w.out)
	w.effects()
	if n := len(w.engine.lookups.byID) + len(w.engine.lookups.bySource); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// TestOneSourceHasItsShareOfLookups, whatever ports and names it uses.
func TestOneSourceHasItsShareOfLookups(t *testing.T) {
	w := lookingUp(t, Config{ReplyBurst: 1 << 20})
	for i := range 200 {
		name := fmt.Sprint("c", i)
		w.client(name, "udp", fmt.Sprintf("[2001:db8::%x]:4000", i))
		w.command([]string{name, "allocate"})
		w.users.elsewhere[name] = true
		w.command([]string{name, "allocate", "user=" + name})
	}
	if n := len(w.engine.lookups.byID); n != maxLookupsPerSource {
		t.Errorf("one /64 has %d lookups", n)
	}
}

// TestNobodyIsAskedForForgedSources: only who got a nonce at its address makes the
// server ask.
func TestNobodyIsAskedForForgedSources(t *testing.T) {
	w := lookingUp(t, Config{ReplyBurst: 1 << 20})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	raw := w.request(a, stun.Allocate, []string{"user=carl"})
	for i := range 1000 {
		c := a.Client
		c.Remote = netip.AddrPortFrom(c.Remote.Addr(), uint16(5000+i))
		w.engine.HandleClient(w.now, c, datagram(raw, c.Remote), &w.out)
		if len(w.out.Lookups) > 0 {
			t.Fatal("a lookup for a forged source")
		}
		w.out.Reset()
	}
}

// TestLookupsOfManyOutcomes answers in any order, late, twice and not at all, while
// streams close and requests are sent again; in the end nothing is left.
func TestLookupsOfManyOutcomes(t *testing.T) {
	w := lookingUp(t, Config{ReplyBurst: 1 << 20, MaxLookups: 20, MaxAllocationsPerUser: 1000, MaxAllocations: 1000})
	entered := 0
	for i := range 400 {
		name := fmt.Sprint("c", i)
		id := fmt.Sprintf("id=%d", i%256)
		w.client(name, []string{"udp", "tcp", "tls"}[i%3], fmt.Sprintf("198.51.100.%d:%d", i%40, 4000+i))
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate", "user=carl", id})
		if i%4 == 0 {
			w.command([]string{name, "allocate", "user=carl", id})
		}
		for back := range 3 {
			made := int(w.engine.lookups.made)
			outcome := []string{"carl", "nobody", "failed", "carl"}[(i+back)%4]
			var relay RelayID
			got := w.lookedUp(fmt.Sprint(made-back*(i%5)), []string{outcome})
			if n, _ := fmt.Sscanf(got, "open relay %d:", &relay); n == 1 {
				w.opened(relay, fmt.Sprintf("203.0.113.5:%d", 50000+int(relay)))
				entered++
			}
		}
		if i%5 == 0 {
			w.command([]string{name, "closed"})
		}
		w.now = w.now.Add(time.Duration(i%7) * 100 * time.Millisecond)
		w.engine.Advance(w.now, &w.out)
		w.effects()
	}
	if entered == 0 {
		t.Error("nobody got in")
	}
	for next := w.engine.NextDeadline(); next != mono.Never; next = w.engine.NextDeadline() {
		w.now = next
		w.engine.Advance(w.now, &w.out)
		w.effects()
	}
	if n := len(w.engine.lookups.byID) + len(w.engine.clients) + len(w.engine.users); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}
