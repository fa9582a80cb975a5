//go:build linux || darwin

package stream

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sharePort lets sockets of one user that all ask for it have one port: that of a
// relay and of its connections.
func sharePort(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if failed != nil {
		return failed
	}
	return err
}
