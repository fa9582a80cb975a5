//go:build linux

package load

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/parley-rtc/parley/api"
)

// perAddress is how many clients come from one address of loopback, below what a
// server allows from one.
const perAddress = 200

// Crowd is a number of clients of one server.
type Crowd struct {
	Pings     atomic.Int64 // answered
	Delivered atomic.Int64 // candidates received
	Failed    atomic.Int64 // clients whose socket went away

	server  string
	clients []*client
	mu      sync.Mutex
	reasons map[string]int
	closing atomic.Bool
}

type client struct {
	crowd *Crowd
	conn  *websocket.Conn

	mu       sync.Mutex
	self     string
	peers    []string
	sent     uint64
	received uint64
}

// Join brings rooms with size people each into a server, parallel at a time.
func Join(ctx context.Context, server string, rooms, size, parallel int) (*Crowd, error) {
	c := &Crowd{server: server, clients: make([]*client, rooms*size), reasons: map[string]int{}}
	next := atomic.Int64{}
	errs := make(chan error, parallel)
	for range parallel {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(c.clients) {
					errs <- nil
					return
				}
				cl, err := c.dial(ctx, i, fmt.Sprintf("bench-%d", i/size))
				if err != nil {
					errs <- fmt.Errorf("client %d: %w", i, err)
					return
				}
				c.clients[i] = cl
			}
		}()
	}
	var err error
	for range parallel {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Crowd) dial(ctx context.Context, i int, room string) (*client, error) {
	host := i / perAddress
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(host/250), byte(1+host%250))}}
	transport := &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
	conn, _, err := websocket.Dial(ctx, "ws://"+c.server+api.SignalPath, &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: transport},
		Subprotocols: []string{api.Subprotocol},
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(2 * api.MaxMessageBytes)
	cl := &client{crowd: c, conn: conn}
	if err := cl.hello(ctx, room); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	go cl.read(ctx)
	return cl, nil
}

func (cl *client) hello(ctx context.Context, room string) error {
	hello := api.Hello{Type: "hello", Room: room, Secret: rand.Text(), Name: "bench", Client: "parley-bench"}
	if err := cl.write(ctx, hello); err != nil {
		return err
	}
	_, data, err := cl.conn.Read(ctx)
	if err != nil {
		return err
	}
	var welcome struct {
		api.Welcome
		Message string `json:"message"`
	}
	if err := json.Unmarshal(data, &welcome); err != nil {
		return err
	}
	if welcome.Type != "welcome" {
		return fmt.Errorf("instead of a welcome came %s: %s", welcome.Type, welcome.Message)
	}
	cl.self = welcome.Self
	for _, p := range welcome.Peers {
		cl.peers = append(cl.peers, p.ID)
	}
	return nil
}

func (cl *client) write(ctx context.Context, msg any) error {
	data, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	return cl.conn.Write(ctx, websocket.MessageText, data)
}

// read answers what must be answered until the socket goes away.
func (cl *client) read(ctx context.Context) {
	for {
		_, data, err := cl.conn.Read(ctx)
		if err == nil {
			err = cl.handle(ctx, data)
		}
		if err != nil {
			if !cl.crowd.closing.Load() {
				cl.crowd.fail(err)
			}
			return
		}
	}
}

func (cl *client) handle(ctx context.Context, data []byte) error {
	var msg struct {
		Type    string          `json:"type"`
		Seq     uint64          `json:"seq"`
		Peer    json.RawMessage `json:"peer"`
		Message string          `json:"message"`
	}
	if err := json.Unmarshal(data, &msg); err != nil {
		return err
	}
	cl.mu.Lock()
	if msg.Seq > 0 {
		cl.received = msg.Seq
	}
	received := cl.received
	if msg.Type == "peer-joined" {
		var peer api.Peer
		if err := json.Unmarshal(msg.Peer, &peer); err == nil {
			cl.peers = append(cl.peers, peer.ID)
		}
	}
	cl.mu.Unlock()
	switch msg.Type {
	case "candidate":
		cl.crowd.Delivered.Add(1)
	case "ping":
		cl.crowd.Pings.Add(1)
		return cl.write(ctx, api.Pong{Type: "pong", Received: received})
	case "error", "bye":
		return fmt.Errorf("the server says %s: %s", msg.Type, msg.Message)
	}
	if msg.Seq > 0 && msg.Seq%api.AckEvery == 0 {
		return cl.write(ctx, api.Ack{Type: "ack", Received: msg.Seq})
	}
	return nil
}

func (c *Crowd) fail(err error) {
	c.Failed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reasons[err.Error()]++
}

// Err returns why clients lost their sockets, nil if none did.
func (c *Crowd) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.reasons) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d clients lost their socket: %v", c.Failed.Load(), len(c.clients), c.reasons)
}

// sampleCandidate has the size of a candidate of a browser.
const sampleCandidate = "candidate:842163049 1 udp 1677729535 203.0.113.77 61234 typ srflx " +
	"raddr 192.168.178.25 rport 61234 generation 0 ufrag Jx2k network-cost 999"

// Talk lets every client send perSecond candidates, to the others in its room in
// turn (to itself where it is alone), for the given time, and returns how many
// were sent.
func (c *Crowd) Talk(ctx context.Context, perSecond int, most time.Duration) int64 {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var sent atomic.Int64
	var wg sync.WaitGroup
	for _, cl := range c.clients {
		wg.Go(func() {
			tick := time.NewTicker(time.Second / time.Duration(perSecond))
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				// A write that is cut in the middle would close the socket.
				if cl.write(context.WithoutCancel(ctx), cl.candidate(n)) != nil {
					return
				}
				sent.Add(1)
			}
		})
	}
	wg.Wait()
	return sent.Load()
}

func (cl *client) candidate(n int) api.Candidate {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.sent++
	to := cl.self
	if len(cl.peers) > 0 {
		to = cl.peers[n%len(cl.peers)]
	}
	return api.Candidate{
		Type: "candidate", Seq: cl.sent, To: to, Connection: "Y2FuZGlkYXRlcw",
		Candidate: sampleCandidate, SDPMid: "0", UsernameFragment: "Jx2k",
	}
}

// Len is the number of clients.
func (c *Crowd) Len() int { return len(c.clients) }

// Close closes all sockets.
func (c *Crowd) Close() {
	c.closing.Store(true)
	for _, cl := range c.clients {
		if cl != nil {
			_ = cl.conn.CloseNow()
		}
	}
}
