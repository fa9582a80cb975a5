package node

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/parley-rtc/parley/internal/edge/stream"
	"github.com/parley-rtc/parley/internal/term"
)

// showBanner tells the person at the terminal where to go: this machine's own
// address, and the one for others with its QR code.
func (n *node) showBanner() {
	w := n.host.Banner
	_, _ = fmt.Fprintf(w, "\n  Parley %s\n\n", n.host.Version)
	if n.http != nil {
		showAddress(w, "On this machine", pageURL("http", "localhost", n.http, 80))
	}
	if n.https == nil {
		_, _ = fmt.Fprintln(w)
		return
	}
	others := n.hostForOthers()
	if others == "" {
		showAddress(w, "On this machine", pageURL("https", "localhost", n.https, 443))
		_, _ = fmt.Fprintln(w)
		return
	}
	url := pageURL("https", others, n.https, 443)
	showAddress(w, "For others", url)
	if !n.certificate.Trusted() {
		_, _ = fmt.Fprintln(w, "                   The certificate is self-signed: browsers warn once, then go on.")
	}
	_, _ = fmt.Fprintln(w)
	term.WriteQR(w, url)
}

// hostForOthers returns what other machines may call this one, or nothing if it
// listens for itself only.
func (n *node) hostForOthers() string {
	bound, err := netip.ParseAddrPort(n.https.Addr().String())
	switch {
	case n.settings.Domain != "":
		return n.settings.Domain
	case len(n.settings.PublicIP) > 0:
		return n.settings.PublicIP[0].String()
	case err == nil && bound.Addr().IsLoopback():
		return ""
	case err == nil && !bound.Addr().IsUnspecified():
		return bound.Addr().Unmap().String()
	}
	if lan := lanAddress(); lan.IsValid() {
		return lan.String()
	}
	return ""
}

func showAddress(w io.Writer, label, url string) {
	_, _ = fmt.Fprintf(w, "  %-16s %s\n", label, url)
}

func pageURL(scheme, host string, l *stream.Listener, usual uint16) string {
	if l.Port() == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host + "/"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(l.Port()))) + "/"
}

// showBanner tells the person at the terminal where the server listens.
func (n *turnNode) showBanner() {
	w := n.host.Banner
	_, _ = fmt.Fprintf(w, "\n  Parley TURN %s\n\n", n.host.Version)
	for _, a := range n.media.UDPAddrs() {
		showAddress(w, "UDP", a.String())
	}
	for _, l := range n.tcp {
		showAddress(w, "TCP", l.Addr().String())
	}
	for _, l := range n.tls {
		showAddress(w, "TLS", l.Addr().String())
	}
	_, _ = fmt.Fprintln(w)
}
