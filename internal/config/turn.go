package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Turn is the configuration of `parley turn`, the STUN and TURN server alone. Its
// flags are those of [Serve] where both have them; the variables of the
// environment begin with PARLEY_TURN_.
type Turn struct {
	Listen    List `name:"listen" yaml:"listen" env:"PARLEY_TURN_LISTEN" sep:"," default:":3478" placeholder:"HOST:PORT" help:"Address of STUN and TURN over UDP and TCP. Repeatable."`
	TLSListen List `name:"tls-listen" yaml:"tls_listen" env:"PARLEY_TURN_TLS_LISTEN" sep:"," placeholder:"HOST:PORT" help:"Address of TURN over TLS, such as :5349 or :443. Repeatable."`

	AlternateListen string `name:"alternate-listen" yaml:"alternate_listen" env:"PARLEY_TURN_ALTERNATE_LISTEN" placeholder:"IP:PORT" help:"Second address of this machine, with another port, for the discovery of NATs (RFC 5780); the first --listen then has to name an IP address, too."`

	ProxyFrom List `name:"proxy-from" yaml:"proxy_from" env:"PARLEY_TURN_PROXY_FROM" sep:"," placeholder:"CIDR" help:"Proxies whose TCP and TLS connections begin with a header of the PROXY protocol, version 2, which says who the client is. Repeatable."`

	AlternateServer List `name:"alternate-server" yaml:"alternate_server" env:"PARLEY_TURN_ALTERNATE_SERVER" sep:"," placeholder:"IP[:PORT][/NAME]" help:"Server to send clients to that there is no room for, or that come while this one drains; NAME is that of its certificate. Repeatable."`

	Domain   string `name:"domain" yaml:"domain" env:"PARLEY_TURN_DOMAIN" placeholder:"NAME" help:"Public host name: a certificate is got for it by ACME over 443/tcp, which has to be in --tls-listen."`
	Cert     string `name:"cert" yaml:"cert" env:"PARLEY_TURN_CERT" placeholder:"FILE" help:"Certificate chain in PEM, instead of a self-signed one; read again when it changes."`
	Key      string `name:"key" yaml:"key" env:"PARLEY_TURN_KEY" placeholder:"FILE" help:"Private key in PEM that belongs to --cert."`
	StateDir string `name:"state-dir" yaml:"state_dir" env:"PARLEY_TURN_STATE_DIR" placeholder:"DIR" help:"Where certificates are kept over a restart, and the control socket is. Default: parley in the user's configuration directory."`

	RelayIP    List   `name:"relay-ip" yaml:"relay_ip" env:"PARLEY_TURN_RELAY_IP" sep:"," placeholder:"IP[/PRIVATE]" help:"Address that relays are advertised on, where a NAT stands before the server; with /PRIVATE they are bound to that address of this machine. Repeatable."`
	RelayPorts string `name:"relay-ports" yaml:"relay_ports" env:"PARLEY_TURN_RELAY_PORTS" default:"49152-65535" placeholder:"MIN-MAX" help:"UDP ports that TURN relays through."`
	TCPRelay   bool   `name:"tcp-relay" yaml:"tcp_relay" env:"PARLEY_TURN_TCP_RELAY" help:"Relay TCP as well (RFC 6062), through TCP ports of the same range."`

	Realm        string `name:"realm" yaml:"realm" env:"PARLEY_TURN_REALM" default:"parley" placeholder:"NAME" help:"Realm of the credentials."`
	User         List   `name:"user" yaml:"user" env:"PARLEY_TURN_USER" sep:"none" placeholder:"NAME:PASSWORD" help:"Somebody who may use the server; NAME:0xKEY with the hexadecimal MD5 or SHA-256 of NAME:REALM:PASSWORD keeps the password out. Repeatable. Better set in the file: the command line is visible to others on the machine."`
	Secret       List   `name:"secret" yaml:"secret" env:"PARLEY_TURN_SECRET" sep:"none" placeholder:"SECRET" help:"Secret of time-limited credentials (TURN REST scheme), at least 16 characters. Repeatable, so that one can follow the other. Better set in the file: the command line is visible to others on the machine."`
	StrictExpiry bool   `name:"strict-expiry" yaml:"strict_expiry" env:"PARLEY_TURN_STRICT_EXPIRY" help:"End allocations with the time-limited credential they were made with, instead of letting them be refreshed."`

	TokenKey List   `name:"token-key" yaml:"token_key" env:"PARLEY_TURN_TOKEN_KEY" sep:"none" placeholder:"KID:KEY" help:"Key shared with a server that makes access tokens (RFC 7635): 16 or 32 bytes in base64; KID:KEY:EXPIRY with a time as in 2030-01-31T12:00:00Z ends it. Repeatable."`
	TokenFor string `name:"token-for" yaml:"token_for" env:"PARLEY_TURN_TOKEN_FOR" placeholder:"NAME" help:"Name of this server that access tokens are made for. Default: the realm."`

	AuthURL   string `name:"auth-url" yaml:"auth_url" env:"PARLEY_TURN_AUTH_URL" placeholder:"URL" help:"Program that is asked, by an HTTP POST, about users that are not known here; the documentation says what it has to answer."`
	AuthToken string `name:"auth-token" yaml:"auth_token" env:"PARLEY_TURN_AUTH_TOKEN" placeholder:"TOKEN" help:"What is shown to --auth-url as a bearer token. Better set in the file or the environment."`

	AllowPeer List `name:"allow-peer" yaml:"allow_peer" env:"PARLEY_TURN_ALLOW_PEER" sep:"," placeholder:"RANGE" help:"Relay to these addresses (10.0.0.0/8, 10.0.0.5 or 10.0.0.5-10.0.0.9) although they are private, loopback or reserved. Repeatable."`
	DenyPeer  List `name:"deny-peer" yaml:"deny_peer" env:"PARLEY_TURN_DENY_PEER" sep:"," placeholder:"RANGE" help:"Never relay to these addresses; ranges as for --allow-peer. Repeatable."`

	TurnLimits `yaml:",inline"`

	Metrics    string `name:"metrics" yaml:"metrics" env:"PARLEY_TURN_METRICS" placeholder:"[HOST:]PORT" help:"Address of /metrics, /healthz and /readyz over HTTP; a port alone is on loopback. Without it: off."`
	Admin      string `name:"admin" yaml:"admin" env:"PARLEY_TURN_ADMIN" placeholder:"[HOST:]PORT" help:"Address of the admin API over HTTP, for --admin-token; on loopback only. Without it: off."`
	AdminToken string `name:"admin-token" yaml:"admin_token" env:"PARLEY_TURN_ADMIN_TOKEN" placeholder:"TOKEN" help:"What callers of --admin have to show, at least 16 characters. Better set in the file or the environment."`
	Control    string `name:"control" yaml:"control" env:"PARLEY_TURN_CONTROL" placeholder:"PATH" help:"Socket that \"parley turn ctl\" talks to. Default: parley-turn.sock in --state-dir, else in the user's runtime directory."`

	Config   string `name:"config" yaml:"-" env:"PARLEY_TURN_CONFIG" placeholder:"FILE" help:"YAML file with these settings; the names are those of the flags with _ for -."`
	LogLevel string `name:"log-level" yaml:"log_level" env:"PARLEY_TURN_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

// TurnLimits is how much [Turn] relays, and where.
type TurnLimits struct {
	Mobility      bool   `name:"mobility" yaml:"mobility" env:"PARLEY_TURN_MOBILITY" help:"Let clients take their allocations with them when their address changes (RFC 8016)."`
	UserQuota     int    `name:"user-quota" yaml:"user_quota" env:"PARLEY_TURN_USER_QUOTA" default:"128" placeholder:"N" help:"Relays that one user may have at once."`
	TotalQuota    int    `name:"total-quota" yaml:"total_quota" env:"PARLEY_TURN_TOTAL_QUOTA" default:"0" placeholder:"N" help:"Relays that all users may have at once; 0: as many as there are ports."`
	MaxBPS        int64  `name:"max-bps" yaml:"max_bps" env:"PARLEY_TURN_MAX_BPS" default:"0" placeholder:"BYTES" help:"Bytes per second that an allocation may relay each way; what is more is dropped. 0: no limit."`
	MaxBPSPerUser int64  `name:"max-bps-per-user" yaml:"max_bps_per_user" env:"PARLEY_TURN_MAX_BPS_PER_USER" default:"0" placeholder:"BYTES" help:"The same for all allocations of a user together."`
	Offload       string `name:"offload" yaml:"offload" env:"PARLEY_TURN_OFFLOAD" default:"auto" placeholder:"MODE" help:"Relay channels in the kernel: auto (where the rights allow it), tc (or do not start) or off. It needs Linux 6.6, CAP_BPF, CAP_NET_ADMIN, and forwarding switched on."`
}

// TurnSettings is [Turn] checked and parsed. The tags name the flag that each is
// set by, and those that hold as soon as they are read again.
type TurnSettings struct {
	Listen           []string          `flag:"listen"`
	TLSListen        []string          `flag:"tls-listen"`
	AlternateListen  string            `flag:"alternate-listen"`
	ProxyFrom        []netip.Prefix    `flag:"proxy-from"`
	AlternateServers []AlternateServer `flag:"alternate-server"`
	Domain           string            `flag:"domain"`
	Cert             string            `flag:"cert"`
	Key              string            `flag:"key"`
	StateDir         string            `flag:"state-dir"`
	RelayIPs         []RelayIP         `flag:"relay-ip"`
	RelayPortMin     uint16            `flag:"relay-ports"`
	RelayPortMax     uint16            `flag:"relay-ports"`
	Realm            string            `flag:"realm"`
	TCPRelay         bool              `flag:"tcp-relay"`
	Users            []string          `flag:"user" reload:"yes"` // not parsed: who keeps them knows the form
	TokenKeys        []string          `flag:"token-key" reload:"yes"`
	TokenFor         string            `flag:"token-for" reload:"yes"`
	Secrets          []string          `flag:"secret" reload:"yes"`
	StrictExpiry     bool              `flag:"strict-expiry" reload:"yes"`
	AuthURL          string            `flag:"auth-url"` // empty: nobody is asked
	AuthToken        string            `flag:"auth-token"`
	AllowPeer        []netip.Prefix    `flag:"allow-peer" reload:"yes"`
	DenyPeer         []netip.Prefix    `flag:"deny-peer" reload:"yes"`
	TurnLimits
	Metrics    string `flag:"metrics"` // empty: off
	Admin      string `flag:"admin"`   // empty: off
	AdminToken string `flag:"admin-token"`
	Control    string `flag:"control"` // empty: the usual place
	LogLevel   string `flag:"log-level"`
}

// RelayIP is one value of --relay-ip. Private is the zero Addr where relays may be
// bound to any address of the family.
type RelayIP struct{ Public, Private netip.Addr }

// AlternateServer is one value of --alternate-server.
type AlternateServer struct {
	Address netip.AddrPort
	Name    string // of its certificate; may be empty
}

const (
	turnPort       = 3478 // RFC 8656, section 3.1
	secretCharsMin = 16
	realmCharsMax  = 127 // RFC 8489, section 14.9: "fewer than 128 characters"
)

// Check parses the configuration. Its error is one sentence that names the
// setting, what is wrong with it and what would be right, and holds no secret.
func (c *Turn) Check() (*TurnSettings, error) {
	out := &TurnSettings{
		Listen: c.Listen, TLSListen: c.TLSListen, AlternateListen: c.AlternateListen, Domain: c.Domain, Cert: c.Cert, Key: c.Key, StateDir: c.StateDir,
		Realm: c.Realm, Secrets: c.Secret, Users: c.User, TokenKeys: c.TokenKey, TokenFor: c.TokenFor, StrictExpiry: c.StrictExpiry,
		AuthURL: c.AuthURL, AuthToken: c.AuthToken, TCPRelay: c.TCPRelay, TurnLimits: c.TurnLimits, AdminToken: c.AdminToken,
		Control: c.Control, LogLevel: c.LogLevel,
	}
	for _, step := range []func(*TurnSettings) error{
		c.checkListeners, c.checkCertificate, c.checkRelay, c.checkUsers, c.checkAuth, c.checkOperators,
	} {
		if err := step(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *Turn) checkListeners(out *TurnSettings) error {
	seen := map[string]string{}
	for _, l := range []struct {
		flag string
		list List
	}{{"listen", c.Listen}, {"tls-listen", c.TLSListen}} {
		for _, address := range l.list {
			if err := checkAddress(address); err != nil {
				return fmt.Errorf("--%s %q: %w", l.flag, address, err)
			}
			if before, twice := seen[address]; twice && !strings.HasSuffix(address, ":0") {
				return fmt.Errorf("--%s %s is there already as --%s; leave one of them away", l.flag, address, before)
			}
			seen[address] = l.flag
		}
	}
	var err error
	if out.ProxyFrom, err = prefixes("proxy-from", c.ProxyFrom); err != nil {
		return err
	}
	if c.AlternateListen != "" {
		if a, err := netip.ParseAddrPort(c.AlternateListen); err != nil || a.Addr().IsUnspecified() || a.Port() == 0 {
			return fmt.Errorf("--alternate-listen %q: want an IP address of this machine and a port, such as 192.0.2.2:3479", c.AlternateListen)
		}
	}
	if len(seen) == 0 {
		return errors.New("--listen and --tls-listen are both empty, so nobody could reach the server; set one of them")
	}
	return nil
}

func (c *Turn) checkCertificate(*TurnSettings) error {
	switch {
	case (c.Cert == "") != (c.Key == ""):
		return errors.New("--cert and --key belong together; give both or neither")
	case c.Domain != "" && c.Cert != "":
		return errors.New("--domain gets a certificate by itself; leave away --cert and --key, or --domain")
	case c.Domain != "" && !domainName.MatchString(c.Domain):
		return fmt.Errorf("--domain %q is not a public host name such as turn.example.org", c.Domain)
	case c.Domain != "" && !slices.ContainsFunc(c.TLSListen, func(a string) bool { return strings.HasSuffix(a, ":443") }):
		return errors.New("--domain needs port 443 in --tls-listen, because the certificate authority looks there")
	case c.Cert != "" && len(c.TLSListen) == 0:
		return errors.New("--cert is of no use without --tls-listen; give an address such as --tls-listen :5349")
	}
	return nil
}

func (c *Turn) checkRelay(out *TurnSettings) (err error) {
	if out.RelayPortMin, out.RelayPortMax, err = portRange(c.RelayPorts); err != nil {
		return err
	}
	for _, text := range c.AlternateServer {
		a, err := alternateServer(text)
		if err != nil {
			return err
		}
		out.AlternateServers = append(out.AlternateServers, a)
	}
	whole := [2]int{}
	for _, text := range c.RelayIP {
		ip, err := relayIP(text)
		if err != nil {
			return err
		}
		family := ip.Public.BitLen() / 128
		if !ip.Private.IsValid() {
			whole[family]++
		}
		if whole[family] > 1 {
			return fmt.Errorf("--relay-ip %s: a second address of the family needs the form PUBLIC/PRIVATE, as the first one does then", text)
		}
		out.RelayIPs = append(out.RelayIPs, ip)
	}
	if err := checkOffload(c.Offload); err != nil {
		return err
	}
	if out.AllowPeer, err = ranges("allow-peer", c.AllowPeer); err != nil {
		return err
	}
	out.DenyPeer, err = ranges("deny-peer", c.DenyPeer)
	return err
}

func relayIP(text string) (RelayIP, error) {
	public, private, both := strings.Cut(text, "/")
	var r RelayIP
	var err1, err2 error
	r.Public, err1 = netip.ParseAddr(public)
	if both {
		r.Private, err2 = netip.ParseAddr(private)
		r.Private = r.Private.Unmap()
	}
	r.Public = r.Public.Unmap()
	if err1 != nil || err2 != nil || r.Public.IsUnspecified() || both && (r.Private.IsUnspecified() || r.Private.Is4() != r.Public.Is4()) {
		return r, fmt.Errorf("--relay-ip %q: want an IP address, or PUBLIC/PRIVATE of one family, such as 203.0.113.7/10.0.0.7", text)
	}
	return r, nil
}

func alternateServer(text string) (a AlternateServer, err error) {
	address, name, named := strings.Cut(text, "/")
	ip, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if a = (AlternateServer{netip.AddrPortFrom(ip, turnPort), name}); err != nil {
		a.Address, err = netip.ParseAddrPort(address)
	}
	if err != nil || a.Address.Addr().IsUnspecified() || a.Address.Port() == 0 || named && !domainName.MatchString(name) {
		return a, fmt.Errorf("--alternate-server %q: want IP, IP:PORT or IP:PORT/NAME, such as 203.0.113.9:3478/turn2.example.org", text)
	}
	a.Address = netip.AddrPortFrom(a.Address.Addr().Unmap(), a.Address.Port())
	return a, nil
}

func portRange(text string) (low, high uint16, err error) {
	first, last, ok := strings.Cut(text, "-")
	minPort, err1 := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	maxPort, err2 := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if !ok || err1 != nil || err2 != nil || minPort < 1024 || maxPort < minPort {
		return 0, 0, fmt.Errorf("--relay-ports %q: want MIN-MAX with 1024 <= MIN <= MAX <= 65535, such as 49152-65535", text)
	}
	return uint16(minPort), uint16(maxPort), nil
}

func (c *Turn) checkUsers(*TurnSettings) error {
	for _, s := range c.Secret {
		if len(s) < secretCharsMin {
			return errors.New("--secret is too short; use at least 16 random characters")
		}
	}
	if c.Realm == "" || len(c.Realm) > realmCharsMax || strings.ContainsFunc(c.Realm, func(r rune) bool { return r < ' ' || r == '"' || r == 0x7f }) {
		return errors.New("--realm must have 1 to 127 characters, none of them a quote or a control character")
	}
	if c.UserQuota < 1 || c.TotalQuota < 0 || c.MaxBPS < 0 || c.MaxBPSPerUser < 0 {
		return errors.New("--user-quota must be at least 1, and --total-quota, --max-bps and --max-bps-per-user must not be negative")
	}
	return nil
}

func (c *Turn) checkOperators(out *TurnSettings) (err error) {
	if out.Metrics, err = operatorAddress("metrics", c.Metrics); err != nil {
		return err
	}
	if out.Admin, err = operatorAddress("admin", c.Admin); err != nil {
		return err
	}
	switch {
	case out.Admin != "" && !onLoopback(out.Admin):
		return fmt.Errorf("--admin %s is not on loopback, and its token would cross the network in plain; put a proxy with TLS before it", out.Admin)
	case (out.Admin == "") != (c.AdminToken == ""):
		return errors.New("--admin and --admin-token belong together; give both or neither")
	case c.AdminToken != "" && len(c.AdminToken) < secretCharsMin:
		return errors.New("--admin-token is too short; use at least 16 random characters")
	case out.Admin != "" && out.Admin == out.Metrics && !strings.HasSuffix(out.Admin, ":0"):
		return fmt.Errorf("--admin and --metrics are both %s; give them different ports", out.Admin)
	}
	return checkLogLevel(c.LogLevel)
}

// operatorAddress completes a port alone to an address on loopback.
func operatorAddress(flag, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return "127.0.0.1:" + text, nil
	}
	if err := checkAddress(text); err != nil {
		return "", fmt.Errorf("--%s %q: %w, or a port alone", flag, text, err)
	}
	return text, nil
}

func onLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address) // it is checked already
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// TurnCtl is what the commands of `parley turn ctl` have in common.
type TurnCtl struct {
	Control  string `name:"control" env:"PARLEY_TURN_CONTROL" placeholder:"PATH" help:"Socket of the server. Default: where a server of this user has it."`
	StateDir string `name:"state-dir" env:"PARLEY_TURN_STATE_DIR" placeholder:"DIR" help:"The --state-dir of the server, where its socket is in there."`
	JSON     bool   `name:"json" env:"PARLEY_JSON" help:"Write the answer as JSON."`
}

// TurnSessions is the configuration of `parley turn ctl sessions`.
type TurnSessions struct {
	User  string `name:"user" placeholder:"NAME" help:"Only those of this user."`
	Limit int    `name:"limit" default:"1000" placeholder:"N" help:"At most so many."`
}

// TurnKill is the configuration of `parley turn ctl kill`.
type TurnKill struct {
	Session []string `arg:"" optional:"" name:"session" help:"Which to end, by the name that \"sessions\" shows."`
	User    string   `name:"user" placeholder:"NAME" help:"All of this user."`
	All     bool     `name:"all" help:"All there are."`
}

// TurnDrain is the configuration of `parley turn ctl drain`.
type TurnDrain struct {
	Deadline time.Duration `name:"deadline" placeholder:"TIME" help:"Stop after this time although allocations are open. Without it: when the last one is gone."`
	Cancel   bool          `name:"cancel" help:"Take new allocations again."`
}
