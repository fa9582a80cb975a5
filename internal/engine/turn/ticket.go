package turn

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// ticket is what a MOBILITY-TICKET says (RFC 8016): which allocation, and which of
// the tickets that it had so far. On the wire:
//
//	shard (1 byte), IV (12), serial (8), generation (4), tag (16)
//
// The part behind the IV is sealed with AES-GCM under a key of the server. The IV is
// a MAC of what is sealed, so that no two texts ever share one. A ticket proves
// nothing about who shows it: only requests of the allocation's user are heeded.
type ticket struct {
	serial     uint64
	generation uint32
}

const (
	ticketIVLen   = 12
	ticketTextLen = 8 + 4
	ticketLen     = 1 + ticketIVLen + ticketTextLen + 16
)

// ticketSeal makes and opens tickets.
type ticketSeal struct {
	aead  cipher.AEAD
	ivKey [sha256.Size]byte
}

func newTicketSeal(secret *[32]byte) ticketSeal {
	key := sha256.Sum256(append([]byte("parley mobility ticket key\n"), secret[:]...))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // of the length of the key alone
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // of the cipher alone
	}
	return ticketSeal{aead, sha256.Sum256(append([]byte("parley mobility ticket IV\n"), secret[:]...))}
}

// seal returns the value of MOBILITY-TICKET.
func (s *ticketSeal) seal(shard uint8, t ticket) []byte {
	var text [ticketTextLen]byte
	binary.BigEndian.PutUint64(text[:], t.serial)
	binary.BigEndian.PutUint32(text[8:], t.generation)
	mac := hmac.New(sha256.New, s.ivKey[:])
	mac.Write([]byte{shard})
	mac.Write(text[:])
	b := append(make([]byte, 0, ticketLen), shard)
	b = append(b, mac.Sum(nil)[:ticketIVLen]...)
	return s.aead.Seal(b, b[1:], text[:], b[:1])
}

// open is false for what is no ticket of this server.
func (s *ticketSeal) open(b []byte) (shard uint8, t ticket, ok bool) {
	if len(b) != ticketLen {
		return 0, t, false
	}
	text, err := s.aead.Open(nil, b[1:1+ticketIVLen], b[1+ticketIVLen:], b[:1])
	if err != nil {
		return 0, t, false
	}
	return b[0], ticket{binary.BigEndian.Uint64(text), binary.BigEndian.Uint32(text[8:])}, true
}

// ShardOf returns the shard that a request names: the one that made the reservation
// or the ticket in it. ok is false for all other messages.
func ShardOf(b []byte) (shard uint8, ok bool) {
	const allocate, refresh = uint16(stun.Allocate), uint16(stun.Refresh) // requests are numbered like methods
	if len(b) < stun.HeaderLen {
		return 0, false
	}
	attr, length := stun.AttrReservationToken, len(reservationToken{})
	switch binary.BigEndian.Uint16(b) {
	case allocate:
	case refresh:
		attr, length = stun.AttrMobilityTicket, ticketLen
	default:
		return 0, false
	}
	m, ok := stun.Parse(b)
	if !ok {
		return 0, false
	}
	v, ok := m.Find(attr)
	if !ok || len(v) != length {
		return 0, false
	}
	return v[0], true
}

// Has says whether a client has an allocation, or waits for one.
func (e *Engine) Has(c Client) bool { return e.clients[c.mapKey()] != nil }

// Detour returns the shard that is to handle a client's datagram, where that is
// another one. It is false for who has an allocation here, and for who has no nonce
// and so may be a forgery.
func (e *Engine) Detour(now mono.Time, c Client, b []byte) (shard uint8, ok bool) {
	shard, ok = ShardOf(b)
	if !ok || shard == e.cfg.Shard || e.clients[c.mapKey()] != nil {
		return 0, false
	}
	m, _ := stun.Parse(b)
	r := request{now: now, client: c}
	r.attrs.nonce, _ = m.Find(stun.AttrNonce)
	return shard, e.nonceGood(&r)
}
