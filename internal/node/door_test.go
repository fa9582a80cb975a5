package node

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/auth"
)

// These tests are about who may enter a room and what hosts may do, over real
// sockets, from the key to the end of the call.

const hostKey = "HostKeyHostKeyHostKeyHostKey"

// helloWith opens a socket and says hello with some fields more.
func (srv *signalServer) helloWith(room, name, fields string) *signalPeer {
	srv.t.Helper()
	p := srv.dial().listen()
	secret := name + strings.Repeat("0", 32-len(name))
	p.id = api.PeerID(room, secret)
	p.send(`{"type":"hello","room":%q,"secret":%q,"name":%q,"media":{}%s}`, room, secret, name, fields)
	return p
}

// ask sends a numbered message: rest is what comes behind its seq.
func (p *signalPeer) ask(kind, rest string, args ...any) {
	p.sent++
	p.send(`{"type":%q,"seq":%d,%s}`, kind, p.sent, fmt.Sprintf(rest, args...))
}

func (p *signalPeer) set(locked, lobby bool, access, more string) {
	p.t.Helper()
	p.ask("room-settings", `"locked":%v,"lobby":%v,"access":%q%s`, locked, lobby, access, more)
	p.want(`"type":"settings"`, fmt.Sprintf(`"locked":%v`, locked), fmt.Sprintf(`"lobby":%v`, lobby), fmt.Sprintf(`"access":%q`, access))
}

func (p *signalPeer) bye() {
	p.t.Helper()
	p.send(`{"type":"bye"}`)
	p.wantClosed(websocket.StatusNormalClosure)
}

// TestHostsDoor is the life of a room whose host decides who comes in.
func TestHostsDoor(t *testing.T) {
	invites := auth.NewInvites("a secret of the operator")
	srv := startSignalServer(t, signalingConfig{Invites: invites})
	b := srv.bystanders()
	room := api.HostRoom(hostKey)
	withKey := fmt.Sprintf(`,"host_key":%q`, hostKey)

	bob := srv.helloWith(room, "Bob", "")
	bob.want(`"type":"welcome"`, `"role":"member"`)
	ann := srv.helloWith(room, "Ann", withKey)
	ann.want(`"type":"welcome"`, `"role":"host"`)
	bob.want("peer-joined", `"role":"host"`)

	// The lobby: Cleo waits, is admitted, and is one of the room; Dan is denied.
	ann.set(false, true, "open", "")
	cleo := srv.helloWith(room, "Cleo", "")
	cleo.want(`{"type":"waiting","reason":"lobby"}`)
	ann.want(`"type":"knock"`, cleo.id, "Cleo")
	ann.ask("moderate", `"action":"admit","peer":%q`, cleo.id)
	cleo.want(`"type":"welcome"`, ann.id, bob.id, `"credential"`)
	bob.want("peer-joined", cleo.id)
	dan := srv.helloWith(room, "Dan", "")
	dan.want("waiting")
	ann.want(`"type":"knock"`, dan.id)
	ann.ask("moderate", `"action":"deny","peer":%q`, dan.id)
	dan.wantEnd(api.ErrDenied, websocket.StatusPolicyViolation)

	// The lock.
	ann.set(true, false, "open", "")
	srv.helloWith(room, "Dan", "").wantEnd(api.ErrLocked, websocket.StatusPolicyViolation)

	// The password.
	ann.set(false, false, "open", `,"password":"swordfish"`)
	srv.helloWith(room, "Dan", "").wantEnd(api.ErrPasswordRequired, websocket.StatusPolicyViolation)
	srv.helloWith(room, "Dan", `,"password":"sardine"`).wantEnd(api.ErrPasswordWrong, websocket.StatusPolicyViolation)
	dan = srv.helloWith(room, "Dan", `,"password":"swordfish"`)
	dan.want(`"type":"welcome"`)

	dan.bye()
	dan = srv.invitedAlone(ann, room, invites)

	// Removed for good, and the end for all.
	ann.ask("moderate", `"action":"remove","peer":%q`, dan.id)
	dan.wantEnd(api.ErrRemoved, websocket.StatusPolicyViolation)
	bob.want("peer-left", dan.id, "removed")
	srv.helloWith(room, "Dan", "").wantEnd(api.ErrRemoved, websocket.StatusPolicyViolation)
	ann.ask("moderate", `"action":"end"`)
	for _, p := range []*signalPeer{ann, bob, cleo} {
		p.wantEnd(api.ErrEnded, websocket.StatusPolicyViolation)
	}
	if n := srv.s.Counters().Rooms; n != 1 {
		t.Errorf("%d rooms are left, want that of the bystanders", n)
	}
	b.talk()
}

// invitedAlone lets a host have only the invited, and returns Dan, who comes with
// an invite that holds, after all that do not.
func (srv *signalServer) invitedAlone(ann *signalPeer, room string, invites *auth.Invites) *signalPeer {
	t := srv.t
	ann.set(false, false, "invited", "")
	ann.ask("invite", `"expires_s":60,"request":"r1"`)
	var invited api.Invited
	if err := json.Unmarshal([]byte(ann.want(`"type":"invited"`, `"request":"r1"`)), &invited); err != nil {
		t.Fatal(err)
	}
	srv.helloWith(room, "Dan", `,"password":"swordfish"`).wantEnd(api.ErrInviteRequired, websocket.StatusPolicyViolation)
	old, _ := invites.Make(room, 0)
	for name, invite := range map[string]string{
		"old": old, "of another server": first(auth.NewInvites("").Make(room, 1e9)), "for another room": first(invites.Make("bystanders", 1e9)),
		"cut": invited.Invite[:len(invited.Invite)-4],
	} {
		fields := fmt.Sprintf(`,"password":"swordfish","invite":%q`, invite)
		t.Log(name)
		srv.helloWith(room, "Dan", fields).wantEnd(api.ErrInviteExpired, websocket.StatusPolicyViolation)
	}
	dan := srv.helloWith(room, "Dan", fmt.Sprintf(`,"invite":%q`, invited.Invite))
	dan.want(`"type":"welcome"`)
	return dan
}

func first[A, B any](a A, _ B) A { return a }

// TestUsurpers try to get a power that is not theirs.
func TestUsurpers(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	room := api.HostRoom(hostKey)
	ann := srv.helloWith(room, "Ann", fmt.Sprintf(`,"host_key":%q`, hostKey))
	ann.want(`"role":"host"`)
	eve := srv.helloWith(room, "Eve", fmt.Sprintf(`,"host_key":%q`, "Another"+hostKey))
	eve.want(`"type":"welcome"`, `"role":"member"`)
	for _, rest := range []string{
		`"action":"end"`, `"action":"mute"`, `"action":"admit"`, fmt.Sprintf(`"action":"remove","peer":%q`, ann.id),
		fmt.Sprintf(`"action":"make-host","peer":%q`, eve.id),
	} {
		eve.ask("moderate", "%s", rest)
		eve.want(`"code":"not-allowed"`, `"fatal":false`, fmt.Sprintf(`"re":%d`, eve.sent))
	}
	eve.ask("room-settings", `"locked":true,"lobby":true,"access":"invited","password":"mine"`)
	eve.want(`"code":"not-allowed"`)
	eve.ask("invite", `"expires_s":60,"request":"r"`)
	eve.want(`"code":"not-allowed"`)
	// A second host is a host, but cannot remove the first.
	ann.ask("moderate", `"action":"make-host","peer":%q`, eve.id)
	eve.want(`"type":"role"`, `"role":"host"`)
	eve.ask("moderate", `"action":"remove","peer":%q`, ann.id)
	eve.want(`"code":"not-allowed"`)
	ann.ask("moderate", `"action":"remove","peer":%q`, eve.id)
	ann.want(`"code":"not-allowed"`)
	// Nor is anybody host of the bystanders' room because of being host elsewhere.
	mallory := srv.helloWith("bystanders", "Mallory", fmt.Sprintf(`,"host_key":%q`, hostKey))
	mallory.want(`"type":"welcome"`, `"role":"member"`)
	mallory.ask("moderate", `"action":"remove","peer":%q`, b.ann.id)
	mallory.want(`"code":"not-allowed"`)
	mallory.bye()
	for _, p := range []*signalPeer{b.ann, b.bob} {
		p.want("peer-left", mallory.id)
	}
	b.talk()
}

// TestFullLobby fills a lobby from many sockets; the room goes on, and the host can
// still admit.
func TestFullLobby(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	b.ann.set(false, true, "open", "")
	b.bob.want(`"type":"settings"`)
	refused := 0
	var waiting []*signalPeer
	for i := range api.MaxKnocks + 10 {
		p := srv.helloWith("bystanders", fmt.Sprintf("P%02dx", i), "")
		if msg := p.want(`"type":`); strings.Contains(msg, "waiting") {
			waiting = append(waiting, p)
		} else {
			refused++
		}
	}
	// While this ran, the room may have taken a knock more.
	if len(waiting) > api.MaxKnocks || refused < 10 {
		t.Errorf("%d wait, %d were refused", len(waiting), refused)
	}
	b.ann.ask("moderate", `"action":"admit","peer":%q`, waiting[0].id)
	waiting[0].want(`"type":"welcome"`)
	b.ann.ask("moderate", `"action":"deny"`)
	waiting[1].wantEnd(api.ErrDenied, websocket.StatusPolicyViolation)
	waiting[len(waiting)-1].wantEnd(api.ErrDenied, websocket.StatusPolicyViolation)
	b.ann.want("peer-joined", waiting[0].id)
	b.bob.want("peer-joined", waiting[0].id)
	waiting[0].bye()
	b.ann.want("peer-left")
	b.bob.want("peer-left")
	b.ann.set(false, false, "open", "")
	b.bob.want(`"type":"settings"`)
	b.talk()
}
