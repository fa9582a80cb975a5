package shell

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/client/files"
	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/term"
)

// sending is one run of parley send.
type sending struct {
	cfg    *config.Send
	host   Host
	board  *term.Board
	offers []*files.Offer
	bytes  int64
	share  *files.Share
	told   map[string]bool // deliveries that were told of
	served map[string]bool // receivers that have everything
	// Name of a receiver -> offers that have arrived there. A page that is loaded again
	// comes back as another peer, which does not ask for what it has.
	has map[string]map[string]bool
}

// Send offers files in a room until ctx ends, or with Once until somebody has all
// of them.
func Send(ctx context.Context, cfg *config.Send, host Host) error {
	s := &sending{cfg: cfg, host: host, board: term.NewBoard(host.Out), told: map[string]bool{}, served: map[string]bool{}, has: map[string]map[string]bool{}}
	if cfg.Room != "" && !api.ValidRoom(cfg.Room) {
		return fmt.Errorf("--room %q: a room's name has 1 to %d of the characters a-z, 0-9 and -", cfg.Room, api.MaxRoomBytes)
	}
	hostKey, room := "", cfg.Room
	if room == "" {
		hostKey = randomKey()
		room = api.HostRoom(hostKey)
	}
	var err error
	s.offers, err = files.Collect(cfg.Files, transferID(room), func(name string) {
		_, _ = fmt.Fprintf(host.Err, "Left out, since it is neither a file nor a folder: %s\n", name)
	})
	if err != nil {
		return &Failure{err}
	}
	for _, o := range s.offers {
		s.bytes += o.Bytes
	}
	server, err := findServer(ctx, cfg.Server)
	if err != nil {
		return err
	}
	link := server.JoinPath("r", room).String()
	options := client.Options{
		Name: callerName(cfg.Caller), Client: "parley-send/" + host.Version, Password: cfg.Password, HostKey: hostKey,
		TLS:    trust(server, cfg.Insecure, host),
		Events: client.Events{PeerJoined: s.joined, PeerLeft: s.left, StateChange: s.state, Waiting: s.waiting},
	}
	call, err := join(ctx, link, options)
	if err != nil {
		return err
	}
	defer call.Leave()
	if s.share, err = files.Open(call, files.Options{}); err != nil {
		return &Failure{err}
	}
	defer s.share.Close()
	s.share.Offer(s.offers)
	s.invite(link)
	return s.serve(ctx, call)
}

func randomKey() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// transferID names a file in a room, so that a receiver goes on where it was when
// the same file is sent there again. The room's name is the secret in it.
func transferID(room string) func(key string) string {
	return func(key string) string {
		sum := sha256.Sum256([]byte("parley transfer\n" + room + "\n" + key))
		return base64.RawURLEncoding.EncodeToString(sum[:16])
	}
}

func (s *sending) invite(link string) {
	what := s.offers[0].Name
	if len(s.offers) > 1 {
		what = fmt.Sprintf("%d files", len(s.offers))
	}
	_, _ = fmt.Fprintf(s.host.Out, "\n  %s, %s, for whoever opens this link:\n\n  %s\n\n", what, term.Bytes(float64(s.bytes)), link)
	term.WriteQR(s.host.Out, link)
	_, _ = fmt.Fprintf(s.host.Out, "  From a shell: parley get %s\n  Ctrl-C ends it.\n\n", link)
}

func (s *sending) serve(ctx context.Context, call *client.Call) error {
	tick := time.NewTicker(showEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-call.Done():
			return &Failure{call.Err()}
		case now := <-tick.C:
			if s.show(now); s.cfg.Once && len(s.served) > 0 {
				return nil
			}
		}
	}
}

// show tells how far everybody is.
func (s *sending) show(now time.Time) {
	receivers := map[string]*term.Row{}
	var order []string
	for _, d := range s.share.Deliveries() {
		row := receivers[d.Peer]
		if row == nil {
			row = &term.Row{Key: d.Peer, Name: nameOf(d.PeerName)}
			receivers[d.Peer] = row
			order = append(order, d.Peer)
		}
		row.Total += d.Offer.Bytes
		row.Done += d.Sent
		if d.State == files.Paused {
			row.Note = "paused"
		}
		s.tell(d)
	}
	rows := make([]term.Row, 0, len(order))
	for _, peer := range order {
		row := receivers[peer]
		if len(s.has[row.Name]) == len(s.offers) {
			row.Final, row.Note = true, fmt.Sprintf("has everything, %s", term.Bytes(float64(s.bytes)))
			s.served[peer] = true
		}
		rows = append(rows, *row)
	}
	s.board.Show(now, rows)
}

// tell writes a line for each file that has arrived, or will not.
func (s *sending) tell(d files.Delivery) {
	key := d.Peer + d.Offer.ID + d.State
	if s.told[key] || d.State != files.Delivered && d.State != files.Stopped {
		return
	}
	s.told[key] = true
	name := d.Offer.Name
	if d.Offer.Path != "" {
		name = filepath.FromSlash(d.Offer.Path)
	}
	switch {
	case d.State == files.Delivered:
		receiver := nameOf(d.PeerName)
		if s.has[receiver] == nil {
			s.has[receiver] = map[string]bool{}
		}
		s.has[receiver][d.Offer.ID] = true
		s.board.Line("%s has %s, SHA-256 %s", receiver, name, d.SHA256)
	case d.Problem != nil:
		s.board.Line("%s did not get %s: %s", nameOf(d.PeerName), name, d.Problem.Message)
	default:
		s.board.Line("%s does not want %s", nameOf(d.PeerName), name)
	}
}

func nameOf(peer string) string {
	if peer = printable(peer); peer == "" {
		return "Somebody"
	}
	return peer
}

func (s *sending) joined(p client.Peer) { s.board.Line("%s is here", nameOf(p.Name)) }

func (s *sending) left(p client.Peer, _ string) { s.board.Line("%s has left", nameOf(p.Name)) }

func (s *sending) waiting() { s.board.Line("A host of the room has to let us in.") }

func (s *sending) state(state client.State) {
	if state == client.StateReconnecting {
		s.board.Line("The server is gone for the moment; what is under way goes on.")
	}
}

// printable makes what others wrote safe for a terminal.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, text))
}
