package stun

import (
	"encoding/binary"
	"net/netip"
)

// Families of MAPPED-ADDRESS and its relatives (RFC 8489, section 14.1).
const (
	familyIPv4 = 0x01
	familyIPv6 = 0x02
)

const (
	addrLenIPv4 = 8
	addrLenIPv6 = 20
	portXOR     = uint16(MagicCookie >> 16)
)

// appendXORAddress appends the value of an XOR-...-ADDRESS attribute (RFC 8489,
// section 14.2). IPv4 in its IPv6-mapped form is written as IPv4.
func appendXORAddress(b []byte, a netip.AddrPort, id *TransactionID) []byte {
	ip := a.Addr().Unmap()
	port := a.Port() ^ portXOR
	if ip.Is4() {
		v := ip.As4()
		b = append(b, 0, familyIPv4, byte(port>>8), byte(port))
		return binary.BigEndian.AppendUint32(b, binary.BigEndian.Uint32(v[:])^MagicCookie)
	}
	v := ip.As16()
	xorIPv6(&v, id)
	b = append(b, 0, familyIPv6, byte(port>>8), byte(port))
	return append(b, v[:]...)
}

// Address adds MAPPED-ADDRESS or another attribute of its form (RFC 8489, section
// 14.1).
func (b *Builder) Address(t Attr, a netip.AddrPort) {
	ip := a.Addr().Unmap()
	if ip.Is4() {
		v := ip.As4()
		b.Bytes(t, append([]byte{0, familyIPv4, byte(a.Port() >> 8), byte(a.Port())}, v[:]...))
		return
	}
	v := ip.As16()
	b.Bytes(t, append([]byte{0, familyIPv6, byte(a.Port() >> 8), byte(a.Port())}, v[:]...))
}

// Address decodes the value of MAPPED-ADDRESS or another attribute of its form.
func Address(value []byte) (a netip.AddrPort, ok bool) {
	if len(value) == addrLenIPv4 && value[1] == familyIPv4 || len(value) == addrLenIPv6 && value[1] == familyIPv6 {
		ip, _ := netip.AddrFromSlice(value[4:])
		return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(value[2:])), true
	}
	return a, false
}

// XORAddress decodes the value of an XOR-...-ADDRESS attribute.
func XORAddress(value []byte, id TransactionID) (a netip.AddrPort, ok bool) {
	if len(value) < addrLenIPv4 {
		return a, false
	}
	port := binary.BigEndian.Uint16(value[2:]) ^ portXOR
	switch {
	case value[1] == familyIPv4 && len(value) == addrLenIPv4:
		var v [4]byte
		binary.BigEndian.PutUint32(v[:], binary.BigEndian.Uint32(value[4:])^MagicCookie)
		return netip.AddrPortFrom(netip.AddrFrom4(v), port), true
	case value[1] == familyIPv6 && len(value) == addrLenIPv6:
		v := [16]byte(value[4:])
		xorIPv6(&v, &id)
		return netip.AddrPortFrom(netip.AddrFrom16(v), port), true
	}
	return a, false
}

func xorIPv6(v *[16]byte, id *TransactionID) {
	binary.BigEndian.PutUint32(v[:], binary.BigEndian.Uint32(v[:])^MagicCookie)
	for i := range id {
		v[4+i] ^= id[i]
	}
}

// PutXORAddress writes the value of an XOR-...-ADDRESS attribute to the start of
// b and returns its length: 8 bytes for IPv4, 20 for IPv6.
func PutXORAddress(b []byte, a netip.AddrPort, id *TransactionID) int {
	return len(appendXORAddress(b[:0], a, id))
}

// ErrorCode decodes the value of ERROR-CODE (RFC 8489, section 14.8).
func ErrorCode(value []byte) (code Code, reason string, ok bool) {
	if len(value) < 4 {
		return 0, "", false
	}
	class, number := value[2]&7, value[3]
	if class < 3 || class > 6 || number > 99 {
		return 0, "", false
	}
	return Code(class)*100 + Code(number), string(value[4:]), true
}
