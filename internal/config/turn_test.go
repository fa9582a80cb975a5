package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func turnDefaults() *Turn {
	return &Turn{Listen: List{":3478"}, RelayPorts: "49152-65535", Realm: "parley", TurnLimits: TurnLimits{UserQuota: 128, Offload: "auto"}, LogLevel: "info"}
}

func TestTurnCheckSaysWhatIsWrong(t *testing.T) {
	const token = "hush hush hush hush"
	for want, change := range map[string]func(*Turn){
		"":                                    func(*Turn) {},
		"--listen \"3478\": want host":        func(c *Turn) { c.Listen = List{"3478"} },
		"--tls-listen \":x\": the port":       func(c *Turn) { c.TLSListen = List{":x"} },
		"is there already as --listen":        func(c *Turn) { c.TLSListen = List{":3478"} },
		"both empty":                          func(c *Turn) { c.Listen = nil },
		"--alternate-listen \":1\": want":     func(c *Turn) { c.AlternateListen = ":1" },
		"--alternate-listen \"0.0.0.0:1\":":   func(c *Turn) { c.AlternateListen = "0.0.0.0:1" },
		"--alternate-server \"x\": want":      func(c *Turn) { c.AlternateServer = List{"x"} },
		"--alternate-server \"1.2.3.4:0\":":   func(c *Turn) { c.AlternateServer = List{"1.2.3.4:0"} },
		"--alternate-server \"1.2.3.4/a b\":": func(c *Turn) { c.AlternateServer = List{"1.2.3.4/a b"} },
		"--proxy-from \"x\": want":            func(c *Turn) { c.ProxyFrom = List{"x"} },
		"belong together; give both or":       func(c *Turn) { c.Cert = "x" },
		"of no use without --tls-listen":      func(c *Turn) { c.Cert, c.Key = "x", "y" },
		"not a public host name":              func(c *Turn) { c.Domain, c.TLSListen = "x", List{":443"} },
		"--domain needs port 443":             func(c *Turn) { c.Domain, c.TLSListen = "turn.example.org", List{":5349"} },
		"leave away --cert":                   func(c *Turn) { c.Domain, c.Cert, c.Key = "turn.example.org", "x", "y" },
		"--relay-ports \"1-2\": want":         func(c *Turn) { c.RelayPorts = "1-2" },
		"--relay-ip \"x\": want an IP":        func(c *Turn) { c.RelayIP = List{"x"} },
		"--relay-ip \"0.0.0.0\": want":        func(c *Turn) { c.RelayIP = List{"0.0.0.0"} },
		"--relay-ip \"::1/10.0.0.1\": want":   func(c *Turn) { c.RelayIP = List{"::1/10.0.0.1"} },
		"--relay-ip 203.0.113.8: a second":    func(c *Turn) { c.RelayIP = List{"203.0.113.7", "203.0.113.8"} },
		"--allow-peer \"ten\": want":          func(c *Turn) { c.AllowPeer = List{"ten"} },
		"--deny-peer \"10.0.0.9-10.0.0.5\":":  func(c *Turn) { c.DenyPeer = List{"10.0.0.9-10.0.0.5"} },
		"--offload \"on\": want":              func(c *Turn) { c.Offload = "on" },
		"--secret is too short":               func(c *Turn) { c.Secret = List{token, "hush"} },
		"--realm must have":                   func(c *Turn) { c.Realm = "a\"b" },
		"--realm must have 1 to 127":          func(c *Turn) { c.Realm = strings.Repeat("r", 128) },
		"--user-quota must be":                func(c *Turn) { c.UserQuota = 0 },
		"must not be negative":                func(c *Turn) { c.MaxBPS = -1 },
		"--metrics \"x\": want host:port":     func(c *Turn) { c.Metrics = "x" },
		"--admin 0.0.0.0:1 is not on loop":    func(c *Turn) { c.Admin, c.AdminToken = "0.0.0.0:1", token },
		"--admin and --admin-token":           func(c *Turn) { c.AdminToken = token },
		"--admin-token is too short":          func(c *Turn) { c.Admin, c.AdminToken = "1", "hush" },
		"both 127.0.0.1:9":                    func(c *Turn) { c.Admin, c.AdminToken, c.Metrics = "9", token, "127.0.0.1:9" },
		"--log-level \"loud\"":                func(c *Turn) { c.LogLevel = "loud" },
	} {
		c := turnDefaults()
		change(c)
		_, err := c.Check()
		switch {
		case want == "" && err != nil:
			t.Errorf("the defaults are refused: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("want %q, got %v", want, err)
		case err != nil && strings.Contains(err.Error(), "hush"):
			t.Errorf("a secret is in: %v", err)
		}
	}
}

func TestTurnCheckCompletes(t *testing.T) {
	c := turnDefaults()
	c.RelayIP = List{"203.0.113.7/10.0.0.7", "203.0.113.8/10.0.0.8", "2001:db8::7"}
	c.Metrics, c.DenyPeer = "9641", List{"10.0.0.5-10.0.0.6", "192.0.2.1"}
	c.AlternateServer = List{"203.0.113.9", "[2001:db8::9]:443/turn2.example.org"}
	got, err := c.Check()
	if err != nil {
		t.Fatal(err)
	}
	others := []AlternateServer{{netip.MustParseAddrPort("203.0.113.9:3478"), ""}, {netip.MustParseAddrPort("[2001:db8::9]:443"), "turn2.example.org"}}
	if !reflect.DeepEqual(got.AlternateServers, others) {
		t.Errorf("%+v", got.AlternateServers)
	}
	ip := netip.MustParseAddr
	want := []RelayIP{{ip("203.0.113.7"), ip("10.0.0.7")}, {ip("203.0.113.8"), ip("10.0.0.8")}, {ip("2001:db8::7"), netip.Addr{}}}
	if !reflect.DeepEqual(got.RelayIPs, want) || got.Metrics != "127.0.0.1:9641" || len(got.DenyPeer) != 3 {
		t.Errorf("%+v", got)
	}
}

// Whatever is wrong with a file, what it says of it has no secret of it.
func TestTurnFileErrorsHoldNoSecret(t *testing.T) {
	for _, text := range []string{
		"secret: {a: hush}", "secret: [[hush]]", "user_quota: hush", "user: &a [*a]", "secret: *hush", "realm: [hush, hush]",
		"hush", "- hush", "secret: 'hush", "\tsecret: hush",
	} {
		if _, err := parseFile([]byte(text), new(Turn)); err == nil {
			t.Errorf("%q was accepted", text)
		} else if strings.Contains(err.Error(), "hush hush") {
			t.Errorf("%q: %v", text, err)
		}
	}
	f, err := parseFile([]byte("secret: 0123456789012345\nuser: [ann:1e5, 'bob:yes']\nuser_quota: 5\nmax_bps: 1_000\n"), new(Turn))
	want := File{"secret": "0123456789012345", "user": []any{"ann:1e5", "bob:yes"}, "user-quota": "5", "max-bps": "1_000"}
	if err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("got %v, %v; want %v", f, err, want)
	}
}

func FuzzTurnFile(f *testing.F) {
	f.Add([]byte("listen: [':1']\nuser: ann:x\nuser_quota: 3\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := parseFile(data, new(Turn)); err == nil {
			for name, value := range file {
				if strings.Contains(name, "_") || value == nil {
					t.Errorf("%s has %v", name, value)
				}
			}
		}
	})
}
