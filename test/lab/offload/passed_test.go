//go:build linux

package offload

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// case of TestWhatTheKernelLeavesToUserSpace: what is sent, why it passes, and what
// arrives all the same.
type passing struct {
	reason  string
	prepare func(w *world, p *pair)
	send    func(p *pair)
	restore func(w *world, p *pair)
	toPeer  bool
	arrives string
}

const said = "what the client said"

func byHand(o oddity) func(*pair) {
	return func(p *pair) { p.byClient.send(p.addr, p.server, channelData(channel, len(said), said), o) }
}

func bySocket(message []byte) func(*pair) {
	return func(p *pair) { p.send(p.server, message) }
}

// ipVersion is how the settings of the pair's kernel are called.
func (p *pair) ipVersion() string {
	if p.addr.Addr().Is4() {
		return "ipv4"
	}
	return "ipv6"
}

// long fits the link from the peer, but not with the header of ChannelData.
func (p *pair) long() []byte {
	headers := 28
	if p.addr.Addr().Is6() {
		headers = 48
	}
	return bytes.Repeat([]byte("x"), 1500-headers-2)
}

var passings = []passing{
	{reason: "unknown", send: bySocket(channelData(0x4fff, len(said), said)), toPeer: true},
	{reason: "fragment", send: byHand(oddity{fragmented: true}), toPeer: true, arrives: `"what the client said"`},
	{reason: "options", send: byHand(oddity{options: true}), toPeer: true, arrives: `"what the client said"`},
	{reason: "padding", send: bySocket(channelData(channel, len(said), said+"\x00\x00")), toPeer: true, arrives: `"what the client said"`},
	{reason: "padding", send: byHand(oddity{trailer: 6}), toPeer: true, arrives: `"what the client said"`},
	{reason: "padding", send: bySocket(channelData(channel, 9999, said)), toPeer: true},
	{reason: "empty", send: bySocket(channelData(channel, 0, "")), toPeer: true, arrives: `""`},
	{reason: "ttl", send: byHand(oddity{ttl: 1}), toPeer: true, arrives: `"what the client said"`},
	{
		reason: "train", send: func(p *pair) { p.train(channelData(channel, len(said), said)) }, toPeer: true,
		arrives: `"what the client said"; "what the client said"; "what the client said"`,
	},
	{
		reason: "mtu", send: func(p *pair) { p.peer.send(p.relay, p.long()) },
		arrives: "the long one",
	},
	{
		reason:  "neighbour",
		prepare: func(w *world, _ *pair) { w.server.IP("neigh flush dev eth0") },
		send:    bySocket(channelData(channel, len(said), said)), toPeer: true, arrives: `"what the client said"`,
	},
	{
		reason:  "forwarding",
		prepare: func(w *world, p *pair) { w.server.Sysctl(p.ipVersion()+"/conf/eth0/forwarding", "0") },
		send:    bySocket(channelData(channel, len(said), said)), toPeer: true, arrives: `"what the client said"`,
		restore: func(w *world, p *pair) { w.server.Sysctl(p.ipVersion()+"/conf/eth0/forwarding", "1") },
	},
}

// TestWhatTheKernelLeavesToUserSpace sends one packet for each reason. It is
// counted under that reason, and what comes of it is what user space does.
func TestWhatTheKernelLeavesToUserSpace(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	for _, p := range w.pairs(t) {
		if p.addr.Addr().Is4() != p.peer.addr.Addr().Is4() {
			continue // across the families the first half of the way is the same
		}
		cases := passings
		if p.addr.Addr().Is4() {
			cases = append([]passing{{reason: "checksum", send: byHand(oddity{noChecksum: true}), toPeer: true, arrives: `"what the client said"`}}, cases...)
		}
		for step, c := range cases {
			t.Run(p.families+" "+c.reason, func(t *testing.T) {
				w.t, p.t, p.socket.t, p.peer.t, p.marker.t = t, t, t, t, t
				p.viaKernel(w)
				w.leaves(p, c, step)
				p.viaKernel(w)
			})
		}
	}
}

func (w *world) leaves(p *pair, c passing, step int) {
	w.t.Helper()
	before := w.passed(c.reason)
	if c.prepare != nil {
		c.prepare(w, p)
	}
	c.send(p)
	got := p.arrived(c.toPeer, step)
	if c.restore != nil {
		c.restore(w, p)
	}
	want := c.arrives
	if want == "the long one" {
		want = fmt.Sprintf("by channel 4001, 0 bytes after it: %q", p.long())
	}
	if got != want {
		w.t.Errorf("arrived: %s, want %s", got, want)
	}
	if after := w.passed(c.reason); after == before {
		w.t.Errorf("not counted as %s", c.reason)
	}
}

// viaKernel sends packets both ways until the kernel has relayed one of each: the
// first may wait for a link address, or the program to be attached.
func (p *pair) viaKernel(w *world) {
	w.t.Helper()
	toPeer, toClient := w.offloaded()
	step := 0
	w.eventually("the kernel relays", func() bool {
		step++
		p.send(p.server, channelData(channel, 4, "ping"))
		if got := p.arrived(true, step); got != `"ping"` {
			w.t.Fatalf("the peer got %s", got)
		}
		p.peer.send(p.relay, []byte("pong"))
		if got := p.arrived(false, step); got != `by channel 4001, 0 bytes after it: "pong"` {
			w.t.Fatalf("the client got %s", got)
		}
		nowToPeer, nowToClient := w.offloaded()
		return nowToPeer > toPeer && nowToClient > toClient
	})
}

// TestVLANTagsAreLeftAlone: such a frame is not for this interface.
func TestVLANTagsAndStrangersAreLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	p := w.pairs(t)[0]
	p.viaKernel(w)
	toPeer, _ := w.offloaded()
	for i, o := range []oddity{{tagged: true}, {stranger: true}} {
		byHand(o)(p)
		if got := p.arrived(true, i); got != "" {
			t.Errorf("%+v: arrived %s", o, got)
		}
	}
	if now, _ := w.offloaded(); now != toPeer {
		t.Error("the kernel relayed a frame that was not for it")
	}
}

// TestNoWayOutIsLeftToUserSpace, which cannot send it either.
func TestNoWayOutIsLeftToUserSpace(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	p := w.pairs(t)[0]
	p.viaKernel(w)
	before := w.passed("route")
	w.server.IP("route add unreachable " + p.peer.addr.Addr().String() + "/32")
	p.send(p.server, channelData(channel, len(said), said))
	w.eventually("counted as route", func() bool { return w.passed("route") > before })
	w.server.IP("route del unreachable " + p.peer.addr.Addr().String() + "/32")
	p.viaKernel(w)
}

// TestHeadersAreMadeAnew: of the sender's headers only the hops left to live get
// across, one less.
func TestHeadersAreMadeAnew(t *testing.T) {
	w := newWorld(t)
	checksums(t, w.server, false)
	w.start(settings{Offload: "tc"})
	for _, p := range w.pairs(t) {
		const hops, class = 33, 0xb9
		set := func(s *socket, options ...[3]int) {
			raw, err := s.conn.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			err = raw.Control(func(fd uintptr) {
				for _, o := range options {
					if err := unix.SetsockoptInt(int(fd), o[0], o[1], o[2]); err != nil {
						t.Error(err)
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		p.viaKernel(w)
		if p.addr.Addr().Is4() {
			set(p.socket, [3]int{unix.IPPROTO_IP, unix.IP_TTL, hops}, [3]int{unix.IPPROTO_IP, unix.IP_TOS, class})
		} else {
			set(p.socket, [3]int{unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, hops}, [3]int{unix.IPPROTO_IPV6, unix.IPV6_TCLASS, class})
		}
		capture := openCapture(t, w.peer)
		p.send(p.server, channelData(channel, len(said), said))
		if got := p.arrived(true, 0); got != `"`+said+`"` {
			t.Fatalf("arrived %s", got)
		}
		ttl, tos := capture.headerOf(p.relay, p.peer.addr, said)
		if ttl != hops-1 || tos != 0 {
			t.Errorf("%s: came with %d hops left and class %#x", p.families, ttl, tos)
		}
	}
}

// capture reads the frames that come to a host.
type capture struct {
	t  *testing.T
	fd int
}

// headerOf returns the hops left and the traffic class of the packet with this
// payload, and holds its checksums.
func (c *capture) headerOf(from, to netip.AddrPort, payload string) (ttl, class int) {
	c.t.Helper()
	buf := make([]byte, 2048)
	for {
		n, _, err := unix.Recvfrom(c.fd, buf, 0)
		if err != nil {
			c.t.Fatalf("no packet from %v: %v", from, err)
		}
		if frame := buf[:n]; bytes.HasSuffix(frame, []byte(payload)) {
			return c.check(frame[14:], from, to)
		}
	}
}

func (c *capture) check(packet []byte, from, to netip.AddrPort) (ttl, class int) {
	c.t.Helper()
	var pseudo, udp []byte
	if from.Addr().Is4() {
		ttl, class, udp = int(packet[8]), int(packet[1]), packet[20:]
		if fold(sum16(packet[:20])) != 0xffff {
			c.t.Errorf("wrong checksum of the IPv4 header in % x", packet)
		}
		if packet[6] != 0x40 || packet[7] != 0 {
			c.t.Errorf("flags and place of a fragment are % x", packet[6:8])
		}
		pseudo = packet[12:20]
	} else {
		ttl, class, udp = int(packet[7]), int(packet[0]&15<<4|packet[1]>>4), packet[40:]
		pseudo = packet[8:40]
	}
	if fold(sum16(pseudo)+uint32(protocolUDP)+uint32(len(udp))+sum16(udp)) != 0xffff {
		c.t.Errorf("wrong UDP checksum in % x", packet)
	}
	if got := netip.AddrPortFrom(from.Addr(), uint16(udp[0])<<8|uint16(udp[1])); got != from {
		c.t.Errorf("from %v, want %v", got, from)
	}
	if got := netip.AddrPortFrom(to.Addr(), uint16(udp[2])<<8|uint16(udp[3])); got != to {
		c.t.Errorf("to %v, want %v", got, to)
	}
	return ttl, class
}

// TestServerBetweenTwoNetworks: packets for its address come by both of its links.
func TestServerBetweenTwoNetworks(t *testing.T) {
	w := newWorld(t)
	far := w.net.Namespace("far")
	w.net.Veth(w.server, "eth1", far, "eth0")
	w.server.IP("addr add 198.51.100.1/24 dev eth1")
	w.server.Sysctl("ipv4/conf/eth1/forwarding", "1")
	far.IP("addr add 198.51.100.2/24 dev eth0", "route add default via 198.51.100.1")
	w.start(settings{Offload: "tc"})
	ip := netip.MustParseAddr("198.51.100.2")
	p := &pair{
		turnClient: allocate(t, w.client, clientIPs[0], serverIPs[0], ip),
		peer:       open(t, far, ip, 7000), marker: open(t, far, ip, 7001),
	}
	p.bind(channel, p.peer.addr)
	p.viaKernel(w)
}
