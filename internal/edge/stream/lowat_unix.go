//go:build linux || darwin

package stream

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unsentMax is how many bytes the kernel may hold that were not sent yet. What
// waits there cannot be dropped any more when it gets old.
const unsentMax = 128 << 10

// limitUnsent sets an option that accepted connections inherit. A kernel without
// it only queues more.
func limitUnsent(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsentMax)
	})
}
