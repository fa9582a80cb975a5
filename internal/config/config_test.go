package config

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func defaults() *Serve {
	return &Serve{HTTP: defaultHTTP, HTTPS: defaultHTTPS, UDP: ":3478", RelayPorts: "49152-65535",
		MaxConnections: 20000, MaxConnectionsPerAddr: 1024, LogLevel: "info"}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(*Serve){
		"":                             func(*Serve) {},
		"--http \"8080\": want host":   func(s *Serve) { s.HTTP = "8080" },
		"--udp \":99999\": the port":   func(s *Serve) { s.UDP = ":99999" },
		"--http \"a.b:1\": the host":   func(s *Serve) { s.HTTP = "a.b:1" },
		"both off":                     func(s *Serve) { s.HTTP, s.HTTPS = "", "" },
		"both :8080":                   func(s *Serve) { s.HTTPS = ":8080" },
		"belong together":              func(s *Serve) { s.Cert = "x" },
		"not a public host name":       func(s *Serve) { s.Domain = "localhost" },
		"leave away":                   func(s *Serve) { s.Domain, s.Cert, s.Key = "a.example", "x", "y" },
		"--domain needs --https":       func(s *Serve) { s.Domain, s.HTTP, s.HTTPS = "a.example", ":80", "" },
		"--relay-ports \"9-1\": want":  func(s *Serve) { s.RelayPorts = "9-1" },
		"--relay-ports \"2000\": want": func(s *Serve) { s.RelayPorts = "2000" },
		"--turn-secret is too short":   func(s *Serve) { s.TURNSecret = "short" },
		"--secret is too short":        func(s *Serve) { s.Secret = "short" },
		"\"x\" is not an IP":           func(s *Serve) { s.PublicIP = []string{"x"} },
		"at most one IPv4":             func(s *Serve) { s.PublicIP = []string{"203.0.113.1", "203.0.113.2"} },
		"--allow-peer \"ten\"":         func(s *Serve) { s.AllowPeer = []string{"ten"} },
		"--deny-peer \"ten\"":          func(s *Serve) { s.DenyPeer = []string{"ten"} },
		"--proxy-from \"ten\"":         func(s *Serve) { s.ProxyFrom = []string{"ten"} },
		"--allow-origin \"x.org\"":     func(s *Serve) { s.AllowOrigin = []string{"x.org"} },
		"--log-level \"loud\"":         func(s *Serve) { s.LogLevel = "loud" },
		"at least 1":                   func(s *Serve) { s.MaxConnections = 0 },
	} {
		s := defaults()
		change(s)
		_, err := s.Check()
		if want == "" && err != nil {
			t.Errorf("the defaults are refused: %v", err)
		} else if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestDomainPutsEverythingOn443(t *testing.T) {
	s := defaults()
	s.Domain = "meet.example.org"
	got, err := s.Check()
	if err != nil || got.HTTP != "" || got.HTTPS != ":443" || got.UDP != ":3478" {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestFileRefusesUnknownKeysAndWrongTypes(t *testing.T) {
	for _, text := range []string{"htpp: :1", "http: [1, 2]", "max_connections: many", "- a"} {
		if _, err := parseFile([]byte(text), new(Serve)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
	f, err := parseFile([]byte("http: ''\nallow_peer: [10.0.0.0/8, 192.168.0.0/16]\nmax_connections: 5\n"), new(Serve))
	want := File{"http": "", "allow-peer": []any{"10.0.0.0/8", "192.168.0.0/16"}, "max-connections": "5"}
	if err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("got %v, %v; want %v", f, err, want)
	}
	if f, err := parseFile(nil, new(Serve)); err != nil || len(f) != 0 {
		t.Errorf("an empty file: %v, %v", f, err)
	}
}

// TestSampleFiles holds the samples against the structs: every key is there once,
// commented out, with its default.
func TestSampleFiles(t *testing.T) {
	for name, command := range map[string]any{"parley": new(Serve), "turn": new(Turn)} {
		t.Run(name, func(t *testing.T) { checkSample(t, "../../docs/"+name+".yaml", command) })
	}
}

func checkSample(t *testing.T, name string, command any) {
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var active []string
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# ") {
			active = append(active, strings.TrimPrefix(line, "#"))
		}
	}
	var got map[string]any
	if err := yaml.Unmarshal([]byte(strings.Join(active, "")), &got); err != nil {
		t.Fatal(err)
	}
	f, err := parseFile([]byte(strings.Join(active, "")), command)
	if err != nil {
		t.Errorf("the sample is not accepted: %v", err)
	}
	fields := reflect.TypeOf(command).Elem()
	prefix := map[string]string{"Serve": "PARLEY_", "Turn": "PARLEY_TURN_"}[fields.Name()]
	for _, field := range reflect.VisibleFields(fields) {
		tag := field.Tag
		key := tag.Get("yaml")
		if key == "-" || field.Anonymous {
			continue
		}
		value, there := got[key], f[tag.Get("name")]
		if list, ok := there.([]any); ok {
			words := make([]string, len(list))
			for i := range list {
				words[i] = list[i].(string)
			}
			there = strings.Join(words, ",")
		}
		if _, ok := got[key]; !ok {
			t.Errorf("%s is not in %s", key, name)
		} else if d := tag.Get("default"); value != nil && there != d && (value != false || d != "") {
			t.Errorf("%s: the sample says %v, the default is %q", key, value, d)
		}
		if env := prefix + strings.ToUpper(key); tag.Get("env") != env || tag.Get("name") != strings.ReplaceAll(key, "_", "-") {
			t.Errorf("%s: flag %s and environment %s do not match the key", key, tag.Get("name"), tag.Get("env"))
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("%s has %s, which is no setting", name, key)
	}
}
