package node

import (
	"net/netip"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/edge/offload"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// rememberedPath is a kernel path that remembers what it was told.
type rememberedPath struct {
	bound   map[offload.Slot]offload.Channel
	leases  map[offload.Slot]offload.Lease
	traffic map[offload.Slot]offload.Traffic
	room    int
	next    offload.Slot
}

func (p *rememberedPath) Bind(c offload.Channel, l offload.Lease) (offload.Slot, bool) {
	if len(p.bound) == p.room {
		return 0, false
	}
	p.next++
	p.bound[p.next], p.leases[p.next] = c, l
	return p.next, true
}

func (p *rememberedPath) Extend(s offload.Slot, l offload.Lease) { p.leases[s] = l }

func (p *rememberedPath) Unbind(s offload.Slot) offload.Traffic {
	delete(p.bound, s)
	return p.traffic[s]
}

func (p *rememberedPath) Traffic(s offload.Slot) offload.Traffic { return p.traffic[s] }

const second = mono.Time(time.Second)

func newRememberedPath() (*rememberedPath, *kernelChannels) {
	p := &rememberedPath{map[offload.Slot]offload.Channel{}, map[offload.Slot]offload.Lease{}, map[offload.Slot]offload.Traffic{}, 9, 0}
	return p, newKernelChannels(p)
}

func boundAt(turn.RelayID) netip.AddrPort { return netip.MustParseAddrPort("10.0.0.1:50000") }

// grant is one for relay 7: channels by their peers, until the instant given.
func grant(until mono.Time, peers ...string) []turn.Grant {
	g := turn.Grant{Relay: 7, Client: turn.Client{
		Remote: netip.MustParseAddrPort("198.51.100.1:4000"), Local: netip.MustParseAddrPort("10.0.0.1:3478"),
	}}
	for i, p := range peers {
		g.Channels = append(g.Channels, turn.GrantedChannel{
			Number: turn.ChannelNumber(0x4000 + i), Peer: netip.MustParseAddrPort(p), ToPeer: until, ToClient: until - 1,
		})
	}
	return []turn.Grant{g}
}

func TestKernelHasWhatWasGrantedLast(t *testing.T) {
	p, k := newRememberedPath()
	k.carryOut(second, grant(9*second, "9.9.9.9:1", "9.9.9.9:2"), boundAt)
	want := offload.Channel{
		Client: netip.MustParseAddrPort("198.51.100.1:4000"), Server: netip.MustParseAddrPort("10.0.0.1:3478"),
		Relay: boundAt(7), Peer: netip.MustParseAddrPort("9.9.9.9:2"), Number: 0x4001,
	}
	if len(p.bound) != 2 || p.bound[2] != want || p.leases[2] != (offload.Lease{ToPeer: 9 * second, ToClient: 9*second - 1}) {
		t.Fatalf("bound %+v, %+v", p.bound, p.leases)
	}
	k.carryOut(2*second, grant(20*second, "9.9.9.9:1"), boundAt)
	if len(p.bound) != 1 || p.leases[1].ToPeer != 20*second {
		t.Errorf("after one is gone: bound %+v, %+v", p.bound, p.leases)
	}
	k.carryOut(2*second, grant(20*second, "9.9.9.9:3"), boundAt)
	if len(p.bound) != 1 || p.bound[3].Peer.Port() != 3 {
		t.Errorf("after the number has another peer: bound %+v", p.bound)
	}
	k.carryOut(21*second, grant(20*second, "9.9.9.9:3", "9.9.9.9:4"), boundAt)
	if len(p.bound) != 0 {
		t.Errorf("granted until the past: bound %+v", p.bound)
	}
}

func TestKernelForgetsClosedRelaysAndEndedLeases(t *testing.T) {
	p, k := newRememberedPath()
	k.carryOut(second, grant(9*second, "9.9.9.9:1"), boundAt)
	if k.sweep != second.Add(kernelSweep) {
		t.Errorf("looks again at %d", k.sweep)
	}
	k.advance(k.sweep)
	if len(p.bound) != 0 {
		t.Errorf("bound after the end: %+v", p.bound)
	}
	k.carryOut(second, grant(9*second, "9.9.9.9:1"), boundAt)
	k.close(7)
	k.close(8)
	if len(p.bound)+len(k.relays) != 0 {
		t.Errorf("bound after the relay was closed: %+v", p.bound)
	}
	k.advance(k.sweep)
	if k.sweep != mono.Never {
		t.Error("still looks for channels that have ended")
	}
}

func TestKernelTrafficIsToldOnce(t *testing.T) {
	p, k := newRememberedPath()
	k.carryOut(second, grant(9*second, "9.9.9.9:1", "9.9.9.9:2"), boundAt)
	p.traffic[1] = offload.Traffic{ToPeerPackets: 2, ToPeerBytes: 20}
	p.traffic[2] = offload.Traffic{ToClientPackets: 1, ToClientBytes: 5}
	if to, from := k.Relayed(7); to != (turn.Traffic{Packets: 2, Bytes: 20}) || from != (turn.Traffic{Packets: 1, Bytes: 5}) {
		t.Errorf("relayed %+v, %+v", to, from)
	}
	p.traffic[1] = offload.Traffic{ToPeerPackets: 3, ToPeerBytes: 30}
	k.carryOut(second, grant(9*second, "9.9.9.9:9"), boundAt) // both end
	if to, from := k.Relayed(7); to != (turn.Traffic{Packets: 1, Bytes: 10}) || from != (turn.Traffic{}) {
		t.Errorf("relayed after the end %+v, %+v", to, from)
	}
	if to, _ := k.Relayed(7); to != (turn.Traffic{}) {
		t.Errorf("told again: %+v", to)
	}
	if to, _ := k.Relayed(99); to != (turn.Traffic{}) {
		t.Errorf("of no relay: %+v", to)
	}
}

func TestAFullKernelRefusesAndIsAskedAgain(t *testing.T) {
	p, k := newRememberedPath()
	p.room = 0
	k.carryOut(second, grant(9*second, "9.9.9.9:1"), boundAt)
	p.room = 1
	k.carryOut(second, grant(9*second, "9.9.9.9:1"), boundAt)
	if len(p.bound) != 1 {
		t.Error("not bound once there was room")
	}
}
