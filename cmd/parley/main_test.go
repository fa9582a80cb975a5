package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the server itself when asked to, so that
// exit codes and signals are the real ones.
func TestMain(m *testing.M) {
	if os.Getenv("PARLEY_TEST_AS_SERVER") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func parley(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), "PARLEY_TEST_AS_SERVER=1", "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

func TestExitCodeTwoWithOneSentence(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	takenUDP, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = takenUDP.Close() }()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("htpp: ':1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	off := []string{"serve", "--https", "", "--udp", ""}
	expectExit(t, 2, map[string][]string{
		"unknown flag --nope":                  {"serve", "--nope"},
		"--http \"x\"":                         append(off, "--http", "x"),
		"field htpp not found":                 {"serve", "--config", bad},
		"no such file":                         {"serve", "--config", bad + ".gone"},
		"already in use by another program":    append(off, "--http", taken.Addr().String()),
		"in use by another program; stop it":   {"serve", "--https", "", "--http", "127.0.0.1:0", "--udp", takenUDP.LocalAddr().String()},
		"not an address of this machine":       append(off, "--http", "192.0.2.1:8080"),
		"failed to find any PEM data":          {"serve", "--http", "", "--https", "127.0.0.1:0", "--udp", "", "--cert", bad, "--key", bad},
		"--log-level \"loud\": want debug, in": append(off, "--log-level", "loud"),
	})
}

// expectExit runs each command line and wants the exit code, and one line that has
// the text it stands under.
func expectExit(t *testing.T, code int, lines map[string][]string) {
	t.Helper()
	for want, args := range lines {
		var stderr bytes.Buffer
		cmd := parley(t, nil, args...)
		cmd.Stderr = &stderr
		err := cmd.Run()
		exit, ok := err.(*exec.ExitError)
		more := strings.Count(strings.TrimSpace(stderr.String()), "\n")
		if !ok || exit.ExitCode() != code || !strings.Contains(stderr.String(), want) || more != 0 || strings.Contains(stderr.String(), "hush") {
			t.Errorf("%v: %v, want exit code %d and one line with %q, got:\n%s", args, err, code, want, stderr.String())
		}
	}
}

func TestVersion(t *testing.T) {
	out, err := parley(t, nil, "version").Output()
	if err != nil || !regexp.MustCompile(`^parley \S+ go1\.\d+\S* \w+/\w+\n$`).Match(out) {
		t.Errorf("got %q, %v", out, err)
	}
}

// TestServeAndStop starts the server from a file, an environment variable and a
// flag at once, asks its pages, and stops it by SIGTERM.
func TestServeAndStop(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(file, []byte("http: 'x'\nhttps: 'y'\nudp: '127.0.0.1:0'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := parley(t, []string{"PARLEY_HTTPS=127.0.0.1:0"}, "serve", "--config", file, "--http", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	urls := bannerURLs(stdout)
	if len(urls) != 2 {
		t.Fatalf("the banner has %v\n%s", urls, stderr.String())
	}
	insecure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // self-signed
	for _, u := range urls {
		u = regexp.MustCompile(`//.*:`).ReplaceAllString(u, "//127.0.0.1:")
		for path, want := range map[string]string{"healthz": "ok", "readyz": "ready", "metrics": "parley_"} {
			resp, err := insecure.Get(u + path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != 200 || !strings.Contains(string(body), want) {
				t.Errorf("%s%s: %d, want %q in %.200s", u, path, resp.StatusCode, want, body)
			}
		}
	}
	insecure.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the stop was not regular: %v\n%s", err, stderr.String())
	}
}

// bannerURLs reads the banner until it has told both addresses or ended.
func bannerURLs(r io.Reader) (urls []string) {
	lines := bufio.NewScanner(r)
	for len(urls) < 2 && lines.Scan() {
		for word := range strings.FieldsSeq(lines.Text()) {
			if strings.HasPrefix(word, "http") {
				urls = append(urls, word)
			}
		}
	}
	return urls
}
