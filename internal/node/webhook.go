package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// WebhookConfig says which program is asked, over HTTP, about TURN users that are
// not known here. It gets a POST with a JSON object:
//
//	{"username": "ann", "realm": "example.org", "algorithm": "MD5",
//	 "address": "203.0.113.9:50123", "transport": "udp"}
//
// with "userhash" in hexadecimal instead of "username" where a client does not say
// its name (RFC 8489, section 14.4), and "SHA-256" as the other algorithm. Who knows
// the user answers 200 with
//
//	{"password": "swordfish", "username": "ann", "ttl": 3600}
//
// or with "key", in hexadecimal, instead of the password: the hash of
// username:realm:password by that algorithm. "username" has to be there where a hash
// was asked for. "ttl" is for how many seconds the credential is good; without it,
// for as long as the client likes. 401, 403, 404 and 410 say that there is no such
// user, and anything else that the question could not be answered.
type WebhookConfig struct {
	URL        string        // http or https; empty: nobody is asked
	Token      string        // shown as "Authorization: Bearer"; may be empty
	Timeout    time.Duration // of one question; default 3 s
	Concurrent int           // questions under way; default 16
	// Known and Unknown are how long an answer is kept; defaults 30 s and 5 s.
	Known, Unknown time.Duration
}

const (
	webhookTimeout    = 3 * time.Second
	webhookConcurrent = 16
	webhookKnown      = 30 * time.Second
	webhookUnknown    = 5 * time.Second

	webhookQueueMax  = 1024
	webhookCacheMax  = 4096
	webhookReplyMax  = 4096 // bytes
	webhookNameChars = 508
)

// webhook asks about users. Who asks never waits: the answer is given to a function,
// on another goroutine.
type webhook struct {
	cfg    WebhookConfig
	log    *slog.Logger
	client *http.Client
	stop   context.CancelFunc
	ctx    context.Context
	queue  chan *inquiry
	asking sync.WaitGroup

	mu    sync.Mutex
	open  map[webhookKey]*inquiry
	known map[webhookKey]knownUser
	fails bool // as the last answer said

	counters webhookCounters
}

// webhookCounters count the answers that lookups got.
type webhookCounters struct {
	found, unknown, failed, cached atomic.Uint64
}

var descLookups = describe("turn_lookups_total", "TURN users that another program was asked about.", "outcome")

// metrics are none where nobody is asked.
func (w *webhook) metrics() []metric {
	if w == nil {
		return nil
	}
	c := &w.counters
	return []metric{
		counter(descLookups, c.found.Load(), "found"), counter(descLookups, c.unknown.Load(), "unknown"),
		counter(descLookups, c.failed.Load(), "failed"), counter(descLookups, c.cached.Load(), "cached"),
	}
}

// webhookKey is what an answer depends on.
type webhookKey struct {
	username, userhash, realm string
	algorithm                 stun.PasswordAlgorithm
}

// inquiry is one question and all who wait for its answer.
type inquiry struct {
	key     webhookKey
	lookup  turn.Lookup // of the first who asked
	waiting []waitingLookup
}

type waitingLookup struct {
	id     turn.LookupID
	answer func(turn.LookedUp)
}

// knownUser is an answer that is kept for a while.
type knownUser struct {
	answer turn.Answer
	ends   time.Time // of the credential; the zero Time: never
	until  time.Time // not kept for longer
}

func startWebhook(cfg WebhookConfig, log *slog.Logger) *webhook {
	if cfg.Timeout <= 0 {
		cfg.Timeout = webhookTimeout
	}
	if cfg.Concurrent <= 0 {
		cfg.Concurrent = webhookConcurrent
	}
	if cfg.Known <= 0 {
		cfg.Known = webhookKnown
	}
	if cfg.Unknown <= 0 {
		cfg.Unknown = webhookUnknown
	}
	w := &webhook{
		cfg: cfg, log: log, queue: make(chan *inquiry, webhookQueueMax),
		open: make(map[webhookKey]*inquiry), known: make(map[webhookKey]knownUser),
		client: &http.Client{
			Timeout:       cfg.Timeout,
			Transport:     &http.Transport{MaxConnsPerHost: cfg.Concurrent, MaxIdleConnsPerHost: cfg.Concurrent, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	w.ctx, w.stop = context.WithCancel(context.Background())
	for range cfg.Concurrent {
		w.asking.Go(w.work)
	}
	return w
}

// close gives up all questions and waits for those who ask them.
func (w *webhook) close() {
	w.stop()
	w.asking.Wait()
	w.client.CloseIdleConnections()
}

// ask has a lookup answered, later or at once. It does not wait.
func (w *webhook) ask(l turn.Lookup, answer func(turn.LookedUp)) {
	key := webhookKey{l.Username, l.Userhash, l.Realm, l.Algorithm}
	waiting := waitingLookup{l.ID, answer}
	w.mu.Lock()
	defer w.mu.Unlock()
	if k, ok := w.known[key]; ok && time.Now().Before(k.until) {
		w.counters.cached.Add(1)
		go answer(turn.LookedUp{ID: l.ID, Answer: k.current(time.Now())})
		return
	}
	if q := w.open[key]; q != nil {
		q.waiting = append(q.waiting, waiting)
		return
	}
	q := &inquiry{key: key, lookup: l, waiting: []waitingLookup{waiting}}
	select {
	case w.queue <- q:
		w.open[key] = q
	default:
		w.counters.failed.Add(1)
		go answer(turn.LookedUp{ID: l.ID, Failed: true})
	}
}

func (k *knownUser) current(now time.Time) turn.Answer {
	a := k.answer
	if !k.ends.IsZero() {
		if a.Left = k.ends.Sub(now); a.Left <= 0 {
			return turn.Answer{}
		}
	}
	return a
}

func (w *webhook) work() {
	for {
		select {
		case q := <-w.queue:
			w.settle(q)
		case <-w.ctx.Done():
			return
		}
	}
}

// settle asks the question and tells everybody who waits for the answer.
func (w *webhook) settle(q *inquiry) {
	k, err := w.inquire(&q.lookup)
	now := time.Now()
	count := &w.counters.found
	switch {
	case err != nil:
		count = &w.counters.failed
	case !k.answer.Found:
		count = &w.counters.unknown
	}
	w.mu.Lock()
	changed := w.fails != (err != nil)
	w.fails = err != nil
	delete(w.open, q.key)
	waiting := q.waiting
	if err == nil {
		w.keep(q.key, k, now)
	}
	w.mu.Unlock()
	switch {
	case changed && err != nil && w.ctx.Err() == nil:
		w.log.Warn("users cannot be looked up", "reason", err)
	case changed && err == nil:
		w.log.Info("users can be looked up again")
	}
	for _, l := range waiting {
		count.Add(1)
		l.answer(turn.LookedUp{ID: l.id, Failed: err != nil, Answer: k.current(now)})
	}
}

// keep remembers an answer. Where there is no room, old ones go, then any.
func (w *webhook) keep(key webhookKey, k knownUser, now time.Time) {
	life := w.cfg.Known
	if !k.answer.Found {
		life = w.cfg.Unknown
	}
	k.until = now.Add(life)
	if len(w.known) >= webhookCacheMax {
		for old, entry := range w.known {
			if !now.Before(entry.until) {
				delete(w.known, old)
			}
		}
	}
	for old := range w.known {
		if len(w.known) < webhookCacheMax {
			break
		}
		delete(w.known, old)
	}
	w.known[key] = k
}

type webhookQuestion struct {
	Username  string `json:"username,omitempty"`
	Userhash  string `json:"userhash,omitempty"`
	Realm     string `json:"realm"`
	Algorithm string `json:"algorithm"`
	Address   string `json:"address"`
	Transport string `json:"transport"`
}

type webhookReply struct {
	Username string  `json:"username"`
	Password string  `json:"password"`
	Key      string  `json:"key"`
	TTL      float64 `json:"ttl"`
}

var algorithmNames = map[stun.PasswordAlgorithm]string{stun.PasswordMD5: "MD5", stun.PasswordSHA256: "SHA-256"}

// inquire asks one question. Its error says that there is no answer.
func (w *webhook) inquire(l *turn.Lookup) (knownUser, error) {
	if !askable(l.Username) {
		return knownUser{}, nil // nobody is called so
	}
	body, err := json.Marshal(webhookQuestion{
		Username: l.Username, Userhash: fmt.Sprintf("%x", l.Userhash), Realm: l.Realm, Algorithm: algorithmNames[l.Algorithm],
		Address: l.Client.Remote.String(), Transport: transportNames[l.Client.Transport],
	})
	if err != nil {
		return knownUser{}, fmt.Errorf("webhook question: %w", err)
	}
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return knownUser{}, fmt.Errorf("webhook question: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if w.cfg.Token != "" {
		request.Header.Set("Authorization", "Bearer "+w.cfg.Token)
	}
	response, err := w.client.Do(request)
	if err != nil {
		var where *url.Error // it holds the address, which may hold a secret
		if errors.As(err, &where) {
			err = where.Err
		}
		return knownUser{}, fmt.Errorf("webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return knownUser{}, nil
	default:
		return knownUser{}, fmt.Errorf("webhook answered %s", response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, webhookReplyMax+1))
	if err != nil {
		return knownUser{}, fmt.Errorf("webhook answer: %w", err)
	}
	return readWebhookReply(text, l, time.Now())
}

// readWebhookReply understands an answer, or says what is wrong with it.
func readWebhookReply(text []byte, l *turn.Lookup, now time.Time) (k knownUser, err error) {
	var reply webhookReply
	if len(text) > webhookReplyMax {
		return k, errors.New("webhook answer is too long")
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return k, errors.New("webhook answer is not the JSON that was asked for") // the text may hold a password
	}
	name := l.Username
	if name == "" {
		name = reply.Username
	}
	key, err := replyKey(&reply, name, l)
	if err != nil || name == "" || !askable(name) || !askable(reply.Username) {
		return k, errors.New("webhook answer has no password and no key of the right length, or no name that can be printed")
	}
	if reply.TTL < 0 || reply.TTL > maxTTL.Seconds() {
		return k, errors.New("webhook answer has a ttl that is none")
	}
	if reply.TTL > 0 {
		k.ends = now.Add(time.Duration(reply.TTL * float64(time.Second)))
	}
	user := reply.Username
	if user == "" {
		user = name
	}
	k.answer = turn.Answer{Found: true, Key: key, User: user}
	return k, nil
}

// maxTTL keeps arithmetic with times from overflowing.
const maxTTL = 10 * 365 * 24 * time.Hour

func replyKey(reply *webhookReply, name string, l *turn.Lookup) (stun.Key, error) {
	bySHA256 := l.Algorithm == stun.PasswordSHA256
	b := auth.Key(bySHA256, name, l.Realm, reply.Password)
	if reply.Password == "" {
		u, err := auth.ParseUser("somebody:0x" + reply.Key)
		if err != nil || len(u.Key) != len(b) {
			return stun.Key{}, errors.New("no key")
		}
		b = u.Key
	}
	key, _ := stun.NewKey(b)
	return key, nil
}

// askable says whether a name can be sent as JSON and shown in a log as it is.
func askable(name string) bool {
	if len(name) > webhookNameChars || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// asking is an authenticator behind which somebody else knows more users.
type asking struct{ turn.Authenticator }

// Offer implements [turn.Authenticator]. Not every user is known here by its hash.
func (a asking) Offer() turn.Offer {
	offer := a.Authenticator.Offer()
	offer.Anonymity = false
	return offer
}

// Find implements [turn.Authenticator].
func (a asking) Find(now mono.Time, q *turn.Query) turn.Answer {
	answer := a.Authenticator.Find(now, q)
	answer.Ask = !answer.Found && q.Try == 0 && q.Token == nil
	return answer
}
