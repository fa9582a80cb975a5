package client

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Everybody as the receiver of a message: all peers that are in the room now.
const Everybody = ""

const (
	controlLabel  = "parley" // what peers tell each other about the connection itself
	labelBytesMax = 128
)

// ChannelOptions of a channel. The zero value is a reliable one, in order: its
// messages arrive exactly once, also over a replaced connection.
type ChannelOptions struct {
	Unordered      bool           // only with one of the others
	MaxRetransmits *uint16        // give up after so many; excludes MaxLifetime
	MaxLifetime    *time.Duration // give up after so long
}

func (o ChannelOptions) reliable() bool { return o.MaxRetransmits == nil && o.MaxLifetime == nil }

// Message is what a peer sent. Data belongs to the receiver.
type Message struct {
	From string // id of the peer
	Data []byte
	Text bool // sent as text
}

// Channel carries messages of one label to and from all peers.
type Channel struct {
	Label   string
	call    *Call
	options ChannelOptions
	receive func(Message)
}

// Channel opens the channel of a label, for all peers, present and to come.
// receive is called for each message, one at a time for each peer and in the order
// in which it was sent; while it does not return, nothing more of that peer is
// read, so it should hand over what takes long. A label can be opened once.
func (c *Call) Channel(label string, options ChannelOptions, receive func(Message)) (*Channel, error) {
	switch {
	case label == controlLabel || len(label) > labelBytesMax:
		return nil, &Error{CodeBadOptions, fmt.Sprintf("The label %.140q cannot be used for a channel.", label)}
	case options.MaxRetransmits != nil && options.MaxLifetime != nil:
		return nil, &Error{CodeBadOptions, "MaxRetransmits and MaxLifetime exclude each other."}
	case receive == nil:
		return nil, &Error{CodeBadOptions, "A channel needs a function that takes its messages."}
	}
	ch := &Channel{label, c, options, receive}
	c.mu.Lock()
	if c.channels[label] != nil {
		c.mu.Unlock()
		return nil, &Error{CodeBadOptions, fmt.Sprintf("The channel %q is open already.", label)}
	}
	c.channels[label] = ch
	links := c.linksLocked()
	c.mu.Unlock()
	for _, l := range links {
		l.open(ch)
	}
	return ch, nil
}

// Send sends bytes to a peer, or to [Everybody], and returns as soon as they are
// queued: it waits while too much is on its way. What was queued arrives, unless
// the peer leaves. A message has at most [Channel.MessageBytesMax] bytes.
func (ch *Channel) Send(ctx context.Context, to string, data []byte) error {
	return ch.send(ctx, to, data, false)
}

// SendText sends text as [Channel.Send] sends bytes.
func (ch *Channel) SendText(ctx context.Context, to, text string) error {
	return ch.send(ctx, to, []byte(text), true)
}

func (ch *Channel) send(ctx context.Context, to string, data []byte, text bool) error {
	if to != Everybody {
		stream := ch.call.stream(to, ch.Label)
		if stream == nil {
			return &Error{CodeUnknownPeer, fmt.Sprintf("The peer %.20s is not in the room.", to)}
		}
		return stream.send(ctx, data, text)
	}
	var problems []error
	for _, peer := range ch.call.Peers() {
		if stream := ch.call.stream(peer.ID, ch.Label); stream != nil {
			err := stream.send(ctx, data, text)
			if errors.Is(err, &Error{Code: CodeClosed}) {
				err = nil // it has just left
			}
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// MessageBytesMax is the size of a message that a peer takes.
func (ch *Channel) MessageBytesMax(to string) int {
	if stream := ch.call.stream(to, ch.Label); stream != nil {
		return stream.messageBytesMax()
	}
	return MessageBytesMax
}

// Buffered is how many bytes to a peer are not on their way yet.
func (ch *Channel) Buffered(to string) int {
	if stream := ch.call.stream(to, ch.Label); stream != nil {
		return stream.buffered()
	}
	return 0
}
