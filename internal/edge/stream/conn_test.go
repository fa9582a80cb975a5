package stream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/internal/mono"
)

var second = mono.Time(time.Second)

func success() []byte { return append([]byte{1, 3}, binding()[2:]...) }

// A pipe takes nothing until its other end reads: the slowest reader there is.
func pipe(shared *Shared) (*Conn, net.Conn) {
	near, far := net.Pipe()
	return NewConn(near, shared), far
}

func TestABurstOfVideoWaitsForASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(NewShared(0))
		data := channelData(string(bytes.Repeat([]byte("v"), 1200)))
		const frames = 600 // 720 KB: an I-frame of 256 KiB, and more behind it
		for i := range frames {
			data[5] = byte(i)
			if !c.Send(second, data) {
				t.Fatalf("frame %d was dropped", i)
			}
		}
		r := bufio.NewReader(far)
		for i := range frames {
			f, err := readFrame(r, func(int) {})
			if err != nil || f.Payload()[5] != byte(i) {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
		c.Close()
		c.Wait()
		if got := c.shared.Counters(); got.FramesOut != frames || got.DroppedFull+got.DroppedOld != 0 || got.QueueBytes != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestAFullQueueDropsDataAndKeepsResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(NewShared(0))
		defer func() { far.Close(); c.Close(); c.Wait() }()
		data := channelData(string(bytes.Repeat([]byte("v"), 60000)))
		for c.Send(second, data) {
		}
		if got := c.shared.Counters(); got.DroppedFull != 1 || got.QueueBytes > queueMax+3*chunkSize {
			t.Errorf("%+v", got)
		}
		if !c.Send(second, success()) {
			t.Error("a response was dropped")
		}
	})
}

func TestOldDataIsDroppedResponsesAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(NewShared(0))
		big := channelData(string(bytes.Repeat([]byte("v"), 65000)))
		c.Send(second, big)
		synctest.Wait() // the writer has it and waits for the reader
		c.Send(second, big)
		c.Send(second, success())
		c.Send(second.Add(queueAgeMax+1), channelData("fresh"))
		r := bufio.NewReader(far)
		var sizes []int
		for range 3 {
			f, err := readFrame(r, func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(f.Payload()))
		}
		if sizes[0] != len(big) || sizes[1] != 20 || sizes[2] != 9 {
			t.Errorf("frames of %v bytes arrived", sizes)
		}
		if got := c.shared.Counters(); got.DroppedOld != 1 {
			t.Errorf("%+v", got)
		}
		c.Close()
		c.Wait()
	})
}

// It would otherwise make the server hold its answers without end.
func TestWhoAsksAndNeverReadsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(NewShared(0))
		defer far.Close()
		sent := 0
		for c.Send(second, success()) {
			sent++
		}
		c.Wait()
		if got := c.shared.Counters(); sent > 2*responsesMax/20 || got.CutOff != 1 || got.QueueBytes != 0 {
			t.Errorf("after %d answers: %+v", sent, got)
		}
	})
}

func TestAReaderThatStopsIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := pipe(NewShared(0))
		defer far.Close()
		begin := time.Now()
		c.Send(second, channelData("nobody takes this"))
		c.Wait()
		if waited := time.Since(begin); waited != writeTimeout {
			t.Errorf("it held out for %v", waited)
		}
	})
}

func TestTheMemoryOfAllQueuesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := NewShared(8 * chunkSize)
		accepted := 0
		data := channelData(string(bytes.Repeat([]byte("v"), 60000)))
		for range 20 {
			c, far := pipe(shared)
			defer func() { far.Close(); c.Close(); c.Wait() }()
			for c.Send(second, data) {
				accepted++
			}
		}
		if got := shared.Counters(); accepted > 20 || got.QueueBytes > 9*chunkSize {
			t.Errorf("%d frames taken, %+v", accepted, got)
		}
	})
}

// TestWhoReadsFindsRoomBesideWhoDoesNot: while many never read (30 for 32 MiB, so 240
// for the 256 MiB of a server), a burst of an I-frame for another client arrives
// whole.
func TestWhoReadsFindsRoomBesideWhoDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := NewShared(512 * chunkSize)
		data := channelData(string(bytes.Repeat([]byte("v"), 1100)))
		for range 30 {
			c, far := pipe(shared)
			defer func() { far.Close(); c.Close(); c.Wait() }()
			c.Send(second, data)
			synctest.Wait() // its writer has the first chunk
			for c.Send(second, data) {
			}
		}
		c, far := pipe(shared)
		const frames = 200
		for i := range frames {
			data[4], data[5] = byte(i>>8), byte(i)
			if !c.Send(second, data) {
				t.Fatalf("frame %d was dropped", i)
			}
		}
		r := bufio.NewReader(far)
		for i := range frames {
			f, err := readFrame(r, func(int) {})
			if err != nil || f.Payload()[4] != byte(i>>8) || f.Payload()[5] != byte(i) {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
		c.Close()
		c.Wait()
	})
}

// TestOldDataGivesItsMemoryBack when the next comes, not when somebody reads.
func TestOldDataGivesItsMemoryBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := NewShared(0)
		c, far := pipe(shared)
		defer func() { far.Close(); c.Close(); c.Wait() }()
		data := channelData(string(bytes.Repeat([]byte("v"), 60000)))
		for c.Send(second, data) {
		}
		full := shared.Counters().QueueBytes
		c.Send(second.Add(queueAgeMax+1), data)
		if got := shared.Counters(); full < 10*chunkSize || got.QueueBytes > 3*chunkSize {
			t.Errorf("%d bytes were queued, %d are left", full, got.QueueBytes)
		}
	})
}

func TestSilenceAndHalfFramesEnd(t *testing.T) {
	for name, c := range map[string]struct {
		send []byte
		idle time.Duration
		want time.Duration
	}{
		"silence":             {nil, IdleTimeout, IdleTimeout},
		"longer silence":      {nil, time.Hour, time.Hour},
		"half a header":       {[]byte{0, 1}, time.Hour, frameTimeout},
		"half a message":      {binding(1, 2, 3, 4)[:21], time.Hour, frameTimeout},
		"a header and no end": {channelData("abcd")[:4], time.Hour, frameTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			conn, far := pipe(NewShared(0))
			defer func() { far.Close(); conn.Close(); conn.Wait() }()
			conn.SetIdle(c.idle)
			go func() { _, _ = far.Write(c.send) }()
			begin := time.Now()
			_, err := conn.ReadFrame()
			if waited := time.Since(begin); !errors.Is(err, os.ErrDeadlineExceeded) || waited != c.want {
				t.Errorf("%s: %v after %v, want it after %v", name, err, waited, c.want)
			}
		})
	}
}

func TestSendAfterCloseIsDropped(t *testing.T) {
	c, far := pipe(NewShared(0))
	c.Close()
	c.Close()
	if c.Send(second, channelData("late")) {
		t.Error("taken")
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the other end reads %v", err)
	}
}
