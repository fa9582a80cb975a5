package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// CertificateConfig says where the certificate comes from: an ACME authority if
// Domain is set, files if CertFile is set, else it is self-signed.
type CertificateConfig struct {
	Domain            string
	CertFile, KeyFile string
	// StateDir keeps what has to survive a restart. Empty: nothing does.
	StateDir string
	// Names are the host names and IP addresses of a self-signed certificate.
	Names []string
	Log   *slog.Logger
	// ACME is for tests against an authority of their own.
	ACME ACMEConfig
}

// Certificates is the source of a server's certificate.
type Certificates struct {
	get     func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	trusted bool
	files   *certificateFiles // nil unless from files
	acme    *acmeManager      // nil unless by ACME
}

// LoadCertificates prepares the certificate of cfg. With ACME nothing is
// requested before [Certificates.Manage].
func LoadCertificates(ctx context.Context, cfg CertificateConfig) (*Certificates, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case cfg.Domain != "":
		m := newACMEManager(cfg)
		return &Certificates{get: m.config.GetCertificate, trusted: true, acme: m}, nil
	case cfg.CertFile != "":
		f := &certificateFiles{cert: cfg.CertFile, key: cfg.KeyFile, log: cfg.Log}
		if err := f.reload(); err != nil {
			return nil, err
		}
		return &Certificates{get: f.get, trusted: true, files: f}, nil
	}
	certificate, err := selfSigned(cfg, time.Now())
	if err != nil {
		return nil, err
	}
	get := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil }
	return &Certificates{get: get}, nil
}

// TLSConfig returns a configuration for a server.
func (c *Certificates) TLSConfig() *tls.Config {
	protocols := []string{"h2", "http/1.1"}
	if c.acme != nil {
		protocols = append(protocols, acmeTLSProtocol)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: protocols}
}

// Certificate returns the certificate for a server name, which may be empty, for
// handshakes other than TLS over TCP.
func (c *Certificates) Certificate(name string) (*tls.Certificate, error) {
	return c.get(&tls.ClientHelloInfo{ServerName: name})
}

// Trusted says whether browsers will take the certificate without asking.
func (c *Certificates) Trusted() bool { return c.trusted }

// Manage gets and renews the certificate in the background until ctx ends, if it
// comes by ACME. It is to be called when the listeners are open: the authority
// looks at them.
func (c *Certificates) Manage(ctx context.Context) error {
	if c.acme == nil {
		return nil
	}
	return c.acme.manage(ctx)
}

// HTTPHandler answers the authority's HTTP challenges and passes everything else
// on to next.
func (c *Certificates) HTTPHandler(next http.Handler) http.Handler {
	if c.acme == nil {
		return next
	}
	return c.acme.issuer.HTTPChallengeHandler(next)
}

// Reload reads certificate files again. On an error the old one stays in use.
func (c *Certificates) Reload() error {
	if c.files == nil {
		return nil
	}
	return c.files.reload()
}

// Close ends renewal.
func (c *Certificates) Close() {
	if c.acme != nil {
		c.acme.close()
	}
}

// fileCheckInterval is how often, at most, a handshake looks whether the files
// have changed.
const fileCheckInterval = 5 * time.Second

type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mu       sync.Mutex
	current  *tls.Certificate
	changed  [2]time.Time // modification times of what is in use or was refused
	checkAt  time.Time
	interval time.Duration
}

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.After(f.checkAt) {
		f.checkAt = now.Add(f.interval)
		if f.modified() != f.changed {
			if err := f.reloadLocked(); err != nil {
				f.log.Warn("certificate not reloaded", "reason", err)
			} else {
				f.log.Info("certificate reloaded")
			}
		}
	}
	return f.current, nil
}

func (f *certificateFiles) modified() (times [2]time.Time) {
	for i, name := range []string{f.cert, f.key} {
		if info, err := os.Stat(name); err == nil {
			times[i] = info.ModTime()
		}
	}
	return times
}

func (f *certificateFiles) reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.interval == 0 {
		f.interval = fileCheckInterval
	}
	return f.reloadLocked()
}

func (f *certificateFiles) reloadLocked() error {
	f.changed = f.modified()
	loaded, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", f.cert, f.key, err)
	}
	if time.Now().After(loaded.Leaf.NotAfter) {
		return fmt.Errorf("certificate %s: %w", f.cert, errExpired)
	}
	f.current = &loaded
	return nil
}

var errExpired = errors.New("it has expired")
