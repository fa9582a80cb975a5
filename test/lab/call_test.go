//go:build linux

package lab

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/browser"
	"github.com/parley-rtc/parley/test/lab/internet"
)

//go:embed hook.js
var hook string

// relayed tells whether a candidate is on the relay. Which it is the other side
// may not know: to it the candidate may be peer-reflexive, even without address.
func (c *candidate) relayed() bool {
	return c.Type == "relay" || c.Address == internet.ServerIPv4.String() || c.Address == internet.ServerIPv6.String()
}

// report is what a browser says of one RTCPeerConnection (see hook.js).
type report struct {
	State         string
	Local, Remote *candidate
	Frames        int
	Freezes       int
	Energy        float64
	AudioPackets  int
	Bytes         int
}

type candidate struct {
	Type, Protocol, RelayProtocol, Address string
	Port                                   int
}

func (c *candidate) String() string {
	if c == nil {
		return "none"
	}
	return strings.TrimSpace(fmt.Sprintf("%s/%s %s:%d %s", c.Type, c.Protocol, c.Address, c.Port, c.RelayProtocol))
}

func (r report) String() string {
	return fmt.Sprintf("%s [%s -> %s] frames %d, audio energy %.3g in %d packets",
		r.State, r.Local, r.Remote, r.Frames, r.Energy, r.AudioPackets)
}

// person is somebody in a room.
type person struct {
	*browser.Page
	name string
	kind internet.Kind
}

// enter opens the room in a browser of a client and joins at once.
func enter(b *browser.Browser, kind internet.Kind, room, name, more string) (*person, error) {
	page, err := b.Open(fmt.Sprintf("https://%s/r/%s?name=%s&join", internet.ServerName, room, name), hook+more)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &person{Page: page, name: name, kind: kind}, nil
}

// reports asks for all open connections of a person.
func (p *person) reports() ([]report, error) {
	var reports []report
	err := p.Evaluate(&reports, "lab.report()")
	return reports, err
}

// seesPeople waits until media of n other people arrives.
func (p *person) seesPeople(n int, within time.Duration) ([]report, error) {
	const condition = `lab.report().then(all => {
		const good = all.filter(r => r.frames >= 3 && r.audioPackets > 0 && r.energy > 0);
		return good.length >= %d && good;
	})`
	var reports []report
	err := p.WaitFor(&reports, fmt.Sprintf(condition, n), within)
	if err != nil {
		now, _ := p.reports()
		return nil, fmt.Errorf("%s: %w; now %v", p.name, err, now)
	}
	return reports, nil
}

// tells describes a person for the log of a failed test.
func (p *person) tells() string {
	var text string
	_ = p.Evaluate(&text, "document.title + ' | ' + location.href")
	var state json.RawMessage
	_ = p.Evaluate(&state, "lab.report()")
	var events []string
	_ = p.Evaluate(&events, "lab.events")
	// The last moments at which media came in.
	var growth json.RawMessage
	_ = p.Evaluate(&growth, "lab.growth && Object.fromEntries(Object.entries(lab.growth).map(([what, times]) => "+
		"[what, times.slice(-100).map((t) => Math.round(t - lab.mark))]))")
	return fmt.Sprintf("%s: %s\n%s\n%s\n%s\nmilliseconds, who, what:\n%s\n", p.name, text, state, growth,
		strings.Join(p.Console(), "\n"), strings.Join(events, "\n"))
}

// twoPeople puts two people into a room and waits for media both ways. Their
// pages are closed with the test.
func twoPeople(t *testing.T, first, second func() (*person, error)) (a, b *person) {
	t.Helper()
	both, err := meet(first, second)
	t.Cleanup(func() { part(t, both, t.Failed()) })
	if err != nil {
		t.Fatal(err)
	}
	return both[0], both[1]
}

// meet lets two people come, one after the other, and waits until each sees the
// other. It returns those who came also with an error.
func meet(first, second func() (*person, error)) (both []*person, err error) {
	for _, come := range []func() (*person, error){first, second} {
		p, err := come()
		if err != nil {
			return both, err
		}
		both = append(both, p)
	}
	for _, p := range both {
		if _, err := p.seesPeople(1, mediaDeadline); err != nil {
			return both, err
		}
	}
	return both, nil
}

// part closes the pages, and keeps their logs if something went wrong.
func part(t *testing.T, people []*person, wrong bool) {
	for _, p := range people {
		if wrong {
			keepLog(t, p.name+".log", p.tells())
		}
	}
	for _, p := range people {
		_ = p.Close()
	}
}

// mediaDeadline is for the first frames on a busy machine.
const mediaDeadline = 30 * time.Second
