package api

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Message is a pointer to one of the message structs of this package.
type Message interface {
	// check says what is wrong with the message as a plain sentence, "" if
	// nothing is, and brings it into its normal form (names trimmed, lists never
	// null).
	check() string
}

// clientMessages makes an empty message of each type that a client may send.
var clientMessages = map[string]func() Message{
	"hello":             func() Message { return new(Hello) },
	"offer":             func() Message { return new(Offer) },
	"answer":            func() Message { return new(Answer) },
	"candidate":         func() Message { return new(Candidate) },
	"end-of-candidates": func() Message { return new(EndOfCandidates) },
	"reset":             func() Message { return new(Reset) },
	"update":            func() Message { return new(Update) },
	"room-settings":     func() Message { return new(ChangeSettings) },
	"moderate":          func() Message { return new(Moderate) },
	"invite":            func() Message { return new(Invite) },
	"bye":               func() Message { return new(Bye) },
	"ping":              func() Message { return new(Ping) },
	"pong":              func() Message { return new(Pong) },
	"ack":               func() Message { return new(Ack) },
}

// Numbered says whether messages of a type bear a seq.
func Numbered(messageType string) bool {
	switch messageType {
	case "hello", "waiting", "welcome", "bye", "ping", "pong", "ack", "error":
		return false
	}
	return true
}

// ParseClient decodes and checks one message from a client. seq is its number,
// 0 if its type has none. A message that cannot be used comes back as the
// [Error] to answer it with, together with the seq if that could be read, so
// that the numbering goes on behind it.
//
// Fields that this version does not know are ignored.
func ParseClient(data []byte) (msg Message, seq uint64, problem *Error) {
	var head struct {
		Type string `json:"type"`
		Seq  uint64 `json:"seq"`
	}
	if len(data) > MaxMessageBytes {
		return nil, 0, fatal(ErrTooLarge, fmt.Sprintf("A message may have at most %d bytes.", MaxMessageBytes))
	}
	if !utf8.Valid(data) {
		return nil, 0, fatal(ErrBadMessage, "The message is not valid UTF-8.")
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, 0, fatal(ErrBadMessage, "The message is not a JSON object with a \"type\" and, where it has one, a whole number \"seq\".")
	}
	if head.Type == "" {
		return nil, 0, fatal(ErrBadMessage, "The message has no \"type\".")
	}
	blank, known := clientMessages[head.Type]
	if !known {
		return nil, head.Seq, bad("This server does not know the type of the message.", head.Seq)
	}
	if Numbered(head.Type) {
		if head.Seq == 0 {
			return nil, 0, fatal(ErrBadMessage, "A message of this type needs a \"seq\" of 1 or more.")
		}
		seq = head.Seq
	}
	msg = blank()
	if err := json.Unmarshal(data, msg); err != nil {
		return nil, seq, bad("A field of the message has the wrong JSON type.", seq)
	}
	if what := msg.check(); what != "" {
		return nil, seq, bad(what, seq)
	}
	return msg, seq, nil
}

func fatal(code ErrorCode, sentence string) *Error {
	return &Error{Type: "error", Code: code, Message: sentence, Fatal: true}
}

func bad(sentence string, seq uint64) *Error {
	return &Error{Type: "error", Code: ErrBadMessage, Message: sentence, Re: seq}
}
