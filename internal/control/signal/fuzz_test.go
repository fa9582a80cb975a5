package signal

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/parley-rtc/parley/api"
)

// noErrors is a log that fails the test on an error: a panic that was recovered.
type noErrors struct {
	slog.Handler
	t testing.TB
}

func (n noErrors) Enabled(context.Context, slog.Level) bool { return true }

func (n noErrors) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		r.Attrs(func(a slog.Attr) bool { n.t.Log(a); return true })
		n.t.Error(r.Message)
	}
	return nil
}

// FuzzConversation lets a client say one line after another, in a room with
// somebody else, whose messages must stay readable and in order.
func FuzzConversation(f *testing.F) {
	ann := api.PeerID("r", secretOf("Ann"))
	f.Add([]byte(helloOf("r", "Eve", "") + "\n" + numbered("reset", 1, ann) + "\n" + `{"type":"bye"}`))
	f.Add([]byte(helloOf("r", "Ann", resumeAt(1)) + "\n" + `{"type":"update","seq":1,"name":"x","media":{}}`))
	f.Add([]byte(helloOf("r", "Eve", resumeAt(9)) + "\n" + helloOf("r", "Eve", "")))
	f.Add([]byte(helloOf("r", "Eve", "") + "\n" + `{"type":"ping","received":0}` + "\n" + `{"type":"pong","received":99}`))
	f.Add([]byte(helloOf("r", "Eve", "") + "\n" + `{"type":"offer","seq":1,"to":"` + ann + `","connection":"c","sdp":"\u2028","tracks":[]}`))
	// Ann is host, since she was there first.
	lobby := `{"type":"room-settings","seq":1,"locked":false,"lobby":true,"access":"invited","password":"p","returning":["` + ann + `"]}`
	f.Add([]byte(helloOf("r", "Ann", resumeAt(0)) + "\n" + lobby + "\n" + `{"type":"invite","seq":2,"expires_s":60,"request":"a"}`))
	f.Add([]byte(helloOf("r", "Ann", "") + "\n" + lobby + "\n" + `{"type":"moderate","seq":2,"action":"end"}`))
	f.Add([]byte(helloOf("r", "Eve", `,"host_key":"AAAAAAAAAAAAAAAAAAAAAA","hand":1,"recording":true`) + "\n" + `{"type":"moderate","seq":1,"action":"remove","peer":"` + ann + `"}`))
	f.Add([]byte(helloOf("r", "Eve", `,"password":"x","invite":"eyJhbGciOiJub25lIn0.e30."`) + "\n" + `{"type":"moderate","seq":1,"action":"make-host","peer":"` + ann + `"}`))
	f.Add([]byte(helloOf("r", "Eve", "") + "\n" + `{"type":"update","seq":1,"name":"","media":{},"hand":true,"recording":true}` + "\n" + `{"type":"update","seq":2,"name":"","media":{}}`))
	f.Fuzz(func(t *testing.T, script []byte) {
		s := NewServer(Config{Log: slog.New(noErrors{slog.DiscardHandler, t})})
		defer s.Close()
		m := &model{t: t, server: s, name: "Ann", unacked: map[uint64][]byte{}}
		m.connect()
		for m.deliverUp() || m.deliverDown() {
		}
		sock := newRecorder()
		l := s.Open(sock, testAddr, nil)
		for line := range bytes.SplitSeq(script, []byte("\n")) {
			l.Receive(line)
		}
		l.Closed(false)
		for {
			msg, ok := m.wire.one()
			if !ok {
				break
			}
			if bytes.Contains([]byte(msg), []byte(`"code":"replaced"`)) {
				return // the script knows Ann's secret
			}
			m.handle([]byte(msg))
		}
	})
}

// anything is a message of any kind that a host or a member could send.
func anything(rng *rand.Rand, seq int, peer string) string {
	switch rng.IntN(8) {
	case 0:
		return fmt.Sprintf(`{"type":"room-settings","seq":%d,"locked":%v,"lobby":%v,"access":"open"}`, seq, rng.IntN(8) == 0, rng.IntN(2) == 0)
	case 1:
		actions := []string{"admit", "deny", "mute", "lower-hand", "remove", "make-host"}
		return fmt.Sprintf(`{"type":"moderate","seq":%d,"action":%q,"peer":%q}`, seq, actions[rng.IntN(len(actions))], peer)
	case 2:
		return fmt.Sprintf(`{"type":"moderate","seq":%d,"action":%q}`, seq, []string{"admit", "deny", "end"}[rng.IntN(3)])
	case 3:
		return fmt.Sprintf(`{"type":"update","seq":%d,"name":"x","media":{},"hand":%v,"recording":false}`, seq, rng.IntN(2) == 0)
	}
	return numbered("reset", seq, peer)
}

// TestManyAtOnce lets goroutines enter, talk, resume and leave in the same few
// rooms at the same time. The race detector watches; in the end nothing is left.
func TestManyAtOnce(t *testing.T) {
	s := NewServer(Config{Log: slog.New(noErrors{slog.DiscardHandler, t})})
	var wg sync.WaitGroup
	for worker := range uint64(8) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(worker, 5))
			for range 300 {
				room := fmt.Sprint("r", rng.IntN(4))
				name := fmt.Sprint("p", rng.IntN(6))
				resume := ""
				if rng.IntN(2) == 0 {
					resume = resumeAt(0)
				}
				l := s.Open(newRecorder(), testAddr, nil)
				l.Receive([]byte(helloOf(room, name, resume)))
				for seq := range rng.IntN(20) {
					l.Receive([]byte(anything(rng, seq+1, api.PeerID(room, secretOf(fmt.Sprint("p", rng.IntN(6)))))))
				}
				if rng.IntN(2) == 0 {
					l.Receive([]byte(`{"type":"bye"}`))
				}
				l.Closed(false)
			}
		})
	}
	wg.Wait()
	s.Close()
	if c := s.Counters(); c.Rooms != 0 || c.Sessions != 0 || c.BufferedBytes != 0 {
		t.Errorf("left over: %+v", c)
	}
}
