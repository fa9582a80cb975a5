//go:build linux && !portable

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
)

// DatagramMax is the largest datagram that is delivered, in bytes.
const DatagramMax = dgram.MaxPayload

const (
	none = -1 // no index

	// What an epoll event is about: the number in EpollEvent.Fd.
	eventWake = -1
	eventGone = -2 // its socket was closed meanwhile
	eventMain = -3 // and below: the public sockets, IPv4 and IPv6 by turns
)

// Poller owns the sockets of one shard. Its methods are for the shard's
// goroutine alone, except [Poller.Wake], [Poller.LocalAddr] and
// [Poller.Counters].
type Poller struct {
	epfd  int
	mains []mainPort // by index of their dgram.Sock
	ports *Ports

	relays      []*socket // by index of their dgram.Sock; nil: closed
	relaysFree  []uint32
	relayBuffer int

	events  [batchMax]unix.EpollEvent
	lively  bool // the last wait brought something
	next    int  // events[next:ready] wait for their turn
	ready   int
	read    reader
	errors  []dgram.PeerError
	write   writer
	count   counters
	wakeMu  sync.Mutex
	wakeFd  int // -1 once closed
	waking  atomic.Bool
	touched *socket // list of sockets with something to send
}

func (p *Poller) watch(fd int, number int32) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: number}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, fd, &event))
}

// Counters returns what happened so far. Any goroutine may call it.
func (p *Poller) Counters() Counters { return p.count.snapshot() }

// OpenRelay opens a relay socket on local with a port of the range, an even one
// if asked.
func (p *Poller) OpenRelay(local netip.Addr, even bool) (dgram.Sock, netip.AddrPort, error) {
	var s *socket
	addr, err := p.ports.bind(local, even, func(a netip.AddrPort) (bool, error) {
		var err error
		s, err = openSocket(a, false, p.relayBuffer)
		return errors.Is(err, ErrAddressInUse), err
	})
	if err != nil {
		return 0, addr, fmt.Errorf("opening a relay: %w", err)
	}
	sock, err := p.addRelay(s, addr)
	return sock, addr, err
}

// OpenRelayPair opens two relay sockets on local, one with an even port of the
// range and one with the port above.
func (p *Poller) OpenRelayPair(local netip.Addr) (socks [2]dgram.Sock, addrs [2]netip.AddrPort, err error) {
	var pair [2]*socket
	addrs, err = p.ports.bindPair(local, func(addrs [2]netip.AddrPort) (inUse bool, err error) {
		for i, a := range addrs {
			if pair[i], err = openSocket(a, false, p.relayBuffer); err != nil {
				if i == 1 {
					unix.Close(pair[0].fd)
				}
				return errors.Is(err, ErrAddressInUse), err
			}
		}
		return false, nil
	})
	if err != nil {
		return socks, addrs, fmt.Errorf("opening two relays: %w", err)
	}
	for i, s := range pair {
		if socks[i], err = p.addRelay(s, addrs[i]); err == nil {
			continue
		}
		if i == 0 {
			unix.Close(pair[1].fd)
			p.ports.release(local, addrs[1].Port())
		} else {
			p.CloseRelay(socks[0])
		}
		return socks, addrs, err
	}
	return socks, addrs, nil
}

// addRelay begins to read from a relay socket. On failure it closes it.
func (p *Poller) addRelay(s *socket, addr netip.AddrPort) (dgram.Sock, error) {
	index := uint32(len(p.relays))
	if n := len(p.relaysFree); n > 0 {
		index = p.relaysFree[n-1]
		p.relaysFree = p.relaysFree[:n-1]
	} else {
		p.relays = append(p.relays, nil)
	}
	s.sock = dgram.RelayKind | dgram.Sock(index)
	if err := p.watch(s.fd, int32(index)); err != nil {
		unix.Close(s.fd)
		p.ports.release(addr.Addr(), addr.Port())
		p.relaysFree = append(p.relaysFree, index)
		return 0, fmt.Errorf("opening a relay: %w", err)
	}
	s.port = addr.Port()
	p.relays[index] = s
	return s.sock, nil
}

// CloseRelay closes a relay socket and gives its port back. Datagrams of it that
// the last ReadBatch returned stay valid.
func (p *Poller) CloseRelay(sock dgram.Sock) {
	s := p.relay(sock)
	if s == nil {
		return
	}
	index := sock.Index()
	p.relays[index] = nil
	p.relaysFree = append(p.relaysFree, index)
	unix.Close(s.fd)
	p.ports.release(s.local, s.port)
	for i := p.next; i < p.ready; i++ {
		if p.events[i].Fd == int32(index) {
			p.events[i].Fd = eventGone
		}
	}
}

func (p *Poller) relay(sock dgram.Sock) *socket {
	if sock.Kind() != dgram.RelayKind || int(sock.Index()) >= len(p.relays) {
		return nil
	}
	return p.relays[sock.Index()]
}

// Wake makes the current or next ReadBatch return at once. Any goroutine may
// call it, at any time.
func (p *Poller) Wake() {
	if p.waking.Swap(true) {
		return
	}
	p.wakeMu.Lock()
	defer p.wakeMu.Unlock()
	if p.wakeFd >= 0 {
		one := [8]byte{0: 1, 7: 1} // not zero in either byte order
		_, _ = unix.Write(p.wakeFd, one[:])
	}
}

func (p *Poller) awoken() {
	var buf [8]byte
	_, _ = unix.Read(p.wakeFd, buf[:])
	p.waking.Store(false)
	p.count.wakeups.Add(1)
}

// Close closes all sockets.
func (p *Poller) Close() {
	for _, s := range p.relays {
		if s != nil {
			p.CloseRelay(s.sock)
		}
	}
	for _, m := range p.mains {
		for _, s := range []*socket{m.v4, m.v6} {
			if s != nil {
				unix.Close(s.fd)
			}
		}
	}
	if p.epfd >= 0 {
		unix.Close(p.epfd)
	}
	p.wakeMu.Lock()
	if p.wakeFd >= 0 {
		unix.Close(p.wakeFd)
	}
	p.wakeFd = -1
	p.wakeMu.Unlock()
	p.read.free()
}
