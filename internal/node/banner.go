package node

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"rsc.io/qr"

	"github.com/parley-rtc/parley/internal/edge/stream"
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
	if code, err := qr.Encode(url, qr.L); err == nil && isTerminal(w) {
		_, _ = io.WriteString(w, drawQR(code))
	}
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

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// drawQR draws two rows of modules per line with half blocks, light on dark, with
// the quiet zone of four modules that scanners need.
func drawQR(code *qr.Code) string {
	const quiet = 4
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("  ")
		for x := -quiet; x < code.Size+quiet; x++ {
			switch top, bottom := code.Black(x, y), code.Black(x, y+1); {
			case !top && !bottom:
				b.WriteString("█")
			case !top:
				b.WriteString("▀")
			case !bottom:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}
