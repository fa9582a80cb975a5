//go:build linux

package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/parley-rtc/parley/test/lab/netns"
)

// Kind is which browser.
type Kind string

// The browsers of the tests.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
)

// candidates are the programs of a kind, the first there is taken.
var candidates = map[Kind][]string{
	Chromium: {"chromium", "chromium-browser", "google-chrome"},
	Firefox:  {"firefox-esr", "firefox"},
}

// Require skips the test, loudly, where the browsers or what drives them is not
// there. In CI that is a failure.
func Require(t testing.TB, kinds ...Kind) {
	t.Helper()
	for _, kind := range kinds {
		if executable(kind) == "" {
			netns.Missing(t, string(kind))
		}
	}
	for _, tool := range []string{"node", "certutil"} {
		if _, err := exec.LookPath(tool); err != nil {
			netns.Missing(t, tool)
		}
	}
	if _, err := os.Stat(filepath.Join(root(), "web/node_modules/puppeteer-core")); err != nil {
		netns.Missing(t, "puppeteer-core (npm ci in web/)")
	}
}

func executable(kind Kind) string {
	for _, name := range candidates[kind] {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// root is the folder of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../../..")
}

// Options of a browser. The zero value works.
type Options struct {
	Authority *Authority     // trusted by the browser, if any
	Args      []string       // added to the command line
	Prefs     map[string]any // added to Firefox's preferences
}

// A Browser is one running browser with a profile of its own.
type Browser struct {
	Kind    Kind
	Version string
	driver  *driver
	cancel  context.CancelFunc
	home    string // removed at the end
}

// Launch starts a browser in the namespace, or on the machine itself where ns
// is nil. It ends with the test at the latest.
func Launch(t testing.TB, ns *netns.Namespace, kind Kind, options Options) *Browser {
	t.Helper()
	b, err := Start(t, ns, kind, options)
	must(t, err)
	return b
}

// Start is [Launch] for callers on other goroutines than the test's: the error
// is returned.
func Start(t testing.TB, ns *netns.Namespace, kind Kind, options Options) (*Browser, error) {
	home, err := os.MkdirTemp("", "parley-lab-browser-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Browser{Kind: kind, cancel: cancel, home: home}
	t.Cleanup(b.Close)
	profile := filepath.Join(home, "profile")
	if err := os.Mkdir(profile, 0o700); err != nil {
		return nil, err
	}
	if options.Authority != nil {
		if err := errors.Join(options.Authority.install(profile), options.Authority.install(filepath.Join(home, ".pki/nssdb"))); err != nil {
			return nil, err
		}
	}
	if b.driver, err = startDriver(driverCommand(ctx, ns, home)); err != nil {
		return nil, err
	}
	var launched struct{ Version string }
	err = b.driver.call(&launched, map[string]any{
		"op": "launch", "browser": kind, "executable": executable(kind), "profile": profile,
		"args": options.Args, "prefs": options.Prefs,
	}, 60*time.Second)
	b.Version = launched.Version
	return b, err
}

// driverCommand runs the driver with everything that it and its browser write
// under home.
func driverCommand(ctx context.Context, ns *netns.Namespace, home string) *exec.Cmd {
	script := filepath.Join(root(), "test/lab/browser/driver.mjs")
	cmd := exec.CommandContext(ctx, "node", script)
	if ns != nil {
		cmd = ns.Command(ctx, "node", script)
	}
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home, "XDG_RUNTIME_DIR="+home,
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "MOZ_CRASHREPORTER_DISABLE=1")
	return cmd
}

// Close ends the browser and removes its profile.
func (b *Browser) Close() {
	if b.driver != nil {
		b.driver.close()
	}
	b.cancel()
	// A process of the browser may still be writing for a moment.
	for deadline := time.Now().Add(5 * time.Second); os.RemoveAll(b.home) != nil && time.Now().Before(deadline); {
		runtime.Gosched()
	}
}

// Kill ends the browser as a power cut would.
func (b *Browser) Kill() error {
	return b.driver.call(nil, map[string]any{"op": "kill"}, 10*time.Second)
}

// Open opens a page. The script init, if any, runs in it before any of its own.
func (b *Browser) Open(url, init string) (*Page, error) {
	var opened struct{ Page int }
	err := b.driver.call(&opened, map[string]any{"op": "open", "url": url, "init": init}, 40*time.Second)
	if err != nil {
		return nil, err
	}
	return &Page{browser: b, id: opened.Page}, nil
}

// A Page is one tab.
type Page struct {
	browser *Browser
	id      int
}

// Evaluate evaluates an expression in the page and decodes its value into
// result, which may be nil. A promise is awaited.
func (p *Page) Evaluate(result any, expression string) error {
	return p.do(result, 60*time.Second, map[string]any{"op": "evaluate", "expression": expression})
}

// WaitFor polls the expression until it is neither false nor null.
func (p *Page) WaitFor(result any, expression string, timeout time.Duration) error {
	return p.do(result, timeout+60*time.Second, map[string]any{
		"op": "wait", "expression": expression, "timeoutMs": timeout.Milliseconds(),
	})
}

// Click clicks the first element that the selector names.
func (p *Page) Click(selector string) error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "click", "selector": selector})
}

// Press presses a key.
func (p *Page) Press(key string) error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "press", "key": key})
}

// Type types into the first element that the selector names.
func (p *Page) Type(selector, text string) error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "type", "selector": selector, "text": text})
}

// Viewport sets the size of the page in CSS pixels.
func (p *Page) Viewport(width, height int) error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "viewport", "width": width, "height": height})
}

// Screenshot writes a PNG.
func (p *Page) Screenshot(path string) error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "screenshot", "path": path})
}

// Console returns what the page has logged so far, a line each, with its level.
func (p *Page) Console() []string { return p.browser.driver.console(p.id) }

// Crash ends the tab as a crash of its process would. Chromium only.
func (p *Page) Crash() error {
	return p.do(nil, 10*time.Second, map[string]any{"op": "crash"})
}

// Close closes the tab.
func (p *Page) Close() error {
	return p.do(nil, 30*time.Second, map[string]any{"op": "close"})
}

func (p *Page) do(result any, timeout time.Duration, command map[string]any) error {
	command["page"] = p.id
	return p.browser.driver.call(result, command, timeout)
}

// ErrGone is returned by calls to a browser that has ended.
var ErrGone = errors.New("lab browser: the driver has ended")
