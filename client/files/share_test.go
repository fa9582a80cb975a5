package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/client/files"
	"github.com/parley-rtc/parley/test/testnode"
)

// party is somebody who shares files in a room.
type party struct {
	t     *testing.T
	call  *client.Call
	share *files.Share
	dir   string
}

func enter(t *testing.T, s *testnode.Server, room, name string) *party {
	t.Helper()
	p := &party{t: t, call: s.Join(room, client.Options{Name: name}), dir: t.TempDir()}
	share, err := files.Open(p.call, files.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.share = share
	t.Cleanup(share.Close)
	return p
}

func newID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// write makes a file of the party's folder and returns its content.
func (p *party) write(name string, size int64, seed uint64) []byte {
	p.t.Helper()
	data := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = source.Read(data)
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		p.t.Fatal(err)
	}
	return data
}

func (p *party) offer(names ...string) []*files.Offer {
	p.t.Helper()
	for i, name := range names {
		names[i] = filepath.Join(p.dir, name)
	}
	offers, err := files.Collect(names, newID, func(name string) { p.t.Errorf("%s was skipped", name) })
	if err != nil {
		p.t.Fatal(err)
	}
	p.share.Offer(offers)
	return offers
}

func (p *party) waitForOffers(count int) []files.Incoming {
	p.t.Helper()
	testnode.WaitFor(p.t, "the offers", func() bool { return len(p.share.Incoming()) == count })
	return p.share.Incoming()
}

func (p *party) root() *os.Root {
	p.t.Helper()
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = root.Close() })
	return root
}

func (p *party) receive(id string) *files.Result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*testnode.Patience)
	defer cancel()
	result, err := p.share.Receive(ctx, id, p.root(), func(string, int64) {})
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

// receiveUpto stops receiving when so many bytes are there.
func (p *party) receiveUpto(id string, upto int64) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := p.share.Receive(ctx, id, p.root(), func(_ string, n int64) {
		if n >= upto {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		p.t.Fatal(err)
	}
}

// holds checks a file of the party's folder, and that there is nothing else below it.
func (p *party) holds(want map[string][]byte) {
	p.t.Helper()
	var got []string
	err := filepath.WalkDir(p.dir, func(file string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(p.dir, file)
			got = append(got, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	sort.Strings(got)
	for _, name := range got {
		data, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
		if content, known := want[name]; !known || err != nil || !bytes.Equal(data, content) {
			p.t.Errorf("%s: %d bytes, not what was sent (%v)", name, len(data), err)
		}
	}
	if len(got) != len(want) {
		p.t.Errorf("there are %q, want %d files", got, len(want))
	}
}

func hexOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestFilesOfAllSizesAndFolders(t *testing.T) {
	s := testnode.Start(t)
	ann, bob := enter(t, s, "sizes", "Ann"), enter(t, s, "sizes", "Bob")
	want := map[string][]byte{}
	for i, size := range []int64{0, 1, 1000, files.PieceBytes - 1, files.PieceBytes, files.PieceBytes + 1, 5*files.PieceBytes + 7} {
		name := fmt.Sprintf("photos/%d/file.bin", i)
		want[name] = ann.write(name, size, uint64(i))
	}
	want["note.txt"] = ann.write("note.txt", 77, 9)
	ann.offer("photos", "note.txt")
	for _, in := range bob.waitForOffers(len(want)) {
		if (in.Group != nil) != (in.Path != "") || in.FromName != "Ann" {
			t.Errorf("offer %+v", in)
		}
		result := bob.receive(in.ID)
		if content := want[result.Name]; result.SHA256 != hexOf(content) || !result.Stated || !result.Matched || result.Existed {
			t.Errorf("%+v", result)
		}
	}
	bob.holds(want)
	// Once more: everything is there, and stays.
	for _, in := range bob.share.Incoming() {
		if result := bob.receive(in.ID); !result.Existed || !result.Stated {
			t.Errorf("%+v", result)
		}
	}
	bob.holds(want)
	for _, d := range ann.share.Deliveries() {
		if d.State != files.Delivered || d.Sent != d.Offer.Bytes || d.PeerName != "Bob" {
			t.Errorf("delivery %+v", d)
		}
	}
}

// TestNothingIsWrittenOver has other files of the same name, size and even of the
// names that a part would have.
func TestNothingIsWrittenOver(t *testing.T) {
	s := testnode.Start(t)
	ann, bob := enter(t, s, "over", "Ann"), enter(t, s, "over", "Bob")
	want := map[string][]byte{
		"a.txt":               bob.write("a.txt", 500, 1),          // another size
		"b.txt":               bob.write("b.txt", 1000, 2),         // the same size
		"c.txt.part":          bob.write("c.txt.part", 10, 3),      // a part that is not ours
		"d.txt.part.json":     bob.write("d.txt.part.json", 10, 4), // a journal that is not ours
		"e.txt/in/the/way":    bob.write("e.txt/in/the/way", 10, 5),
		"f (2).txt.part.json": bob.write("f (2).txt.part.json", 10, 6),
		"f.txt":               bob.write("f.txt", 10, 7),
	}
	for i, name := range []string{"a", "b", "c", "d", "e", "f"} {
		saved := name + " (2).txt"
		if name == "f" {
			saved = "f (3).txt"
		}
		want[saved] = ann.write(name+".txt", 1000, uint64(10+i))
		ann.offer(name + ".txt")
	}
	for _, in := range bob.waitForOffers(6) {
		bob.receive(in.ID)
	}
	bob.holds(want)
}

// TestResume kills the receiver again and again, restarts the server, and lets the
// sender leave and come back.
func TestResume(t *testing.T) {
	s := testnode.Start(t)
	ann := enter(t, s, "resume", "Ann")
	const size = 64<<20 + 12345
	content := ann.write("big.bin", size, 1)
	id := ann.offer("big.bin")[0].ID
	bob := enter(t, s, "resume", "Bob")
	dir := bob.dir
	for _, upto := range []int64{10, 25} {
		bob.waitForOffers(1)
		bob.receiveUpto(id, upto<<20)
		bob.share.Close()
		bob.call.Leave()
		bob = enter(t, s, "resume", "Bob")
		bob.dir = dir
	}
	// A piece on disk is spoiled: what comes after it counts for nothing.
	part, err := os.OpenFile(filepath.Join(dir, "big.bin.part"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.WriteAt([]byte("spoiled"), 20<<20); err != nil {
		t.Fatal(err)
	}
	_ = part.Close()
	bob.waitForOffers(1)

	started := int64(-1)
	done := make(chan *files.Result, 1)
	var reached, waited atomic.Int64
	go func() {
		defer close(done)
		result, err := bob.share.Receive(context.Background(), id, bob.root(), func(state string, n int64) {
			if state == files.Receiving && started < 0 {
				started = n
			}
			if state == files.Waiting {
				waited.Add(1)
			}
			reached.Store(n)
		})
		if err != nil {
			t.Error(err)
		}
		done <- result
	}()
	testnode.WaitFor(t, "30 MiB", func() bool { return reached.Load() > 30<<20 || len(done) > 0 })
	s.Restart()
	testnode.WaitFor(t, "40 MiB", func() bool { return reached.Load() > 40<<20 || len(done) > 0 })
	ann.share.Close()
	ann.call.Leave()
	again := enter(t, s, "resume", "Ann")
	again.dir = ann.dir
	again.offer("big.bin")
	result := <-done
	if result == nil || result.SHA256 != hexOf(content) || result.Name != "big.bin" {
		t.Fatalf("%+v", result)
	}
	if started != 20<<20 {
		t.Errorf("went on at %d, not at the spoiled piece", started)
	}
	bob.holds(map[string][]byte{"big.bin": content})
	if waited.Load() == 0 {
		t.Log("the sender came back before it was missed")
	}
}

// TestAnotherFileUnderTheName has a part of a file that the sender has changed
// since: it begins again, and the old pieces are not mixed in.
func TestAnotherFileUnderTheName(t *testing.T) {
	s := testnode.Start(t)
	ann, bob := enter(t, s, "other", "Ann"), enter(t, s, "other", "Bob")
	ann.write("x.bin", 30<<20, 1)
	old := ann.offer("x.bin")[0].ID
	bob.waitForOffers(1)
	bob.receiveUpto(old, 5<<20)
	content := ann.write("x.bin", 30<<20, 2)
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(filepath.Join(ann.dir, "x.bin"), later, later); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.share.Receive(context.Background(), old, bob.root(), func(string, int64) {}); !errors.Is(err, &files.Problem{Code: files.CodeChanged}) {
		t.Errorf("the old offer: %v", err)
	}
	fresh := ann.offer("x.bin")[0].ID
	bob.waitForOffers(2)
	if result := bob.receive(fresh); result.SHA256 != hexOf(content) {
		t.Errorf("%+v", result)
	}
	bob.holds(map[string][]byte{"x.bin": content})
}

func TestBothDirectionsAtOnce(t *testing.T) {
	s := testnode.Start(t)
	parties := []*party{enter(t, s, "both", "Ann"), enter(t, s, "both", "Bob"), enter(t, s, "both", "Cleo")}
	contents := map[string][]byte{}
	for i, p := range parties {
		name := fmt.Sprintf("from-%d.bin", i)
		contents[name] = p.write(name, 6<<20, uint64(i))
		p.offer(name)
	}
	results := make(chan *files.Result, 6)
	for _, p := range parties {
		for _, in := range p.waitForOffers(2) {
			root := p.root()
			go func() {
				result, err := p.share.Receive(context.Background(), in.ID, root, func(string, int64) {})
				if err != nil {
					t.Error(err)
				}
				results <- result
			}()
		}
	}
	for range 6 {
		if result := <-results; result == nil || result.SHA256 != hexOf(contents[result.Name]) {
			t.Errorf("%+v", result)
		}
	}
	for _, p := range parties {
		p.holds(contents)
	}
}

func TestCollectRefuses(t *testing.T) {
	dir := t.TempDir()
	var skipped []string
	skip := func(name string) { skipped = append(skipped, name) }
	if _, err := files.Collect([]string{filepath.Join(dir, "gone")}, newID, skip); err == nil {
		t.Error("a file that does not exist was offered")
	}
	if _, err := files.Collect([]string{dir}, newID, skip); err == nil {
		t.Error("an empty folder was offered")
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	offers, err := files.Collect([]string{dir}, newID, skip)
	if err != nil || len(offers) != 1 || len(skipped) != 1 || offers[0].Group.Files != 1 {
		t.Errorf("%v, %v, skipped %q", offers, err, skipped)
	}
}
