//go:build linux

package lab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/browser"
	"github.com/parley-rtc/parley/test/lab/internet"
	"github.com/parley-rtc/parley/test/lab/netns"
)

const (
	// What people are promised.
	backWithin = 3 * time.Second // media, after a change of network
	knowWithin = 5 * time.Second // that somebody is gone
	// noGap is the longest time without a new frame that is still no gap on a
	// machine where two videos are coded by two cores.
	noGap = 2 * time.Second
)

// guest is a browser of its own at a client of its own, in a call.
type guest struct {
	*person
	client  *internet.Client
	browser *browser.Browser
	before  string // route at the mark
}

// arrive brings a new person with a new browser into the room.
func arrive(t *testing.T, s *server, kind browser.Kind, room, name string) *guest {
	t.Helper()
	client := s.internet.Site(internet.Open).Client()
	b := browser.Launch(t, client.Namespace, kind, browser.Options{Authority: s.authority})
	p, err := enter(b, internet.Open, room, name, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			keepLog(t, name+".log", p.tells())
		}
	})
	return &guest{person: p, client: client, browser: b}
}

// pair brings Ann with one browser and Ben with another into a call, whose
// frames both watch from now on.
func pair(t *testing.T, s *server, ann, ben browser.Kind) (a, b *guest) {
	t.Helper()
	return pairIn(t, s, newRoom(), ann, ben)
}

func pairIn(t *testing.T, s *server, room string, ann, ben browser.Kind) (a, b *guest) {
	t.Helper()
	a, b = arrive(t, s, ann, room, "Ann"), arrive(t, s, ben, room, "Ben")
	for _, g := range []*guest{a, b} {
		if _, err := g.seesPeople(1, mediaDeadline); err != nil {
			t.Fatal(err)
		}
		g.do(t, nil, "lab.watch()")
		// The first seconds of a call are rough on a busy machine.
		g.await(t, "media comes steadily", "lab.steadyAfter('bytes', performance.now() - 2000) === 0", mediaDeadline)
	}
	return a, b
}

func (g *guest) do(t *testing.T, result any, expression string) {
	t.Helper()
	if err := g.Evaluate(result, expression); err != nil {
		t.Fatalf("%s: %v", g.name, err)
	}
}

func (g *guest) await(t *testing.T, what, expression string, within time.Duration) {
	t.Helper()
	if err := g.WaitFor(nil, expression, within); err != nil {
		t.Fatalf("%s: %s: %v", g.name, what, err)
	}
}

// mark remembers this moment on the page's own clock, and the path.
func (g *guest) mark(t *testing.T) {
	t.Helper()
	g.do(t, nil, "lab.begin()")
	g.before = g.route(t)
}

// route names the one connection's candidates.
func (g *guest) route(t *testing.T) string {
	t.Helper()
	all, err := g.reports()
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: %v, %v, want one connection", g.name, all, err)
	}
	return fmt.Sprint(all[0].Local, all[0].Remote)
}

// unbroken fails the test if since the mark the frames stopped coming, the
// connection was replaced, or its path was.
func (g *guest) unbroken(t *testing.T) {
	t.Helper()
	var seen struct {
		GapMs       float64
		Connections int
	}
	g.do(t, &seen, "({gapMs: lab.longestGap('frames', lab.mark), connections: lab.connections.filter((pc) => pc.localDescription).length})")
	if gap := time.Duration(seen.GapMs * float64(time.Millisecond)); gap > noGap {
		t.Errorf("%s: no frame for %v", g.name, gap)
	}
	if seen.Connections != 1 {
		t.Errorf("%s has made %d connections, want one that goes on", g.name, seen.Connections)
	}
	if now := g.route(t); now != g.before {
		t.Errorf("%s: media goes over %s, before over %s", g.name, now, g.before)
	}
	t.Logf("%s: longest time between frames %.0f ms", g.name, seen.GapMs)
}

// Parts of the app's page.
const (
	otherTile    = `document.querySelector('figure.tile:not(.self)')`
	reconnecting = `!!document.querySelector('figure.tile.self .tile-chip')`
	openChat     = `document.querySelector('#chat-text') || document.querySelector('[data-control=chat]').click()`
	chatTexts    = `[...document.querySelectorAll('.chat-text')].map((e) => e.textContent)`
)

func (g *guest) say(t *testing.T, text string) {
	t.Helper()
	g.do(t, nil, fmt.Sprintf(`(() => {
		const field = document.querySelector('#chat-text');
		field.value = %q;
		field.dispatchEvent(new InputEvent('input', { bubbles: true }));
		field.form.requestSubmit();
	})()`, text))
}

func (g *guest) toggleMicrophone(t *testing.T) {
	t.Helper()
	g.do(t, nil, `document.querySelector('[data-control=microphone]').click()`)
}

// cutSignaling drops what goes to and from the server's TCP port.
const cutSignaling = `
table inet cut {
	chain input { type filter hook input priority filter; tcp dport 443 drop; }
	chain output { type filter hook output priority filter; tcp sport 443 drop; }
}`

// The signaling socket is dead for 20 s, without anybody being told. Media and
// chat go on, and what was to be signaled meanwhile arrives afterwards.
func TestSignalingCutFor20Seconds(t *testing.T) {
	netns.Require(t)
	s := startServer(t, internet.New(t))
	a, b := pair(t, s, browser.Chromium, browser.Firefox)
	for _, g := range []*guest{a, b} {
		g.do(t, nil, openChat)
		g.await(t, "the chat is open", `!!document.querySelector('#chat-text')`, 5*time.Second)
		g.mark(t)
	}
	var said []string
	s.internet.Server.Nft(cutSignaling)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for n := range 20 {
		<-second.C
		for _, g := range []*guest{a, b} {
			text := fmt.Sprintf("%s %d", g.name, n)
			g.say(t, text)
			said = append(said, text)
		}
		if n == 10 {
			a.toggleMicrophone(t)
		}
	}
	a.await(t, "says that it reconnects", reconnecting, time.Second)
	b.await(t, "says that it reconnects", reconnecting, time.Second)
	s.internet.Server.Nft("delete table inet cut\n")
	for _, g := range []*guest{a, b} {
		g.await(t, "is connected again", "!("+reconnecting+")", 10*time.Second)
		g.unbroken(t)
	}
	b.await(t, "learns that Ann has muted herself", `!!`+otherTile+`.querySelector('.tile-muted')`, 5*time.Second)
	for _, g := range []*guest{a, b} {
		g.await(t, "has all messages", fmt.Sprintf("%s.length >= %d", chatTexts, len(said)), 5*time.Second)
		var texts []string
		g.do(t, &texts, chatTexts)
		checkChat(t, g.name, texts, said)
	}
	if began := strings.Count(s.log.String(), `msg="session began"`); began != 2 {
		t.Errorf("%d sessions began, want 2: both resume", began)
	}
}

// checkChat wants each message once, and those of one person in order.
func checkChat(t *testing.T, reader string, got, said []string) {
	t.Helper()
	for _, author := range []string{"Ann", "Ben"} {
		of := func(all []string) (own []string) {
			for _, text := range all {
				if strings.HasPrefix(text, author+" ") {
					own = append(own, text)
				}
			}
			return own
		}
		if !slices.Equal(of(got), of(said)) {
			t.Errorf("%s has of %s:\n%q\nwant\n%q", reader, author, of(got), of(said))
		}
	}
}

// The server is killed and started again. The call goes on, and a third person
// finds both.
func TestServerRestartedDuringACall(t *testing.T) {
	netns.Require(t)
	s := startServer(t, internet.New(t))
	room := newRoom()
	a, b := pairIn(t, s, room, browser.Chromium, browser.Firefox)
	a.mark(t)
	b.mark(t)
	s.kill()
	for _, g := range []*guest{a, b} {
		g.await(t, "notices that the server is gone", reconnecting, 20*time.Second)
	}
	s.start()
	for _, g := range []*guest{a, b} {
		g.await(t, "finds the server again", "!("+reconnecting+")", 20*time.Second)
		g.unbroken(t)
	}
	c := arrive(t, s, browser.Chromium, room, "Cleo")
	for _, g := range []*guest{c, a, b} {
		if _, err := g.seesPeople(2, mediaDeadline); err != nil {
			t.Fatal(err)
		}
		var tiles int
		g.do(t, &tiles, `document.querySelectorAll('figure.tile:not(.self)').length`)
		if tiles != 2 {
			t.Errorf("%s sees %d other people, want 2", g.name, tiles)
		}
	}
}

// The network of one side is exchanged for another: the old address goes, a new
// one comes. Media is back on both sides without a click.
func TestNetworkOfOneSideChanges(t *testing.T) {
	netns.Require(t)
	for _, mover := range []browser.Kind{browser.Chromium, browser.Firefox} {
		t.Run(string(mover), func(t *testing.T) {
			s := startServer(t, internet.New(t))
			a, b := pair(t, s, mover, otherThan(mover))
			a.mark(t)
			b.mark(t)
			a.client.Move()
			for _, g := range []*guest{a, b} {
				// A gap that has not begun yet would look like none.
				g.await(t, "frames stop or go on", "performance.now() - lab.mark > 1000", 5*time.Second)
				var tookMs float64
				if err := g.WaitFor(&tookMs, "lab.steadyAfter('bytes', lab.mark)", mediaDeadline); err != nil {
					t.Fatalf("%s: media does not come back: %v", g.name, err)
				}
				took := time.Duration(tookMs * float64(time.Millisecond)).Round(time.Millisecond)
				var gapMs float64
				g.do(t, &gapMs, "lab.longestGap('bytes', lab.mark)")
				t.Logf("%s: media back after %v, longest time without any %.0f ms", g.name, took, gapMs)
				if took > backWithin {
					t.Errorf("%s: media was back after %v, want within %v", g.name, took, backWithin)
				}
			}
			a.movedTo(t, a.client.IPv4.String())
			for _, g := range []*guest{a, b} {
				g.await(t, "sees the other move again", "lab.growth.frames.at(-1) > performance.now() - 1000", mediaDeadline)
			}
		})
	}
}

// movedTo fails the test if the call does not go over the address.
func (g *guest) movedTo(t *testing.T, address string) {
	t.Helper()
	g.await(t, "the call goes over "+address, fmt.Sprintf(
		`lab.report().then(all => all.some(r => r.local?.address === %q))`, address), 5*time.Second)
}

func otherThan(kind browser.Kind) browser.Kind {
	if kind == browser.Chromium {
		return browser.Firefox
	}
	return browser.Chromium
}

// Somebody is gone without a word. The other side is told so.
func TestOtherSideKnowsThatSomebodyIsGone(t *testing.T) {
	netns.Require(t)
	for name, c := range map[string]struct {
		kind browser.Kind
		end  func(*guest) error
	}{
		"chromium killed":      {browser.Chromium, func(g *guest) error { return g.browser.Kill() }},
		"firefox killed":       {browser.Firefox, func(g *guest) error { return g.browser.Kill() }},
		"chromium tab crashed": {browser.Chromium, func(g *guest) error { return g.Crash() }},
		"chromium unplugged":   {browser.Chromium, (*guest).unplug},
		"firefox unplugged":    {browser.Firefox, (*guest).unplug},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, internet.New(t))
			a, b := pair(t, s, c.kind, otherThan(c.kind))
			const known = `(tile => !tile || !!tile.querySelector('.tile-chip'))(` + otherTile + `)`
			b.await(t, "sees Ann", "!("+known+")", 5*time.Second)
			if err := c.end(a); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			b.await(t, "is told that Ann is gone", known, 2*knowWithin)
			took := time.Since(began).Round(time.Millisecond)
			t.Logf("known after %v", took)
			if took > knowWithin {
				t.Errorf("known after %v, want within %v", took, knowWithin)
			}
		})
	}
}

// unplug takes the cable out at the far end: nothing is refused or reset, and
// the host itself sees its link go.
func (g *guest) unplug() error {
	g.client.IP("link set eth0 down")
	return nil
}
