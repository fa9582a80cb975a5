package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/client/doctor"
	"github.com/parley-rtc/parley/test/testnode"
)

func examine(t *testing.T, address string, insecure bool) (doctor.Report, map[string]doctor.Check) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	report := doctor.Run(context.Background(), doctor.Options{
		URL: u, Insecure: insecure, Duration: 500 * time.Millisecond, Client: "test", Told: func(doctor.Check) { told++ },
	})
	checks := map[string]doctor.Check{}
	for _, c := range report.Checks {
		t.Logf("%-8s %-15s %s", c.Outcome, c.Name, c.Text)
		checks[c.Name] = c
	}
	t.Log(report.Verdict)
	if told != 8 || len(checks) != 8 {
		t.Errorf("%d checks, told of %d", len(checks), told)
	}
	return report, checks
}

func wantOutcomes(t *testing.T, checks map[string]doctor.Check, want map[string]string) {
	t.Helper()
	for name, outcome := range want {
		if checks[name].Outcome != outcome {
			t.Errorf("%s: %+v, want %s", name, checks[name], outcome)
		}
	}
}

func TestServerThatWorks(t *testing.T) {
	s := testnode.Start(t)
	testnode.CheckGoroutines(t, func() {
		report, checks := examine(t, "http://"+s.Settings.HTTP, false)
		wantOutcomes(t, checks, map[string]string{
			"Name": doctor.OK, "Web": doctor.OK, "Signaling": doctor.OK, "STUN over IPv4": doctor.OK, "STUN over IPv6": doctor.Skipped,
			"Relay over UDP": doctor.OK, "Relay over TCP": doctor.OK, "Relay over TLS": doctor.Skipped,
		})
		echo := checks["Relay over UDP"].Echo
		if !report.Works || !strings.Contains(report.Verdict, "directly") || echo == nil || echo.RTTMs <= 0 || echo.RateMbps <= 0 {
			t.Errorf("%+v, echo %+v", report, echo)
		}
	})
}

// TestNothingButTLS has a server without UDP, with a certificate of its own.
func TestNothingButTLS(t *testing.T) {
	cert, key := certificate(t)
	s := testnode.StartWith(t, func(s *testnode.Server) {
		s.Settings.UDP, s.Settings.HTTPS, s.Settings.Cert, s.Settings.Key = "", testnode.FreeTCP(t), cert, key
		s.Settings.PublicIP = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	})
	address := "https://" + s.Settings.HTTPS
	report, checks := examine(t, address, true)
	wantOutcomes(t, checks, map[string]string{
		"Web": doctor.Warning, "Signaling": doctor.OK, "STUN over IPv4": doctor.Skipped, "Relay over UDP": doctor.Skipped, "Relay over TLS": doctor.OK,
	})
	if !report.Works || !strings.Contains(report.Verdict, "over TLS") {
		t.Errorf("%+v", report)
	}
	report, checks = examine(t, address, false)
	wantOutcomes(t, checks, map[string]string{"Web": doctor.Failed, "Signaling": doctor.Skipped})
	if report.Works || !strings.Contains(report.Verdict, "certificate") {
		t.Errorf("%+v", report)
	}
}

func TestServersThatAreNone(t *testing.T) {
	other := httptest.NewServer(nil)
	defer other.Close()
	for address, want := range map[string]string{
		other.URL:                  "which a Parley server does not",
		"http://127.0.0.1:1":       "does not answer",
		"http://server.invalid":    "is not known here",
		"https://" + other.URL[7:]: "does not answer",
	} {
		report, _ := examine(t, address, false)
		if report.Works || !strings.Contains(report.Verdict, want) {
			t.Errorf("%s: %q, want %q", address, report.Verdict, want)
		}
	}
}

func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{netip.MustParseAddr("127.0.0.1").AsSlice()},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}
