package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/edge/stream"
)

// Ctl talks to a running server over its local socket and writes what it answers.
type Ctl struct {
	Config *config.TurnCtl
	Out    io.Writer
}

// NotDone is the error of a request that was right and did not succeed.
type NotDone struct{ Err error }

// Error implements error.
func (f *NotDone) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *NotDone) Unwrap() error { return f.Err }

const (
	ctlTimeout = 30 * time.Second
	// answerBytesMax has room for the longest list of sessions there can be.
	answerBytesMax = 64 << 20
)

// controlPath returns where the socket of a server is.
func controlPath(set, state string) (string, error) {
	const name = "parley-turn.sock"
	if set != "" {
		return set, nil
	}
	dir := state
	if dir == "" {
		dir = os.Getenv("XDG_RUNTIME_DIR")
	}
	if dir == "" {
		dir = stateDir("")
	}
	if dir == "" {
		return "", errors.New("this user has no directory for it")
	}
	return filepath.Join(dir, name), nil
}

// Sessions lists the open allocations.
func (c *Ctl) Sessions(ctx context.Context, o *config.TurnSessions) error {
	query := url.Values{"limit": {strconv.Itoa(o.Limit)}}
	if o.User != "" {
		query.Set("user", o.User)
	}
	var list SessionList
	return c.ask(ctx, http.MethodGet, "/v1/sessions?"+query.Encode(), nil, &list, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, "SESSION\tUSER\tCLIENT\tRELAY\tAGE\tEXPIRES\tPEERS\tSENT\tRECEIVED")
		for _, s := range list.Sessions {
			_, _ = fmt.Fprintf(w, "%s\t%.40q\t%s/%s\t%s\t%s\t%s\t%d\t%s\t%s\n", s.ID, s.User, s.Client, s.Transport, s.Relay,
				time.Duration(s.Age)*time.Second, time.Duration(s.Expires)*time.Second, s.Peers, s.ToPeer, s.ToClient)
		}
		if list.More {
			_, _ = fmt.Fprintln(w, "There are more; see --limit and --user.")
		}
	})
}

// String shows traffic to people.
func (t Traffic) String() string {
	amount, units := float64(t.Bytes), []string{"B", "kB", "MB", "GB", "TB"}
	for amount >= 1000 && len(units) > 1 {
		amount, units = amount/1000, units[1:]
	}
	return fmt.Sprintf("%.3g %s", amount, units[0])
}

// Kill ends sessions.
func (c *Ctl) Kill(ctx context.Context, o *config.TurnKill) error {
	var done Killed
	err := c.ask(ctx, http.MethodPost, "/v1/kill", killRequest{o.Session, o.User, o.All}, &done, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, "Ended:", done.Killed)
	})
	if err == nil && done.Killed < len(o.Session) {
		return &NotDone{fmt.Errorf("%d of %d were not there any more", len(o.Session)-done.Killed, len(o.Session))}
	}
	return err
}

// Drain has the server refuse new allocations and stop when the last one is gone.
func (c *Ctl) Drain(ctx context.Context, o *config.TurnDrain) error {
	var s Stats
	method, body := http.MethodPost, any(drainRequest{int64(o.Deadline.Round(time.Second) / time.Second)})
	if o.Cancel {
		method, body = http.MethodDelete, nil
	}
	return c.ask(ctx, method, "/v1/drain", body, &s, func(w io.Writer) {
		if s.Draining {
			_, _ = fmt.Fprintln(w, "Draining; allocations still open:", s.Allocations)
		} else {
			_, _ = fmt.Fprintln(w, "Not draining.")
		}
	})
}

// Reload has the server read its settings again.
func (c *Ctl) Reload(ctx context.Context) error {
	var done Reloaded
	return c.ask(ctx, http.MethodPost, "/v1/reload", nil, &done, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, "Reloaded.")
		for _, name := range done.Unchanged {
			_, _ = fmt.Fprintf(w, "--%s needs a restart.\n", name)
		}
	})
}

// Stats shows how the server does.
func (c *Ctl) Stats(ctx context.Context) error {
	var s Stats
	return c.ask(ctx, http.MethodGet, "/v1/stats", nil, &s, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "version\t%s\nup for\t%s\ndraining\t%t\nallocations\t%d\nopened\t%d\nTCP and TLS clients\t%d\n",
			s.Version, time.Duration(s.Uptime)*time.Second, s.Draining, s.Allocations, s.Opened, s.Streams)
		_, _ = fmt.Fprintf(w, "relayed to peers\t%s\nrelayed to clients\t%s\nwrong credentials\t%d\n", s.ToPeer, s.ToClient, s.AuthFailed)
		for _, reason := range slices.Sorted(maps.Keys(s.Dropped)) {
			_, _ = fmt.Fprintf(w, "dropped: %s\t%d\n", reason, s.Dropped[reason])
		}
	})
}

// ask sends a request, reads the answer, and shows it as JSON or by show.
func (c *Ctl) ask(ctx context.Context, method, path string, body, into any, show func(io.Writer)) error {
	ctx, cancel := context.WithTimeout(ctx, ctlTimeout)
	defer cancel()
	answer, err := c.exchange(ctx, method, path, body)
	if err != nil {
		return &NotDone{err}
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &NotDone{fmt.Errorf("the server answers what cannot be read: %w", err)}
	}
	if c.Config.JSON {
		_, err := c.Out.Write(answer)
		return err
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	show(table)
	return table.Flush()
}

func (c *Ctl) exchange(ctx context.Context, method, path string, body any) ([]byte, error) {
	socket, err := controlPath(c.Config.Control, c.Config.StateDir)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return nil, err
		}
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return stream.DialLocal(ctx, socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://parley"+path, &content)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; name the socket of a running \"parley turn\" with --control", socket, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		var p problem
		if json.Unmarshal(answer, &p) != nil || p.Error == "" {
			p.Error = "the server answers " + response.Status
		}
		return nil, errors.New(p.Error)
	}
	return answer, nil
}
