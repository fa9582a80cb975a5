package room

import (
	"fmt"
	"testing"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

// TestJudge holds the order of the checks: each row is refused, or let in, by the
// first of them that applies.
func TestJudge(t *testing.T) {
	locked := api.RoomSettings{Locked: true, Lobby: true, Access: "invited", Password: true}
	closed := api.RoomSettings{Lobby: true, Access: "invited", Password: true}
	invited := api.RoomSettings{Access: "invited"}
	right := func() api.ErrorCode { return "" }
	wrong := func() api.ErrorCode { return api.ErrPasswordWrong }
	for _, test := range []struct {
		name     string
		settings api.RoomSettings
		ask      Ask
		want     Verdict
	}{
		{"the owner passes a lock", locked, Ask{Peer: "owner", Owner: true}, Verdict{}},
		{"also when it was removed", locked, Ask{Peer: "removed", Owner: true}, Verdict{}},
		{"another key does not help", locked, Ask{Peer: "new", Key: &KeyHash{7}}, Verdict{Refused: api.ErrLocked}},
		{"who was removed does not come back", api.RoomSettings{Access: "open"}, Ask{Peer: "removed", Valid: true}, Verdict{Refused: api.ErrRemoved}},
		{"who is in passes", locked, Ask{Peer: "member"}, Verdict{}},
		{"who is expected passes", locked, Ask{Peer: "returning"}, Verdict{}},
		{"a lock stops the invited", locked, Ask{Peer: "new", Invited: true, Valid: true}, Verdict{Refused: api.ErrLocked}},
		{"the invited need no password and do not wait", closed, Ask{Peer: "new", Invited: true, Valid: true, Password: wrong}, Verdict{}},
		{"a wrong password", closed, Ask{Peer: "new", Password: wrong}, Verdict{Refused: api.ErrPasswordWrong}},
		{"the right one leads to the lobby", closed, Ask{Peer: "new", Password: right}, Verdict{Wait: true}},
		{"the uninvited", invited, Ask{Peer: "new"}, Verdict{Refused: api.ErrInviteRequired}},
		{"the invite is too old", invited, Ask{Peer: "new", Invited: true}, Verdict{Refused: api.ErrInviteExpired}},
		{"an old invite does no harm", api.RoomSettings{Access: "open"}, Ask{Peer: "new", Invited: true}, Verdict{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := New(4, true)
			r.Apply(Event{Kind: Join, Peer: "member"}, nil)
			r.Apply(Event{Kind: Set, Peer: "member", Settings: test.settings}, nil)
			r.Ban("removed")
			r.Expect([]string{"returning"}, 100)
			if got := r.Judge(99, test.ask); got != test.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestExpectedOnlyForAWhile(t *testing.T) {
	r := New(4, true)
	r.Apply(Event{Kind: Join, Peer: "host", Owner: true}, nil)
	r.Apply(Event{Kind: Set, Peer: "host", Settings: api.RoomSettings{Locked: true}}, nil)
	r.Expect([]string{"bob"}, 100)
	for now, want := range map[mono.Time]api.ErrorCode{99: "", 100: api.ErrLocked} {
		if got := r.Judge(now, Ask{Peer: "bob"}).Refused; got != want {
			t.Errorf("at %d: %q", now, got)
		}
	}
}

// TestWhatARoomRemembersIsBounded removes and knocks more often than a room can
// remember.
func TestWhatARoomRemembersIsBounded(t *testing.T) {
	r := New(4, false)
	for i := range 1000 {
		id := fmt.Sprint("p", i)
		r.Ban(id)
		r.Apply(Event{Kind: Knock, Peer: id}, nil)
		r.Apply(Event{Kind: Join, Peer: "p", Key: &KeyHash{byte(i), byte(i >> 8)}}, nil)
	}
	if d := r.door.list; len(d.removed) != removedMax || len(d.knocks) != api.MaxKnocks || len(d.keys) != keysMax {
		t.Errorf("%d removed, %d knocks, %d keys", len(d.removed), len(d.knocks), len(d.keys))
	}
	if got := r.Judge(0, Ask{Peer: "p999"}).Refused; got != api.ErrRemoved {
		t.Errorf("the last one removed: %q", got)
	}
}
