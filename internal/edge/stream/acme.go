package stream

import (
	"context"
	"crypto/x509"
	"log/slog"
	"path/filepath"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// ACMEConfig says which authority to ask. The zero value is Let's Encrypt.
type ACMEConfig struct {
	DirectoryURL string
	Roots        *x509.CertPool // what the authority's own TLS certificate is checked with
	TLSALPNPort  int            // where its TLS-ALPN challenges arrive; 0: 443
}

// acmeManager gets a certificate by the TLS-ALPN challenge on the HTTPS port
// (RFC 8737) and by the HTTP challenge where the HTTP port is served too.
type acmeManager struct {
	domain string
	cache  *certmagic.Cache
	config *certmagic.Config
	issuer *certmagic.ACMEIssuer
}

func newACMEManager(cfg CertificateConfig) *acmeManager {
	m := &acmeManager{domain: cfg.Domain}
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return m.config, nil },
		Logger:           zap.NewNop(),
	})
	template := certmagic.Config{Logger: zap.NewNop(), OnEvent: logEvents(cfg.Log)}
	if cfg.StateDir != "" {
		template.Storage = &certmagic.FileStorage{Path: filepath.Join(cfg.StateDir, "acme")}
	}
	m.config = certmagic.New(m.cache, template)
	directory := cfg.ACME.DirectoryURL
	if directory == "" {
		directory = certmagic.LetsEncryptProductionCA
	}
	m.issuer = certmagic.NewACMEIssuer(m.config, certmagic.ACMEIssuer{
		CA: directory, Agreed: true, TrustedRoots: cfg.ACME.Roots, AltTLSALPNPort: cfg.ACME.TLSALPNPort,
		Logger: zap.NewNop(),
	})
	m.config.Issuers = []certmagic.Issuer{m.issuer}
	return m
}

// manage fails only for a domain that no authority gives a certificate for.
func (m *acmeManager) manage(ctx context.Context) error {
	return m.config.ManageAsync(ctx, []string{m.domain})
}

func (m *acmeManager) close() { m.cache.Stop() }

// logEvents reports what an operator has to know.
func logEvents(log *slog.Logger) func(context.Context, string, map[string]any) error {
	return func(_ context.Context, event string, data map[string]any) error {
		switch event {
		case "cert_obtained":
			log.Info("certificate obtained", "domain", data["identifier"])
		case "cert_failed":
			log.Warn("certificate not obtained", "domain", data["identifier"], "reason", data["error"])
		}
		return nil
	}
}
