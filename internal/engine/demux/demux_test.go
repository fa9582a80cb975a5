package demux

import "testing"

func TestClassifyEveryFirstByte(t *testing.T) {
	ranges := []struct {
		from, to int
		want     Kind
	}{
		{0, 3, STUN}, {4, 15, Unknown}, {16, 19, ZRTP}, {20, 63, DTLS}, {64, 79, ChannelData},
		{80, 127, QUIC}, {128, 191, RTP}, {192, 255, QUIC},
	}
	next := 0
	for _, r := range ranges {
		if r.from != next {
			t.Fatalf("the table leaves out byte %d", next)
		}
		for b := r.from; b <= r.to; b++ {
			if got := Classify([]byte{byte(b)}); got != r.want {
				t.Errorf("Classify(%d) = %v, want %v", b, got, r.want)
			}
		}
		next = r.to + 1
	}
	if next != 256 {
		t.Fatalf("the table ends at byte %d", next)
	}
}

func TestClassifyTellsRTCPFromRTP(t *testing.T) {
	for second := range 256 {
		want := RTP
		if second >= 192 && second <= 223 {
			want = RTCP
		}
		if got := Classify([]byte{0x80, byte(second)}); got != want {
			t.Errorf("second byte %d: got %v, want %v", second, got, want)
		}
	}
}

func TestClassifyEmpty(t *testing.T) {
	if got := Classify(nil); got != Unknown {
		t.Errorf("Classify(nil) = %v, want Unknown", got)
	}
}

func TestKindNames(t *testing.T) {
	for k := Unknown; k <= RTCP; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if got := Kind(200).String(); got != "Unknown" {
		t.Errorf("Kind(200) = %q", got)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x80, 200})
	f.Fuzz(func(t *testing.T, b []byte) {
		got := Classify(b)
		if got > RTCP {
			t.Fatalf("Classify(%x) = %d", b, got)
		}
		if len(b) > 2 && Classify(b[:2]) != got {
			t.Fatalf("Classify(%x) depends on more than two bytes", b)
		}
	})
}
