package dgram

import (
	"bytes"
	"testing"
)

func received(payload string, tail int) *In {
	buf := bytes.Repeat([]byte{0xee}, Headroom+len(payload)+tail)
	copy(buf[Headroom:], payload)
	return &In{Buf: buf, Start: Headroom, End: Headroom + len(payload)}
}

func TestInSlices(t *testing.T) {
	in := received("hello", 8)
	if p := in.Payload(); string(p) != "hello" || cap(p) != 5 {
		t.Errorf("Payload: %q, capacity %d", p, cap(p))
	}
	if h := in.WithHeader(4); string(h[4:]) != "hello" || &h[4] != &in.Buf[Headroom] || cap(h) != 9 {
		t.Errorf("WithHeader: %q, capacity %d", h, cap(h))
	}
	if len(in.WithHeader(Headroom)) != Headroom+5 {
		t.Error("WithHeader refuses the whole headroom")
	}
}

func TestInWithPadding(t *testing.T) {
	for _, c := range []struct {
		tail, pad int
		ok        bool
	}{{8, 3, true}, {3, 3, true}, {2, 3, false}, {0, 0, true}, {0, 1, false}} {
		in := received("hello", c.tail)
		b, ok := in.WithPadding(4, c.pad)
		if ok != c.ok {
			t.Errorf("%d bytes of padding into %d: ok = %v", c.pad, c.tail, ok)
			continue
		}
		if !ok {
			continue
		}
		if want := "hello" + string(make([]byte, c.pad)); string(b[4:]) != want || cap(b) != len(b) {
			t.Errorf("%d bytes of padding: %q", c.pad, b[4:])
		}
		if rest := in.Buf[in.End+c.pad:]; len(rest) > 0 && rest[0] != 0xee {
			t.Error("more than the padding was written")
		}
	}
}

func TestSockKinds(t *testing.T) {
	for _, kind := range []Sock{Main, RelayKind, StreamKind} {
		s := kind | 12345
		if s.Kind() != kind || s.Index() != 12345 {
			t.Errorf("%#x: kind %#x, index %d", s, s.Kind(), s.Index())
		}
	}
}
