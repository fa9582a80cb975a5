package turn

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Clients over UDP, TCP and TLS that allocate, move with any ticket they were given,
// send from where they are, lose their streams and come back, in any order: the
// tables agree after each step, data goes to one place, and nothing is left.
func TestMovingAllocationsInAnyOrder(t *testing.T) {
	moved, waited := 0, 0
	for seed := range uint64(40) {
		w := newWorld(t, Config{Ledger: newBook(), Extensions: Extensions{Mobility: true}, MaxAllocationsPerUser: 6, ReplyBurst: 1 << 20})
		rng := rand.New(rand.NewPCG(seed, 8016))
		names := make([]string, 12)
		for i := range names {
			names[i] = fmt.Sprint("c", i)
			w.client(names[i], []string{"udp", "udp", "tcp", "tls"}[i%4], fmt.Sprintf("198.51.100.%d:4000", i+1))
			w.command([]string{names[i], "allocate"})
		}
		relays := 0
		for range 600 {
			name, other := names[rng.IntN(len(names))], names[rng.IntN(len(names))]
			var got string
			switch rng.IntN(10) {
			case 0:
				got = w.command([]string{name, "allocate", "ticket=", "additional-family=2"})
			case 1:
				got = w.command([]string{name, "allocate", "ticket=", "even-port=1"})
			case 2, 3, 4:
				args := []string{name, "refresh", fmt.Sprintf("ticket=%s/%d", other, 1+rng.IntN(max(1, len(w.people[other].tickets))))}
				if rng.IntN(8) == 0 {
					args = append(args, "lifetime=0")
				}
				if got = w.command(args); strings.Contains(got, "ticket") {
					moved++
				}
			case 5:
				got = w.command([]string{name, "bind", "channel=0x4000", "peer=9.9.9.9:700"})
			case 6:
				got = w.command([]string{name, "channel", "0x4000", "hello"})
			case 7:
				if got = w.command([]string{name, "closed"}); w.people[name].Transport == UDP {
					break
				}
				if len(w.engine.mobiles) > len(w.engine.clients) {
					waited++
				}
			case 8:
				got = w.command([]string{"peer", fmt.Sprint(rng.IntN(8)), "9.9.9.9:700", "hello"})
				if strings.Count(got, "<-") > 1 {
					t.Fatalf("seed %d: one datagram became more: %s", seed, got)
				}
			case 9:
				got = w.command([]string{"advance", (time.Duration(rng.IntN(200)) * time.Second).String()})
			}
			for id, slot := range w.engine.relays {
				if slot.alloc != nil && slot.alloc.asked(RelayID(id)) != 0 {
					relays++
					pair := []string{fmt.Sprintf("203.0.113.5:%d", 10000+2*relays), fmt.Sprintf("203.0.113.5:%d", 10001+2*relays)}
					if slot.alloc.reserving == nil {
						pair = pair[:1]
					}
					got += w.opened(RelayID(id), pair...)
				}
			}
			if strings.Contains(got, "401") || strings.Contains(got, "438") { // the nonce ran out
				w.command([]string{name, "refresh"})
			}
		}
		w.settle()
	}
	if moved < 500 || waited < 100 {
		t.Errorf("%d moves, %d times that an allocation waited: too little happened", moved, waited)
	}
}
