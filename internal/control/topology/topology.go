// Package topology decides how media goes between the people of a room. It has
// pure functions of the room's view only.
//
//	people   topology
//	1..4     Mesh: everybody connects with everybody
//	5..      nobody more gets in
package topology

// Topology is how the media of a room goes.
type Topology uint8

// The topologies.
const (
	Mesh Topology = iota // direct connections between each two
	Full                 // no topology can carry so many
)

// View is what the decision depends on.
type View struct {
	People  int // in the room, those away included
	MeshMax int // most people of a mesh
}

// Decide returns the topology for a room.
func Decide(v View) Topology {
	if v.People > v.MeshMax {
		return Full
	}
	return Mesh
}

// Polite says whether self is the polite one of two in the perfect negotiation
// between them (W3C webrtc-pc, section 10.7). Exactly one of two different ids
// is, and it stays the same when the server is started again.
func Polite(self, other string) bool { return self < other }

// Initiate says whether self makes the first offer. Places count the joins of a
// room: whoever came later connects to those it found.
func Initiate(selfPlace, otherPlace uint64) bool { return selfPlace > otherPlace }
