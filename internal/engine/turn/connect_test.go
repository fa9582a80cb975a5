package turn

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// connectionNames numbers connections in the order in which they come up.
type connectionNames struct{ ids []ConnectionID }

func (n *connectionNames) name(id ConnectionID) string {
	i := slices.Index(n.ids, id)
	if i < 0 {
		i = len(n.ids)
		n.ids = append(n.ids, id)
	}
	return fmt.Sprintf("peer %d", i)
}

func (n *connectionNames) id(s string) ConnectionID {
	i, err := strconv.Atoi(s)
	if err != nil || i >= len(n.ids) {
		return 0xffffffff
	}
	return n.ids[i]
}

// tcpCommand carries out the commands of transcripts that are about TCP
// allocations.
func (w *world) tcpCommand(words []string) (effects string, ok bool) {
	switch words[0] {
	case "listening":
		a := netip.MustParseAddrPort(words[2])
		w.engine.HandleRelayOpened(w.now, RelayOpened{ID: relayID(words[1]), OK: true, Advertised: a}, &w.out)
		w.listeners[a] = a
	case "listener": // another TCP relay of this server
		w.listeners[netip.MustParseAddrPort(words[1])] = netip.MustParseAddrPort(words[2])
	case "connected":
		w.engine.HandlePeerConnected(w.now, w.peers.id(words[1]), true, &w.out)
	case "unreachable":
		w.engine.HandlePeerConnected(w.now, w.peers.id(words[1]), false, &w.out)
	case "accept":
		id, taken := w.engine.HandlePeerAccepted(w.now, relayID(words[1]), netip.MustParseAddrPort(words[2]), &w.out)
		if taken {
			return "accepted as " + w.peers.name(id) + "\n" + w.effects(), true
		}
	case "over":
		w.engine.HandlePeerClosed(w.peers.id(words[1]))
	default:
		return "", false
	}
	return w.effects(), true
}

// tcpEffects says what the engine wants for TCP allocations.
func (w *world) tcpEffects(s *strings.Builder) {
	for _, l := range w.out.OpenListeners {
		fmt.Fprintf(s, "open listener %d: IPv%d near %v\n", l.ID, map[Family]int{IPv4: 4, IPv6: 6}[l.Family], l.Near)
	}
	for _, c := range w.out.ConnectPeers {
		fmt.Fprintf(s, "connect %s from relay %d to %v\n", w.peers.name(c.ID), c.Relay, c.Peer)
	}
	for _, j := range w.out.JoinStreams {
		fmt.Fprintf(s, "join %s with the stream of %v\n", w.peers.name(j.ID), j.Client.Remote)
	}
	for _, id := range w.out.ClosePeers {
		fmt.Fprintf(s, "close %s\n", w.peers.name(id))
	}
	for _, id := range w.out.CloseListeners {
		fmt.Fprintf(s, "close listener %d\n", id)
	}
}

func (w *world) connectionAttr(value []byte) string {
	return w.peers.name(ConnectionID(binary.BigEndian.Uint32(value)))
}

// checkConnections holds the tables of connections against each other.
func (e *Engine) checkConnections(t testing.TB) {
	t.Helper()
	owned, queued := 0, 0
	for _, slot := range e.relays {
		a := slot.alloc
		if a == nil {
			continue
		}
		owned += len(a.connections)
		if len(a.connections) > e.cfg.MaxConnections || len(a.connections) > 0 && (a.state != open || !a.listens) {
			t.Fatalf("%d connections of an allocation in state %d", len(a.connections), a.state)
		}
		for _, c := range a.connections {
			if e.connections.byID[c.id] != c || c.alloc != a || c.id.Shard() != e.cfg.Shard {
				t.Fatalf("connection %08x is not where it should be", uint32(c.id))
			}
			if c.state == joined && (c.prev != nil || c.next != nil || e.connections.first == c) {
				t.Fatalf("connection %08x is joined and has a timeout", uint32(c.id))
			}
			if c.state != joined {
				queued++
			}
		}
	}
	if owned != len(e.connections.byID) || owned > e.cfg.MaxConnectionsTotal {
		t.Fatalf("%d connections of allocations, %d in all", owned, len(e.connections.byID))
	}
	var last *connection
	for c := e.connections.first; c != nil; c = c.next {
		if c.prev != last || last != nil && last.expires > c.expires {
			t.Fatal("the queue of connections is out of order")
		}
		last = c
		queued--
	}
	if queued != 0 || e.connections.last != last {
		t.Fatalf("the queue of connections lacks %d", queued)
	}
}

// TestConnectionIDsDoNotRepeat: a late answer must not be taken for that of
// another connection.
func TestConnectionIDsDoNotRepeat(t *testing.T) {
	s := connections{byID: map[ConnectionID]*connection{}, seed: 0x12345678}
	seen := make([]bool, 1<<connectionIDBits)
	for range len(seen) {
		id := s.nextID(7)
		if id.Shard() != 7 || seen[id&connectionIDMask] {
			t.Fatalf("%08x", uint32(id))
		}
		seen[id&connectionIDMask] = true
	}
}

// disguises of what no peer may be.
var forbiddenPeers = []string{
	"0.0.0.0:80", "127.0.0.1:80", "169.254.169.254:80", "10.0.0.1:80", "100.64.0.1:80", "192.168.1.1:80", "224.0.0.1:80",
	"255.255.255.255:80", "203.0.113.5:22", "[::]:80", "[::1]:80", "[fe80::1]:80", "[fd00::1]:80", "[ff02::1]:80",
	"[::7f00:1]:80", "[2002:7f00:1::]:80", "[2002:a00:1::]:80", "[64:ff9b::7f00:1]:80", "[64:ff9b::a9fe:a9fe]:80",
	"[2001:0:a00:1::]:80", "[2001:0:808:808:0:0:80ff:fffe]:80", "[2600::5efe:10.0.0.1]:80", "[2001:db8::5]:22",
}

// TestConnectReachesNoForbiddenPeer: Connect obeys the policy as CreatePermission
// does, and on addresses of this server it reaches listening relays only.
func TestConnectReachesNoForbiddenPeer(t *testing.T) {
	for _, family := range []string{"family=1", "family=2"} {
		w := newWorld(t, Config{})
		own := map[string]string{"family=1": "203.0.113.5:50000", "family=2": "[2001:db8::5]:50000"}[family]
		a := listening(t, w, own, family)
		for _, peer := range forbiddenPeers {
			if strings.HasPrefix(peer, "[") != (family == "family=2") {
				continue
			}
			connect, permit := w.clientCommand(a, "connect", []string{"peer=" + peer}), w.clientCommand(a, "permit", []string{"peer=" + peer})
			if !strings.Contains(connect, " error 403") {
				t.Errorf("Connect to %s: %s", peer, connect)
			}
			if netip.MustParseAddrPort(peer).Port() != 22 && !strings.Contains(permit, " error 403") {
				t.Errorf("CreatePermission for %s: %s", peer, permit)
			}
		}
		if got := w.clientCommand(a, "connect", []string{"mapped-peer=127.0.0.1:80", "id=99"}); !strings.Contains(got, " error 443") {
			t.Errorf("Connect to a mapped address: %s", got)
		}
		if got := w.clientCommand(a, "connect", []string{"peer=" + own}); !strings.Contains(got, " error 403") {
			t.Errorf("Connect to itself: %s", got)
		}
	}
}

// listening is a client with a TCP allocation at address.
func listening(t *testing.T, w *world, address, family string) *person {
	t.Helper()
	a := w.client("a", "tcp", "198.51.100.1:4000")
	w.clientCommand(a, "allocate", nil)
	w.clientCommand(a, "allocate", []string{"transport=6", family})
	w.tcpCommand([]string{"listening", "0", address})
	if e := w.engine; len(e.relays) != 1 || e.relays[0].alloc == nil || e.relays[0].alloc.state != open {
		t.Fatal("no allocation")
	}
	return a
}

// TestConnectionsEndWithTheirAllocation, whichever way that ends.
func TestConnectionsEndWithTheirAllocation(t *testing.T) {
	for name, end := range map[string]func(w *world, a *person) string{
		"deleted": func(w *world, a *person) string { return w.clientCommand(a, "refresh", []string{"lifetime=0"}) },
		"closed":  func(w *world, a *person) string { return w.clientCommand(a, "closed", nil) },
		"expired": func(w *world, _ *person) string {
			w.now = w.now.Add(w.engine.cfg.DefaultLifetime - connectionTimeout) // the one that waits stays till then
			before := w.tcpAdvance()
			w.now = w.now.Add(connectionTimeout)
			return before + w.tcpAdvance()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a := listening(t, w, "203.0.113.5:50000", "family=1")
			w.clientCommand(a, "permit", []string{"peer=9.9.9.9:1"})
			w.clientCommand(a, "connect", []string{"peer=9.9.9.9:700"})
			w.tcpCommand([]string{"connected", "0"})
			w.tcpCommand([]string{"accept", "0", "9.9.9.9:701"})
			data := w.client("data", "tcp", "198.51.100.1:4001")
			w.clientCommand(data, "bind-connection", []string{"connection=0"})
			w.clientCommand(data, "bind-connection", []string{"connection=0"})
			w.clientCommand(a, "connect", []string{"peer=9.9.9.9:702"})
			got := end(w, a)
			for _, want := range []string{"close peer 0", "close peer 1", "close peer 2", "close listener 0"} {
				if strings.Count(got, want+"\n") != 1 {
					t.Errorf("%q is not in:\n%s", want, got)
				}
			}
			if e := w.engine; len(e.connections.byID) != 0 || e.NextDeadline() != mono.Never {
				t.Errorf("%d connections are left", len(e.connections.byID))
			}
		})
	}
}

func (w *world) tcpAdvance() string {
	w.engine.Advance(w.now, &w.out)
	return w.effects()
}

// TestConnectionBindTakesTheNonceOfItsControlConnection: pion's client sends that
// one and no other; for other requests, and from others, it is stale.
func TestConnectionBindTakesTheNonceOfItsControlConnection(t *testing.T) {
	w := newWorld(t, Config{})
	a := listening(t, w, "203.0.113.5:50000", "family=1")
	w.clientCommand(a, "connect", []string{"peer=9.9.9.9:700"})
	w.tcpCommand([]string{"connected", "0"})
	data := w.client("data", "tcp", "198.51.100.1:4001")
	data.nonce = a.nonce
	if got := w.clientCommand(data, "allocate", nil); !strings.Contains(got, " error 438") {
		t.Error(got)
	}
	data.nonce = a.nonce
	if got := w.clientCommand(data, "bind-connection", []string{"connection-id=9"}); !strings.Contains(got, " error 438") {
		t.Error(got)
	}
	data.nonce = a.nonce
	if got := w.clientCommand(data, "bind-connection", []string{"connection=0"}); !strings.Contains(got, "join peer 0") {
		t.Error(got)
	}
}

// TestPeersAreLimited: neither a client nor the peers of one can make the server
// hold more connections than are allowed.
func TestPeersAreLimited(t *testing.T) {
	w := newWorld(t, Config{MaxConnections: 3})
	a := listening(t, w, "203.0.113.5:50000", "family=1")
	w.clientCommand(a, "permit", []string{"peer=9.9.9.9:1"})
	for i := range 5 {
		got := w.clientCommand(a, "connect", []string{"peer=9.9.9.9:" + strconv.Itoa(700+i)})
		if refused := strings.Contains(got, " error 486"); refused != (i >= 3) {
			t.Errorf("Connect %d: %s", i, got)
		}
	}
	if got, _ := w.tcpCommand([]string{"accept", "0", "9.9.9.9:800"}); !strings.Contains(got, "too_many_peers") {
		t.Errorf("another peer: %s", got)
	}
}

// TestANewPolicyEndsConnections that it refuses, at once.
func TestANewPolicyEndsConnections(t *testing.T) {
	w := newWorld(t, Config{})
	a := listening(t, w, "203.0.113.5:50000", "family=1")
	for _, peer := range []string{"9.9.9.9:1", "9.9.9.9:2", "8.8.8.8:1"} {
		w.clientCommand(a, "connect", []string{"peer=" + peer})
	}
	w.tcpCommand([]string{"connected", "0"})
	w.tcpCommand([]string{"connected", "2"})
	w.engine.HandlePolicy(w.now, Policy{Deny: []netip.Prefix{netip.MustParsePrefix("9.9.9.0/24")}}.Rules(), &w.out)
	got := w.effects()
	if !strings.Contains(got, "Connect error 403") || !strings.Contains(got, "close peer 0\n") ||
		!strings.Contains(got, "close peer 1\n") || strings.Contains(got, "close peer 2\n") {
		t.Errorf("%s", got)
	}
}

// fuzzTCP does one thing about TCP allocations that a fuzzer's script says.
func (w *world) fuzzTCP(s *steps, p *person, peer netip.AddrPort) {
	handle := func(m stun.Method, args ...string) {
		w.engine.HandleClient(w.now, p.Client, datagram(w.request(p, m, args), p.Remote), &w.out)
	}
	id := ConnectionID(0xffffffff)
	if n := len(w.peers.ids); n > 0 {
		id = w.peers.ids[int(s.byte())%n]
	}
	switch s.byte() % 6 {
	case 0:
		handle(stun.Allocate, "transport=6")
	case 1:
		handle(stun.Connect, "peer="+peer.String())
	case 2:
		handle(stun.ConnectionBind, fmt.Sprintf("connection-id=%d", id))
	case 3:
		w.engine.HandlePeerConnected(w.now, id, s.byte()%4 > 0, &w.out)
	case 4:
		if got, ok := w.engine.HandlePeerAccepted(w.now, RelayID(s.byte()%8), peer, &w.out); ok {
			w.peers.name(got)
		}
	case 5:
		w.engine.HandlePeerClosed(id)
	}
	for _, l := range w.out.OpenListeners {
		a := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.5"), 60000+uint16(l.ID))
		w.listeners[a] = a
		w.engine.HandleRelayOpened(w.now, RelayOpened{ID: l.ID, OK: s.byte()%4 > 0, Sock: dgram.RelayKind, Advertised: a}, &w.out)
	}
}
