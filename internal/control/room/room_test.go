package room

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/transcript"
)

var eventNames = map[string]EventKind{
	"join": Join, "leave": Leave, "away": Away, "back": Back, "update": Update, "make-host": MakeHost,
	"lower-hand": LowerHand, "set": Set, "knock": Knock, "knock-gone": KnockGone,
}

var effectNames = map[EffectKind]string{
	Welcomed: "welcomed", Refused: "refused", Joined: "joined", Updated: "updated",
	WentAway: "away", CameBack: "back", Left: "left", RoleChanged: "role", SettingsChanged: "settings",
	Knocked: "knock", KnockEnded: "knock-gone",
}

// TestTranscripts plays testdata/*.txt: the steps are events, what follows are
// their effects. "owned" makes the room one that belongs to a key.
func TestTranscripts(t *testing.T) {
	transcript.Run(t, func(t *testing.T, play func(func(string) []string)) {
		r := New(4, false)
		play(func(step string) (effects []string) {
			if step == "owned" {
				r = New(4, true)
				return nil
			}
			for _, e := range r.Apply(parseEvent(t, step), nil) {
				effects = append(effects, formatEffect(&r, e))
			}
			return effects
		})
	})
}

// parseEvent reads "join PEER NAME [mic] [cam] [screen] [hand=N] [rec] [owner] [key=K]",
// "leave PEER REASON", "set PEER [locked] [lobby] [invited] [password]" and the like.
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
		case w == "rec":
			ev.Recording = true
		case w == "owner":
			ev.Owner = true
		case strings.HasPrefix(w, "hand="):
			ev.Hand, _ = strconv.ParseUint(w[len("hand="):], 10, 64)
		case strings.HasPrefix(w, "key="):
			ev.Key = &KeyHash{w[len("key=")]}
		case kind == Set:
			parseSetting(&ev, w)
		case i == 0 && kind == Leave:
			ev.Reason = w
		default:
			ev.Name = w
		}
	}
	return ev
}

func parseSetting(ev *Event, word string) {
	switch word {
	case "locked":
		ev.Settings.Locked = true
	case "lobby":
		ev.Settings.Lobby = true
	case "password":
		ev.Settings.Password, ev.PasswordChanged = true, true
	default:
		ev.Settings.Access = word
	}
}

func formatEffect(r *Room, e Effect) string {
	s := fmt.Sprintf("%s: %s", e.To, effectNames[e.Kind])
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
	case RoleChanged:
		s += " " + e.Peer.Role
	case SettingsChanged:
		s += fmt.Sprintf(" by %s %+v", e.By, r.Settings())
	case Knocked, KnockEnded:
		s += " " + e.Peer.ID + " " + e.Peer.Name
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
		{p.Away, "away"}, {p.Polite, "polite"}, {p.Initiate, "initiate"}, {p.Role == roleHost, "host"}, {p.Recording, "rec"},
		{p.Hand > 0, fmt.Sprint("hand=", p.Hand)},
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
		r := New(4, seed%2 == 0)
		told := map[string]*belief{}
		for range 200 {
			ev := Event{
				Kind: EventKind(rng.IntN(10)), Peer: string(rune('a' + rng.IntN(6))), Reason: "bye",
				Name: string(rune('A' + rng.IntN(3))), Media: api.MediaState{Camera: rng.IntN(2) == 0},
				Hand: uint64(rng.IntN(2) * (1 + rng.IntN(1000))), Owner: rng.IntN(4) == 0, Key: &KeyHash{byte(rng.IntN(3))},
				Settings: api.RoomSettings{Lobby: rng.IntN(2) == 0, Access: accessOpen},
			}
			if ev.Kind == Leave || ev.Kind == Join {
				delete(told, ev.Peer)
			}
			if own := told[ev.Peer]; own != nil && ev.Kind == LowerHand || own != nil && ev.Kind == Update && ev.Hand == 0 {
				own.hand = 0 // it knows by itself
			}
			for _, e := range r.Apply(ev, nil) {
				tell(told, &r, ev, e)
			}
			compare(t, seed, told, &r)
			sound(t, seed, &r)
		}
	}
}

// belief is what a member would know from what it was told.
type belief struct {
	peers    map[string]api.Peer
	role     string
	hand     uint64
	settings api.RoomSettings
	knocks   map[string]bool // of a host
}

func tell(told map[string]*belief, r *Room, ev Event, e Effect) {
	b := told[e.To]
	switch e.Kind {
	case Welcomed:
		b = &belief{map[string]api.Peer{}, r.Role(e.To), r.Hand(e.To), r.Settings(), map[string]bool{}}
		told[e.To] = b
		for _, p := range r.Peers(e.To) {
			b.peers[p.ID] = p
		}
		for _, k := range r.Knocks() {
			b.knocks[k.ID] = true
		}
	case Left:
		delete(b.peers, e.Peer.ID)
	case Updated, Joined, WentAway, CameBack:
		if e.Peer.ID == e.To {
			b.hand = e.Peer.Hand
		} else {
			b.peers[e.Peer.ID] = e.Peer
		}
	case RoleChanged:
		b.role, b.knocks = e.Peer.Role, map[string]bool{}
	case SettingsChanged:
		b.settings = ev.Settings
	case Knocked:
		b.knocks[e.Peer.ID] = true
	case KnockEnded:
		delete(b.knocks, e.Peer.ID)
	}
}

func compare(t *testing.T, seed uint64, told map[string]*belief, r *Room) {
	if len(told) != r.Len() {
		t.Fatalf("seed %d: %d were told to be in, the room has %d", seed, len(told), r.Len())
	}
	for id, b := range told {
		is, peers := r.Peers(id), b.peers
		if b.role != r.Role(id) || b.hand != r.Hand(id) || b.settings != r.Settings() {
			t.Fatalf("seed %d: %s believes %+v", seed, id, b)
		}
		if r.IsHost(id) && len(b.knocks) != len(r.Knocks()) {
			t.Fatalf("seed %d: %s knows of %v, there are %v", seed, id, b.knocks, r.Knocks())
		}
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

// sound checks what must hold in every room.
func sound(t *testing.T, seed uint64, r *Room) {
	hands := map[uint64]bool{}
	hosts := 0
	for _, m := range r.members {
		if m.host {
			hosts++
		}
		if m.hand > 0 && hands[m.hand] {
			t.Fatalf("seed %d: two hands have the number %d", seed, m.hand)
		}
		hands[m.hand] = true
	}
	// In an empty room whose host's key is remembered, coming first makes no host.
	if !r.door.owned && len(r.members) > 0 && hosts == 0 && len(r.door.known().keys) == 0 {
		t.Fatalf("seed %d: nobody is host", seed)
	}
	if len(r.Knocks()) > api.MaxKnocks || len(r.door.known().keys) > keysMax {
		t.Fatalf("seed %d: %d knocks, %d keys", seed, len(r.Knocks()), len(r.door.known().keys))
	}
}
