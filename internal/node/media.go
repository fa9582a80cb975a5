package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/internal/edge/offload"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/edge/udp"
	"github.com/parley-rtc/parley/internal/engine/dtls"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// eventsMax is how many lifecycle events wait to be logged.
const eventsMax = 1024

// mediaConfig says how media is served. The zero value relays for nobody on a
// free port.
type mediaConfig struct {
	UDP                        []string     // "host:port" each; empty: TURN over streams only
	PublicIPs                  []netip.Addr // advertised instead of the own ones, at most one of a family
	RelayPairs                 []relayPair  // addresses to bind relays to, and how to advertise those
	Realm                      string
	Auth                       turn.Authenticator
	RelayPortMin, RelayPortMax uint16 // 0: the dynamic ports
	Policy                     turn.Policy
	Shards                     int              // 0: one for each processor
	TCPRelay                   bool             // relay TCP as well (RFC 6062), from the same range of ports
	Offload                    *offload.Offload // nil: everything passes user space; closed with the media
	Discovery                  discoveryConfig
	DTLS                       dtls.Config // no certificate: DTLS is not spoken
	Limits                     mediaLimits
	Alternates                 []turn.Alternate // for clients that there is no room for
	Webhook                    WebhookConfig    // who knows users that Auth does not
	Mobility                   bool
	Log                        *slog.Logger
}

// media is the packet side of a server: the shards, and what they share.
type media struct {
	shards    []*shard
	pollers   []*udp.Poller
	ports     *udp.Ports
	directory *relayDirectory
	offload   *offload.Offload // nil: off
	webhook   *webhook         // nil: off
	addr      netip.AddrPort
	shared    *stream.Shared
	log       *slog.Logger
	events    chan turn.Event
	logged    chan struct{} // closed when the last event is logged

	policy  peerPolicy
	mu      sync.Mutex
	streams map[*streamClient]struct{}
	serving sync.WaitGroup
	closing chan struct{}
}

// clientConn is what a client sends and receives through, beside UDP. Nothing of it
// waits, but for Wait.
type clientConn interface {
	Send(now mono.Time, message []byte) bool
	SetIdle(d time.Duration)
	Proven() // the client has shown who it is
	Close()
	Wait()
}

// streamClient is a TURN client that came over TCP, TLS or DTLS. Its Sock is set by the
// shard and read by the shard alone.
type streamClient struct {
	client turn.Client
	conn   clientConn
	open   atomic.Int32 // allocations; the shard writes it
}

func startMedia(cfg mediaConfig) (*media, error) {
	if cfg.RelayPortMax == 0 {
		cfg.RelayPortMin, cfg.RelayPortMax = udp.PortMinDefault, udp.PortMaxDefault
	}
	if cfg.Shards == 0 {
		cfg.Shards = processors
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	discovery, err := cfg.addDiscovery()
	if err != nil {
		return nil, err
	}
	ports, err := udp.NewPorts(cfg.RelayPortMin, cfg.RelayPortMax)
	if err != nil {
		return nil, err
	}
	pollers, err := udp.Open(udp.Config{
		Listen: cfg.UDP, RelaysOnly: len(cfg.UDP) == 0, Shards: min(cfg.Shards, processors, shardsMax), Ports: ports,
	})
	if err != nil {
		return nil, err
	}
	m := &media{
		pollers: pollers, ports: ports, addr: pollers[0].LocalAddr(), offload: cfg.Offload,
		directory: newRelayDirectory(cfg.PublicIPs, cfg.RelayPairs...),
		shared:    stream.NewShared(0), log: cfg.Log, events: make(chan turn.Event, eventsMax), logged: make(chan struct{}),
		streams: make(map[*streamClient]struct{}), closing: make(chan struct{}),
	}
	cfg.Policy.Own = m.directory.ownAddresses()
	m.policy.current = cfg.Policy
	engine := turn.Config{
		Realm: cfg.Realm, Auth: cfg.Auth, Directory: m.directory, Policy: cfg.Policy, Software: "parley",
		Families: m.families(), Discovery: discovery, Extensions: turn.Extensions{DontFragment: udp.DontFragment, Mobility: cfg.Mobility, Alternates: cfg.Alternates},
	}
	var listeners *relayDirectory
	if cfg.TCPRelay {
		listeners = newRelayDirectory(cfg.PublicIPs, cfg.RelayPairs...)
		engine.Listeners = listeners
	}
	cfg.Limits.apply(&engine)
	if cfg.Webhook.URL != "" {
		engine.Auth, m.webhook = asking{cfg.Auth}, startWebhook(cfg.Webhook, cfg.Log)
	}
	rand.Read(engine.Secret[:])
	go m.logEvents()
	go m.watchAddresses()
	for i, p := range pollers {
		meters := make(relayMeters)
		engine.Shard, engine.Extensions.Joined = uint8(i), meters
		kernel := useKernel(m.offload, &engine)
		s := newShard(p, turn.New(engine), m.directory, m.events)
		s.kernel, s.webhook = kernel, m.webhook
		s.tcp.meters = meters
		s.tcp.allow(listeners, cfg.RelayPortMin, cfg.RelayPortMax)
		s.dtls = newDTLSClients(s, m, cfg.DTLS)
		m.shards = append(m.shards, s)
	}
	makeRoomFor(len(m.shards))
	for _, s := range m.shards {
		s.detours.shards = m.shards
		go s.run()
	}
	return m, nil
}

// families are those that this machine can relay in.
func (m *media) families() []turn.Family {
	families := []turn.Family{turn.IPv4}
	if _, ok := m.directory.pairNear(turn.IPv6, netip.Addr{}); ok || m.directory.public[1].IsValid() || m.directory.primaryOf(mono.Now(), turn.IPv6).IsValid() {
		families = append(families, turn.IPv6)
	}
	return families
}

// UDPAddr returns the first public UDP address, which is unspecified where the
// server listens on all; it is invalid if UDP is off.
func (m *media) UDPAddr() netip.AddrPort { return m.addr }

// UDPAddrs returns all public UDP addresses, in the order they were asked for.
func (m *media) UDPAddrs() []netip.AddrPort { return m.pollers[0].LocalAddrs() }

// ServeStream serves a TURN client's connection until it is closed.
func (m *media) ServeStream(conn net.Conn, secure bool) {
	c := newStreamClient(conn, secure)
	framed := stream.NewConn(conn, m.shared)
	c.conn = framed
	if !m.enter(c) {
		framed.Close()
		return
	}
	defer m.leave(c)
	s := m.shards[shardOf(c.client.Remote, len(m.shards))]
	if !s.mail.post(letter{client: c}, s.stopped) {
		return
	}
	for {
		f, err := framed.ReadFrame()
		if err != nil {
			break
		}
		if id, ok := turn.BindsConnection(f.Payload()); ok {
			if s, c, ok = m.bindPeer(s, c, framed, f, id); !ok {
				break
			}
			continue
		}
		s, c = m.shardFor(s, c, f)
		if !s.mail.post(letter{client: c, frame: f}, s.stopped) {
			f.Release()
			break
		}
	}
	s.mail.post(letter{client: c, gone: true}, s.stopped)
}

func newStreamClient(conn net.Conn, secure bool) *streamClient {
	c := &streamClient{client: turn.Client{Transport: turn.TCP, Remote: addrPort(conn.RemoteAddr()), Local: addrPort(conn.LocalAddr())}}
	if secure {
		c.client.Transport = turn.TLS
	}
	return c
}

func (m *media) enter(c *streamClient) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.closing:
		return false
	default:
	}
	m.streams[c] = struct{}{}
	m.serving.Add(1)
	return true
}

func (m *media) leave(c *streamClient) {
	c.conn.Close()
	c.conn.Wait()
	m.mu.Lock()
	delete(m.streams, c)
	m.mu.Unlock()
	m.serving.Done()
}

// allocation lets a client that has one be silent for as long as it lasts.
func (c *streamClient) allocation(kind turn.EventKind) {
	switch kind {
	case turn.AllocationOpened, turn.ClientJoined:
		c.open.Add(1)
		c.conn.SetIdle(allocationIdle)
		c.conn.Proven()
	case turn.AllocationClosed, turn.ClientLeft:
		if c.open.Add(-1) <= 0 {
			c.conn.SetIdle(stream.IdleTimeout)
		}
	}
}

var transportNames = map[turn.Transport]string{turn.UDP: "udp", turn.TCP: "tcp", turn.TLS: "tls", turn.DTLS: "dtls"}

// Close ends all streams, then the shards. If ctx ends first, it returns without
// waiting for the rest.
func (m *media) Close(ctx context.Context) error {
	m.mu.Lock()
	select {
	case <-m.closing:
	default:
		close(m.closing)
		go m.shutDown()
	}
	m.mu.Unlock()
	select {
	case <-m.logged:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("media not closed in time: %w", ctx.Err())
	}
}

func (m *media) shutDown() {
	m.mu.Lock()
	for c := range m.streams {
		c.conn.Close()
	}
	m.mu.Unlock()
	m.serving.Wait()
	if m.webhook != nil {
		m.webhook.close()
	}
	for _, s := range m.shards {
		s.stop()
	}
	makeRoomFor(-len(m.shards))
	for _, p := range m.pollers {
		p.Close()
	}
	if m.offload != nil {
		m.offload.Close()
	}
	close(m.events)
}

// addrPort returns an address as the engines know it.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
