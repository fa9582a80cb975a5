package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/edge/offload"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// The values of --offload.
const (
	offloadAuto = "auto"
	offloadTC   = "tc"
)

// kernelSweep is how often channels whose time is up are taken out of the kernel,
// where nothing else has done so.
const kernelSweep = 30 * time.Second

// kernelPath relays channels in the kernel. [offload.Offload] is one.
type kernelPath interface {
	Bind(offload.Channel, offload.Lease) (offload.Slot, bool)
	Extend(offload.Slot, offload.Lease)
	Unbind(offload.Slot) offload.Traffic
	Traffic(offload.Slot) offload.Traffic
}

// kernel is whether there is a kernel path, and why not.
type kernel struct {
	path *offload.Offload // nil: everything passes user space
	off  error            // why, where it was wanted
}

// openKernel opens the kernel path as --offload says. Where it must be and cannot,
// that is the error.
func openKernel(mode string, portMin, portMax uint16, log *slog.Logger) (k kernel, err error) {
	if mode != offloadAuto && mode != offloadTC {
		return kernel{}, nil
	}
	k.path, k.off = offload.Open(offload.Config{RelayPortMin: portMin, RelayPortMax: portMax, Log: log})
	if k.off != nil && mode == offloadTC {
		return kernel{}, fmt.Errorf("--offload tc: %w", k.off)
	}
	return k, nil
}

// tell says in the log what became of it.
func (k *kernel) tell(log *slog.Logger) {
	switch {
	case k.path != nil:
		log.Info("kernel path: on")
	case errors.Is(k.off, offload.ErrRights), errors.Is(k.off, offload.ErrUnsupported):
		log.Info("kernel path: off", "reason", k.off)
	case k.off != nil:
		log.Warn("kernel path: off", "reason", k.off)
	}
}

// kernelChannels are the channels of one shard that the kernel relays. It belongs
// to the shard's goroutine. It implements [turn.Elsewhere].
type kernelChannels struct {
	path   kernelPath
	relays map[turn.RelayID]*kernelRelay
	sweep  mono.Time // when to look for what has ended; mono.Never without channels
}

type kernelRelay struct {
	channels []kernelChannel
	gone     offload.Traffic // of channels that have ended since the engine asked
}

type kernelChannel struct {
	channel offload.Channel
	slot    offload.Slot
	lease   offload.Lease
	seen    offload.Traffic // when the engine asked last
}

// useKernel has an engine grant channels to the kernel, if there is a path.
func useKernel(path *offload.Offload, engine *turn.Config) *kernelChannels {
	if path == nil {
		return nil
	}
	k := newKernelChannels(path)
	engine.Elsewhere = k
	return k
}

func newKernelChannels(path kernelPath) *kernelChannels {
	return &kernelChannels{path: path, relays: make(map[turn.RelayID]*kernelRelay)}
}

// carryOut makes the kernel relay what is granted. bound says where a relay is.
func (k *kernelChannels) carryOut(now mono.Time, grants []turn.Grant, bound func(turn.RelayID) netip.AddrPort) {
	for i := range grants {
		g := &grants[i]
		r := k.relays[g.Relay]
		if r == nil {
			if len(g.Channels) == 0 {
				continue
			}
			r = &kernelRelay{}
			k.relays[g.Relay] = r
		}
		wanted := make([]kernelChannel, 0, len(g.Channels))
		for _, c := range g.Channels {
			lease := offload.Lease{ToPeer: c.ToPeer, ToClient: c.ToClient}
			if lease.End() > now {
				wanted = append(wanted, kernelChannel{lease: lease, channel: offload.Channel{
					Client: g.Client.Remote, Server: g.Client.Local, Relay: bound(g.Relay), Peer: c.Peer, Number: uint16(c.Number),
				}})
			}
		}
		// What goes leaves first: what comes may be on the same channel or peer.
		k.keep(r, func(c *kernelChannel) bool {
			return slices.ContainsFunc(wanted, func(w kernelChannel) bool { return w.channel == c.channel })
		})
		for _, w := range wanted {
			k.bind(r, w)
		}
	}
	if k.sweep == mono.Never && len(k.relays) > 0 {
		k.sweep = now.Add(kernelSweep)
	}
}

func (k *kernelChannels) bind(r *kernelRelay, w kernelChannel) {
	for i := range r.channels {
		if c := &r.channels[i]; c.channel == w.channel {
			c.lease = w.lease
			k.path.Extend(c.slot, w.lease)
			return
		}
	}
	var ok bool
	if w.slot, ok = k.path.Bind(w.channel, w.lease); ok { // else user space relays it
		r.channels = append(r.channels, w)
	}
}

// keep takes out of the kernel what is not to stay there.
func (k *kernelChannels) keep(r *kernelRelay, stays func(*kernelChannel) bool) {
	r.channels = slices.DeleteFunc(r.channels, func(c kernelChannel) bool {
		if stays(&c) {
			return false
		}
		r.gone = r.gone.Add(k.path.Unbind(c.slot).Sub(c.seen))
		return true
	})
}

// moveChannels makes the kernel relay what the engine grants it. It comes before
// [shard.moveRelays], so that a grant finds the relay it was made for.
func (s *shard) moveChannels(now mono.Time) {
	if s.kernel != nil {
		s.kernel.carryOut(now, s.out.Grants, func(id turn.RelayID) netip.AddrPort { return s.relays[id].local })
		s.kernel.advance(now)
	}
}

// close ends all channels of a relay.
func (k *kernelChannels) close(relay turn.RelayID) {
	if r := k.relays[relay]; r != nil {
		k.keep(r, func(*kernelChannel) bool { return false })
		delete(k.relays, relay)
	}
}

// advance takes out the channels that have ended by themselves.
func (k *kernelChannels) advance(now mono.Time) {
	if k.sweep == mono.Never || k.sweep > now {
		return
	}
	for _, r := range k.relays {
		k.keep(r, func(c *kernelChannel) bool { return c.lease.End() > now })
	}
	k.sweep = mono.Never
	if len(k.relays) > 0 {
		k.sweep = now.Add(kernelSweep)
	}
}

// Relayed implements [turn.Elsewhere].
func (k *kernelChannels) Relayed(relay turn.RelayID) (toPeer, toClient turn.Traffic) {
	r := k.relays[relay]
	if r == nil {
		return toPeer, toClient
	}
	sum := r.gone
	r.gone = offload.Traffic{}
	for i := range r.channels {
		c := &r.channels[i]
		all := k.path.Traffic(c.slot)
		sum, c.seen = sum.Add(all.Sub(c.seen)), all
	}
	return turn.Traffic{Packets: sum.ToPeerPackets, Bytes: sum.ToPeerBytes},
		turn.Traffic{Packets: sum.ToClientPackets, Bytes: sum.ToClientBytes}
}

var (
	descOffloadChannels = describe("offload_channels", "Channels that the kernel relays.")
	descOffloadRefused  = describe("offload_refused_total", "Channels that found no room in the kernel.")
	descOffloaded       = describe("offload_packets_total", "Packets relayed by the kernel; they are among those of parley_turn_relayed_packets_total.", "direction")
	descOffloadPassed   = describe("offload_passed_packets_total", "Packets that the kernel left to user space.", "reason")
)

func kernelMetrics(c *offload.Counters) []metric {
	metrics := []metric{
		gauge(descOffloadChannels, c.Channels), counter(descOffloadRefused, c.Refused, ""),
		counter(descOffloaded, c.Traffic.ToPeerPackets, "to_peer"), counter(descOffloaded, c.Traffic.ToClientPackets, "to_client"),
	}
	for i, n := range c.Passed {
		metrics = append(metrics, counter(descOffloadPassed, n, offload.Reason(i).String()))
	}
	return metrics
}
