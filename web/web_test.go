package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		name, method, target string
		status               int
		kind                 string
	}{
		{"the widget is a script", "GET", "/widget.js", 200, "text/javascript; charset=utf-8"},
		{"and has a style sheet", "GET", "/widget.css", 200, "text/css; charset=utf-8"},
		{"a query does not matter", "GET", "/widget.js?v=2", 200, "text/javascript; charset=utf-8"},
		{"the demo is a page", "GET", "/demo/", 200, "text/html; charset=utf-8"},
		{"with a style sheet", "GET", "/demo/demo.css", 200, "text/css; charset=utf-8"},
		{"and an emblem", "HEAD", "/demo/emblem.svg", 200, "image/svg+xml"},
		{"the folder without its slash leads to the page", "GET", "/demo", 301, ""},
		{"the survey is a page", "GET", "/survey/", 200, "text/html; charset=utf-8"},
		{"with a script", "GET", "/survey/survey.js", 200, "text/javascript; charset=utf-8"},
		{"and leads there without its slash", "GET", "/survey", 301, ""},
		{"what is not there is not found", "GET", "/demo/x.js", 404, ""},
		{"no other file of the program is served", "GET", "/dist/widget.js", 404, ""},
		{"nor is a path outside", "GET", "/demo/..%2fweb.go", 404, ""},
		{"nothing can be posted", "POST", "/widget.js", 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := get(t, c.method, c.target)
			if res.Code != c.status || c.kind != "" && res.Header().Get("Content-Type") != c.kind {
				t.Errorf("%s %s: %d %s", c.method, c.target, res.Code, res.Header().Get("Content-Type"))
			}
		})
	}
}

func TestWidgetIsForPagesOfAnyOrigin(t *testing.T) {
	h := get(t, http.MethodGet, "/widget.js").Header()
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Cross-Origin-Resource-Policy": "cross-origin",
		"Cache-Control":                "public, max-age=600",
		"X-Content-Type-Options":       "nosniff",
		"Vary":                         "Accept-Encoding",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	for _, target := range []string{"/widget.js", "/demo/"} {
		tag := get(t, http.MethodGet, target).Header().Get("ETag")
		if res := get(t, http.MethodGet, target, "If-None-Match", tag); tag == "" || res.Code != http.StatusNotModified {
			t.Errorf("%s with %q: %d", target, tag, res.Code)
		}
		if res := get(t, http.MethodGet, target, "If-None-Match", `W/"other"`); res.Code != http.StatusOK {
			t.Errorf("%s with another tag: %d", target, res.Code)
		}
	}
}

func TestWidgetIsCompressedForWhoTakesIt(t *testing.T) {
	plain, err := files.ReadFile("dist/widget.js")
	if err != nil {
		t.Fatal(err)
	}
	for accept, compressed := range map[string]bool{
		"gzip, deflate, br": true,
		"br;q=1, GZIP;q=.5": true,
		"":                  false,
		"br":                false,
		"gzip;q=0":          false,
		"gzip;q=0.000":      false,
		"gzipped":           false,
	} {
		res := get(t, http.MethodGet, "/widget.js", "Accept-Encoding", accept)
		body := res.Body.Bytes()
		if got := res.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%q: compressed %v", accept, got)
			continue
		}
		if compressed {
			if len(body) >= 30_000 {
				t.Errorf("%d bytes, want less than 30,000", len(body))
			}
			r, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(body, plain) {
			t.Errorf("%q: not the file", accept)
		}
	}
}

func TestPagesKeepTheirPolicy(t *testing.T) {
	for _, target := range []string{"/demo/", "/survey/"} {
		res := get(t, http.MethodGet, target)
		if got := res.Header().Get("Content-Security-Policy"); got != Policy || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", target, got)
		}
		if got := res.Header().Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: referrer policy %q", target, got)
		}
		if found := inline.Find(res.Body.Bytes()); found != nil {
			t.Errorf("%s holds %q", target, found)
		}
	}
}

// inline finds what the policy would not let pass.
var inline = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:[^>]*)>[^<]|(?:src|href)="(?:https?:)?//`)
