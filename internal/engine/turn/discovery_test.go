package turn

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
)

// fourPoints are 192.0.2.1 and 192.0.2.2 with ports 3478 and 3479.
func fourPoints() *Discovery {
	d := &Discovery{}
	for i, ip := range []string{"192.0.2.1", "192.0.2.2"} {
		for j, port := range []uint16{3478, 3479} {
			d.Points[i][j] = Point{Sock: dgram.Main | dgram.Sock(2*i+j), Address: netip.AddrPortFrom(netip.MustParseAddr(ip), port)}
		}
	}
	return d
}

// asked is a Binding request by RFC 5780 from 198.51.100.1:4000.
func (w *world) asked(sock dgram.Sock, add func(b *stun.Builder)) (sent []dgram.Out, size int) {
	b := stun.Begin(nil, stun.TypeOf(stun.Binding, stun.Request), stun.TransactionID{11: 1})
	add(&b)
	request := b.Finish()
	c := Client{Sock: sock, Remote: netip.MustParseAddrPort("198.51.100.1:4000")}
	w.out.Reset()
	w.engine.HandleClient(w.now, c, datagram(request, c.Remote), &w.out)
	return w.out.Send, len(request)
}

func changeRequest(flags uint32) func(*stun.Builder) {
	return func(b *stun.Builder) { b.Uint32(stun.AttrChangeRequest, flags) }
}

// TestChangeRequest: from each of the four addresses, each flag leads to the
// address that it should, and the response says so.
func TestChangeRequest(t *testing.T) {
	for from := range dgram.Sock(4) {
		for flags, xor := range map[uint32]dgram.Sock{0: 0, changeIP: 2, changePort: 1, changeIP | changePort: 3} {
			w := newWorld(t, Config{Discovery: fourPoints()})
			sent, _ := w.asked(from, changeRequest(flags))
			if len(sent) != 1 || sent[0].Sock != from^xor || sent[0].Remote.String() != "198.51.100.1:4000" {
				t.Fatalf("flags %x at %d: %+v", flags, from, sent)
			}
			m, _ := stun.Parse(sent[0].Data)
			points := w.engine.cfg.Discovery.Points
			for attr, sock := range map[stun.Attr]dgram.Sock{stun.AttrResponseOrigin: from ^ xor, stun.AttrOtherAddress: from ^ 3} {
				v, _ := m.Find(attr)
				if a, ok := stun.Address(v); !ok || a != points[sock/2][sock%2].Address {
					t.Errorf("flags %x at %d: attribute %04x is %v", flags, from, uint16(attr), a)
				}
			}
			if v, _ := m.Find(stun.AttrMappedAddress); v == nil {
				t.Error("no MAPPED-ADDRESS")
			}
		}
	}
}

func TestResponsePort(t *testing.T) {
	w := newWorld(t, Config{Discovery: fourPoints()})
	ported := func(port uint32) func(*stun.Builder) {
		return func(b *stun.Builder) { b.Uint32(stun.AttrResponsePort, port<<16) }
	}
	if sent, _ := w.asked(0, ported(5000)); len(sent) != 1 || sent[0].Remote.String() != "198.51.100.1:5000" {
		t.Errorf("%+v", sent)
	}
	for name, add := range map[string]func(b *stun.Builder){
		"port 0":         ported(0),
		"short":          func(b *stun.Builder) { b.Bytes(stun.AttrResponsePort, []byte{1, 2}) },
		"short change":   func(b *stun.Builder) { b.Bytes(stun.AttrChangeRequest, []byte{1, 2}) },
		"beside PADDING": func(b *stun.Builder) { ported(5000)(b); b.Bytes(stun.AttrPadding, make([]byte, 8)) },
	} {
		sent, _ := w.asked(0, add)
		if code := errorOf(t, sent); code != stun.CodeBadRequest || sent[0].Remote.Port() != 4000 {
			t.Errorf("%s: %d to %v", name, code, sent[0].Remote)
		}
	}
}

func errorOf(t *testing.T, sent []dgram.Out) stun.Code {
	t.Helper()
	if len(sent) != 1 {
		t.Fatalf("%d replies", len(sent))
	}
	m, _ := stun.Parse(sent[0].Data)
	v, _ := m.Find(stun.AttrErrorCode)
	code, _, _ := stun.ErrorCode(v)
	return code
}

// TestPaddingAmplifiesNothing: the response is longer than the request by its
// addresses alone, whatever the length of PADDING, and within the budget.
func TestPaddingAmplifiesNothing(t *testing.T) {
	const addresses = 4 * (stun.AttrHeaderLen + 8)
	w := newWorld(t, Config{Discovery: fourPoints(), ReplyBurst: 40, RepliesPerSecond: 1})
	for _, n := range []int{0, 1, 3, 4, 100, 1480, 1500, 1501, 9000, 60000} {
		sent, size := w.asked(0, func(b *stun.Builder) { b.Bytes(stun.AttrPadding, make([]byte, n)) })
		if len(sent) != 1 {
			t.Fatalf("%d bytes of PADDING: %d replies", n, len(sent))
		}
		if got := len(sent[0].Data); got > size+addresses || got > 1600 {
			t.Errorf("%d bytes of PADDING: %d bytes in, %d out", n, size, got)
		}
	}
	replies := 0
	for range 100 {
		sent, _ := w.asked(dgram.Sock(replies%4), changeRequest(changeIP))
		replies += len(sent)
	}
	if replies > 30 {
		t.Errorf("%d replies to one source", replies)
	}
}

// TestDiscoveryIsRefusedWhereItIsOff, over streams too.
func TestDiscoveryIsRefusedWhereItIsOff(t *testing.T) {
	for _, attr := range []stun.Attr{stun.AttrChangeRequest, stun.AttrPadding, stun.AttrResponsePort} {
		w := newWorld(t, Config{})
		sent, _ := w.asked(0, func(b *stun.Builder) { b.Uint32(attr, 0) })
		if code := errorOf(t, sent); code != stun.CodeUnknownAttribute {
			t.Errorf("%04x: %d", uint16(attr), code)
		}
	}
	w := newWorld(t, Config{Discovery: fourPoints()})
	for _, transport := range []string{"tcp", "tls"} {
		p := w.client("p", transport, "198.51.100.1:4000")
		if got := w.clientCommand(p, "binding", []string{"unknown=0x0003"}); !strings.Contains(got, " error 420") {
			t.Errorf("%s: %s", transport, got)
		}
		if got := w.clientCommand(p, "binding", nil); strings.Contains(got, "0x802c") {
			t.Errorf("%s: %s", transport, got)
		}
	}
	if sent, _ := w.asked(0, func(b *stun.Builder) { changeRequest(0)(b); b.Bytes(0x7fff, nil) }); errorOf(t, sent) != stun.CodeUnknownAttribute {
		t.Error("an unknown attribute beside CHANGE-REQUEST was not refused")
	}
	if sent, _ := w.asked(9, changeRequest(0)); errorOf(t, sent) != stun.CodeUnknownAttribute {
		t.Error("a port that is none of the four took CHANGE-REQUEST")
	}
}
