package turn

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// Two allocations that name each other, and one that names itself, pass each
// packet on once: what arrives at a relay goes to that relay's client, never to a
// relay again.
func TestRelayLoopsOnOneServer(t *testing.T) {
	w := newWorld(t, Config{})
	relay := func(i int) netip.AddrPort { return netip.AddrPortFrom(serverIP, uint16(50000+i)) }
	var people []*person
	for i, name := range []string{"a", "b"} {
		p := w.client(name, "udp", fmt.Sprintf("198.51.100.1:%d", 4000+i))
		w.command([]string{name, "allocate"})
		w.command([]string{name, "allocate"})
		w.opened(RelayID(i), relay(i).String())
		people = append(people, p)
	}
	for _, p := range people {
		for j := range people {
			w.command([]string{p.name, "bind", fmt.Sprintf("channel=%#x", 0x4000+j), "peer=" + relay(j).String()})
		}
	}
	for i, p := range people {
		for j := range people {
			for _, packet := range [][]byte{channelData(0x4000+uint16(j), "x"), ways["Send"](w, p, serverIP, relay(j).Port())} {
				if hops := w.carry(p, packet, relay(i), relay); hops != 2 {
					t.Errorf("a packet of %s to relay %d was sent %d times, want once out and once to the client", p.name, j, hops)
				}
			}
		}
	}
}

// carry delivers what a client sends, and everything that follows from it, and
// counts the packets.
func (w *world) carry(p *person, packet []byte, from netip.AddrPort, relay func(int) netip.AddrPort) (sent int) {
	w.engine.HandleClient(w.now, p.Client, datagram(packet, p.Remote), &w.out)
	for len(w.out.Send) > 0 && sent < 100 {
		out := append(w.out.Send[:0:0], w.out.Send...)
		data := append([]byte(nil), out[0].Data...)
		w.out.Reset()
		for _, o := range out {
			sent++
			if !isPeerBound(&o) {
				continue
			}
			for id := range len(w.engine.relays) {
				if relay(id) == o.Remote {
					w.engine.HandlePeer(w.now, RelayID(id), datagram(data, from), &w.out)
				}
			}
		}
	}
	w.out.Reset()
	return sent
}

// A client that comes to the server through one of the server's own relays would
// close the circle. The server's port cannot be named as a peer.
func TestRelayCannotBeAClientOfItsOwnServer(t *testing.T) {
	w, a := attackedWorld(t, "family=1")
	w.fromClient(a, ways["CreatePermission"](w, a, serverIP, 1))
	for _, ip := range []netip.Addr{serverIP, ownIP} {
		got := w.fromClient(a, ways["Send"](w, a, ip, 3478))
		if !strings.HasPrefix(got, "drop: ") {
			t.Errorf("%v: %s", ip, got)
		}
	}
}

// hop is one server of a chain.
type hop struct {
	w      *world
	client *person
	relay  netip.AddrPort
	listen netip.AddrPort
}

// chain makes count servers, each of which is used through a relay of the one
// before it. Each allows traffic from and to all the others.
func chain(t *testing.T, count int) []*hop {
	var hops []*hop
	client := "198.51.100.1:4000"
	for i := range count {
		ip := netip.AddrFrom4([4]byte{95, 0, byte(i), 5})
		h := &hop{w: newWorld(t, Config{Extensions: Extensions{Mobility: true}}), relay: netip.AddrPortFrom(ip, 50000), listen: netip.AddrPortFrom(ip, 3478)}
		h.client = h.w.client("c", "udp", client)
		h.w.command([]string{"c", "allocate"})
		h.w.command([]string{"c", "allocate", "ticket="})
		h.w.opened(0, h.relay.String())
		hops = append(hops, h)
		client = h.relay.String()
	}
	for i, h := range hops {
		for j, other := range hops {
			if i != j {
				h.w.fromClient(h.client, h.w.signed(h.client, stun.CreatePermission, func(b *stun.Builder, id stun.TransactionID) {
					rawPeer(b, other.relay.Addr(), 1, id)
				}))
			}
		}
	}
	return hops
}

// flight sends a packet from one address to another and lets everything follow
// that the servers make of it, until all is quiet. It returns how many packets and
// bytes flew, and how many of the packets reached the client of the first server.
func flight(t *testing.T, hops []*hop, from, to netip.AddrPort, data []byte) (packets, bytes, arrived int) {
	type flying struct {
		from, to netip.AddrPort
		data     []byte
	}
	air := []flying{{from, to, data}}
	for len(air) > 0 {
		f := air[0]
		air = air[1:]
		packets, bytes = packets+1, bytes+len(f.data)
		if f.to == hops[0].client.Remote {
			arrived++
		}
		for _, h := range hops {
			switch f.to {
			case h.relay:
				h.w.engine.HandlePeer(h.w.now, 0, datagram(f.data, f.from), &h.w.out)
			case h.listen:
				h.w.engine.HandleClient(h.w.now, Client{Remote: f.from, Local: h.client.Local}, datagram(f.data, f.from), &h.w.out)
			default:
				continue
			}
			for _, o := range h.w.out.Send {
				source := h.listen
				if isPeerBound(&o) {
					source = h.relay
				}
				air = append(air, flying{source, o.Remote, append([]byte(nil), o.Data...)})
			}
			h.w.out.Reset()
		}
	}
	return packets, bytes, arrived
}

// Through a chain of servers a packet makes as many hops as there are servers, and
// ends at the one real client, also when its sender is part of the chain. A longer
// chain than anybody has a use for passes nothing on.
func TestRelayChainsOverServersEnd(t *testing.T) {
	for count := 1; count <= 8; count++ {
		hops := chain(t, count)
		last := hops[count-1]
		packets, _, arrived := flight(t, hops, netip.MustParseAddrPort("9.9.9.9:1"), last.relay, []byte("x"))
		if packets != 1 || arrived != 0 {
			t.Errorf("%d servers: a stranger's packet became %d", count, packets)
		}
		if count == 1 {
			continue
		}
		for _, from := range []netip.AddrPort{hops[0].relay, hops[count/2].relay} {
			if from == last.relay {
				continue
			}
			want, reach := count+1, 1
			if count > wrapsMax+1 {
				want, reach = wrapsMax+2, 0
			}
			if packets, _, arrived = flight(t, hops, from, last.relay, []byte("x")); packets != want || arrived != reach {
				t.Errorf("%d servers, from %v: %d packets, %d arrived, want %d and %d", count, from, packets, arrived, want, reach)
			}
		}
	}
}

// With mobility a client can leave two relays behind that are each other's client:
// what reaches one of them would go round, wrapped once more each time, until it
// fits into no packet any more.
func TestRelayLoopByMobility(t *testing.T) {
	for _, channels := range []bool{false, true} {
		hops := chain(t, 2)
		first, second := hops[0], hops[1]
		w := first.w
		moving := w.client("moving", "udp", second.relay.String()) // what comes from the second relay
		w.command([]string{"moving", "allocate", "anonymous"})
		if got := w.command([]string{"moving", "refresh", "ticket=c/1"}); !strings.Contains(got, "success") {
			t.Fatal(got)
		}
		w.command([]string{"moving", "permit", "peer=9.9.9.9:1"})
		if channels {
			w.command([]string{"moving", "bind", "channel=0x4000", "peer=" + second.listen.String()})
			second.w.command([]string{"c", "bind", "channel=0x4000", "peer=" + first.listen.String()})
		}
		if got := w.command([]string{"moving", "send", "peer=9.9.9.9:1", "data=x"}); !strings.Contains(got, "relay 0") {
			t.Fatal(got)
		}
		if a := w.engine.clients[moving.mapKey()]; a == nil || a.client != moving.Client {
			t.Fatal("the relays are not each other's client")
		}
		packets, bytes, _ := flight(t, hops, netip.MustParseAddrPort("9.9.9.9:1"), first.relay, []byte("x"))
		t.Logf("channels %v: one packet became %d of %d bytes", channels, packets, bytes)
		if packets > 2*wrapsMax {
			t.Errorf("channels %v: one packet became %d of %d bytes", channels, packets, bytes)
		}
	}
}
