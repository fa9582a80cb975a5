// Package stun reads and writes STUN messages (RFC 8489) without allocating.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|0 0|     STUN Message Type     |         Message Length        |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                         Magic Cookie                          |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                     Transaction ID (96 bits)                  |
//	|                                                               |
//	|                                                               |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	| attributes: type (16), length (16), value, padding to 32 bits |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// [Parse] checks the shape of a message once; [Message.Attrs] then walks its
// attributes. A [Builder] appends a message to a buffer of the caller. A [Hasher]
// holds the scratch memory for MESSAGE-INTEGRITY.
package stun

import (
	"encoding/binary"
	"hash/crc32"
)

// Sizes of the wire format, in bytes.
const (
	HeaderLen          = 20
	AttrHeaderLen      = 4
	IntegrityLen       = 20
	Integrity256LenMin = 16
	Integrity256LenMax = 32
	FingerprintLen     = 4
)

// MagicCookie is the fixed value of RFC 8489, section 5.
const MagicCookie uint32 = 0x2112A442

// attrsMax bounds the work that one message can cause.
const attrsMax = 128

const fingerprintXOR uint32 = 0x5354554e

// TransactionID names a transaction; the client chooses it.
type TransactionID [12]byte

// Message is a view of a STUN message that [Parse] found well-formed. It points
// into the bytes given to Parse.
type Message struct {
	raw []byte
	// Offsets of attribute headers; 0 where the attribute is absent.
	integrity, integrity256, fingerprint int
}

// Parse checks that b is exactly one STUN message: header, cookie, lengths,
// attribute bounds, place and value of FINGERPRINT. ok is false if it is not.
func Parse(b []byte) (m Message, ok bool) {
	if len(b) < HeaderLen || b[0]&0xC0 != 0 || binary.BigEndian.Uint32(b[4:]) != MagicCookie {
		return Message{}, false
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n%4 != 0 || HeaderLen+n != len(b) {
		return Message{}, false
	}
	m = Message{raw: b}
	count := 0
	for off := HeaderLen; off < len(b); count++ {
		// RFC 8489, section 14.7: "When present, the FINGERPRINT attribute MUST
		// be the last attribute in the message".
		if len(b)-off < AttrHeaderLen || m.fingerprint != 0 || count == attrsMax {
			return Message{}, false
		}
		n := int(binary.BigEndian.Uint16(b[off+2:]))
		end := off + AttrHeaderLen + padded(n)
		if end > len(b) || !m.note(off, n) {
			return Message{}, false
		}
		off = end
	}
	return m, m.fingerprint == 0 || m.fingerprintOK()
}

// note remembers where the attributes lie that end the readable part of the
// message. Only the first of a kind counts (RFC 8489, section 14).
func (m *Message) note(off, n int) bool {
	switch Attr(binary.BigEndian.Uint16(m.raw[off:])) {
	case AttrMessageIntegrity:
		if m.integrity == 0 && m.integrity256 == 0 {
			m.integrity = off
			return n == IntegrityLen
		}
	case AttrMessageIntegritySHA256:
		if m.integrity256 == 0 {
			m.integrity256 = off
			return n >= Integrity256LenMin && n <= Integrity256LenMax && n%4 == 0
		}
	case AttrFingerprint:
		m.fingerprint = off
		return n == FingerprintLen
	}
	return true
}

func (m *Message) fingerprintOK() bool {
	want := binary.BigEndian.Uint32(m.raw[m.fingerprint+AttrHeaderLen:])
	return crc32.ChecksumIEEE(m.raw[:m.fingerprint])^fingerprintXOR == want
}

// Raw returns the whole message.
func (m *Message) Raw() []byte { return m.raw }

// Type returns the message type.
func (m *Message) Type() Type { return Type(binary.BigEndian.Uint16(m.raw)) }

// TransactionID returns the transaction ID.
func (m *Message) TransactionID() TransactionID { return TransactionID(m.raw[8:HeaderLen]) }

// HasIntegrity says whether there is a MESSAGE-INTEGRITY attribute.
func (m *Message) HasIntegrity() bool { return m.integrity != 0 }

// HasIntegritySHA256 says whether there is a MESSAGE-INTEGRITY-SHA256 attribute.
func (m *Message) HasIntegritySHA256() bool { return m.integrity256 != 0 }

// HasFingerprint says whether there is a (correct) FINGERPRINT attribute.
func (m *Message) HasFingerprint() bool { return m.fingerprint != 0 }

// Attrs begins a walk over the attributes that are to be heeded.
//
// RFC 8489, section 14.5: "agents MUST ignore all other attributes that follow
// MESSAGE-INTEGRITY", except MESSAGE-INTEGRITY-SHA256 and FINGERPRINT, which the
// walk leaves out too, because [Parse] has dealt with them.
// https://www.rfc-editor.org/rfc/rfc8489#section-14.5
func (m *Message) Attrs() Attrs {
	end := len(m.raw)
	for _, off := range [...]int{m.integrity, m.integrity256, m.fingerprint} {
		if off != 0 {
			end = min(end, off)
		}
	}
	return Attrs{rest: m.raw[HeaderLen:end]}
}

// Attrs walks over attributes:
//
//	for it := m.Attrs(); it.Next(); {
//		use(it.Type, it.Value)
//	}
type Attrs struct {
	Type  Attr
	Value []byte // points into the message, without padding
	rest  []byte
}

// Next moves to the next attribute and says whether there is one.
func (a *Attrs) Next() bool {
	if len(a.rest) < AttrHeaderLen {
		return false
	}
	n := int(binary.BigEndian.Uint16(a.rest[2:]))
	a.Type = Attr(binary.BigEndian.Uint16(a.rest))
	a.Value = a.rest[AttrHeaderLen : AttrHeaderLen+n : AttrHeaderLen+n]
	a.rest = a.rest[AttrHeaderLen+padded(n):]
	return true
}

// Find returns the value of the first attribute of type t.
func (m *Message) Find(t Attr) (value []byte, ok bool) {
	for it := m.Attrs(); it.Next(); {
		if it.Type == t {
			return it.Value, true
		}
	}
	return nil, false
}

func padded(n int) int { return (n + 3) &^ 3 }
