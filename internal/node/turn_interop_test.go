package node

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/config"
)

// TestCoturnUtilitiesAgainstTurnAlone runs coturn's client with credentials by a
// secret and by name, over each listener. Each case has a server of its own: the
// utility uses the same client ports in every run.
func TestCoturnUtilitiesAgainstTurnAlone(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	credentials := map[string][]string{"secret": {"-u", "ann", "-W", turnSecret}, "name": {"-u", testUser, "-w", testPassword}}
	for over, flags := range map[string][]string{
		"UDP": nil, "TCP": {"-t"}, "TLS": {"-t", "-S"}, "DTLS": {"-S"}, "UDP and moving": {"-M"},
	} {
		for by, credential := range credentials {
			t.Run(over+" by "+by, func(t *testing.T) {
				t.Parallel()
				c := turnConfig(t)
				c.Mobility = true
				c.User = config.List{testUser + ":" + testPassword}
				w := startTurn(t, c)
				udp := w.node.media.UDPAddrs()[0].Port()
				ports := map[string]uint16{"UDP": udp, "DTLS": udp, "UDP and moving": udp, "TCP": w.node.tcp[0].Port(), "TLS": w.node.tls[0].Port()}
				peer := echo(t, "127.0.0.1")
				args := append([]string{"-c", "-m", "2", "-n", "30", "-z", "5", "-e", "127.0.0.1", "-r", strconv.Itoa(int(peer.Port()))}, credential...)
				args = append(append(args, flags...), "-p", strconv.Itoa(int(ports[over])), "127.0.0.1")
				expectNoLoss(t, runProgram(t, uclient, args...), 60)
			})
		}
	}
}

func TestCoturnStunclientAgainstTurnAlone(t *testing.T) {
	stunclient := needProgram(t, "turnutils_stunclient", "Debian package coturn")
	c := turnConfig(t)
	c.Secret = nil
	w := startTurn(t, c)
	output := runProgram(t, stunclient, "-p", fmt.Sprint(w.node.media.UDPAddrs()[0].Port()), "127.0.0.1")
	if !strings.Contains(output, "UDP reflexive addr: 127.0.0.1:") {
		t.Errorf("no reflexive address in:\n%s", output)
	}
}

func TestCoturnNATDiscoveryAgainstTurnAlone(t *testing.T) {
	program := needProgram(t, "turnutils_natdiscovery", "Debian package coturn")
	port, other := freeOn(t, "127.0.0.1", "127.0.0.2"), freeOn(t, "127.0.0.1", "127.0.0.2")
	c := turnConfig(t)
	c.Listen, c.AlternateListen = config.List{net.JoinHostPort("127.0.0.1", fmt.Sprint(port))}, net.JoinHostPort("127.0.0.2", fmt.Sprint(other))
	startTurn(t, c)
	output := runProgram(t, program, "-m", "-f", "-p", fmt.Sprint(port), "127.0.0.1")
	if !strings.Contains(output, "NAT with Endpoint Independent Mapping") && !strings.Contains(output, "No NAT detected") {
		t.Errorf("nothing was found out:\n%s", output)
	}
}

func TestTurnQuotas(t *testing.T) {
	c := turnConfig(t)
	c.UserQuota, c.TotalQuota = 2, 3
	w := startTurn(t, c)
	for i, want := range []struct{ user, refused string }{{"ann", ""}, {"ann", ""}, {"ann", "486"}, {"bob", ""}, {"bob", "508"}} {
		username, password := restCredential(turnSecret, want.user)
		_, err := w.allocateAs("udp", username, password)
		if want.refused == "" && err != nil || want.refused != "" && (err == nil || !strings.Contains(err.Error(), want.refused)) {
			t.Errorf("allocation %d, by %s: %v, want %q", i, want.user, err, want.refused)
		}
	}
}

// With --strict-expiry an allocation is granted no longer than its credential holds;
// switched off by a reload, the next one is.
func TestTurnStrictExpiry(t *testing.T) {
	c := turnConfig(t)
	c.StrictExpiry = true
	w := startTurn(t, c)
	w.ctl.Config.JSON = true
	expires := func(user string) int64 {
		username, password := restCredentialFor(2*time.Minute, turnSecret, user)
		if _, err := w.allocateAs("udp", username, password); err != nil {
			t.Fatal(err)
		}
		w.said.Reset()
		if err := w.ctl.Sessions(t.Context(), &config.TurnSessions{User: username, Limit: 1}); err != nil {
			t.Fatal(err)
		}
		var list SessionList
		w.json(&list)
		return list.Sessions[0].Expires
	}
	if got := expires("ann"); got > 120 {
		t.Errorf("granted for %d s by a credential of 120 s", got)
	}
	c.StrictExpiry = false
	if err := w.reload(checked(t, c)); err != nil {
		t.Fatal(err)
	}
	if got := expires("bob"); got < 500 {
		t.Errorf("granted for %d s after the reload", got)
	}
}

func TestTurnLimitsRates(t *testing.T) {
	c := turnConfig(t)
	c.MaxBPS = 1000
	w := startTurn(t, c)
	relay, peer := w.mustAllocate("udp"), echo(t, "127.0.0.1")
	expectEcho(t, relay, peer, []byte("as much as is allowed"))
	for range 20 {
		if _, err := relay.WriteTo(make([]byte, 500), net.UDPAddrFromAddrPort(peer)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the limit", func() bool { return w.node.Stats().Dropped["allocation_rate"] >= 10 })
}

func TestTurnSendsClientsOnWhileItDrains(t *testing.T) {
	c := turnConfig(t)
	c.AlternateServer = config.List{"203.0.113.9:3478"}
	w := startTurn(t, c)
	w.mustAllocate("udp")
	if err := w.ctl.Drain(t.Context(), &config.TurnDrain{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.allocate("udp", turnSecret); err == nil || !strings.Contains(err.Error(), "300") {
		t.Errorf("while it drains: %v", err)
	}
}

func TestTurnAsksAProgram(t *testing.T) {
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer its token" || !strings.Contains(string(body), `"username":"ann"`) {
			http.Error(w, "unknown", http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"password": "swordfish"}`)
	}))
	defer program.Close()
	c := turnConfig(t)
	c.Secret, c.AuthURL, c.AuthToken = nil, program.URL, "its token"
	w := startTurn(t, c)
	if w.log.has("nobody can allocate") {
		t.Error("it says that nobody can")
	}
	if _, err := w.allocateAs("udp", "ann", "swordfish"); err != nil {
		t.Errorf("ann: %v", err)
	}
	if _, err := w.allocateAs("udp", "bob", "swordfish"); err == nil {
		t.Error("bob came in")
	}
}

// TestEveryOptionOfCoturnHasARow holds docs/moving-from-coturn.md against the sample
// file of the coturn that is installed.
func TestEveryOptionOfCoturnHasARow(t *testing.T) {
	needProgram(t, "turnserver", "Debian package coturn")
	sample, err := os.ReadFile("/etc/turnserver.conf")
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	text, err := os.ReadFile("../../docs/moving-from-coturn.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			rows[name[1]] = true
		}
	}
	for _, option := range regexp.MustCompile(`(?m)^#?([a-z][A-Za-z0-9-]+)(?:=\S.*)?$`).FindAllSubmatch(sample, -1) {
		if !rows[string(option[1])] {
			t.Errorf("the option %s has no row", option[1])
		}
	}
}

func TestRelaysAreAdvertisedInPairs(t *testing.T) {
	c := turnConfig(t)
	c.Listen = config.List{"127.0.0.1:0", "127.0.0.2:0"}
	c.RelayIP = config.List{"203.0.113.7/127.0.0.1", "203.0.113.8/127.0.0.2"}
	w := startTurn(t, c)
	for i, want := range []string{"203.0.113.7:", "203.0.113.8:"} {
		relay, err := w.allocateAt("udp", w.node.media.UDPAddrs()[i].String(), turnSecret)
		if err != nil {
			t.Fatal(err)
		}
		if got := relay.LocalAddr().String(); !strings.HasPrefix(got, want) {
			t.Errorf("by listener %d the relay is %s, want it on %s", i, got, want)
		}
		expectEcho(t, relay, echo(t, "127.0.0.1"), []byte("through"))
	}
}

// TestOperatorsWhileClientsComeAndGo has everything an operator can do happen at
// once, under the race detector, while clients allocate, talk and leave.
func TestOperatorsWhileClientsComeAndGo(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	peer := echo(t, "127.0.0.1")
	stop := make(chan struct{})
	var operators sync.WaitGroup
	for _, do := range []func(*Ctl) error{
		func(c *Ctl) error { return c.Sessions(t.Context(), &config.TurnSessions{Limit: 1000}) },
		func(c *Ctl) error { return c.Kill(t.Context(), &config.TurnKill{User: "nobody"}) },
		func(c *Ctl) error { return c.Reload(t.Context()) },
		func(c *Ctl) error { return c.Stats(t.Context()) },
	} {
		operators.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := do(&Ctl{Config: w.ctl.Config, Out: io.Discard}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 30 {
		relay := w.mustAllocate([]string{"udp", "tcp", "tls"}[i%3])
		expectEcho(t, relay, peer, []byte("hello"))
		_ = relay.Close()
	}
	close(stop)
	operators.Wait()
	eventually(t, "the end of all sessions", func() bool { return w.node.Stats().Allocations == 0 })
}
