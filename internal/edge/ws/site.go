package ws

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Site serves the web app: the page for every address a person can have in the
// address bar, and the files it is made of. Files come precompressed where a .gz
// stands beside them. Names under /assets/ carry a hash of their content and are
// cached for ever; everything else is asked for anew, by its ETag. /sdk.js may be
// loaded by pages of any origin: what those may do is for the signaling to say.
type Site struct {
	built fs.FS
	files map[string]*siteFile
	page  string // the file that is the page, "" if the app was not built
}

type siteFile struct {
	plain, gzip content
	contentType string
	etag        func() string // of what is not immutable
	immutable   bool
	shared      bool // pages of other origins may load it
}

// content is a file of the built app; none if its name is empty. It is read when it
// is asked for: what nobody asks for costs no memory.
type content struct {
	name  string
	bytes int64
}

// ContentSecurityPolicy lets the page load from this server only, run no inline
// script or style, and be framed by nobody else.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob: mediastream:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// docsPolicy is the one of the documentation, whose examples run in frames of
// this server.
const docsPolicy = ContentSecurityPolicy + "; frame-src 'self'"

// permissions are the powerful features the page itself uses; frames get none.
const permissions = "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), fullscreen=(self), " +
	"speaker-selection=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()"

// NewSite serves the built app, whose files do not change any more.
func NewSite(built fs.FS) (*Site, error) {
	s := &Site{built: built, files: map[string]*siteFile{}}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		base, compressed := strings.CutSuffix(name, ".gz")
		f := s.files["/"+base]
		if f == nil {
			f = &siteFile{
				contentType: contentType(base), immutable: strings.HasPrefix(base, "assets/"), shared: base == "sdk.js",
				etag: sync.OnceValue(func() string { return s.hash(base) }),
			}
			s.files["/"+base] = f
		}
		if compressed {
			f.gzip = content{name, info.Size()}
		} else {
			f.plain = content{name, info.Size()}
		}
		return nil
	})
	if _, ok := s.files["/index.html"]; ok {
		s.page = "/index.html"
	}
	return s, err
}

// hash is the entity tag of a file, empty if it cannot be read.
func (s *Site) hash(name string) string {
	data, err := fs.ReadFile(s.built, name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8" // the system's table may say otherwise
	case ".webmanifest":
		return "application/manifest+json"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

// ServeHTTP answers GET and HEAD.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name := r.URL.Path
	status := http.StatusOK
	if isPage(name) {
		name = s.page
	}
	f, ok := s.files[name]
	if _, folder := s.files[name+"/index.html"]; folder {
		http.Redirect(w, r, name+"/", http.StatusMovedPermanently)
		return
	}
	if strings.HasSuffix(name, "/") {
		f, ok = s.files[name+"index.html"]
	}
	if !ok {
		if s.page == "" {
			http.Error(w, "This Parley was built without its web app. Run `make web` and build again.", http.StatusNotFound)
			return
		}
		if strings.HasPrefix(name, "/assets/") {
			http.NotFound(w, r)
			return
		}
		f, status = s.files[s.page], http.StatusNotFound // the app has a page for it
	}
	s.write(w, r, f, status)
}

// pages are the first parts of addresses that the app itself shows; "" is its
// start page.
var pages = []string{"", "r", "check", "internals", "learn"}

// isPage says whether path is one that the app itself shows.
func isPage(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains(pages, first)
}

func (s *Site) write(w http.ResponseWriter, r *http.Request, f *siteFile, status int) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Vary", "Accept-Encoding")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", f.etag())
	}
	if f.shared {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if status == http.StatusOK && !f.immutable && r.Header.Get("If-None-Match") == f.etag() {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.gzip.name != "" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	file, err := s.built.Open(body.name)
	if err != nil {
		h.Del("Content-Encoding")
		http.Error(w, "This file of the web app cannot be read.", http.StatusInternalServerError)
		return
	}
	defer func() { _ = file.Close() }()
	h.Set("Content-Length", strconv.FormatInt(body.bytes, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = io.Copy(w, file) // the client is gone if this fails
	}
}

// SecurityHeaders puts the headers on every answer that keep the page to itself.
// hsts is for servers with a real name and certificate; a self-signed one would
// lock people out.
func SecurityHeaders(next http.Handler, hsts bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ContentSecurityPolicy)
		if strings.HasPrefix(r.URL.Path, "/docs/") {
			h.Set("Content-Security-Policy", docsPolicy)
		}
		h.Set("Permissions-Policy", permissions)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // a room's address is its key
		if r.TLS != nil {                       // elsewhere browsers ignore it, and complain
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
		}
		if hsts {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
