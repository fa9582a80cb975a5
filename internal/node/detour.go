package node

import (
	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// detoursMax is how many clients of other shards a shard remembers without having
// anything for them, and how many of its own it sends on.
const detoursMax = 16384

// detour is the way of a client's datagrams from the shard that the kernel hands
// them to, to the one that has what the client reserved or allocated: see
// docs/adr. Answers need no detour, since all shards send from the same port.
type detour struct {
	client       turn.Client
	entry, owner *shard
	kept         bool // the owner has something for the client; the owner's own
}

// detours are those of one shard. They belong to its goroutine.
type detours struct {
	shards []*shard                // all, by number
	to     map[turn.Client]*detour // clients that come here and belong elsewhere
	from   map[turn.Client]*detour // clients that come elsewhere and asked, or belong, here
}

// sendOn hands a datagram to the shard that it belongs to, if that is another one.
// What finds no room there is dropped, and counted.
func (s *shard) sendOn(now mono.Time, client turn.Client, in *dgram.In) bool {
	d := &s.detours
	if len(d.shards) < 2 {
		return false
	}
	var way *detour
	if len(d.to) > 0 {
		way = d.to[client]
	}
	isNew := way == nil
	if isNew {
		owner, ok := s.engine.Detour(now, client, in.Payload())
		if !ok || int(owner) >= len(d.shards) || d.shards[owner] == s || len(d.to) >= detoursMax {
			return false
		}
		// What the client sends when it has its answer may be here before anything
		// that the owner says. So it is sent on until the owner wants no more of it.
		way = &detour{client: client, entry: s, owner: d.shards[owner]}
		d.to[client] = way
	}
	f := stream.CopyFrame(in.Payload())
	if !way.owner.mail.offer(letter{detour: way, frame: f}) {
		f.Release()
		way.owner.mail.dropped.Add(1)
		if isNew {
			delete(d.to, client)
		}
	}
	return true
}

// handleDetour handles what another shard was handed.
func (s *shard) handleDetour(now mono.Time, way *detour, f *stream.Frame) {
	d := &s.detours
	if d.from[way.client] == nil {
		if len(d.from) >= detoursMax {
			d.forget()
		}
		d.from[way.client] = way
	}
	in := dgram.In{
		Sock: way.client.Sock, Remote: way.client.Remote, Local: way.client.Local.Addr(),
		Buf: f.Buf, Start: f.Start, End: f.End,
	}
	s.engine.HandleClient(now, way.client, &in, &s.out)
	s.frames = append(s.frames, f)
	if !s.engine.Has(way.client) {
		way.end()
	}
}

// end tells the entry that what the client sends is its own business again.
func (way *detour) end() {
	way.entry.tell(func(mono.Time) {
		if way.entry.detours.to[way.client] == way {
			delete(way.entry.detours.to, way.client)
		}
	})
}

// forget lets go of the clients that got nothing here.
func (d *detours) forget() {
	for client, way := range d.from {
		if !way.kept {
			delete(d.from, client)
		}
	}
}

// signpost tells the entry of a client where it belongs from now on, or no more.
func (s *shard) signpost(e *turn.Event) {
	way := s.detours.from[e.Client]
	if way == nil {
		return
	}
	switch e.Kind {
	case turn.AllocationOpened, turn.ClientJoined:
		way.kept = true
		way.entry.tell(func(mono.Time) { way.entry.detours.to[way.client] = way })
	case turn.AllocationClosed, turn.ClientLeft:
		delete(s.detours.from, way.client)
		way.end()
	}
}

// tell has the shard carry out a task, without waiting for it. It is for other
// shards, which must not wait for one another.
func (s *shard) tell(task func(now mono.Time)) {
	l := letter{task: task}
	if !s.mail.offer(l) {
		go s.mail.post(l, s.stopped)
	}
}

// moveStream hands the stream of a client to another shard.
func moveStream(from, to *shard, c *streamClient) *streamClient {
	from.mail.post(letter{client: c, gone: true}, from.stopped)
	moved := &streamClient{conn: c.conn, client: turn.Client{
		Transport: c.client.Transport, Remote: c.client.Remote, Local: c.client.Local,
	}}
	to.mail.post(letter{client: moved}, to.stopped)
	return moved
}

// shardFor returns the shard that a frame of c, which is at s, is for, and the
// client there.
func (m *media) shardFor(s *shard, c *streamClient, f *stream.Frame) (*shard, *streamClient) {
	n, ok := turn.ShardOf(f.Payload())
	if !ok || int(n) >= len(m.shards) || m.shards[n] == s || c.open.Load() > 0 {
		return s, c
	}
	return m.shards[n], moveStream(s, m.shards[n], c)
}
