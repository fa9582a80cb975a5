//go:build !linux || portable

package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

// DatagramMax is the largest datagram that is delivered, in bytes: a jumbo
// frame. Every socket has a buffer of its own here, so it cannot be larger.
const DatagramMax = 9000

// DontFragment says whether [dgram.Out.DontFragment] is heeded.
const DontFragment = false

const (
	// queueMax is how many datagrams wait for the shard; then the readers wait
	// and the kernel drops.
	queueMax = 256
	oobSize  = 128
)

// Poller owns the sockets of one shard. Its methods are for the shard's
// goroutine alone, except [Poller.Wake], [Poller.LocalAddr] and
// [Poller.Counters].
type Poller struct {
	mains []mainPort // by index of their dgram.Sock
	ports *Ports

	relays      []*socket // by index of their dgram.Sock; nil: closed
	relaysFree  []uint32
	relayBuffer int

	queue   chan *packet
	waking  chan struct{}
	closing chan struct{}
	readers sync.WaitGroup
	pool    sync.Pool

	in    []dgram.In
	held  []*packet // what in points into
	timer *time.Timer
	count counters
}

type packet struct {
	buf    [dgram.Headroom + DatagramMax + 1]byte
	socket *socket
	length int
	remote netip.AddrPort
	local  netip.Addr
}

type socket struct {
	conn   *net.UDPConn
	sock   dgram.Sock
	local  netip.Addr
	port   uint16
	v4     bool
	pinned bool
	closed chan struct{} // the shard wants no more of it
}

// Open opens the public port and returns one poller: other systems do not spread
// a port over several sockets.
func Open(cfg Config) ([]*Poller, error) {
	listens, err := bindAddresses(cfg)
	if err != nil {
		return nil, err
	}
	p := &Poller{
		ports: cfg.Ports, relayBuffer: cfg.RelayBuffer,
		queue: make(chan *packet, queueMax), waking: make(chan struct{}, 1), closing: make(chan struct{}),
		pool: sync.Pool{New: func() any { return new(packet) }}, timer: time.NewTimer(0),
	}
	if p.relayBuffer == 0 {
		p.relayBuffer = relayBufferDefault
	}
	if p.ports == nil {
		if p.ports, err = NewPorts(PortMinDefault, PortMaxDefault); err != nil {
			return nil, err
		}
	}
	for _, l := range listens {
		if err := p.openMain(cfg, l); err != nil {
			p.Close()
			return nil, err
		}
	}
	return []*Poller{p}, nil
}

func (p *Poller) openMain(cfg Config, l listen) (err error) {
	size := cfg.SocketBuffer
	if size == 0 {
		size = socketBufferDefault
	}
	var m mainPort
	var missing error
	if l.v4.IsValid() {
		if m.v4, err = openSocket(l.v4, size); errors.Is(err, ErrFamily) && l.v6.IsValid() {
			missing = err
		} else if err != nil {
			return err
		}
	}
	if l.v6.IsValid() {
		if l.v6.Port() == 0 && m.v4 != nil {
			l.v6 = netip.AddrPortFrom(l.v6.Addr(), m.v4.port)
		}
		if m.v6, err = openSocket(l.v6, size); err != nil && (m.v4 == nil || !errors.Is(err, ErrFamily)) {
			if m.v4 != nil {
				m.v4.conn.Close()
			}
			return errors.Join(missing, err)
		}
	}
	for _, s := range []*socket{m.v6, m.v4} { // the address of IPv4 counts
		if s != nil {
			s.sock = dgram.Main | dgram.Sock(len(p.mains))
			m.addr = netip.AddrPortFrom(s.local, s.port)
			s.pin()
			p.startReading(s)
		}
	}
	p.mains = append(p.mains, m)
	return nil
}

func openSocket(addr netip.AddrPort, bufferSize int) (*socket, error) {
	network := "udp6"
	if addr.Addr().Is4() {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(addr))
	switch {
	case inUse(err):
		return nil, fmt.Errorf("udp %v: %w: %w", addr, ErrAddressInUse, err)
	case familyMissing(err):
		return nil, fmt.Errorf("udp %v: %w: %w", addr, ErrFamily, err)
	case err != nil:
		return nil, fmt.Errorf("udp %v: %w", addr, err)
	}
	// A smaller buffer than wanted is no error.
	_ = conn.SetReadBuffer(bufferSize)
	_ = conn.SetWriteBuffer(bufferSize)
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return &socket{conn: conn, local: addr.Addr(), port: bound.Port(), v4: addr.Addr().Is4(), closed: make(chan struct{})}, nil
}

// inUse knows Windows' number too, which package syscall does not map.
func inUse(err error) bool {
	const wsaEADDRINUSE = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaEADDRINUSE)
}

func familyMissing(err error) bool {
	if err == nil {
		return false
	}
	const wsaEAFNOSUPPORT, wsaEADDRNOTAVAIL = syscall.Errno(10047), syscall.Errno(10049)
	for _, errno := range []error{syscall.EAFNOSUPPORT, syscall.EADDRNOTAVAIL, wsaEAFNOSUPPORT, wsaEADDRNOTAVAIL} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return strings.Contains(err.Error(), "no suitable address")
}

// pin makes the system report the address each datagram came to, where it can.
func (s *socket) pin() {
	if s.v4 {
		s.pinned = ipv4.NewPacketConn(s.conn).SetControlMessage(ipv4.FlagDst, true) == nil
		return
	}
	s.pinned = ipv6.NewPacketConn(s.conn).SetControlMessage(ipv6.FlagDst, true) == nil
}

func (p *Poller) startReading(s *socket) {
	p.readers.Add(1)
	go func() {
		defer p.readers.Done()
		p.readFrom(s)
	}()
}

// readFrom feeds what arrives on s into the queue until s is closed.
func (p *Poller) readFrom(s *socket) {
	oob := make([]byte, oobSize)
	for {
		pkt := p.pool.Get().(*packet)
		n, oobn, _, remote, err := s.conn.ReadMsgUDPAddrPort(pkt.buf[dgram.Headroom:], oob)
		p.count.readCalls.Add(1)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case n > DatagramMax || (err != nil && strings.Contains(err.Error(), "larger than")):
			p.count.truncated.Add(1)
		case err != nil:
			p.count.readErrors.Add(1)
		default:
			pkt.socket, pkt.length, pkt.local = s, n, s.localOf(oob[:oobn])
			pkt.remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
			select {
			case p.queue <- pkt:
			case <-s.closed:
				return
			case <-p.closing:
				return
			}
		}
	}
}

func (s *socket) localOf(oob []byte) netip.Addr {
	if !s.pinned {
		if s.local.IsUnspecified() {
			return netip.Addr{}
		}
		return s.local
	}
	var dst net.IP
	if s.v4 {
		var cm ipv4.ControlMessage
		if cm.Parse(oob) == nil {
			dst = cm.Dst
		}
	} else {
		var cm ipv6.ControlMessage
		if cm.Parse(oob) == nil {
			dst = cm.Dst
		}
	}
	ip, _ := netip.AddrFromSlice(dst)
	if ip = ip.Unmap(); ip.IsMulticast() {
		return netip.Addr{}
	}
	return ip
}

// Counters returns what happened so far. Any goroutine may call it.
func (p *Poller) Counters() Counters { return p.count.snapshot() }

// OpenRelay opens a relay socket on local with a port of the range, an even one
// if asked.
func (p *Poller) OpenRelay(local netip.Addr, even bool) (dgram.Sock, netip.AddrPort, error) {
	var s *socket
	addr, err := p.ports.bind(local, even, func(a netip.AddrPort) (bool, error) {
		var err error
		s, err = openSocket(a, p.relayBuffer)
		return errors.Is(err, ErrAddressInUse), err
	})
	if err != nil {
		return 0, addr, fmt.Errorf("opening a relay: %w", err)
	}
	return p.addRelay(s), addr, nil
}

// OpenRelayPair opens two relay sockets on local, one with an even port of the
// range and one with the port above.
func (p *Poller) OpenRelayPair(local netip.Addr) (socks [2]dgram.Sock, addrs [2]netip.AddrPort, err error) {
	var pair [2]*socket
	addrs, err = p.ports.bindPair(local, func(addrs [2]netip.AddrPort) (inUse bool, err error) {
		for i, a := range addrs {
			if pair[i], err = openSocket(a, p.relayBuffer); err != nil {
				if i == 1 {
					pair[0].conn.Close()
				}
				return errors.Is(err, ErrAddressInUse), err
			}
		}
		return false, nil
	})
	if err != nil {
		return socks, addrs, fmt.Errorf("opening two relays: %w", err)
	}
	return [2]dgram.Sock{p.addRelay(pair[0]), p.addRelay(pair[1])}, addrs, nil
}

// addRelay begins to read from a relay socket.
func (p *Poller) addRelay(s *socket) dgram.Sock {
	index := uint32(len(p.relays))
	if n := len(p.relaysFree); n > 0 {
		index = p.relaysFree[n-1]
		p.relaysFree = p.relaysFree[:n-1]
	} else {
		p.relays = append(p.relays, nil)
	}
	s.sock = dgram.RelayKind | dgram.Sock(index)
	p.relays[index] = s
	p.startReading(s)
	return s.sock
}

// CloseRelay closes a relay socket and gives its port back. Datagrams of it that
// the last ReadBatch returned stay valid.
func (p *Poller) CloseRelay(sock dgram.Sock) {
	s := p.relay(sock)
	if s == nil {
		return
	}
	p.relays[sock.Index()] = nil
	p.relaysFree = append(p.relaysFree, sock.Index())
	close(s.closed)
	s.conn.Close()
	p.ports.release(s.local, s.port)
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
	select {
	case p.waking <- struct{}{}:
	default:
	}
}

// Close closes all sockets.
func (p *Poller) Close() {
	for _, s := range p.relays {
		if s != nil {
			p.CloseRelay(s.sock)
		}
	}
	close(p.closing)
	for _, m := range p.mains {
		for _, s := range []*socket{m.v4, m.v6} {
			if s != nil {
				s.conn.Close()
			}
		}
	}
	p.readers.Wait()
}

// ReadBatch waits for datagrams, the deadline or [Poller.Wake] and returns what
// there is, at most 64 datagrams. They stay valid until the next call.
func (p *Poller) ReadBatch(deadline mono.Time) []dgram.In {
	for i, pkt := range p.held {
		p.pool.Put(pkt)
		p.held[i] = nil
	}
	p.held, p.in = p.held[:0], p.in[:0]
	p.wait(deadline)
	for len(p.in) < batchMax {
		select {
		case pkt := <-p.queue:
			p.take(pkt)
			continue
		default:
		}
		break
	}
	return p.in
}

func (p *Poller) wait(deadline mono.Time) {
	var expired <-chan time.Time
	if deadline != mono.Never {
		p.timer.Reset(max(deadline.Sub(mono.Now()), 0))
		expired = p.timer.C
	}
	select {
	case pkt := <-p.queue:
		p.take(pkt)
	case <-p.waking:
		p.count.wakeups.Add(1)
	case <-expired:
	}
}

func (p *Poller) take(pkt *packet) {
	select {
	case <-pkt.socket.closed: // closed while it waited; its number may have a new owner
		p.pool.Put(pkt)
		return
	default:
	}
	p.held = append(p.held, pkt)
	p.in = append(p.in, dgram.In{
		Sock: pkt.socket.sock, Remote: pkt.remote, Local: pkt.local,
		Buf: pkt.buf[:], Start: dgram.Headroom, End: dgram.Headroom + pkt.length,
	})
	p.count.datagramsIn.Add(1)
	p.count.bytesIn.Add(uint64(pkt.length))
}

// WriteBatch sends datagrams in the order given. What cannot be sent is counted
// and dropped.
func (p *Poller) WriteBatch(batch []dgram.Out) {
	for i := range batch {
		o := &batch[i]
		s := p.sendingSocket(o)
		if s == nil {
			p.count.sendRefused.Add(1)
			continue
		}
		_, _, err := s.conn.WriteMsgUDPAddrPort(o.Data, s.source(o.Local), o.Remote)
		p.count.writeCalls.Add(1)
		switch {
		case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOBUFS):
			p.count.sendBufferFull.Add(1)
		case err != nil:
			p.count.sendRefused.Add(1)
		default:
			p.count.datagramsOut.Add(1)
			p.count.bytesOut.Add(uint64(len(o.Data)))
		}
	}
}

func (p *Poller) sendingSocket(o *dgram.Out) *socket {
	var s *socket
	if o.Sock.Kind() == dgram.RelayKind {
		s = p.relay(o.Sock)
	} else {
		s = p.main(o.Sock, o.Remote.Addr())
	}
	if s == nil || s.v4 != o.Remote.Addr().Is4() || !o.Remote.IsValid() {
		return nil
	}
	return s
}

// source is the control message that names the address to send from.
func (s *socket) source(local netip.Addr) []byte {
	if !s.pinned || !local.IsValid() || local.Is4() != s.v4 {
		return nil
	}
	if s.v4 {
		return (&ipv4.ControlMessage{Src: local.AsSlice()}).Marshal()
	}
	return (&ipv6.ControlMessage{Src: local.AsSlice()}).Marshal()
}

// PeerErrors returns what the last ReadBatch heard of lost datagrams: nothing.
func (p *Poller) PeerErrors() []dgram.PeerError { return nil }
