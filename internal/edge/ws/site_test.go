package ws

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

func builtApp() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<page>")},
		"index.html.gz":         {Data: []byte("gz-page")},
		"assets/main-ABC.js":    {Data: []byte("js")},
		"assets/main-ABC.js.gz": {Data: []byte("gz-js")},
		"parley.webmanifest":    {Data: []byte("{}")},
		"sdk.js":                {Data: []byte("sdk")},
		"docs/index.html":       {Data: []byte("docs")},
		".gitkeep":              {},
	}
}

func TestSite(t *testing.T) {
	site, err := NewSite(builtApp())
	if err != nil {
		t.Fatal(err)
	}
	handler := SecurityHeaders(site, false)
	for _, c := range []struct {
		method, path, accept       string
		status                     int
		body, contentType, caching string
	}{
		{"GET", "/", "", 200, "<page>", "text/html; charset=utf-8", "no-cache"},
		{"GET", "/r/some-room", "br, gzip", 200, "gz-page", "text/html; charset=utf-8", "no-cache"},
		{"GET", "/assets/main-ABC.js", "gzip", 200, "gz-js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"HEAD", "/assets/main-ABC.js", "", 200, "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"GET", "/parley.webmanifest", "", 200, "{}", "application/manifest+json", "no-cache"},
		{"GET", "/sdk.js", "", 200, "sdk", "text/javascript; charset=utf-8", "no-cache"},
		{"GET", "/docs/", "", 200, "docs", "text/html; charset=utf-8", "no-cache"},
		{"GET", "/docs", "", 301, "<a href=\"/docs/\">Moved Permanently</a>.\n\n", "text/html; charset=utf-8", ""},
		{"GET", "/assets/gone.js", "", 404, "404 page not found\n", "text/plain; charset=utf-8", ""},
		{"GET", "/no/such/page", "", 404, "<page>", "text/html; charset=utf-8", "no-cache"},
		{"GET", "/.gitkeep", "", 404, "<page>", "text/html; charset=utf-8", "no-cache"},
		{"POST", "/", "", 405, "Only GET and HEAD are answered here.\n", "text/plain; charset=utf-8", ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != c.status || w.Body.String() != c.body || h.Get("Content-Type") != c.contentType || h.Get("Cache-Control") != c.caching {
			t.Errorf("%s %s: %d %q %q %q", c.method, c.path, w.Code, w.Body, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		policy := ContentSecurityPolicy
		if c.path == "/docs/" {
			policy = docsPolicy
		}
		if h.Get("Content-Security-Policy") != policy || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s %s: the security headers are missing", c.method, c.path)
		}
	}
}

func TestSiteAnswersWithWhatChanged(t *testing.T) {
	site, err := NewSite(builtApp())
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/", "/r/some-room", "/sdk.js"} {
		etag := get(path, "").Header().Get("ETag")
		if etag == "" {
			t.Fatalf("%s: no ETag", path)
		}
		if w := get(path, etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%s, known: %d with %d bytes, want 304 without", path, w.Code, w.Body.Len())
		}
		if w := get(path, `"other"`); w.Code != http.StatusOK {
			t.Errorf("%s, changed: %d, want 200", path, w.Code)
		}
	}
	if w := get("/no/such/page", get("/", "").Header().Get("ETag")); w.Code != http.StatusNotFound {
		t.Errorf("an unknown page: %d, want 404", w.Code)
	}
}

func TestOnlyTheSDKIsForOtherOrigins(t *testing.T) {
	site, err := NewSite(builtApp())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/sdk.js": "*", "/": "", "/assets/main-ABC.js": ""} {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", path, got, want)
		}
	}
}

func TestSiteThatWasNotBuilt(t *testing.T) {
	site, err := NewSite(fstest.MapFS{".gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusNotFound || w.Body.Len() == 0 {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
}
