package node

import (
	"context"
	"crypto/rand"
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/dtls"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// Limits of one shard.
const (
	dtlsClientsMax = 4096

	// Handshakes cost memory and CPU. Each is of a client that gets what is sent to
	// its address; one address must not use up the places of all.
	dtlsHandshakesMax          = 256
	dtlsHandshakesPerSourceMax = 32
)

// dtlsClients are a shard's clients over DTLS, which share the UDP port with all
// others. Each has an association with goroutines of its own, so that no handshake
// holds up the shard. What they send and what they have decrypted comes back by the
// mailbox. It belongs to the shard's goroutine.
type dtlsClients struct {
	shard   *shard
	media   *media
	config  dtls.Config
	gate    dtls.Gate
	clients map[dtlsKey]*dtlsClient
	replies []byte // of this round

	handshakes int
	bySource   map[netip.Addr]int // handshakes; IPv6 by /64
}

type dtlsKey struct {
	sock   dgram.Sock
	remote netip.AddrPort
	local  netip.Addr
}

type dtlsClient struct {
	key    dtlsKey
	random [32]byte // of the ClientHello that it began with
	conn   *dtls.Conn
	shakes bool // hands
}

// dtlsConn is a client's association as the shard writes to it.
type dtlsConn struct{ *dtls.Conn }

// Send implements [clientConn].
func (c dtlsConn) Send(_ mono.Time, message []byte) bool { return c.Conn.Send(message) }

// Proven implements [clientConn]: handshakes are limited, associations by their
// number.
func (c dtlsConn) Proven() {}

func newDTLSClients(s *shard, m *media, config dtls.Config) *dtlsClients {
	d := &dtlsClients{
		shard: s, media: m, config: config, clients: make(map[dtlsKey]*dtlsClient), bySource: make(map[netip.Addr]int),
	}
	rand.Read(d.gate.Secret[:])
	return d
}

// dtlsConfig lets clients come over DTLS where there is a certificate.
func dtlsConfig(c *stream.Certificates) dtls.Config {
	if c == nil {
		return dtls.Config{}
	}
	return dtls.Config{Certificate: c.Certificate}
}

// handle handles a datagram that looks like DTLS. Nothing is kept of a client that
// has not come back with a cookie.
func (d *dtlsClients) handle(now mono.Time, in *dgram.In) {
	if d.config.Certificate == nil {
		d.shard.unclaimed.Add(1)
		return
	}
	b := in.Payload()
	key := dtlsKey{in.Sock, in.Remote, in.Local}
	c := d.clients[key]
	hello, begins := dtls.ParseHello(b)
	switch {
	case begins && (c == nil || c.random != hello.Random()):
		d.begin(now, key, c, &hello)
	case c != nil:
		c.conn.Deliver(b)
	default:
		d.shard.unclaimed.Add(1)
	}
}

// begin answers a ClientHello, or begins an association. One that was there before
// ends: the client "has demonstrated reachability" by its cookie, and has lost the
// old one. https://www.rfc-editor.org/rfc/rfc6347#section-4.2.8
func (d *dtlsClients) begin(now mono.Time, key dtlsKey, before *dtlsClient, hello *dtls.Hello) {
	if !d.gate.Admits(now, key.remote, hello) {
		start := len(d.replies)
		d.replies = d.gate.AppendVerifyRequest(d.replies, now, key.remote, hello)
		d.send(key, d.replies[start:len(d.replies):len(d.replies)])
		return
	}
	source := sourceAddress(key.remote.Addr())
	if len(d.clients) >= dtlsClientsMax || d.handshakes >= dtlsHandshakesMax || d.bySource[source] >= dtlsHandshakesPerSourceMax {
		d.shard.unclaimed.Add(1)
		return
	}
	c := &dtlsClient{key: key, random: hello.Random(), shakes: true}
	var err error
	c.conn, err = dtls.Accept(d.config, key.remote, hello, stream.IdleTimeout, d.sender(key))
	if err != nil {
		return // no certificate to be had
	}
	if before != nil {
		before.conn.Close()
		d.settled(before)
	}
	d.clients[key] = c
	d.handshakes++
	d.bySource[source]++
	client := turn.Client{Transport: turn.DTLS, Remote: key.remote}
	if key.local.IsValid() {
		client.Local = netip.AddrPortFrom(key.local, d.shard.poller.AddrOf(key.sock).Port())
	}
	go d.serve(c, &streamClient{client: client, conn: dtlsConn{c.conn}})
}

func (d *dtlsClients) send(key dtlsKey, datagram []byte) {
	d.shard.out.Send = append(d.shard.out.Send, dgram.Out{Sock: key.sock, Remote: key.remote, Local: key.local, Data: datagram})
}

// sender returns what an association's goroutines send datagrams with.
func (d *dtlsClients) sender(key dtlsKey) func([]byte) {
	return func(datagram []byte) {
		d.shard.mail.post(letter{task: func(mono.Time) { d.send(key, datagram) }}, d.shard.stopped)
	}
}

// serve is the goroutine of one client: the handshake, then its messages.
func (d *dtlsClients) serve(c *dtlsClient, client *streamClient) {
	s := d.shard
	if !d.media.enter(client) {
		c.conn.Close()
		return
	}
	defer d.media.leave(client)
	err := c.conn.Handshake(context.Background())
	s.mail.post(letter{task: func(mono.Time) { d.settled(c) }}, s.stopped)
	if err == nil && s.mail.post(letter{client: client}, s.stopped) {
		d.read(c, client)
		s.mail.post(letter{client: client, gone: true}, s.stopped)
	}
	s.mail.post(letter{task: func(mono.Time) { d.forget(c) }}, s.stopped)
}

// read passes on messages until the association ends, or the client was silent for
// too long.
func (d *dtlsClients) read(c *dtlsClient, client *streamClient) {
	buf := make([]byte, dtls.MessageMax)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			return
		}
		f := stream.NewFrame(n)
		copy(f.Payload(), buf[:n])
		if !d.shard.mail.post(letter{client: client, frame: f}, d.shard.stopped) {
			f.Release()
			return
		}
	}
}

// settled ends the time in which c shakes hands.
func (d *dtlsClients) settled(c *dtlsClient) {
	if !c.shakes {
		return
	}
	c.shakes = false
	d.handshakes--
	source := sourceAddress(c.key.remote.Addr())
	if d.bySource[source]--; d.bySource[source] == 0 {
		delete(d.bySource, source)
	}
}

func (d *dtlsClients) forget(c *dtlsClient) {
	if d.clients[c.key] == c {
		delete(d.clients, c.key)
	}
}

// sourceAddress is an IPv4 address, or the first 64 bits of an IPv6 address.
func sourceAddress(ip netip.Addr) netip.Addr {
	if prefix, err := ip.WithZone("").Prefix(64); err == nil && ip.Is6() {
		return prefix.Addr()
	}
	return ip
}
