// Package web carries the chat widget, a page that shows it, the page that asks for a grade, and the console of those who work
// here, built into the program.
//
// A page takes the widget in with one tag:
//
//	<script src="https://hotline.example/widget.js" data-hotline data-title="云州 12345" defer></script>
//
// Attributes of the tag: data-api (base of the REST API; the script's own origin with /api/v1 unless given), data-title,
// data-launch (text of the launch button), data-position (right or left), data-colour (#rrggbb, darkened where white text
// would not be readable), data-locale (zh-CN or en) and data-elder (starts in 长辈模式). Any element of the page with
// data-hotline-open opens the chat. A page with a content security policy needs the gateway's origin in script-src,
// connect-src and style-src; no inline script or style is used.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// The widget is built by "npm run build" in widget/ and committed, so that building the program needs no Node.
//
//go:embed dist/widget.js dist/widget.css demo survey
var files embed.FS

// Policy is the content security policy of the pages: everything from its own origin, nothing inline.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is one file as it is sent.
type file struct {
	name    string
	kind    string // media type
	tag     string // ETag
	plain   []byte
	gzipped []byte // empty where it would not be smaller
}

// Handler serves /widget.js, /widget.css and the pages: /demo/ shows the widget, /survey/ asks who has a link for a grade.
// Everything else is 404, any method but GET and HEAD 405.
func Handler() http.Handler {
	mux := http.NewServeMux()
	widget := func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=600")
		// Pages of other origins take the widget in.
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	page := func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Security-Policy", Policy)
		h.Set("Referrer-Policy", "no-referrer")
	}
	for name, f := range load(files) {
		switch {
		case strings.HasPrefix(name, "dist/"):
			mux.Handle("GET /"+path.Base(name), f.serve(widget))
		case path.Base(name) == "index.html":
			at := path.Dir(name)
			mux.Handle("GET /"+at+"/{$}", f.serve(page))
			mux.Handle("GET /"+at, http.RedirectHandler("/"+at+"/", http.StatusMovedPermanently))
		default:
			mux.Handle("GET /"+name, f.serve(page))
		}
	}
	return mux
}

func (f file) serve(headers http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers(w, r)
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("ETag", f.tag)
		h.Set("Vary", "Accept-Encoding")
		h.Set("X-Content-Type-Options", "nosniff")
		body := f.plain
		// Parts of a compressed file are of no use to anybody.
		if len(f.gzipped) > 0 && r.Header.Get("Range") == "" && acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = f.gzipped
		}
		http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(body))
	})
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as gzip is concerned.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			refused := strings.Trim(strings.TrimSpace(weight), "0.") == "q="
			return !refused
		}
	}
	return false
}

// load reads the embedded files. They are part of the program, so they can be read.
func load(from fs.FS) map[string]file {
	loaded := make(map[string]file)
	_ = fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		plain, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(plain)
		f := file{name: name, kind: kinds[path.Ext(name)], plain: plain, gzipped: compress(plain)}
		// Weak: the same tag stands for the file and its compressed form.
		f.tag = `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		loaded[name] = f
		return nil
	})
	return loaded
}

// kinds are the media types of what is here; the machine's own table of types is not asked.
var kinds = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

func compress(plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(plain); err != nil || w.Close() != nil || out.Len() >= len(plain) {
		return nil
	}
	return out.Bytes()
}
