package turn

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Connect reaches none of the addresses that must not be reached, in any
// disguise, and neither comes a peer in from there, even with a permission that is
// there by mistake.
func TestRefusedPeersByConnect(t *testing.T) {
	for family, server := range map[string]netip.Addr{"family=1": serverIP, "family=2": serverIP6} {
		w := newWorld(t, Config{Policy: Policy{Own: []netip.Addr{serverIP, serverIP6, ownIP, ownIP6}}})
		a := listening(t, w, netip.AddrPortFrom(server, 50000).String(), family)
		alloc := w.engine.clients[a.mapKey()]
		connect := func(ip netip.Addr, port uint16) string {
			return w.fromClient(a, w.signed(a, stun.Connect, func(b *stun.Builder, id stun.TransactionID) { rawPeer(b, ip, port, id) }))
		}
		for what, ip := range refusedPeers() {
			alloc.permissions = append(alloc.permissions, permission{ip: ip, expires: w.now + 1e9})
			if got := connect(ip, 80); !strings.Contains(got, "error 403") && !strings.Contains(got, "error 443") {
				t.Errorf("%s: Connect to %s (%v): %s", family, what, ip, got)
			}
			if _, ok := w.engine.HandlePeerAccepted(w.now, 0, netip.AddrPortFrom(ip, 80), &w.out); ok && ip.Is4() == (family == "family=1") {
				t.Errorf("%s: a connection from %s (%v) is taken", family, what, ip)
			}
			alloc.permissions = nil
			w.out.Reset()
		}
		for _, port := range []uint16{22, 80, 443, 3478, 8443, 50000, 50001} {
			if got := connect(server, port); !strings.Contains(got, "error 403") {
				t.Errorf("Connect to own port %d: %s", port, got)
			}
		}
		if n := len(w.engine.connections.byID); n != 0 {
			t.Errorf("%s: %d connections", family, n)
		}
	}
}

// A connection with a peer belongs to who made it: somebody else who has seen or
// guessed its number can neither bind it nor take it from another stream.
func TestConnectionsAreBoundByTheirUserOnly(t *testing.T) {
	w := newWorld(t, Config{})
	a := listening(t, w, "203.0.113.5:50000", "family=1")
	w.clientCommand(a, "connect", []string{"peer=9.9.9.9:700"})
	w.tcpCommand([]string{"connected", "0"})
	thief := w.client("thief", "tcp", "198.51.100.9:4000")
	w.clientCommand(thief, "bind-connection", []string{"connection=0"})
	for user, want := range map[string]string{"bob": "error 441", "mallory": "error 401"} {
		if got := w.clientCommand(thief, "bind-connection", []string{"connection=0", "user=" + user}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", user, got)
		}
	}
	over := w.client("datagram", "udp", "198.51.100.9:4001")
	w.clientCommand(over, "bind-connection", []string{"connection=0"})
	if got := w.clientCommand(over, "bind-connection", []string{"connection=0"}); !strings.Contains(got, "error 400") {
		t.Errorf("over UDP: %s", got)
	}
	data := w.client("data", "tcp", "198.51.100.1:4001")
	w.clientCommand(data, "bind-connection", []string{"connection=0"})
	if got := w.clientCommand(data, "bind-connection", []string{"connection=0"}); !strings.Contains(got, "success") {
		t.Errorf("who made it: %s", got)
	}
	again := w.client("again", "tcp", "198.51.100.1:4002")
	w.clientCommand(again, "bind-connection", []string{"connection=0"})
	if got := w.clientCommand(again, "bind-connection", []string{"connection=0"}); strings.Contains(got, "success") {
		t.Errorf("a second time: %s", got)
	}
}

// Ports that are kept by EVEN-PORT count for their user until they are let go,
// however their allocation ends, so that nobody can keep more than the quota.
func TestEvenPortsDoNotLeak(t *testing.T) {
	w := newWorld(t, Config{MaxAllocationsPerUser: 8, ReplyBurst: 1e6, Ledger: newBook()})
	w.now = mono.Time(time.Second)
	refused := 0
	for i := range 400 {
		name := fmt.Sprint("c", i)
		transport := []string{"udp", "tcp"}[i%2]
		a := w.client(name, transport, fmt.Sprintf("198.51.100.%d:%d", i%200, 4000+i))
		w.command([]string{name, "allocate", "anonymous"})
		got := w.clientCommand(a, "allocate", []string{"even-port=1", "id=7"})
		if strings.Contains(got, "error 486") {
			refused++
			continue
		}
		var id, pair RelayID
		if _, err := fmt.Sscanf(got, "open relay %d: IPv4 near 192.0.2.1, even port, and the one above as %d", &id, &pair); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if i%3 == 0 && transport == "tcp" { // it goes while the ports are opened
			w.command([]string{name, "closed"})
		}
		switch i % 5 {
		case 0:
			w.command([]string{"failed", fmt.Sprint(id)})
		default:
			even := 50000 + int(id)*2
			w.command([]string{"opened", fmt.Sprint(id), fmt.Sprintf("203.0.113.5:%d", even), fmt.Sprintf("203.0.113.5:%d", even+1)})
		}
		for range 3 { // more of the same Allocate are no more ports
			if a.Transport == UDP && i%5 != 0 {
				w.clientCommand(a, "allocate", []string{"even-port=1", "id=7"})
			}
		}
		w.clientCommand(a, "refresh", []string{"lifetime=0"})
		if held := w.engine.users["ann"]; held > 8 {
			t.Fatalf("ann holds %d ports", held)
		}
		w.now = w.now.Add(time.Second)
		w.engine.Advance(w.now, &w.out)
		w.effects()
	}
	if refused < 100 {
		t.Errorf("the quota refused %d", refused)
	}
	w.now = w.now.Add(time.Hour)
	w.engine.Advance(w.now, &w.out)
	if e := w.engine; len(e.users)+len(e.reservations)+len(e.reserved)+len(e.clients) != 0 || len(e.free) != len(e.relays) {
		t.Errorf("left: %v users, %d reservations, %d of %d relays", e.users, len(e.reservations), len(e.relays)-len(e.free), len(e.relays))
	}
}

// A reserved port goes to who reserved it, once, in time. Tokens have nothing in
// common that would help to guess the next.
func TestReservationTheft(t *testing.T) {
	w := newWorld(t, Config{ReplyBurst: 1e6})
	a := w.client("a", "udp", "198.51.100.1:4000")
	w.command([]string{"a", "allocate"})
	w.command([]string{"a", "allocate", "even-port=1"})
	w.opened(0, "203.0.113.5:50000", "203.0.113.5:50001")
	token := w.engine.clients[a.mapKey()].token
	thief := w.client("t", "udp", "198.51.100.9:4000")
	w.command([]string{"t", "allocate", "anonymous"})
	redeem := func(user string, token reservationToken) string {
		return w.fromClient(thief, w.signedBy(thief, user, stun.Allocate, func(b *stun.Builder, _ stun.TransactionID) {
			b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24)
			b.Bytes(stun.AttrReservationToken, token[:])
		}))
	}
	if got := redeem("bob", token); !strings.Contains(got, "error 508") {
		t.Errorf("of another user: %s", got)
	}
	for i := range 64 { // every bit matters
		wrong := token
		wrong[i/8] ^= 1 << (i % 8)
		if got := redeem("ann", wrong); !strings.Contains(got, "error 508") {
			t.Errorf("bit %d does not matter: %s", i, got)
		}
	}
	if got := redeem("ann", token); !strings.Contains(got, "203.0.113.5:50001") {
		t.Errorf("of who has it: %s", got)
	}
	w.command([]string{"t", "refresh", "lifetime=0"})
	if got := redeem("ann", token); !strings.Contains(got, "error 508") {
		t.Errorf("a second time: %s", got)
	}
	// The bits of many tokens, the first byte apart, are 0 as often as 1, also from
	// one to the next: 4,000 of 8,000 expected, 600 away is 13 standard deviations.
	e, last := New(Config{Secret: [32]byte{1, 2, 3}}), reservationToken{}
	var ones, changes [64]int
	for range 8000 {
		next := e.newToken()
		for i := 8; i < 64; i++ {
			ones[i] += int(next[i/8] >> (i % 8) & 1)
			changes[i] += int((next[i/8] ^ last[i/8]) >> (i % 8) & 1)
		}
		last = next
	}
	for i := 8; i < 64; i++ {
		if ones[i] < 3400 || ones[i] > 4600 || changes[i] < 3400 || changes[i] > 4600 {
			t.Errorf("bit %d is set in %d of 8000, changes in %d", i, ones[i], changes[i])
		}
	}
	if New(Config{Secret: [32]byte{1}}).newToken() == New(Config{Secret: [32]byte{2}}).newToken() {
		t.Error("the first token is the same for every server")
	}
}

// However requests come in between, a user never holds more than the quota: what
// is only asked for counts, and comes back if it fails.
func TestQuotaRaces(t *testing.T) {
	w := newWorld(t, Config{MaxAllocationsPerUser: 5, Ledger: newBook()})
	var asked []string
	open := 0
	for i := range 50 {
		name := fmt.Sprint("c", i)
		w.client(name, "udp", fmt.Sprintf("198.51.100.1:%d", 4000+i))
		w.command([]string{name, "allocate", "anonymous"})
		// Two in flight at once, of which the second is another transaction.
		first, second := w.command([]string{name, "allocate", "id=1"}), w.command([]string{name, "allocate", "id=2"})
		if strings.Contains(first, "open relay") {
			asked = append(asked, strings.Fields(strings.TrimSuffix(first, "\n"))[2])
		}
		if strings.Contains(second, "open relay") {
			t.Errorf("%s has two relays", name)
		}
		if len(asked) == 5 && i%7 == 0 { // all are answered, some with failure
			for j, id := range asked {
				id = strings.TrimSuffix(id, ":")
				if j%2 == 0 {
					w.command([]string{"failed", id})
				} else {
					w.command([]string{"opened", id, "203.0.113.5:5000" + id})
					open++
				}
			}
			asked = nil
		}
		if held := w.engine.users["ann"]; held > 5 || held != len(asked)+open {
			t.Fatalf("ann holds %d, asked for %d, open %d", held, len(asked), open)
		}
	}
	if open != 5 && len(asked)+open != 5 {
		t.Errorf("%d open and %d asked for in the end", open, len(asked))
	}
}
