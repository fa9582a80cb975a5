package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"github.com/parley-rtc/parley/api"
)

// iceServers tells a client of the signaling where STUN and TURN are: under the
// name by which it reached the server, since that is the one that works for it.
func (n *node) iceServers(r *http.Request, username, credential string) []api.ICEServer {
	host := iceHost(r.Host, n.settings.PublicIP, n.media.UDPAddr().Addr())
	if host == "" {
		return nil
	}
	var servers []api.ICEServer
	var relays []string
	if udp := n.media.UDPAddr(); udp.IsValid() {
		at := fmt.Sprintf("%s:%d", host, udp.Port())
		servers = append(servers, api.ICEServer{URLs: []string{"stun:" + at}})
		relays = append(relays, "turn:"+at+"?transport=udp")
	}
	switch {
	case n.https != nil:
		at := fmt.Sprintf("%s:%d", host, n.https.Port())
		relays = append(relays, "turn:"+at+"?transport=tcp")
		if n.certificate.Trusted() {
			relays = append(relays, "turns:"+at+"?transport=tcp")
		}
	case n.http != nil:
		relays = append(relays, fmt.Sprintf("turn:%s:%d?transport=tcp", host, n.http.Port()))
	}
	if len(relays) > 0 {
		servers = append(servers, api.ICEServer{URLs: relays, Username: username, Credential: credential})
	}
	return servers
}

// iceHost returns the host part for ICE URLs. Somebody on the server's own
// machine gets the address others have for it: browsers do not use a relay on
// loopback. bound is where UDP is listened on, invalid if it is off.
func iceHost(host string, public []netip.Addr, bound netip.Addr) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip, err := netip.ParseAddr(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || (err == nil && ip.IsLoopback()) {
		if len(public) > 0 {
			ip = public[0]
		} else if bound.IsValid() && !bound.IsUnspecified() {
			ip = bound
		} else if lan := lanAddress(); lan.IsValid() {
			ip = lan
		} else {
			ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		name, err = ip.String(), nil
	}
	if err == nil && ip.Is6() && !ip.Is4In6() {
		return "[" + name + "]"
	}
	return name
}

// lanAddress returns the address by which the local network knows this machine:
// the one its default route leaves from, else the first that is not loopback. It
// is invalid if there is none.
func lanAddress() netip.Addr {
	// Connecting a UDP socket asks the routing table and sends nothing.
	if c, err := net.Dial("udp4", "192.0.2.1:9"); err == nil {
		defer func() { _ = c.Close() }()
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok && !a.IP.IsLoopback() {
			return a.AddrPort().Addr().Unmap()
		}
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsGlobalUnicast() {
			return p.Addr()
		}
	}
	return netip.Addr{}
}

// hostNames lists what this machine may be called, for a self-signed certificate.
func hostNames(public []netip.Addr) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if h, err := os.Hostname(); err == nil {
		names = append(names, h, h+".local")
	}
	for _, ip := range public {
		names = append(names, ip.String())
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().IsGlobalUnicast() {
			names = append(names, p.Addr().String())
		}
	}
	return names
}

// listenError turns what the system says of a listener into a sentence that
// tells what to do.
func listenError(flag, addr string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is already in use by another program; stop it, or give another address with --%s", addr, flag)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user may not listen on %s; use a port above 1023 with --%s, or allow it with CAP_NET_BIND_SERVICE", addr, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is not an address of this machine; give one that is with --%s", addr, flag)
	default:
		return fmt.Errorf("cannot listen on %s (--%s): %w", addr, flag, err)
	}
}
