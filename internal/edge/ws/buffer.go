package ws

import (
	"io"
	"sync"
)

// buffer is memory for one message while it is read. Connections share them: one
// that waits has none.
type buffer struct {
	bytes []byte
	max   int
}

const firstBytes = 2 << 10

var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, firstBytes)} }}

func takeBuffer(bytesMax int) *buffer {
	b := buffers.Get().(*buffer)
	b.max = bytesMax
	return b
}

func returnBuffer(b *buffer) { buffers.Put(b) }

// readAll reads until the end or until the buffer has max bytes.
func (b *buffer) readAll(r io.Reader) ([]byte, error) {
	n := 0
	for {
		if n == len(b.bytes) {
			if n >= b.max {
				return b.bytes[:n], nil
			}
			b.bytes = append(b.bytes, make([]byte, min(n, b.max-n))...)
		}
		m, err := r.Read(b.bytes[n:])
		n += m
		if err == io.EOF {
			return b.bytes[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}
