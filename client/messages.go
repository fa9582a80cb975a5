package client

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parley-rtc/parley/api"
)

// serverMessages makes an empty message of each type that is understood here.
var serverMessages = map[string]func() any{
	"welcome":           func() any { return new(api.Welcome) },
	"waiting":           func() any { return new(api.Waiting) },
	"peer-joined":       func() any { return new(api.PeerJoined) },
	"peer-updated":      func() any { return new(api.PeerUpdated) },
	"peer-away":         func() any { return new(api.PeerAway) },
	"peer-back":         func() any { return new(api.PeerBack) },
	"peer-left":         func() any { return new(api.PeerLeft) },
	"offer":             func() any { return new(api.Offer) },
	"answer":            func() any { return new(api.Answer) },
	"candidate":         func() any { return new(api.Candidate) },
	"end-of-candidates": func() any { return new(api.EndOfCandidates) },
	"reset":             func() any { return new(api.Reset) },
	"ice-servers":       func() any { return new(api.ICEServers) },
	"ping":              func() any { return new(api.Ping) },
	"pong":              func() any { return new(api.Pong) },
	"ack":               func() any { return new(api.Ack) },
	"bye":               func() any { return new(api.Bye) },
	"error":             func() any { return new(api.Error) },
}

// unknown is a message of a type that this version does not know. "A client MUST
// ignore messages of a type it does not know, but count their seq."
type unknown struct {
	Type string `json:"type"`
	Seq  uint64 `json:"seq"`
}

// parseServer decodes one message of the server; nil for one that is to be
// ignored.
func parseServer(data []byte) (any, error) {
	var head unknown
	if err := json.Unmarshal(data, &head); err != nil || head.Type == "" {
		return nil, errors.New("the server sent what is not a message")
	}
	blank, known := serverMessages[head.Type]
	if !known {
		if head.Seq == 0 {
			return nil, nil
		}
		return &head, nil
	}
	message := blank()
	if err := json.Unmarshal(data, message); err != nil {
		return nil, fmt.Errorf("the server's %s cannot be read: %w", head.Type, err)
	}
	return message, nil
}

func seqOf(message any) uint64 {
	switch m := message.(type) {
	case *api.PeerJoined:
		return m.Seq
	case *api.PeerUpdated:
		return m.Seq
	case *api.PeerAway:
		return m.Seq
	case *api.PeerBack:
		return m.Seq
	case *api.PeerLeft:
		return m.Seq
	case *api.Offer:
		return m.Seq
	case *api.Answer:
		return m.Seq
	case *api.Candidate:
		return m.Seq
	case *api.EndOfCandidates:
		return m.Seq
	case *api.Reset:
		return m.Seq
	case *api.ICEServers:
		return m.Seq
	case *unknown:
		return m.Seq
	}
	return 0
}

func setSeq(message any, seq uint64) {
	switch m := message.(type) {
	case *api.Offer:
		m.Seq = seq
	case *api.Answer:
		m.Seq = seq
	case *api.Candidate:
		m.Seq = seq
	case *api.EndOfCandidates:
		m.Seq = seq
	case *api.Reset:
		m.Seq = seq
	}
}
