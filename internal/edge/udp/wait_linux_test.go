//go:build linux && !portable

package udp

import (
	"net/netip"
	"runtime"
	"testing"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/mono"
)

func loopbackPort(p *Poller) netip.AddrPort {
	return netip.AddrPortFrom(loopbacks[0], p.LocalAddr().Port())
}

func TestBusyPollerKeepsItsProcessor(t *testing.T) {
	p := openOne(t, Config{Listen: []string{"127.0.0.1:0"}})
	c := dial(t, loopbackPort(p))
	const datagrams = 5 * batchMax
	for range datagrams {
		if _, err := c.Write([]byte("data")); err != nil {
			t.Fatal(err)
		}
	}
	readN(t, p, datagrams, func(*dgram.In) {})
	if n := p.Counters().Parked; n != 1 {
		t.Errorf("with datagrams at hand it waited %d times as goroutines do; want only the first time", n)
	}
	p.ReadBatch(mono.Now())
	if n := p.Counters().Parked; n != 2 {
		t.Errorf("without datagrams it waited %d times as goroutines do; want once more", n-1)
	}
}

// A poller that keeps the only processor must give it back by itself.
func TestWaitingPollerLetsOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := openOne(t, Config{Listen: []string{"127.0.0.1:0"}})
	c := dial(t, loopbackPort(p))
	const rounds = 20
	got, ended := make(chan struct{}, rounds), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; n < rounds; {
			for range p.ReadBatch(mono.Never) {
				got <- struct{}{}
				n++
			}
		}
	}()
	for range rounds {
		if _, err := c.Write([]byte("data")); err != nil {
			t.Fatal(err)
		}
		<-got
		runtime.GC()
	}
	<-ended
}
