package stream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	selfSignedFile = "self-signed.pem"
	// selfSignedLife is what browsers take at most.
	selfSignedLife = 397 * 24 * time.Hour
	// selfSignedRenew is how long before its end a certificate is replaced.
	selfSignedRenew = 30 * 24 * time.Hour
	// selfSignedNamesMax bounds the names that gather over the networks a laptop
	// has been in.
	selfSignedNamesMax = 64
)

// selfSigned returns the certificate kept in the state directory, so that the
// exception a person made for it in the browser holds on, or makes a new one. A
// new one is made for a name the kept one lacks, and takes over its names.
func selfSigned(cfg CertificateConfig, now time.Time) (*tls.Certificate, error) {
	names := cfg.Names
	if len(names) == 0 {
		names = []string{"localhost", "127.0.0.1", "::1"}
	}
	path := ""
	if cfg.StateDir != "" {
		path = filepath.Join(cfg.StateDir, selfSignedFile)
		kept, err := loadSelfSigned(path)
		switch {
		case err == nil && now.Add(selfSignedRenew).Before(kept.Leaf.NotAfter):
			missing := namesMissing(kept.Leaf, names)
			if len(missing) == 0 {
				return kept, nil
			}
			names = append(slices.Clone(names), namesOf(kept.Leaf)...)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			cfg.Log.Warn("self-signed certificate not read, making another", "reason", err)
		}
	}
	made, encoded, err := makeSelfSigned(names, now)
	if err != nil {
		return nil, fmt.Errorf("self-signed certificate: %w", err)
	}
	if path != "" {
		if err := saveSelfSigned(path, encoded); err != nil {
			cfg.Log.Warn("self-signed certificate not kept", "reason", err)
		}
	}
	return made, nil
}

func loadSelfSigned(path string) (*tls.Certificate, error) {
	encoded, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	kept, err := tls.X509KeyPair(encoded, encoded)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &kept, nil
}

// saveSelfSigned replaces the file in one step, readable by its owner alone.
func saveSelfSigned(path string, encoded []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), selfSignedFile+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(encoded)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func makeSelfSigned(names []string, now time.Time) (*tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: "Parley (self-signed)"},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(selfSignedLife - time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if len(template.DNSNames)+len(template.IPAddresses) >= selfSignedNamesMax {
			break
		}
		if ip := net.ParseIP(withoutZone(name)); ip != nil {
			if !slices.ContainsFunc(template.IPAddresses, ip.Equal) {
				template.IPAddresses = append(template.IPAddresses, ip)
			}
		} else if isHostName(name) && !slices.Contains(template.DNSNames, strings.ToLower(name)) {
			template.DNSNames = append(template.DNSNames, strings.ToLower(name))
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	encoded := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	made, err := tls.X509KeyPair(encoded, encoded)
	return &made, encoded, err
}

func namesOf(leaf *x509.Certificate) []string {
	names := slices.Clone(leaf.DNSNames)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// namesMissing returns the names that leaf does not have but could.
func namesMissing(leaf *x509.Certificate, names []string) []string {
	if len(leaf.DNSNames)+len(leaf.IPAddresses) >= selfSignedNamesMax {
		return nil
	}
	var missing []string
	for _, name := range names {
		ip := net.ParseIP(withoutZone(name))
		switch {
		case ip != nil && slices.ContainsFunc(leaf.IPAddresses, ip.Equal):
		case ip == nil && (!isHostName(name) || slices.Contains(leaf.DNSNames, strings.ToLower(name))):
		default:
			missing = append(missing, name)
		}
	}
	return missing
}

func withoutZone(ip string) string {
	ip, _, _ = strings.Cut(ip, "%")
	return ip
}

// isHostName leaves out what a certificate cannot hold (a machine can be called
// anything).
func isHostName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}
