package ws

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// httpError is the answer to a request that does not become a WebSocket.
type httpError struct {
	status  int
	code    string
	message string
}

// refuse writes {"error":{"code","message"}}.
func (s *Server) refuse(w http.ResponseWriter, problem *httpError) {
	s.refused.Add(1)
	type body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	switch problem.status {
	case http.StatusUpgradeRequired:
		// RFC 9110, section 15.5.22: "The server MUST send an Upgrade header
		// field in a 426 response to indicate the required protocol(s)".
		// https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", "websocket")
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(problem.status)
	// A client that does not read the answer needs none.
	_ = json.NewEncoder(w).Encode(map[string]body{"error": {problem.code, problem.message}})
}

// originAllowed refuses pages of other sites: a browser would open sockets for
// them. Programs that are no browsers send no Origin.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := strings.ToLower(r.Header.Get("Origin"))
	if origin == "" {
		return true
	}
	if slices.ContainsFunc(s.cfg.AllowOrigins, func(allowed string) bool {
		return strings.ToLower(strings.TrimSuffix(allowed, "/")) == origin
	}) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return withoutDefaultPort(u.Host, u.Scheme) == withoutDefaultPort(strings.ToLower(r.Host), u.Scheme)
}

func withoutDefaultPort(host, scheme string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
