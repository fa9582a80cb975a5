package stun

import (
	"bytes"
	"net/netip"
	"testing"
)

var testID = TransactionID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}

func TestTypeRoundTrip(t *testing.T) {
	for m := range Method(0x1000) {
		for c := Request; c <= Error; c++ {
			typ := TypeOf(m, c)
			if typ&0xC000 != 0 || typ.Method() != m || typ.Class() != c {
				t.Fatalf("TypeOf(%#x, %d) = %#x -> %#x, %d", m, c, typ, typ.Method(), typ.Class())
			}
		}
	}
	if got := TypeOf(Binding, Error); got != 0x0111 {
		t.Errorf("Binding error is %#x, want 0x0111", uint16(got))
	}
}

func TestXORAddressRoundTrip(t *testing.T) {
	for _, s := range []string{"0.0.0.0:0", "255.255.255.255:65535", "203.0.113.9:3478", "[::]:0", "[2001:db8::1]:5349"} {
		a := netip.MustParseAddrPort(s)
		v := appendXORAddress(nil, a, &testID)
		got, ok := XORAddress(v, testID)
		if !ok || got != a {
			t.Errorf("%v came back as %v, %v", a, got, ok)
		}
		var buf [24]byte
		if n := PutXORAddress(buf[:], a, &testID); !bytes.Equal(buf[:n], v) {
			t.Errorf("PutXORAddress(%v) = %x, want %x", a, buf[:n], v)
		}
	}
}

func TestXORAddressRefusesOddShapes(t *testing.T) {
	for _, v := range [][]byte{
		nil, {0, 1, 2}, {0, 1, 0, 0, 0, 0, 0}, {0, 2, 0, 0, 0, 0, 0, 0}, {0, 3, 0, 0, 0, 0, 0, 0},
		append([]byte{0, 1}, make([]byte, 18)...), append([]byte{0, 2}, make([]byte, 19)...),
	} {
		if a, ok := XORAddress(v, testID); ok {
			t.Errorf("XORAddress(%x) = %v", v, a)
		}
	}
}

func build(f func(*Builder)) []byte {
	b := Begin(nil, TypeOf(Binding, Request), testID)
	f(&b)
	return b.Finish()
}

func TestParseRefuses(t *testing.T) {
	good := build(func(b *Builder) { b.Text(AttrSoftware, "abc") })
	change := func(at int, to byte) []byte { c := bytes.Clone(good); c[at] = to; return c }
	cases := map[string][]byte{
		"empty":                       nil,
		"short":                       good[:19],
		"first bits":                  change(0, 0x40),
		"cookie":                      change(4, 0),
		"length not a multiple of 4":  change(3, 7),
		"length beyond the datagram":  change(3, 12),
		"length less than datagram":   change(3, 4),
		"attribute beyond the end":    change(23, 9),
		"integrity of wrong length":   build(func(b *Builder) { b.Bytes(AttrMessageIntegrity, make([]byte, 16)) }),
		"integrity256 not aligned":    build(func(b *Builder) { b.Bytes(AttrMessageIntegritySHA256, make([]byte, 18)) }),
		"integrity256 too short":      build(func(b *Builder) { b.Bytes(AttrMessageIntegritySHA256, make([]byte, 12)) }),
		"integrity256 too long":       build(func(b *Builder) { b.Bytes(AttrMessageIntegritySHA256, make([]byte, 36)) }),
		"fingerprint of wrong length": build(func(b *Builder) { b.Bytes(AttrFingerprint, make([]byte, 8)) }),
		"fingerprint wrong":           build(func(b *Builder) { b.Uint32(AttrFingerprint, 1) }),
		"fingerprint not last":        build(func(b *Builder) { b.Fingerprint(); b.Text(AttrSoftware, "x") }),
		"more attributes than anyone needs": build(func(b *Builder) {
			for range attrsMax + 1 {
				b.Text(AttrSoftware, "")
			}
		}),
	}
	for name, raw := range cases {
		if _, ok := Parse(raw); ok {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, ok := Parse(good); !ok {
		t.Error("the good message is refused")
	}
}

func TestAttrsEndAtIntegrity(t *testing.T) {
	h, key := NewHasher(), []byte("key")
	raw := build(func(b *Builder) {
		b.Text(AttrUsername, "before")
		b.Integrity(h, key)
		b.Text(AttrUsername, "after")
		b.Text(AttrRealm, "after")
		b.IntegritySHA256(h, key)
		b.Fingerprint()
	})
	m, ok := Parse(raw)
	if !ok {
		t.Fatal("refused")
	}
	seen := 0
	for it := m.Attrs(); it.Next(); seen++ {
		if it.Type != AttrUsername || string(it.Value) != "before" {
			t.Errorf("saw attribute %#x %q", it.Type, it.Value)
		}
	}
	if seen != 1 {
		t.Errorf("saw %d attributes, want 1", seen)
	}
	if !m.HasFingerprint() || !m.HasIntegritySHA256() || !h.CheckIntegrity(&m, key) || !h.CheckIntegritySHA256(&m, key, Integrity256LenMax) {
		t.Error("integrity or fingerprint not found right")
	}
	if _, ok := m.Find(AttrRealm); ok {
		t.Error("REALM after MESSAGE-INTEGRITY is seen")
	}
}

func TestTruncatedSHA256(t *testing.T) {
	h, key := NewHasher(), []byte("key")
	b := Begin(nil, TypeOf(Binding, Request), testID)
	sum := h.mac(h.sha256, b.buf, 16, key)
	b.Bytes(AttrMessageIntegritySHA256, sum[:16])
	m, ok := Parse(b.Finish())
	if !ok || !h.CheckIntegritySHA256(&m, key, Integrity256LenMin) {
		t.Error("16 bytes of MESSAGE-INTEGRITY-SHA256 are refused")
	}
	if h.CheckIntegritySHA256(&m, key, Integrity256LenMin+4) || h.CheckIntegritySHA256(&m, key, Integrity256LenMax) {
		t.Error("16 bytes do where more are wanted")
	}
}

func TestErrorCodeRoundTrip(t *testing.T) {
	raw := build(func(b *Builder) { b.ErrorCode(CodeStaleNonce, "Stale Nonce") })
	m, _ := Parse(raw)
	v, _ := m.Find(AttrErrorCode)
	if code, reason, ok := ErrorCode(v); !ok || code != 438 || reason != "Stale Nonce" {
		t.Errorf("got %d %q %v", code, reason, ok)
	}
	for _, bad := range [][]byte{nil, {0, 0, 4}, {0, 0, 2, 0}, {0, 0, 7, 0}, {0, 0, 4, 100}} {
		if _, _, ok := ErrorCode(bad); ok {
			t.Errorf("ErrorCode(%x) accepted", bad)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	h, key := NewHasher(), []byte("key")
	buf := make([]byte, 0, 512)
	addr := netip.MustParseAddrPort("[2001:db8::1]:9")
	var bad bool
	n := testing.AllocsPerRun(100, func() {
		b := Begin(buf, TypeOf(Allocate, Success), testID)
		b.XORAddress(AttrXORRelayedAddress, addr)
		b.Text(AttrSoftware, "parley")
		b.Integrity(h, key)
		b.Fingerprint()
		m, ok := Parse(b.Finish())
		v, _ := m.Find(AttrXORRelayedAddress)
		a, _ := XORAddress(v, m.TransactionID())
		bad = bad || !ok || a != addr || !h.CheckIntegrity(&m, key)
	})
	if n != 0 || bad {
		t.Errorf("%v allocations, bad %v", n, bad)
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.raw)
	}
	h := NewHasher()
	f.Add(build(func(b *Builder) { b.Integrity(h, []byte("k")); b.IntegritySHA256(h, []byte("k")); b.Fingerprint() }))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, ok := Parse(raw)
		if !ok {
			return
		}
		size := 0
		for it := m.Attrs(); it.Next(); {
			size += AttrHeaderLen + padded(len(it.Value))
			if a, ok := XORAddress(it.Value, m.TransactionID()); ok && !a.IsValid() {
				t.Fatalf("%v is not valid", a)
			}
			_, _, _ = ErrorCode(it.Value)
		}
		if HeaderLen+size > len(raw) {
			t.Fatalf("attributes of %d bytes in a message of %d", size, len(raw))
		}
		_ = h.CheckIntegrity(&m, []byte("k"))
		_ = h.CheckIntegritySHA256(&m, []byte("k"), Integrity256LenMin)
	})
}
