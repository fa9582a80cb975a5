package node

import (
	"crypto/md5"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// rawClient speaks STUN over UDP by hand.
type rawClient struct {
	t     *testing.T
	conn  net.Conn
	nonce string
	count byte
}

func dialRaw(t *testing.T, to netip.AddrPort) *rawClient {
	t.Helper()
	c, err := net.Dial("udp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &rawClient{t: t, conn: c}
}

// signedRequest is a request with the attributes that fill puts in, signed by MD5 and
// SHA-1 once there is a nonce.
func signedRequest(m stun.Method, count byte, nonce, username, password string, fill func(*stun.Builder)) []byte {
	b := stun.Begin(nil, stun.TypeOf(m, stun.Request), stun.TransactionID{11: count})
	fill(&b)
	if nonce != "" {
		b.Text(stun.AttrUsername, username)
		b.Text(stun.AttrRealm, testRealm)
		b.Text(stun.AttrNonce, nonce)
		key := md5.Sum([]byte(username + ":" + testRealm + ":" + password))
		b.Integrity(stun.NewHasher(), key[:])
	}
	return b.Finish()
}

// ask sends an Allocate of a user and returns the error code, 0 for success.
func (c *rawClient) ask(username, password string) stun.Code {
	c.t.Helper()
	return c.request(stun.Allocate, username, password, func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, 17<<24) })
}

// permit sends a CreatePermission, with the allocation that ask got.
func (c *rawClient) permit(ip string) stun.Code {
	c.t.Helper()
	return c.request(stun.CreatePermission, testUser, testPassword, func(b *stun.Builder) {
		b.XORAddress(stun.AttrXORPeerAddress, netip.AddrPortFrom(netip.MustParseAddr(ip), 9))
	})
}

func (c *rawClient) request(m stun.Method, username, password string, fill func(*stun.Builder)) stun.Code {
	c.t.Helper()
	c.count++
	if _, err := c.conn.Write(signedRequest(m, c.count, c.nonce, username, password, fill)); err != nil {
		c.t.Fatal(err)
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 1500)
	n, err := c.conn.Read(buf)
	if err != nil {
		c.t.Fatal(err)
	}
	answer, ok := stun.Parse(buf[:n])
	if !ok {
		c.t.Fatalf("the server sent %x", buf[:n])
	}
	if nonce, ok := answer.Find(stun.AttrNonce); ok {
		c.nonce = string(nonce)
	}
	v, _ := answer.Find(stun.AttrErrorCode)
	code, _, _ := stun.ErrorCode(v)
	return code
}

// hostileNames want to break a log, a terminal, a metric or a table.
var hostileNames = []string{
	"x\nlevel=ERROR msg=forged addr=8.8.8.8:1", "x\r\x1b[2Jx", "x\x00y", "x\u202egnp.exe", "\u2066x\u2069", "x\" addr=8.8.8.8:1 user=\"y", "x\\",
	strings.Repeat("A", 480), strings.Repeat("\xff", 480), "${jndi:ldap://x}", "../../etc/passwd", "turn_allocations 7\n", "%s%n%d", "<script>", "\u0645\u0631\u062d",
}

// Names of users end up in one line of the log each, which shows nothing but what
// can be printed and begins with the true address; and in no metric.
func TestHostileUsernames(t *testing.T) {
	w := startTurn(t, turnConfig(t))
	series := func() (names []string) {
		families, err := newRegistry(w.node.collector()).Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				names = append(names, f.GetName()+fmt.Sprint(m.GetLabel()))
			}
		}
		return names
	}
	before := series()
	for _, name := range hostileNames {
		c := dialRaw(t, w.node.media.UDPAddrs()[0])
		c.ask("", "")
		if code := c.ask(name, "wrong"); code != stun.CodeUnauthenticated {
			t.Errorf("%q: %d", name, code)
		}
		// By a web service that lets its users choose their names, they may be signed
		// as well: what cannot be printed is refused all the same.
		username, password := restCredential(turnSecret, name)
		if code := c.ask(username, password); code != 0 && code != stun.CodeUnauthenticated {
			t.Errorf("%q, signed: %d", name, code)
		}
	}
	eventually(t, "the log", func() bool {
		return strings.Count(w.log.String(), "authentication failed") >= len(hostileNames) && w.log.has("allocation opened")
	})
	if err := w.ctl.Sessions(t.Context(), &config.TurnSessions{Limit: 1000}); err != nil {
		t.Error(err)
	}
	if unprintable(w.said.String()) {
		t.Errorf("the list of sessions has what cannot be printed: %q", w.said.String())
	}
	for line := range strings.Lines(w.log.String()) {
		if !strings.HasPrefix(line, "time=") || unprintable(line) || len(line) > 4096 {
			t.Errorf("a line of the log: %q", line)
		}
		if _, rest, ok := strings.Cut(line, " addr="); ok && !strings.HasPrefix(rest, "127.0.0.1:") {
			t.Errorf("the address is not the first thing that looks like it: %q", line)
		}
	}
	if after := series(); !slices.Equal(before, after) {
		t.Errorf("metrics before %q, after %q", before, after)
	}
}

// unprintable says whether there is more than letters and line ends in a text.
func unprintable(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && !strconv.IsPrint(r)
	})
}

// Own ports are out of reach over real sockets as well: what listens on an address
// that relays are advertised on gets nothing, another relay there gets everything.
func TestOwnPortsOverSockets(t *testing.T) {
	s := startTestServer(t, mediaConfig{UDP: []string{":0"}})
	ip := s.directory.primaryOf(mono.Now(), turn.IPv4)
	if !ip.IsValid() {
		t.Skip("SKIPPED: this machine has no address but loopback")
	}
	service, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	first, second := relayOf(t, s), relayOf(t, s)
	dropped := func() uint64 { return s.Counters().TURN.Drops[turn.DropNotARelay] }
	targets := []net.Addr{service.LocalAddr(), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, s.UDPAddr().Port())), net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 22))}
	for i, target := range targets {
		before := dropped()
		if _, err := first.WriteTo([]byte("let me in"), target); err != nil {
			t.Fatalf("%v: %v", target, err)
		}
		eventually(t, fmt.Sprintf("the refusal of target %d", i), func() bool { return dropped() > before })
	}
	_ = service.SetReadDeadline(time.Unix(1, 0))
	if n, from, err := service.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes from %v reached a service of the server's machine", n, from)
	}
	// The other way round needs a permission first, which a packet out makes.
	if _, err := second.WriteTo([]byte("hello"), first.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	message := []byte("from relay to relay")
	if _, err := first.WriteTo(message, second.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	_ = second.SetReadDeadline(time.Now().Add(20 * time.Second))
	buf := make([]byte, 100)
	if n, _, err := second.ReadFrom(buf); err != nil || string(buf[:n]) != string(message) {
		t.Errorf("got %q, %v", buf[:n], err)
	}
}
