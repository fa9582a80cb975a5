package signal

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/api"
)

// answerPings lets a client answer every ping for a while.
func answerPings(l *Link, sock *recorder, received *uint64, d time.Duration) (others []string) {
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		synctest.Wait()
		for _, msg := range sock.next() {
			if msg[:14] == `{"type":"ping"` {
				l.Receive([]byte(`{"type":"pong","received":0}`))
				continue
			}
			others = append(others, msg)
		}
	}
	return others
}

// TestSilentPeerIsAwayWithin5s lets a peer fall silent at any moment of the ping
// cycle.
func TestSilentPeerIsAwayWithin5s(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 3))
			s := NewServer(Config{})
			defer s.Close()
			ann, annSock := enter(s, "r", "Ann")
			time.Sleep(time.Duration(rng.IntN(15_000)) * time.Millisecond)
			bob, bobSock := enter(s, "r", "Bob")
			var zero uint64
			alive := time.Duration(rng.IntN(7_000)) * time.Millisecond
			for until := time.Now().Add(alive); time.Now().Before(until); {
				answerPings(ann, annSock, &zero, 10*time.Millisecond)
				answerPings(bob, bobSock, &zero, 10*time.Millisecond)
			}
			silent := time.Now()
			for {
				for _, msg := range answerPings(ann, annSock, &zero, 10*time.Millisecond) {
					if msg[:19] == `{"type":"peer-away"` {
						if d := time.Since(silent); d > 5*time.Second {
							t.Errorf("seed %d: away after %v", seed, d)
						}
						return
					}
				}
				if time.Since(silent) > 10*time.Second {
					t.Fatalf("seed %d: never away", seed)
				}
			}
		})
	}
}

func TestSessionEnds30sAfterItsSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, annSock := enter(s, "r", "Ann")
		bob, _ := enter(s, "r", "Bob")
		bob.Closed(false)
		var zero uint64
		for _, msg := range answerPings(ann, annSock, &zero, 29900*time.Millisecond) {
			if msg[:19] == `{"type":"peer-left"` {
				t.Fatal("left before its time")
			}
		}
		annSock.next()
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		wantMessage(t, annSock, "peer-left", "lost")
		if n := s.Counters().Sessions; n != 1 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestSessionEndsSoonAfterItsPageWasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		_, annSock := enter(s, "r", "Ann")
		bob, _ := enter(s, "r", "Bob")
		annSock.next()
		bob.Closed(true)
		wantMessage(t, annSock, "peer-away", "")
		time.Sleep(goingAwayLife - 100*time.Millisecond)
		synctest.Wait()
		if n := s.Counters().Sessions; n != 2 {
			t.Fatalf("%d sessions before its time", n)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if n := s.Counters().Sessions; n != 1 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestResumeAfter20s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		ann, annSock := enter(s, "r", "Ann")
		bob, _ := enter(s, "r", "Bob")
		bob.Closed(false)
		to := api.PeerID("r", secretOf("Bob"))
		for i := range 300 {
			ann.Receive([]byte(numbered("reset", i+1, to)))
		}
		var zero uint64
		answerPings(ann, annSock, &zero, 20*time.Second)
		sock := newRecorder()
		s.Open(sock, testAddr, nil).Receive([]byte(helloOf("r", "Bob", resumeAt(0))))
		msgs := sock.next()
		if len(msgs) != 301 {
			t.Fatalf("%d messages after the resume, want the welcome and 300", len(msgs))
		}
		for i, msg := range msgs[1:] {
			if want := string(template{[]byte(`{"type":"reset","seq":`), []byte(`,`)}.stamp(uint64(i + 1))); msg[:len(want)] != want {
				t.Fatalf("message %d is %s", i+1, msg)
			}
		}
		wantMessage(t, annSock, "peer-back")
	})
}

func TestEverythingIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		admitted := 0
		s := NewServer(Config{
			Admit:   func(addr) bool { admitted++; return true },
			Release: func(addr) { admitted-- },
		})
		defer s.Close()
		for i := range 50 {
			ann, _ := enter(s, "r", "Ann")
			bob, _ := enter(s, "r", "Bob")
			ann.Receive([]byte(numbered("reset", 1, api.PeerID("r", secretOf("Bob")))))
			if i%2 == 0 {
				ann.Closed(false)
			}
			bob.Receive([]byte(`{"type":"bye"}`))
			bob.Closed(false)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		c := s.Counters()
		if c.Rooms != 0 || c.Sessions != 0 || c.BufferedBytes != 0 || admitted != 0 {
			t.Errorf("left over: %d rooms, %d sessions, %d bytes, %d admitted", c.Rooms, c.Sessions, c.BufferedBytes, admitted)
		}
		for _, sh := range s.shards {
			if len(sh.halls) != 0 || len(sh.agenda) != 0 {
				t.Errorf("a shard still has %d rooms and %d deadlines", len(sh.halls), len(sh.agenda))
			}
		}
	})
}
