// Package shell is what people do with Parley from a terminal besides serving:
// they send files, get them, and look whether a server works. Its commands are
// clients like any other program.
package shell

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/internal/config"
)

// Host is what the process gives a command.
type Host struct {
	Version string
	Out     io.Writer // results and progress
	Err     io.Writer // warnings
}

// Failure is an error of a command that was used rightly. Any other error means
// that it was not.
type Failure struct{ Err error }

// Error implements error.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func failure(format string, args ...any) error { return &Failure{fmt.Errorf(format, args...)} }

// DefaultServers are tried in order where no server is named.
var DefaultServers = []string{"https://localhost:8443", "http://localhost:8080"}

const (
	probeTimeout = 3 * time.Second
	joinTimeout  = 20 * time.Second
	// Between two looks at how far everything is.
	showEvery = 200 * time.Millisecond
)

// trust says how the certificate of a server is checked. On this machine nobody is
// in between, and a server's own certificate is what one finds there.
func trust(server *url.URL, insecure bool, host Host) *tls.Config {
	if own(server.Hostname()) {
		return &tls.Config{InsecureSkipVerify: true}
	}
	if insecure && server.Scheme == "https" {
		_, _ = fmt.Fprintln(host.Err, "Warning: the certificate of the server is not checked. Who is in between can read and change everything.")
		return &tls.Config{InsecureSkipVerify: true}
	}
	return nil
}

// own says whether an address is one of this machine.
func own(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback() || slices.Contains(lanAddresses(), host)
}

// parseServer reads the address of a server.
func parseServer(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q is not the address of a server; want one such as https://meet.example.org", text)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// findServer returns the server that is named, or one that runs on this machine,
// by an address that others have for it where there is one.
func findServer(ctx context.Context, named string) (*url.URL, error) {
	if named != "" {
		return parseServer(named)
	}
	for _, text := range DefaultServers {
		u, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		if !answers(ctx, u) {
			continue
		}
		for _, ip := range lanAddresses() {
			shared := &url.URL{Scheme: u.Scheme, Host: net.JoinHostPort(ip, u.Port())}
			if u.Scheme == "https" && answers(ctx, shared) {
				return shared, nil
			}
		}
		return u, nil
	}
	return nil, failure("no server runs on this machine (%s); start one with \"parley serve\", or name one with --server",
		strings.Join(DefaultServers, ", "))
}

// answers says whether a server on this machine is ready there.
func answers(ctx context.Context, server *url.URL) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // nothing is told to it, and nothing believed
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.String()+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// lanAddresses are what others in the network may call this machine.
func lanAddresses() []string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []string
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
			list = append(list, ip.IP.String())
		}
	}
	return list
}

func callerName(caller config.Caller) string {
	if caller.Name != "" {
		return caller.Name
	}
	if u, err := user.Current(); err == nil {
		if u.Name != "" {
			return u.Name
		}
		return u.Username
	}
	name, _ := os.Hostname()
	return name
}

// join enters a room for a command.
func join(ctx context.Context, link string, options client.Options) (*client.Call, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	call, err := client.Join(ctx, link, options)
	problem := (*client.Error)(nil)
	switch {
	case err == nil:
		return call, nil
	case errors.As(err, &problem) && problem.Code == client.CodeBadURL:
		return nil, err
	case errors.As(err, &problem) && problem.Code == client.CodeCertificate:
		return nil, failure("%s If you know why, use --insecure", problem.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, failure("the server does not let us in in time")
	}
	return nil, &Failure{err}
}
