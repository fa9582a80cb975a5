package stream

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func certificateOf(t *testing.T, c *Certificates) *tls.Certificate {
	t.Helper()
	got, err := c.TLSConfig().GetCertificate(&tls.ClientHelloInfo{ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func load(t *testing.T, cfg CertificateConfig) *Certificates {
	t.Helper()
	c, err := LoadCertificates(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestASelfSignedCertificateSurvivesARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	cfg := CertificateConfig{StateDir: dir, Names: []string{"localhost", "192.0.2.7", "Box.local", "not a name", "fe80::1%eth0"}}
	first := certificateOf(t, load(t, cfg))
	if err := first.Leaf.VerifyHostname("box.local"); err != nil {
		t.Error(err)
	}
	if err := first.Leaf.VerifyHostname("192.0.2.7"); err != nil {
		t.Error(err)
	}
	again := certificateOf(t, load(t, cfg))
	if !bytes.Equal(first.Certificate[0], again.Certificate[0]) {
		t.Error("a restart changed it")
	}
	if info, err := os.Stat(filepath.Join(dir, selfSignedFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	cfg.Names = []string{"localhost", "198.51.100.9"}
	moved := certificateOf(t, load(t, cfg))
	for _, name := range []string{"198.51.100.9", "192.0.2.7", "localhost"} {
		if err := moved.Leaf.VerifyHostname(name); err != nil {
			t.Errorf("in another network: %v", err)
		}
	}
	late, err := selfSigned(CertificateConfig{StateDir: dir, Log: slog.New(slog.DiscardHandler)}, time.Now().Add(selfSignedLife-selfSignedRenew))
	if err != nil || bytes.Equal(late.Certificate[0], moved.Certificate[0]) {
		t.Errorf("not renewed near its end: %v", err)
	}
}

func TestABrokenStateDirectoryIsNoFailure(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, selfSignedFile), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	certificateOf(t, load(t, CertificateConfig{StateDir: dir}))
	certificateOf(t, load(t, CertificateConfig{StateDir: filepath.Join(dir, selfSignedFile, "below a file")}))
	if load(t, CertificateConfig{}).Trusted() {
		t.Error("a self-signed certificate counts as trusted")
	}
}

func writeCertificate(t *testing.T, dir string, at time.Time) (cert, key string) {
	t.Helper()
	_, encoded, err := makeSelfSigned([]string{"localhost"}, at)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for _, name := range []string{cert, key} {
		if err := os.WriteFile(name, encoded, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := writeCertificate(t, dir, time.Now())
	c := load(t, CertificateConfig{CertFile: cert, KeyFile: key})
	first := certificateOf(t, c)
	writeCertificate(t, dir, time.Now())
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	second := certificateOf(t, c)
	if bytes.Equal(first.Certificate[0], second.Certificate[0]) {
		t.Error("Reload kept the old one")
	}
	// A change is seen without being told, at the next look.
	writeCertificate(t, dir, time.Now())
	future := time.Now().Add(time.Minute)
	if err := os.Chtimes(cert, future, future); err != nil {
		t.Fatal(err)
	}
	c.files.checkAt = time.Time{}
	third := certificateOf(t, c)
	if bytes.Equal(second.Certificate[0], third.Certificate[0]) {
		t.Error("a changed file was not read")
	}
	if err := os.WriteFile(cert, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Reload(); err == nil {
		t.Error("garbage was taken")
	}
	if got := certificateOf(t, c); !bytes.Equal(got.Certificate[0], third.Certificate[0]) {
		t.Error("a bad file replaced a good certificate")
	}
	expired, key := writeCertificate(t, t.TempDir(), time.Now().Add(-2*selfSignedLife))
	if _, err := LoadCertificates(t.Context(), CertificateConfig{CertFile: expired, KeyFile: key}); err == nil {
		t.Error("an expired certificate was taken")
	}
}

func TestACMEProtocolIsOfferedOnlyWithADomain(t *testing.T) {
	c := load(t, CertificateConfig{Domain: "meet.example.org", StateDir: t.TempDir()})
	if !slices.Contains(c.TLSConfig().NextProtos, acmeTLSProtocol) || !c.Trusted() {
		t.Error("TLS-ALPN challenges cannot be answered")
	}
	if slices.Contains(load(t, CertificateConfig{}).TLSConfig().NextProtos, acmeTLSProtocol) {
		t.Error("offered without ACME")
	}
}
