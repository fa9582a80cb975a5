package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/client"
	"github.com/parley-rtc/parley/test/testnode"
)

// talk keeps what came over a channel and checks that it came once, in order.
type talk struct {
	t    *testing.T
	call *client.Call
	ch   *client.Channel
	mu   sync.Mutex
	next map[string]int // by sender
}

func newTalk(t *testing.T, call *client.Call) *talk {
	k := &talk{t: t, call: call, next: map[string]int{}}
	ch, err := call.Channel("talk", client.ChannelOptions{}, k.take)
	if err != nil {
		t.Fatal(err)
	}
	k.ch = ch
	return k
}

func (k *talk) take(m client.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if want := fmt.Sprintf("message %d", k.next[m.From]); string(m.Data) != want || !m.Text {
		k.t.Errorf("got %q, want %q", m.Data, want)
	}
	k.next[m.From]++
}

func (k *talk) got(from string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next[from]
}

func (k *talk) say(from, upto int) {
	k.t.Helper()
	for i := from; i < upto; i++ {
		if err := k.ch.SendText(context.Background(), client.Everybody, fmt.Sprintf("message %d", i)); err != nil {
			k.t.Fatal(err)
		}
	}
}

func TestTwoPeersTalk(t *testing.T) {
	s := testnode.Start(t)
	testnode.CheckGoroutines(t, func() {
		left := make(chan string, 1)
		ann := s.Join("talk", client.Options{Name: "Ann", Events: client.Events{
			PeerLeft: func(p client.Peer, reason string) { left <- p.Name + " " + reason },
		}})
		bob := s.Join("talk", client.Options{Name: " Bob\u202e "})
		annTalk, bobTalk := newTalk(t, ann), newTalk(t, bob)
		testnode.WaitFor(t, "each to see the other", func() bool { return len(ann.Peers()) == 1 && len(bob.Peers()) == 1 })
		annTalk.say(0, 500) // before there is any connection
		bobTalk.say(0, 500)
		testnode.WaitFor(t, "the messages", func() bool { return annTalk.got(bob.ID()) == 500 && bobTalk.got(ann.ID()) == 500 })
		testnode.WaitFor(t, "the connections", func() bool { return testnode.Connected(ann, 1)() && testnode.Connected(bob, 1)() })
		if p := ann.Peers()[0]; p.Name != "Bob" || p.ID != bob.ID() || p.Away {
			t.Errorf("Ann sees %+v", p)
		}
		if way := bob.Way(ann.ID()); !way.Known || way.Relayed || way.Protocol != "udp" {
			t.Errorf("the way is %+v", way)
		}
		bob.Leave()
		if got := <-left; got != "Bob bye" {
			t.Errorf("got %q", got)
		}
		if err := bobTalk.ch.SendText(context.Background(), ann.ID(), "x"); !errors.Is(err, &client.Error{Code: client.CodeUnknownPeer}) {
			t.Errorf("a send after the end: %v", err)
		}
		if !errors.Is(bob.Err(), &client.Error{Code: client.CodeLeft}) {
			t.Errorf("the end is %v", bob.Err())
		}
		ann.Leave()
	})
}

func TestMessagesOfTheLargestSize(t *testing.T) {
	s := testnode.Start(t)
	ann, bob := s.Join("large", client.Options{}), s.Join("large", client.Options{})
	const count = 40
	got := make(chan client.Message, count)
	if _, err := ann.Channel("bytes", client.ChannelOptions{}, func(m client.Message) { got <- m }); err != nil {
		t.Fatal(err)
	}
	ch, err := bob.Channel("bytes", client.ChannelOptions{}, func(client.Message) {})
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, client.MessageBytesMax+1)
	testnode.WaitFor(t, "Ann", func() bool { return len(bob.Peers()) == 1 })
	if err := ch.Send(context.Background(), ann.ID(), data); !errors.Is(err, &client.Error{Code: client.CodeTooLarge}) {
		t.Errorf("one byte too many: %v", err)
	}
	for i := range count { // more than is queued at once
		data[0] = byte(i)
		if err := ch.Send(context.Background(), ann.ID(), data[:client.MessageBytesMax]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		if m := <-got; len(m.Data) != client.MessageBytesMax || m.Data[0] != byte(i) || m.Text {
			t.Fatalf("message %d has %d bytes and begins with %d", i, len(m.Data), m.Data[0])
		}
	}
}

// TestServerRestart: nothing is lost or comes twice, and ids stay.
func TestServerRestart(t *testing.T) {
	s := testnode.Start(t)
	states := make(chan client.State, 64)
	ann := s.Join("restart", client.Options{Events: client.Events{StateChange: func(state client.State) { states <- state }}})
	bob := s.Join("restart", client.Options{})
	annTalk, bobTalk := newTalk(t, ann), newTalk(t, bob)
	testnode.WaitFor(t, "the connection", func() bool { return testnode.Connected(ann, 1)() && testnode.Connected(bob, 1)() })
	id := ann.ID()
	annTalk.say(0, 100)
	s.Stop()
	testnode.WaitFor(t, "the loss to be seen", func() bool { return ann.State() == client.StateReconnecting })
	annTalk.say(100, 200) // goes on without a server
	bobTalk.say(0, 100)
	testnode.WaitFor(t, "messages without a server", func() bool { return bobTalk.got(id) == 200 && annTalk.got(bob.ID()) == 100 })
	s.StartAgain()
	testnode.WaitFor(t, "both to be back", func() bool {
		return ann.State() == client.StateConnected && bob.State() == client.StateConnected &&
			len(ann.Peers()) == 1 && !ann.Peers()[0].Away && len(bob.Peers()) == 1 && !bob.Peers()[0].Away
	})
	annTalk.say(200, 300)
	testnode.WaitFor(t, "messages afterwards", func() bool { return bobTalk.got(id) == 300 })
	if ann.ID() != id {
		t.Errorf("the id became %s", ann.ID())
	}
}

func TestFourPeersOverTheRelay(t *testing.T) {
	s := testnode.Start(t)
	var calls []*client.Call
	var talks []*talk
	for i := range api.MaxMeshPeers {
		call := s.Join("four", client.Options{Name: fmt.Sprint(i), RelayOnly: i == 0})
		calls, talks = append(calls, call), append(talks, newTalk(t, call))
	}
	for _, call := range calls {
		testnode.WaitFor(t, "all connections", testnode.Connected(call, len(calls)-1))
	}
	for _, k := range talks {
		k.say(0, 50)
	}
	for i, k := range talks {
		for j, call := range calls {
			if i != j {
				testnode.WaitFor(t, "the messages", func() bool { return k.got(call.ID()) == 50 })
			}
		}
	}
	if way := calls[1].Way(calls[0].ID()); !way.Relayed {
		t.Errorf("the way to who only uses the relay is %+v", way)
	}
	_, err := client.Join(context.Background(), s.URL("four"), client.Options{})
	if !errors.Is(err, &client.Error{Code: client.Code(api.ErrRoomFull)}) || !strings.HasSuffix(err.Error(), ".") {
		t.Errorf("the fifth: %v", err)
	}
}

func TestJoinRefused(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	for url, code := range map[string]client.Code{
		"":                             client.CodeBadURL,
		"ftp://host/r/room":            client.CodeBadURL,
		"https://host/room":            client.CodeBadURL,
		"https://host/r/Capital":       client.CodeBadURL,
		"http://127.0.0.1:1/r/nothing": client.CodeServerGone,
	} {
		_, err := client.Join(ctx, url, client.Options{})
		if !errors.Is(err, &client.Error{Code: code}) {
			t.Errorf("%q: %v, want %s", url, err, code)
		}
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	cancel()
	if _, err := client.Join(ctx, "http://"+silent.Addr().String()+"/r/x", client.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled join: %v", err)
	}
}
