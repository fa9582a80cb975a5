//go:build linux

package browser

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/internet"
	"github.com/parley-rtc/parley/test/lab/netns"
)

const testPage = `<!doctype html><title>lab</title><button onclick="console.log('pressed'); document.title='pressed'">go</button>`

// Each browser opens a page over HTTPS from another namespace, with a
// certificate of the lab's authority and a name from the namespace's own hosts
// file, and has a fake camera there.
func TestEachBrowserInANamespace(t *testing.T) {
	netns.Require(t)
	Require(t, Chromium, Firefox)
	i := internet.New(t)
	authority := NewAuthority(t)
	serveHTTPS(t, i, authority)
	site := i.Site(internet.PortRestricted)
	for _, kind := range []Kind{Chromium, Firefox} {
		t.Run(string(kind), func(t *testing.T) {
			b := Launch(t, site.Client().Namespace, kind, Options{Authority: authority})
			page, err := b.Open("https://"+internet.ServerName+"/", "window.early = 1")
			must(t, err)
			var seen struct {
				Secure bool
				Early  int
				Tracks []string
			}
			must(t, page.Evaluate(&seen, `navigator.mediaDevices.getUserMedia({audio: true, video: true}).then(s => ({
				secure: isSecureContext, early, tracks: s.getTracks().map(t => t.kind).sort()}))`))
			if !seen.Secure || seen.Early != 1 || fmt.Sprint(seen.Tracks) != "[audio video]" {
				t.Errorf("%s: %+v", b.Version, seen)
			}
			must(t, page.Click("button"))
			must(t, page.WaitFor(nil, `document.title === 'pressed'`, 5*time.Second))
			file := filepath.Join(t.TempDir(), "page.png")
			must(t, page.Screenshot(file))
			if info, err := os.Stat(file); err != nil || info.Size() < 1000 {
				t.Errorf("screenshot: %v, %v", info, err)
			}
			if log := strings.Join(page.Console(), "\n"); !strings.Contains(log, "pressed") {
				t.Errorf("console: %q", log)
			}
			must(t, page.Close())
			must(t, b.Kill())
		})
	}
}

func serveHTTPS(t *testing.T, i *internet.Internet, authority *Authority) {
	t.Helper()
	certFile, keyFile := authority.Certificate(t, []string{internet.ServerName}, nil)
	var listener net.Listener
	must(t, i.Server.Do(func() (err error) {
		listener, err = net.Listen("tcp", "203.0.113.10:443")
		return err
	}))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, testPage)
	})}
	go func() { _ = server.ServeTLS(listener, certFile, keyFile) }()
	t.Cleanup(func() { _ = server.Shutdown(context.Background()) })
}

func TestWaitForSaysWhatItWaitedFor(t *testing.T) {
	netns.Require(t)
	Require(t, Chromium)
	page, err := Launch(t, nil, Chromium, Options{}).Open("about:blank", "")
	must(t, err)
	err = page.WaitFor(nil, "window.never", 300*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "window.never") {
		t.Fatalf("%v", err)
	}
}
