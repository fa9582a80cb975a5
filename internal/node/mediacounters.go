package node

import (
	"github.com/parley-rtc/parley/internal/edge/offload"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/edge/udp"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// mediaCounters sums over all shards. All but AllocationsOpen, Streams and
// QueueBytes only grow.
type mediaCounters struct {
	TURN          turn.Counters
	UDP           udp.Counters
	Stream        stream.ConnCounters
	Streams       uint64 // TURN clients over TCP and TLS
	Unclaimed     uint64 // datagrams of no protocol spoken here
	MailDropped   uint64
	EventsDropped uint64
	Offload       offload.Counters
}

// Counters asks every shard. Any goroutine may call it; after Close the shards'
// own part is zero.
func (m *media) Counters() mediaCounters {
	total := mediaCounters{Stream: m.shared.Counters()}
	m.mu.Lock()
	total.Streams = uint64(len(m.streams))
	m.mu.Unlock()
	if m.offload != nil {
		total.Offload = m.offload.Counters()
	}
	for i, s := range m.shards {
		total.UDP = total.UDP.Add(m.pollers[i].Counters())
		total.Unclaimed += s.unclaimed.Load()
		total.MailDropped += s.mail.dropped.Load()
		total.EventsDropped += s.eventsDropped.Load()
		s.do(func(mono.Time) { total.TURN = addTURN(total.TURN, *s.engine.Counters()) })
	}
	return total
}

func addTURN(a, b turn.Counters) turn.Counters {
	a.Bindings += b.Bindings
	a.Allocates += b.Allocates
	a.Refreshes += b.Refreshes
	a.CreatePermissions += b.CreatePermissions
	a.ChannelBinds += b.ChannelBinds
	a.Connects += b.Connects
	a.ConnectionBinds += b.ConnectionBinds
	a.PeersConnected += b.PeersConnected
	a.SendIndications += b.SendIndications
	a.ChannelDataIn += b.ChannelDataIn
	a.DataIndications += b.DataIndications
	a.ChannelDataOut += b.ChannelDataOut
	a.ToPeerPackets += b.ToPeerPackets
	a.ToPeerBytes += b.ToPeerBytes
	a.ToClientPackets += b.ToClientPackets
	a.ToClientBytes += b.ToClientBytes
	a.SuccessReplies += b.SuccessReplies
	a.Challenges += b.Challenges
	a.AuthFailures += b.AuthFailures
	a.ErrorReplies += b.ErrorReplies
	a.AllocationsOpen += b.AllocationsOpen
	a.AllocationsOpened += b.AllocationsOpened
	a.RelaysRefused += b.RelaysRefused
	a.PeerErrors += b.PeerErrors
	for i := range a.Drops {
		a.Drops[i] += b.Drops[i]
	}
	return a
}
