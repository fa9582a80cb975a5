//go:build linux

package footprint

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	pion "github.com/pion/turn/v5"
	"golang.org/x/net/ipv4"

	"github.com/parley-rtc/parley/bench/load"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

const (
	floodSecret   = "a secret for tests only"
	floodSources  = 100_000
	floodBurst    = 1000 // packets between two looks at the good client
	floodMaxBytes = 4e6  // more after the second flood than after the first
	floodedBytes  = 70e6 // at most after both
)

// hostileNames are usernames that want to break a log, a metric or a terminal.
var hostileNames = []string{
	"x\nlevel=ERROR msg=\"forged line\" addr=8.8.8.8", "x\r\x1b[2Jx", "x\x00y", "x\u202egnp.exe", "x\" addr=8.8.8.8 user=\"y",
	strings.Repeat("A", 508), strings.Repeat("\xff", 508), "${jndi:ldap://x}", "", "../../etc/passwd", "parley_turn_allocations 7",
}

// floodPackets are what comes from each source, by what it is.
func floodPackets(i int) map[string][]byte {
	id := stun.TransactionID{1, 2, 3, byte(i >> 16), byte(i >> 8), byte(i)}
	binding := stun.Begin(nil, stun.TypeOf(stun.Binding, stun.Request), id)
	allocate := stun.Begin(nil, stun.TypeOf(stun.Allocate, stun.Request), id)
	allocate.Uint32(stun.AttrRequestedTransport, 17<<24)
	forged := stun.Begin(nil, stun.TypeOf(stun.Allocate, stun.Request), id)
	forged.Uint32(stun.AttrRequestedTransport, 17<<24)
	name := fmt.Sprint(i, hostileNames[i%len(hostileNames)])
	forged.Text(stun.AttrUsername, name[:min(len(name), 508)])
	forged.Text(stun.AttrRealm, "parley")
	forged.Text(stun.AttrNonce, "obMatJos2AAAAabcdefghijklmno")
	forged.Bytes(stun.AttrMessageIntegrity, make([]byte, stun.IntegrityLen))
	return map[string][]byte{
		"Binding": binding.Finish(), "Allocate": allocate.Finish(), "forged": forged.Finish(),
		"ChannelData": {0x40, byte(i), 0, 4, 1, 2, 3, 4}, "DTLS": clientHello(i),
		"garbage": {byte(i), byte(i >> 8), 0xff, 0xff, byte(i), 6, 7, 8, 9},
	}
}

// clientHello is the first datagram of a DTLS 1.2 client (RFC 6347, section 4.2).
func clientHello(i int) []byte {
	body := append([]byte{0xfe, 0xfd}, make([]byte, 32)...)
	binary.BigEndian.PutUint32(body[2:], uint32(i))
	body = append(body, 0, 0, 0, 2, 0xc0, 0x2b, 1, 0) // no session, no cookie, one suite, no compression
	body = append(body, 0, 16, 0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 4, 0, 2, 4, 3)
	n := byte(len(body))
	handshake := append([]byte{1, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, n}, body...)
	return append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(handshake))}, handshake...)
}

// source is one of many addresses of loopback, all of which are this machine's.
func source(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, byte(1 + i>>16), byte(i >> 8), byte(i)})
}

// TestFloods: 100,000 sources that do not exist send everything there is without a
// credential, to a server that speaks DTLS as well. The memory stays where it is, a good client loses nothing, and the
// metrics are the same series as before.
func TestFloods(t *testing.T) {
	at := freePort(t)
	p, err := load.StartParley(t.Context(), build(t), "--udp", at.String(), "--https", "127.0.0.1:0", "--turn-secret", floodSecret, "--allow-peer", "127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	relay, peer := goodClient(t, at), echoPeer(t)
	flood := openFlood(t, at)
	series, _ := metrics(t, p)
	flood.run(floodSources, 2*floodSources, func() { echoes(t, relay, peer) }) // the heap grows to where it is collected
	before, err := p.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	looks, begun, sent := 0, time.Now(), flood.sent
	flood.run(0, floodSources, func() { echoes(t, relay, peer); looks++ })
	took := time.Since(begun)
	after, err := p.Settled(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seriesAfter, values := metrics(t, p)
	t.Logf("%d packets in %v; %.1f MB before, %.1f after; %d echoes, none lost", flood.sent-sent, took.Round(time.Millisecond), float64(before)/1e6, float64(after)/1e6, looks)
	if grown := after - before; grown > floodMaxBytes || after > floodedBytes {
		t.Errorf("the server grew by %.1f MB to %.1f, at most %.0f to %.0f", float64(grown)/1e6, float64(after)/1e6, floodMaxBytes/1e6, floodedBytes/1e6)
	}
	if !slices.Equal(series, seriesAfter) {
		t.Errorf("metrics before:\n%s\nafter:\n%s", strings.Join(series, "\n"), strings.Join(seriesAfter, "\n"))
	}
	if got := values["parley_udp_datagrams_total{direction=\"in\"}"]; got < float64(flood.sent)/2 {
		t.Errorf("%v datagrams arrived of %d", got, flood.sent)
	}
	if got := values["parley_turn_allocations"]; got != 1 {
		t.Errorf("%v allocations, want the good client's", got)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(p.Log()) {
		if !strings.HasPrefix(line, "time=") || strings.ContainsFunc(line[:len(line)-1], func(r rune) bool { return r < ' ' || r > '~' }) || len(line) > 4096 {
			t.Errorf("a line of the log: %q", line)
		}
	}
	if n := strings.Count(p.Log(), "\n"); n > 1000 {
		t.Errorf("%d lines in the log", n)
	}
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// goodClient is somebody with a credential and a relay.
func goodClient(t *testing.T, at netip.AddrPort) net.PacketConn {
	t.Helper()
	username := fmt.Sprintf("%d:good", time.Now().Add(time.Hour).Unix())
	mac := hmac.New(sha1.New, []byte(floodSecret))
	mac.Write([]byte(username))
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: at.String(), TURNServerAddr: at.String(), Conn: conn,
		Username: username, Password: base64.StdEncoding.EncodeToString(mac.Sum(nil)), Realm: "parley",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); _ = conn.Close() })
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	return relay
}

func echoPeer(t *testing.T) net.Addr {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(buf[:n], from)
		}
	}()
	return c.LocalAddr()
}

// echoes sends one packet through the relay and wants it back.
func echoes(t *testing.T, relay net.PacketConn, peer net.Addr) {
	t.Helper()
	message := []byte(time.Now().String())
	if _, err := relay.WriteTo(message, peer); err != nil {
		t.Fatal(err)
	}
	_ = relay.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 2048)
	n, _, err := relay.ReadFrom(buf)
	if err != nil || !bytes.Equal(buf[:n], message) {
		t.Fatalf("the good client got %q, %v", buf[:n], err)
	}
}

// flooder sends from any address of loopback, by one socket.
type flooder struct {
	t    *testing.T
	conn *ipv4.PacketConn
	to   net.Addr
	sent int
}

func openFlood(t *testing.T, at netip.AddrPort) *flooder {
	t.Helper()
	c, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &flooder{t: t, conn: ipv4.NewPacketConn(c), to: net.UDPAddrFromAddrPort(at)}
}

// run sends all kinds of packets from each source, and calls look after every
// burst, which waits until the server is through with it.
func (f *flooder) run(from, to int, look func()) {
	for i := from; i < to; i++ {
		src := net.IP(source(i).AsSlice())
		for kind, b := range floodPackets(i) {
			if _, err := f.conn.WriteTo(b, &ipv4.ControlMessage{Src: src}, f.to); err != nil {
				f.t.Fatalf("%s from %v: %v", kind, src, err)
			}
			if f.sent++; f.sent%floodBurst == 0 {
				look()
			}
		}
	}
}

// metrics returns the names and labels of all of the server's own series, and
// their values.
func metrics(t *testing.T, p *load.Process) (series []string, values map[string]float64) {
	t.Helper()
	resp, err := http.Get("http://" + p.Address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		name, value, found := strings.Cut(lines.Text(), " ")
		if !found || !strings.HasPrefix(name, "parley_") {
			continue
		}
		var v float64
		_, _ = fmt.Sscan(value, &v)
		values[name] = v
	}
	return slices.Sorted(maps.Keys(values)), values
}
