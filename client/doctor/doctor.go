// Package doctor looks whether calls by a server will work from this machine: by
// name, certificate, signaling, STUN and TURN over each transport, with an echo
// through the relay. It does what a browser would have to do, and leaves nothing
// behind.
package doctor

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/client"
)

// Outcomes of a [Check].
const (
	OK      = "ok"
	Warning = "warning"
	Failed  = "failed"
	Skipped = "skipped"
)

// Check is one thing that was looked at.
type Check struct {
	Name    string  `json:"name"`
	Outcome string  `json:"outcome"`
	Text    string  `json:"text"` // a plain sentence
	TookMs  float64 `json:"took_ms"`
	// Of an echo through the relay.
	Echo *Echo `json:"echo,omitempty"`
}

// Echo is what came of data that went through two relays of the server and back.
type Echo struct {
	RTTMs       float64 `json:"rtt_ms"` // median
	LossPercent float64 `json:"loss_percent"`
	RateMbps    float64 `json:"rate_mbps"`    // that arrived, one way
	OfferedMbps float64 `json:"offered_mbps"` // that was sent
}

// Report is all checks, and what they mean.
type Report struct {
	URL     string    `json:"url"`
	At      time.Time `json:"at"`
	Checks  []Check   `json:"checks"`
	Works   bool      `json:"works"` // calls will work from here
	Verdict string    `json:"verdict"`
}

// Options of [Run].
type Options struct {
	URL      *url.URL // scheme and host of the server
	Insecure bool     // go on with a certificate that is not valid
	Duration time.Duration
	Client   string      // software name and version, for the server's log
	Told     func(Check) // each check as it is done; may be nil
}

const (
	stepTimeout    = 10 * time.Second
	certificateDue = 14 * 24 * time.Hour
	// More than a STUN server needs: RFC 8489's retransmissions up to then.
	stunTimeout = 4 * time.Second
)

// run is one examination.
type run struct {
	options   Options
	report    Report
	addresses []netip.Addr
	insecure  bool // the certificate is not valid, and we go on
	servers   []api.ICEServer
	reached   map[string]bool // "stun", and transports of relays that work
}

// Run examines a server. It ends within a minute and the Duration for each transport.
func Run(ctx context.Context, options Options) Report {
	r := &run{options: options, reached: map[string]bool{}}
	r.report = Report{URL: options.URL.String(), At: time.Now().UTC().Truncate(time.Second)}
	steps := []struct {
		name string
		do   func(context.Context) Check
	}{
		{"Name", r.lookUp}, {"Web", r.web}, {"Signaling", r.signaling},
		{"STUN over IPv4", func(ctx context.Context) Check { return r.stun(ctx, "udp4") }},
		{"STUN over IPv6", func(ctx context.Context) Check { return r.stun(ctx, "udp6") }},
		{"Relay over UDP", func(ctx context.Context) Check { return r.relay(ctx, "udp") }},
		{"Relay over TCP", func(ctx context.Context) Check { return r.relay(ctx, "tcp") }},
		{"Relay over TLS", func(ctx context.Context) Check { return r.relay(ctx, "tls") }},
	}
	for _, step := range steps {
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, stepTimeout+options.Duration)
		check := step.do(limited)
		cancel()
		check.Name = step.name
		if check.Outcome != Skipped {
			check.TookMs = ms(time.Since(began))
		}
		r.report.Checks = append(r.report.Checks, check)
		if options.Told != nil {
			options.Told(check)
		}
	}
	r.judge()
	return r.report
}

func ms(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

func ok(format string, args ...any) Check {
	return Check{Outcome: OK, Text: fmt.Sprintf(format, args...)}
}

func warning(format string, args ...any) Check {
	return Check{Outcome: Warning, Text: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) Check {
	return Check{Outcome: Failed, Text: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Check {
	return Check{Outcome: Skipped, Text: fmt.Sprintf(format, args...)}
}

func (r *run) lookUp(ctx context.Context) Check {
	host := r.options.URL.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		r.addresses = []netip.Addr{ip.Unmap()}
		return ok("%s is an address.", host)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(found) == 0 {
		return failed("The name %s is not known here. Is it written rightly, and is there a network?", host)
	}
	var list []string
	for _, ip := range found {
		r.addresses = append(r.addresses, ip.Unmap())
		list = append(list, ip.Unmap().String())
	}
	slices.Sort(list)
	return ok("%s is %s.", host, strings.Join(slices.Compact(list), ", "))
}

// web asks for a page, over TLS with a look at the certificate.
func (r *run) web(ctx context.Context) Check {
	if len(r.addresses) == 0 {
		return skipped("Without an address there is nothing to ask.")
	}
	response, err := r.get(ctx, false)
	invalid := (*tls.CertificateVerificationError)(nil)
	why := ""
	if errors.As(err, &invalid) {
		why = reason(invalid)
		if !r.options.Insecure {
			return failed("The certificate cannot be trusted: %s. Browsers warn of it; --insecure goes on all the same.", why)
		}
		r.insecure = true
		response, err = r.get(ctx, true)
	}
	if err != nil {
		return failed("The server does not answer at %s: %v.", r.options.URL.Host, cause(err))
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return failed("%s answers with status %d, which a Parley server does not.", r.options.URL.Host, response.StatusCode)
	}
	switch {
	case why != "":
		return warning("The server answers. Its certificate is not trusted: %s.", why)
	case response.TLS == nil && !r.local():
		return warning("The server answers without TLS. Browsers give pages from there neither camera nor microphone.")
	case response.TLS == nil:
		return ok("The server answers.")
	}
	certificate := response.TLS.PeerCertificates[0]
	left := time.Until(certificate.NotAfter)
	text := fmt.Sprintf("The server answers. Its certificate by %s holds for %d days.", issuer(certificate), int(left.Hours()/24))
	if left < certificateDue {
		return warning("%s", text)
	}
	return ok("%s", text)
}

func (r *run) local() bool {
	return r.options.URL.Hostname() == "localhost" || r.addresses[0].IsLoopback()
}

func (r *run) get(ctx context.Context, insecure bool) (*http.Response, error) {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: insecure}, Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.options.URL.JoinPath("healthz").String(), nil)
	if err != nil {
		return nil, err
	}
	return transport.RoundTrip(request)
}

func reason(err *tls.CertificateVerificationError) string {
	name, invalid := x509.HostnameError{}, x509.CertificateInvalidError{}
	switch {
	case errors.As(err.Err, &name):
		return "it is for another name"
	case errors.As(err.Err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired, or is not valid yet"
	}
	return "no authority that this machine trusts has signed it"
}

func issuer(c *x509.Certificate) string {
	if len(c.Issuer.Organization) > 0 {
		return c.Issuer.Organization[0]
	}
	return c.Issuer.CommonName
}

func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// signaling enters a room that nobody knows, and leaves it at once.
func (r *run) signaling(ctx context.Context) Check {
	if r.report.Checks[len(r.report.Checks)-1].Outcome == Failed || len(r.addresses) == 0 {
		return skipped("Only a server that answers can be entered.")
	}
	link := r.options.URL.JoinPath("r", "check-"+strings.ToLower(rand.Text())).String()
	began := time.Now()
	call, err := client.Join(ctx, link, client.Options{
		Client: r.options.Client, TLS: &tls.Config{InsecureSkipVerify: r.insecure},
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return failed("The server does not let anybody in in time.")
	}
	if err != nil {
		return failed("%v", err)
	}
	took := time.Since(began)
	r.servers = call.ICEServers()
	call.Leave()
	return ok("A room can be entered, in %.0f ms.", ms(took))
}
