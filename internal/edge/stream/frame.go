package stream

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/parley-rtc/parley/internal/dgram"
)

const (
	stunHeaderSize        = 20
	channelDataHeaderSize = 4

	// frameMax is the largest frame: a STUN message whose length field is full.
	frameMax = stunHeaderSize + 65532 + channelDataHeaderSize

	// smallFrame is the size that media and signaling stay below.
	smallFrame = 2048
)

// ErrFraming is returned for bytes that are neither STUN nor ChannelData. The
// stream cannot be followed any further.
var ErrFraming = errors.New("neither STUN nor ChannelData")

// Frame is one STUN message or ChannelData message of a stream, without padding:
// Buf[Start:End], with [dgram.Headroom] bytes before it.
type Frame struct {
	Buf        []byte
	Start, End int
	pool       *sync.Pool
}

var (
	smallFrames = sync.Pool{New: func() any { return &Frame{Buf: make([]byte, dgram.Headroom+smallFrame)} }}
	largeFrames = sync.Pool{New: func() any { return &Frame{Buf: make([]byte, dgram.Headroom+frameMax)} }}
)

// NewFrame returns a frame for size bytes that come from elsewhere, at most 65,556.
func NewFrame(size int) *Frame { return newFrame(size) }

func newFrame(size int) *Frame {
	pool := &smallFrames
	if size > smallFrame {
		pool = &largeFrames
	}
	f := pool.Get().(*Frame)
	f.Start, f.End, f.pool = dgram.Headroom, dgram.Headroom+size, pool
	return f
}

// CopyFrame returns a frame with a copy of a message that came otherwise.
func CopyFrame(message []byte) *Frame {
	f := newFrame(len(message))
	copy(f.Payload(), message)
	return f
}

// Release gives the memory back. The frame must not be used afterwards.
func (f *Frame) Release() { f.pool.Put(f) }

// Payload returns the message.
func (f *Frame) Payload() []byte { return f.Buf[f.Start:f.End] }

// frameSize returns the length of the message that begins with head, and of the
// padding that follows it.
//
// "Over stream transports, the ChannelData message MUST be padded to a multiple
// of four bytes in order to ensure the alignment of subsequent messages. The
// padding is not reflected in the length field of the ChannelData message"
// https://www.rfc-editor.org/rfc/rfc8656#section-12.5
func frameSize(head [4]byte) (size, padding int, err error) {
	length := int(binary.BigEndian.Uint16(head[2:]))
	switch {
	case head[0] < 0x40:
		// "Since all STUN attributes are padded to a multiple of 4 bytes, the
		// last 2 bits of this field are always zero. This provides another way
		// to distinguish STUN packets from packets of other protocols."
		// https://www.rfc-editor.org/rfc/rfc8489#section-5
		if length%4 != 0 {
			return 0, 0, ErrFraming
		}
		return stunHeaderSize + length, 0, nil
	case head[0] < 0x80: // channel numbers, those of RFC 5766 included
		return channelDataHeaderSize + length, -length & 3, nil
	default:
		return 0, 0, ErrFraming
	}
}

// readFrame reads the next frame. begun is called between the first bytes of it
// and the rest. io.EOF means that the stream ended between two frames.
func readFrame(r *bufio.Reader, begun func(missing int)) (*Frame, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	if r.Buffered() < channelDataHeaderSize {
		begun(channelDataHeaderSize - r.Buffered())
	}
	head, err := r.Peek(channelDataHeaderSize)
	if err != nil {
		return nil, unexpected(err)
	}
	size, padding, err := frameSize([4]byte(head))
	if err != nil {
		return nil, err
	}
	if missing := size + padding - r.Buffered(); missing > 0 {
		begun(missing)
	}
	f := newFrame(size)
	if _, err := io.ReadFull(r, f.Payload()); err != nil {
		f.Release()
		return nil, unexpected(err)
	}
	if _, err := r.Discard(padding); err != nil {
		f.Release()
		return nil, unexpected(err)
	}
	return f, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// appendFrame appends a message in the form it has on a stream.
func appendFrame(b, message []byte) []byte {
	b = append(b, message...)
	for n := -len(message) & 3; n > 0; n-- {
		b = append(b, 0)
	}
	return b
}

// isResponse tells the answer to a request, which a client on a reliable
// transport never asks for again, from data, which may get lost. The class is
// 0b10 or 0b11: bit 8 of the type (RFC 8489, section 5).
func isResponse(message []byte) bool {
	return len(message) > 0 && message[0]&0xC1 == 0x01
}
