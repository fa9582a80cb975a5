package turn

import (
	"encoding/hex"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

var update = flag.Bool("update", false, "write what the engine does into testdata/*.txt")

// TestTranscripts runs testdata/*.txt: a line "$ command" is carried out, and
// the lines behind it are what the engine is to do. testdata/README.md has the
// commands.
func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if again := play(t, string(want)); again != got {
				t.Errorf("a second run went otherwise:\n%s", again)
			}
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, string(want), got)
		})
	}
}

func compare(t *testing.T, want, got string) {
	t.Helper()
	wantLines, gotLines := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		var a, b string
		if i < len(wantLines) {
			a = wantLines[i]
		}
		if i < len(gotLines) {
			b = gotLines[i]
		}
		if a != b {
			t.Fatalf("line %d:\nwant %s\ngot  %s\n(-update takes over what the engine does)", i+1, a, b)
		}
	}
}

// play runs a transcript and returns it with what the engine really did.
func play(t *testing.T, text string) string {
	var s strings.Builder
	w := newWorld(t, Config{})
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "$ "):
			s.WriteString(line + "\n")
			words := strings.Fields(line[2:])
			if words[0] == "config" {
				w = newWorld(t, parseConfig(t, words[1:]))
				continue
			}
			s.WriteString(w.command(words))
		case line == "" || line[0] == '#':
			s.WriteString(line + "\n")
		}
	}
	return s.String()
}

func parseConfig(t *testing.T, words []string) Config {
	ledger := newBook()
	cfg := Config{Ledger: ledger}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(value)
		switch name {
		case "allow":
			cfg.Policy.Allow = append(cfg.Policy.Allow, netip.MustParsePrefix(value))
		case "deny":
			cfg.Policy.Deny = append(cfg.Policy.Deny, netip.MustParsePrefix(value))
		case "software":
			cfg.Software = value
		case "families":
			cfg.Families = []Family{map[int]Family{4: IPv4, 6: IPv6}[number]}
		case "max-allocations":
			cfg.MaxAllocations = number
		case "max-per-user":
			cfg.MaxAllocationsPerUser = number
		case "max-permissions":
			cfg.MaxPermissions = number
		case "max-connections":
			cfg.MaxConnections = number
		case "max-channels":
			cfg.MaxChannels = number
		case "max-lookups":
			cfg.MaxLookups = number
		case "bytes-per-second":
			cfg.Rates.Allocation = int64(number)
		case "user-bytes-per-second":
			cfg.Rates.User = int64(number)
		case "dont-fragment":
			cfg.Extensions.DontFragment = true
		case "alternate": // ADDRESS or ADDRESS/NAME
			address, domain, _ := strings.Cut(value, "/")
			cfg.Extensions.Alternates = append(cfg.Extensions.Alternates, Alternate{netip.MustParseAddrPort(address), domain})
		case "mobility":
			cfg.Extensions.Mobility = true
		case "total":
			ledger.total = number
		case "reply-burst":
			cfg.ReplyBurst = number
		case "replies-per-second":
			cfg.RepliesPerSecond = number
		default:
			t.Fatalf("no such setting: %s", word)
		}
	}
	return cfg
}

// command carries out one line of a transcript.
func (w *world) command(words []string) string {
	switch words[0] {
	case "client":
		w.client(words[1], words[2], words[3])
		return ""
	case "advance":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			w.t.Fatal(err)
		}
		w.now = w.now.Add(d)
		w.engine.Advance(w.now, &w.out)
		return w.effects()
	case "later": // the clock goes on, but Advance is not called yet
		d, _ := time.ParseDuration(words[1])
		w.now = w.now.Add(d)
		return ""
	case "deadline":
		if w.engine.NextDeadline() == 0 {
			return "never\n"
		}
		return fmt.Sprintf("in %v\n", w.engine.NextDeadline().Sub(w.now))
	case "expire":
		w.users.expired[words[1]] = true
		return ""
	case "left":
		w.users.left[words[1]], _ = time.ParseDuration(words[2])
		return ""
	case "former": // a password that still holds after it was changed
		w.users.former[words[1]] = words[2]
		return ""
	case "elsewhere": // the authenticator does not know the user, but others may
		w.users.elsewhere[words[1]] = true
		return ""
	case "looked-up":
		return w.lookedUp(words[1], words[2:])
	case "offer":
		w.users.offer.set(words[1:])
		return ""
	case "list":
		w.users.listed = append(w.users.listed, words[1:]...)
		return ""
	case "relay": // another relay of this server: bound and advertised address
		w.relays[netip.MustParseAddrPort(words[1])] = netip.MustParseAddrPort(words[2])
		return ""
	}
	if effects, ok := w.relayCommand(words); ok {
		return effects
	}
	if effects, ok := w.tcpCommand(words); ok {
		return effects
	}
	p := w.people[words[0]]
	if p == nil {
		w.t.Fatalf("no such command or client: %s", words[0])
	}
	return w.clientCommand(p, words[1], words[2:])
}

func (o *Offer) set(words []string) {
	*o = Offer{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "sha256":
			o.SHA256 = true
		case "anonymity":
			o.Anonymity = true
		case "tokens":
			o.TokensFor = value
		}
	}
}

func relayID(s string) RelayID {
	n, _ := strconv.Atoi(s)
	return RelayID(n)
}

var methods = map[string]stun.Method{
	"binding": stun.Binding, "allocate": stun.Allocate, "refresh": stun.Refresh,
	"permit": stun.CreatePermission, "bind": stun.ChannelBind, "connect": stun.Connect,
	"bind-connection": stun.ConnectionBind,
}

func (w *world) clientCommand(p *person, verb string, args []string) string {
	if m, ok := methods[verb]; ok {
		if m == stun.Binding {
			args = append(args, "anonymous")
		}
		return w.fromClient(p, w.request(p, m, args))
	}
	switch verb {
	case "send":
		b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{11: 99})
		for _, arg := range args {
			w.attribute(&b, arg)
		}
		return w.fromClient(p, b.Finish())
	case "channel":
		n, _ := strconv.ParseUint(args[0], 0, 16)
		return w.fromClient(p, channelData(uint16(n), strings.Join(args[1:], " ")))
	case "raw":
		b, err := hex.DecodeString(strings.Join(args, ""))
		if err != nil {
			w.t.Fatal(err)
		}
		return w.fromClient(p, b)
	case "closed":
		w.engine.HandleClientClosed(w.now, p.Client, &w.out)
		return w.effects()
	case "moves": // the same person behind another port, with the nonce it has
		p.Remote = netip.MustParseAddrPort(args[0])
		return ""
	}
	w.t.Fatalf("no such verb: %s", verb)
	return ""
}

func channelData(number uint16, data string) []byte {
	b := []byte{byte(number >> 8), byte(number), byte(len(data) >> 8), byte(len(data))}
	return append(b, data...)
}
