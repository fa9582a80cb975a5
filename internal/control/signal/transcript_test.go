package signal

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/control/transcript"
)

// TestTranscripts plays testdata/*.txt. Lines with "> " are what happens:
//
//	> room ROOM            hellos are for this room from now on
//	> open NAME [FIELDS]   a socket of NAME is opened and says hello with these
//	                       fields of JSON; a number stands for a resume
//	> connect NAME         a socket of NAME is opened
//	> NAME {...}           NAME sends this; @ANN is Ann's peer id, $ANN her secret,
//	                       %INVITE the last invite
//	> binary NAME          NAME sends a binary message
//	> oversize NAME        NAME sends a message that is too long
//	> cut NAME             the socket of NAME is gone
//	> wait DURATION        nobody does anything
//	> idle DURATION        all answer pings, which are not shown
//	> restart              the server is stopped and another one started
//
// What follows is what the sockets get.
func TestTranscripts(t *testing.T) {
	transcript.Run(t, func(t *testing.T, play func(func(string) []string)) {
		synctest.Test(t, func(t *testing.T) {
			p := &player{
				t: t, room: transcriptRoom, server: transcriptServer(), links: map[string]*Link{},
				socks: map[string]*recorder{}, old: map[string]*recorder{},
			}
			play(func(step string) []string {
				p.step(step)
				synctest.Wait()
				return p.brought()
			})
			p.server.Close()
		})
	})
}

const transcriptRoom = "blue-room"

type player struct {
	t      *testing.T
	server *Server
	links  map[string]*Link
	socks  map[string]*recorder
	old    map[string]*recorder // replaced by a newer one of the same name
	names  []string
	room   string
	invite string // the last one
	idle   bool   // pings are not shown
}

func transcriptServer() *Server {
	return NewServer(Config{
		Version:        "parley/test",
		Mint:           func(session string) (string, string) { return "user of " + session, "credential" },
		CredentialLife: time.Hour,
	})
}

func (p *player) step(step string) {
	word, rest, _ := strings.Cut(step, " ")
	switch word {
	case "open", "connect":
		name, fields, _ := strings.Cut(rest, " ")
		p.connect(name)
		if word == "open" {
			if _, err := strconv.Atoi(fields); err == nil {
				fields = `,"resume":{"received":` + fields + `}`
			} else if fields != "" {
				fields = "," + p.withIDs(fields)
			}
			p.links[name].Receive([]byte(helloOf(p.room, name, fields)))
		}
	case "room":
		p.room = rest
	case "binary":
		p.links[rest].Binary()
	case "oversize":
		p.links[rest].Oversize()
	case "cut":
		if p.socks[rest] == nil {
			p.t.Fatalf("%s has no socket to cut", rest)
		}
		p.socks[rest].Close(0, "")
		p.links[rest].Closed(false)
		delete(p.socks, rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		time.Sleep(d)
	case "idle":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		for p.idle = true; d > 0; d -= time.Second {
			time.Sleep(min(d, time.Second))
			for name := range p.socks {
				p.links[name].Receive([]byte(`{"type":"pong","received":0}`))
			}
		}
	case "restart":
		p.server.Close()
		p.server = transcriptServer()
	default:
		l := p.links[word]
		if l == nil {
			p.t.Fatalf("bad step %q", step)
		}
		l.Receive([]byte(p.withIDs(rest)))
	}
}

func (p *player) connect(name string) {
	if p.links[name] == nil {
		p.names = append(p.names, name)
		sort.Strings(p.names)
	}
	if sock := p.socks[name]; sock != nil {
		p.old[name] = sock
	}
	p.socks[name] = newRecorder()
	p.links[name] = p.server.Open(p.socks[name], testAddr, func(username, credential string) []api.ICEServer {
		return []api.ICEServer{{URLs: []string{"turn:example.org"}, Username: username, Credential: credential}}
	})
}

func (p *player) withIDs(msg string) string {
	for _, name := range p.names {
		msg = strings.ReplaceAll(msg, "@"+name, api.PeerID(p.room, secretOf(name)))
		msg = strings.ReplaceAll(msg, "$"+name, secretOf(name))
	}
	return strings.ReplaceAll(msg, "%INVITE", p.invite)
}

// brought returns what the sockets got since the last step.
func (p *player) brought() (lines []string) {
	for _, name := range p.names {
		lines = p.heard(lines, name+" (old)", p.old[name])
		lines = p.heard(lines, name, p.socks[name])
		if sock := p.socks[name]; sock != nil {
			if _, _, closed := sock.isClosed(); closed {
				delete(p.socks, name)
			}
		}
		delete(p.old, name)
	}
	p.idle = false
	return lines
}

var invite = regexp.MustCompile(`"invite":"([^"]+)"`)

func (p *player) heard(lines []string, name string, sock *recorder) []string {
	if sock == nil {
		return lines
	}
	for _, msg := range sock.next() {
		if p.idle && strings.HasPrefix(msg, `{"type":"ping"`) {
			continue
		}
		for _, other := range p.names {
			msg = strings.ReplaceAll(msg, api.PeerID(p.room, secretOf(other)), "@"+other)
		}
		if m := invite.FindStringSubmatch(msg); m != nil {
			p.invite = m[1]
			msg = strings.ReplaceAll(msg, p.invite, "%INVITE")
		}
		lines = append(lines, name+": "+msg)
	}
	if code, reason, closed := sock.isClosed(); closed {
		lines = append(lines, fmt.Sprintf("%s: closed with %d %q", name, code, reason))
	}
	return lines
}
