package stun

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"testing"
)

// TestRFC8489 checks the vector of RFC 8489, appendix B.1, with its erratum 6268.
func TestRFC8489(t *testing.T) {
	v := readVector(t, "../../../test/vectors/rfc8489/request-sha256-userhash.txt")
	m, ok := Parse(v.raw)
	if !ok {
		t.Fatal("Parse refuses the vector")
	}
	checkText(t, &m, AttrRealm, v.fields["realm"])
	checkText(t, &m, AttrNonce, v.fields["nonce"])
	userhash := sha256.Sum256([]byte(v.fields["username"] + ":" + v.fields["realm"]))
	checkText(t, &m, AttrUserhash, string(userhash[:]))
	checkText(t, &m, AttrPasswordAlgorithm, "\x00\x02\x00\x00")
	h := NewHasher()
	credential := []byte(v.fields["username"] + ":" + v.fields["realm"] + ":" + v.fields["password"])
	key, other := sha256.Sum256(credential), md5.Sum(credential)
	if !h.CheckIntegritySHA256(&m, key[:], Integrity256LenMax) {
		t.Error("MESSAGE-INTEGRITY-SHA256 does not match the password")
	}
	if h.CheckIntegritySHA256(&m, other[:], Integrity256LenMax) || m.HasIntegrity() || h.CheckIntegrity(&m, key[:]) {
		t.Error("MESSAGE-INTEGRITY-SHA256 matches what it should not")
	}
	for i := range len(v.raw) * 8 {
		bad := bytes.Clone(v.raw)
		bad[i/8] ^= 1 << (i % 8)
		if m, ok := Parse(bad); ok && h.CheckIntegritySHA256(&m, key[:], Integrity256LenMin) {
			t.Errorf("bit %d changed and MESSAGE-INTEGRITY-SHA256 still right", i)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, n := range []int{1, 16, 20, 32, KeyLenMax} {
		b := bytes.Repeat([]byte{7}, n)
		if k, ok := NewKey(b); !ok || !bytes.Equal(k.Bytes(), b) {
			t.Errorf("a key of %d bytes came back as %x", n, k.Bytes())
		}
	}
	for _, n := range []int{0, KeyLenMax + 1} {
		if k, ok := NewKey(make([]byte, n)); ok || len(k.Bytes()) != 0 {
			t.Errorf("a key of %d bytes is accepted", n)
		}
	}
}
