//go:build linux

package offload

import (
	"fmt"
	"strings"
	"testing"
)

func TestADeadServerLeavesNothingInTheKernel(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	w.pairs(t)[0].viaKernel(w)
	if n := w.attached(); n != 1 {
		t.Fatalf("%d programs attached", n)
	}
	w.kill()
	w.eventually("the program is gone", func() bool { return w.attached() == 0 })
	w.start(settings{Offload: "auto"})
	c := allocate(t, w.client, clientIPs[0], serverIPs[0], peerIPs[0])
	c.bind(channel, open(t, w.peer, peerIPs[0], 7100).addr)
	w.eventually("the next server's is there", func() bool { return w.attached() == 1 })
}

func TestDeletedAllocationsLeaveTheKernel(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	all := w.pairs(t)
	p := all[0]
	p.viaKernel(w)
	if n := w.metric("parley_offload_channels"); n != len(all) {
		t.Errorf("%d channels in the kernel", n)
	}
	for _, p := range all {
		p.end()
	}
	w.eventually("no channel is in the kernel", func() bool { return w.metric("parley_offload_channels") == 0 })
	toPeer, _ := w.offloaded()
	p.send(p.server, channelData(channel, len(said), said))
	w.eventually("it passed", func() bool { return w.metric(`parley_turn_dropped_packets_total{reason="no_allocation"}`) > 0 })
	if now, _ := w.offloaded(); now != toPeer {
		t.Error("the kernel relayed for an allocation that was deleted")
	}
}

func TestRelaysOfOneServerMeetInUserSpace(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	ann := allocate(t, w.client, clientIPs[0], serverIPs[0], peerIPs[0])
	bob := allocate(t, w.client, clientIPs[0], serverIPs[0], peerIPs[0])
	ann.bind(channel, bob.relay)
	bob.bind(channel, ann.relay)
	ann.send(ann.server, channelData(channel, len(said), said))
	if by, data := unwrap(bob.receive()); data != said || !strings.HasPrefix(by, "channel 4001") {
		t.Errorf("bob got %q by %s", data, by)
	}
	if toPeer, toClient := w.offloaded(); toPeer+toClient != 0 || w.metric("parley_offload_channels") != 0 {
		t.Error("the kernel relayed between relays of one server")
	}
}

// TestTrafficOfTheKernelCounts: in the totals, as all other.
func TestTrafficOfTheKernelCounts(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "tc"})
	p := w.pairs(t)[0]
	p.viaKernel(w)
	names := []string{
		`parley_turn_relayed_packets_total{direction="to_peer"}`, `parley_turn_relayed_bytes_total{direction="to_peer"}`,
		`parley_turn_relayed_packets_total{direction="to_client"}`, `parley_turn_relayed_bytes_total{direction="to_client"}`,
	}
	var before, after [4]int
	for i, name := range names {
		before[i] = w.metric(name)
	}
	const packets = 10
	for range packets {
		p.send(p.server, channelData(channel, len(said), said))
		p.peer.receive()
		p.peer.send(p.relay, []byte(said))
		p.receive()
	}
	for i, name := range names {
		after[i] = w.metric(name) - before[i]
	}
	if want := [4]int{packets, packets * len(said), packets, packets * len(said)}; after != want {
		t.Errorf("counted %v, want %v", after, want)
	}
}

func TestWithoutRightsEverythingPassesUserSpace(t *testing.T) {
	w := newWorld(t)
	w.start(settings{Offload: "auto", NoRights: true})
	if log := w.log.String(); !strings.Contains(log, "kernel path: off") || !strings.Contains(log, "CAP_BPF and CAP_NET_ADMIN") {
		t.Errorf("the log does not say why it is off:\n%s", log)
	}
	p := w.pairs(t)[0]
	p.send(p.server, channelData(channel, len(said), said))
	if got := p.arrived(true, 0); got != fmt.Sprintf("%q", said) {
		t.Errorf("arrived %s", got)
	}
	if n := w.attached(); n != 0 {
		t.Errorf("%d programs attached", n)
	}
}

func TestAServerThatMustHaveTheKernelPathSaysWhatItLacks(t *testing.T) {
	w := newWorld(t)
	w.launch(settings{Offload: "tc", NoRights: true})
	<-w.ended
	if log := w.log.String(); w.cmd.ProcessState.Success() || !strings.Contains(log, "--offload tc: CAP_BPF and CAP_NET_ADMIN are needed") {
		t.Errorf("it ended %v and said:\n%s", w.cmd.ProcessState, log)
	}
}

func TestWithoutForwardingNothingIsAttached(t *testing.T) {
	w := newWorld(t)
	w.server.Sysctl("ipv4/conf/all/forwarding", "0")
	w.server.Sysctl("ipv6/conf/all/forwarding", "0")
	w.start(settings{Offload: "tc"})
	p := w.pairs(t)[0]
	w.eventually("the log says why", func() bool { return strings.Contains(w.log.String(), "not attached while forwarding is off") })
	p.send(p.server, channelData(channel, len(said), said))
	if got := p.arrived(true, 0); got != fmt.Sprintf("%q", said) {
		t.Errorf("arrived %s", got)
	}
	if n := w.attached(); n != 0 {
		t.Errorf("%d programs attached", n)
	}
}
