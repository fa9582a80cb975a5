package turn

import (
	"bytes"
	"time"

	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/mono"
)

// LookupID names a [Lookup]. An engine uses each once.
type LookupID uint64

// Lookup asks the owner of the engine who a user is, because the [Authenticator]
// did not know ([Answer.Ask]). The owner answers with HandleLookedUp, once. The
// engine goes on with other requests meanwhile, and waits for a while only.
type Lookup struct {
	ID        LookupID
	Client    Client
	Username  string // empty where the client sent a hash
	Userhash  string // 32 bytes, or empty
	Realm     string
	Algorithm stun.PasswordAlgorithm
	Refresh   bool
}

// LookedUp is the answer to a [Lookup].
type LookedUp struct {
	ID     LookupID
	Failed bool // nobody could say
	Answer Answer
}

// lookupMessageMax is the longest request that is kept until its user is known.
// One needs 763 bytes each for USERNAME, REALM and NONCE at most.
const lookupMessageMax = 2500

// lookup is a request that waits until its user is known.
type lookup struct {
	id      LookupID
	client  Client
	message []byte
	until   mono.Time

	before, after *lookup // by time
}

// lookups are the requests that wait. Only clients whose nonce shows that they are
// where they say have a place here, and each source has only so many.
type lookups struct {
	byID        map[LookupID]*lookup
	byRequest   map[requestKey]*lookup
	bySource    map[uint64]int
	first, last *lookup
	made        LookupID
}

type requestKey struct {
	client clientKey
	id     stun.TransactionID
}

func newLookups() lookups {
	return lookups{
		byID: make(map[LookupID]*lookup), byRequest: make(map[requestKey]*lookup), bySource: make(map[uint64]int),
	}
}

func (l *lookup) key() requestKey {
	return requestKey{l.client.mapKey(), stun.TransactionID(l.message[8:stun.HeaderLen])}
}

func (t *lookups) add(l *lookup) {
	t.made++
	l.id = t.made
	t.byID[l.id], t.byRequest[l.key()] = l, l
	t.bySource[sourceOf(l.client.Remote.Addr())]++
	if l.before = t.last; t.last != nil {
		t.last.after = l
	} else {
		t.first = l
	}
	t.last = l
}

func (t *lookups) remove(l *lookup) {
	delete(t.byID, l.id)
	delete(t.byRequest, l.key())
	source := sourceOf(l.client.Remote.Addr())
	if t.bySource[source]--; t.bySource[source] == 0 {
		delete(t.bySource, source)
	}
	if l.before != nil {
		l.before.after = l.after
	} else {
		t.first = l.after
	}
	if l.after != nil {
		l.after.before = l.before
	} else {
		t.last = l.before
	}
}

// ask lets a request wait until the owner knows its user. A retransmission joins
// the one that waits already.
//
// The nonce is looked at before the user is, unlike in RFC 8489, section 9.2.4:
// nobody shall make this server ask others without showing where he is.
func (e *Engine) ask(r *request) {
	if !e.nonceGood(r) && !e.nonceOfControl(r) {
		e.challenge(r, stun.CodeStaleNonce)
		return
	}
	t := &e.lookups
	switch {
	case t.byRequest[requestKey{r.client.mapKey(), r.msg.TransactionID()}] != nil:
		e.drop(DropLookupPending)
		return
	case len(t.byID) >= e.cfg.MaxLookups, len(r.msg.Raw()) > lookupMessageMax,
		t.bySource[sourceOf(r.client.Remote.Addr())] >= e.cfg.MaxLookupsPerSource:
		e.drop(DropLookupLimit)
		return
	}
	l := &lookup{client: r.client, message: bytes.Clone(r.msg.Raw()), until: r.now.Add(e.cfg.LookupTimeout)}
	t.add(l)
	e.counters.Lookups++
	r.out.Lookups = append(r.out.Lookups, Lookup{
		ID: l.id, Client: l.client, Username: string(r.attrs.username), Userhash: string(r.attrs.userhash),
		Realm: e.cfg.Realm, Algorithm: r.proof.algorithm, Refresh: r.query.Refresh,
	})
}

// HandleLookedUp handles the answer to a [Lookup], and with it the request that
// waited. An answer that comes too late is of no use.
func (e *Engine) HandleLookedUp(now mono.Time, in LookedUp, out *Out) {
	l := e.lookups.byID[in.ID]
	if l == nil {
		return
	}
	e.lookups.remove(l)
	if in.Failed {
		e.giveUp(now, l, out)
		return
	}
	m, _ := stun.Parse(l.message) // as it was before
	r := &e.request
	r.now, r.client, r.msg, r.out, r.told = now, l.client, m, out, &in.Answer
	r.attrs.decode(&r.msg)
	e.handleRequest(r, m.Type().Method())
	*r = request{}
}

// giveUp ends the wait of a request whose user nobody knows. Over UDP the client
// will ask again by itself; over a stream it is told to (RFC 8489, section 14.8: 500
// is a temporary error).
func (e *Engine) giveUp(now mono.Time, l *lookup, out *Out) {
	e.drop(DropLookupFailed)
	if l.client.Transport == UDP {
		return
	}
	m, _ := stun.Parse(l.message)
	r := &e.request
	r.now, r.client, r.msg, r.out = now, l.client, m, out
	e.refuse(r, stun.CodeServerError)
	*r = request{}
}

func (e *Engine) advanceLookups(now mono.Time, out *Out) {
	for l := e.lookups.first; l != nil && l.until <= now; l = e.lookups.first {
		e.lookups.remove(l)
		e.giveUp(now, l, out)
	}
}

func (e *Engine) lookupDeadline() mono.Time {
	if l := e.lookups.first; l != nil {
		return l.until
	}
	return mono.Never
}

// forgetLookups drops the requests of a stream that has closed: its number will be
// another client's.
func (e *Engine) forgetLookups(c Client) {
	for l := e.lookups.first; l != nil; l = l.after {
		if l.client == c {
			e.lookups.remove(l)
		}
	}
}

// Defaults of what [Config] says about lookups.
const (
	maxLookups          = 1024
	maxLookupsPerSource = 32
	lookupTimeout       = 5 * time.Second
)
