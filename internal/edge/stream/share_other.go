//go:build !linux && !darwin

package stream

import (
	"errors"
	"syscall"
)

// sharePort: here no connection can leave from the port that a relay listens on.
func sharePort(_, _ string, _ syscall.RawConn) error { return errors.ErrUnsupported }
