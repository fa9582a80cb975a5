//go:build unix

package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// localPathMax is the longest path of a socket that every system takes, with room
// for the name under which it is made.
const localPathMax = 96

// ListenLocal opens a socket at path that only its owner can connect to. What a
// server that is gone left there is taken away; one that answers is left alone.
func ListenLocal(path string) (net.Listener, error) {
	if len(path) > localPathMax {
		return nil, fmt.Errorf("the path %s is too long for a socket; at most %d bytes", path, localPathMax)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("%s is there already, and is no socket", path)
		}
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, fmt.Errorf("another server answers at %s", path)
		}
	}
	// Made where nobody else can look, and moved when nobody else can connect.
	hidden, err := os.MkdirTemp(filepath.Dir(path), ".parley-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(hidden) }()
	made := filepath.Join(hidden, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return &localListener{l, path}, nil
}

// localListener takes its socket away when it is closed.
type localListener struct {
	*net.UnixListener
	path string
}

// Close implements [net.Listener].
func (l *localListener) Close() error {
	err := l.UnixListener.Close()
	if err == nil {
		_ = os.Remove(l.path)
	}
	return err
}

// ErrNoServer is returned by [DialLocal] where no server listens.
var ErrNoServer = errors.New("no server listens there")

// DialLocal connects to a socket of [ListenLocal].
func DialLocal(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNoServer
	}
	return c, err
}
