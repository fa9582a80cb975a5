package turn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// However a user moves its allocations about, loses streams and asks for more, it
// never holds more than its quota; and what is left behind ends.
func TestMobilityQuotaEscape(t *testing.T) {
	const quota = 3
	w := newWorld(t, Config{MaxAllocationsPerUser: quota, ReplyBurst: 1e6, Ledger: newBook(), Extensions: Extensions{Mobility: true}})
	rng := rand.New(rand.NewPCG(80, 16))
	var people []*person
	for i := range 12 {
		people = append(people, w.client(fmt.Sprint("c", i), []string{"udp", "tcp"}[i%2], fmt.Sprintf("198.51.100.%d:4000", i)))
		w.command([]string{people[i].name, "allocate", "anonymous"})
	}
	tickets := []string{}
	allocated, moved, refused := 0, 0, 0
	for range 5000 {
		p := people[rng.IntN(len(people))]
		before := len(p.tickets)
		switch rng.IntN(8) {
		case 0, 1, 2:
			got := w.command([]string{p.name, "allocate", "ticket="})
			var id int
			if _, err := fmt.Sscanf(got, "open relay %d:", &id); err == nil {
				w.command([]string{"opened", fmt.Sprint(id), fmt.Sprintf("203.0.113.5:%d", 50000+id)})
				allocated++
			} else if strings.Contains(got, "error 486") {
				refused++
			}
		case 3, 4:
			if len(tickets) > 0 && strings.Contains(w.command([]string{p.name, "refresh", "ticket=" + tickets[rng.IntN(len(tickets))]}), "success") {
				moved++
			}
		case 5:
			w.command([]string{p.name, "send", "peer=9.9.9.9:1", "data=x"})
			w.command([]string{p.name, "permit", "peer=9.9.9.9:1"})
		case 6:
			if p.Transport == TCP {
				w.command([]string{p.name, "closed"})
			}
		case 7:
			w.now = w.now.Add(time.Duration(rng.IntN(60)) * time.Second)
			w.engine.Advance(w.now, &w.out)
			w.effects()
		}
		for i := before; i < len(p.tickets); i++ {
			tickets = append(tickets, fmt.Sprintf("%s/%d", p.name, i+1))
		}
		tickets = tickets[max(0, len(tickets)-6):]
		if e := w.engine; e.users["ann"] > quota || len(e.mobiles) > quota || len(e.relays)-len(e.free) > quota {
			t.Fatalf("ann holds %d, %d mobile, %d relays", e.users["ann"], len(e.mobiles), len(e.relays)-len(e.free))
		}
	}
	t.Logf("%d allocated, %d moved, %d refused", allocated, moved, refused)
	if allocated < 20 || moved < 50 || refused < 100 {
		t.Error("too little happened")
	}
	w.now = w.now.Add(2 * time.Hour)
	w.engine.Advance(w.now, &w.out)
	if e := w.engine; len(e.users)+len(e.mobiles)+len(e.clients)+len(e.timers.heap) != 0 || len(e.free) != len(e.relays) {
		t.Errorf("left: %v users, %d mobile, %d clients, %d timers", e.users, len(e.mobiles), len(e.clients), len(e.timers.heap))
	}
}

// A ticket is good for its user alone, on the server that made it, unchanged.
func TestTicketTheft(t *testing.T) {
	w := newWorld(t, Config{ReplyBurst: 1e6, Secret: [32]byte{1}, Extensions: Extensions{Mobility: true}})
	a, thief := w.client("a", "udp", "198.51.100.1:4000"), w.client("t", "udp", "198.51.100.9:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate", "ticket="})
	w.opened(0, "203.0.113.5:50000")
	w.command([]string{"t", "allocate", "anonymous"})
	good := a.tickets[0]
	move := func(w *world, user string, ticket []byte) string {
		return w.fromClient(thief, w.signedBy(thief, user, stun.Refresh, func(b *stun.Builder, _ stun.TransactionID) {
			b.Bytes(stun.AttrMobilityTicket, ticket)
		}))
	}
	if got := move(w, "bob", good); !strings.Contains(got, "error 441") {
		t.Errorf("of another user: %s", got)
	}
	for i := range len(good) * 8 {
		wrong := bytes.Clone(good)
		wrong[i/8] ^= 1 << (i % 8)
		if got := move(w, "ann", wrong); !strings.Contains(got, "error 400") {
			t.Fatalf("bit %d does not matter: %s", i, got)
		}
	}
	for n := range len(good) {
		if got := move(w, "ann", good[:n]); !strings.Contains(got, "error 400") {
			t.Errorf("the first %d bytes: %s", n, got)
		}
	}
	other := newWorld(t, Config{Secret: [32]byte{2}, Extensions: Extensions{Mobility: true}})
	other.people["t"] = thief
	nonce := thief.nonce
	thief.nonce = ""
	other.command([]string{"t", "allocate", "anonymous"})
	if got := move(other, "ann", good); !strings.Contains(got, "error 400") {
		t.Errorf("at another server: %s", got)
	}
	thief.nonce = nonce
	if got := move(w, "ann", good); !strings.Contains(got, "success") {
		t.Errorf("of who has it: %s", got)
	}
}

// What has moved may be part of a circle, and is not left to the kernel, which does
// not look into packets.
func TestMovedAllocationsAreNotGranted(t *testing.T) {
	w, k := newKernelWorld(t, Config{Extensions: Extensions{Mobility: true}})
	a, b := w.client("a", "udp", "198.51.100.1:4000"), w.client("b", "udp", "198.51.100.2:4000")
	w.ask(k, a, stun.Allocate)
	w.ask(k, b, stun.Allocate)
	w.ask(k, a, stun.Allocate, "ticket=")
	w.opened(0, "203.0.113.5:50000")
	w.ask(k, a, stun.ChannelBind, "channel=0x4000", "peer=9.9.9.9:700")
	if n := len(k.granted[0].Channels); n != 1 {
		t.Fatalf("%d channels are granted at home", n)
	}
	w.ask(k, b, stun.Refresh, "ticket=a/1")
	w.engine.HandleClient(w.now, b.Client, datagram(channelData(0x4000, "x"), b.Remote), &w.out)
	k.carryOut(&w.out)
	w.effects()
	if n := len(k.granted[0].Channels); n != 0 {
		t.Errorf("%d channels are granted after a move", n)
	}
	w.ask(k, b, stun.ChannelBind, "channel=0x4001", "peer=9.9.9.8:700")
	if n := len(k.granted[0].Channels); n != 0 {
		t.Errorf("%d channels are granted after a move and another channel", n)
	}
}
