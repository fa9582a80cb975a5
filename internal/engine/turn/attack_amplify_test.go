package turn

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// Headers of IP and UDP, in bytes: an attacker pays for them and a victim gets
// them too.
const (
	headersIPv4 = 20 + 8
	headersIPv6 = 40 + 8
)

// amplificationMax is how many bytes may leave for each that came, headers
// counted, for anything that somebody without a credential can send in the name
// of somebody else. The worst is a request of nothing but its header, which gets
// realm and nonce.
const amplificationMax = 2.5

// spoofed are the messages that anybody can make, by what they are.
func spoofed() map[string][]byte {
	messages := map[string][]byte{}
	for m := range stun.ConnectionAttempt + 4 { // what RFCs name, and a little beyond
		for c := stun.Request; c <= stun.Error; c++ {
			t := stun.TypeOf(m, c)
			for body, fill := range spoofedBodies {
				b := stun.Begin(nil, t, stun.TransactionID{1, 2, 3})
				fill(&b)
				messages[fmt.Sprintf("%v, %s", t, body)] = b.Finish()
			}
		}
	}
	for n := range 64 {
		messages[fmt.Sprintf("ChannelData of %d bytes", n)] = channelData(0x4000, string(make([]byte, n)))
		messages[fmt.Sprintf("DTLS of %d bytes", n)] = append([]byte{22}, make([]byte, n)...)
		messages[fmt.Sprintf("RTP of %d bytes", n)] = append([]byte{0x80}, make([]byte, n)...)
		messages[fmt.Sprintf("%d zero bytes", n)] = make([]byte, n)
	}
	return messages
}

var forgedKey = [16]byte{1, 2, 3}

var spoofedBodies = map[string]func(*stun.Builder){
	"empty":       func(*stun.Builder) {},
	"transport":   func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, protocolUDP<<24) },
	"fingerprint": func(b *stun.Builder) { b.Fingerprint() },
	"unknown":     func(b *stun.Builder) { b.Bytes(0x7fff, nil) },
	"8 unknown": func(b *stun.Builder) {
		for i := range 8 {
			b.Bytes(0x7ff0+stun.Attr(i), nil)
		}
	},
	"changed IP and port": func(b *stun.Builder) { b.Uint32(stun.AttrChangeRequest, changeIP|changePort) },
	"another port":        func(b *stun.Builder) { b.Uint32(stun.AttrResponsePort, 5000<<16) },
	"padding":             func(b *stun.Builder) { b.Bytes(stun.AttrPadding, make([]byte, 1200)) },
	"empty padding":       func(b *stun.Builder) { b.Bytes(stun.AttrPadding, nil) },
	"peer":                func(b *stun.Builder) { b.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort("9.9.9.9:9")) },
	"only MI":             func(b *stun.Builder) { b.Integrity(stun.NewHasher(), forgedKey[:]) },
	"only MI-256":         func(b *stun.Builder) { b.IntegritySHA256(stun.NewHasher(), forgedKey[:]) },
	"user, no MI":         func(b *stun.Builder) { b.Text(stun.AttrUsername, "a") },
	"forged MI":           func(b *stun.Builder) { forge(b); b.Integrity(stun.NewHasher(), forgedKey[:]) },
	"forged MI-256":       func(b *stun.Builder) { forge(b); b.IntegritySHA256(stun.NewHasher(), forgedKey[:]) },
}

func forge(b *stun.Builder) {
	b.Text(stun.AttrUsername, "a")
	b.Text(stun.AttrRealm, "parley")
	b.Text(stun.AttrNonce, "n")
}

// Whatever is sent in the name of a victim, the victim gets little more than it
// cost to send, from the first packet on.
func TestAmplificationByMessage(t *testing.T) {
	worst := 0.0
	for _, c := range []struct {
		remote    string
		headers   int
		discovery *Discovery
	}{
		{"198.51.100.1:4000", headersIPv4, nil}, {"[2001:db8::9]:4000", headersIPv6, nil},
		{"198.51.100.1:4000", headersIPv4, fourPoints()}, {"[2001:db8::9]:4000", headersIPv6, sixPoints()},
	} {
		w := newWorld(t, Config{RepliesPerSecond: 1e6, ReplyBurst: 1e9, Discovery: c.discovery})
		victim, headers := w.client("victim", "udp", c.remote), c.headers
		for what, b := range spoofed() {
			w.engine.HandleClient(w.now, victim.Client, datagram(b, victim.Remote), &w.out)
			if len(w.out.Send) > 1 {
				t.Fatalf("%s gets %d packets", what, len(w.out.Send))
			}
			for _, o := range w.out.Send {
				factor := float64(headers+len(o.Data)) / float64(headers+len(b))
				if factor > 1.5 {
					t.Logf("%s: %d bytes get %d, %.2f with headers", what, len(b), len(o.Data), factor)
				}
				if o.Remote.Addr() != victim.Remote.Addr() || factor > amplificationMax {
					t.Errorf("%s: %d bytes from %v get %d bytes to %v: %.2f with headers, at most %.1f",
						what, len(b), victim.Remote, len(o.Data), o.Remote, factor, amplificationMax)
				}
				worst = max(worst, factor)
			}
			w.out.Reset()
		}
		w.wantNoState(t)
	}
	t.Logf("worst: %.2f", worst)
}

// What a server may be told to offer makes the answer longer that everybody gets,
// and so does a realm: by their own length, and once.
func TestAmplificationByOffers(t *testing.T) {
	size := func(cfg Config, offer ...string) int {
		w := newWorld(t, cfg)
		w.users.offer.set(offer)
		victim := w.client("victim", "udp", "198.51.100.1:4000")
		w.fromClient(victim, w.request(victim, stun.Allocate, nil))
		if len(w.last) != 1 {
			t.Fatalf("%d replies", len(w.last))
		}
		return len(w.last[0])
	}
	plain, all := size(Config{}, "sha256"), Config{Software: strings.Repeat("s", 100), Discovery: fourPoints(), Extensions: Extensions{
		Mobility: true, DontFragment: true, Alternates: []Alternate{{}},
	}}
	if got := size(all, "sha256", "anonymity"); got > plain+4 {
		t.Errorf("with every extension a challenge has %d bytes, without %d", got, plain)
	}
	name := "turn.example.org"
	if got, most := size(all, "sha256", "tokens="+name), plain+4+len(name); got > most {
		t.Errorf("with tokens a challenge has %d bytes, at most %d", got, most)
	}
	long := strings.Repeat("r", 128)
	if got, most := size(Config{Realm: long}, "sha256"), plain-len("parley")+len(long); got > most {
		t.Errorf("with a long realm a challenge has %d bytes, at most %d", got, most)
	}
	// A server without room sends nobody elsewhere who has proved nothing.
	w := newWorld(t, all)
	w.engine.SetDraining(true)
	victim := w.client("victim", "udp", "198.51.100.1:4000")
	if got := w.fromClient(victim, w.request(victim, stun.Allocate, nil)); !strings.Contains(got, "error 401") {
		t.Errorf("while draining: %s", got)
	}
}

// sixPoints are four points of IPv6.
func sixPoints() *Discovery {
	d := &Discovery{}
	for i, ip := range []string{"2001:db8::1", "2001:db8::2"} {
		for j, port := range []uint16{3478, 3479} {
			d.Points[i][j] = Point{Sock: dgram.Main | dgram.Sock(2*i+j), Address: netip.AddrPortFrom(netip.MustParseAddr(ip), port)}
		}
	}
	return d
}

// Two servers that are told to be each other's clients fall silent: no answer
// leads to another.
func TestServersDoNotAnswerEachOther(t *testing.T) {
	w := newWorld(t, Config{RepliesPerSecond: 1e6, ReplyBurst: 1e9, Discovery: fourPoints()})
	other := w.client("other server", "udp", "198.51.100.1:3478")
	answers := map[string]int{}
	for what, b := range spoofed() {
		w.engine.HandleClient(w.now, other.Client, datagram(b, other.Remote), &w.out)
		var replies [][]byte
		for _, o := range w.out.Send {
			replies = append(replies, append([]byte(nil), o.Data...))
		}
		w.out.Reset()
		for _, reply := range replies {
			m, _ := stun.Parse(reply)
			answers[m.Type().String()]++
			if w.engine.HandleClient(w.now, other.Client, datagram(reply, other.Remote), &w.out); len(w.out.Send) > 0 {
				t.Errorf("the answer to %s is answered", what)
			}
			w.out.Reset()
		}
	}
	if len(answers) < 5 {
		t.Errorf("only these answers came: %v", answers)
	}
}

// Somebody with a credential gets no more out of a victim's address: the nonce is
// bound to it, and every answer stays below the request.
func TestAmplificationWithACredential(t *testing.T) {
	w := newWorld(t, Config{RepliesPerSecond: 1e6, ReplyBurst: 1e9})
	ann := w.client("ann", "udp", "198.51.100.1:4000")
	victim := w.client("victim", "udp", "198.51.100.2:4000")
	w.command([]string{"ann", "allocate"})
	w.command([]string{"ann", "allocate"})
	w.opened(0, "203.0.113.5:50000")
	for verb, args := range map[string][]string{
		"allocate": nil, "refresh": nil, "permit": {"peer=9.9.9.9:1"}, "bind": {"channel=0x4000", "peer=9.9.9.9:1"},
	} {
		victim.nonce = ann.nonce // seen or bought, it does not matter how
		request := w.request(victim, methods[verb], args)
		w.fromClient(victim, request)
		for _, reply := range w.last {
			if len(reply) > len(request) {
				t.Errorf("%s: %d bytes get %d", verb, len(request), len(reply))
			}
		}
	}
	if n := len(w.engine.clients); n != 1 {
		t.Errorf("%d allocations", n)
	}
}

// One source that is made up gets a burst and then a rate, and not a reply more.
func TestAmplificationIsBounded(t *testing.T) {
	w := newWorld(t, Config{RepliesPerSecond: 200, ReplyBurst: 2000})
	victim := w.client("victim", "udp", "198.51.100.1:4000")
	request := w.request(victim, stun.Allocate, nil)
	replies, bytes := 0, 0
	const seconds, perSecond = 10, 5000
	for range seconds * perSecond {
		w.engine.HandleClient(w.now, victim.Client, datagram(request, victim.Remote), &w.out)
		for _, o := range w.out.Send {
			replies++
			bytes += len(o.Data)
		}
		w.out.Reset()
		w.now = w.now.Add(time.Second / perSecond)
	}
	if want := 2000 + 200*seconds; replies < want-1 || replies > want {
		t.Errorf("%d replies, want %d", replies, want)
	}
	if in := seconds * perSecond * len(request); bytes*4 > in {
		t.Errorf("%d bytes out for %d in", bytes, in)
	}
}

// wantNoState: nothing is kept that an unproven source could fill the server with.
func (w *world) wantNoState(t *testing.T) {
	t.Helper()
	e := w.engine
	if n := len(e.clients) + len(e.users) + len(e.relays) + len(e.free); n != 0 || e.NextDeadline() != mono.Never {
		t.Errorf("unproven sources left %d things behind", n)
	}
}
