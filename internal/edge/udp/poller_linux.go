//go:build linux && !portable

package udp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

// DatagramMax is the largest datagram that is delivered, in bytes.
const DatagramMax = dgram.MaxPayload

const (
	none = -1 // no index

	// What an epoll event is about: the number in EpollEvent.Fd.
	eventWake   = -1
	eventMainV4 = -2
	eventMainV6 = -3
	eventGone   = -4 // its socket was closed meanwhile
)

// Poller owns the sockets of one shard. Its methods are for the shard's
// goroutine alone, except [Poller.Wake], [Poller.LocalAddr] and
// [Poller.Counters].
type Poller struct {
	epfd   int
	v4, v6 *socket // the public port
	addr   netip.AddrPort
	ports  *Ports

	relays      []*socket // by index of their dgram.Sock; nil: closed
	relaysFree  []uint32
	relayBuffer int

	events  [batchMax]unix.EpollEvent
	next    int // events[next:ready] wait for their turn
	ready   int
	read    reader
	write   writer
	count   counters
	wakeMu  sync.Mutex
	wakeFd  int // -1 once closed
	waking  atomic.Bool
	touched *socket // list of sockets with something to send
}

// Open opens the public port and returns one poller for each shard.
func Open(cfg Config) ([]*Poller, error) {
	v4, v6, err := bindAddresses(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Ports == nil {
		if cfg.Ports, err = NewPorts(PortMinDefault, PortMaxDefault); err != nil {
			return nil, err
		}
	}
	if v4, v6, err = probe(v4, v6); err != nil {
		return nil, err
	}
	var pollers []*Poller
	for range max(1, cfg.Shards) {
		p, err := newPoller(cfg, v4, v6)
		if err != nil {
			for _, p := range pollers {
				p.Close()
			}
			return nil, err
		}
		pollers = append(pollers, p)
	}
	return pollers, nil
}

// probe finds out whether the port is free: with SO_REUSEPORT alone a second
// server of the same user would be let in and get half of the traffic. It also
// settles a port of 0 and drops a family that the machine does not have.
func probe(v4, v6 netip.AddrPort) (netip.AddrPort, netip.AddrPort, error) {
	var first error
	for _, a := range []*netip.AddrPort{&v4, &v6} {
		if !a.IsValid() {
			continue
		}
		if a == &v6 && v4.IsValid() && v6.Port() == 0 {
			v6 = netip.AddrPortFrom(v6.Addr(), v4.Port())
		}
		s, err := openSocket(*a, false, 0)
		if errors.Is(err, ErrFamily) {
			*a, first = netip.AddrPort{}, err
			continue
		}
		if err != nil {
			return v4, v6, err
		}
		*a, err = s.boundTo()
		unix.Close(s.fd)
		if err != nil {
			return v4, v6, err
		}
	}
	if !v4.IsValid() && !v6.IsValid() {
		return v4, v6, first
	}
	return v4, v6, nil
}

func newPoller(cfg Config, v4, v6 netip.AddrPort) (_ *Poller, err error) {
	p := &Poller{ports: cfg.Ports, epfd: -1, wakeFd: -1, relayBuffer: cfg.RelayBuffer}
	if p.relayBuffer == 0 {
		p.relayBuffer = relayBufferDefault
	}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if p.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if p.wakeFd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	if err = p.watch(p.wakeFd, eventWake); err != nil {
		return nil, err
	}
	if p.v4, err = p.openMain(cfg, v4, eventMainV4); err != nil {
		return nil, err
	}
	if p.v6, err = p.openMain(cfg, v6, eventMainV6); err != nil {
		return nil, err
	}
	if err = p.read.init(); err != nil {
		return nil, err
	}
	p.write.init(rand.Uint64(), rand.Uint64())
	return p, nil
}

func (p *Poller) openMain(cfg Config, addr netip.AddrPort, event int32) (*socket, error) {
	if !addr.IsValid() {
		return nil, nil
	}
	size := cfg.SocketBuffer
	if size == 0 {
		size = socketBufferDefault
	}
	s, err := openSocket(addr, true, size)
	if err != nil {
		return nil, err
	}
	if err = s.pin(); err == nil {
		err = p.watch(s.fd, event)
	}
	if err != nil {
		unix.Close(s.fd)
		return nil, err
	}
	if !p.addr.IsValid() {
		p.addr = addr
	}
	return s, nil
}

func (p *Poller) watch(fd int, number int32) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: number}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, fd, &event))
}

// LocalAddr returns the public address and port; the address is unspecified
// where the poller listens on all of them.
func (p *Poller) LocalAddr() netip.AddrPort { return p.addr }

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
		p.ports.release(local, addr.Port())
		p.relaysFree = append(p.relaysFree, index)
		return 0, netip.AddrPort{}, fmt.Errorf("opening a relay: %w", err)
	}
	s.port = addr.Port()
	p.relays[index] = s
	return s.sock, addr, nil
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
	for _, s := range []*socket{p.v4, p.v6} {
		if s != nil {
			unix.Close(s.fd)
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

// wait fills events. It blocks until the deadline, or for good if that is
// [mono.Never].
func (p *Poller) wait(deadline mono.Time) {
	timeout := -1
	if deadline != mono.Never {
		// Rounded up: a wait that ends before the deadline would be repeated.
		left := deadline.Sub(mono.Now()) + time.Millisecond - 1
		timeout = int(min(max(left, 0), time.Hour) / time.Millisecond)
	}
	n, err := unix.EpollWait(p.epfd, p.events[:], timeout)
	p.next, p.ready = 0, max(n, 0)
	if err != nil && !errors.Is(err, unix.EINTR) {
		panic(fmt.Sprintf("epoll_wait: %v", err)) // a wrong descriptor: a mistake of ours
	}
}
