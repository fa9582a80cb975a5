package shell

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/client/files"
	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/term"
)

const (
	// Files that are received at once.
	atOnce = 3
	// After the last file, how long to see whether more is offered.
	settleTime = 2 * time.Second
)

// queued is the state of a file before any of [files.Share.Receive].
const queued = "queued"

// getting is one run of parley get.
type getting struct {
	cfg   *config.Get
	board *term.Board
	share *files.Share
	root  *os.Root
	slots chan struct{}

	mu       sync.Mutex
	known    map[string]*download
	order    []string
	failures []error
	quietAt  time.Time // since when nothing has happened
}

// download is one file.
type download struct {
	row   term.Row
	state string
	over  bool
	group *files.Group
}

// Get takes everything that is offered in a room.
func Get(ctx context.Context, cfg *config.Get, host Host) error {
	link, invite, err := splitLink(cfg.Link)
	if err != nil {
		return err
	}
	if cfg.Wait <= 0 {
		return errors.New("--wait must be longer than nothing, such as 1m")
	}
	if _, _, err := client.ParseRoomURL(link.String()); err != nil {
		return err
	}
	g := &getting{cfg: cfg, board: term.NewBoard(host.Out), slots: make(chan struct{}, atOnce), known: map[string]*download{}}
	if err := os.MkdirAll(cfg.Output, 0o777); err != nil {
		return &Failure{err}
	}
	if g.root, err = os.OpenRoot(cfg.Output); err != nil {
		return &Failure{err}
	}
	defer func() { _ = g.root.Close() }()
	call, err := join(ctx, link.String(), client.Options{
		Name: callerName(cfg.Caller), Client: "parley-get/" + host.Version, Password: cfg.Password, Invite: invite,
		TLS:    trust(link, cfg.Insecure, host),
		Events: client.Events{Waiting: func() { g.board.Line("A host of the room has to let us in.") }},
	})
	if err != nil {
		return err
	}
	defer call.Leave()
	if g.share, err = files.Open(call, files.Options{}); err != nil {
		return &Failure{err}
	}
	defer g.share.Close()
	return g.run(ctx, call)
}

// splitLink takes the invite out of a link.
func splitLink(text string) (link *url.URL, invite string, err error) {
	link, err = url.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, "", fmt.Errorf("%q is not the link of a call", text)
	}
	for part := range strings.SplitSeq(link.Fragment, "&") {
		if value, ok := strings.CutPrefix(part, "invite="); ok {
			invite = value
		}
	}
	link.Fragment, link.RawFragment, link.RawQuery = "", "", ""
	return link, invite, nil
}

// run receives until there is nothing more to be had.
func (g *getting) run(ctx context.Context, call *client.Call) error {
	ctx, cancel := context.WithCancel(ctx)
	var receiving sync.WaitGroup
	defer receiving.Wait()
	defer cancel()
	tick := time.NewTicker(showEvery)
	defer tick.Stop()
	g.quietAt = time.Now()
	g.board.Line("Waiting for somebody who sends files …")
	for {
		select {
		case <-ctx.Done():
			return failure("interrupted; the same command goes on where this one was")
		case <-call.Done():
			return &Failure{call.Err()}
		case now := <-tick.C:
			for _, in := range g.share.Incoming() {
				if d := g.begin(in, now); d != nil {
					receiving.Go(func() { g.receive(ctx, in, d) })
				}
			}
			over, err := g.look(now)
			if over || err != nil {
				return err
			}
		}
	}
}

// begin takes note of an offer; nil if it is known.
func (g *getting) begin(in files.Incoming, now time.Time) *download {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known[in.ID] != nil || in.From == "" {
		return nil
	}
	name := printable(in.Name)
	if in.Path != "" {
		name = printable(in.Path)
	}
	d := &download{row: term.Row{Key: in.ID, Name: name, Total: in.Bytes}, state: queued, group: in.Group}
	g.known[in.ID] = d
	g.order = append(g.order, in.ID)
	g.quietAt = now
	return d
}

func (g *getting) receive(ctx context.Context, in files.Incoming, d *download) {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-g.slots }()
	result, err := g.share.Receive(ctx, in.ID, g.root, func(state string, n int64) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if d.row.Done != n || d.state != state {
			g.quietAt = time.Now()
		}
		d.state, d.row.Done = state, n
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.quietAt = time.Now()
	if ctx.Err() != nil && err != nil {
		return
	}
	d.over = true
	if err != nil {
		d.row.Note = "failed: " + err.Error()
		g.failures = append(g.failures, err)
		return
	}
	d.row.Done = result.Bytes
	d.row.Name = filepath.Join(g.cfg.Output, filepath.FromSlash(result.Name))
	d.row.Note = fmt.Sprintf("%s, SHA-256 %s%s", term.Bytes(float64(result.Bytes)), result.SHA256, proof(result))
}

// proof says how the content of a file was checked.
func proof(r *files.Result) string {
	text := ""
	switch {
	case r.Stated:
		text = ", as the sender states"
	case r.Matched:
		text = ", piece by piece as the sender has it"
	default:
		text = ", each piece verified"
	}
	if r.Existed {
		text += "; it was here already"
	}
	return text
}

// look shows how far everything is, and says whether it is over.
func (g *getting) look(now time.Time) (over bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rows := make([]term.Row, 0, len(g.order))
	groups, started := map[string]int{}, map[string]int{}
	open, away := 0, 0
	for _, id := range g.order {
		d := g.known[id]
		row := d.row
		switch {
		case d.over:
			row.Final = true
		case d.state == files.Waiting:
			row.Note = "the sender is away"
			away++
		case d.state != files.Receiving:
			row.Note = map[string]string{files.Verifying: "looking at what is here", files.Asking: "comparing"}[d.state]
		}
		if !d.over {
			open++
		}
		if d.group != nil {
			groups[d.group.ID] = d.group.Files
			started[d.group.ID]++
		}
		if d.over || d.state != queued {
			rows = append(rows, row)
		}
	}
	g.board.Show(now, rows)
	quiet := now.Sub(g.quietAt)
	incomplete := false
	for id, count := range groups {
		incomplete = incomplete || started[id] < count
	}
	switch {
	case len(g.order) == 0 && quiet > g.cfg.Wait:
		return true, failure("nobody offered a file within %s", g.cfg.Wait)
	case open > 0 && away > 0 && quiet > g.cfg.Wait:
		return true, failure("the sender has left; the same command goes on where this one was")
	case open > 0 || len(g.order) == 0 || quiet < settleTime:
		return false, nil
	case incomplete && quiet < g.cfg.Wait:
		return false, nil
	case len(g.failures) == 1:
		return true, failure("one of %d files was not received: %w", len(g.order), g.failures[0])
	case len(g.failures) > 1:
		return true, failure("%d of %d files were not received", len(g.failures), len(g.order))
	case incomplete:
		return true, failure("not all files of the folder were offered")
	}
	return true, nil
}
