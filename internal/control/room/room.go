// Package room is the state of one room: who is in it, in which order they came,
// who of them cannot be reached now, who is host, whose hand is up, and who may come
// in. It is a pure state machine: events go in, effects come out.
//
//	  Knock            Join                Away
//	+-------- (none) ------> present <----------> away
//	|         ^ ^ |             |         Back      |
//	v         | | +-> refused   |                   |
//	waiting --+ +---------------+-------------------+
//	  KnockGone               Leave
//
// A member that is away keeps its place: others see it, and it counts. Who waits is
// not a member: it is told nothing, and only hosts are told of it.
package room

import (
	"slices"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/topology"
)

// The roles and the access that settings begin with.
const (
	roleHost   = "host"
	roleMember = "member"
	accessOpen = "open"
)

// EventKind is what can happen to a room.
type EventKind uint8

// The kinds of [Event].
const (
	Join      EventKind = iota // uses Name, Media, Hand, Recording, Owner and Key
	Leave                      // uses Reason
	Away                       // the member cannot be reached now
	Back                       // it can again
	Update                     // uses Name, Media, Hand and Recording
	MakeHost                   // the member is host from now on
	LowerHand                  // its hand goes down
	Set                        // Peer sets Settings; uses PasswordChanged
	Knock                      // Peer waits from now on; uses Name
	KnockGone                  // it does not wait any more
)

// Event is what happens to a room.
type Event struct {
	Kind            EventKind
	Peer            string
	Name            string
	Media           api.MediaState
	Hand            uint64 // 0: down; else when it was raised
	Recording       bool
	Owner           bool     // it has the key that the room belongs to
	Key             *KeyHash // of its host key, if it has one
	Settings        api.RoomSettings
	PasswordChanged bool
	Reason          string // "bye", "lost" or "removed"
}

// EffectKind is what a member is to be told.
type EffectKind uint8

// The kinds of [Effect].
const (
	Welcomed        EffectKind = iota // To is in the room now
	Refused                           // To cannot come in or wait, there are too many
	Joined                            // Peer came
	Updated                           // something about Peer has changed
	WentAway                          // Peer cannot be reached now
	CameBack                          // Peer can be reached again
	Left                              // Peer is gone, see Reason
	RoleChanged                       // To has another role, as Peer has it
	SettingsChanged                   // by By; see PasswordChanged
	Knocked                           // Peer, of which ID and Name are known, waits
	KnockEnded                        // Peer does not wait any more
)

// Effect tells the member To about something.
type Effect struct {
	Kind            EffectKind
	To              string
	Peer            api.Peer // as To sees it
	Reason          string
	By              string
	PasswordChanged bool
}

type member struct {
	id        string
	name      string
	media     api.MediaState
	away      bool
	host      bool
	recording bool
	hand      uint64
	place     uint64
}

// Room is one room. The zero value is empty and has no place for anybody: see
// [New].
type Room struct {
	members   []member // in the order in which they came
	nextPlace uint64
	lastHand  uint64
	peersMax  int
	door      door
}

// New returns an empty room for at most peersMax people. An owned one belongs to
// who has its key; in others whoever comes first is host.
func New(peersMax int, owned bool) Room {
	return Room{peersMax: peersMax, door: door{owned: owned, settings: api.RoomSettings{Access: accessOpen}}}
}

// Len returns how many are in the room, those away included.
func (r *Room) Len() int { return len(r.members) }

// PeersMax returns how many the room can hold.
func (r *Room) PeersMax() int { return r.peersMax }

// Peers returns everybody but id, as id sees them, in the order in which they
// came.
func (r *Room) Peers(id string) []api.Peer {
	self := r.find(id)
	if self < 0 || len(r.members) == 1 {
		return nil
	}
	peers := make([]api.Peer, 0, len(r.members)-1)
	for i := range r.members {
		if i != self {
			peers = append(peers, view(&r.members[self], &r.members[i]))
		}
	}
	return peers
}

// IsHost says whether somebody is in the room and host.
func (r *Room) IsHost(id string) bool {
	i := r.find(id)
	return i >= 0 && r.members[i].host
}

// Role returns the role of somebody in the room.
func (r *Room) Role(id string) string {
	if r.IsHost(id) {
		return roleHost
	}
	return roleMember
}

// Hand returns the number of somebody's hand, 0 while it is down.
func (r *Room) Hand(id string) uint64 {
	if i := r.find(id); i >= 0 {
		return r.members[i].hand
	}
	return 0
}

// Recording says whether somebody records the call.
func (r *Room) Recording(id string) bool {
	i := r.find(id)
	return i >= 0 && r.members[i].recording
}

// Full says whether nobody more can come in.
func (r *Room) Full() bool {
	return topology.Decide(topology.View{People: len(r.members) + 1, MeshMax: r.peersMax}) == topology.Full
}

// Apply lets an event happen and appends what is to be told to whom. An event
// about somebody who is not in the room has no effect; a Join of somebody who is
// makes it leave first, but keeps its role.
func (r *Room) Apply(ev Event, out []Effect) []Effect {
	i := r.find(ev.Peer)
	switch ev.Kind {
	case Join:
		return r.join(i, ev, out)
	case Set:
		return r.set(ev, out)
	case Knock:
		return r.knock(ev, out)
	case KnockGone:
		return r.knockGone(ev, out)
	}
	if i < 0 {
		return out
	}
	m := &r.members[i]
	switch ev.Kind {
	case Leave:
		return r.leave(i, ev.Reason, out)
	case Away:
		if m.away {
			return out
		}
		m.away = true
		return r.tellOthers(WentAway, m, out)
	case Back:
		if !m.away {
			return out
		}
		m.away = false
		return r.tellOthers(CameBack, m, out)
	case Update:
		return r.update(m, ev, out)
	case MakeHost:
		return r.makeHost(m, out)
	case LowerHand:
		if m.hand == 0 {
			return out
		}
		m.hand = 0
		return r.tellOthers(Updated, m, out)
	}
	return out
}

func (r *Room) join(present int, ev Event, out []Effect) []Effect {
	host := r.hostByKey(ev.Owner, ev.Key) || r.firstIsHost()
	if present >= 0 {
		host = host || r.members[present].host
		out = r.remove(present, "lost", out)
	}
	if r.Full() {
		return append(out, Effect{Kind: Refused, To: ev.Peer})
	}
	r.nextPlace++
	r.members = append(r.members, member{
		id: ev.Peer, name: ev.Name, media: ev.Media, host: host, recording: ev.Recording, hand: r.number(ev.Hand), place: r.nextPlace,
	})
	if host {
		r.rememberKey(ev.Key)
	}
	out = append(out, Effect{Kind: Welcomed, To: ev.Peer})
	return r.tellOthers(Joined, &r.members[len(r.members)-1], out)
}

func (r *Room) update(m *member, ev Event, out []Effect) []Effect {
	if m.name == ev.Name && m.media == ev.Media && (m.hand > 0) == (ev.Hand > 0) && m.recording == ev.Recording {
		return out
	}
	m.name, m.media, m.recording = ev.Name, ev.Media, ev.Recording
	switch {
	case ev.Hand == 0:
		m.hand = 0
	case m.hand == 0:
		m.hand = r.number(max(ev.Hand, r.lastHand+1))
		// It has to know its place in the order.
		out = append(out, Effect{Kind: Updated, To: m.id, Peer: view(m, m)})
	}
	return r.tellOthers(Updated, m, out)
}

// number makes the number of a hand different from all others.
func (r *Room) number(hand uint64) uint64 {
	if hand == 0 {
		return 0
	}
	for slices.ContainsFunc(r.members, func(m member) bool { return m.hand == hand }) {
		hand++
	}
	r.lastHand = max(r.lastHand, hand)
	return hand
}

func (r *Room) makeHost(m *member, out []Effect) []Effect {
	if m.host {
		return out
	}
	m.host = true
	out = append(out, Effect{Kind: RoleChanged, To: m.id, Peer: view(m, m)})
	for _, k := range r.door.known().knocks {
		out = append(out, Effect{Kind: Knocked, To: m.id, Peer: api.Peer{ID: k.ID, Name: k.Name}})
	}
	return r.tellOthers(Updated, m, out)
}

// leave takes somebody out. A room that nobody owns is never left without a host.
func (r *Room) leave(i int, reason string, out []Effect) []Effect {
	out = r.remove(i, reason, out)
	hosts := slices.ContainsFunc(r.members, func(m member) bool { return m.host })
	if r.door.owned || hosts || len(r.members) == 0 {
		return out
	}
	heir := slices.IndexFunc(r.members, func(m member) bool { return !m.away })
	return r.makeHost(&r.members[max(heir, 0)], out)
}

func (r *Room) remove(i int, reason string, out []Effect) []Effect {
	gone := r.members[i]
	r.members = slices.Delete(r.members, i, i+1)
	for j := range r.members {
		to := &r.members[j]
		out = append(out, Effect{Kind: Left, To: to.id, Peer: view(to, &gone), Reason: reason})
	}
	return out
}

func (r *Room) tellOthers(kind EffectKind, about *member, out []Effect) []Effect {
	for i := range r.members {
		if to := &r.members[i]; to.id != about.id {
			out = append(out, Effect{Kind: kind, To: to.id, Peer: view(to, about)})
		}
	}
	return out
}

func (r *Room) find(id string) int {
	for i := range r.members {
		if r.members[i].id == id {
			return i
		}
	}
	return -1
}

func view(self, other *member) api.Peer {
	role := roleMember
	if other.host {
		role = roleHost
	}
	return api.Peer{
		ID:        other.id,
		Name:      other.name,
		Media:     other.media,
		Away:      other.away,
		Polite:    topology.Polite(self.id, other.id),
		Initiate:  topology.Initiate(self.place, other.place),
		Role:      role,
		Hand:      other.hand,
		Recording: other.recording,
	}
}
