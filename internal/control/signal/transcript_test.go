package signal

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-rtc/parley/api"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// TestTranscripts plays testdata/*.txt. Lines with "> " are what happens:
//
//	> open NAME [RESUME]   a socket of NAME is opened and says hello; RESUME is a seq
//	> connect NAME         a socket of NAME is opened
//	> NAME {...}           NAME sends this; @ANN is Ann's peer id, $ANN her secret
//	> binary NAME          NAME sends a binary message
//	> oversize NAME        NAME sends a message that is too long
//	> cut NAME             the socket of NAME is gone
//	> wait DURATION
//	> restart              the server is stopped and another one started
//
// What follows is what the sockets get.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				got := play(t, want)
				if *update {
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				} else if !bytes.Equal(got, want) {
					t.Errorf("the transcript differs; got:\n%s", got)
				}
			})
		})
	}
}

const transcriptRoom = "blue-room"

type player struct {
	t      *testing.T
	server *Server
	links  map[string]*Link
	socks  map[string]*recorder
	old    map[string]*recorder // replaced by a newer one of the same name
	names  []string
}

func transcriptServer() *Server {
	return NewServer(Config{
		Version:        "parley/test",
		Mint:           func(session string) (string, string) { return "user of " + session, "credential" },
		CredentialLife: time.Hour,
	})
}

func play(t *testing.T, script []byte) []byte {
	p := &player{
		t: t, server: transcriptServer(), links: map[string]*Link{},
		socks: map[string]*recorder{}, old: map[string]*recorder{},
	}
	var b bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(script))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") || line == "" {
			fmt.Fprintln(&b, line)
			continue
		}
		if step, ok := strings.CutPrefix(line, "> "); ok {
			fmt.Fprintln(&b, line)
			p.step(step)
			synctest.Wait()
			p.print(&b)
		}
	}
	p.server.Close()
	return b.Bytes()
}

func (p *player) step(step string) {
	word, rest, _ := strings.Cut(step, " ")
	switch word {
	case "open", "connect":
		name, resume, _ := strings.Cut(rest, " ")
		p.connect(name)
		if word == "open" {
			if resume != "" {
				resume = `,"resume":{"received":` + resume + `}`
			}
			p.links[name].Receive([]byte(helloOf(transcriptRoom, name, resume)))
		}
	case "binary":
		p.links[rest].Binary()
	case "oversize":
		p.links[rest].Oversize()
	case "cut":
		p.socks[rest].Close(0, "")
		p.links[rest].Closed()
		delete(p.socks, rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.t.Fatal(err)
		}
		time.Sleep(d)
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
		msg = strings.ReplaceAll(msg, "@"+name, api.PeerID(transcriptRoom, secretOf(name)))
		msg = strings.ReplaceAll(msg, "$"+name, secretOf(name))
	}
	return msg
}

func (p *player) print(b *bytes.Buffer) {
	for _, name := range p.names {
		p.printSocket(b, name+" (old)", p.old[name])
		p.printSocket(b, name, p.socks[name])
		if sock := p.socks[name]; sock != nil {
			if _, _, closed := sock.isClosed(); closed {
				delete(p.socks, name)
			}
		}
		delete(p.old, name)
	}
}

func (p *player) printSocket(b *bytes.Buffer, name string, sock *recorder) {
	if sock == nil {
		return
	}
	for _, msg := range sock.next() {
		for _, other := range p.names {
			msg = strings.ReplaceAll(msg, api.PeerID(transcriptRoom, secretOf(other)), "@"+other)
		}
		fmt.Fprintf(b, "  %s: %s\n", name, msg)
	}
	if code, reason, closed := sock.isClosed(); closed {
		fmt.Fprintf(b, "  %s: closed with %d %q\n", name, code, reason)
	}
}
