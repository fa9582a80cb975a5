//go:build linux

package lab

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/test/lab/browser"
	"github.com/parley-rtc/parley/test/lab/internet"
	"github.com/parley-rtc/parley/test/lab/netns"
)

// binary is the program under test, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	root := repository()
	if _, err := os.Stat(filepath.Join(root, "web/app/dist/index.html")); err != nil {
		return "", fmt.Errorf("the web app is not built (make web): %w", err)
	}
	path := filepath.Join(binaryFolder, "parley")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/parley")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// binaryFolder is there while the tests run.
var binaryFolder string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "parley-lab-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaryFolder = folder
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../..")
}

// A server is the real binary in the server's namespace.
type server struct {
	t         *testing.T
	internet  *internet.Internet
	authority *browser.Authority
	args      []string
	cmd       *exec.Cmd
	ended     chan struct{}
	log       *logBuffer
}

// logBuffer collects the logs of all lives of a server.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// startServer runs the binary with everything on 443/tcp and 3478/udp, and a
// certificate that the lab's browsers trust.
func startServer(t *testing.T, i *internet.Internet) *server {
	t.Helper()
	netns.Require(t)
	browser.Require(t, browser.Chromium, browser.Firefox)
	if _, err := binary(); err != nil {
		t.Fatal(err)
	}
	authority := browser.NewAuthority(t)
	certFile, keyFile := authority.Certificate(t, []string{internet.ServerName}, nil)
	s := &server{t: t, internet: i, authority: authority, log: &logBuffer{}, args: []string{
		"serve", "--http=", "--https=:443", "--udp=:3478", "--cert=" + certFile, "--key=" + keyFile,
		"--state-dir=" + t.TempDir(), "--log-level=debug",
		"--allow-peer=203.0.113.0/24", "--allow-peer=198.51.100.0/24", "--allow-peer=2001:db8::/32",
	}}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			keepLog(t, "server.log", s.log.String())
		}
	})
	s.start()
	return s
}

// start runs the binary until it is ready.
func (s *server) start() {
	s.t.Helper()
	path, err := binary()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = s.internet.Server.Command(context.Background(), path, s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) { _ = cmd.Wait(); close(ended) }(s.cmd, s.ended)
	eventually(s.t, 10*time.Second, "the server is ready", func() bool {
		select {
		case <-s.ended:
			s.t.Fatalf("the server ended:\n%s", s.log)
		default:
		}
		return s.ready()
	})
}

func (s *server) ready() bool {
	err := s.internet.Server.Do(func() error {
		// The connection is opened by another goroutine, so it is made here, on the
		// thread that is inside the namespace.
		conn, err := tls.Dial("tcp", internet.ServerIPv4.String()+":443", &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer conn.Close()
		request, err := http.NewRequest(http.MethodGet, "https://"+internet.ServerName+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		if err := request.Write(conn); err != nil {
			return err
		}
		var status [15]byte
		if _, err := conn.Read(status[:]); err != nil {
			return err
		}
		if !bytes.Contains(status[:], []byte(" 200")) {
			return fmt.Errorf("%s", status)
		}
		return nil
	})
	return err == nil
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = unix.Kill(s.cmd.Process.Pid, unix.SIGKILL)
	<-s.ended
}

// eventually polls a condition.
func eventually(t *testing.T, within time.Duration, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// keepLog writes what helps to understand a failure to $PARLEY_LAB_LOGS, or
// shows its end.
func keepLog(t *testing.T, name, content string) {
	t.Helper()
	if folder := os.Getenv("PARLEY_LAB_LOGS"); folder != "" {
		name = strings.ReplaceAll(t.Name(), "/", "-") + "-" + name
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err == nil {
			return
		}
	}
	const tail = 6000
	if len(content) > tail {
		content = "..." + content[len(content)-tail:]
	}
	t.Logf("%s:\n%s", name, content)
}
