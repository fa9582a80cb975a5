package node

import (
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parley-rtc/parley/api"
	"github.com/parley-rtc/parley/internal/edge/ws"
	"github.com/parley-rtc/parley/web"
)

// newHTTPServer builds the one HTTP server behind both TCP ports.
func (n *node) newHTTPServer() (*http.Server, error) {
	built, err := fs.Sub(web.App, "app/dist")
	if err != nil {
		return nil, err
	}
	site, err := ws.NewSite(built)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(api.SignalPath, n.signaling)
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { serveReady(w, n.ready.Load()) })
	mux.Handle("GET /metrics", n.onlyFor(n.settings.AllowMetrics, promhttp.HandlerFor(newRegistry(n.collector()), promhttp.HandlerOpts{})))
	mux.Handle("/", site)
	handler := ws.SecurityHeaders(mux, n.settings.Domain != "")
	if n.certificate != nil {
		handler = n.certificate.HTTPHandler(handler)
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(n.host.Log.Handler(), slog.LevelDebug),
	}, nil
}

func serveHealth(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
}

func serveReady(w http.ResponseWriter, ready bool) {
	if !ready {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// onlyFor lets clients of the given ranges through. A request that a proxy passed
// on is not from where it seems to be, so it is refused.
func (n *node) onlyFor(allowed []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, err := netip.ParseAddrPort(r.RemoteAddr)
		proxied := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
		if err == nil && !proxied {
			for _, p := range allowed {
				if p.Contains(addr.Addr().Unmap()) {
					next.ServeHTTP(w, r)
					return
				}
			}
		}
		http.Error(w, "This address may not read the metrics; see --allow-metrics.", http.StatusForbidden)
	})
}
