package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
)

// Each of these tests does something that no client of ours would do, while a
// call on the same server must go on undisturbed.

const secretA = "AAAAAAAAAAAAAAAAAAAAAA"

func helloText(room, secret string) string {
	return fmt.Sprintf(`{"type":"hello","room":%q,"secret":%q,"media":{}}`, room, secret)
}

// drain waits until the server has closed.
func drain(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, conn); err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Fatal("the server did not close")
		}
	}
}

func TestRandomBytes(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	for range 50 {
		junk := make([]byte, 4096)
		rand.Read(junk)
		conn, err := net.Dial("tcp", srv.addr()) // instead of HTTP
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(junk)
		_ = conn.Close()
		upgraded, _ := srv.rawSocket() // instead of frames
		_, _ = upgraded.Write(junk)
		_ = upgraded.Close()
		p := srv.dial().listen() // instead of JSON
		p.send("%s", hex.EncodeToString(junk[:100]))
		p.wantEnd(api.ErrBadMessage, websocket.StatusPolicyViolation)
	}
	b.talk()
}

func TestMutilatedMessages(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	const seed = 1
	rng := mathrand.New(mathrand.NewPCG(seed, 4))
	good := []string{
		helloText("bystanders", secretA),
		`{"type":"offer","seq":1,"to":"` + b.ann.id + `","connection":"c","first":true,"sdp":"v=0","tracks":[{"mid":"0","kind":"camera"}]}`,
		`{"type":"update","seq":2,"name":"x","media":{}}`, `{"type":"ack","received":1}`,
	}
	for range 200 {
		p := srv.dial()
		p.send("%s", helloText("elsewhere", secretA))
		for range 5 {
			msg := []byte(good[rng.IntN(len(good))])
			for range 1 + rng.IntN(3) {
				msg[rng.IntN(len(msg))] = byte(rng.IntN(256))
			}
			p.send("%s", msg)
		}
		_ = p.conn.CloseNow()
	}
	b.talk()
}

func TestGiantMessages(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	t.Run("before hello", func(t *testing.T) {
		p := srv.dial().listen()
		p.send("%s", strings.Repeat(" ", 10<<20))
		p.wantEnd(api.ErrTooLarge, websocket.StatusMessageTooBig)
	})
	t.Run("in a room", func(t *testing.T) {
		p := srv.enter("r", "Eve")
		p.send("%s", strings.Repeat(" ", api.MaxMessageBytes+1))
		p.wantEnd(api.ErrTooLarge, websocket.StatusMessageTooBig)
	})
	t.Run("at the limit", func(t *testing.T) {
		p := srv.enter("r", "Eve")
		p.send("%s", `{"type":"ping","received":0`+strings.Repeat(" ", api.MaxMessageBytes-28)+`}`)
		p.want("pong")
	})
	t.Run("claimed to be of 2^62 bytes", func(t *testing.T) {
		conn, _ := srv.rawSocket()
		_, _ = conn.Write([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		go func() {
			chunk := make([]byte, 1<<16)
			for {
				if _, err := conn.Write(chunk); err != nil {
					return
				}
			}
		}()
		drain(t, conn)
	})
	t.Run("in endless fragments", func(t *testing.T) {
		conn, _ := srv.rawSocket()
		_, _ = conn.Write(frame(0x01, []byte(strings.Repeat(" ", 1000))))
		go func() {
			fragment := frame(0x00, []byte(strings.Repeat(" ", 1000)))
			for {
				if _, err := conn.Write(fragment); err != nil {
					return
				}
			}
		}()
		drain(t, conn)
	})
	b.talk()
}

func TestFloods(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	t.Run("of messages", func(t *testing.T) {
		p := srv.enter("r", "Eve")
		for range 3 * api.MessageBurst {
			p.send(`{"type":"ping","received":0}`)
		}
		p.wantEnd(api.ErrRateLimited, websocket.StatusPolicyViolation)
	})
	t.Run("of ping frames", func(t *testing.T) {
		conn, _ := srv.rawSocket()
		go func() {
			for {
				if _, err := conn.Write(frame(0x89, nil)); err != nil {
					return
				}
			}
		}()
		drain(t, conn)
	})
	t.Run("of empty fragments", func(t *testing.T) {
		conn, _ := srv.rawSocket()
		_, _ = conn.Write(frame(0x01, nil))
		for range 10_000 {
			if _, err := conn.Write(frame(0x00, nil)); err != nil {
				break
			}
		}
		_ = conn.Close()
	})
	t.Run("of connections", func(t *testing.T) {
		for range 500 {
			conn, err := net.Dial("tcp", srv.addr())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
		}
	})
	b.talk()
}

// TestSlowReader lets somebody read nothing while another one sends to it.
func TestSlowReader(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	slow := srv.dial()
	secret := strings.Repeat("S", 32)
	slow.send("%s", helloText("r", secret))
	eve := srv.enter("r", "Eve")
	to := api.PeerID("r", secret)
	sdp := strings.Repeat("a", 60<<10)
	for i := range 30 {
		eve.send(`{"type":"offer","seq":%d,"to":%q,"connection":"c","first":true,"sdp":%q,"tracks":[]}`, i+1, to, sdp)
	}
	eve.want("peer-left", to, "lost")
	if n := srv.s.Counters().Errors[api.ErrSlowReader]; n != 1 {
		t.Errorf("%d slow readers were counted", n)
	}
	waitFor(t, "the slow reader's end", func() bool { return srv.s.Counters().Connections == 3 })
	b.talk()
}

func TestWrongOrder(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	t.Run("no hello", func(t *testing.T) {
		p := srv.dial().listen()
		p.send(`{"type":"ping","received":0}`)
		p.wantEnd(api.ErrOutOfOrder, websocket.StatusPolicyViolation)
	})
	t.Run("two hellos", func(t *testing.T) {
		p := srv.enter("r", "Eve")
		p.send("%s", helloText("bystanders", secretA))
		p.wantEnd(api.ErrOutOfOrder, websocket.StatusPolicyViolation)
	})
	t.Run("a gap", func(t *testing.T) {
		p := srv.enter("bystanders", "Eve")
		b.ann.want("peer-joined")
		b.bob.want("peer-joined")
		p.send(`{"type":"reset","seq":2,"to":%q,"connection":"c"}`, b.ann.id)
		p.wantEnd(api.ErrOutOfOrder, websocket.StatusPolicyViolation)
		b.ann.want("peer-left")
		b.bob.want("peer-left")
	})
	b.talk()
}

func TestForgery(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	t.Run("somebody else's session", func(t *testing.T) {
		for i := range 50 {
			p := srv.dial().listen()
			p.send(`{"type":"hello","room":"guess-%d","secret":%q,"media":{},"resume":{"received":0}}`, i, b.ann.id+"AAAAAA")
			p.want("welcome", `"resumed":false`)
		}
	})
	t.Run("somebody else's name as sender", func(t *testing.T) {
		p := srv.enter("bystanders", "Eve")
		p.send(`{"type":"reset","seq":1,"to":%q,"from":%q,"connection":"forged"}`, b.bob.id, b.ann.id)
		b.ann.want("peer-joined")
		b.bob.want("forged", `"from":"`+p.id+`"`)
		p.send(`{"type":"bye"}`)
		b.ann.want("peer-left", "bye")
		b.bob.want("peer-left", "bye")
	})
	t.Run("a message into another room", func(t *testing.T) {
		p := srv.enter("r", "Eve")
		p.send(`{"type":"reset","seq":1,"to":%q,"connection":"forged"}`, b.bob.id)
		p.want(`"code":"peer-unknown"`, `"re":1`)
	})
	b.talk()
}

func TestBinaryFrames(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	for _, p := range []*signalPeer{srv.dial().listen(), srv.enter("r", "Eve")} {
		ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
		defer cancel()
		if err := p.conn.Write(ctx, websocket.MessageBinary, []byte(helloText("r", secretA))); err != nil {
			t.Fatal(err)
		}
		p.wantEnd(api.ErrBadMessage, websocket.StatusPolicyViolation)
	}
	b.talk()
}

func TestTooManyRooms(t *testing.T) {
	const rooms, attempts, batch = 1000, 1200, 50
	srv := startSignalServer(t, signalingConfig{MaxRooms: rooms, MaxPerAddress: 2 * attempts})
	b := srv.bystanders() // they have one of the rooms
	refused := 0
	for i := range attempts / batch {
		var peers []*signalPeer
		for j := range batch { // the sockets stay open, so that no room ends meanwhile
			p := srv.dial().listen()
			p.send("%s", helloText(fmt.Sprintf("room-%d-%d", i, j), secretA))
			peers = append(peers, p)
		}
		for _, p := range peers {
			if msg := p.want(`"type":`); strings.Contains(msg, "server-full") {
				refused++
			}
		}
	}
	if n := srv.s.Counters().Rooms; n != rooms || refused != attempts-rooms+1 {
		t.Errorf("%d rooms, %d refused", n, refused)
	}
	b.talk()
}

func TestTooManyConnections(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{MaxPerAddress: 10})
	b := srv.bystanders()
	for range 8 {
		srv.dial()
	}
	ctx, cancel := context.WithTimeout(context.Background(), signalPatience)
	defer cancel()
	_, res, err := websocket.Dial(ctx, "ws://"+srv.addr()+api.SignalPath, &websocket.DialOptions{Subprotocols: []string{api.Subprotocol}})
	if err == nil || res == nil || res.StatusCode != 429 {
		t.Errorf("the 11th connection from an address: %v", err)
	}
	b.talk()
}

// TestHalfAMessage leaves messages unfinished.
func TestHalfAMessage(t *testing.T) {
	srv := startSignalServer(t, signalingConfig{})
	b := srv.bystanders()
	start := time.Now()
	for range 20 {
		conn, _ := srv.rawSocket()
		f := frame(0x81, []byte(helloText("r", secretA)))
		_, _ = conn.Write(f[:len(f)-10])
	}
	b.talk()
	waitFor(t, "the end of the unfinished", func() bool { return srv.s.Counters().Connections == 2 })
	t.Logf("closed after %v", time.Since(start).Round(time.Second))
	b.talk()
}
