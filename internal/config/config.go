// Package config is what an operator can set: one struct whose fields are at the
// same time command-line flags, PARLEY_* environment variables and keys of a YAML
// file. Precedence: flag, environment, file, default.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Serve is the configuration of `parley serve`. Its defaults, in the tags, make a
// server that works without any configuration.
type Serve struct {
	HTTP  string `name:"http" yaml:"http" env:"PARLEY_HTTP" default:":8080" placeholder:"HOST:PORT" help:"Address of the web app over plain HTTP. Empty: off. With --domain it is off unless set to something else than the default."`
	HTTPS string `name:"https" yaml:"https" env:"PARLEY_HTTPS" default:":8443" placeholder:"HOST:PORT" help:"Address of the web app and TURN over TLS. Empty: off. With --domain the default is :443."`
	UDP   string `name:"udp" yaml:"udp" env:"PARLEY_UDP" default:":3478" placeholder:"HOST:PORT" help:"Address of STUN and TURN over UDP. Empty: off."`

	Domain   string   `name:"domain" yaml:"domain" env:"PARLEY_DOMAIN" placeholder:"NAME" help:"Public host name: a certificate is got for it by ACME, and everything is on 443/tcp and the UDP port."`
	Cert     string   `name:"cert" yaml:"cert" env:"PARLEY_CERT" placeholder:"FILE" help:"Certificate chain in PEM, instead of a self-signed one; read again when it changes."`
	Key      string   `name:"key" yaml:"key" env:"PARLEY_KEY" placeholder:"FILE" help:"Private key in PEM that belongs to --cert."`
	StateDir string   `name:"state-dir" yaml:"state_dir" env:"PARLEY_STATE_DIR" placeholder:"DIR" help:"Where certificates are kept over a restart. Default: parley in the user's configuration directory."`
	PublicIP []string `name:"public-ip" yaml:"public_ip" env:"PARLEY_PUBLIC_IP" sep:"," placeholder:"IP" help:"Address under which this server is reached from outside, where a NAT stands before it; at most one IPv4 and one IPv6. Repeatable."`

	RelayPorts string   `name:"relay-ports" yaml:"relay_ports" env:"PARLEY_RELAY_PORTS" default:"49152-65535" placeholder:"MIN-MAX" help:"UDP ports that TURN relays through."`
	TURNSecret string   `name:"turn-secret" yaml:"turn_secret" env:"PARLEY_TURN_SECRET" placeholder:"SECRET" help:"Secret of TURN credentials (TURN REST scheme), at least 16 characters. Default: a random one at each start. Better set in the file or the environment: the command line is visible to others on the machine."`
	Secret     string   `name:"secret" yaml:"secret" env:"PARLEY_SECRET" placeholder:"SECRET" help:"Secret that invites into rooms are signed with, at least 16 characters. Default: a random one at each start, which ends all invites. Better set in the file or the environment: the command line is visible to others on the machine."`
	AllowPeer  []string `name:"allow-peer" yaml:"allow_peer" env:"PARLEY_ALLOW_PEER" sep:"," placeholder:"RANGE" help:"Relay to these addresses (10.0.0.0/8, 10.0.0.5 or 10.0.0.5-10.0.0.9) although they are private, loopback or reserved. Repeatable."`
	DenyPeer   []string `name:"deny-peer" yaml:"deny_peer" env:"PARLEY_DENY_PEER" sep:"," placeholder:"RANGE" help:"Never relay to these addresses; ranges as for --allow-peer. Repeatable."`

	Offload string `name:"offload" yaml:"offload" env:"PARLEY_OFFLOAD" default:"auto" placeholder:"MODE" help:"Relay TURN channels in the kernel: auto (where the rights allow it), tc (or do not start) or off. It needs Linux 6.6, CAP_BPF, CAP_NET_ADMIN, and forwarding switched on."`

	ProxyFrom []string `name:"proxy-from" yaml:"proxy_from" env:"PARLEY_PROXY_FROM" sep:"," placeholder:"CIDR" help:"Proxies whose TCP connections begin with a header of the PROXY protocol, version 2, which says who the client is. Repeatable."`

	AllowOrigin  []string `name:"allow-origin" yaml:"allow_origin" env:"PARLEY_ALLOW_ORIGIN" sep:"," placeholder:"ORIGIN" help:"Let pages of this origin (https://example.org) use the signaling, besides the server's own. Repeatable."`
	AllowMetrics []string `name:"allow-metrics" yaml:"allow_metrics" env:"PARLEY_ALLOW_METRICS" sep:"," default:"127.0.0.0/8,::1/128" placeholder:"CIDR" help:"Who may read /metrics. Repeatable."`

	MaxConnections        int `name:"max-connections" yaml:"max_connections" env:"PARLEY_MAX_CONNECTIONS" default:"20000" help:"People that can be connected at once."`
	MaxConnectionsPerAddr int `name:"max-connections-per-address" yaml:"max_connections_per_address" env:"PARLEY_MAX_CONNECTIONS_PER_ADDRESS" default:"1024" help:"The same from one IP address."`

	Config   string `name:"config" yaml:"-" env:"PARLEY_CONFIG" placeholder:"FILE" help:"YAML file with these settings; the names are those of the flags with _ for -."`
	LogLevel string `name:"log-level" yaml:"log_level" env:"PARLEY_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

// Settings is [Serve] checked and parsed.
type Settings struct {
	HTTP, HTTPS, UDP string // empty: off
	Domain           string
	Cert, Key        string
	StateDir         string
	PublicIP         []netip.Addr
	RelayPortMin     uint16
	RelayPortMax     uint16
	TURNSecret       string
	Secret           string
	AllowPeer        []netip.Prefix
	DenyPeer         []netip.Prefix
	Offload          string // auto, tc or off; empty: off
	AllowOrigin      []string
	AllowMetrics     []netip.Prefix
	ProxyFrom        []netip.Prefix
	MaxConnections   int
	MaxPerAddress    int
	LogLevel         string
}

// Defaults of the listeners, as in the tags of [Serve].
const (
	defaultHTTP  = ":8080"
	defaultHTTPS = ":8443"
)

var domainName = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`)

// Check parses the configuration. Its error is one sentence that names the
// setting, what is wrong with it and what would be right.
func (s *Serve) Check() (*Settings, error) {
	out := &Settings{
		HTTP: s.HTTP, HTTPS: s.HTTPS, UDP: s.UDP, Domain: s.Domain, Cert: s.Cert, Key: s.Key,
		StateDir: s.StateDir, TURNSecret: s.TURNSecret, Secret: s.Secret, AllowOrigin: s.AllowOrigin,
		MaxConnections: s.MaxConnections, MaxPerAddress: s.MaxConnectionsPerAddr, LogLevel: s.LogLevel,
	}
	if s.Domain != "" {
		if s.HTTP == defaultHTTP {
			out.HTTP = ""
		}
		if s.HTTPS == defaultHTTPS {
			out.HTTPS = ":443"
		}
	}
	steps := []func(*Settings) error{s.checkListeners, s.checkTLS, s.checkRelay, s.checkAccess}
	for _, step := range steps {
		if err := step(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Serve) checkListeners(out *Settings) error {
	for _, l := range []struct{ flag, addr string }{{"http", out.HTTP}, {"https", out.HTTPS}, {"udp", out.UDP}} {
		if l.addr == "" {
			continue
		}
		if err := checkAddress(l.addr); err != nil {
			return fmt.Errorf("--%s %q: %w", l.flag, l.addr, err)
		}
	}
	if out.HTTP == "" && out.HTTPS == "" {
		return errors.New("--http and --https are both off, so nobody could reach the web app; set one of them")
	}
	if out.HTTP != "" && out.HTTP == out.HTTPS && !strings.HasSuffix(out.HTTP, ":0") {
		return fmt.Errorf("--http and --https are both %s; give them different ports", out.HTTP)
	}
	if s.MaxConnections < 1 || s.MaxConnectionsPerAddr < 1 {
		return errors.New("--max-connections and --max-connections-per-address must be at least 1")
	}
	return nil
}

func checkAddress(a string) error {
	host, port, err := net.SplitHostPort(a)
	if err != nil {
		return errors.New("want host:port, such as :8080, 127.0.0.1:8080 or [::1]:8080")
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return errors.New("the host must be an IP address of this machine, localhost or nothing")
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("the port must be a number from 0 to 65535")
	}
	return nil
}

func (s *Serve) checkTLS(out *Settings) error {
	switch {
	case (s.Cert == "") != (s.Key == ""):
		return errors.New("--cert and --key belong together; give both or neither")
	case s.Domain != "" && s.Cert != "":
		return errors.New("--domain gets a certificate by itself; leave away --cert and --key, or --domain")
	case s.Domain != "" && !domainName.MatchString(s.Domain):
		return fmt.Errorf("--domain %q is not a public host name such as meet.example.org", s.Domain)
	case s.Domain != "" && out.HTTPS == "":
		return errors.New("--domain needs --https, which is switched off")
	}
	return nil
}

func (s *Serve) checkRelay(out *Settings) (err error) {
	if out.RelayPortMin, out.RelayPortMax, err = portRange(s.RelayPorts); err != nil {
		return err
	}
	if err := checkOffload(s.Offload); err != nil {
		return err
	}
	out.Offload = s.Offload
	if s.TURNSecret != "" && len(s.TURNSecret) < 16 {
		return errors.New("--turn-secret is too short; use at least 16 random characters")
	}
	if s.Secret != "" && len(s.Secret) < 16 {
		return errors.New("--secret is too short; use at least 16 random characters")
	}
	var families [2]int
	for _, p := range s.PublicIP {
		ip, err := netip.ParseAddr(p)
		if err != nil || ip.IsUnspecified() {
			return fmt.Errorf("--public-ip %q is not an IP address", p)
		}
		ip = ip.Unmap()
		if families[ip.BitLen()/128]++; families[ip.BitLen()/128] > 1 {
			return errors.New("--public-ip takes at most one IPv4 and one IPv6 address")
		}
		out.PublicIP = append(out.PublicIP, ip)
	}
	if out.AllowPeer, err = ranges("allow-peer", s.AllowPeer); err != nil {
		return err
	}
	out.DenyPeer, err = ranges("deny-peer", s.DenyPeer)
	return err
}

var origin = regexp.MustCompile(`^https?://[^/?#\s]+$`)

func (s *Serve) checkAccess(out *Settings) (err error) {
	for _, o := range s.AllowOrigin {
		if !origin.MatchString(o) {
			return fmt.Errorf("--allow-origin %q: want scheme and host without a path, such as https://example.org", o)
		}
	}
	if err := checkLogLevel(s.LogLevel); err != nil {
		return err
	}
	if out.ProxyFrom, err = prefixes("proxy-from", s.ProxyFrom); err != nil {
		return err
	}
	out.AllowMetrics, err = prefixes("allow-metrics", s.AllowMetrics)
	return err
}

func checkOffload(how string) error {
	switch how {
	case "", "auto", "tc", "off":
		return nil
	}
	return fmt.Errorf("--offload %q: want auto, tc or off", how)
}

func checkLogLevel(level string) error {
	switch level {
	case "debug", "info", "warn", "error":
		return nil
	}
	return fmt.Errorf("--log-level %q: want debug, info, warn or error", level)
}

func prefixes(flag string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			ip, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("--%s %q: want an address range such as 10.0.0.0/8 or fd00::/8", flag, s)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
