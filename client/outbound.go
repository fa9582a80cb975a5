package client

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// What one peer's data channels must remember longer than one connection lives.
//
// A reliable label is a stream of messages numbered from 1. The numbers are not on
// the wire: the data channel's protocol says the stream's name and the number of
// its first message, "name.number", and each message counts one up. The receiver
// acknowledges over the control channel; what is not acknowledged is kept, and
// begins the data channel of the next connection. So a replaced connection neither
// loses nor repeats a message. Labels with limited retransmission are not numbered.

const (
	// MessageBytesMax is the size of a message, at most; a peer may say less.
	MessageBytesMax = 256 << 10

	queueBytesMax    = 1 << 20  // waiting to be handed to the data channel
	bufferedBytesMax = 4 << 20  // handed to it and not on its way
	bufferedBytesLow = 1 << 20  // where more is handed over
	unackedBytesMax  = 16 << 20 // handed over and not acknowledged
)

type entry struct {
	data []byte
	text bool
}

// sendChannel is what of a data channel is used to send.
type sendChannel interface {
	send(data []byte, text bool) error
	buffered() int
	close()
}

type outbound struct {
	label    string
	name     string
	options  ChannelOptions
	reliable bool
	over     *connection // has its data channel; the call's goroutine's own

	mu         sync.Mutex
	first      uint64 // number of the oldest message in entries
	entries    []entry
	given      int // how many of entries this data channel has been given
	givenBytes int
	waiting    int // bytes not given yet
	channel    sendChannel
	bytesMax   int
	// The peer acknowledges: one that never does must not fill our memory.
	acknowledges bool
	ended        *Error
	room         chan struct{} // closed when there may be room, or the end has come
}

func newOutbound(label string, options ChannelOptions) *outbound {
	return &outbound{
		label: label, name: randomID(9), options: options, reliable: options.reliable(),
		first: 1, bytesMax: MessageBytesMax, room: make(chan struct{}),
	}
}

// protocol opens the data channel of a new connection.
func (o *outbound) protocol() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.reliable {
		return ""
	}
	return fmt.Sprintf("%s.%d", o.name, o.first)
}

// attach takes the open data channel of a new connection, made with protocol.
func (o *outbound) attach(c sendChannel, bytesMax int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended != nil {
		c.close()
		return
	}
	o.channel = c
	if bytesMax > 0 {
		o.bytesMax = min(bytesMax, MessageBytesMax)
	}
	o.flush()
}

// detach lets go of the data channel, whose connection is replaced.
func (o *outbound) detach() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.channel = nil
	o.waiting += o.givenBytes
	o.given, o.givenBytes = 0, 0
}

// end: nothing can be sent any more.
func (o *outbound) end(why *Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended != nil {
		return
	}
	o.ended = why
	if o.channel != nil {
		o.channel.close()
		o.channel = nil
	}
	o.entries, o.given, o.givenBytes, o.waiting = nil, 0, 0, 0
	close(o.room)
}

// low: the data channel has room.
func (o *outbound) low() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

// send queues one message, as soon as there is room for it.
func (o *outbound) send(ctx context.Context, data []byte, text bool) error {
	for {
		room, err := o.queue(data, text)
		if room == nil || err != nil {
			return err
		}
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// queue returns a channel to wait for if there is no room now.
func (o *outbound) queue(data []byte, text bool) (<-chan struct{}, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ended != nil:
		return nil, o.ended
	case len(data) > o.bytesMax:
		return nil, &Error{CodeTooLarge, fmt.Sprintf("A message of %d bytes cannot be sent: the peer takes at most %d.", len(data), o.bytesMax)}
	case o.waiting > 0 && o.waiting+len(data) > queueBytesMax:
		return o.room, nil
	}
	// The caller may go on to use its buffer.
	o.entries = append(o.entries, entry{slices.Clone(data), text})
	o.waiting += len(data)
	o.flush()
	return nil, nil
}

// acknowledge: the peer has got all messages up to this number of the stream name.
func (o *outbound) acknowledge(name string, received uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if name != o.name {
		return
	}
	o.acknowledges = true
	if received >= o.first {
		o.release(int(min(received-o.first+1, uint64(o.given))))
	}
	o.flush()
}

func (o *outbound) heard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acknowledges = true
}

func (o *outbound) release(count int) {
	for i := range count {
		o.givenBytes -= len(o.entries[i].data)
		o.entries[i] = entry{}
	}
	o.entries = o.entries[count:]
	o.given -= count
	o.first += uint64(count)
}

func (o *outbound) flush() {
	for o.channel != nil && o.given < len(o.entries) {
		if o.acknowledges && o.givenBytes >= unackedBytesMax || o.channel.buffered() >= bufferedBytesMax {
			break
		}
		o.give()
	}
	if o.waiting < queueBytesMax && o.ended == nil {
		close(o.room)
		o.room = make(chan struct{})
	}
}

func (o *outbound) give() {
	e := o.entries[o.given]
	if len(e.data) > o.bytesMax {
		// Queued before the peer's limit was known: it cannot be sent.
		o.entries = slices.Delete(o.entries, o.given, o.given+1)
		o.waiting -= len(e.data)
		return
	}
	if err := o.channel.send(e.data, e.text); err != nil {
		// The connection is going; the message begins the next one.
		o.channel = nil
		return
	}
	o.waiting -= len(e.data)
	o.given++
	o.givenBytes += len(e.data)
	if !o.reliable || !o.acknowledges && o.givenBytes > unackedBytesMax {
		o.release(1)
	}
}

// buffered is what waits to be sent, in bytes.
func (o *outbound) buffered() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.waiting
	if o.channel != nil {
		n += o.channel.buffered()
	}
	return n
}

func (o *outbound) messageBytesMax() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytesMax
}
