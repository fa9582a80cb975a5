package turn

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// users is an Authenticator; everybody's password is the name and "-password". Who
// is listed can be found by hash. An access token is the key of the messages, in
// plain.
type users struct {
	offer            *Offer
	unknown, expired map[string]bool
	listed           []string
	left             map[string]time.Duration
	former           map[string]string // a password that holds still, besides the new one
	elsewhere        map[string]bool   // who has to be looked up
}

// keyOf is the key of clients that know no other algorithm than MD5.
func keyOf(user, realm, password string) [16]byte {
	return md5.Sum([]byte(user + ":" + realm + ":" + password))
}

func keyBy(a stun.PasswordAlgorithm, user, realm, password string) stun.Key {
	sum := keyOf(user, realm, password)
	key, _ := stun.NewKey(sum[:])
	if a == stun.PasswordSHA256 {
		sum := sha256.Sum256([]byte(user + ":" + realm + ":" + password))
		key, _ = stun.NewKey(sum[:])
	}
	return key
}

func userhash(name string) []byte {
	sum := sha256.Sum256([]byte(name + ":parley"))
	return sum[:]
}

func (u *users) Offer() Offer { return *u.offer }

func (u *users) Find(_ mono.Time, q *Query) Answer {
	name := string(q.Username)
	for _, listed := range u.listed {
		if q.Userhash != nil && bytes.Equal(q.Userhash, userhash(listed)) {
			name = listed
		}
	}
	if q.Token == nil && (u.elsewhere[name] || name == "" && len(u.elsewhere) > 0) {
		return Answer{Ask: true}
	}
	if name == "" || u.unknown[name] || u.expired[name] && !q.Refresh {
		return Answer{}
	}
	if q.Token != nil {
		key, ok := stun.NewKey(q.Token)
		return Answer{Found: ok, Key: key, User: name + "." + string(q.Token[:2]), Left: u.left[name]}
	}
	password, more := name+"-password", u.former[name] != ""
	if q.Try > 0 {
		password, more = u.former[name], false
	}
	return Answer{Found: true, Key: keyBy(q.Algorithm, name, q.Realm, password), User: name, Left: u.left[name], More: more}
}

// options of a request that are not attributes.
type signature struct {
	user, password, realm, nonce string
	algorithm, algorithms        string // "2" is SHA-256, "1" is MD5
	integrity                    string // "sha1", "sha256", "both" or "short"
	token                        string // ACCESS-TOKEN and, padded to 20 bytes, the key in it
	keyOnly                      bool   // made with the key of a token, but without it
	anonymous, fingerprint, hash bool
	id                           byte
}

// request builds a request with what args say; see attribute.
func (w *world) request(p *person, m stun.Method, args []string) []byte {
	s := signature{user: "ann", realm: "parley", nonce: p.nonce, anonymous: p.nonce == ""}
	w.counter++
	s.id = w.counter
	for _, arg := range args {
		s.option(arg)
	}
	p.lastID = s.id
	b := stun.Begin(nil, stun.TypeOf(m, stun.Request), stun.TransactionID{11: s.id})
	if m == stun.Allocate && !strings.Contains(strings.Join(args, " "), "transport=") {
		b.Bytes(stun.AttrRequestedTransport, []byte{protocolUDP, 0, 0, 0})
	}
	for _, arg := range args {
		w.attribute(&b, arg)
	}
	if !s.anonymous {
		w.sign(&b, &s)
	}
	if s.fingerprint {
		b.Fingerprint()
	}
	return b.Finish()
}

func (w *world) sign(b *stun.Builder, s *signature) {
	if s.password == "" {
		s.password = s.user + "-password"
	}
	name := map[stun.Attr]string{stun.AttrUsername: s.user}
	if s.hash {
		name = map[stun.Attr]string{stun.AttrUserhash: string(userhash(s.user))}
	}
	for attr, v := range name {
		if v != "none" {
			b.Text(attr, v)
		}
	}
	for attr, v := range map[stun.Attr]string{stun.AttrRealm: s.realm, stun.AttrNonce: s.nonce} {
		if v != "none" {
			b.Text(attr, v)
		}
	}
	for attr, list := range map[stun.Attr]string{stun.AttrPasswordAlgorithm: s.algorithm, stun.AttrPasswordAlgorithms: s.algorithms} {
		if list != "" {
			b.Bytes(attr, algorithmList(list))
		}
	}
	algorithm := stun.PasswordMD5
	if s.algorithm == "2" {
		algorithm = stun.PasswordSHA256
	}
	key := keyBy(algorithm, s.user, s.realm, s.password)
	if s.token != "" {
		key, _ = stun.NewKey(tokenOf(s.token))
		if !s.keyOnly {
			b.Bytes(stun.AttrAccessToken, tokenOf(s.token))
		}
	}
	w.integrity(b, s.integrity, &key)
}

// algorithmList writes "2,1" as PASSWORD-ALGORITHMS does.
func algorithmList(list string) (v []byte) {
	for _, number := range strings.Split(list, ",") {
		n, _ := strconv.Atoi(number)
		v = append(v, 0, byte(n), 0, 0)
	}
	return v
}

func tokenOf(text string) []byte { return []byte(fmt.Sprintf("%-20s", text)) }

func (w *world) integrity(b *stun.Builder, kind string, key *stun.Key) {
	h := stun.NewHasher()
	switch kind {
	case "both": // the first one is wrong, and of no importance
		b.Integrity(h, []byte("another key"))
		b.IntegritySHA256(h, key.Bytes())
	case "sha256":
		b.IntegritySHA256(h, key.Bytes())
	case "short": // a length that only other usages of STUN allow
		message := bytes.Clone(b.Finish())
		binary.BigEndian.PutUint16(message[2:], uint16(len(message)-stun.HeaderLen+stun.AttrHeaderLen+16))
		mac := hmac.New(sha256.New, key.Bytes())
		mac.Write(message)
		b.Bytes(stun.AttrMessageIntegritySHA256, mac.Sum(nil)[:16])
	default:
		b.Integrity(h, key.Bytes())
	}
}

func (s *signature) option(arg string) {
	name, value, _ := strings.Cut(arg, "=")
	switch name {
	case "user":
		s.user = value
	case "password":
		s.password = value
	case "realm":
		s.realm = value
	case "nonce":
		s.nonce = value
	case "algorithm":
		s.algorithm = value
	case "algorithms":
		s.algorithms = value
	case "rfc8489": // what a client of it sends when it is offered all
		s.algorithm, s.algorithms, s.integrity = "2", "2,1", "sha256"
	case "integrity":
		s.integrity = value
	case "userhash":
		s.user, s.hash = value, true
	case "token":
		s.token = value
	case "key-of-token":
		s.token, s.keyOnly = value, true
	case "anonymous":
		s.anonymous = true
	case "fingerprint":
		s.fingerprint = true
	case "id":
		n, _ := strconv.Atoi(value)
		s.id = byte(n)
	}
}
