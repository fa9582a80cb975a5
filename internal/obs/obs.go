// Package obs is how the server is watched: its log and its metrics. Log keys are
// fixed (room, peer, track, addr, reason); metrics carry no label whose values a
// client can choose.
package obs

import (
	"io"
	"log/slog"
)

// NewLogger returns a logger that writes one line of key=value pairs per event.
// level is debug, info, warn or error.
func NewLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}
