// Package room is the state of one room: who is in it, in which order they came,
// and who of them cannot be reached now. It is a pure state machine: events go
// in, effects come out.
//
//	        Join                Away
//	(none) ------> present <----------> away
//	   ^              |         Back      |
//	   +--------------+-------------------+
//	                Leave
//
// A member that is away keeps its place: others see it, and it counts.
package room

import (
	"slices"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/topology"
)

// EventKind is what can happen to a room.
type EventKind uint8

// The kinds of [Event].
const (
	Join   EventKind = iota // uses Name and Media
	Leave                   // uses Reason
	Away                    // the member cannot be reached now
	Back                    // it can again
	Update                  // uses Name and Media
)

// Event is what happens to a room.
type Event struct {
	Kind   EventKind
	Peer   string
	Name   string
	Media  api.MediaState
	Reason string // "bye" or "lost"
}

// EffectKind is what a member is to be told.
type EffectKind uint8

// The kinds of [Effect].
const (
	Welcomed EffectKind = iota // To is in the room now
	Refused                    // To cannot come in, the room is full
	Joined                     // Peer came
	Updated                    // Peer has another name or media state
	WentAway                   // Peer cannot be reached now
	CameBack                   // Peer can be reached again
	Left                       // Peer is gone, see Reason
)

// Effect tells the member To something about another one.
type Effect struct {
	Kind   EffectKind
	To     string
	Peer   api.Peer // as To sees it
	Reason string
}

type member struct {
	id    string
	name  string
	media api.MediaState
	away  bool
	place uint64
}

// Room is one room. The zero value is empty and has no place for anybody: see
// [New].
type Room struct {
	members   []member // in the order in which they came
	nextPlace uint64
	peersMax  int
}

// New returns an empty room for at most peersMax people.
func New(peersMax int) Room { return Room{peersMax: peersMax} }

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

// Apply lets an event happen and appends what is to be told to whom. An event
// about somebody who is not in the room has no effect; a Join of somebody who is
// makes it leave first.
func (r *Room) Apply(ev Event, out []Effect) []Effect {
	i := r.find(ev.Peer)
	if ev.Kind == Join {
		return r.join(i, ev, out)
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
		if m.name == ev.Name && m.media == ev.Media {
			return out
		}
		m.name, m.media = ev.Name, ev.Media
		return r.tellOthers(Updated, m, out)
	}
	return out
}

func (r *Room) join(present int, ev Event, out []Effect) []Effect {
	if present >= 0 {
		out = r.leave(present, "lost", out)
	}
	decision := topology.Decide(topology.View{People: len(r.members) + 1, MeshMax: r.peersMax})
	if decision == topology.Full {
		return append(out, Effect{Kind: Refused, To: ev.Peer})
	}
	r.nextPlace++
	r.members = append(r.members, member{id: ev.Peer, name: ev.Name, media: ev.Media, place: r.nextPlace})
	out = append(out, Effect{Kind: Welcomed, To: ev.Peer})
	return r.tellOthers(Joined, &r.members[len(r.members)-1], out)
}

func (r *Room) leave(i int, reason string, out []Effect) []Effect {
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
	return api.Peer{
		ID:       other.id,
		Name:     other.name,
		Media:    other.media,
		Away:     other.away,
		Polite:   topology.Polite(self.id, other.id),
		Initiate: topology.Initiate(self.place, other.place),
	}
}
