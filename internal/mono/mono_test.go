package mono

import (
	"testing"
	"time"
)

func TestNowIsNeverNever(t *testing.T) {
	last := Never
	for range 1000 {
		now := Now()
		if now == Never || now < last {
			t.Fatalf("%d after %d", now, last)
		}
		last = now
	}
}

func TestAddSub(t *testing.T) {
	a := Time(5)
	if b := a.Add(time.Second); b.Sub(a) != time.Second || a.Sub(b) != -time.Second {
		t.Errorf("%d + 1s = %d", a, b)
	}
}

func TestEarlier(t *testing.T) {
	for _, c := range []struct{ a, b, want Time }{
		{Never, Never, Never}, {Never, 3, 3}, {3, Never, 3}, {3, 4, 3}, {4, 3, 3}, {3, 3, 3},
	} {
		if got := Earlier(c.a, c.b); got != c.want {
			t.Errorf("Earlier(%d, %d) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
