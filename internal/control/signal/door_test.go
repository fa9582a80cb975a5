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

// lobbyOf returns a room with a host and, before it, a lobby.
func lobbyOf(t *testing.T, s *Server) (host *Link, sock *recorder) {
	t.Helper()
	host, sock = enter(s, "r", "Host")
	host.Receive([]byte(`{"type":"room-settings","seq":1,"locked":false,"lobby":true,"access":"open"}`))
	wantMessage(t, sock, `"type":"settings"`, `"lobby":true`)
	return host, sock
}

func TestKnocksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		_, hostSock := lobbyOf(t, s)
		var socks []*recorder
		for i := range api.MaxKnocks + 10 {
			_, sock := enter(s, "r", fmt.Sprintf("P%02dx", i))
			socks = append(socks, sock)
		}
		for _, sock := range socks[:api.MaxKnocks] {
			wantMessage(t, sock, `"type":"waiting"`)
		}
		for _, sock := range socks[api.MaxKnocks:] {
			wantError(t, sock, api.ErrRateLimited, closePolicy)
		}
		// Places do not come back faster than knocks are taken.
		time.Sleep(2 * knockEvery)
		_, sock := enter(s, "r", "Late")
		wantError(t, sock, api.ErrRoomFull, closePolicy)
		if n := len(hostSock.next()); n > api.MaxKnocks+2 {
			t.Errorf("the host got %d messages", n)
		}
	})
}

// TestKnockFlood knocks and goes, again and again: the host hears of a bounded
// number and stays.
func TestKnockFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		_, hostSock := lobbyOf(t, s)
		for i := range 10 * api.MaxUnackedMessages {
			eve, _ := enter(s, "r", fmt.Sprintf("E%03dx", i%1000))
			eve.Receive([]byte(`{"type":"bye"}`))
			eve.Closed(false)
		}
		if n := len(hostSock.next()); n > 2*api.MaxKnocks {
			t.Errorf("the host got %d messages", n)
		}
		if _, _, closed := hostSock.isClosed(); closed {
			t.Error("the host was thrown out")
		}
		if n := s.Counters().Sessions; n != 1 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestWhoWaitsCountsAndIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		admitted := 0
		s := NewServer(Config{
			SessionsMax: 3,
			Admit:       func(addr) bool { admitted++; return true },
			Release:     func(addr) { admitted-- },
		})
		defer s.Close()
		host, hostSock := lobbyOf(t, s)
		cleo, cleoSock := enter(s, "r", "Cleo")
		_, danSock := enter(s, "r", "Dan")
		_, eveSock := enter(s, "r", "Eve")
		wantError(t, eveSock, api.ErrServerFull, closeTryAgain)
		cleo.Closed(false)
		wantMessage(t, hostSock, "knock-gone", api.PeerID("r", secretOf("Cleo")))
		wantNone(t, cleoSock, "welcome")
		// Nobody answers pings: who waits goes first, the host's session 30 s later.
		wantMessage(t, danSock, "waiting")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if _, _, closed := danSock.isClosed(); !closed {
			t.Error("who fell silent still waits")
		}
		host.Closed(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if c := s.Counters(); c.Rooms != 0 || c.Sessions != 0 || admitted != 0 {
			t.Errorf("left over: %d rooms, %d sessions, %d admitted", c.Rooms, c.Sessions, admitted)
		}
	})
}

// TestWhoWaitsReachesNobody sends all that a member could from the lobby.
func TestWhoWaitsReachesNobody(t *testing.T) {
	for name, msg := range map[string]string{
		"to a member":          numbered("reset", 1, api.PeerID("r", secretOf("Host"))),
		"to another who waits": numbered("reset", 1, api.PeerID("r", secretOf("Other"))),
		"an update":            `{"type":"update","seq":1,"name":"x","media":{},"hand":true,"recording":false}`,
		"settings":             `{"type":"room-settings","seq":1,"locked":false,"lobby":false,"access":"open"}`,
		"admitting itself":     fmt.Sprintf(`{"type":"moderate","seq":1,"action":"admit","peer":%q}`, api.PeerID("r", secretOf("Eve"))),
		"an invite":            `{"type":"invite","seq":1,"expires_s":60,"request":"r"}`,
		"a false ack":          `{"type":"ack","received":1}`,
		"another hello":        helloOf("r", "Eve", ""),
		"nonsense":             `{"type":"reset","seq":1,"to":"?","connection":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewServer(Config{})
				defer s.Close()
				_, hostSock := lobbyOf(t, s)
				_, otherSock := enter(s, "r", "Other")
				eve, eveSock := enter(s, "r", "Eve")
				hostSock.next()
				otherSock.next()
				eve.Receive([]byte(msg))
				wantError(t, eveSock, api.ErrOutOfOrder, closePolicy)
				if got := hostSock.next(); len(got) != 1 || !strings.Contains(got[0], "knock-gone") {
					t.Errorf("the host got %q", got)
				}
				if got := otherSock.next(); len(got) != 0 {
					t.Errorf("the other got %q", got)
				}
			})
		})
	}
}

// TestGuessingIsHeldBack guesses from one address while somebody from another one
// knows the password.
func TestGuessingIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{})
		defer s.Close()
		host, _ := enter(s, "r", "Host")
		host.Receive([]byte(`{"type":"room-settings","seq":1,"locked":false,"lobby":false,"access":"open","password":"9999"}`))
		guesses := 0
		for i := range 10_000 {
			sock := newRecorder()
			s.Open(sock, netip.MustParseAddr("198.51.100.7"), nil).Receive(
				[]byte(helloOf("r", fmt.Sprintf("E%02dx", i%100), fmt.Sprintf(`,"password":"%04d"`, i))))
			if msgs := sock.next(); !strings.Contains(msgs[0], string(api.ErrRateLimited)) {
				guesses++
			}
			time.Sleep(time.Millisecond)
		}
		if guesses > 6 { // five, and one more after ten seconds
			t.Errorf("%d guesses in 10 s", guesses)
		}
		_, sock := enterWith(s, "Bob", `,"password":"9999"`)
		wantMessage(t, sock, "welcome")
	})
}

func enterWith(s *Server, name, fields string) (*Link, *recorder) {
	sock := newRecorder()
	l := s.Open(sock, testAddr, nil)
	l.Receive([]byte(helloOf("r", name, fields)))
	return l, sock
}

// TestSecretsAreNotLogged lets one say all secrets there are.
func TestSecretsAreNotLogged(t *testing.T) {
	var log strings.Builder
	s := NewServer(Config{Log: textLog(&log)})
	host, _ := enterWith(s, "Host", `,"host_key":"HOSTKEYHOSTKEYHOSTKEYHOSTKEY"`)
	host.Receive([]byte(`{"type":"room-settings","seq":1,"locked":false,"lobby":true,"access":"invited","password":"swordfish"}`))
	enterWith(s, "Eve", `,"password":"sardine","invite":"eyJinvite.a.b"`)
	enterWith(s, "Bob", `,"password":"swordfish"`)
	host.Receive([]byte(`{"type":"moderate","seq":2,"action":"end"}`))
	s.Close()
	if log.Len() == 0 {
		t.Error("nothing was logged")
	}
	for _, secret := range []string{"HOSTKEY", "swordfish", "sardine", "eyJinvite", secretOf("Bob"), "Bob"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}

// TestAdmittedIntoAFullRoom lets a host admit more than the room holds.
func TestAdmittedIntoAFullRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewServer(Config{PeersMax: 2})
		defer s.Close()
		host, hostSock := lobbyOf(t, s)
		_, cleoSock := enter(s, "r", "Cleo")
		_, danSock := enter(s, "r", "Dan")
		host.Receive([]byte(`{"type":"moderate","seq":2,"action":"admit"}`))
		wantMessage(t, cleoSock, "welcome")
		wantMessage(t, hostSock, `"code":"room-full"`, `"fatal":false`, `"re":2`)
		wantNone(t, danSock, "welcome")
		if _, _, closed := danSock.isClosed(); closed {
			t.Error("who did not fit was sent away")
		}
	})
}
