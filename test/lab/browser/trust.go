//go:build linux

package browser

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// An Authority signs certificates that browsers launched with it trust, for
// HTTPS as for TURN over TLS.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	database    string // folder with an NSS database that holds the certificate
}

// NewAuthority makes an authority that lives as long as the test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber:          serial(t),
		Subject:               pkix.Name{CommonName: "Parley lab authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	a := &Authority{certificate: certificate, key: key, database: t.TempDir()}
	a.writeDatabase(t)
	return a
}

// writeDatabase makes the NSS database that both browsers read: Chromium from
// $HOME/.pki/nssdb, Firefox from its profile.
func (a *Authority) writeDatabase(t testing.TB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, pemBlock("CERTIFICATE", a.certificate.Raw), 0o600))
	for _, args := range [][]string{
		{"-N", "--empty-password"},
		{"-A", "-n", "parley-lab", "-t", "C,,", "-i", file},
	} {
		out, err := exec.Command("certutil", append(args, "-d", "sql:"+a.database)...).CombinedOutput()
		if err != nil {
			t.Fatalf("certutil %v: %v: %s", args, err, out)
		}
	}
}

// install copies the database to where a browser looks for it.
func (a *Authority) install(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"cert9.db", "key4.db", "pkcs11.txt"} {
		content, err := os.ReadFile(filepath.Join(a.database, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Certificate writes a certificate for the names and addresses, and its key,
// and returns the files.
func (a *Authority) Certificate(t testing.TB, names []string, addresses []net.IP) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: serial(t),
		Subject:      pkix.Name{CommonName: names[0]},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  addresses,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	must(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	folder := t.TempDir()
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	must(t, os.WriteFile(certFile, pemBlock("CERTIFICATE", der), 0o600))
	must(t, os.WriteFile(keyFile, pemBlock("PRIVATE KEY", keyDER), 0o600))
	return certFile, keyFile
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	must(t, err)
	return n.Add(n, big.NewInt(1))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("lab browser: %w", err))
	}
}
