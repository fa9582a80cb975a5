package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// serverMessages makes an empty message of each type that a server may send.
var serverMessages = map[string]func() any{
	"welcome":           func() any { return new(Welcome) },
	"waiting":           func() any { return new(Waiting) },
	"settings":          func() any { return new(Settings) },
	"knock":             func() any { return new(Knock) },
	"knock-gone":        func() any { return new(KnockGone) },
	"moderated":         func() any { return new(Moderated) },
	"role":              func() any { return new(RoleChanged) },
	"invited":           func() any { return new(Invited) },
	"peer-joined":       func() any { return new(PeerJoined) },
	"peer-updated":      func() any { return new(PeerUpdated) },
	"peer-away":         func() any { return new(PeerAway) },
	"peer-back":         func() any { return new(PeerBack) },
	"peer-left":         func() any { return new(PeerLeft) },
	"offer":             func() any { return new(Offer) },
	"answer":            func() any { return new(Answer) },
	"candidate":         func() any { return new(Candidate) },
	"end-of-candidates": func() any { return new(EndOfCandidates) },
	"reset":             func() any { return new(Reset) },
	"bye":               func() any { return new(Bye) },
	"ice-servers":       func() any { return new(ICEServers) },
	"ping":              func() any { return new(Ping) },
	"pong":              func() any { return new(Pong) },
	"ack":               func() any { return new(Ack) },
	"error":             func() any { return new(Error) },
}

func protocolText(t *testing.T) string {
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExamplesOfTheProtocol reads each example, and wants one of each message in
// each direction.
func TestExamplesOfTheProtocol(t *testing.T) {
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile("(?s)```json (client|server)\n(.*?)```").FindAllStringSubmatch(protocolText(t), -1) {
		side, example := m[1], m[2]
		var head struct{ Type string }
		if err := json.Unmarshal([]byte(example), &head); err != nil {
			t.Errorf("%s: %v", example, err)
			continue
		}
		shown[side+" "+head.Type] = true
		if side == "client" {
			if _, _, problem := ParseClient([]byte(example)); problem != nil {
				t.Errorf("%s: %s", example, problem.Message)
			}
		}
		blank := serverMessages[head.Type]
		if side == "client" {
			blank = func() any { return clientMessages[head.Type]() }
		}
		dec := json.NewDecoder(bytes.NewReader([]byte(example)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(blank()); err != nil {
			t.Errorf("%s: %v", example, err)
		}
	}
	for name := range clientMessages {
		if !shown["client "+name] {
			t.Errorf("no example of %s by a client", name)
		}
	}
	for name := range serverMessages {
		if !shown["server "+name] {
			t.Errorf("no example of %s by a server", name)
		}
	}
}

// TestTablesOfTheProtocol holds the tables of limits, times and errors against the
// constants.
func TestTablesOfTheProtocol(t *testing.T) {
	text := protocolText(t)
	values := map[string]any{
		"MaxMessageBytes": MaxMessageBytes, "MaxNameRunes": MaxNameRunes, "MaxRoomBytes": MaxRoomBytes,
		"MinSecretBytes": MinSecretBytes, "MaxSecretBytes": MaxSecretBytes, "PeerIDBytes": PeerIDBytes,
		"MaxConnectionBytes": MaxConnectionBytes, "MaxCandidateBytes": MaxCandidateBytes, "MaxMidBytes": MaxMidBytes,
		"MaxUfragBytes": MaxUfragBytes, "MaxTracks": MaxTracks, "MaxClientBytes": MaxClientBytes,
		"MaxReasonBytes": MaxReasonBytes, "AckEvery": AckEvery, "MaxUnackedMessages": MaxUnackedMessages,
		"MaxUnackedBytes": MaxUnackedBytes, "MaxMeshPeers": MaxMeshPeers, "MessagesPerSecond": MessagesPerSecond,
		"MessageBurst": MessageBurst, "CredentialSeconds": CredentialSeconds, "HelloTimeoutMs": HelloTimeoutMs,
		"PingActiveMs": PingActiveMs, "PingIdleMs": PingIdleMs, "PongTimeoutMs": PongTimeoutMs, "SessionMs": SessionMs,
		"MaxPasswordBytes": MaxPasswordBytes, "MaxInviteBytes": MaxInviteBytes, "MinInviteS": MinInviteS,
		"MaxInviteS": MaxInviteS, "MaxRequestBytes": MaxRequestBytes, "MaxKnocks": MaxKnocks, "MaxReturning": MaxReturning,
	}
	for _, name := range append(constants(t, "signaling.go"), constants(t, "control.go")...) {
		switch value, isLimit := values[name]; {
		case isLimit:
			if row := fmt.Sprintf("| `%s` | %v |", name, value); !strings.Contains(text, row) {
				t.Errorf("no row %q", row)
			}
		case !strings.HasPrefix(name, "Err") && name != "Subprotocol" && name != "SignalPath":
			t.Errorf("the constant %s is not in this test", name)
		}
	}
	for _, code := range []ErrorCode{
		ErrBadMessage, ErrTooLarge, ErrOutOfOrder, ErrRateLimited, ErrRoomFull, ErrPeerUnknown, ErrServerFull,
		ErrReplaced, ErrSlowReader, ErrInternal,
		ErrLocked, ErrDenied, ErrPasswordRequired, ErrPasswordWrong, ErrInviteRequired, ErrInviteExpired, ErrRemoved,
		ErrEnded, ErrNotAllowed,
	} {
		if !strings.Contains(text, fmt.Sprintf("\n| `%s` |", code)) {
			t.Errorf("no row for the error %s", code)
		}
	}
	for _, want := range []string{Subprotocol, SignalPath, PeerID("blue-room", strings.Repeat("A", 22)), HostRoom(strings.Repeat("A", 22))} {
		if !strings.Contains(text, "`"+want+"`") {
			t.Errorf("the text lacks %s", want)
		}
	}
}

func constants(t *testing.T, file string) (names []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.CONST {
			for _, spec := range gen.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}
