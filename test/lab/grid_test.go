//go:build linux

package lab

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
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

// place is a browser at a client of a site.
type place struct {
	kind    internet.Kind
	site    *internet.Site
	browser *browser.Browser
}

// lessVideo keeps the work of many calls small.
var lessVideo = []string{"--use-fake-device-for-media-stream=fps=10"}

func settle(t *testing.T, s *server, site *internet.Site, kind browser.Kind) *place {
	t.Helper()
	options := browser.Options{Authority: s.authority}
	if kind == browser.Chromium {
		options.Args = lessVideo
	}
	return &place{kind: site.Kind, site: site, browser: browser.Launch(t, site.Client().Namespace, kind, options)}
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
			tryCell(t, column, other, expect(column.kind, other.kind))
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

// tryCell makes a call from two places and checks media and path on both sides.
func tryCell(t *testing.T, first, second *place, want Expected) {
	t.Helper()
	room := newRoom()
	began := time.Now()
	a, b := twoPeople(t,
		func() (*person, error) { return enter(first.browser, first.kind, room, "Ann", "") },
		func() (*person, error) { return enter(second.browser, second.kind, room, "Ben", "") },
	)
	defer b.Close()
	defer a.Close()
	for _, p := range []*person{a, b} {
		got, err := p.settlesOn(want)
		if err != nil {
			t.Fatalf("%v\nbecause %s", err, want.Reason)
		}
		t.Logf("%s: %v after %v", p.name, got, time.Since(began).Round(time.Millisecond))
	}
}

// settlesOn waits until the media takes the path expected. ICE may begin with a
// dearer one and change.
func (p *person) settlesOn(want Expected) (report, error) {
	var last []report
	deadline := time.Now().Add(15 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; time.Now().Before(deadline); <-tick.C {
		all, err := p.reports()
		if err != nil {
			return report{}, fmt.Errorf("%s: %w", p.name, err)
		}
		last = all
		if len(all) == 1 && p.fits(all[0], want) {
			return all[0], nil
		}
	}
	return report{}, fmt.Errorf("%s is not on the path that can exist (%s): %v", p.name, want, last)
}

// fits tells whether the selected pair is the cheapest: of a relay, that it is
// reached by the cheapest protocol too.
func (p *person) fits(r report, want Expected) bool {
	if r.path() != want.String() {
		return false
	}
	if r.path() == "direct" {
		return r.Local.Protocol == "udp" && r.Remote.Protocol == "udp"
	}
	return r.Local.Type != "relay" || r.Local.RelayProtocol == relayProtocol(p.kind)
}
