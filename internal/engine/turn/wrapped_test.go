package turn

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

// wrapped puts ChannelData or a Data indication around b, n times.
func wrapped(b []byte, n int, asData func(int) bool) []byte {
	for i := range n {
		if !asData(i) {
			b = channelData(0x4000, string(b))
			continue
		}
		m := stun.Begin(nil, stun.TypeOf(stun.Data, stun.Indication), stun.TransactionID{1})
		m.XORAddress(stun.AttrXORPeerAddress, netip.MustParseAddrPort("9.9.9.9:700"))
		m.Bytes(stun.AttrData, b)
		b = m.Finish()
	}
	return b
}

func TestWrapsAreCounted(t *testing.T) {
	for _, payload := range []string{"", "x", "\x80\x60media", "\x00\x01\x00\x00\x21\x12\xa4\x42123456789012", "\x40\x00\x00"} {
		for name, asData := range map[string]func(int) bool{
			"ChannelData": func(int) bool { return false }, "Data": func(int) bool { return true }, "both": func(i int) bool { return i%2 == 0 },
		} {
			for n := range 8 {
				if got := wrappedTooOften(wrapped([]byte(payload), n, asData)); got != (n > wrapsMax) {
					t.Errorf("%q, %s around it %d times: %v", payload, name, n, got)
				}
			}
		}
	}
	// Padding, as over streams, hides nothing.
	b := []byte("x")
	for range wrapsMax + 1 {
		b = append(channelData(0x4000, string(b)), 0, 0, 0)
	}
	if !wrappedTooOften(b) {
		t.Error("padding hides the wraps")
	}
	if n := testing.AllocsPerRun(100, func() { wrappedTooOften(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzWraps: any datagram can be looked into, and what is wrapped is counted.
func FuzzWraps(f *testing.F) {
	f.Add([]byte("x"), byte(5))
	f.Add(bytes.Repeat([]byte{0x40}, 40), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, n byte) {
		inner := wrappedTooOften(b)
		n %= 8
		got := wrappedTooOften(wrapped(b[:min(len(b), 2000)], int(n), func(i int) bool { return i&1 == int(n)&1 }))
		if len(b) <= 2000 && (inner || n > wrapsMax) && !got {
			t.Fatalf("%x, wrapped %d times more, is none too many", b, n)
		}
	})
}
