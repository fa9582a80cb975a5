package stun

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// Builder appends one message to a buffer. The order of calls is the order of
// attributes: Integrity after what it protects, Fingerprint last.
type Builder struct {
	buf   []byte
	start int
	id    TransactionID
}

// Begin starts a message at the end of buf.
func Begin(buf []byte, t Type, id TransactionID) Builder {
	b := Builder{buf: buf, start: len(buf), id: id}
	b.buf = binary.BigEndian.AppendUint16(b.buf, uint16(t))
	b.buf = append(b.buf, 0, 0)
	b.buf = binary.BigEndian.AppendUint32(b.buf, MagicCookie)
	b.buf = append(b.buf, id[:]...)
	return b
}

func (b *Builder) header(t Attr, n int) {
	b.buf = binary.BigEndian.AppendUint16(b.buf, uint16(t))
	b.buf = binary.BigEndian.AppendUint16(b.buf, uint16(n))
}

// RFC 8489, section 14: padding "MUST be set to zero on sending".
func (b *Builder) pad() {
	for (len(b.buf)-b.start)%4 != 0 {
		b.buf = append(b.buf, 0)
	}
}

// Bytes adds an attribute with the value v, of at most 65535 bytes.
func (b *Builder) Bytes(t Attr, v []byte) {
	b.header(t, len(v))
	b.buf = append(b.buf, v...)
	b.pad()
}

// Text adds an attribute with the value v, of at most 65535 bytes.
func (b *Builder) Text(t Attr, v string) {
	b.header(t, len(v))
	b.buf = append(b.buf, v...)
	b.pad()
}

// Uint32 adds an attribute that is one 32-bit number.
func (b *Builder) Uint32(t Attr, v uint32) {
	b.header(t, 4)
	b.buf = binary.BigEndian.AppendUint32(b.buf, v)
}

// XORAddress adds one of the XOR-...-ADDRESS attributes.
func (b *Builder) XORAddress(t Attr, a netip.AddrPort) {
	at := len(b.buf)
	b.header(t, 0)
	b.buf = appendXORAddress(b.buf, a, &b.id)
	binary.BigEndian.PutUint16(b.buf[at+2:], uint16(len(b.buf)-at-AttrHeaderLen))
}

// ErrorCode adds ERROR-CODE; reason may be empty.
func (b *Builder) ErrorCode(code Code, reason string) {
	b.header(AttrErrorCode, 4+len(reason))
	b.buf = append(b.buf, 0, 0, byte(code/100), byte(code%100))
	b.buf = append(b.buf, reason...)
	b.pad()
}

// UnknownAttributes adds UNKNOWN-ATTRIBUTES (RFC 8489, section 14.9).
func (b *Builder) UnknownAttributes(types []Attr) {
	b.header(AttrUnknownAttributes, 2*len(types))
	for _, t := range types {
		b.buf = binary.BigEndian.AppendUint16(b.buf, uint16(t))
	}
	b.pad()
}

// Integrity adds MESSAGE-INTEGRITY over all that was added so far.
func (b *Builder) Integrity(h *Hasher, key []byte) {
	sum := h.mac(h.sha1, b.buf[b.start:], IntegrityLen, key)
	b.Bytes(AttrMessageIntegrity, sum[:IntegrityLen])
}

// IntegritySHA256 adds MESSAGE-INTEGRITY-SHA256 over all that was added so far.
func (b *Builder) IntegritySHA256(h *Hasher, key []byte) {
	sum := h.mac(h.sha256, b.buf[b.start:], Integrity256LenMax, key)
	b.Bytes(AttrMessageIntegritySHA256, sum[:Integrity256LenMax])
}

// Fingerprint adds FINGERPRINT (RFC 8489, section 14.7).
func (b *Builder) Fingerprint() {
	b.putLength(AttrHeaderLen + FingerprintLen)
	b.Uint32(AttrFingerprint, crc32.ChecksumIEEE(b.buf[b.start:])^fingerprintXOR)
}

// Finish returns the buffer given to [Begin] with the message appended.
func (b *Builder) Finish() []byte {
	b.putLength(0)
	return b.buf
}

func (b *Builder) putLength(more int) {
	binary.BigEndian.PutUint16(b.buf[b.start+2:], uint16(len(b.buf)-b.start-HeaderLen+more))
}

// AddressErrorCode adds ADDRESS-ERROR-CODE (RFC 8656, section 18.12).
func (b *Builder) AddressErrorCode(family byte, code Code, reason string) {
	b.header(AttrAddressErrorCode, 4+len(reason))
	b.buf = append(b.buf, family, 0, byte(code/100), byte(code%100))
	b.buf = append(b.buf, reason...)
	b.pad()
}

// ICMP adds ICMP (RFC 8656, section 18.13): 16 reserved bits, 7 bits of type, 9
// bits of code, and data, which is the MTU where a packet was too big.
func (b *Builder) ICMP(icmpType, code uint8, data uint32) {
	b.header(AttrICMP, 8)
	b.buf = binary.BigEndian.AppendUint32(b.buf, uint32(icmpType&0x7f)<<9|uint32(code))
	b.buf = binary.BigEndian.AppendUint32(b.buf, data)
}
