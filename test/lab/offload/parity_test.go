//go:build linux

package offload

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// steps is how many packets each pair of families gets in one sequence.
const steps = 300

const channel = 0x4001

// pair is a client and a peer with a channel between them.
type pair struct {
	*turnClient
	peer, marker     *socket // marker: from its port the peer has no channel
	byClient, byPeer *wire
	families         string
}

func (w *world) pairs(t *testing.T) (all []*pair) {
	byClient, byPeer := openWire(t, w.client, w.server), openWire(t, w.peer, w.server)
	for c := range 2 {
		for p := range 2 {
			one := &pair{
				turnClient: allocate(t, w.client, clientIPs[c], serverIPs[c], peerIPs[p]),
				peer:       open(t, w.peer, peerIPs[p], uint16(7000+10*c)), marker: open(t, w.peer, peerIPs[p], uint16(7001+10*c)),
				byClient: byClient, byPeer: byPeer, families: fmt.Sprintf("IPv%d to IPv%d", 4+2*c, 4+2*p),
			}
			one.bind(channel, one.peer.addr)
			all = append(all, one)
		}
	}
	return all
}

// TestKernelAndUserSpaceAgree sends the same random sequences of packets through a
// server that relays in the kernel and through one that does not. What arrives
// must be the same, byte for byte.
func TestKernelAndUserSpaceAgree(t *testing.T) {
	for _, c := range []struct {
		name                          string
		bySender, byServer, byRelayed bool // who may leave checksums to others
	}{
		{"the sender's kernel makes checksums", false, false, false},
		{"checksums are still to be made when the packet leaves", true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			seed := rand.Uint64()
			var said [2][]string
			for i, mode := range []string{"off", "tc"} {
				w := newWorld(t)
				checksums(t, w.client, c.bySender)
				checksums(t, w.peer, c.bySender)
				checksums(t, w.server, c.byServer)
				w.start(settings{Offload: mode})
				pairs := w.pairs(t)
				if mode == "tc" { // attaching waits for whoever else changes the network
					w.eventually("the program is attached", func() bool { return w.attached() == 1 })
				}
				for _, p := range pairs {
					said[i] = append(said[i], p.sequence(rand.New(rand.NewPCG(seed, 7)))...)
				}
				toPeer, toClient := w.offloaded()
				if enough := 4 * steps / 10; (mode == "tc") != (toPeer > enough && toClient > enough) {
					t.Errorf("--offload %s: the kernel relayed %d and %d packets", mode, toPeer, toClient)
				}
				w.kill()
			}
			differences := 0
			for i := range said[0] {
				if said[0][i] != said[1][i] && differences < 10 {
					differences++
					t.Errorf("seed %d:\nuser space: %s\nkernel:     %s", seed, said[0][i], said[1][i])
				}
			}
		})
	}
}

// sequence sends random packets one by one and says for each what came of it.
func (p *pair) sequence(random *rand.Rand) (said []string) {
	for step := range steps {
		toPeer := random.IntN(2) == 0
		size := 1 + random.IntN(1300)
		if random.IntN(3) == 0 {
			size = 1 + random.IntN(40)
		}
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		var what string
		if toPeer {
			what = p.clientSends(random, string(data))
		} else {
			what = p.peerSends(random, string(data))
		}
		said = append(said, fmt.Sprintf("%s, step %d, %s, %d bytes: %s", p.families, step, what, size, p.arrived(toPeer, step)))
	}
	return said
}

func (p *pair) clientSends(random *rand.Rand, data string) string {
	message := channelData(channel, len(data), data)
	switch random.IntN(16) {
	case 0:
		p.send(p.server, channelData(channel, len(data), data+"padding"[:random.IntN(8)]))
		return "ChannelData, padded"
	case 1:
		p.send(p.server, channelData(channel, len(data)+1+random.IntN(60000), data))
		return "ChannelData, longer than it is"
	case 2:
		p.send(p.server, channelData(channel, random.IntN(len(data)), data))
		return "ChannelData, shorter than it is"
	case 3:
		p.send(p.server, channelData(uint16(0x4000+random.IntN(0x4000)), len(data), data))
		return "ChannelData, any channel"
	case 4:
		p.send(p.server, channelData(channel, 0, ""))
		return "ChannelData, empty"
	case 5:
		p.send(p.server, []byte("@\x01\x00garbage")[:1+random.IntN(9)])
		return "the beginning of ChannelData"
	case 6:
		p.byClient.send(netip.AddrPortFrom(p.addr.Addr(), p.addr.Port()^1), p.server, message, oddity{})
		return "ChannelData by a stranger's port"
	case 7:
		p.train(message)
		return "ChannelData, a train"
	case 8, 9, 10:
		what, odd := randomOddity(random, p.addr.Addr().Is4())
		p.byClient.send(p.addr, p.server, message, odd)
		return "ChannelData, " + what
	}
	p.send(p.server, message)
	return "ChannelData"
}

func (p *pair) peerSends(random *rand.Rand, data string) string {
	switch random.IntN(16) {
	case 0:
		p.peer.send(p.relay, nil)
		return "nothing from the peer"
	case 1:
		p.marker.send(p.relay, []byte(data))
		return "data from a port without a channel"
	case 2:
		p.peer.send(p.relay, channelData(channel, len(data), data))
		return "what looks like ChannelData from the peer"
	case 3:
		p.byPeer.send(netip.AddrPortFrom(p.addr.Addr().Next(), 9), p.relay, []byte(data), oddity{})
		return "data by a stranger"
	case 4:
		for range 3 {
			data += data
		}
		p.peer.send(p.relay, []byte(data))
		return "data, perhaps too long for one packet"
	case 5, 6, 7:
		what, odd := randomOddity(random, p.peer.addr.Addr().Is4())
		p.byPeer.send(p.peer.addr, p.relay, []byte(data), odd)
		return "data, " + what
	}
	p.peer.send(p.relay, []byte(data))
	return "data"
}

func randomOddity(random *rand.Rand, ipv4 bool) (what string, o oddity) {
	switch random.IntN(8) {
	case 0:
		return "with the last hop", oddity{ttl: 1}
	case 1:
		if !ipv4 {
			break
		}
		return "without a checksum", oddity{noChecksum: true}
	case 2:
		return "with a wrong checksum", oddity{badChecksum: true}
	case 3:
		return "with options", oddity{options: true}
	case 4:
		return "with bytes after the packet", oddity{trailer: 1 + random.IntN(9)}
	case 5:
		return "with a VLAN tag", oddity{tagged: true}
	case 6:
		return "in fragments", oddity{fragmented: true}
	case 7:
		return "to another link address", oddity{stranger: true}
	}
	return "made by hand", oddity{}
}

// train sends some copies of a message in one buffer.
func (p *pair) train(message []byte) {
	p.t.Helper()
	control := make([]byte, unix.CmsgSpace(2))
	binary.NativeEndian.PutUint64(control, uint64(unix.CmsgLen(2)))
	binary.NativeEndian.PutUint32(control[8:], unix.IPPROTO_UDP)
	binary.NativeEndian.PutUint32(control[12:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(control[16:], uint16(len(message)))
	copies := slices.Concat(message, message, message)
	if _, _, err := p.conn.WriteMsgUDPAddrPort(copies, control, p.server); err != nil {
		p.t.Fatal(err)
	}
}

// arrived says what came to the other side. A marker follows, by a way that only
// user space goes: what it left behind is there before the marker.
func (p *pair) arrived(toPeer bool, step int) string {
	p.t.Helper()
	marker := fmt.Sprintf("marker %d", step)
	var all []string
	if toPeer {
		p.indicate(p.peer.addr, marker)
		for d := p.peer.receive(); d.payload != marker; d = p.peer.receive() {
			if d.from != p.relay {
				p.t.Fatalf("from %v, which is not the relay %v", d.from, p.relay)
			}
			all = append(all, fmt.Sprintf("%q", d.payload))
		}
	} else {
		p.marker.send(p.relay, []byte(marker))
		for {
			d := p.receive()
			by, data := unwrap(d)
			if data == marker {
				break
			}
			if d.from != p.server {
				p.t.Fatalf("from %v, which is not the server", d.from)
			}
			all = append(all, fmt.Sprintf("by %s: %q", by, data))
		}
	}
	return strings.Join(all, "; ")
}
