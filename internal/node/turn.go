package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// drainLook is how often a server that drains looks whether it is empty.
const drainLook = 200 * time.Millisecond

// turnNode is one running STUN and TURN server, without signaling and web app.
type turnNode struct {
	host    Host
	started time.Time
	reread  func() (*config.TurnSettings, error)

	credentials *auth.Credentials
	empty       bool // nobody may use it
	kernel      kernel
	media       *media
	certificate *stream.Certificates // nil without TLS
	listeners   []*stream.Listener
	tcp, tls    []*stream.Listener // of listeners
	servers     []*http.Server
	operators   []net.Listener
	failed      chan error
	drained     chan struct{}

	mu        sync.Mutex // for settings and stopDrain
	settings  *config.TurnSettings
	draining  atomic.Bool
	stopDrain context.CancelFunc
}

// RunTurn runs a STUN and TURN server until ctx ends, or until it is drained. It
// reads its settings again by reread when hangup says so, or an operator.
func RunTurn(ctx context.Context, settings *config.TurnSettings, host Host, hangup <-chan os.Signal,
	reread func() (*config.TurnSettings, error),
) error {
	return newTurnNode(settings, host, reread).run(ctx, hangup)
}

func newTurnNode(settings *config.TurnSettings, host Host, reread func() (*config.TurnSettings, error)) *turnNode {
	return &turnNode{
		host: host, settings: settings, reread: reread, started: time.Now(),
		failed: make(chan error, 8), drained: make(chan struct{}),
	}
}

func (n *turnNode) run(ctx context.Context, hangup <-chan os.Signal) error {
	defer n.stop()
	for _, start := range []func(context.Context) error{
		n.startCredentials, n.startCertificates, n.startMedia, n.startListeners, n.startOperators,
	} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	n.showBanner()
	n.host.Log.Info("started", "version", n.host.Version)
	n.kernel.tell(n.host.Log)
	if n.empty {
		n.host.Log.Warn("there is no user and no secret, so nobody can allocate a relay: this is a STUN server only")
	}
	for {
		select {
		case <-ctx.Done():
			n.host.Log.Info("stopping", "reason", "asked to")
			return nil
		case <-n.drained:
			n.host.Log.Info("stopping", "reason", "drained")
			return nil
		case <-hangup:
			_, _ = n.Reload() // it is logged there
		case err := <-n.failed:
			return &Failure{err}
		}
	}
}

func (n *turnNode) startCredentials(context.Context) error {
	n.credentials = auth.New(nil, time.Hour) // that nobody knows, until the next line
	set, err := credentialsOf(n.settings)
	if err == nil {
		err = n.credentials.Replace(set)
	}
	n.empty = len(set.Secrets)+len(set.Users)+len(set.Tokens) == 0 && n.settings.AuthURL == ""
	return err
}

func (n *turnNode) startMedia(context.Context) (err error) {
	s := n.settings
	cfg := mediaConfig{
		UDP: s.Listen, Realm: s.Realm, Auth: authenticator{n.credentials}, TCPRelay: s.TCPRelay, Mobility: s.Mobility,
		RelayPortMin: s.RelayPortMin, RelayPortMax: s.RelayPortMax,
		Policy:    turn.Policy{Allow: s.AllowPeer, Deny: s.DenyPeer},
		Discovery: discoveryConfig{Alternate: s.AlternateListen},
		Limits: mediaLimits{
			UserQuota: s.UserQuota, TotalQuota: s.TotalQuota,
			Rates: turn.Rates{Allocation: s.MaxBPS, User: s.MaxBPSPerUser},
		},
		Webhook: WebhookConfig{URL: s.AuthURL, Token: s.AuthToken},
		DTLS:    dtlsConfig(n.certificate),
		Log:     n.host.Log,
	}
	if len(s.Listen) > 0 { // turns: over UDP has the port of turns: over TCP
		cfg.UDP = slices.Concat(s.Listen, s.TLSListen)
	}
	for _, a := range s.AlternateServers {
		cfg.Alternates = append(cfg.Alternates, turn.Alternate{Address: a.Address, Domain: a.Name})
	}
	if err := cfg.placeRelays(s.RelayIPs); err != nil {
		return err
	}
	if len(s.Listen) > 0 {
		if n.kernel, err = openKernel(s.Offload, s.RelayPortMin, s.RelayPortMax, n.host.Log); err != nil {
			return err
		}
		cfg.Offload = n.kernel.path
	}
	if n.media, err = startMedia(cfg); err != nil && n.kernel.path != nil {
		n.kernel.path.Close()
	}
	return listenError("listen", strings.Join(cfg.UDP, ", "), err)
}

// placeRelays settles where relays are bound and how they are advertised.
func (cfg *mediaConfig) placeRelays(ips []config.RelayIP) error {
	own := interfaceAddresses()
	for _, ip := range ips {
		switch {
		case ip.Private.IsValid():
			cfg.RelayPairs = append(cfg.RelayPairs, relayPair{ip.Public, ip.Private})
		case slices.Contains(own, ip.Public): // no NAT is before it
			cfg.RelayPairs = append(cfg.RelayPairs, relayPair{ip.Public, ip.Public})
		default:
			cfg.PublicIPs = append(cfg.PublicIPs, ip.Public)
		}
	}
	for _, p := range cfg.RelayPairs {
		if !slices.Contains(own, p.private) && !p.private.IsLoopback() {
			return fmt.Errorf("--relay-ip: %v is not an address of this machine, so relays cannot be bound to it", p.private)
		}
	}
	return nil
}

func (n *turnNode) startCertificates(ctx context.Context) (err error) {
	if len(n.settings.TLSListen) == 0 {
		return nil
	}
	var public []netip.Addr
	for _, ip := range n.settings.RelayIPs {
		public = append(public, ip.Public)
	}
	n.certificate, err = stream.LoadCertificates(ctx, stream.CertificateConfig{
		Domain: n.settings.Domain, CertFile: n.settings.Cert, KeyFile: n.settings.Key,
		StateDir: stateDir(n.settings.StateDir), Names: hostNames(public), Log: n.host.Log,
	})
	return err
}

func (n *turnNode) startListeners(ctx context.Context) error {
	for _, address := range n.settings.Listen {
		if err := n.listen("listen", address, nil); err != nil {
			return err
		}
	}
	for _, address := range n.settings.TLSListen {
		if err := n.listen("tls-listen", address, n.certificate); err != nil {
			return err
		}
	}
	if n.certificate == nil {
		return nil
	}
	return n.certificate.Manage(ctx)
}

func (n *turnNode) listen(flag, address string, certificate *stream.Certificates) error {
	cfg := stream.Config{Address: address, ServeTURN: n.media.ServeStream, OnlyTURN: true, ProxyFrom: n.settings.ProxyFrom}
	if certificate != nil {
		cfg.TLS = certificate.TLSConfig()
	}
	l, err := stream.Listen(cfg)
	if err != nil {
		return listenError(flag, address, err)
	}
	n.listeners = append(n.listeners, l)
	if certificate != nil {
		n.tls = append(n.tls, l)
	} else {
		n.tcp = append(n.tcp, l)
	}
	return nil
}

// startOperators opens what those use who run the server.
func (n *turnNode) startOperators(context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(n.collector()), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { serveReady(w, !n.draining.Load()) })
	if err := n.serveAt("metrics", n.settings.Metrics, mux); err != nil {
		return err
	}
	operator := newOperator(n.media, n)
	if err := n.serveAt("admin", n.settings.Admin, bearing(n.settings.AdminToken, operator)); err != nil {
		return err
	}
	path, err := controlPath(n.settings.Control, n.settings.StateDir)
	if err == nil {
		_ = os.MkdirAll(filepath.Dir(path), 0o700) // what is wrong with it shows at once
		var l net.Listener
		if l, err = stream.ListenLocal(path); err == nil {
			n.host.Log.Info("control socket open", "path", path)
			n.serve("control", l, operator)
			return nil
		}
	}
	if n.settings.Control != "" {
		return fmt.Errorf("--control: %w", err)
	}
	n.host.Log.Warn("there is no control socket, so \"parley turn ctl\" does not work; give a place for it with --control", "reason", err)
	return nil
}

// collector counts the listeners for clients.
func (n *turnNode) collector() *collector {
	clients := slices.Concat(n.tcp, n.tls)
	return &collector{
		version: n.host.Version, media: n.media, draining: n.draining.Load,
		listeners: func() []*stream.Listener { return clients },
	}
}

func (n *turnNode) serveAt(flag, address string, h http.Handler) error {
	if address == "" {
		return nil
	}
	l, err := stream.Listen(stream.Config{Address: address, ServeTURN: func(net.Conn, bool) {}, MaxConnections: 256})
	if err != nil {
		return listenError(flag, address, err)
	}
	n.listeners = append(n.listeners, l)
	n.host.Log.Info(flag+" open", "addr", l.Addr())
	n.serve(flag, l.HTTP(), h)
	return nil
}

func (n *turnNode) serve(what string, l net.Listener, h http.Handler) {
	server := newOperatorServer(h, n.host.Log)
	n.servers, n.operators = append(n.servers, server), append(n.operators, l)
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			n.failed <- fmt.Errorf("%s: %w", what, err)
		}
	}()
}

// stop ends everything that was started, newest first.
func (n *turnNode) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	n.mu.Lock()
	if n.stopDrain != nil {
		n.stopDrain()
	}
	n.mu.Unlock()
	for _, s := range n.servers {
		shutDown(ctx, s)
	}
	for _, l := range n.operators {
		_ = l.Close()
	}
	for _, l := range n.listeners {
		_ = l.Close()
	}
	if n.certificate != nil {
		n.certificate.Close()
	}
	if n.media != nil {
		_ = n.media.Close(ctx) // the process ends in any case
	}
}

// Drain implements operated. It refuses new allocations, and ends the server when
// the last one is gone or the deadline is reached; 0 means that there is none.
func (n *turnNode) Drain(deadline time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopDrain != nil {
		n.stopDrain()
	}
	ctx, cancel := context.WithCancel(context.Background())
	if deadline > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), deadline)
	}
	n.stopDrain = cancel
	n.draining.Store(true)
	n.media.SetDraining(true)
	n.host.Log.Info("draining", "deadline", deadline)
	go n.awaitDrained(ctx)
}

func (n *turnNode) awaitDrained(ctx context.Context) {
	look := time.NewTicker(drainLook)
	defer look.Stop()
	for n.media.Counters().TURN.AllocationsOpen > 0 {
		select {
		case <-look.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if errors.Is(ctx.Err(), context.Canceled) || !n.draining.Load() {
		return
	}
	select {
	case <-n.drained:
	default:
		close(n.drained)
	}
}

// Undrain implements operated. It takes new allocations again.
func (n *turnNode) Undrain() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopDrain == nil {
		return
	}
	n.stopDrain()
	n.stopDrain = nil
	n.draining.Store(false)
	n.media.SetDraining(false)
	n.host.Log.Info("not draining any more")
}

// Stats implements operated.
func (n *turnNode) Stats() Stats {
	c := n.media.Counters()
	t := &c.TURN
	s := Stats{
		Version: n.host.Version, Uptime: seconds(time.Since(n.started)), Draining: n.draining.Load(),
		Allocations: t.AllocationsOpen, Opened: t.AllocationsOpened, Streams: c.Streams,
		ToPeer: Traffic{t.ToPeerPackets, t.ToPeerBytes}, ToClient: Traffic{t.ToClientPackets, t.ToClientBytes},
		AuthFailed: t.AuthFailures, Dropped: map[string]uint64{},
	}
	for i, count := range t.Drops {
		if count > 0 {
			s.Dropped[turn.DropReason(i).String()] = count
		}
	}
	return s
}

// stateDir is where a server keeps what has to survive a restart; empty if there
// is no such place.
func stateDir(set string) string {
	if set != "" {
		return set
	}
	if base, err := os.UserConfigDir(); err == nil {
		return filepath.Join(base, "parley")
	}
	return ""
}
