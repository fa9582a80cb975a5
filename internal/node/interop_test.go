package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// needProgram returns the path of a foreign program. Without it the test is
// skipped, except where nothing may be skipped.
func needProgram(t *testing.T, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed (%s)", name, from)
		}
		t.Skipf("SKIPPED: %s is not installed (%s)", name, from)
	}
	return path
}

func runProgram(t *testing.T, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", path, strings.Join(args, " "), err, tail(output))
	}
	return string(output)
}

func tail(b []byte) []byte { return b[max(0, len(b)-3000):] }

var uclientResult = regexp.MustCompile(`tot_send_msgs=(\d+), tot_recv_msgs=(\d+)`)

// expectNoLoss checks the last of the sums that turnutils_uclient prints.
func expectNoLoss(t *testing.T, output string, atLeast int) {
	t.Helper()
	all := uclientResult.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		t.Fatalf("no result in:\n%s", tail([]byte(output)))
	}
	last := all[len(all)-1]
	sent, _ := strconv.Atoi(last[1])
	received, _ := strconv.Atoi(last[2])
	if sent < atLeast || received != sent {
		t.Errorf("%d sent, %d received, want at least %d and no loss\n%s", sent, received, atLeast, tail([]byte(output)))
	}
}

// Each case has a server of its own: the utility uses the same client ports in
// every run, and the allocations of the run before still stand.
func TestCoturnUclientLosesNothing(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	ports := map[string]func(*testServer) uint16{
		"UDP":  func(s *testServer) uint16 { return s.UDPAddr().Port() },
		"TCP":  func(s *testServer) uint16 { return s.tcp.Port() },
		"TLS":  func(s *testServer) uint16 { return s.tls.Port() },
		"DTLS": func(s *testServer) uint16 { return s.UDPAddr().Port() },
	}
	transports := map[string][]string{"UDP": nil, "TCP": {"-t"}, "TLS": {"-t", "-S"}, "DTLS": {"-S"}}
	for transport, flags := range transports {
		for _, way := range []struct {
			name  string
			flags []string
		}{
			{"channels", nil},
			{"send indications", []string{"-s"}},
			{"relay to relay", []string{"-y"}},
			{"relay to relay by indications", []string{"-y", "-s"}},
			{"large", []string{"-l", "1200"}},
		} {
			if transport == "DTLS" && way.name != "channels" && way.name != "relay to relay by indications" {
				continue // to the engine it is like UDP, and the utility takes 15 seconds each time
			}
			t.Run(transport+" "+way.name, func(t *testing.T) {
				t.Parallel()
				s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback()})
				peer := echo(t, "127.0.0.1")
				args := append([]string{"-c", "-m", "2", "-n", "60", "-z", "5", "-u", testUser, "-w", testPassword}, flags...)
				args = append(args, way.flags...)
				if way.flags == nil || way.flags[0] != "-y" {
					args = append(args, "-e", "127.0.0.1", "-r", strconv.Itoa(int(peer.Port())))
				}
				args = append(args, "-p", strconv.Itoa(int(ports[transport](s))), "127.0.0.1")
				expectNoLoss(t, runProgram(t, uclient, args...), 120)
				if got := s.Counters(); got.TURN.AllocationsOpened < 2 || got.Stream.DroppedFull+got.Stream.DroppedOld+got.UDP.SendBufferFull > 0 {
					t.Errorf("counters: %+v", got)
				}
			})
		}
	}
}

func TestCoturnStunclient(t *testing.T) {
	stunclient := needProgram(t, "turnutils_stunclient", "Debian package coturn")
	s := startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}})
	output := runProgram(t, stunclient, "-p", fmt.Sprint(s.UDPAddr().Port()), "127.0.0.1")
	if !strings.Contains(output, "UDP reflexive addr: 127.0.0.1:") {
		t.Errorf("no reflexive address in:\n%s", output)
	}
}
