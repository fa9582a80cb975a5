// Package node puts the server together: it starts the planes (sockets, engines,
// rooms) in order, joins them, and stops them in reverse. It is the only place
// where they meet, and only cmd imports it.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// Realm of the TURN credentials (RFC 8489, section 14.9).
const Realm = "parley"

// connectionsPerPerson has room for what a browser opens besides the one for
// signaling.
const connectionsPerPerson = 4

// stopTimeout bounds a graceful stop; what is not closed by then is cut.
const stopTimeout = 5 * time.Second

// Host is what the process gives the server besides its settings.
type Host struct {
	Version string
	Banner  io.Writer // where the addresses are shown
	Log     *slog.Logger
}

// Failure is an error of a server that was running. Any other error of [Run]
// means that it could not start as asked, and says why in one sentence.
type Failure struct{ Err error }

// Error implements error.
func (f *Failure) Error() string { return "the server failed: " + f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// node is one running server.
type node struct {
	settings *config.Settings
	host     Host
	ready    atomic.Bool

	credentials *auth.Credentials
	kernel      kernel
	media       *media
	signaling   *signaling
	certificate *stream.Certificates // nil without TLS
	http, https *stream.Listener     // nil where off
	server      *http.Server
	failed      chan error
}

// Run runs a server until ctx ends, then stops it gracefully.
func Run(ctx context.Context, settings *config.Settings, host Host) error {
	n := &node{settings: settings, host: host, failed: make(chan error, 4)}
	defer n.stop()
	for _, start := range []func(context.Context) error{
		n.startCredentials, n.startCertificates, n.startMedia, n.startSignaling, n.startListeners,
	} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	n.ready.Store(true)
	n.showBanner()
	host.Log.Info("started", "version", host.Version)
	n.kernel.tell(host.Log)
	select {
	case <-ctx.Done():
		host.Log.Info("stopping", "reason", "asked to")
		return nil
	case err := <-n.failed:
		return &Failure{err}
	}
}

func (n *node) startCredentials(context.Context) error {
	var secrets []string
	if n.settings.TURNSecret != "" {
		secrets = []string{n.settings.TURNSecret}
	}
	n.credentials = auth.New(secrets, api.CredentialSeconds*time.Second)
	return nil
}

func (n *node) startMedia(context.Context) (err error) {
	if n.settings.UDP != "" {
		if n.kernel, err = openKernel(n.settings.Offload, n.settings.RelayPortMin, n.settings.RelayPortMax, n.host.Log); err != nil {
			return err
		}
	}
	n.media, err = startMedia(mediaConfig{
		UDP: listed(n.settings.UDP), PublicIPs: n.settings.PublicIP, Realm: Realm, Auth: authenticator{n.credentials},
		RelayPortMin: n.settings.RelayPortMin, RelayPortMax: n.settings.RelayPortMax,
		Policy:  turn.Policy{Allow: n.settings.AllowPeer, Deny: n.settings.DenyPeer},
		Offload: n.kernel.path, DTLS: dtlsConfig(n.certificate), Log: n.host.Log,
	})
	if err != nil && n.kernel.path != nil {
		n.kernel.path.Close()
	}
	return listenError("udp", n.settings.UDP, err)
}

// listed is a list of what there is.
func listed(address string) []string {
	if address == "" {
		return nil
	}
	return []string{address}
}

func (n *node) startSignaling(context.Context) error {
	n.signaling = newSignaling(signalingConfig{
		ICEServers: n.iceServers, Auth: n.credentials, Invites: auth.NewInvites(n.settings.Secret), AllowOrigins: n.settings.AllowOrigin,
		MaxConnections: n.settings.MaxConnections, MaxPerAddress: n.settings.MaxPerAddress,
		Log: n.host.Log, Version: "parley/" + n.host.Version,
	})
	return nil
}

func (n *node) startCertificates(ctx context.Context) (err error) {
	if n.settings.HTTPS == "" {
		return nil
	}
	n.certificate, err = stream.LoadCertificates(ctx, stream.CertificateConfig{
		Domain: n.settings.Domain, CertFile: n.settings.Cert, KeyFile: n.settings.Key,
		StateDir: stateDir(n.settings.StateDir), Names: hostNames(n.settings.PublicIP), Log: n.host.Log,
	})
	return err
}

func (n *node) startListeners(ctx context.Context) (err error) {
	n.server, err = n.newHTTPServer()
	if err != nil {
		return err
	}
	if n.http, err = n.listen("http", n.settings.HTTP, nil); err != nil {
		return err
	}
	if n.https, err = n.listen("https", n.settings.HTTPS, n.certificate); err != nil || n.certificate == nil {
		return err
	}
	return n.certificate.Manage(ctx)
}

func (n *node) listen(flag, addr string, certificate *stream.Certificates) (*stream.Listener, error) {
	if addr == "" {
		return nil, nil
	}
	cfg := stream.Config{
		Address: addr, ServeTURN: n.media.ServeStream,
		MaxConnections: n.settings.MaxConnections + 1000, MaxPerSource: n.settings.MaxPerAddress * connectionsPerPerson,
	}
	if certificate != nil {
		cfg.TLS = certificate.TLSConfig()
	}
	l, err := stream.Listen(cfg)
	if err != nil {
		return nil, listenError(flag, addr, err)
	}
	go func() {
		if err := n.server.Serve(l.HTTP()); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			n.failed <- fmt.Errorf("%s listener: %w", flag, err)
		}
	}()
	return l, nil
}

// stop ends everything that was started, newest first. People hear that the
// server goes before their socket closes, so they come back by themselves.
func (n *node) stop() {
	n.ready.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if n.signaling != nil {
		n.signaling.Close(ctx)
	}
	if n.server != nil {
		_ = n.server.Shutdown(ctx) // what is left is cut by Close
		_ = n.server.Close()
	}
	for _, l := range []*stream.Listener{n.http, n.https} {
		if l != nil {
			_ = l.Close()
		}
	}
	if n.certificate != nil {
		n.certificate.Close()
	}
	if n.media != nil {
		_ = n.media.Close(ctx) // the process ends in any case
	}
}
