package node

import (
	"runtime"
	"sync"
)

// processors is how many threads are to run Go code at a time: by default, one for
// each processor that the system lets this program have.
var processors = runtime.GOMAXPROCS(0)

var room struct {
	sync.Mutex
	pollers int
}

// makeRoomFor lets so many more pollers keep a processor of the Go runtime while
// they wait for packets (see inPlaceMax in package udp), without taking it from
// anybody else. A negative number takes the room back.
func makeRoomFor(pollers int) {
	room.Lock()
	defer room.Unlock()
	room.pollers += pollers
	runtime.GOMAXPROCS(processors + room.pollers)
}
