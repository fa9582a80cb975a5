//go:build linux && !portable

package udp

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/dgram"
)

// Open opens the public port and returns one poller for each shard.
func Open(cfg Config) ([]*Poller, error) {
	listens, err := bindAddresses(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Ports == nil {
		if cfg.Ports, err = NewPorts(PortMinDefault, PortMaxDefault); err != nil {
			return nil, err
		}
	}
	for i := range listens {
		if listens[i], err = probe(listens[i]); err != nil {
			return nil, err
		}
	}
	var pollers []*Poller
	for range max(1, cfg.Shards) {
		p, err := newPoller(cfg, listens)
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
func probe(l listen) (listen, error) {
	var first error
	for _, a := range []*netip.AddrPort{&l.v4, &l.v6} {
		if !a.IsValid() {
			continue
		}
		if a == &l.v6 && l.v4.IsValid() && l.v6.Port() == 0 {
			l.v6 = netip.AddrPortFrom(l.v6.Addr(), l.v4.Port())
		}
		s, err := openSocket(*a, false, 0)
		if errors.Is(err, ErrFamily) {
			*a, first = netip.AddrPort{}, err
			continue
		}
		if err != nil {
			return l, err
		}
		*a, err = s.boundTo()
		unix.Close(s.fd)
		if err != nil {
			return l, err
		}
	}
	if !l.v4.IsValid() && !l.v6.IsValid() {
		return l, first
	}
	return l, nil
}

func newPoller(cfg Config, listens []listen) (_ *Poller, err error) {
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
	p.mains = make([]mainPort, len(listens))
	for i, l := range listens {
		m := &p.mains[i]
		m.addr = l.first()
		if m.v4, err = p.openMain(cfg, l.v4, i, 0); err != nil {
			return nil, err
		}
		if m.v6, err = p.openMain(cfg, l.v6, i, 1); err != nil {
			return nil, err
		}
	}
	if err = p.read.init(); err != nil {
		return nil, err
	}
	p.write.init(rand.Uint64(), rand.Uint64())
	return p, nil
}

// openMain opens one family, 0 for IPv4 and 1 for IPv6, of a public port.
func (p *Poller) openMain(cfg Config, addr netip.AddrPort, index, family int) (*socket, error) {
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
	s.sock = dgram.Main | dgram.Sock(index)
	if err = s.pin(); err == nil {
		err = p.watch(s.fd, int32(eventMain-2*index-family))
	}
	if err != nil {
		unix.Close(s.fd)
		return nil, err
	}
	return s, nil
}
