package client

import (
	"regexp"
	"strconv"
	"sync"
)

const (
	inboxMessagesMax = 256
	inboxBytesMax    = 1 << 20
	// Messages, and bytes, after which the receiver does not wait for the next heartbeat to acknowledge.
	ackEvery = 64
	ackBytes = 1 << 20
)

var streamProtocol = regexp.MustCompile(`^([\w-]{1,32})\.(\d{1,15})$`)

// inbound is one peer's messages of one label, across connections.
type inbound struct {
	// delivering keeps the order; held while the application takes a message.
	delivering sync.Mutex

	mu            sync.Mutex
	epoch         int // counts the data channels
	name          string
	next          uint64
	received      uint64 // number of the last message that was delivered
	unacked       int
	unackedBytes  int
	deliver       func(data []byte, text bool)
	waiting       []entry // nobody has asked for this label yet: its first messages
	waitingBytes  int
	waitingIsFull bool
}

// begin: the peer opened a data channel for this label. What is received over it
// bears the epoch that is returned.
func (in *inbound) begin(protocol string) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	name, first := "", uint64(1)
	if m := streamProtocol.FindStringSubmatch(protocol); m != nil {
		name = m[1]
		first, _ = strconv.ParseUint(m[2], 10, 64)
	}
	if name == "" || name != in.name {
		in.received = 0
	}
	in.name, in.next = name, first
	in.epoch++
	return in.epoch
}

// end: nothing is delivered any more.
func (in *inbound) end() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.epoch++
	in.waiting, in.deliver = nil, nil
}

// takeAck returns what to acknowledge: stream name and number.
func (in *inbound) takeAck() (name string, received uint64, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.unacked, in.unackedBytes = 0, 0
	return in.name, in.received, in.name != "" && in.received > 0
}

// listen: somebody wants the messages from now on; what came before is handed over.
func (in *inbound) listen(deliver func(data []byte, text bool)) {
	in.delivering.Lock()
	defer in.delivering.Unlock()
	in.mu.Lock()
	waiting := in.waiting
	in.deliver, in.waiting, in.waitingBytes = deliver, nil, 0
	in.mu.Unlock()
	for _, e := range waiting {
		deliver(e.data, e.text)
	}
}

// receive takes one message; true if it should be acknowledged soon.
func (in *inbound) receive(epoch int, data []byte, text bool) bool {
	in.delivering.Lock()
	defer in.delivering.Unlock()
	deliver := in.accept(epoch, data, text)
	if deliver != nil {
		deliver(data, text)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.name != "" && (in.unacked >= ackEvery || in.unackedBytes >= ackBytes)
}

func (in *inbound) accept(epoch int, data []byte, text bool) func([]byte, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if epoch != in.epoch {
		return nil // of a connection that was replaced: it comes again
	}
	number := in.next
	in.next++
	if in.name != "" && number <= in.received {
		return nil // sent again over a new connection
	}
	in.received = number
	in.unacked++
	in.unackedBytes += len(data)
	if in.deliver == nil && !in.waitingIsFull {
		in.waitingIsFull = len(in.waiting) >= inboxMessagesMax || in.waitingBytes+len(data) > inboxBytesMax
		if !in.waitingIsFull {
			in.waiting = append(in.waiting, entry{data, text})
			in.waitingBytes += len(data)
		}
	}
	return in.deliver
}
