package client

import "github.com/parley-rtc/parley/api"

// Code is the part of an [Error] that programs branch on.
type Code string

// Codes of errors. A refusal by the server bears the code of the protocol
// instead: see [api.ErrorCode].
const (
	CodeLeft          Code = "left"           // the call is over
	CodeBadURL        Code = "bad-url"        // not the address of a room
	CodeServerGone    Code = "server-gone"    // no server answers there
	CodeCertificate   Code = "certificate"    // the server's certificate is not trusted
	CodeProtocolError Code = "protocol-error" // the server and we do not understand each other
	CodeBadOptions    Code = "bad-options"
	CodeUnknownPeer   Code = "unknown-peer"
	CodeTooLarge      Code = "too-large"
	CodeClosed        Code = "closed" // the channel, or the way to the peer, is closed
)

// Error says what went wrong: a code for programs, and a plain sentence.
type Error struct {
	Code    Code
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Is makes errors with the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

func refusal(code api.ErrorCode, message string) *Error { return &Error{Code(code), message} }
