//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"syscall"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
)

// serveEcho is the floor: it welcomes a client and then sends every message back.
func serveEcho() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc(api.SignalPath, func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{api.Subprotocol}})
		if err != nil {
			return
		}
		defer func() { _ = conn.CloseNow() }()
		if _, _, err := conn.Read(r.Context()); err != nil {
			return
		}
		reply, _ := json.Marshal(api.Welcome{Type: "welcome", Self: "self"})
		for err == nil {
			if err = conn.Write(r.Context(), websocket.MessageText, reply); err == nil {
				_, reply, err = conn.Read(r.Context())
			}
		}
	})
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	context.AfterFunc(stop, func() { _ = l.Close() })
	fmt.Printf("http://localhost:%d/\n", l.Addr().(*net.TCPAddr).Port)
	if err := http.Serve(l, mux); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
