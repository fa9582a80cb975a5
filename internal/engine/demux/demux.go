// Package demux tells apart the protocols that share one UDP port, by the first
// bytes of a datagram (RFC 7983, section 7, as updated by RFC 9443, section 3):
//
//	            [0..3]     -> STUN
//	            [16..19]   -> ZRTP
//	            [20..63]   -> DTLS
//	            [64..79]   -> TURN ChannelData
//	            [80..127]  -> QUIC
//	            [128..191] -> RTP, RTCP (apart by the second byte, RFC 5761)
//	            [192..255] -> QUIC
//	anything else          -> Unknown
package demux

// Kind is the protocol that a datagram seems to belong to. The parser of that
// protocol has the last word.
type Kind uint8

// The kinds that [Classify] tells apart.
const (
	Unknown Kind = iota
	STUN
	ZRTP
	DTLS
	ChannelData
	QUIC
	RTP
	RTCP
)

var names = [...]string{"Unknown", "STUN", "ZRTP", "DTLS", "ChannelData", "QUIC", "RTP", "RTCP"}

// String returns the protocol's name.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return names[Unknown]
}

// Classify says what the datagram b is. It reads at most two bytes.
func Classify(b []byte) Kind {
	if len(b) == 0 {
		return Unknown
	}
	switch first := b[0]; {
	case first <= 3:
		return STUN
	case first < 16:
		return Unknown
	case first <= 19:
		return ZRTP
	case first <= 63:
		return DTLS
	case first <= 79:
		return ChannelData
	case first <= 127:
		return QUIC
	case first <= 191:
		return classifyRTP(b)
	default:
		return QUIC
	}
}

// RFC 5761, section 4: "payload types in the range 64-95 MUST NOT be used" by
// RTP that is multiplexed with RTCP, because with the marker bit they look like
// the RTCP packet types 192-223.
func classifyRTP(b []byte) Kind {
	if len(b) >= 2 && b[1] >= 192 && b[1] <= 223 {
		return RTCP
	}
	return RTP
}
