package room

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/api"
)

var update = flag.Bool("update", false, "write the transcripts anew")

var eventNames = map[string]EventKind{"join": Join, "leave": Leave, "away": Away, "back": Back, "update": Update}

var effectNames = map[EffectKind]string{
	Welcomed: "welcomed", Refused: "refused", Joined: "joined", Updated: "updated",
	WentAway: "away", CameBack: "back", Left: "left",
}

// TestTranscripts plays testdata/*.txt: lines with "> " are events, what follows
// are their effects.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, want)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(got, want) {
				t.Errorf("the transcript differs; got:\n%s", got)
			}
		})
	}
}

func play(t *testing.T, script []byte) []byte {
	r := New(4)
	var b bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") || line == "" {
			fmt.Fprintln(&b, line)
			continue
		}
		event, ok := strings.CutPrefix(line, "> ")
		if !ok {
			continue
		}
		fmt.Fprintln(&b, line)
		for _, e := range r.Apply(parseEvent(t, event), nil) {
			fmt.Fprintln(&b, formatEffect(&r, e))
		}
	}
	return b.Bytes()
}

// parseEvent reads "join PEER NAME [mic] [cam] [screen]", "leave PEER REASON" and
// the like.
func parseEvent(t *testing.T, line string) Event {
	words := strings.Fields(line)
	kind, ok := eventNames[words[0]]
	if !ok || len(words) < 2 {
		t.Fatalf("bad event %q", line)
	}
	ev := Event{Kind: kind, Peer: words[1]}
	for i, w := range words[2:] {
		switch {
		case w == "mic":
			ev.Media.Microphone = true
		case w == "cam":
			ev.Media.Camera = true
		case w == "screen":
			ev.Media.Screen = true
		case i == 0 && kind == Leave:
			ev.Reason = w
		default:
			ev.Name = w
		}
	}
	return ev
}

func formatEffect(r *Room, e Effect) string {
	s := fmt.Sprintf("  %s: %s", e.To, effectNames[e.Kind])
	switch e.Kind {
	case Welcomed:
		for _, p := range r.Peers(e.To) {
			s += " [" + formatPeer(p) + "]"
		}
	case Joined, Updated:
		s += " " + formatPeer(e.Peer)
	case WentAway, CameBack:
		s += " " + e.Peer.ID
	case Left:
		s += " " + e.Peer.ID + " " + e.Reason
	}
	return s
}

func formatPeer(p api.Peer) string {
	s := p.ID + " " + p.Name
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{p.Media.Microphone, "mic"}, {p.Media.Camera, "cam"}, {p.Media.Screen, "screen"},
		{p.Away, "away"}, {p.Polite, "polite"}, {p.Initiate, "initiate"},
	} {
		if flag.on {
			s += " " + flag.name
		}
	}
	return s
}

// TestWhatIsToldIsWhatIs lets random events happen and keeps for each member the
// list that it would have from what it was told; it must be the room's.
func TestWhatIsToldIsWhatIs(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := New(4)
		told := map[string]map[string]api.Peer{}
		for range 200 {
			ev := Event{
				Kind: EventKind(rng.IntN(5)), Peer: string(rune('a' + rng.IntN(6))), Reason: "bye",
				Name: string(rune('A' + rng.IntN(3))), Media: api.MediaState{Camera: rng.IntN(2) == 0},
			}
			if ev.Kind == Leave || ev.Kind == Join {
				delete(told, ev.Peer)
			}
			for _, e := range r.Apply(ev, nil) {
				tell(told, &r, e)
			}
			compare(t, seed, told, &r)
		}
	}
}

func tell(told map[string]map[string]api.Peer, r *Room, e Effect) {
	switch e.Kind {
	case Welcomed:
		told[e.To] = map[string]api.Peer{}
		for _, p := range r.Peers(e.To) {
			told[e.To][p.ID] = p
		}
	case Left:
		delete(told[e.To], e.Peer.ID)
	case Joined, Updated, WentAway, CameBack:
		told[e.To][e.Peer.ID] = e.Peer
	}
}

func compare(t *testing.T, seed uint64, told map[string]map[string]api.Peer, r *Room) {
	if len(told) != r.Len() {
		t.Fatalf("seed %d: %d were told to be in, the room has %d", seed, len(told), r.Len())
	}
	for id, peers := range told {
		is := r.Peers(id)
		if len(is) != len(peers) {
			t.Fatalf("seed %d: %s was told of %d, there are %d", seed, id, len(peers), len(is))
		}
		for _, p := range is {
			if peers[p.ID] != p {
				t.Fatalf("seed %d: %s was told %+v, it is %+v", seed, id, peers[p.ID], p)
			}
		}
	}
}
