package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTurnExitCodeTwoWithOneSentence(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("secret: {a: hush hush hush hush}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	local := []string{"turn", "--listen", "127.0.0.1:0", "--state-dir", dir}
	expectExit(t, 2, map[string][]string{
		"unknown flag --nope":                     {"turn", "--nope"},
		"want a value or a list of values":        {"turn", "--config", bad},
		"field http not found":                    {"turn", "--config", written(t, "http: ':8080'\n")},
		"field listen not found":                  {"serve", "--config", written(t, "listen: ':3478'\n")},
		"already in use by another program; stop": {"turn", "--listen", taken.LocalAddr().String()},
		"--secret is too short":                   append(local, "--secret", "hush"),
		"--user: \"ann\" has no password":         append(local, "--user", "ann:"),
		"the user \"ann\" is there twice":         append(local, "--user", "ann:hush", "--user", "ann:hush hush"),
		"not an address of this machine, so rela": append(local, "--relay-ip", "203.0.113.7/192.0.2.77"),
		"--admin and --admin-token belong togeth": append(local, "--admin", "9081"),
		"is not on loopback":                      append(local, "--admin", "0.0.0.0:9081", "--admin-token", "hush hush hush hush"),
		"unexpected argument nonsense":            {"turn", "ctl", "nonsense"},
	})
	expectExit(t, 1, map[string][]string{
		"name the socket of a running": {"turn", "ctl", "stats", "--state-dir", dir},
	})
}

func TestTurnHelpHasTheFlags(t *testing.T) {
	for _, args := range [][]string{{"turn", "--help"}, {"turn", "run", "--help"}} {
		out, err := parley(t, nil, args...).Output()
		if err != nil || !strings.Contains(string(out), "--relay-ip=") || !strings.Contains(string(out), "--tls-listen=") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if out, err := parley(t, nil, "turn", "ctl", "--help").Output(); err != nil || strings.Contains(string(out), "--relay-ip") || !strings.Contains(string(out), "drain") {
		t.Errorf("turn ctl: %v\n%s", err, out)
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "turn.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// startTurn starts the server and returns it with its first UDP address.
func startTurn(t *testing.T, stderr io.Writer, args ...string) (stop func(syscall.Signal), wait func() error, address string) {
	t.Helper()
	cmd := parley(t, nil, args...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for address == "" && lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "UDP" {
			address = words[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	return func(s syscall.Signal) {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}, cmd.Wait, address
}

// TestTurnServesReloadsAndStops is the life of a server with a file: a Binding
// request, ctl, SIGHUP with another file and with a broken one, SIGTERM.
func TestTurnServesReloadsAndStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: there are no signals and no local sockets")
	}
	file, dir := written(t, "listen: ['127.0.0.1:0']\nsecret: the first secret of the test\nuser:\n- 'ann:with, a comma'\n"), t.TempDir()
	var stderr bytes.Buffer
	signal, wait, address := startTurn(t, &stderr, "turn", "--config", file, "--state-dir", dir, "--tls-listen", "127.0.0.1:0")
	ctl := func(args ...string) (string, error) {
		out, err := parley(t, nil, append([]string{"turn", "ctl", "--state-dir", dir}, args...)...).CombinedOutput()
		return string(out), err
	}
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write([]byte("\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 100)
	if n, err := c.Read(answer); err != nil || !bytes.HasPrefix(answer[:n], []byte("\x01\x01")) {
		t.Errorf("the answer to a Binding request: %x, %v", answer[:n], err)
	}
	if out, err := ctl("stats"); err != nil || !strings.Contains(out, "allocations") {
		t.Errorf("stats: %s, %v", out, err)
	}
	if out, err := ctl("sessions", "--json"); err != nil || out != "{\"sessions\":[],\"more\":false}\n" {
		t.Errorf("sessions: %s, %v", out, err)
	}
	if err := os.WriteFile(file, []byte("user: 'ann:with, a comma'\nrelay_ports: 50000-50010\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := ctl("reload"); err != nil || !strings.Contains(out, "--listen needs a restart.\n--relay-ports needs a restart.\n") {
		t.Errorf("reload: %s, %v", out, err)
	}
	if err := os.WriteFile(file, []byte("user: [unknown]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := ctl("reload"); err == nil || !strings.Contains(out, "--user: want name:password") {
		t.Errorf("reload of a broken file: %s, %v", out, err)
	}
	signal(syscall.SIGHUP)
	if out, err := ctl("stats"); err != nil { // it lives on
		t.Errorf("after SIGHUP: %s, %v", out, err)
	}
	signal(syscall.SIGTERM)
	if err := wait(); err != nil {
		t.Errorf("the stop was not regular: %v\n%s", err, stderr.String())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 { // the self-signed certificate
		t.Errorf("it leaves %v behind, %v", left, err)
	}
	if strings.Contains(stderr.String(), "comma") || strings.Contains(stderr.String(), "first secret") {
		t.Errorf("the log has a password:\n%s", stderr.String())
	}
}
