package signal

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/invariant"
)

// encode returns the JSON of a message. SDP keeps its < and >.
func encode(msg any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(msg)
	invariant.Check(err == nil, "a message of package api cannot be encoded")
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// template is a numbered message without its number, encoded once for all who
// get it.
type template struct {
	head, tail []byte
}

var emptySeq = []byte(`"seq":0`)

func newTemplate(msg any) template {
	raw := encode(msg)
	// Type and Seq come first in every numbered message, so the first hit is it.
	at := bytes.Index(raw, emptySeq)
	invariant.Check(at >= 0, "a numbered message has no seq")
	at += len(emptySeq) - 1
	return template{head: raw[:at], tail: raw[at+1:]}
}

func (t template) stamp(seq uint64) []byte {
	msg := make([]byte, 0, len(t.head)+20+len(t.tail))
	msg = append(msg, t.head...)
	msg = strconv.AppendUint(msg, seq, 10)
	return append(msg, t.tail...)
}

// relayed returns a message from one peer to another as the other gets it; to is
// empty for messages that are not for another peer.
func relayed(msg api.Message, from string) (to string, t template) {
	switch m := msg.(type) {
	case *api.Offer:
		to, m.To, m.From, m.Seq = m.To, "", from, 0
	case *api.Answer:
		to, m.To, m.From, m.Seq = m.To, "", from, 0
	case *api.Candidate:
		to, m.To, m.From, m.Seq = m.To, "", from, 0
	case *api.EndOfCandidates:
		to, m.To, m.From, m.Seq = m.To, "", from, 0
	case *api.Reset:
		to, m.To, m.From, m.Seq = m.To, "", from, 0
	default:
		return "", template{}
	}
	return to, newTemplate(msg)
}
