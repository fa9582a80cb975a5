package turn

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/parley-rtc/parley/internal/dgram"
)

// relayCommand carries out the lines of a transcript that are about relays.
func (w *world) relayCommand(words []string) (effects string, ok bool) {
	switch words[0] {
	case "opened", "failed":
		id := relayID(words[1])
		if int(id) >= len(w.engine.relays) || w.engine.relays[id].alloc == nil || w.engine.relays[id].alloc.asked(id) == 0 {
			return "nobody waits for it\n", true
		}
		if words[0] == "opened" {
			return w.opened(id, words[2:]...), true
		}
		w.engine.HandleRelayOpened(w.now, RelayOpened{ID: id}, &w.out)
	case "drain", "undrain":
		w.engine.SetDraining(words[0] == "drain")
	case "peer":
		return w.fromPeer(relayID(words[1]), netip.MustParseAddrPort(words[2]), []byte(strings.Join(words[3:], " "))), true
	case "icmp":
		numbers := [3]uint64{}
		for i, word := range words[3:] {
			numbers[i], _ = strconv.ParseUint(word, 10, 32)
		}
		w.engine.HandlePeerError(w.now, relayID(words[1]), &dgram.PeerError{
			Peer: netip.MustParseAddrPort(words[2]), Type: uint8(numbers[0]), Code: uint8(numbers[1]), MTU: uint32(numbers[2]),
		}, &w.out)
	default:
		return "", false
	}
	return w.effects(), true
}
