package node

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// What operators ask of a running TURN server, over its local socket and over the
// admin API; both have this one handler:
//
//	GET    /v1/stats
//	GET    /v1/sessions?user=NAME&limit=N
//	POST   /v1/kill      {"sessions": [...]}, {"user": ...} or {"all": true}
//	POST   /v1/drain     {"deadline_seconds": N}; DELETE takes it back
//	POST   /v1/reload
//
// Answers are JSON; what went wrong is in "error", one sentence.

// operated is what an operator can do to a server.
type operated interface {
	Stats() Stats
	Drain(deadline time.Duration)
	Undrain()
	Reload() (Reloaded, error)
}

// Stats is how the server does.
type Stats struct {
	Version     string            `json:"version"`
	Uptime      int64             `json:"uptime_seconds"`
	Draining    bool              `json:"draining"`
	Allocations uint64            `json:"allocations"`
	Opened      uint64            `json:"allocations_opened"`
	Streams     uint64            `json:"streams"`
	ToPeer      Traffic           `json:"to_peer"`
	ToClient    Traffic           `json:"to_client"`
	AuthFailed  uint64            `json:"authentication_failures"`
	Dropped     map[string]uint64 `json:"dropped"` // packets, by reason
}

// Reloaded says what a reload did.
type Reloaded struct {
	// Unchanged are settings that differ now, but that only a restart changes.
	Unchanged []string `json:"need_restart,omitempty"`
}

// SessionList is the answer to /v1/sessions.
type SessionList struct {
	Sessions []Session `json:"sessions"`
	More     bool      `json:"more"` // there are others beyond the limit
}

type killRequest struct {
	Sessions []string `json:"sessions,omitempty"`
	User     string   `json:"user,omitempty"`
	All      bool     `json:"all,omitempty"`
}

// Killed is the answer to /v1/kill.
type Killed struct {
	Killed int `json:"killed"`
}

type drainRequest struct {
	Deadline int64 `json:"deadline_seconds"` // 0: none
}

type problem struct {
	Error string `json:"error"`
}

const (
	requestBytesMax   = 64 << 10
	sessionsMax       = 20_000
	sessionsByDefault = 1000
	deadlineMax       = 30 * 24 * time.Hour
)

// operator answers the requests.
type operator struct {
	media  *media
	server operated
}

func newOperator(m *media, server operated) http.Handler {
	o := &operator{m, server}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/stats", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, server.Stats()) })
	mux.HandleFunc("GET /v1/sessions", o.serveSessions)
	mux.HandleFunc("POST /v1/kill", o.serveKill)
	mux.HandleFunc("POST /v1/drain", o.serveDrain)
	mux.HandleFunc("DELETE /v1/drain", func(w http.ResponseWriter, _ *http.Request) {
		server.Undrain()
		reply(w, http.StatusOK, server.Stats())
	})
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) {
		done, err := server.Reload()
		if err != nil {
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		reply(w, http.StatusOK, done)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "there is nothing here") })
	return http.MaxBytesHandler(mux, requestBytesMax)
}

// newOperatorServer serves what is for operators only, of whom nobody is slow.
func newOperatorServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// bearing lets through who shows the token.
func bearing(token string, next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(shown))
		if !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "show the token of --admin-token: Authorization: Bearer TOKEN")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (o *operator) serveSessions(w http.ResponseWriter, r *http.Request) {
	limit, user := sessionsByDefault, r.URL.Query().Get("user")
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > sessionsMax {
			refuse(w, http.StatusBadRequest, "limit must be a number from 1 to "+strconv.Itoa(sessionsMax))
			return
		}
		limit = n
	}
	list := SessionList{Sessions: []Session{}}
	o.media.Sessions(func(id sessionID, s *turn.Session, now mono.Time) bool {
		if user != "" && s.User != user {
			return true
		}
		list.More = len(list.Sessions) == limit
		if !list.More {
			list.Sessions = append(list.Sessions, describeSession(id, s, now))
		}
		return !list.More
	})
	reply(w, http.StatusOK, list)
}

func (o *operator) serveKill(w http.ResponseWriter, r *http.Request) {
	var k killRequest
	if !decode(w, r, &k) {
		return
	}
	ways := 0
	for _, given := range []bool{len(k.Sessions) > 0, k.User != "", k.All} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		refuse(w, http.StatusBadRequest, "say whom: sessions, or user, or all")
		return
	}
	var ids []sessionID
	for _, text := range k.Sessions {
		id, ok := parseSessionID(text)
		if !ok {
			refuse(w, http.StatusBadRequest, strconv.Quote(text)+" is not the name of a session")
			return
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		o.media.Sessions(func(id sessionID, s *turn.Session, _ mono.Time) bool {
			if k.All || s.User == k.User {
				ids = append(ids, id)
			}
			return true
		})
	}
	var done Killed
	for _, id := range ids {
		if o.media.Kill(id) {
			done.Killed++
		}
	}
	reply(w, http.StatusOK, done)
}

func (o *operator) serveDrain(w http.ResponseWriter, r *http.Request) {
	var d drainRequest
	if !decode(w, r, &d) {
		return
	}
	if d.Deadline < 0 || d.Deadline > int64(deadlineMax/time.Second) {
		refuse(w, http.StatusBadRequest, "deadline_seconds must be from 0 to "+strconv.Itoa(int(deadlineMax/time.Second)))
		return
	}
	o.server.Drain(time.Duration(d.Deadline) * time.Second)
	reply(w, http.StatusOK, o.server.Stats())
}

// decode reads the body of a request, which may be empty.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("there is more than one value")
		}
	}
	if err == nil || errors.Is(err, io.EOF) {
		return true
	}
	refuse(w, http.StatusBadRequest, "the request is not what it should be: "+err.Error())
	return false
}

func refuse(w http.ResponseWriter, code int, why string) { reply(w, code, problem{why}) }

func reply(w http.ResponseWriter, code int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // who does not wait for the answer does not get it
}

// shutDown ends a server of operators.
func shutDown(ctx context.Context, s *http.Server) {
	if s != nil {
		_ = s.Shutdown(ctx) // what is left is cut by Close
		_ = s.Close()
	}
}
