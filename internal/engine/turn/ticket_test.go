package turn

import (
	"bytes"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Every bit of a ticket counts, and no other server can make one.
func TestForgedTickets(t *testing.T) {
	s, other := newTicketSeal(&[32]byte{1}), newTicketSeal(&[32]byte{2})
	want := ticket{serial: 1 << 40, generation: 7}
	sealed := s.seal(3, want)
	if shard, got, ok := s.open(sealed); !ok || shard != 3 || got != want {
		t.Fatalf("%d %+v %v", shard, got, ok)
	}
	if _, _, ok := other.open(sealed); ok {
		t.Error("another server's ticket is good")
	}
	for i := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[i/8] ^= 1 << (i % 8)
		if _, _, ok := s.open(changed); ok {
			t.Errorf("bit %d does not matter", i)
		}
	}
	for n := range len(sealed) {
		if _, _, ok := s.open(sealed[:n]); ok {
			t.Errorf("%d bytes of it are enough", n)
		}
	}
	// No two tickets share an initialization vector, and one text has one ticket.
	seen := map[string]bool{}
	for n := range uint32(1000) {
		b := s.seal(0, ticket{1, n})
		if !bytes.Equal(b, s.seal(0, ticket{1, n})) || seen[string(b[1:1+ticketIVLen])] {
			t.Fatalf("ticket %d", n)
		}
		seen[string(b[1:1+ticketIVLen])] = true
	}
}

// Only requests that name another shard, of clients with a nonce and without an
// allocation, are sent on.
func TestDetours(t *testing.T) {
	w := newWorld(t, Config{Shard: 2, Extensions: Extensions{Mobility: true}})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	a.token = reservationToken{5, 1, 2, 3}
	a.tickets = [][]byte{w.engine.seal.seal(6, ticket{1, 1}), w.engine.seal.seal(2, ticket{1, 1})}
	detour := func(m stun.Method, args ...string) (uint8, bool) {
		return w.engine.Detour(w.now, a.Client, w.request(a, m, args))
	}
	for _, c := range []struct {
		method stun.Method
		arg    string
		shard  uint8
		ok     bool
	}{
		{stun.Allocate, "reservation-token=a", 5, true},
		{stun.Refresh, "ticket=a/1", 6, true},
		{stun.Refresh, "ticket=a/2", 0, false}, // its own
		{stun.Refresh, "reservation-token=a", 0, false},
		{stun.Allocate, "ticket=a/1", 0, false},
		{stun.Allocate, "lifetime=600", 0, false},
		{stun.Refresh, "ticket=", 0, false},
	} {
		if shard, ok := detour(c.method, c.arg); ok != c.ok || ok && shard != c.shard {
			t.Errorf("%v %s: %d %v", c.method, c.arg, shard, ok)
		}
	}
	if _, ok := detour(stun.Allocate, "reservation-token=a", "nonce=made-up"); ok {
		t.Error("sent on without a nonce")
	}
	w.command([]string{"a", "allocate"})
	if _, ok := detour(stun.Refresh, "ticket=a/1"); ok {
		t.Error("sent on although there is an allocation")
	}
	w.now = mono.Time(2 * time.Hour)
	if _, ok := detour(stun.Allocate, "reservation-token=a"); ok {
		t.Error("sent on with an old nonce")
	}
}

// FuzzShardOf: whatever comes, what a request names is in it.
func FuzzShardOf(f *testing.F) {
	b := stun.Begin(nil, stun.TypeOf(stun.Refresh, stun.Request), stun.TransactionID{})
	b.Bytes(stun.AttrMobilityTicket, make([]byte, ticketLen))
	f.Add(b.Finish())
	b = stun.Begin(nil, stun.TypeOf(stun.Allocate, stun.Request), stun.TransactionID{})
	b.Bytes(stun.AttrReservationToken, make([]byte, 8))
	f.Add(b.Finish())
	seal := newTicketSeal(&[32]byte{})
	f.Fuzz(func(t *testing.T, message []byte) {
		if shard, ok := ShardOf(message); ok && !bytes.Contains(message, []byte{shard}) {
			t.Fatalf("shard %d of %x", shard, message)
		}
		if _, _, ok := seal.open(message); ok {
			t.Fatalf("%x is a ticket", message)
		}
	})
}
