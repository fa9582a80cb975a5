package turn

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// FuzzChannelData: whatever comes as ChannelData is relayed as declared or
// dropped, and never changed.
func FuzzChannelData(f *testing.F) {
	f.Add([]byte{0x40, 0, 0, 1, 'x'})
	f.Add([]byte{0x40, 0, 0, 0})
	f.Add([]byte{0x4f, 0xff, 0xff, 0xff, 1, 2, 3})
	at := netip.MustParseAddrPort("9.9.9.9:700")
	f.Fuzz(func(t *testing.T, b []byte) {
		w, a := relaying(t, "udp", at)
		w.engine.HandleClient(w.now, a.Client, datagram(b, a.Remote), &w.out)
		for _, o := range w.out.Send {
			if o.Remote != at {
				continue // a reply to what was STUN
			}
			n := int(binary.BigEndian.Uint16(b[2:]))
			if string(o.Data) != string(b[4:4+n]) || binary.BigEndian.Uint16(b) != 0x4000 {
				t.Fatalf("%x went out for %x", o.Data, b)
			}
		}
		w.engine.check(t)
	})
}

// FuzzEngine reads its input as a series of steps: what comes from whom, and how
// time passes. Requests in it are signed, so that they get through to the state.
func FuzzEngine(f *testing.F) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		b := make([]byte, 64+seed*64)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b)
	}
	transcripts, _ := filepath.Glob("testdata/*.txt")
	for _, path := range transcripts {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		first, second := runScript(t, script), runScript(t, script)
		if first != second {
			t.Fatalf("two runs of one script differ:\n%s\n%s", first, second)
		}
	})
}

// steps is a fuzzer's input while it is read.
type steps struct{ b []byte }

func (s *steps) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	v := s.b[0]
	s.b = s.b[1:]
	return v
}

func (s *steps) bytes(n int) []byte {
	n = min(n, len(s.b))
	v := s.b[:n:n]
	s.b = s.b[n:]
	return v
}

var fuzzPeers = []netip.AddrPort{
	netip.MustParseAddrPort("9.9.9.9:700"), netip.MustParseAddrPort("9.9.9.9:701"), netip.MustParseAddrPort("8.8.8.8:53"),
	netip.MustParseAddrPort("127.0.0.1:80"), netip.MustParseAddrPort("[2606:4700::9]:700"), netip.MustParseAddrPort("[::1]:80"),
	netip.MustParseAddrPort("203.0.113.5:50001"), netip.MustParseAddrPort("203.0.113.5:22"),
}

func runScript(t *testing.T, script []byte) string {
	w := newWorld(t, Config{
		Ledger: newBook(), Extensions: Extensions{DontFragment: true, Mobility: true}, MaxAllocations: 5, Rates: Rates{100, 150}, MaxAllocationsPerUser: 3, MaxPermissions: 3, MaxChannels: 3, RepliesPerSecond: 5, ReplyBurst: 20,
	})
	people := []*person{
		w.client("a", "udp", "198.51.100.1:4000"), w.client("b", "udp", "[2001:db8::9]:4000"),
		w.client("c", "tcp", "198.51.100.1:4000"), w.client("d", "tls", "198.51.100.2:4000"),
	}
	w.users.elsewhere["carl"] = true
	w.users.left["bob"] = 400 * time.Second
	outcome := ""
	asked := []RelayID{}
	for s := (steps{script}); len(s.b) > 0; {
		p := people[s.byte()%4]
		w.step(&s, p, &asked)
		for _, r := range w.out.OpenRelays {
			asked = append(asked, r.ID)
		}
		checkOut(t, w)
		outcome += w.effects()
	}
	w.settle()
	return outcome
}

// step does one thing that the script says.
func (w *world) step(s *steps, p *person, asked *[]RelayID) {
	peer := fuzzPeers[int(s.byte())%len(fuzzPeers)]
	handle := func(b []byte) { w.engine.HandleClient(w.now, p.Client, datagram(b, p.Remote), &w.out) }
	switch op := s.byte() % 14; op {
	case 13:
		outcome := []string{"carl", "nobody", "failed", "carl"}[s.byte()%4]
		made := w.engine.lookups.made
		w.engine.HandleLookedUp(w.now, lookupAnswer(made-min(made, LookupID(s.byte()%4)), []string{outcome, "left=700s"}), &w.out)
	case 12:
		w.engine.HandlePeerError(w.now, RelayID(s.byte()%8), &dgram.PeerError{Peer: peer, Type: s.byte(), Code: s.byte(), MTU: uint32(s.byte())}, &w.out)
	case 0:
		handle(s.bytes(int(s.byte())))
	case 1, 2:
		handle(w.fuzzRequest(s, p, peer))
	case 3:
		b := stun.Begin(nil, stun.TypeOf(stun.Send, stun.Indication), stun.TransactionID{})
		b.XORAddress(stun.AttrXORPeerAddress, peer)
		b.Bytes(stun.AttrData, s.bytes(int(s.byte()%16)))
		handle(b.Finish())
	case 4:
		handle(channelData(0x4000+uint16(s.byte()%4), string(s.bytes(int(s.byte()%16)))))
	case 5:
		w.engine.HandlePeer(w.now, RelayID(s.byte()%8), datagram(s.bytes(int(s.byte()%16)), peer), &w.out)
	case 6, 7:
		if len(*asked) > 0 {
			id := (*asked)[0]
			*asked = (*asked)[1:]
			address := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.5"), 50000+uint16(id))
			w.relays[address] = address
			pair := netip.AddrPortFrom(address.Addr(), address.Port()+1000)
			w.relays[pair] = pair
			w.engine.HandleRelayOpened(w.now, RelayOpened{
				ID: id, OK: s.byte()%4 > 0, Sock: dgram.RelayKind | dgram.Sock(id), Advertised: address,
				PairSock: dgram.RelayKind | dgram.Sock(id+1000), PairAdvertised: pair,
			}, &w.out)
		}
	case 8:
		w.engine.HandleClientClosed(w.now, p.Client, &w.out)
	case 10, 11:
		w.fuzzTCP(s, p, peer)
	case 9:
		w.now = w.now.Add(time.Duration(s.byte()) * 5 * time.Second)
		w.engine.Advance(w.now, &w.out)
	}
}

func (w *world) fuzzRequest(s *steps, p *person, peer netip.AddrPort) []byte {
	m := []stun.Method{stun.Allocate, stun.Refresh, stun.CreatePermission, stun.ChannelBind}[s.byte()%4]
	args := []string{"user=" + []string{"ann", "bob", "mallory", "carl"}[s.byte()%4]}
	args = append(args, strings.Fields([]string{"", "", "", "rfc8489", "integrity=sha256", "token=one", "token=two", "key-of-token=one"}[s.byte()%8])...)
	possible := []string{
		"lifetime=0", "lifetime=3000", "family=1", "family=2", "peer=" + peer.String(), "channel=0x4000", "channel=0x4001",
		"channel=0x5000", "fingerprint", "even-port=1", "reservation-token", "unknown=0x7fff", "bad-lifetime", "id=7", "anonymous",
		"peer=1.1.1.1:1", "additional-family=2", "reservation-token=a", "reservation-token=b", "even-port=0",
		"dont-fragment", "ticket", lastTicket(w, "a"), lastTicket(w, "c"),
	}
	for bits := int(s.byte()) | int(s.byte())<<8 | int(s.byte())<<16; bits != 0; bits &= bits - 1 {
		args = append(args, possible[len(possible)-1-bitsLeft(bits)])
	}
	return w.request(p, m, args)
}

// bitsLeft is the place of the lowest bit that is set.
func bitsLeft(bits int) (n int) {
	for bits&1 == 0 {
		bits >>= 1
		n++
	}
	return n
}

// checkOut: whatever comes in, packets go only to clients and to peers that may be
// reached.
func checkOut(t *testing.T, w *world) {
	for _, o := range w.out.Send {
		if o.Sock.Kind() == dgram.RelayKind {
			_, relay := w.relays[o.Remote]
			if !relay && !w.engine.rules.Permits(o.Remote.Addr()) {
				t.Fatalf("a packet to %v", o.Remote)
			}
			continue
		}
		known := false
		for _, p := range w.people {
			known = known || p.Sock == o.Sock && p.Remote == o.Remote
		}
		if !known {
			t.Fatalf("a packet to %v, who is no client", o.Remote)
		}
	}
}

// lastTicket is the attribute with the ticket that a client was given last.
func lastTicket(w *world, name string) string {
	return fmt.Sprintf("ticket=%s/%d", name, max(1, len(w.people[name].tickets)))
}
