package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPeerID(t *testing.T) {
	// The first 12 bytes of SHA-256("parley peer\nblue-room\nAAAAAAAAAAAAAAAAAAAAAA") in base64url.
	if got := PeerID("blue-room", strings.Repeat("A", 22)); got != "8yRLNJmf9LVq4e2z" {
		t.Errorf("PeerID = %q", got)
	}
}

func TestHostRoom(t *testing.T) {
	name := HostRoom(strings.Repeat("A", 22))
	t.Log(name)
	if !IsHostRoom(name) || !ValidRoom(name) {
		t.Errorf("%q has not the form of a host's room", name)
	}
	for _, other := range []string{"", "blue-room", name[1:], name + "a", "l" + name[1:], "abcd-abcd-abcdeabcd", "-bcd-abcd-abcd-abcd"} {
		if IsHostRoom(other) {
			t.Errorf("%q has the form of a host's room", other)
		}
	}
}

// TestRegistry holds the table of client messages against the tags.
func TestRegistry(t *testing.T) {
	for name, blank := range clientMessages {
		msg := blank()
		field, ok := reflect.TypeOf(msg).Elem().FieldByName("Type")
		if !ok {
			t.Fatalf("%T has no Type", msg)
		}
		parts := strings.Split(field.Tag.Get("api"), ",")
		if parts[0] != name || !strings.Contains(field.Tag.Get("api"), ",client") {
			t.Errorf("%q makes a %T with the tag %q", name, msg, field.Tag.Get("api"))
		}
		_, hasSeq := reflect.TypeOf(msg).Elem().FieldByName("Seq")
		if hasSeq != Numbered(name) {
			t.Errorf("%q: has a seq: %v, is numbered: %v", name, hasSeq, Numbered(name))
		}
	}
}

const (
	to   = `"to":"AAAAAAAAAAAAAAAA"`
	conn = `"connection":"c1"`
)

func TestGoodMessages(t *testing.T) {
	secret := `"secret":"` + strings.Repeat("A", 22) + `"`
	for _, raw := range []string{
		`{"type":"hello","room":"a","media":{},` + secret + `}`,
		`{"type":"hello","room":"k3vq-9xwd-mm2t-7hcp","media":{"microphone":true},"name":"Ann 👩‍🔬","resume":{"received":9},"future":[1],` + secret + `}`,
		`{"type":"hello","room":"a","media":{},"host_key":"` + strings.Repeat("k", MaxSecretBytes) + `","password":"` + strings.Repeat("p", MaxPasswordBytes) + `","invite":"` + strings.Repeat("i", MaxInviteBytes) + `","hand":9007199254740991,"recording":true,` + secret + `}`,
		`{"type":"room-settings","seq":1,"locked":true,"lobby":false,"access":"open"}`,
		`{"type":"room-settings","seq":1,"locked":false,"lobby":true,"access":"invited","password":"","returning":["AAAAAAAAAAAAAAAA"]}`,
		`{"type":"moderate","seq":1,"action":"mute"}`,
		`{"type":"moderate","seq":1,"action":"remove","peer":"AAAAAAAAAAAAAAAA"}`,
		`{"type":"moderate","seq":1,"action":"end"}`,
		`{"type":"invite","seq":1,"expires_s":60,"request":"r-_9"}`,
		`{"type":"invite","seq":1,"expires_s":2592000,"request":"r"}`,
		`{"type":"offer","seq":1,` + to + `,` + conn + `,"first":true,"sdp":"v=0","tracks":[{"mid":"0","kind":"screen-audio"}]}`,
		`{"type":"answer","seq":1,` + to + `,` + conn + `,"sdp":"v=0","tracks":null}`,
		`{"type":"candidate","seq":2,` + to + `,` + conn + `,"candidate":"","sdp_mid":"0","sdp_m_line_index":3}`,
		`{"type":"end-of-candidates","seq":3,` + to + `,` + conn + `}`,
		`{"type":"reset","seq":18446744073709551615,` + to + `,` + conn + `}`,
		`{"type":"update","seq":3,"name":" Ann ","media":{}}`,
		` {"type":"bye","reason":"left"} `, `{"type":"ping","received":1}`, `{"type":"pong","received":1}`, `{"type":"ack","received":1}`,
	} {
		msg, _, problem := ParseClient([]byte(raw))
		if problem != nil {
			t.Errorf("%s: %s", raw, problem.Message)
			continue
		}
		if update, ok := msg.(*Update); ok && update.Name != "Ann" {
			t.Errorf("the name is %q", update.Name)
		}
		if answer, ok := msg.(*Answer); ok && answer.Tracks == nil {
			t.Error("the list of tracks is null")
		}
	}
}

func TestBadMessages(t *testing.T) {
	hello := func(room, secret, name string) string {
		raw, _ := json.Marshal(Hello{Type: "hello", Room: room, Secret: secret, Name: name})
		return string(raw)
	}
	secret := strings.Repeat("A", 22)
	for _, test := range []struct {
		raw   string
		code  ErrorCode
		fatal bool
		re    uint64
	}{
		{``, ErrBadMessage, true, 0},
		{`null`, ErrBadMessage, true, 0},
		{`[]`, ErrBadMessage, true, 0},
		{`{"type":"ping"`, ErrBadMessage, true, 0},
		{`{"type":"ping","received":0}{}`, ErrBadMessage, true, 0},
		{strings.Repeat("[", 60000), ErrBadMessage, true, 0},
		{"{\"type\":\"bye\",\"reason\":\"\xff\"}", ErrBadMessage, true, 0},
		{`{"type":7}`, ErrBadMessage, true, 0},
		{`{"type":"ping","received":` + strings.Repeat(" ", MaxMessageBytes) + `0}`, ErrTooLarge, true, 0},
		{`{"type":"reset","seq":-1,` + to + `,` + conn + `}`, ErrBadMessage, true, 0},
		{`{"type":"reset","seq":1.5,` + to + `,` + conn + `}`, ErrBadMessage, true, 0},
		{`{"type":"reset","seq":0,` + to + `,` + conn + `}`, ErrBadMessage, true, 0},
		{`{"type":"welcome"}`, ErrBadMessage, false, 0},
		{`{"type":"wave","seq":4}`, ErrBadMessage, false, 4},
		{`{"type":"ping","received":"x"}`, ErrBadMessage, false, 0},
		{`{"type":"ping","received":-1}`, ErrBadMessage, false, 0},
		{`{"type":"reset","seq":5,"to":"short",` + conn + `}`, ErrBadMessage, false, 5},
		{`{"type":"reset","seq":5,` + to + `,"connection":""}`, ErrBadMessage, false, 5},
		{`{"type":"reset","seq":5,` + to + `,"connection":"` + strings.Repeat("c", MaxConnectionBytes+1) + `"}`, ErrBadMessage, false, 5},
		{`{"type":"offer","seq":6,` + to + `,` + conn + `,"first":true,"sdp":"","tracks":[]}`, ErrBadMessage, false, 6},
		{`{"type":"offer","seq":6,` + to + `,` + conn + `,"first":true,"sdp":"x","tracks":[{"mid":"0","kind":"smell"}]}`, ErrBadMessage, false, 6},
		{`{"type":"offer","seq":6,` + to + `,` + conn + `,"first":true,"sdp":"x","tracks":[` + strings.Repeat(`{"mid":"0","kind":"camera"},`, MaxTracks) + `{"mid":"0","kind":"camera"}]}`, ErrBadMessage, false, 6},
		{`{"type":"candidate","seq":7,` + to + `,` + conn + `,"candidate":"` + strings.Repeat("c", MaxCandidateBytes+1) + `"}`, ErrBadMessage, false, 7},
		{`{"type":"candidate","seq":7,` + to + `,` + conn + `,"candidate":"a\r\nb"}`, ErrBadMessage, false, 7},
		{`{"type":"candidate","seq":7,` + to + `,` + conn + `,"sdp_m_line_index":-1}`, ErrBadMessage, false, 7},
		{`{"type":"update","seq":8,"name":"` + strings.Repeat("ä", MaxNameRunes+1) + `","media":{}}`, ErrBadMessage, false, 8},
		{hello("", secret, ""), ErrBadMessage, false, 0},
		{hello("Room", secret, ""), ErrBadMessage, false, 0},
		{hello("a/b", secret, ""), ErrBadMessage, false, 0},
		{hello(strings.Repeat("a", MaxRoomBytes+1), secret, ""), ErrBadMessage, false, 0},
		{hello("a", secret[1:], ""), ErrBadMessage, false, 0},
		{hello("a", secret+"=", ""), ErrBadMessage, false, 0},
		{hello("a", strings.Repeat("A", MaxSecretBytes+1), ""), ErrBadMessage, false, 0},
		{hello("a", secret, "a\nb"), ErrBadMessage, false, 0},
		{hello("a", secret, "a\u2067b"), ErrBadMessage, false, 0},
	} {
		wantProblem(t, test.raw, test.code, test.fatal, test.re)
	}
}

func wantProblem(t *testing.T, raw string, code ErrorCode, fatal bool, re uint64) {
	t.Helper()
	msg, _, problem := ParseClient([]byte(raw))
	if msg != nil || problem == nil {
		t.Errorf("%.100s was accepted", raw)
		return
	}
	if problem.Code != code || problem.Fatal != fatal || problem.Re != re {
		t.Errorf("%.100s: %+v, want %s, fatal %v, re %d", raw, *problem, code, fatal, re)
	}
}

func TestBadMessagesAboutWhoMayEnter(t *testing.T) {
	door := func(field string) string {
		return `{"type":"hello","room":"a","media":{},"secret":"` + strings.Repeat("A", 22) + `",` + field + `}`
	}
	for _, test := range []struct {
		raw string
		re  uint64
	}{
		{door(`"host_key":"short"`), 0},
		{door(`"host_key":"` + strings.Repeat("=", MinSecretBytes) + `"`), 0},
		{door(`"password":"` + strings.Repeat("p", MaxPasswordBytes+1) + `"`), 0},
		{door(`"password":"a\nb"`), 0},
		{door(`"invite":"` + strings.Repeat("i", MaxInviteBytes+1) + `"`), 0},
		{door(`"hand":9007199254740992`), 0},
		{door(`"hand":-1`), 0},
		{`{"type":"room-settings","seq":9,"locked":true,"lobby":true,"access":"closed"}`, 9},
		{`{"type":"room-settings","seq":9,"locked":true,"lobby":true}`, 9},
		{`{"type":"room-settings","seq":9,"access":"open","password":"` + strings.Repeat("p", MaxPasswordBytes+1) + `"}`, 9},
		{`{"type":"room-settings","seq":9,"access":"open","returning":["nobody"]}`, 9},
		{`{"type":"room-settings","seq":9,"access":"open","returning":[` + strings.Repeat(`"AAAAAAAAAAAAAAAA",`, MaxReturning) + `"AAAAAAAAAAAAAAAA"]}`, 9},
		{`{"type":"moderate","seq":9,"action":"hang","peer":"AAAAAAAAAAAAAAAA"}`, 9},
		{`{"type":"moderate","seq":9,"action":"remove"}`, 9},
		{`{"type":"moderate","seq":9,"action":"make-host"}`, 9},
		{`{"type":"moderate","seq":9,"action":"end","peer":"AAAAAAAAAAAAAAAA"}`, 9},
		{`{"type":"invite","seq":9,"expires_s":59,"request":"r"}`, 9},
		{`{"type":"invite","seq":9,"expires_s":2592001,"request":"r"}`, 9},
		{`{"type":"invite","seq":9,"expires_s":60,"request":""}`, 9},
		{`{"type":"invite","seq":9,"expires_s":60,"request":"a b"}`, 9},
	} {
		wantProblem(t, test.raw, ErrBadMessage, false, test.re)
	}
}

// FuzzParseClient checks that whatever is accepted is within the limits, and that
// accepting it again changes nothing.
func FuzzParseClient(f *testing.F) {
	f.Add([]byte(`{"type":"hello","room":"a","secret":"AAAAAAAAAAAAAAAAAAAAAA","media":{},"name":"Ann","resume":{"received":1}}`))
	f.Add([]byte(`{"type":"offer","seq":1,` + to + `,` + conn + `,"first":true,"sdp":"v=0","tracks":[{"mid":"0","kind":"camera"}]}`))
	f.Add([]byte(`{"type":"candidate","seq":2,` + to + `,` + conn + `,"candidate":"x","sdp_mid":"0","sdp_m_line_index":1}`))
	f.Add([]byte(`{"type":"update","seq":2,"name":"\u202e","media":{"screen":true}}`))
	f.Add([]byte(`{"type":"hello","room":"a","secret":"AAAAAAAAAAAAAAAAAAAAAA","media":{},"host_key":"AAAAAAAAAAAAAAAAAAAAAA","password":"p","invite":"i","hand":1}`))
	f.Add([]byte(`{"type":"room-settings","seq":1,"locked":true,"lobby":true,"access":"invited","password":"p","returning":["AAAAAAAAAAAAAAAA"]}`))
	f.Add([]byte(`{"type":"moderate","seq":1,"action":"remove","peer":"AAAAAAAAAAAAAAAA"}`))
	f.Add([]byte(`{"type":"invite","seq":1,"expires_s":60,"request":"r"}`))
	f.Add([]byte(`{"type":"ack","received":1}`))
	f.Add([]byte("{\"type\":\"bye\",\"reason\":\"\xf0\"}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		msg, seq, problem := ParseClient(raw)
		if (msg == nil) == (problem == nil) {
			t.Fatalf("message %v and problem %v", msg, problem)
		}
		if problem != nil {
			if problem.Message == "" || !utf8.ValidString(problem.Message) || len(problem.Message) > 200 {
				t.Fatalf("the sentence is %q", problem.Message)
			}
			return
		}
		again, err := json.Marshal(msg)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > MaxMessageBytes {
			return // escapes can make it longer
		}
		msg2, seq2, problem := ParseClient(again)
		if problem != nil || seq2 != seq || !reflect.DeepEqual(msg, msg2) {
			t.Fatalf("%s became %+v, then %+v (%v)", raw, msg, msg2, problem)
		}
	})
}
