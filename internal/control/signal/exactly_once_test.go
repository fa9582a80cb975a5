package signal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/api"
)

// wire is the socket of a model client: what is on its way in either direction is
// lost when it is cut.
type wire struct {
	recorder
	link   *Link
	upward [][]byte
}

// model is a client as docs/protocol.md describes it, as small as can be.
type model struct {
	t      *testing.T
	seed   uint64
	server *Server
	name   string
	peer   string // whom it says c1, c2, ... to, and who says the same to it
	wire   *wire

	known    bool // has been welcomed before
	welcomed bool // over this wire
	sent     uint64
	unacked  map[uint64][]byte
	received uint64
	sinceAck int
	said     int // to the other, as content
	heard    int // from the other
}

func (m *model) connect() {
	m.wire = &wire{recorder: recorder{room: -1}}
	m.wire.link = m.server.Open(&m.wire.recorder, testAddr, nil)
	resume := ""
	if m.known {
		resume = resumeAt(m.received)
	}
	m.welcomed = false
	m.wire.upward = append(m.wire.upward, []byte(helloOf("r", m.name, resume)))
}

func (m *model) cut() {
	m.wire.link.Closed(false)
	m.wire = nil
}

func (m *model) say() {
	m.said++
	m.sent++
	msg := fmt.Appendf(nil, `{"type":"reset","seq":%d,"to":%q,"connection":"c%d"}`, m.sent, m.peer, m.said)
	m.unacked[m.sent] = msg
	if m.wire != nil && m.welcomed {
		m.wire.upward = append(m.wire.upward, msg)
	}
}

func (m *model) up(format string, args ...any) {
	m.wire.upward = append(m.wire.upward, fmt.Appendf(nil, format, args...))
}

// deliverUp lets one message reach the server.
func (m *model) deliverUp() bool {
	if m.wire == nil || len(m.wire.upward) == 0 {
		return false
	}
	msg := m.wire.upward[0]
	m.wire.upward = m.wire.upward[1:]
	m.wire.link.Receive(msg)
	return true
}

// deliverDown lets one message reach the client.
func (m *model) deliverDown() bool {
	if m.wire == nil {
		return false
	}
	msg, ok := m.wire.one()
	if ok {
		m.handle([]byte(msg))
	}
	return ok
}

func (m *model) handle(raw []byte) {
	var msg struct {
		Type, Connection, Code string
		Seq, Received          uint64
		Resumed                bool
	}
	if err := json.Unmarshal(raw, &msg); err != nil {
		m.t.Fatalf("seed %d: %v in %s", m.seed, err, raw)
	}
	switch msg.Type {
	case "welcome":
		if msg.Resumed != m.known {
			m.t.Fatalf("seed %d: the session of %s was lost", m.seed, m.name)
		}
		m.known, m.welcomed = true, true
		m.forget(msg.Received)
		for seq := msg.Received + 1; seq <= m.sent; seq++ {
			m.wire.upward = append(m.wire.upward, m.unacked[seq])
		}
	case "ping":
		m.forget(msg.Received)
		m.up(`{"type":"pong","received":%d}`, m.received)
	case "ack", "pong":
		m.forget(msg.Received)
	case "error":
		m.t.Fatalf("seed %d: %s got %s", m.seed, m.name, raw)
	default:
		m.count(msg.Seq, raw)
		if msg.Type == "reset" && m.peer != "" {
			m.heard++
			if want := fmt.Sprintf("c%d", m.heard); msg.Connection != want {
				m.t.Fatalf("seed %d: %s heard %s, want %s", m.seed, m.name, msg.Connection, want)
			}
		}
	}
}

func (m *model) count(seq uint64, raw []byte) {
	if seq != m.received+1 {
		m.t.Fatalf("seed %d: %s got %s after %d", m.seed, m.name, raw, m.received)
	}
	m.received++
	if m.sinceAck++; m.sinceAck == api.AckEvery {
		m.sinceAck = 0
		m.up(`{"type":"ack","received":%d}`, m.received)
	}
}

func (m *model) forget(received uint64) {
	for seq := range m.unacked {
		if seq <= received {
			delete(m.unacked, seq)
		}
	}
}

// TestExactlyOnceInOrder cuts the sockets of two people at random, with messages
// on their way in both directions, and lets them resume.
func TestExactlyOnceInOrder(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) { exactlyOnce(t, seed) })
	}
}

func exactlyOnce(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	server := NewServer(Config{})
	defer server.Close()
	var models [2]*model
	names := [2]string{"Ann", "Bob"}
	for i, name := range names {
		models[i] = &model{
			t: t, seed: seed, server: server, name: name, unacked: map[uint64][]byte{},
			peer: api.PeerID("r", secretOf(names[1-i])),
		}
		models[i].connect()
		for models[i].deliverUp() || models[i].deliverDown() {
		}
	}
	cuts := 0
	for range 2000 {
		m := models[rng.IntN(2)]
		switch n := rng.IntN(100); {
		case n < 30:
			m.say()
		case n < 60:
			m.deliverUp()
		case n < 88:
			m.deliverDown()
		case n < 92 && m.wire != nil:
			m.cut()
			cuts++
		case n < 97 && m.wire == nil:
			m.connect()
		case n < 98 && m.wire != nil:
			m.connect() // while the server still has the old one
			m.wire.upward = m.wire.upward[:0]
			m.up("%s", helloOf("r", m.name, resumeAt(m.received)))
		default:
			time.Sleep(time.Duration(rng.IntN(1000)) * time.Millisecond)
			synctest.Wait()
		}
	}
	for _, m := range models {
		if m.wire == nil {
			m.connect()
		}
	}
	for models[0].deliverUp() || models[0].deliverDown() || models[1].deliverUp() || models[1].deliverDown() {
	}
	if models[0].heard != models[1].said || models[1].heard != models[0].said || cuts == 0 {
		t.Fatalf("seed %d: said %d and %d, heard %d and %d, %d cuts", seed,
			models[0].said, models[1].said, models[1].heard, models[0].heard, cuts)
	}
}
