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
	for w.out.Send != nil && len(w.out.Send) > 0 && sent < 100 {
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
		h := &hop{w: newWorld(t, Config{}), relay: netip.AddrPortFrom(ip, 50000), listen: netip.AddrPortFrom(ip, 3478)}
		h.client = h.w.client("c", "udp", client)
		h.w.command([]string{"c", "allocate"})
		h.w.command([]string{"c", "allocate"})
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

// Through a chain of servers a packet makes as many hops as there are servers, and
// ends at the one real client, also when its sender is part of the chain.
func TestRelayChainsOverServersEnd(t *testing.T) {
	hops := chain(t, 8)
	last := hops[len(hops)-1]
	type flying struct {
		from, to netip.AddrPort
		data     []byte
	}
	for _, from := range []netip.AddrPort{hops[0].relay, hops[3].relay} {
		sent, arrived := 0, 0
		air := []flying{{from, last.relay, []byte("x")}}
		for len(air) > 0 {
			f := air[0]
			air = air[1:]
			if sent++; sent > 100 {
				t.Fatal("the packet goes round and round")
			}
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
		if sent != len(hops)+1 || arrived != 1 {
			t.Errorf("from %v: %d packets, %d arrived, want %d and 1", from, sent, arrived, len(hops)+1)
		}
	}
}
