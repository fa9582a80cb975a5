package stream

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// proxyHeader builds a header with a body.
func proxyHeader(versionCommand, familyTransport byte, body ...byte) []byte {
	b := append([]byte(proxySignature), versionCommand, familyTransport)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

var (
	inet  = []byte{203, 0, 113, 9, 192, 0, 2, 1, 0x30, 0x39, 0, 80} // from 203.0.113.9:12345
	inet6 = append(append(ip16("2001:db8::9"), ip16("2001:db8::1")...), 0x30, 0x39, 0, 80)
)

func ip16(s string) []byte { v := netip.MustParseAddr(s).As16(); return v[:] }

// withChecksum adds PP2_TYPE_CRC32C behind the body.
func withChecksum(versionCommand, familyTransport byte, body ...byte) []byte {
	b := proxyHeader(versionCommand, familyTransport, append(body, extensionCRC32C, 0, 4, 0, 0, 0, 0)...)
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b, castagnoli))
	return b
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestProxyHeaders(t *testing.T) {
	none := netip.AddrPort{}
	v4, v6 := netip.MustParseAddrPort("203.0.113.9:12345"), netip.MustParseAddrPort("[2001:db8::9]:12345")
	broken := withChecksum(0x21, 0x11, inet...)
	broken[20] ^= 1
	for name, c := range map[string]struct {
		header []byte
		want   netip.AddrPort
		wrong  string // part of the error
	}{
		"TCP over IPv4":           {header: proxyHeader(0x21, 0x11, inet...), want: v4},
		"UDP over IPv4":           {header: proxyHeader(0x21, 0x12, inet...), want: v4},
		"TCP over IPv6":           {header: proxyHeader(0x21, 0x21, inet6...), want: v6},
		"UDP over IPv6":           {header: proxyHeader(0x21, 0x22, inet6...), want: v6},
		"IPv4 mapped into IPv6":   {header: proxyHeader(0x21, 0x21, concat(ip16("::ffff:203.0.113.9"), inet6[16:])...), want: v4},
		"UNIX":                    {header: proxyHeader(0x21, 0x31, make([]byte, proxyUnixLen)...), want: none},
		"UNIX datagrams":          {header: proxyHeader(0x21, 0x32, make([]byte, proxyUnixLen)...), want: none},
		"unspecified":             {header: proxyHeader(0x21, 0x00, 1, 2, 3), want: none},
		"LOCAL":                   {header: proxyHeader(0x20, 0x00), want: none},
		"LOCAL with addresses":    {header: proxyHeader(0x20, 0x11, inet...), want: none},
		"extensions":              {header: proxyHeader(0x21, 0x11, concat(inet, []byte{4, 0, 0, 0x20, 0, 2, 'h', '2'})...), want: v4},
		"checksum":                {header: withChecksum(0x21, 0x11, inet...), want: v4},
		"checksum, IPv6":          {header: withChecksum(0x21, 0x21, concat(inet6, []byte{4, 0, 1, 7})...), want: v6},
		"wrong checksum":          {header: broken, wrong: "checksum is wrong"},
		"short checksum":          {header: proxyHeader(0x21, 0x11, concat(inet, []byte{3, 0, 2, 1, 1})...), wrong: "checksum of 2 bytes"},
		"cut extension":           {header: proxyHeader(0x21, 0x11, concat(inet, []byte{4, 0})...), wrong: "cut off"},
		"lying extension":         {header: proxyHeader(0x21, 0x11, concat(inet, []byte{4, 0, 9, 1})...), wrong: "longer than"},
		"too short for IPv4":      {header: proxyHeader(0x21, 0x11, inet[:11]...), wrong: "too few"},
		"too short for IPv6":      {header: proxyHeader(0x21, 0x21, inet6[:35]...), wrong: "too few"},
		"too short for UNIX":      {header: proxyHeader(0x21, 0x31, make([]byte, proxyUnixLen-1)...), wrong: "too few"},
		"version 1 in the number": {header: proxyHeader(0x11, 0x11, inet...), wrong: "version 1"},
		"version 1":               {header: []byte("PROXY TCP4 203.0.113.9 192.0.2.1 12345 80\r\n"), wrong: "no header"},
		"command 2":               {header: proxyHeader(0x22, 0x11, inet...), wrong: "command 2"},
		"family 4":                {header: proxyHeader(0x21, 0x41, inet...), wrong: "family 4"},
		"transport 3":             {header: proxyHeader(0x21, 0x13, inet...), wrong: "transport 3"},
		"half a header":           {header: proxyHeader(0x21, 0x11, inet...)[:20], wrong: "EOF"},
		"nothing":                 {wrong: "EOF"},
	} {
		r := bytes.NewReader(append(c.header, "rest"...))
		if c.wrong == "EOF" {
			r = bytes.NewReader(c.header)
		}
		got, err := readProxyHeader(r)
		if c.wrong != "" {
			if !errors.Is(err, ErrProxyHeader) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		if rest, _ := io.ReadAll(r); err != nil || got != c.want || string(rest) != "rest" {
			t.Errorf("%s: %v, %v, %q is left", name, got, err, rest)
		}
	}
}

// FuzzProxyHeader: what is read is the header and nothing behind it, and a header
// that is taken was no less than the addresses that it gave.
func FuzzProxyHeader(f *testing.F) {
	f.Add(proxyHeader(0x21, 0x11, inet...))
	f.Add(withChecksum(0x21, 0x21, inet6...))
	f.Add(proxyHeader(0x20, 0x00))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		source, err := readProxyHeader(r)
		if err != nil {
			if !errors.Is(err, ErrProxyHeader) || source.IsValid() {
				t.Fatalf("%v, %v", source, err)
			}
			return
		}
		size := len(b) - r.Len()
		if size != proxyHeadLen+int(binary.BigEndian.Uint16(b[14:])) || string(b[:12]) != proxySignature {
			t.Fatalf("%d bytes were taken of %x", size, b)
		}
		if source.IsValid() && size < proxyHeadLen+12 {
			t.Fatalf("%v came out of %d bytes", source, size)
		}
	})
}

func FuzzProxyHeaderBody(f *testing.F) {
	f.Add(byte(0x21), byte(0x11), inet)
	f.Add(byte(0x21), byte(0x21), inet6)
	f.Fuzz(func(t *testing.T, command, family byte, body []byte) {
		if len(body) > 1<<16-1 {
			return
		}
		_, _ = parseProxyHeader(proxyHeader(command, family, body...))
	})
}

// TestProxiedConnections: a trusted proxy's header says whom a connection is from,
// for TURN and HTTP, with and without TLS.
func TestProxiedConnections(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	l := start(t, Config{ProxyFrom: trusted, ServeTURN: func(c net.Conn, _ bool) {
		_, _ = io.WriteString(c, c.RemoteAddr().String()+"\n")
	}}, true)
	header := proxyHeader(0x21, 0x11, inet...)

	plain := connect(t, l)
	_, _ = plain.Write(append(header, binding()...))
	if got, _ := io.ReadAll(plain); string(got) != "203.0.113.9:12345\n" {
		t.Errorf("TURN over TCP: %q", got)
	}
	secure := connect(t, l)
	_, _ = secure.Write(header)
	inner := tls.Client(secure, &tls.Config{InsecureSkipVerify: true})
	_, _ = inner.Write(binding())
	if got, _ := io.ReadAll(inner); string(got) != "203.0.113.9:12345\n" {
		t.Errorf("TURN over TLS: %q", got)
	}
	local := connect(t, l)
	_, _ = local.Write(append(proxyHeader(0x20, 0), binding()...))
	if got, _ := io.ReadAll(local); string(got) != local.LocalAddr().String()+"\n" {
		t.Errorf("the proxy's own: %q", got)
	}
	web := connect(t, l)
	_, _ = web.Write(append(header, "GET / HTTP/1.0\r\n\r\n"...))
	if got, _ := io.ReadAll(web); !bytes.HasPrefix(got, []byte("HTTP/1.0 200")) {
		t.Errorf("HTTP: %q", got)
	}
	for name, b := range map[string][]byte{
		"no header": binding(), "version 1": []byte("PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r\n"), "HTTP": []byte("GET / HTTP/1.0\r\n\r\n"),
	} {
		c := connect(t, l)
		_, _ = c.Write(b)
		if got, _ := io.ReadAll(c); len(got) != 0 {
			t.Errorf("%s: answered with %q", name, got)
		}
	}
	if got := l.Counters(); got.ProxyError != 3 || got.HandshakeError != 0 {
		t.Errorf("%+v", got)
	}
}

// TestAHeaderFromAnybodyElseIsAnError: nobody may say to be somebody else.
func TestAHeaderFromAnybodyElseIsAnError(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no proxies":    {},
		"other proxies": {ProxyFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}},
	} {
		l := start(t, cfg, false)
		for _, rest := range []string{string(binding()), "GET / HTTP/1.0\r\n\r\n"} {
			c := connect(t, l)
			_, _ = c.Write(append(proxyHeader(0x21, 0x11, inet...), rest...))
			if got, _ := io.ReadAll(c); len(got) != 0 {
				t.Errorf("%s: answered with %q", name, got)
			}
		}
		expectEcho(t, connect(t, l), "")
		if got := l.Counters(); got.ProxyError != 2 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestASlowHeaderTimesOut, wherever it stops.
func TestASlowHeaderTimesOut(t *testing.T) {
	l := start(t, Config{ProxyFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, HandshakeTimeout: 50 * time.Millisecond}, false)
	header := proxyHeader(0x21, 0x11, inet...)
	for _, n := range []int{0, 1, 15, 16, len(header) - 1, len(header)} {
		c := connect(t, l)
		_, _ = c.Write(header[:n])
		if got, err := io.ReadAll(c); len(got) != 0 || err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after %d bytes: %q, %v", n, got, err)
		}
	}
	if got := l.Counters(); got.TimedOut != 6 {
		t.Errorf("%+v", got)
	}
}

// TestTheLimitOfNewConnectionsIsForTheProxiesClients, one by one, and not for the
// proxy that they all come from.
func TestTheLimitOfNewConnectionsIsForTheProxiesClients(t *testing.T) {
	l := start(t, Config{ProxyFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, false)
	header := proxyHeader(0x21, 0x11, inet...)
	for range newPerSourceMax {
		_, _ = connect(t, l).Write(header)
	}
	deadline := time.Now().Add(testTimeout)
	for full := false; !full; {
		l.mu.Lock()
		full = l.sources[netip.MustParsePrefix("203.0.113.9/32")] == newPerSourceMax
		l.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatal("the connections were not counted for their source")
		}
	}
	over := connect(t, l)
	_, _ = over.Write(append(header, binding()...))
	if got, _ := io.ReadAll(over); len(got) != 0 {
		t.Errorf("one more than allowed was served: %q", got)
	}
	header[16]++ // another client
	other := connect(t, l)
	_, _ = other.Write(header)
	expectEcho(t, other, "")
}
