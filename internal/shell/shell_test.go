package shell_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/shell"
	"github.com/parley-rtc/parley/test/testnode"
)

// screen is where a command writes.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestSendAndGet(t *testing.T) {
	s := testnode.Start(t)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "new")
	content := bytes.Repeat([]byte("0123456789"), 700_000)
	for name, data := range map[string][]byte{"big.bin": content, "album/one.txt": []byte("one"), "album/deep/two.txt": nil} {
		file := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*testnode.Patience)
	defer cancel()
	var sent, got screen
	ended := make(chan error, 1)
	go func() {
		ended <- shell.Send(ctx, &config.Send{
			Files:  []string{filepath.Join(from, "big.bin"), filepath.Join(from, "album")},
			Server: "http://" + s.Settings.HTTP, Once: true, Caller: config.Caller{Name: "Ann"},
		}, shell.Host{Version: "test", Out: &sent, Err: &sent})
	}()
	link := ""
	testnode.WaitFor(t, "the link", func() bool {
		for word := range strings.FieldsSeq(sent.String()) {
			if strings.HasPrefix(word, "http://") {
				link = word
			}
		}
		return link != ""
	})
	err := shell.Get(ctx, &config.Get{Link: link, Output: to, Wait: testnode.Patience}, shell.Host{Version: "test", Out: &got, Err: &got})
	if err != nil {
		t.Fatalf("%v\n%s", err, got.String())
	}
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, sent.String())
	}
	for name, want := range map[string]string{"big.bin": string(content), "album/one.txt": "one", "album/deep/two.txt": ""} {
		data, err := os.ReadFile(filepath.Join(to, filepath.FromSlash(name)))
		if err != nil || string(data) != want {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	sum := sha256.Sum256(content)
	for _, output := range []string{sent.String(), got.String()} {
		if !strings.Contains(output, hex.EncodeToString(sum[:])) {
			t.Errorf("the SHA-256 is missing in:\n%s", output)
		}
	}
	if !strings.Contains(got.String(), "as the sender states") || !strings.Contains(sent.String(), "has everything") {
		t.Errorf("the sender says:\n%s\nthe receiver says:\n%s", sent.String(), got.String())
	}
}

func TestWhatCannotBeDone(t *testing.T) {
	s := testnode.Start(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	host := shell.Host{Version: "test", Out: &screen{}, Err: &screen{}}
	send := func(server, room, name string) error {
		return shell.Send(ctx, &config.Send{Files: []string{name}, Server: server, Room: room}, host)
	}
	get := func(link string, wait time.Duration) error {
		return shell.Get(ctx, &config.Get{Link: link, Output: t.TempDir(), Wait: wait}, host)
	}
	for _, c := range []struct {
		err   error
		usage bool
		want  string
	}{
		{send("http://"+s.Settings.HTTP, "Not A Room", file), true, "--room"},
		{send("ftp://"+s.Settings.HTTP, "", file), true, "not the address of a server"},
		{send("http://"+s.Settings.HTTP, "", file+".gone"), false, "does not exist"},
		{get("http://"+s.Settings.HTTP, time.Second), true, "names no room"},
		{get("http://"+s.Settings.HTTP+"/r/x", 0), true, "--wait"},
		{get("http://"+s.Settings.HTTP+"/r/x", 100*time.Millisecond), false, "nobody offered a file"},
	} {
		done := (*shell.Failure)(nil)
		if c.err == nil || errors.As(c.err, &done) == c.usage || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%v, want %q", c.err, c.want)
		}
	}
}
