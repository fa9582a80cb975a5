//go:build linux

package lab

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/browser"
	"github.com/parley-rtc/parley/test/lab/internet"
	"github.com/parley-rtc/parley/test/lab/netns"
)

var update = flag.Bool("update", false, "write docs/nat-grid.md again")

func TestGridDocument(t *testing.T) {
	path := filepath.Join(repository(), "docs/nat-grid.md")
	if *update {
		if err := os.WriteFile(path, []byte(gridDocument()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || string(content) != gridDocument() {
		t.Errorf("docs/nat-grid.md does not say what the lab checks (%v): go test ./test/lab -run TestGridDocument -update", err)
	}
}

// atOnce is how many cells are tried at the same time. More would be slower:
// each has two videos to encode and to decode.
const atOnce = 2

// place is a browser at a client of a site, started when it is first needed.
type place struct {
	kind  internet.Kind
	start func() (*browser.Browser, error)
}

// lessVideo keeps the work of many calls small.
var lessVideo = []string{"--use-fake-device-for-media-stream=fps=10"}

// settle gives a browser a client of its own at the site, until the test ends.
func settle(t *testing.T, s *server, site *internet.Site, kind browser.Kind) *place {
	t.Helper()
	client := site.Client()
	options := browser.Options{Authority: s.authority}
	if kind == browser.Chromium {
		options.Args = lessVideo
	}
	return &place{kind: site.Kind, start: sync.OnceValues(func() (*browser.Browser, error) {
		return browser.Start(t, client.Namespace, kind, options)
	})}
}

func (p *place) enter(room, name string) (*person, error) {
	b, err := p.start()
	if err != nil {
		return nil, err
	}
	return enter(b, p.kind, room, name, "")
}

// TestGrid puts a Chromium behind each kind of network into a call with a
// Firefox behind each kind, and both behind the same one.
func TestGrid(t *testing.T) {
	netns.Require(t)
	i := internet.New(t)
	s := startServer(t, i)
	var columns []*place
	for _, kind := range internet.Kinds {
		columns = append(columns, settle(t, s, i.Site(kind), browser.Firefox))
	}
	for _, kind := range internet.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			site := i.Site(kind)
			row := settle(t, s, site, browser.Chromium)
			limit := make(chan struct{}, atOnce)
			t.Run("with", func(t *testing.T) {
				for n, column := range columns {
					t.Run(string(column.kind), func(t *testing.T) {
						t.Parallel()
						limit <- struct{}{}
						defer func() { <-limit }()
						// The one who comes second makes the offer: both ways are tried.
						if n%2 == 0 {
							tryCell(t, row, column, expect(row.kind, column.kind))
						} else {
							tryCell(t, column, row, expect(row.kind, column.kind))
						}
					})
				}
			})
			t.Run("same-site", func(t *testing.T) {
				tryCell(t, row, settle(t, s, site, browser.Firefox), expectSameSite())
			})
		})
	}
	for n, column := range columns {
		other := columns[(n+3)%len(columns)]
		t.Run(fmt.Sprintf("firefox-firefox/%s-%s", column.kind, other.kind), func(t *testing.T) {
			want := expect(column.kind, other.kind)
			want.OrRelay = column.kind == internet.Restricted || other.kind == internet.Restricted
			tryCell(t, column, other, want)
		})
	}
}

// TestGridChromiumOnly tries two Chromiums where it is hardest: one pair for
// each reason of the table.
func TestGridChromiumOnly(t *testing.T) {
	netns.Require(t)
	i := internet.New(t)
	s := startServer(t, i)
	places := map[internet.Kind]*place{}
	at := func(kind internet.Kind) *place {
		if places[kind] == nil {
			places[kind] = settle(t, s, i.Site(kind), browser.Chromium)
		}
		return places[kind]
	}
	for _, pair := range [][2]internet.Kind{
		{internet.PortRestricted, internet.Restricted},
		{internet.Symmetric, internet.Restricted},
		{internet.Symmetric, internet.PortRestricted},
		{internet.Only443, internet.Symmetric},
		{internet.Only443, internet.UDPBlocked},
		{internet.IPv6Only, internet.DualStack},
		{internet.IPv6Only, internet.Only443},
	} {
		t.Run(fmt.Sprintf("%s-%s", pair[0], pair[1]), func(t *testing.T) {
			tryCell(t, at(pair[0]), at(pair[1]), expect(pair[0], pair[1]))
		})
	}
}

var rooms struct {
	sync.Mutex
	last int
}

func newRoom() string {
	rooms.Lock()
	defer rooms.Unlock()
	rooms.last++
	return fmt.Sprintf("lab-%d", rooms.last)
}

// On a machine with fewer cores than there are videos a browser now and then
// misses its moment. A cell is tried twice, and secondTriesMax bounds how many
// may need that in all: more is no accident.
const secondTriesMax = 5

var secondTries atomic.Int32

// tryCell makes a call from two places and checks media and path on both sides.
func tryCell(t *testing.T, first, second *place, want Expected) {
	t.Helper()
	err := tryOnce(t, first, second, want)
	if err == nil {
		return
	}
	t.Logf("SECOND TRY, because: %v", err)
	if n := secondTries.Add(1); n > secondTriesMax {
		t.Errorf("%d cells needed a second try", n)
	}
	if err := tryOnce(t, first, second, want); err != nil {
		t.Errorf("%v\nbecause %s", err, want.Reason)
	}
}

func tryOnce(t *testing.T, first, second *place, want Expected) (err error) {
	room := newRoom()
	began := time.Now()
	both, err := meet(
		func() (*person, error) { return first.enter(room, "Ann") },
		func() (*person, error) { return second.enter(room, "Ben") },
	)
	defer func() { part(t, both, err != nil) }()
	if err != nil {
		return err
	}
	reports, err := settleOn(both[0], both[1], want)
	if err != nil {
		return err
	}
	t.Logf("after %v %s: %v", time.Since(began).Round(time.Millisecond), both[0].name, reports[0])
	t.Logf("%s: %v", both[1].name, reports[1])
	// What people are told must be what is so.
	for _, p := range both {
		badge := fmt.Sprintf("document.querySelector('[data-overall]')?.dataset.overall === '%s'", Expected{Direct: isDirect(reports)})
		if err := p.WaitFor(nil, badge, 10*time.Second); err != nil {
			return fmt.Errorf("%s: the badge of the app: %w", p.name, err)
		}
	}
	return nil
}

// settleOn waits until the media takes the path expected. ICE may begin with a
// dearer one and change.
func settleOn(a, b *person, want Expected) (last [2]report, err error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); <-tick.C {
		for i, p := range []*person{a, b} {
			all, err := p.reports()
			if err != nil {
				return last, fmt.Errorf("%s: %w", p.name, err)
			}
			last[i] = report{}
			if len(all) == 1 { // while one connection replaces another there may be none or two
				last[i] = all[0]
			}
		}
		if fits(last, a.kind, b.kind, want) {
			return last, nil
		}
	}
	return last, fmt.Errorf("not on the path that can exist (%s):\n%s: %v\n%s: %v", want, a.name, last[0], b.name, last[1])
}

// fits tells whether the selected pairs are the cheapest: of a relay, that it is
// reached by the cheapest protocol too.
func fits(reports [2]report, a, b internet.Kind, want Expected) bool {
	for i, kind := range []internet.Kind{a, b} {
		local, remote := reports[i].Local, reports[i].Remote
		if local == nil || remote == nil || local.Protocol != "udp" {
			return false
		}
		if local.Type == "relay" && !slices.Contains(relayProtocols(kind), local.RelayProtocol) {
			return false
		}
	}
	direct := isDirect(reports)
	return direct == want.Direct || want.OrRelay && !direct
}

func isDirect(reports [2]report) bool {
	for _, r := range reports {
		if r.Local.relayed() || r.Remote.relayed() {
			return false
		}
	}
	return true
}

// onlyRelay leaves of the server's ICE servers those whose URL begins so.
const onlyRelay = `
lab.configure = (configuration) => ({
	...configuration,
	iceTransportPolicy: 'relay',
	iceServers: configuration.iceServers
		.map((s) => ({ ...s, urls: [s.urls].flat().filter((url) => url.startsWith(%q) && url.endsWith(%q)) }))
		.filter((s) => s.urls.length > 0),
});`

// Each way to the relay works on its own in each browser: also those that the
// grid's networks never make the cheapest.
func TestEachWayToTheRelay(t *testing.T) {
	netns.Require(t)
	i := internet.New(t)
	s := startServer(t, i)
	for _, kind := range []browser.Kind{browser.Chromium, browser.Firefox} {
		b := settle(t, s, i.Site(internet.PortRestricted), kind)
		for _, way := range []struct{ protocol, scheme, transport string }{
			{"udp", "turn:", "udp"}, {"tcp", "turn:", "tcp"}, {"tls", "turns:", "tcp"},
		} {
			t.Run(fmt.Sprintf("%s/%s", kind, way.protocol), func(t *testing.T) {
				program, err := b.start()
				if err != nil {
					t.Fatal(err)
				}
				room, restriction := newRoom(), fmt.Sprintf(onlyRelay, way.scheme, "transport="+way.transport)
				come := func(name string) func() (*person, error) {
					return func() (*person, error) { return enter(program, b.kind, room, name, restriction) }
				}
				ann, _ := twoPeople(t, come("Ann"), come("Ben"))
				all, err := ann.reports()
				if err != nil || len(all) != 1 || all[0].Local == nil {
					t.Fatalf("%v, %v, want one connection", all, err)
				}
				if local := all[0].Local; local.Type != "relay" || local.RelayProtocol != way.protocol {
					t.Errorf("the path begins at %v, want a relay reached by %s", local, way.protocol)
				}
			})
		}
	}
}
