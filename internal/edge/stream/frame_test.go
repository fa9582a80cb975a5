package stream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/parley-rtc/parley/internal/dgram"
)

func binding(attributes ...byte) []byte {
	return append([]byte{0, 1, 0, byte(len(attributes)), 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, attributes...)
}

func channelData(data string) []byte {
	return append([]byte{0x40, 1, byte(len(data) >> 8), byte(len(data))}, data...)
}

func readAll(r io.Reader) (frames [][]byte, err error) {
	buffered := bufio.NewReaderSize(r, readBufferSize)
	for {
		f, err := readFrame(buffered, func(int) {})
		if err != nil {
			return frames, err
		}
		frames = append(frames, bytes.Clone(f.Payload()))
		f.Release()
	}
}

func TestFramesFollowEachOther(t *testing.T) {
	want := [][]byte{
		binding(), channelData(""), channelData("a"), channelData("ab"), channelData("abc"), channelData("abcd"),
		binding(0, 6, 0, 3, 'x', 'y', 'z', 0), {0x7F, 0xFF, 0, 1, '!'},
		channelData(string(bytes.Repeat([]byte("x"), 65535))), channelData("end"),
	}
	var wire []byte
	for _, f := range want {
		wire = appendFrame(wire, f)
	}
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(wire), "byte by byte": iotest.OneByteReader(bytes.NewReader(wire)),
	} {
		got, err := readAll(r)
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d frames, want %d", name, len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s: frame %d is %.30x, want %.30x", name, i, got[i], want[i])
			}
		}
	}
}

func TestBrokenStreamsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		wire []byte
		want error
	}{
		"nothing":          {nil, io.EOF},
		"half a header":    {binding()[:3], io.ErrUnexpectedEOF},
		"half a message":   {binding(1, 2, 3, 4)[:21], io.ErrUnexpectedEOF},
		"missing padding":  {channelData("a"), io.ErrUnexpectedEOF},
		"odd STUN length":  {append([]byte{0, 1, 0, 3}, make([]byte, 30)...), ErrFraming},
		"TLS inside":       {[]byte{0x16, 3, 1, 1, 1, 1}, ErrFraming},
		"RTP":              {[]byte{0x80, 0, 0, 0}, ErrFraming},
		"HTTP":             {[]byte("GET / HTTP/1.1\r\n\r\n"), io.ErrUnexpectedEOF}, // 'G' begins a channel number
		"after good frame": {append(binding(), 0xFF, 0xFF, 0xFF, 0xFF), ErrFraming},
	} {
		if _, err := readAll(bytes.NewReader(c.wire)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestFramesHaveHeadroom(t *testing.T) {
	for _, size := range []int{20, smallFrame, smallFrame + 1, frameMax} {
		f := newFrame(size)
		if f.Start < dgram.Headroom || len(f.Payload()) != size {
			t.Errorf("frame of %d bytes: %d-%d of %d", size, f.Start, f.End, len(f.Buf))
		}
		f.Release()
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(binding())
	f.Add(appendFrame(appendFrame(nil, channelData("abc")), binding(0, 6, 0, 1, 'x', 0, 0, 0)))
	f.Add([]byte{0x16, 3, 1})
	f.Fuzz(func(t *testing.T, wire []byte) {
		frames, err := readAll(bytes.NewReader(wire))
		if err == nil {
			t.Fatal("the stream never ends")
		}
		again, length := []byte(nil), 0
		for _, frame := range frames {
			again = appendFrame(again, frame)
			length += len(frame) + -len(frame)&3
		}
		if length > len(wire) {
			t.Fatalf("%d bytes of frames from %d bytes", length, len(wire))
		}
		if slower, _ := readAll(iotest.OneByteReader(bytes.NewReader(wire))); len(slower) != len(frames) {
			t.Fatalf("%d frames at once, %d byte by byte", len(frames), len(slower))
		}
		back, _ := readAll(bytes.NewReader(again))
		if len(back) != len(frames) {
			t.Fatalf("%d frames written, %d read back", len(frames), len(back))
		}
		for i := range back {
			if !bytes.Equal(back[i], frames[i]) {
				t.Fatalf("frame %d changed: %x, was %x", i, back[i], frames[i])
			}
		}
	})
}
