//go:build amd64 || arm64

package offload

import (
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/mono"
)

// Address families by their kernel numbers, as in bpf/kernel.h.
const (
	inet  = 2
	inet6 = 10
)

// Directions, as in bpf/maps.h.
const (
	toPeer = iota
	toClient
)

// table is what the program knows: two maps that lead from a packet's flow to the
// flow it becomes, and a slot for each channel, which lies in memory shared with
// the kernel. Moving a lease is a plain write.
type table struct {
	maps  *programMaps
	pages []atomic.Pointer[slotPage] // those in use so far
	ahead int64                      // see clockAhead

	mu      sync.Mutex
	bound   map[Slot]entry
	free    []Slot
	fresh   Slot // the first that was never used
	retired Traffic
	refused uint64
}

// slotPage is the unit in which slots are mapped, so that a server without
// channels has no memory of them.
type slotPage [slotsPerPage]programSlot

const slotsPerPage = 1024 // 64 KiB, a multiple of every page size

// entry is what has to be removed for a slot.
type entry struct{ client, peer programFlow }

func (t *table) init(maps *programMaps) (err error) {
	if t.ahead, err = clockAhead(); err != nil {
		return err
	}
	t.maps, t.bound = maps, make(map[Slot]entry)
	t.pages = make([]atomic.Pointer[slotPage], int(maps.Slots.MaxEntries())/slotsPerPage)
	return nil
}

// close makes the table an empty one, which may still be counted.
func (t *table) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.bound)
	for i := range t.pages {
		if p := t.pages[i].Swap(nil); p != nil {
			_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))) // it is ours, so it cannot fail
		}
	}
	t.pages = nil
}

// mapPage makes the memory of a slot accessible.
func (t *table) mapPage(s Slot) error {
	page := &t.pages[s/slotsPerPage]
	if page.Load() != nil {
		return nil
	}
	size := int(unsafe.Sizeof(slotPage{}))
	mem, err := unix.Mmap(t.maps.Slots.FD(), int64(int(s/slotsPerPage)*size), size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	page.Store((*slotPage)(unsafe.Pointer(unsafe.SliceData(mem))))
	return nil
}

func (t *table) at(s Slot) *programSlot {
	return &t.pages[s/slotsPerPage].Load()[s%slotsPerPage]
}

// coarse is how far the clock that the program reads, which moves in ticks, may be
// behind. Leases end that much earlier in the kernel, and never late.
const coarse = 10 * time.Millisecond // a tick at 100 Hz

// instant is a time of ours as the program counts it.
func (t *table) instant(at mono.Time) uint64 {
	if at == mono.Never {
		return 0
	}
	return uint64(max(0, int64(at)+t.ahead-int64(coarse)))
}

// Bind has packets of a channel relayed in the kernel. It returns false where the
// channel cannot be, because the tables are full or its addresses are not plain;
// the channel must not be bound already.
func (o *Offload) Bind(c Channel, l Lease) (Slot, bool) {
	if !c.plain() {
		return 0, false
	}
	s, err := o.table.bind(&c, l)
	if err != nil {
		return 0, false
	}
	o.interfaces.want(c.Server.Addr(), c.Relay.Addr())
	return s, true
}

func (t *table) bind(c *Channel, l Lease) (Slot, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, err := t.take()
	if err != nil {
		t.refused++
		return 0, err
	}
	slot := t.at(s)
	atomic.AddUint32(&slot.Generation, 1)
	t.extend(s, l)
	e := entry{client: flowOf(c.Client, c.Server, c.Number), peer: flowOf(c.Peer, c.Relay, 0)}
	out := programHop{Flow: flowOf(c.Relay, c.Peer, 0), Slot: uint32(s), Generation: slot.Generation}
	back := programHop{Flow: flowOf(c.Server, c.Client, c.Number), Slot: uint32(s), Generation: slot.Generation}
	err = t.maps.FromClients.Update(&e.client, &out, ebpf.UpdateNoExist)
	if err == nil {
		if err = t.maps.FromPeers.Update(&e.peer, &back, ebpf.UpdateNoExist); err != nil {
			_ = t.maps.FromClients.Delete(&e.client) // it was entered just now
		}
	}
	if err != nil {
		t.refused++
		t.release(s)
		return 0, fmt.Errorf("entering a channel: %w", err)
	}
	t.bound[s] = e
	return s, nil
}

func (t *table) take() (Slot, error) {
	if n := len(t.free); n > 0 {
		s := t.free[n-1]
		t.free = t.free[:n-1]
		return s, nil
	}
	if int(t.fresh) == len(t.pages)*slotsPerPage {
		return 0, fmt.Errorf("no more than %d channels: %w", t.fresh, unix.ENOSPC)
	}
	if err := t.mapPage(t.fresh); err != nil {
		return 0, err
	}
	t.fresh++
	return t.fresh - 1, nil
}

// Extend moves the lease of a channel, forward or back.
func (o *Offload) Extend(s Slot, l Lease) { o.table.extend(s, l) }

func (t *table) extend(s Slot, l Lease) {
	slot := t.at(s)
	atomic.StoreUint64(&slot.Until[toPeer], t.instant(l.ToPeer))
	atomic.StoreUint64(&slot.Until[toClient], t.instant(l.ToClient))
}

// Unbind ends the relaying of a channel and returns all that was relayed.
func (o *Offload) Unbind(s Slot) Traffic { return o.table.unbind(s) }

func (t *table) unbind(s Slot) Traffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.bound[s]
	if !ok {
		return Traffic{}
	}
	t.extend(s, Lease{})
	delete(t.bound, s)
	_ = t.maps.FromClients.Delete(&e.client) // both are there, as bound says
	_ = t.maps.FromPeers.Delete(&e.peer)
	last := t.traffic(s)
	t.retired = t.retired.Add(last)
	t.release(s)
	return last
}

// release makes the slot ready for its next channel. A packet that is being
// relayed at this moment by the old one finds another generation.
func (t *table) release(s Slot) {
	slot := t.at(s)
	t.extend(s, Lease{})
	atomic.AddUint32(&slot.Generation, 1)
	for d := range slot.Packets {
		atomic.StoreUint64(&slot.Packets[d], 0)
		atomic.StoreUint64(&slot.Bytes[d], 0)
	}
	t.free = append(t.free, s)
}

// Traffic returns what was relayed of a channel since it was bound.
func (o *Offload) Traffic(s Slot) Traffic { return o.table.traffic(s) }

func (t *table) traffic(s Slot) Traffic {
	slot := t.at(s)
	return Traffic{
		ToPeerPackets: atomic.LoadUint64(&slot.Packets[toPeer]), ToPeerBytes: atomic.LoadUint64(&slot.Bytes[toPeer]),
		ToClientPackets: atomic.LoadUint64(&slot.Packets[toClient]), ToClientBytes: atomic.LoadUint64(&slot.Bytes[toClient]),
	}
}

func (t *table) counters() Counters {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := Counters{Channels: uint64(len(t.bound)), Refused: t.refused, Traffic: t.retired}
	for s := range t.bound {
		c.Traffic = c.Traffic.Add(t.traffic(s))
	}
	return c
}

// flowOf is how the program sees a packet's addresses.
func flowOf(from, to netip.AddrPort, channel uint16) programFlow {
	f := programFlow{FromPort: wire16(from.Port()), ToPort: wire16(to.Port()), Channel: wire16(channel), Family: inet6}
	if from.Addr().Is4() {
		f.Family = inet
	}
	putAddress(&f.From.Word, from.Addr())
	putAddress(&f.To.Word, to.Addr())
	return f
}

// putAddress writes an address as it stands in a packet.
func putAddress(words *[4]uint32, ip netip.Addr) {
	copy(unsafe.Slice((*byte)(unsafe.Pointer(words)), 16), ip.AsSlice())
}

// wire16 is a number in network order, whatever the order of this machine.
func wire16(v uint16) (w uint16) {
	*(*[2]byte)(unsafe.Pointer(&w)) = [2]byte{byte(v >> 8), byte(v)}
	return w
}
