//go:build !unix

package stream

import (
	"context"
	"errors"
	"net"
)

// ErrNoServer is returned by [DialLocal] where no server listens.
var ErrNoServer = errors.New("this system has no sockets that are for one user alone; use --admin with --admin-token")

// ListenLocal says that there is no such thing here.
func ListenLocal(string) (net.Listener, error) { return nil, ErrNoServer }

// DialLocal says that there is no such thing here.
func DialLocal(context.Context, string) (net.Conn, error) { return nil, ErrNoServer }
