package udp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"sync"
)

// The dynamic ports.
//
// "The server SHOULD only allocate ports from the range 49152 - 65535 (the
// Dynamic and/or Private Port range)"
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
const (
	PortMinDefault = 49152
	PortMaxDefault = 65535
)

// bindTries is how often an opening may run into a port that another program
// holds before it is given up.
const bindTries = 16

// ErrNoPort is returned when no relay port of the range is free.
var ErrNoPort = errors.New("no relay port free")

// Ports gives out the relay ports of a range to all pollers of a server. A port
// is picked at random among the free ones of a family.
//
// "the server SHOULD NOT allocate ports in order [...] it makes it easy for an
// attacker to guess which ports are allocated"
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
type Ports struct {
	min, max uint16

	mu     sync.Mutex
	v4, v6 portSet
}

type portSet struct {
	free             [65536 / 64]uint64
	count, evenCount int
}

// Masks of the ports in a word of portSet.free.
const (
	allPorts  = ^uint64(0)
	evenPorts = allPorts / 3
)

// NewPorts returns the range min to max, both included.
func NewPorts(min, max uint16) (*Ports, error) {
	if min == 0 || min > max {
		return nil, fmt.Errorf("relay ports %d-%d: not a range", min, max)
	}
	p := &Ports{min: min, max: max}
	for port := int(min); port <= int(max); port++ {
		p.v4.put(uint16(port))
		p.v6.put(uint16(port))
	}
	return p, nil
}

// Free returns how many ports are left for IPv4 and IPv6.
func (p *Ports) Free() (v4, v6 int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.v4.count, p.v6.count
}

// bind calls try with random free ports, even ones if asked, until it succeeds,
// and keeps the one it succeeded with. try says inUse when another program holds
// the port.
func (p *Ports) bind(local netip.Addr, even bool, try func(netip.AddrPort) (inUse bool, err error)) (netip.AddrPort, error) {
	var taken [bindTries]uint16
	n := 0
	defer func() {
		for _, port := range taken[:n] {
			p.release(local, port)
		}
	}()
	for n < bindTries {
		port, ok := p.take(local, even)
		if !ok {
			return netip.AddrPort{}, ErrNoPort
		}
		addr := netip.AddrPortFrom(local, port)
		inUse, err := try(addr)
		if err == nil {
			return addr, nil
		}
		if !inUse {
			p.release(local, port)
			return netip.AddrPort{}, err
		}
		taken[n] = port
		n++
	}
	return netip.AddrPort{}, ErrNoPort
}

// bindPair does the same for an even port and the one above, both or none.
func (p *Ports) bindPair(local netip.Addr, try func([2]netip.AddrPort) (inUse bool, err error)) (addrs [2]netip.AddrPort, err error) {
	var taken [bindTries]uint16
	n := 0
	release := func(port uint16) {
		p.release(local, port)
		p.release(local, port+1)
	}
	defer func() {
		for _, port := range taken[:n] {
			release(port)
		}
	}()
	for n < bindTries {
		port, ok := p.takePair(local)
		if !ok {
			return addrs, ErrNoPort
		}
		addrs = [2]netip.AddrPort{netip.AddrPortFrom(local, port), netip.AddrPortFrom(local, port+1)}
		inUse, err := try(addrs)
		if err == nil {
			return addrs, nil
		}
		if !inUse {
			release(port)
			return addrs, err
		}
		taken[n] = port
		n++
	}
	return addrs, ErrNoPort
}

func (p *Ports) take(local netip.Addr, even bool) (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set := p.set(local)
	mask, count := allPorts, set.count
	if even {
		mask, count = evenPorts, set.evenCount
	}
	if count == 0 {
		return 0, false
	}
	return set.takeNth(random(count), mask), true
}

// takePair takes an even port and the one above. There is no count of such pairs,
// so they are counted first.
func (p *Ports) takePair(local netip.Addr) (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set := p.set(local)
	count := 0
	for _, word := range set.free {
		count += bits.OnesCount64(pairs(word))
	}
	if count == 0 {
		return 0, false
	}
	n := random(count)
	for i, word := range set.free {
		word = pairs(word)
		if ones := bits.OnesCount64(word); n >= ones {
			n -= ones
			continue
		}
		port := uint16(i*64 + nthBit(word, n))
		set.remove(port)
		set.remove(port + 1)
		return port, true
	}
	panic("fewer pairs of free ports than counted")
}

// pairs has a bit for each even port of a word that is free like the one above.
func pairs(word uint64) uint64 { return word & (word >> 1) & evenPorts }

// random returns a number below n that nobody can predict.
func random(n int) int {
	var b [8]byte
	rand.Read(b[:])
	return int(binary.LittleEndian.Uint64(b[:]) % uint64(n))
}

func (p *Ports) release(local netip.Addr, port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(local).put(port)
}

func (p *Ports) set(local netip.Addr) *portSet {
	if local.Is4() {
		return &p.v4
	}
	return &p.v6
}

func (s *portSet) put(port uint16) {
	word, bit := &s.free[port/64], uint64(1)<<(port%64)
	if *word&bit == 0 {
		*word |= bit
		s.counted(port, 1)
	}
}

func (s *portSet) counted(port uint16, n int) {
	s.count += n
	if port%2 == 0 {
		s.evenCount += n
	}
}

// takeNth takes the free port that has n free ones before it, of those in mask.
func (s *portSet) takeNth(n int, mask uint64) uint16 {
	for i, word := range s.free {
		word &= mask
		if ones := bits.OnesCount64(word); n >= ones {
			n -= ones
			continue
		}
		port := uint16(i*64 + nthBit(word, n))
		s.remove(port)
		return port
	}
	panic("fewer free ports than counted")
}

func (s *portSet) remove(port uint16) {
	s.free[port/64] &^= 1 << (port % 64)
	s.counted(port, -1)
}

// nthBit returns the place of the set bit that has n set ones below it.
func nthBit(word uint64, n int) int {
	for ; n > 0; n-- {
		word &= word - 1
	}
	return bits.TrailingZeros64(word)
}
