package signal

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/api"
)

type addr = netip.Addr

func numbered(kind string, seq int, to string) string {
	return fmt.Sprintf(`{"type":%q,"seq":%d,"to":%q,"connection":"c"}`, kind, seq, to)
}

func TestFloodEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		_, annSock := enter(s, "r", "Ann")
		bob, bobSock := enter(s, "r", "Bob")
		for range api.MessageBurst {
			bob.Receive([]byte(`{"type":"ping","received":0}`))
		}
		if _, _, closed := bobSock.isClosed(); closed {
			t.Fatal("a burst at the limit was taken for a flood")
		}
		bob.Receive([]byte(`{"type":"ping","received":0}`))
		wantError(t, bobSock, api.ErrRateLimited, closePolicy)
		wantMessage(t, annSock, "peer-left", "lost")
		if n := s.Counters().Errors[api.ErrRateLimited]; n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}

func TestSteadyRateIsNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, sock := enter(s, "r", "Ann")
		for range 10 * api.MessageBurst {
			ann.Receive([]byte(`{"type":"ping","received":0}`))
			time.Sleep(time.Second / api.MessagesPerSecond)
		}
		if _, _, closed := sock.isClosed(); closed {
			t.Error("the steady rate was taken for a flood")
		}
	})
}

// TestCatchingUpIsNoFlood resumes and sends at once what was numbered during the
// cut, as much as a client may keep.
func TestCatchingUpIsNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, _ := enter(s, "r", "Ann")
		ann.Closed(false)
		time.Sleep(20 * time.Second)
		sock := newRecorder()
		ann = s.Open(sock, testAddr, nil)
		ann.Receive([]byte(helloOf("r", "Ann", resumeAt(0))))
		for i := range api.MaxUnackedMessages {
			ann.Receive(fmt.Appendf(nil, `{"type":"update","seq":%d,"name":"Ann","media":{}}`, i+1))
		}
		if _, _, closed := sock.isClosed(); closed {
			t.Error("catching up was taken for a flood")
		}
	})
}

func TestSlowReaderEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, annSock := enter(s, "r", "Ann")
		_, bobSock := enter(s, "r", "Bob")
		bobSock.next()
		bobSock.room = 2
		to := api.PeerID("r", secretOf("Bob"))
		for i := range 3 {
			ann.Receive([]byte(numbered("reset", i+1, to)))
		}
		wantError(t, bobSock, api.ErrSlowReader, closePolicy)
		wantMessage(t, annSock, "peer-left", "lost")
		ann.Receive([]byte(numbered("reset", 4, to)))
		wantMessage(t, annSock, "peer-unknown", `"re":4`, `"fatal":false`)
	})
}

func TestUnackedMessagesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, annSock := enter(s, "r", "Ann")
		bob, bobSock := enter(s, "r", "Bob")
		bob.Closed(false) // and nobody acknowledges
		to := api.PeerID("r", secretOf("Bob"))
		for i := range api.MaxUnackedMessages + 1 {
			ann.Receive([]byte(numbered("reset", i+1, to)))
			ann.Receive([]byte(`{"type":"ack","received":1}`))
			time.Sleep(50 * time.Millisecond)
		}
		wantMessage(t, annSock, "peer-left", "lost")
		if n := s.Counters().BufferedBytes; n > 4096 {
			t.Errorf("%d bytes are still kept", n)
		}
		_ = bobSock
	})
}

func TestUnackedBytesAreBounded(t *testing.T) {
	for _, total := range []int64{0, 300 << 10} { // of one session; of all
		synctest.Test(t, func(t *testing.T) {
			s := NewServer(Config{BufferedBytesMax: total})
			defer s.Close()
			limit := int64(api.MaxUnackedBytes)
			if total > 0 {
				limit = total
			}
			ann, annSock := enter(s, "r", "Ann")
			enter(s, "r", "Bob")
			sdp := strings.Repeat("a", 60<<10)
			for i := range 20 {
				ann.Receive(fmt.Appendf(nil, `{"type":"offer","seq":%d,"to":%q,"connection":"c","first":true,"sdp":%q,"tracks":[]}`,
					i+1, api.PeerID("r", secretOf("Bob")), sdp))
				if n := s.Counters().BufferedBytes; n > limit {
					t.Fatalf("%d bytes are kept", n)
				}
			}
			wantMessage(t, annSock, "peer-left", "lost")
		})
	}
}

func TestNumbersOfRoomsAndSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{RoomsMax: 3, SessionsMax: 5})
		defer s.Close()
		for i := range 3 {
			enter(s, fmt.Sprint("r", i), "Ann")
		}
		_, sock := enter(s, "r3", "Ann")
		wantError(t, sock, api.ErrServerFull, closeTryAgain)
		enter(s, "r0", "Bob")
		enter(s, "r0", "Cleo")
		_, sock = enter(s, "r0", "Dan")
		wantError(t, sock, api.ErrServerFull, closeTryAgain)
		if c := s.Counters(); c.Rooms != 3 || c.Sessions != 5 {
			t.Errorf("%d rooms, %d sessions", c.Rooms, c.Sessions)
		}
		// A place that becomes free can be had.
		l, _ := enter(s, "r0", "Bob")
		l.Receive([]byte(`{"type":"bye"}`))
		_, sock = enter(s, "r0", "Dan")
		wantMessage(t, sock, "welcome")
	})
}

func TestSessionsOfOneAddressAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{Admit: func(addr) bool { return false }, Release: func(addr) { t.Error("released") }})
		defer s.Close()
		_, sock := enter(s, "r", "Ann")
		wantError(t, sock, api.ErrServerFull, closeTryAgain)
		if c := s.Counters(); c.Rooms != 0 || c.Sessions != 0 {
			t.Errorf("%d rooms, %d sessions", c.Rooms, c.Sessions)
		}
	})
}

// TestStrangersStayOut: neither a guess at a secret nor a peer's public id lets
// anybody take a session over or speak for its peer.
func TestStrangersStayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		_, annSock := enter(s, "r", "Ann")
		bobID := api.PeerID("r", secretOf("Bob"))
		_, bobSock := enter(s, "r", "Bob")
		bobSock.next()
		mallory := newRecorder()
		l := s.Open(mallory, testAddr, nil)
		l.Receive(fmt.Appendf(nil, `{"type":"hello","room":"r","secret":%q,"media":{},"resume":{"received":0}}`, bobID+"000000"))
		wantMessage(t, mallory, "welcome", `"resumed":false`)
		if _, _, closed := bobSock.isClosed(); closed {
			t.Error("a stranger closed a session")
		}
		annSock.next()
		l.Receive(fmt.Appendf(nil, `{"type":"reset","seq":1,"to":%q,"from":%q,"connection":"c"}`, api.PeerID("r", secretOf("Ann")), bobID))
		wantMessage(t, annSock, `"type":"reset"`, `"from":"`+api.PeerID("r", bobID+"000000")+`"`)
		// The same secret in another room is somebody else.
		other, otherSock := enter(s, "q", "Bob")
		otherSock.next()
		other.Receive([]byte(numbered("reset", 1, api.PeerID("r", secretOf("Ann")))))
		wantMessage(t, otherSock, "peer-unknown")
		wantNone(t, annSock, "reset")
	})
}

func TestLogsNameNoRoomAndNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		s := NewServer(Config{Log: textLog(&out)})
		ann, _ := enter(s, "very-secret-room", "Ann")
		enter(s, "very-secret-room", "Bob")
		ann.Closed(false)
		time.Sleep(time.Minute)
		s.Close()
		log := out.String()
		if strings.Contains(log, "very-secret-room") || strings.Contains(log, secretOf("Ann")) {
			t.Errorf("the log tells too much:\n%s", log)
		}
		for _, want := range []string{"session began", "session away", "session ended", "reason=expired", "room=", "peer="} {
			if !strings.Contains(log, want) {
				t.Errorf("the log lacks %q:\n%s", want, log)
			}
		}
	})
}

// TestIdleSessionIsSmall bounds what a session alone in its room costs, without
// its socket.
func TestIdleSessionIsSmall(t *testing.T) {
	s := NewServer(Config{})
	defer s.Close()
	const n = 1000
	rooms := make([]string, n)
	for i := range rooms {
		rooms[i] = fmt.Sprintf("room-%d", i)
	}
	sock := &quiet{}
	before := heapBytes()
	links := make([]*Link, n)
	for i, room := range rooms {
		links[i] = s.Open(sock, testAddr, nil)
		links[i].Receive([]byte(helloOf(room, "Ann", "")))
	}
	each := (heapBytes() - before) / n
	if c := s.Counters(); c.Sessions != n {
		t.Fatalf("%d sessions", c.Sessions)
	}
	t.Logf("%d bytes per idle session", each)
	if each > 2048 {
		t.Errorf("an idle session keeps %d bytes, at most 2048 are meant", each)
	}
}
