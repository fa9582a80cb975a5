package node

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/parley-rtc/parley/internal/control/auth"
)

// serverWith serves whom a set names.
func serverWith(t *testing.T, set auth.Set) (*testServer, *auth.Credentials) {
	t.Helper()
	set.Realm = testRealm
	c := auth.New(nil, time.Hour)
	if err := c.Replace(set); err != nil {
		t.Fatal(err)
	}
	return startTestServer(t, mediaConfig{UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), Auth: authenticator{c}}), c
}

// TestCoturnUclientByEveryCredential: old clients, which know MD5 and
// MESSAGE-INTEGRITY only, get in by all that can be shown.
func TestCoturnUclientByEveryCredential(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	key := fmt.Sprintf("0x%x", auth.Key(false, "bob", testRealm, "tuna"))
	hashed, err := auth.ParseUser("bob:" + key)
	if err != nil {
		t.Fatal(err)
	}
	// What the utility has built in.
	tokens := []auth.TokenKey{
		{ID: "north", Key: []byte("01234567890123456789012345678901")}, {ID: "union", Key: []byte("1234567890123456")},
		{ID: "oldempire", Key: []byte("12345678901234567890123456789012")},
	}
	for _, c := range []struct {
		name string
		set  auth.Set
		show []string
	}{
		{"a password", auth.Set{Users: []auth.User{{Name: "ann", Password: "swordfish"}}}, []string{"-u", "ann", "-w", "swordfish"}},
		{"a password of which the server has the MD5", auth.Set{Users: []auth.User{hashed}}, []string{"-u", "bob", "-w", "tuna"}},
		{"a secret", auth.Set{Secrets: []string{"north"}}, []string{"-u", "carl", "-W", "north"}},
		{"the second of two secrets", auth.Set{Secrets: []string{"south", "north"}}, []string{"-u", "carl", "-W", "north"}},
		{"access tokens of three keys", auth.Set{Tokens: tokens, TokensFor: "turn.example.org"}, []string{"-u", "dora", "-w", "x", "-J"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := serverWith(t, c.set)
			peer := echo(t, "127.0.0.1")
			args := append([]string{"-c", "-m", "3", "-n", "40", "-z", "5", "-e", "127.0.0.1", "-r", fmt.Sprint(peer.Port())}, c.show...)
			expectNoLoss(t, runProgram(t, uclient, append(args, "-p", fmt.Sprint(s.UDPAddr().Port()), "127.0.0.1")...), 120)
		})
	}
}

// TestTokensOfCoturn lets coturn's utility make a token.
func TestTokensOfCoturn(t *testing.T) {
	oauth := needProgram(t, "turnutils_oauth", "Debian package coturn")
	const key, macKey = "SEdrajMyS0pHaXV5MDk4c2RmYXFiTmpPaWF6NzE5MjM=", "WmtzanB3ZW9peFhtdm42NzUzNG0="
	parsed, err := auth.ParseTokenKey("1234:" + key)
	if err != nil {
		t.Fatal(err)
	}
	c := auth.New(nil, time.Hour)
	if err := c.Replace(auth.Set{Realm: testRealm, TokensFor: "turn.example.org", Tokens: []auth.TokenKey{parsed}}); err != nil {
		t.Fatal(err)
	}
	make := func(server string, made time.Time) []byte {
		output := runProgram(t, oauth, "-e", "--server-name", server, "--auth-key-id", "1234", "--auth-key", key,
			"--auth-key-timestamp", strconv.FormatInt(time.Now().Unix(), 10), "--auth-key-lifetime", "3600", "--token-mac-key", macKey,
			"--token-timestamp", strconv.FormatInt(made.Unix()<<16, 10), "--token-lifetime=3600")
		text := regexp.MustCompile(`[A-Za-z0-9+/]{60,}={0,2}`).FindString(output)
		if text == "" {
			t.Fatalf("no token in %s", output)
		}
		return decode64(t, text)
	}
	find := func(token []byte) auth.Credential {
		return c.Find(&auth.Claim{Username: []byte("1234"), Token: token, Realm: testRealm})
	}
	if found := find(make("turn.example.org", time.Now())); !found.Found || string(found.Key) != string(decode64(t, macKey)) || found.Left < 59*time.Minute {
		t.Errorf("a fresh token of coturn: %+v", found)
	}
	if find(make("elsewhere.example.org", time.Now())).Found {
		t.Error("a token for another server is accepted")
	}
	if find(make("turn.example.org", time.Now().Add(-2*time.Hour))).Found {
		t.Error("an old token is accepted")
	}
}

// client8489 is a client of RFC 8489 that shares no code with the server.
type client8489 struct {
	t           *testing.T
	conn        net.Conn
	key         []byte
	nonce, list []byte
	userhash    [sha256.Size]byte
	username    string // instead of userhash
	count       byte
}

// attributes are those of a message that came.
type attributes map[uint16][]byte

func appendAttribute(b []byte, kind uint16, v []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	return append(b, make([]byte, -len(v)&3)...)
}

// call sends a request and returns the type of the answer and what it holds.
func (c *client8489) call(method uint16, more ...[]byte) (kind uint16, _ attributes) {
	c.t.Helper()
	c.count++
	b := binary.BigEndian.AppendUint16(nil, method)
	b = append(b, 0, 0, 0x21, 0x12, 0xa4, 0x42)
	b = append(b, make([]byte, 11)...)
	b = append(b, c.count)
	b = append(b, bytes.Join(more, nil)...)
	if c.nonce != nil {
		if c.username == "" {
			b = appendAttribute(b, 0x001e, c.userhash[:])
		} else {
			b = appendAttribute(b, 0x0006, []byte(c.username))
		}
		b = appendAttribute(b, 0x0014, []byte(testRealm))
		b = appendAttribute(b, 0x0015, c.nonce)
		b = appendAttribute(b, 0x8002, c.list)
		b = appendAttribute(b, 0x001d, c.list[:4])
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20+36))
		b = appendAttribute(b, 0x001c, c.mac(b))
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20))
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
	answer := c.read()
	if !bytes.Equal(answer[8:20], b[8:20]) {
		c.t.Fatalf("the answer to another request: %x", answer)
	}
	return c.take(answer)
}

func (c *client8489) mac(b []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(b)
	return h.Sum(nil)
}

func (c *client8489) read() []byte {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 2048)
	n, err := c.conn.Read(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return b[:n]
}

func (c *client8489) take(b []byte) (kind uint16, found attributes) {
	c.t.Helper()
	found = attributes{}
	for at := 20; at < len(b); {
		attr, n := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		found[attr] = b[at+4 : at+4+n]
		if attr == 0x001c {
			signed := bytes.Clone(b[:at])
			binary.BigEndian.PutUint16(signed[2:], uint16(at+36-20))
			if !bytes.Equal(found[attr], c.mac(signed)) {
				c.t.Fatalf("an answer with a wrong MESSAGE-INTEGRITY-SHA256: %x", b)
			}
		}
		at += 4 + (n+3)&^3
	}
	return binary.BigEndian.Uint16(b), found
}

func TestRFC8489ClientOverRealSockets(t *testing.T) {
	s, credentials := serverWith(t, auth.Set{Users: []auth.User{{Name: "ann", Password: "swordfish"}}})
	conn, err := net.Dial("udp", fmt.Sprint("127.0.0.1:", s.UDPAddr().Port()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	peer := echo(t, "127.0.0.1")
	key := sha256.Sum256([]byte("ann:" + testRealm + ":swordfish"))
	c := &client8489{t: t, conn: conn, key: key[:], userhash: sha256.Sum256([]byte("ann:" + testRealm))}
	transport := appendAttribute(nil, 0x0019, []byte{17, 0, 0, 0})

	kind, got := c.call(0x0003, transport)
	if kind != 0x0113 || string(got[0x0014]) != testRealm || !bytes.HasPrefix(got[0x0015], []byte("obMatJos2wAAA")) || len(got[0x8002]) != 8 {
		t.Fatalf("the challenge is %#x %x", kind, got)
	}
	c.nonce, c.list = got[0x0015], got[0x8002]
	if kind, got = c.call(0x0003, transport); kind != 0x0103 || got[0x001c] == nil || got[0x0008] != nil {
		t.Fatalf("Allocate is answered with %#x %x", kind, got)
	}
	channel := appendAttribute(nil, 0x000c, []byte{0x40, 0, 0, 0})
	if kind, got = c.call(0x0009, channel, appendAttribute(nil, 0x0012, xorAddress(peer))); kind != 0x0109 || got[0x001c] == nil {
		t.Fatalf("ChannelBind is answered with %#x %x", kind, got)
	}
	if _, err := conn.Write([]byte("\x40\x00\x00\x05hello")); err != nil {
		t.Fatal(err)
	}
	if b := c.read(); string(b) != "\x40\x00\x00\x05hello" {
		t.Errorf("the peer sends %q", b)
	}

	// Another password is in force from now on, and what stands stays.
	if err := credentials.Replace(auth.Set{Realm: testRealm, Users: []auth.User{{Name: "ann", Password: "tuna"}}}); err != nil {
		t.Fatal(err)
	}
	if kind, got = c.call(0x0004); kind != 0x0114 || got[0x0009] == nil || got[0x0009][3] != 1 {
		t.Errorf("Refresh with the former password is answered with %#x %x", kind, got)
	}
	key = sha256.Sum256([]byte("ann:" + testRealm + ":tuna"))
	c.key = key[:]
	if kind, got = c.call(0x0004); kind != 0x0104 || got[0x001c] == nil {
		t.Errorf("Refresh with the new password is answered with %#x %x", kind, got)
	}
}

func xorAddress(a netip.AddrPort) []byte {
	ip := a.Addr().As4()
	v := []byte{0, 1, byte(a.Port()>>8) ^ 0x21, byte(a.Port()) ^ 0x12}
	for i, x := range [4]byte{0x21, 0x12, 0xa4, 0x42} {
		v = append(v, ip[i]^x)
	}
	return v
}

func decode64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStrictExpiryBoundsAllocations: with it, what was opened with a credential ends
// with the credential; without it, only what is new is refused.
func TestStrictExpiryBoundsAllocations(t *testing.T) {
	for _, strict := range []bool{false, true} {
		s, c := serverWith(t, auth.Set{Secrets: []string{"north"}, Strict: strict})
		username := fmt.Sprint(time.Now().Add(5*time.Minute).Unix(), ":ann")
		conn, err := net.Dial("udp", fmt.Sprint("127.0.0.1:", s.UDPAddr().Port()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		mac := hmac.New(sha1.New, []byte("north"))
		mac.Write([]byte(username))
		password := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		key := sha256.Sum256([]byte(username + ":" + testRealm + ":" + password))
		client := &client8489{t: t, conn: conn, key: key[:], username: username}
		transport := appendAttribute(nil, 0x0019, []byte{17, 0, 0, 0})
		_, got := client.call(0x0003, transport)
		client.nonce, client.list = got[0x0015], got[0x8002]
		if !bytes.HasPrefix(client.nonce, []byte("obMatJos2gAAA")) {
			t.Errorf("names that nobody knows beforehand are to be hidden: %s", client.nonce)
		}
		kind, got := client.call(0x0003, transport)
		if kind != 0x0103 {
			t.Fatalf("Allocate is answered with %#x %x", kind, got)
		}
		if life := binary.BigEndian.Uint32(got[0x000d]); strict != (life <= 300) || !strict && life != 600 {
			t.Errorf("strict %v: the allocation holds for %d s", strict, life)
		}
		if err := c.Replace(auth.Set{Realm: testRealm, Secrets: []string{"south"}, Strict: strict}); err != nil {
			t.Fatal(err)
		}
		if kind, _ := client.call(0x0004); kind != 0x0114 {
			t.Errorf("the secret is withdrawn, and Refresh answered with %#x", kind)
		}
	}
}
