package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"github.com/parley-rtc/parley/api"
)

const (
	pingBytes    = 160 // as a packet of speech
	pingInterval = 20 * time.Millisecond
	pingPatience = time.Second // for the last echoes
	fillBytes    = 1200        // as a packet of video
	fillMbps     = 10          // more than a call of four needs
	bitsPerByte  = 8
)

// place is where a STUN or TURN server is.
type place struct {
	kind      string // "stun" or "turn"
	transport string // "udp", "tcp" or "tls"
	host      string
	port      string
	server    api.ICEServer
}

var iceURL = regexp.MustCompile(`^(stun|turn|stuns|turns):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$`)

// places takes the addresses of the servers apart.
func (r *run) places(kind, transport string) []place {
	var found []place
	for _, server := range r.servers {
		for _, text := range server.URLs {
			m := iceURL.FindStringSubmatch(text)
			if m == nil {
				continue
			}
			p := place{kind: strings.TrimSuffix(m[1], "s"), transport: cmp.Or(m[4], "udp"), host: strings.Trim(m[2], "[]"), port: m[3], server: server}
			secure := strings.HasSuffix(m[1], "s")
			if secure {
				p.transport = "tls"
			}
			if p.port == "" {
				p.port = map[bool]string{false: "3478", true: "5349"}[secure]
			}
			if p.kind == kind && p.transport == transport {
				found = append(found, p)
			}
		}
	}
	return found
}

// stun asks how this machine is seen from outside, over IPv4 or IPv6.
func (r *run) stun(ctx context.Context, network string) Check {
	places := r.places("stun", "udp")
	switch {
	case len(r.servers) == 0:
		return skipped("Only signaling tells where it is.")
	case len(places) == 0:
		return skipped("The server names no STUN server.")
	}
	var last error
	tried := false
	for _, p := range places {
		server, err := net.ResolveUDPAddr(network, net.JoinHostPort(p.host, p.port))
		if err != nil {
			continue // not in this family
		}
		tried = true
		seen, err := bind(ctx, network, server)
		if err != nil {
			last = err
			continue
		}
		r.reached["stun"] = true
		return ok("%s", seen)
	}
	family := map[string]string{"udp4": "IPv4", "udp6": "IPv6"}[network]
	if !tried {
		return skipped("The server has no %s address.", family)
	}
	if network == "udp6" && errors.Is(last, errNoRoute) {
		return skipped("This machine has no IPv6.")
	}
	return failed("No answer over UDP: a firewall in between may block it, or the server's port is closed.")
}

var errNoRoute = errors.New("no route")

// bind sends a binding request and tells what came back.
func bind(ctx context.Context, network string, server *net.UDPAddr) (string, error) {
	route, err := net.DialUDP(network, nil, server)
	if err != nil {
		return "", errNoRoute
	}
	local := route.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	_ = route.Close()
	conn, err := net.ListenUDP(network, &net.UDPAddr{IP: local.AsSlice(), Zone: local.Zone()})
	if err != nil {
		return "", errNoRoute
	}
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: server.String(), Conn: conn, LoggerFactory: quiet()})
	if err != nil {
		_ = conn.Close()
		return "", err
	}
	defer func() { _ = conn.Close() }()
	defer c.Close()
	if err := c.Listen(); err != nil {
		return "", err
	}
	type answer struct {
		addr net.Addr
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		addr, err := c.SendBindingRequest()
		answers <- answer{addr, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return "", a.err
		}
		mapped, err := netip.ParseAddrPort(a.addr.String())
		if err != nil {
			return "", err
		}
		if mapped.Addr().Unmap() == local.Unmap() {
			return fmt.Sprintf("Seen from the server this machine is %s, without a NAT in between.", mapped.Addr().Unmap()), nil
		}
		return fmt.Sprintf("Seen from the server this machine is %s, behind a NAT.", mapped.Addr().Unmap()), nil
	case <-time.After(stunTimeout):
		return "", errors.New("no answer")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}

// relay gets two relays over a transport and sends data through both and back.
func (r *run) relay(ctx context.Context, transport string) Check {
	places := r.places("turn", transport)
	switch {
	case len(r.servers) == 0:
		return skipped("Only signaling tells where it is.")
	case len(places) == 0 && transport == "tls" && r.insecure:
		return skipped("The server names no relay over TLS, since its certificate is self-signed.")
	case len(places) == 0:
		return skipped("The server names no relay over %s.", strings.ToUpper(transport))
	}
	var last error
	for _, p := range places {
		echo, err := r.through(ctx, p)
		if err != nil {
			last = err
			continue
		}
		r.reached[transport] = true
		check := ok("An echo comes back in %.1f ms, %s, %.1f of %.1f Mbit/s arrive.",
			echo.RTTMs, lossText(echo.LossPercent), echo.RateMbps, echo.OfferedMbps)
		if echo.LossPercent > 2 || echo.RateMbps < 1 {
			check.Outcome = Warning
		}
		check.Echo = echo
		return check
	}
	return failed("No relay: %v.", last)
}

func lossText(percent float64) string {
	if percent == 0 {
		return "nothing is lost"
	}
	return fmt.Sprintf("%.1f %% are lost", percent)
}

func (r *run) through(ctx context.Context, p place) (*Echo, error) {
	a, err := r.allocate(ctx, p)
	if err != nil {
		return nil, err
	}
	defer a.close()
	b, err := r.allocate(ctx, p)
	if err != nil {
		return nil, err
	}
	defer b.close()
	for _, pair := range [][2]*relayed{{a, b}, {b, a}} {
		if err := pair[0].client.CreatePermission(pair[1].LocalAddr()); err != nil {
			return nil, fmt.Errorf("the relay refuses another one of the same server: %w", cause(err))
		}
	}
	return measure(ctx, a, b, r.options.Duration)
}

// relayed is an allocation.
type relayed struct {
	net.PacketConn
	client *turn.Client
	base   io.Closer
}

func (c *relayed) close() {
	_ = c.PacketConn.Close() // gives the allocation back
	c.client.Close()
	_ = c.base.Close()
}

func (r *run) allocate(ctx context.Context, p place) (*relayed, error) {
	address := net.JoinHostPort(p.host, p.port)
	base, err := r.dial(ctx, p, address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached (%w)", address, cause(err))
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: address, Conn: base, Username: p.server.Username, Password: p.server.Credential, LoggerFactory: quiet(),
	})
	if err != nil {
		_ = base.Close()
		return nil, err
	}
	// The library waits longer for an answer than anybody looks at a screen.
	stop := context.AfterFunc(ctx, func() { _ = base.Close() })
	defer stop()
	timer := time.AfterFunc(stepTimeout/2, func() { _ = base.Close() })
	defer timer.Stop()
	if err = c.Listen(); err == nil {
		var conn net.PacketConn
		if conn, err = c.Allocate(); err == nil {
			return &relayed{conn, c, base}, nil
		}
	}
	c.Close()
	_ = base.Close()
	return nil, fmt.Errorf("%s gives none (%w)", address, cause(err))
}

// dial opens the way to a TURN server.
func (r *run) dial(ctx context.Context, p place, address string) (net.PacketConn, error) {
	dialer := net.Dialer{Timeout: stepTimeout / 2}
	switch p.transport {
	case "tcp":
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	case "tls":
		secure := tls.Dialer{NetDialer: &dialer, Config: &tls.Config{ServerName: p.host, InsecureSkipVerify: r.insecure}}
		conn, err := secure.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	}
	server, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	if server.IP.To4() != nil {
		return net.ListenUDP("udp4", nil)
	}
	return net.ListenUDP("udp6", nil)
}

// measure sends packets from a to b, which sends the small ones back.
func measure(ctx context.Context, a, b *relayed, duration time.Duration) (*Echo, error) {
	var filled atomic.Int64
	var readers sync.WaitGroup
	readers.Go(func() {
		packet := make([]byte, 2*fillBytes)
		for {
			n, from, err := b.ReadFrom(packet)
			if err != nil {
				return
			}
			if n == pingBytes {
				_, _ = b.WriteTo(packet[:n], from)
			} else {
				filled.Add(int64(n))
			}
		}
	})
	echoes := make(chan time.Duration, 4096)
	began := time.Now()
	readers.Go(func() {
		packet := make([]byte, 2*fillBytes)
		for {
			n, _, err := a.ReadFrom(packet)
			if err != nil {
				return
			}
			if n >= 8 {
				select {
				case echoes <- time.Since(began) - time.Duration(binary.BigEndian.Uint64(packet)):
				default:
				}
			}
		}
	})
	defer readers.Wait()
	defer func() { _, _ = a.SetReadDeadline(time.Now()), b.SetReadDeadline(time.Now()) }()
	echo, err := ping(ctx, a, b.LocalAddr(), duration/2, began, echoes)
	if err != nil {
		return nil, err
	}
	err = fill(ctx, a, b.LocalAddr(), duration/2, echo, &filled)
	return echo, err
}

func ping(ctx context.Context, a *relayed, to net.Addr, duration time.Duration, began time.Time, echoes <-chan time.Duration) (*Echo, error) {
	tick := time.NewTicker(pingInterval)
	defer tick.Stop()
	var rtts []time.Duration
	sent := 0
	packet := make([]byte, pingBytes)
	end := time.After(duration)
	var last <-chan time.Time
	for {
		select {
		case <-tick.C:
			if last != nil {
				continue
			}
			binary.BigEndian.PutUint64(packet, uint64(time.Since(began)))
			if _, err := a.WriteTo(packet, to); err != nil {
				return nil, fmt.Errorf("the relay takes no data (%w)", cause(err))
			}
			sent++
		case rtt := <-echoes:
			if rtts = append(rtts, rtt); last != nil && len(rtts) == sent {
				return summary(rtts, sent), nil
			}
		case <-end:
			last = time.After(pingPatience)
		case <-last:
			if len(rtts) == 0 {
				return nil, errors.New("nothing comes back through it")
			}
			return summary(rtts, sent), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func summary(rtts []time.Duration, sent int) *Echo {
	slices.Sort(rtts)
	return &Echo{RTTMs: ms(rtts[len(rtts)/2]), LossPercent: 100 * float64(sent-len(rtts)) / float64(sent)}
}

// fill offers as much as a large call needs, and counts what arrives.
func fill(ctx context.Context, a *relayed, to net.Addr, duration time.Duration, echo *Echo, filled *atomic.Int64) error {
	const interval = 10 * time.Millisecond
	packet := make([]byte, fillBytes)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	began, sent := time.Now(), int64(0)
	for time.Since(began) < duration {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		due := int64(time.Since(began).Seconds() * fillMbps * 1e6 / bitsPerByte)
		for sent < due {
			if _, err := a.WriteTo(packet, to); err != nil {
				return fmt.Errorf("the relay takes no more data (%w)", cause(err))
			}
			sent += fillBytes
		}
	}
	took := time.Since(began).Seconds()
	// What is under way still counts.
	deadline := time.After(pingPatience)
	for filled.Load() < sent {
		select {
		case <-tick.C:
			continue
		case <-deadline:
		case <-ctx.Done():
		}
		break
	}
	echo.OfferedMbps = float64(sent) * bitsPerByte / took / 1e6
	echo.RateMbps = float64(min(filled.Load(), sent)) * bitsPerByte / took / 1e6
	return nil
}
