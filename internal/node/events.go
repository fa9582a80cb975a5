package node

import (
	"log/slog"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

func (m *media) logEvents() {
	defer close(m.logged)
	var failures failureLines
	for e := range m.events {
		switch e.Kind {
		case turn.AllocationOpened:
			m.log.Info("allocation opened", "addr", e.Client.Remote, "transport", transportNames[e.Client.Transport], "relay", e.Relayed, "user", e.User)
		case turn.AllocationClosed:
			m.log.Info("allocation closed", "addr", e.Client.Remote, "relay", e.Relayed, "reason", e.Reason, "user", e.User,
				"to_peer_bytes", e.ToPeer.Bytes, "to_client_bytes", e.ToClient.Bytes)
		case turn.ClientJoined:
			m.log.Info("allocation moves", "addr", e.Client.Remote, "transport", transportNames[e.Client.Transport], "relay", e.Relayed, "user", e.User)
		case turn.AuthenticationFailed:
			failures.log(mono.Now(), &e, m.log)
		}
	}
}

// failureLinesMax is how many lines about wrong credentials are logged in a second,
// of all sources together.
const failureLinesMax = 50

// failureLines logs wrong credentials, so that a filter can shut their sources out.
// Of a flood from many sources it logs a part, and how much it left out.
type failureLines struct {
	until mono.Time // end of the second that is counted in
	count int
	left  int // out
}

func (f *failureLines) log(now mono.Time, e *turn.Event, log *slog.Logger) {
	if now > f.until {
		if f.left > 0 {
			log.Warn("authentication failures not logged", "count", f.left)
		}
		*f = failureLines{until: now.Add(time.Second)}
	}
	if f.count == failureLinesMax {
		f.left++
		return
	}
	f.count++
	log.Warn("authentication failed", "addr", e.Client.Remote, "transport", transportNames[e.Client.Transport], "reason", e.Reason, "user", e.User)
}
