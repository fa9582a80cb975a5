package files

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"
)

func TestSafePath(t *testing.T) {
	for _, c := range []struct{ name, path, want string }{
		{"a.txt", "", "a.txt"},
		{"a.txt", "photos/2026/a.txt", "photos/2026/a.txt"},
		{"a.txt", "../../etc/passwd", "etc/passwd"},
		{"../../a.txt", "", ".._.._a.txt"},
		{"a.txt", "/etc/passwd", "etc/passwd"},
		{"a.txt", `C:\Windows\system32\a.dll`, "Windows/system32/a.dll"},
		{"a.txt", "./././", "a.txt"},
		{"..", "", "file"},
		{".. .", "...", "file"},
		{"\x00\x1b[31m", "", "__[31m"},
		{"exe.\u202efdp", "", "exe._fdp"},
		{"CON", "", "_CON"},
		{"x", "aux.txt/lpt1", "_aux.txt/_lpt1"},
		{"trailing. . ", "", "trailing"},
		{"a:b*c?d", "", "a_b_c_d"},
	} {
		got := safePath(c.name, c.path)
		if got != c.want || !filepath.IsLocal(filepath.FromSlash(got)) {
			t.Errorf("%q, %q: %q, want %q", c.name, c.path, got, c.want)
		}
	}
	long := safePath(strings.Repeat("ü", 255), strings.Repeat("d/", 500)+"x")
	if strings.Count(long, "/") >= pathPartsMax {
		t.Errorf("%d parts", strings.Count(long, "/"))
	}
	if name := safePath(strings.Repeat("ü", 255), ""); len(name+journalEnding) > 255 || name == "" {
		t.Errorf("a name of %d bytes", len(name))
	}
}

func FuzzSafePath(f *testing.F) {
	f.Add("name", "../path")
	f.Fuzz(func(t *testing.T, name, path string) {
		got := safePath(name, path)
		if got == "." || !filepath.IsLocal(filepath.FromSlash(got)) || strings.ContainsAny(got, "\\\x00\n\x1b") {
			t.Errorf("%q, %q: %q", name, path, got)
		}
	})
}

const someID = "q83vEjRWeJCrze8SNFZ4kA"

func TestMessagesOverALimitAreDropped(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	good := []string{
		`{"type":"list","known":[]}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":0,"mime":"","modified_ms":0}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":70368744177664,"mime":"x/y","modified_ms":1,"path":"d/a","group":{"id":"` + someID + `","name":"d","files":1},"later":1}`,
		`{"type":"want","id":"` + someID + `","from":0,"upto":16}`,
		`{"type":"want","id":"` + someID + `","from":2,"upto":16,"have":"` + hash + `"}`,
		`{"type":"more","id":"` + someID + `","upto":16}`,
		`{"type":"done","id":"` + someID + `","tree":"` + hash + `"}`,
		`{"type":"confirmed","id":"` + someID + `","tree":"` + hash + `","match":true}`,
		`{"type":"failed","id":"` + someID + `","code":"changed","message":"x"}`,
	}
	for _, text := range good {
		m := decode([]byte(text))
		if m == nil {
			t.Errorf("dropped: %s", text)
			continue
		}
		again, err := m.encode()
		if err != nil || decode([]byte(again)) == nil {
			t.Errorf("%s became %s, %v", text, again, err)
		}
	}
	for _, text := range []string{
		``, `null`, `[]`, `{"type":"shutdown","id":"` + someID + `"}`, `{"type":"withdraw"}`, `{"type":"withdraw","id":"short"}`,
		`{"type":"offer","id":"` + someID + `","name":"","bytes":1}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":-1}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":1.5}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":70368744177665}`,
		`{"type":"offer","id":"` + someID + `","name":"` + strings.Repeat("a", 256) + `","bytes":1}`,
		`{"type":"offer","id":"` + someID + `","name":"a","path":"` + strings.Repeat("a", 1025) + `","bytes":1}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":1,"group":{"id":"x","name":"d","files":1}}`,
		`{"type":"offer","id":"` + someID + `","name":"a","bytes":1,"group":{"id":"` + someID + `","name":"d","files":100001}}`,
		`{"type":"want","id":"` + someID + `","from":-1,"upto":16}`,
		`{"type":"want","id":"` + someID + `","from":17,"upto":16,"have":"` + hash + `"}`,
		`{"type":"want","id":"` + someID + `","from":2,"upto":16}`,
		`{"type":"want","id":"` + someID + `","from":0,"upto":67108865}`,
		`{"type":"more","id":"` + someID + `","upto":-1}`,
		`{"type":"done","id":"` + someID + `","tree":"` + hash[2:] + `"}`,
		`{"type":"list","known":[]}` + strings.Repeat(" ", textBytesMax),
	} {
		if decode([]byte(text)) != nil {
			t.Errorf("taken: %.80s", text)
		}
	}
}

// TestBadPieces: whatever a sender sends, only what is asked for and matches is
// taken, and no more than a window is held.
func TestBadPieces(t *testing.T) {
	id, err := idBytes(someID)
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("x"), 2*PieceBytes+10)
	newReception := func() *reception {
		r := &reception{
			in: Incoming{ID: someID, Bytes: int64(len(content))}, id: id, from: "ann", pieces: 3, upto: 3, open: true,
			tree: sha256.New(), verified: make(chan piece, windowPieces), wake: make(chan struct{}, 1),
		}
		return r
	}
	sum := sha256.Sum256(content[:PieceBytes])
	whole := append(append([]byte(nil), content[:PieceBytes]...), sum[:]...)
	both := byte(flagFirst | flagLast)
	for name, c := range map[string]struct {
		from  string
		flags byte
		piece uint32
		data  []byte
		taken int
		again bool
	}{
		"the piece":            {"ann", both, 0, whole, 1, false},
		"of another peer":      {"bob", both, 0, whole, 0, false},
		"not the next":         {"ann", both, 1, whole, 0, false},
		"beyond the file":      {"ann", both, 1 << 30, whole, 0, false},
		"without a beginning":  {"ann", flagLast, 0, whole, 0, false},
		"too long":             {"ann", both, 0, append(whole, 1), 0, true},
		"too short":            {"ann", both, 0, whole[:100], 0, true},
		"shorter than a hash":  {"ann", both, 0, whole[:10], 0, true},
		"empty":                {"ann", both, 0, nil, 0, true},
		"of another content":   {"ann", both, 0, append([]byte("y"), whole[1:]...), 0, true},
		"only a beginning":     {"ann", flagFirst, 0, whole[:100], 0, false},
		"a beginning too long": {"ann", flagFirst, 0, append(whole, whole...), 0, true},
	} {
		r := newReception()
		r.take(c.from, header{flags: c.flags, id: id, piece: c.piece}, c.data)
		again := len(r.takeSignals()) > 0
		if len(r.verified) != c.taken || again != c.again || r.open == again {
			t.Errorf("%s: %d taken, asks again: %t", name, len(r.verified), again)
		}
	}
	r := newReception()
	r.upto = 1
	for range 100 { // as often as it likes
		r.take("ann", header{flags: both, id: id, piece: 0}, whole)
		r.take("ann", header{flags: both, id: id, piece: 1}, whole)
	}
	if len(r.verified) != 1 {
		t.Errorf("%d pieces are held, one was asked for", len(r.verified))
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(header{flags: flagFirst, piece: 7}.appendTo(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, rest, ok := parseHeader(data)
		if ok && !bytes.Equal(append(h.appendTo(nil), rest...)[4:], data[4:]) {
			t.Errorf("%x became %+v", data, h)
		}
	})
}

func TestNumbered(t *testing.T) {
	for name, want := range map[string]string{
		"a.jpg": "a (2).jpg", "d/a.tar.gz": "d/a.tar (2).gz", ".profile": ".profile (2)", "d.e/noending": "d.e/noending (2)",
	} {
		if got := numbered(name, 2); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
