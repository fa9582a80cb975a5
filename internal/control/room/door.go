package room

import (
	"crypto/sha256"
	"slices"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/mono"
)

const (
	keysMax    = 8
	removedMax = 64
)

// KeyHash stands for a host key.
type KeyHash = [sha256.Size]byte

// door is what decides who comes in. Most rooms never need its list.
type door struct {
	owned    bool // the room belongs to a key: nobody becomes host by coming first
	settings api.RoomSettings
	list     *list
}

// list has those who are known at the door.
type list struct {
	keys           []KeyHash     // of hosts, in a room that is not owned
	knocks         []api.Knocker // in the order in which they came
	removed        []string      // the last of those who may not come back
	returning      []string
	returningUntil mono.Time
}

var nobody list

// known returns the list to read.
func (d *door) known() *list {
	if d.list == nil {
		return &nobody
	}
	return d.list
}

// keep returns the list to write.
func (d *door) keep() *list {
	if d.list == nil {
		d.list = new(list)
	}
	return d.list
}

// Ask is somebody who wants to come in.
type Ask struct {
	Peer     string
	Owner    bool     // it has the key that the room belongs to
	Key      *KeyHash // of the host key that it has, if any
	Invited  bool     // it has an invite
	Valid    bool     // that holds
	Password func() api.ErrorCode
}

// Verdict is the answer to an [Ask].
type Verdict struct {
	Wait    bool          // a host must admit it
	Refused api.ErrorCode // empty: it may come in, or wait
}

// Judge says whether somebody may come in. The order of the checks is that of
// docs/protocol.md, section 3.9.
func (r *Room) Judge(now mono.Time, ask Ask) Verdict {
	s, known := r.door.settings, r.door.known()
	switch {
	case r.hostByKey(ask.Owner, ask.Key):
		return Verdict{}
	case slices.Contains(known.removed, ask.Peer):
		return Verdict{Refused: api.ErrRemoved}
	case r.find(ask.Peer) >= 0, now < known.returningUntil && slices.Contains(known.returning, ask.Peer), r.firstIsHost():
		return Verdict{}
	case s.Locked:
		return Verdict{Refused: api.ErrLocked}
	case ask.Valid:
		return Verdict{}
	}
	if s.Password {
		if code := ask.Password(); code != "" {
			return Verdict{Refused: code}
		}
	}
	switch {
	case s.Lobby:
		return Verdict{Wait: true}
	case s.Access == accessOpen:
		return Verdict{}
	case ask.Invited:
		return Verdict{Refused: api.ErrInviteExpired}
	}
	return Verdict{Refused: api.ErrInviteRequired}
}

// Settings returns the settings of the room.
func (r *Room) Settings() api.RoomSettings { return r.door.settings }

// Open says whether those who wait would not have to if they came now. They have
// shown the password already.
func (r *Room) Open() bool {
	s := r.door.settings
	return !s.Locked && !s.Lobby && s.Access == accessOpen
}

// Knocks returns who waits, in the order in which they came.
func (r *Room) Knocks() []api.Knocker { return slices.Clone(r.door.known().knocks) }

// Expect lets some in whatever the settings say, until a time.
func (r *Room) Expect(peers []string, until mono.Time) {
	list := r.door.keep()
	list.returning, list.returningUntil = peers, until
}

// Ban keeps somebody from coming back. The room remembers the last 64.
func (r *Room) Ban(peer string) {
	list := r.door.keep()
	if len(list.removed) == removedMax {
		list.removed = slices.Delete(list.removed, 0, 1)
	}
	list.removed = append(list.removed, peer)
}

func (r *Room) hostByKey(owner bool, key *KeyHash) bool {
	return r.door.owned && owner || !r.door.owned && key != nil && slices.Contains(r.door.known().keys, *key)
}

// firstIsHost says whether whoever comes next is host because nobody else is, or
// could come back as one.
func (r *Room) firstIsHost() bool {
	return !r.door.owned && len(r.members) == 0 && len(r.door.known().keys) == 0
}

func (r *Room) rememberKey(key *KeyHash) {
	if r.door.owned || key == nil {
		return
	}
	if list := r.door.keep(); len(list.keys) < keysMax && !slices.Contains(list.keys, *key) {
		list.keys = append(list.keys, *key)
	}
}

func (r *Room) set(ev Event, out []Effect) []Effect {
	if ev.Settings == r.door.settings && !ev.PasswordChanged {
		return out
	}
	r.door.settings = ev.Settings
	for i := range r.members {
		out = append(out, Effect{Kind: SettingsChanged, To: r.members[i].id, By: ev.Peer, PasswordChanged: ev.PasswordChanged})
	}
	return out
}

func (r *Room) knock(ev Event, out []Effect) []Effect {
	list := r.door.keep()
	if len(list.knocks) >= api.MaxKnocks || slices.ContainsFunc(list.knocks, byID(ev.Peer)) {
		return append(out, Effect{Kind: Refused, To: ev.Peer})
	}
	k := api.Knocker{ID: ev.Peer, Name: ev.Name}
	list.knocks = append(list.knocks, k)
	return r.tellHosts(Knocked, k, out)
}

func (r *Room) knockGone(ev Event, out []Effect) []Effect {
	i := slices.IndexFunc(r.door.known().knocks, byID(ev.Peer))
	if i < 0 {
		return out
	}
	k := r.door.list.knocks[i]
	r.door.list.knocks = slices.Delete(r.door.list.knocks, i, i+1)
	return r.tellHosts(KnockEnded, k, out)
}

func byID(id string) func(api.Knocker) bool {
	return func(k api.Knocker) bool { return k.ID == id }
}

func (r *Room) tellHosts(kind EffectKind, k api.Knocker, out []Effect) []Effect {
	for i := range r.members {
		if m := &r.members[i]; m.host {
			out = append(out, Effect{Kind: kind, To: m.id, Peer: api.Peer{ID: k.ID, Name: k.Name}})
		}
	}
	return out
}
