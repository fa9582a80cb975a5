package turn

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// reservationLifetime is how long a reserved port waits for who has its token.
// https://www.rfc-editor.org/rfc/rfc8656#section-7.2
const reservationLifetime = 30 * time.Second

// reservationToken is the value of RESERVATION-TOKEN (RFC 8656, section 18.9). Its
// first byte is the shard that keeps the reservation, the others cannot be guessed.
type reservationToken [8]byte

// reservation is the port above that of an allocation, kept open for another one
// of the same user. It outlives the allocation that asked for it, and counts in
// the quotas like an allocation.
type reservation struct {
	token   reservationToken
	user    string
	account Account
	relay   RelayID
	family  Family
	sock    dgram.Sock
	address netip.AddrPort
	expires mono.Time
}

// newToken makes up a token that has not been given out.
func (e *Engine) newToken() (t reservationToken) {
	var input [len(e.cfg.Secret) + 8 + 1]byte
	e.tokens++
	b := append(input[:0], e.cfg.Secret[:]...)
	b = binary.BigEndian.AppendUint64(b, e.tokens)
	b = append(b, e.cfg.Shard)
	sum := sha256.Sum256(b)
	copy(t[:], sum[:])
	t[0] = e.cfg.Shard
	if _, taken := e.reservations[t]; taken {
		return e.newToken()
	}
	return t
}

// reserve keeps the second of a pair of ports.
func (e *Engine) reserve(now mono.Time, a *allocation, r RelayOpened) {
	v := a.reserving
	v.token, v.sock, v.address = e.newToken(), r.PairSock, r.PairAdvertised
	v.expires = now.Add(reservationLifetime)
	e.reservations[v.token] = v
	e.reserved = append(e.reserved, v)
	a.token = v.token
}

// redeem makes an allocation of what is reserved.
//
// RFC 8656, section 7.2: "If the token is not valid for some reason, the server
// rejects the request with a 508 (Insufficient Capacity) error." The token of
// another user is not valid. https://www.rfc-editor.org/rfc/rfc8656#section-7.2
func (e *Engine) redeem(r *request) {
	v := e.reservations[r.attrs.token]
	if v == nil || v.expires <= r.now || v.user != string(r.attrs.username) {
		e.refuse(r, stun.CodeInsufficientCapacity)
		return
	}
	e.dropReservation(v)
	a := e.newAllocation(r.client, r.attrs.username, v.account) // which has the port already
	e.remember(a, r)
	a.relays[v.family.index()] = relay{id: v.relay, state: relayOpen, sock: v.sock, address: v.address}
	e.relays[v.relay] = relaySlot{alloc: a}
	e.openAllocation(r.now, a, r.out)
}

// dropReservation takes v out of the tables, but leaves its port open.
func (e *Engine) dropReservation(v *reservation) {
	delete(e.reservations, v.token)
	i := slices.Index(e.reserved, v)
	e.reserved = slices.Delete(e.reserved, i, i+1)
}

// advanceReservations lets go of what nobody came for.
func (e *Engine) advanceReservations(now mono.Time, out *Out) {
	for len(e.reserved) > 0 && e.reserved[0].expires <= now {
		v := e.reserved[0]
		e.dropReservation(v)
		e.giveBack(v.user, v.account)
		out.CloseRelays = append(out.CloseRelays, v.relay)
		e.freeRelayID(v.relay)
	}
}
