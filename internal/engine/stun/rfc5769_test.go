package stun

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type vector struct {
	fields map[string]string
	raw    []byte
}

func readVector(t testing.TB, path string) vector {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		t.Fatalf("%s: no empty line", path)
	}
	v := vector{fields: map[string]string{}}
	for line := range strings.Lines(head) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && name[0] != '#' {
			v.fields[name] = value
		}
	}
	if v.raw, err = hex.DecodeString(strings.Join(strings.Fields(body), "")); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func vectors(t testing.TB) map[string]vector {
	t.Helper()
	paths, err := filepath.Glob("../../../test/vectors/rfc5769/*.txt")
	if err != nil || len(paths) != 4 {
		t.Fatalf("want the four vectors of RFC 5769, got %v, %v", paths, err)
	}
	all := map[string]vector{}
	for _, p := range paths {
		all[filepath.Base(p)] = readVector(t, p)
	}
	return all
}

func (v vector) key() []byte {
	if realm, ok := v.fields["realm"]; ok {
		sum := md5.Sum([]byte(v.fields["username"] + ":" + realm + ":" + v.fields["password"]))
		return sum[:]
	}
	return []byte(v.fields["password"])
}

func TestRFC5769(t *testing.T) {
	for name, v := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			m, ok := Parse(v.raw)
			if !ok {
				t.Fatal("Parse refuses the vector")
			}
			if got := m.Type().String(); got != v.fields["type"] {
				t.Errorf("type %q, want %q", got, v.fields["type"])
			}
			checkText(t, &m, AttrSoftware, v.fields["software"])
			checkText(t, &m, AttrUsername, v.fields["username"])
			checkText(t, &m, AttrRealm, v.fields["realm"])
			checkText(t, &m, AttrNonce, v.fields["nonce"])
			if want, ok := v.fields["xor-mapped-address"]; ok {
				value, _ := m.Find(AttrXORMappedAddress)
				a, _ := XORAddress(value, m.TransactionID())
				if a.String() != want {
					t.Errorf("XOR-MAPPED-ADDRESS %v, want %v", a, want)
				}
			}
			if got, want := m.HasFingerprint(), v.fields["fingerprint"] == "yes"; got != want {
				t.Errorf("HasFingerprint %v, want %v", got, want)
			}
			h := NewHasher()
			if !h.CheckIntegrity(&m, v.key()) {
				t.Error("MESSAGE-INTEGRITY does not match the password")
			}
			if h.CheckIntegrity(&m, []byte("another password")) {
				t.Error("MESSAGE-INTEGRITY matches a wrong password")
			}
		})
	}
}

func checkText(t *testing.T, m *Message, attr Attr, want string) {
	t.Helper()
	if value, _ := m.Find(attr); string(value) != want {
		t.Errorf("attribute 0x%04x is %q, want %q", uint16(attr), value, want)
	}
}

func TestRFC5769EveryChangedBitIsFound(t *testing.T) {
	h := NewHasher()
	for name, v := range vectors(t) {
		key := v.key()
		whole, _ := Parse(v.raw)
		protected := whole.integrity + AttrHeaderLen + IntegrityLen
		for i := range len(v.raw) * 8 {
			bad := bytes.Clone(v.raw)
			bad[i/8] ^= 1 << (i % 8)
			m, ok := Parse(bad)
			if ok && m.HasFingerprint() {
				t.Errorf("%s: bit %d changed and FINGERPRINT still right", name, i)
			}
			if ok && i/8 < protected && h.CheckIntegrity(&m, key) {
				t.Errorf("%s: bit %d changed and MESSAGE-INTEGRITY still right", name, i)
			}
		}
	}
}

// The vectors pad with spaces and carry attributes in their own order; building
// the same message must give the same bytes but for that padding.
func TestRFC5769Rebuilt(t *testing.T) {
	for name, v := range vectors(t) {
		m, _ := Parse(v.raw)
		b := Begin(nil, m.Type(), m.TransactionID())
		for it := m.Attrs(); it.Next(); {
			b.Bytes(it.Type, it.Value)
		}
		h := NewHasher()
		b.Integrity(h, v.key())
		if m.HasFingerprint() {
			b.Fingerprint()
		}
		built := b.Finish()
		if len(built) != len(v.raw) {
			t.Errorf("%s: built %d bytes, want %d", name, len(built), len(v.raw))
		}
		again, ok := Parse(built)
		if !ok || !h.CheckIntegrity(&again, v.key()) || again.HasFingerprint() != m.HasFingerprint() {
			t.Errorf("%s: the rebuilt message is not right", name)
		}
	}
}
