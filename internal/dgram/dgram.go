// Package dgram has the two value types that travel between the sockets
// (internal/edge) and the engines (internal/engine): a datagram that came in and
// one that is to go out. Neither side owns the other's memory: see the comments
// on [In] and [Out].
package dgram

import "net/netip"

// Headroom is how many bytes in front of a received payload an engine may
// overwrite, so that a header (ChannelData: 4 bytes, Data indication: at most 48)
// can be put before the payload without copying it.
const Headroom = 64

// MaxPayload is the largest UDP payload that can arrive, in bytes.
const MaxPayload = 65535 - 8

// Sock names one of the places a shard can read from or write to. The shard
// hands the values out, engines only echo them. The two top bits say what kind
// of place it is.
type Sock uint32

// The kinds of [Sock].
const (
	Main       Sock = 0       // the shard's socket on a public UDP port; the first one's number is Main itself
	RelayKind  Sock = 1 << 30 // a relayed transport address (one UDP socket each)
	StreamKind Sock = 2 << 30 // a TCP or TLS connection of a client
	kindMask   Sock = 3 << 30
)

// Kind returns Main, RelayKind or StreamKind.
func (s Sock) Kind() Sock { return s & kindMask }

// Index returns the number of the socket within its kind.
func (s Sock) Index() uint32 { return uint32(s &^ kindMask) }

// In is one received datagram, or one frame of a stream. The bytes belong to
// whoever read them and stay valid until the batch it came in has been handled
// and everything that the engine put out for that batch has been written.
type In struct {
	Sock   Sock
	Remote netip.AddrPort // who sent it; IPv4 is never in its IPv6-mapped form
	Local  netip.Addr     // the address it was sent to; the zero Addr where unknown
	Buf    []byte         // whole buffer; the payload is Buf[Start:End], Start >= Headroom; the rest is free to use
	Start  int
	End    int
}

// Payload returns the received bytes. An engine may change them and the
// [Headroom] bytes before them.
func (d *In) Payload() []byte { return d.Buf[d.Start:d.End:d.End] }

// WithHeader returns the payload together with the n bytes before it, which the
// caller overwrites. n must be at most [Headroom].
func (d *In) WithHeader(n int) []byte { return d.Buf[d.Start-n : d.End : d.End] }

// WithPadding returns what [In.WithHeader] does and pad zero bytes more. ok is
// false if Buf has no room for them.
func (d *In) WithPadding(n, pad int) (b []byte, ok bool) {
	end := d.End + pad
	if end > len(d.Buf) {
		return nil, false
	}
	clear(d.Buf[d.End:end])
	return d.Buf[d.Start-n : end : end], true
}

// Out is one datagram, or one frame of a stream, to be written. Data may point
// into an [In] of the same batch or into memory of the engine; it stays untouched
// until the shard has written the batch.
type Out struct {
	Sock   Sock
	Remote netip.AddrPort // where to; ignored for streams
	Local  netip.Addr     // send from this address; the zero Addr leaves it to the kernel
	Data   []byte

	DontFragment bool // it is to arrive in one piece or not at all; only where the sockets can do it
}

// PeerError is what was heard of a datagram that a relay sent: an ICMP message, by
// the type and code of the peer's family.
type PeerError struct {
	Sock       Sock
	Peer       netip.AddrPort // where the datagram was to go
	Type, Code uint8
	MTU        uint32 // what would have fitted, where it was too big, else 0
}
