//go:build linux

package offload

import (
	"bufio"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/offload"
	"github.com/parley-rtc/parley/internal/mono"
)

// order is what the tables are asked to do, a line of JSON each.
type order struct {
	Bind    *offload.Channel
	Extend  bool
	Unbind  bool
	Slot    offload.Slot
	Lease   time.Duration // both ways; 0: over
	Traffic bool
	Count   bool
}

// done is the answer to an order.
type done struct {
	Slot    offload.Slot
	OK      bool
	Traffic offload.Traffic
	Expired uint64 // packets passed because their lease was over
}

// runTable carries out orders until there are no more.
func runTable() error {
	o, err := offload.Open(offload.Config{})
	if err != nil {
		return err
	}
	defer o.Close()
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var want order
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			return err
		}
		until := mono.Now().Add(want.Lease)
		lease := offload.Lease{ToPeer: until, ToClient: until}
		var got done
		switch {
		case want.Bind != nil:
			got.Slot, got.OK = o.Bind(*want.Bind, lease)
		case want.Extend:
			o.Extend(want.Slot, lease)
		case want.Unbind:
			got.Traffic = o.Unbind(want.Slot)
		case want.Traffic:
			got.Traffic = o.Traffic(want.Slot)
		case want.Count:
			got.Expired = o.Counters().Passed[offload.Expired]
		}
		if err := answers.Encode(got); err != nil {
			return err
		}
	}
	return nil
}

// tables are those of a kernel path without a server behind it: what it does not
// relay goes nowhere.
type tables struct {
	*world
	orders         *json.Encoder
	answers        *json.Decoder
	client, peer   *socket
	server, relay  netip.AddrPort
	channelOfPeers offload.Channel
}

func newTables(t *testing.T) *tables {
	w := newWorld(t)
	ours, orders := pipe(t)
	answers, theirs := pipe(t)
	w.stdin, w.stdout = ours, theirs
	w.launch(settings{Table: true})
	p := &tables{world: w, orders: json.NewEncoder(orders), answers: json.NewDecoder(answers)}
	p.client, p.peer = open(t, w.client, clientIPs[0], 0), open(t, w.peer, peerIPs[0], 0)
	p.server, p.relay = netip.AddrPortFrom(serverIPs[0], turnPort), netip.AddrPortFrom(serverIPs[0], 50000)
	p.channelOfPeers = offload.Channel{Client: p.client.addr, Server: p.server, Relay: p.relay, Peer: p.peer.addr, Number: channel}
	// So that the server knows their link addresses.
	for _, host := range []string{"client", "peer"} {
		ip := map[string]netip.Addr{"client": clientIPs[0], "peer": peerIPs[0]}[host]
		from := map[string]*wire{"client": openWire(t, w.client, w.server), "peer": openWire(t, w.peer, w.server)}[host]
		w.server.IP("neigh replace " + ip.String() + " lladdr " + from.from.String() + " dev eth0 nud permanent")
	}
	return p
}

func pipe(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

func (p *tables) do(o order) (d done) {
	p.t.Helper()
	if err := p.orders.Encode(o); err != nil {
		p.t.Fatal(err)
	}
	if err := p.answers.Decode(&d); err != nil && err != io.EOF {
		p.t.Fatal(err)
	}
	return d
}

// say sends data both ways through the channel.
func (p *tables) say(data string) {
	p.client.send(p.server, channelData(channel, len(data), data))
	p.peer.send(p.relay, []byte(data))
}

// hear returns what arrived before data did, both ways.
func (p *tables) hear(data string) (before []string) {
	p.t.Helper()
	for d := p.peer.receive(); d.payload != data; d = p.peer.receive() {
		before = append(before, d.payload)
	}
	for {
		_, got := unwrap(p.client.receive())
		if got == data {
			return before
		}
		before = append(before, got)
	}
}

// relays sends until something arrives: until the program is attached.
func (p *tables) relays() {
	p.t.Helper()
	p.eventually("the kernel relays", func() bool {
		p.say("first")
		return len(p.peer.in) > 0 && len(p.client.in) > 0
	})
	p.say("begun")
	p.hear("begun")
}

func TestLeasesEndByThemselves(t *testing.T) {
	p := newTables(t)
	bound := p.do(order{Bind: &p.channelOfPeers, Lease: 700 * time.Millisecond})
	if !bound.OK {
		t.Fatal("not bound")
	}
	p.relays()
	p.do(order{Extend: true, Slot: bound.Slot, Lease: 300 * time.Millisecond})
	p.eventually("the lease ends both ways, whatever is sent", func() bool {
		p.say("on and on")
		return p.do(order{Count: true}).Expired >= 2
	})
	p.say("too late")
	p.do(order{Extend: true, Slot: bound.Slot, Lease: time.Minute})
	p.say("again")
	if slices.Contains(p.hear("again"), "too late") {
		t.Error("a packet came after the lease had ended")
	}
}

func TestUnboundChannelsAreForgotten(t *testing.T) {
	p := newTables(t)
	bound := p.do(order{Bind: &p.channelOfPeers, Lease: time.Minute})
	p.relays()
	if p.do(order{Bind: &p.channelOfPeers, Lease: time.Minute}).OK {
		t.Error("bound twice")
	}
	p.say("four")
	p.hear("four")
	before := p.do(order{Traffic: true, Slot: bound.Slot}).Traffic
	end := p.do(order{Unbind: true, Slot: bound.Slot}).Traffic
	if end != before || end.ToPeerPackets == 0 || end.ToPeerBytes < 4*end.ToPeerPackets || end.ToPeerPackets != end.ToClientPackets {
		t.Errorf("relayed %+v, %+v at the end", before, end)
	}
	p.say("nobody listens")
	again := p.do(order{Bind: &p.channelOfPeers, Lease: time.Minute})
	p.say("again")
	if slices.Contains(p.hear("again"), "nobody listens") {
		t.Error("a packet came without a channel")
	}
	if got := p.do(order{Unbind: true, Slot: again.Slot}).Traffic; got.ToPeerPackets != 1 || got.ToClientPackets != 1 {
		t.Errorf("the next channel relayed %+v", got)
	}
}

// TestTablesAreBounded binds as many channels as there may be.
func TestTablesAreBounded(t *testing.T) {
	p := newTables(t)
	const most = 65536
	c := p.channelOfPeers
	bind := func(i int) bool {
		c.Client = netip.AddrPortFrom(c.Client.Addr(), uint16(1+i%65535))
		c.Number = uint16(0x4000 + i/65535)
		c.Relay = netip.AddrPortFrom(p.relay.Addr(), uint16(1+i%65535))
		c.Peer = netip.AddrPortFrom(p.peer.addr.Addr(), uint16(1+i/65535))
		return p.do(order{Bind: &c, Lease: time.Minute}).OK
	}
	for i := range most {
		if !bind(i) {
			t.Fatalf("channel %d found no room", i)
		}
	}
	if bind(most) {
		t.Error("there was room for one more")
	}
	p.do(order{Unbind: true, Slot: 4711})
	if !bind(most) {
		t.Error("no room after one has left")
	}
}
