package turn

import (
	"encoding/binary"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// wrapsMax is how often a peer's datagram may be wrapped already, as relays wrap
// what they pass on to their clients. A client that is reached through a relay of
// another server, and that one through a third, needs two.
//
// Clients can make relays of several servers each other's clients, by moving their
// allocations (RFC 8016). Then a datagram would go round, wrapped once more each
// time, until it fits into no packet any more: tens of thousands of times.
const wrapsMax = 4

// wrappedTooOften says whether b is ChannelData or a Data indication, around
// another one, and so on, deeper than wrapsMax.
func wrappedTooOften(b []byte) bool {
	for range wrapsMax + 1 {
		var ok bool
		if b, ok = unwrapped(b); !ok {
			return false
		}
	}
	return true
}

func unwrapped(b []byte) (inner []byte, ok bool) {
	switch {
	case len(b) < channelHeaderLen:
	case b[0]>>6 == 1:
		n := int(binary.BigEndian.Uint16(b[2:]))
		end := channelHeaderLen + n
		return b[channelHeaderLen:min(end, len(b))], end <= len(b) && len(b) < end+4
	case stun.Type(binary.BigEndian.Uint16(b)) == stun.TypeOf(stun.Data, stun.Indication):
		if m, isSTUN := stun.Parse(b); isSTUN {
			return m.Find(stun.AttrData)
		}
	}
	return nil, false
}
