package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
)

// The header of the PROXY protocol, version 2, in front of a connection that a
// load balancer passes on:
//
//	 0..11  signature
//	12      version (4 bits, 2) and command (4 bits: 0 LOCAL, 1 PROXY)
//	13      address family (4 bits) and transport (4 bits)
//	14..15  length of what follows
//	        source address, destination address, source port, destination port
//	        extensions: type (8 bits), length (16 bits), value
//
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
	proxyHeadLen   = 16
	proxyVersion   = 2

	proxyLocal = 0
	proxyProxy = 1

	familyUnspecified = 0
	familyInet        = 1
	familyInet6       = 2
	familyUnix        = 3
	proxyUnixLen      = 216

	// extensionCRC32C is PP2_TYPE_CRC32C: a checksum over the whole header, with
	// its own value as zero.
	extensionCRC32C = 0x03
)

// ErrProxyHeader is wrapped by what is wrong with a header, or with its absence.
var ErrProxyHeader = errors.New("PROXY protocol")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readProxyHeader reads exactly one header. source is the zero AddrPort where the
// header says nothing of whom the connection is from.
func readProxyHeader(r io.Reader) (source netip.AddrPort, err error) {
	var head [proxyHeadLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return source, fmt.Errorf("%w: %w", ErrProxyHeader, err)
	}
	if string(head[:len(proxySignature)]) != proxySignature {
		return source, fmt.Errorf("%w: there is no header of version 2", ErrProxyHeader)
	}
	header := make([]byte, proxyHeadLen+int(binary.BigEndian.Uint16(head[14:])))
	copy(header, head[:])
	if _, err := io.ReadFull(r, header[proxyHeadLen:]); err != nil {
		return source, fmt.Errorf("%w: %w", ErrProxyHeader, err)
	}
	return parseProxyHeader(header)
}

// parseProxyHeader reads a whole header, whose length field is right. It changes b.
func parseProxyHeader(b []byte) (source netip.AddrPort, err error) {
	command, family, transport := b[12]&0xf, b[13]>>4, b[13]&0xf
	switch {
	case b[12]>>4 != proxyVersion:
		return source, fmt.Errorf("%w: version %d", ErrProxyHeader, b[12]>>4)
	case command != proxyLocal && command != proxyProxy:
		return source, fmt.Errorf("%w: command %d", ErrProxyHeader, command)
	case family > familyUnix || transport > 2:
		return source, fmt.Errorf("%w: address family %d, transport %d", ErrProxyHeader, family, transport)
	}
	size := [...]int{familyUnspecified: 0, familyInet: 12, familyInet6: 36, familyUnix: proxyUnixLen}[family]
	body := b[proxyHeadLen:]
	// Of a connection of the proxy's own, and of an unknown family, "the receiver
	// must accept this connection as valid and must use the real connection
	// endpoints and discard the protocol block including the family which is
	// ignored."
	if command == proxyLocal || family == familyUnspecified {
		return source, nil
	}
	if len(body) < size {
		return source, fmt.Errorf("%w: %d bytes are too few for the addresses", ErrProxyHeader, len(body))
	}
	if err := checkExtensions(b, proxyHeadLen+size); err != nil {
		return source, err
	}
	switch family {
	case familyInet:
		source = netip.AddrPortFrom(netip.AddrFrom4([4]byte(body)), binary.BigEndian.Uint16(body[8:]))
	case familyInet6:
		source = netip.AddrPortFrom(netip.AddrFrom16([16]byte(body)).Unmap(), binary.BigEndian.Uint16(body[32:]))
	}
	return source, nil
}

// checkExtensions skips the extensions from the offset at on, and compares the
// checksum, if there is one: "If the checksum is provided as part of the PROXY
// header and the checksum verification fails, the receiver must abort the
// connection."
func checkExtensions(b []byte, at int) error {
	for at < len(b) {
		if len(b)-at < 3 {
			return fmt.Errorf("%w: an extension is cut off", ErrProxyHeader)
		}
		n := int(binary.BigEndian.Uint16(b[at+1:]))
		if len(b)-at-3 < n {
			return fmt.Errorf("%w: an extension is longer than the header", ErrProxyHeader)
		}
		value := b[at+3 : at+3+n]
		if b[at] == extensionCRC32C {
			if n != 4 {
				return fmt.Errorf("%w: a checksum of %d bytes", ErrProxyHeader, n)
			}
			want := binary.BigEndian.Uint32(value)
			clear(value)
			if crc32.Checksum(b, castagnoli) != want {
				return fmt.Errorf("%w: the checksum is wrong", ErrProxyHeader)
			}
			binary.BigEndian.PutUint32(value, want)
		}
		at += 3 + n
	}
	return nil
}

// isProxy says whether a connection comes from a proxy that is believed.
func (l *Listener) isProxy(a net.Addr) bool {
	if len(l.cfg.ProxyFrom) == 0 {
		return false
	}
	ip := tcpAddress(a).Addr().WithZone("")
	for _, p := range l.cfg.ProxyFrom {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// identifyProxied finds out whom a proxy's connection is from. It is theirs from
// then on, also for the limits.
func (l *Listener) identifyProxied(c *conn) error {
	source, err := readProxyHeader(c.Conn)
	if err != nil {
		return err
	}
	if source.IsValid() {
		c.client = net.TCPAddrFromAddrPort(source)
	}
	if !l.enterSource(c) {
		l.count.refused.Add(1)
		return errTooMany
	}
	return nil
}

var errTooMany = errors.New("too many new connections from one source")
