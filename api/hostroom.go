package api

import "crypto/sha256"

// hostRoomSigns are 32 that nobody mistakes for each other: 16 of them are 80 bits.
const (
	hostRoomSigns  = "abcdefghijkmnpqrstuvwxyz23456789"
	hostRoomLength = 16
	hostRoomGroup  = 4
)

// HostRoom returns the name of the room that belongs to a host key. Whoever has
// the key is host there, on any server: it needs no memory for that, and the name
// tells nobody the key.
func HostRoom(hostKey string) string {
	sum := sha256.Sum256([]byte("parley room\n" + hostKey))
	name := make([]byte, 0, hostRoomLength+hostRoomLength/hostRoomGroup)
	var bits, count uint
	next := 0
	for i := range hostRoomLength {
		if i > 0 && i%hostRoomGroup == 0 {
			name = append(name, '-')
		}
		for count < 5 {
			bits, count = bits<<8|uint(sum[next]), count+8
			next++
		}
		count -= 5
		name = append(name, hostRoomSigns[bits>>count&31])
	}
	return string(name)
}

// IsHostRoom says whether a room's name has the form of those that belong to a
// host key. In such a room nobody else becomes host by himself.
func IsHostRoom(room string) bool {
	if len(room) != hostRoomLength+hostRoomLength/hostRoomGroup-1 {
		return false
	}
	for i := 0; i < len(room); i++ {
		if dash := i%(hostRoomGroup+1) == hostRoomGroup; dash != (room[i] == '-') || !dash && !isHostRoomSign(room[i]) {
			return false
		}
	}
	return true
}

func isHostRoomSign(c byte) bool {
	return 'a' <= c && c <= 'z' && c != 'l' && c != 'o' || '2' <= c && c <= '9'
}
