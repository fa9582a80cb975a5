package turn

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// crowd opens n allocations of ann, each with a permission and a channel.
func crowd(t *testing.T, n int) *world {
	w := newWorld(t, Config{})
	for i := range n {
		name := fmt.Sprint("client", i)
		w.client(name, "udp", fmt.Sprintf("198.51.100.1:%d", 4000+i))
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate"})
		w.opened(RelayID(i), fmt.Sprintf("203.0.113.5:%d", 50000+i))
		w.command([]string{name, "permit", "peer=8.8.8.8:1"})
		w.command([]string{name, "bind", "channel=0x4000", "peer=9.9.9.9:700"})
	}
	return w
}

func TestSessionsAreListedInPages(t *testing.T) {
	w := crowd(t, 5)
	a := w.people["client1"]
	w.fromClient(a, channelData(0x4000, "four"))
	w.fromPeer(1, netip.MustParseAddrPort("8.8.8.8:5"), []byte("and twelve.."))
	var all []Session
	pages := 0
	for next, more := RelayID(0), true; more; pages++ {
		all, next, more = w.engine.Sessions(w.now, next, 2, all)
	}
	if len(all) != 5 || pages != 3 {
		t.Fatalf("%d sessions in %d pages", len(all), pages)
	}
	got := all[1]
	want := Session{
		Relay: 1, Serial: 2, Client: a.Client, User: "ann", Relayed: netip.MustParseAddrPort("203.0.113.5:50001"),
		Opened: w.now, Expires: w.now.Add(10 * time.Minute), Peers: 2, Channels: 1,
		ToPeer: Traffic{1, 4}, ToClient: Traffic{1, 12},
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	w.now = w.now.Add(6 * time.Minute) // permissions last 5 minutes
	if list, _, _ := w.engine.Sessions(w.now, 1, 1, nil); list[0].Peers != 0 || list[0].Channels != 1 {
		t.Errorf("%+v after the permissions have expired", list[0])
	}
	w.now = w.now.Add(time.Hour)
	if list, _, more := w.engine.Sessions(w.now, 0, 9, nil); len(list) != 0 || more {
		t.Errorf("%d sessions after all have expired", len(list))
	}
}

func TestKillEndsTheSessionThatWasMeant(t *testing.T) {
	w := crowd(t, 2)
	if w.engine.Kill(1, 1, &w.out) || w.engine.Kill(7, 1, &w.out) {
		t.Error("a session that is not there was killed")
	}
	if !w.engine.Kill(1, 2, &w.out) {
		t.Fatal("the session was not killed")
	}
	if got := w.effects(); !strings.Contains(got, "close relay 1") || !strings.Contains(got, "closed: killed") {
		t.Errorf("effects:\n%s", got)
	}
	w.command([]string{"client1", "allocate"})
	w.opened(1, "203.0.113.5:50007")
	if w.engine.Kill(1, 2, &w.out) {
		t.Error("the one that came after it was killed")
	}
}

func TestDrainingRefusesOnlyWhatIsNew(t *testing.T) {
	w := crowd(t, 1)
	late := w.client("late", "udp", "198.51.100.2:4000")
	w.engine.SetDraining(true)
	w.command([]string{"late", "allocate"})
	if got := w.command([]string{"late", "allocate"}); !strings.Contains(got, "508") {
		t.Errorf("a new allocation:\n%s", got)
	}
	if got := w.command([]string{"client0", "refresh"}); !strings.Contains(got, "success") {
		t.Errorf("a refresh:\n%s", got)
	}
	w.engine.SetDraining(false)
	if got := w.command([]string{"late", "allocate"}); !strings.Contains(got, "open relay") {
		t.Errorf("after the end of it, %v:\n%s", late.Remote, got)
	}
}

// Only who has a nonce that was made for its address is reported: a forged source
// must not get somebody else shut out.
func TestFailuresAreReportedOnlyWhereTheSourceIsProven(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.client("a", "udp", "198.51.100.1:4000")
	forged := w.client("forged", "udp", "198.51.100.9:4000")
	w.command([]string{"a", "allocate"})
	forged.nonce = a.nonce
	lines := func(p *person) (n int) {
		for range 20 {
			nonce := p.nonce
			n += strings.Count(w.fromClient(p, w.request(p, stun.Allocate, []string{"password=guess"})), "failed")
			p.nonce = nonce
		}
		return n
	}
	if n := lines(forged); n != 0 {
		t.Errorf("%d lines about a forged source", n)
	}
	if n := lines(a); n != failureBurst {
		t.Errorf("%d lines about 20 failures at once, want %d", n, failureBurst)
	}
	if got := w.engine.Counters().AuthFailures; got != 40 {
		t.Errorf("%d failures counted", got)
	}
	w.now = w.now.Add(3 * time.Second)
	if n := lines(a); n != 3 {
		t.Errorf("%d lines 3 s later, want 3", n)
	}
}
