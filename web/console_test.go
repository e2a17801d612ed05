package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const consoleSource = "console"

// built is a console of a few files, so that the rules of serving do not depend on a build.
func builtConsole() console {
	return newConsole(fstest.MapFS{
		"console/dist/index.html":         {Data: []byte(`<meta name="style-nonce" content="" /><script type="module" src="/console/assets/a-1.js"></script>`)},
		"console/dist/assets/a-1.js":      {Data: []byte("export {}")},
		"console/dist/emblem.svg":         {Data: []byte("<svg/>")},
		"console/dist/placeholder.txt":    {Data: []byte("…")},
		"console/dist/assets/style-2.css": {Data: []byte("a{}")},
	})
}

func TestConsoleServes(t *testing.T) {
	c := builtConsole()
	for _, want := range []struct {
		name, method, target string
		status               int
		kind, cache          string
	}{
		{"the index", "GET", "/console/", 200, "text/html; charset=utf-8", "no-cache"},
		{"the index by its name", "GET", "/console/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"the index for a page of it", "GET", "/console/records/c-1", 200, "text/html; charset=utf-8", "no-cache"},
		{"hashed files for good", "GET", "/console/assets/a-1.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"other files not for good", "GET", "/console/emblem.svg", 200, "image/svg+xml", "no-cache"},
		{"the head of a page", "HEAD", "/console/desk", 200, "text/html; charset=utf-8", "no-cache"},
		{"the folder without its slash leads there", "GET", "/console", 301, "", ""},
		{"no page for a file of an older build", "GET", "/console/assets/a-0.js", 404, "", ""},
		{"no page for a file that is not there", "GET", "/console/x.png", 404, "", ""},
		{"nothing above it", "GET", "/console/../web.go", 404, "", ""},
		{"nothing elsewhere", "GET", "/other", 404, "", ""},
		{"nothing can be posted", "POST", "/console/", 405, "", ""},
	} {
		t.Run(want.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(want.method, "/", nil)
			r.URL.Path = want.target
			c.ServeHTTP(w, r)
			h := w.Header()
			if w.Code != want.status || want.kind != "" && (h.Get("Content-Type") != want.kind || h.Get("Cache-Control") != want.cache) {
				t.Errorf("%s %s: %d %q %q", want.method, want.target, w.Code, h.Get("Content-Type"), h.Get("Cache-Control"))
			}
		})
	}
}

func TestConsolePolicy(t *testing.T) {
	c := builtConsole()
	page := func(host string) (policy, nonce string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/console/desk", nil)
		r.Host = host
		c.ServeHTTP(w, r)
		m := regexp.MustCompile(`name="style-nonce" content="([^"]+)"`).FindStringSubmatch(w.Body.String())
		if m == nil {
			t.Fatalf("no nonce in %s", w.Body)
		}
		return w.Header().Get("Content-Security-Policy"), m[1]
	}
	policy, nonce := page("desk.example:8443")
	if !strings.Contains(policy, "'nonce-"+nonce+"'") || strings.Contains(policy, "unsafe") ||
		!strings.Contains(policy, "connect-src 'self' ws://desk.example:8443 wss://desk.example:8443;") {
		t.Errorf("policy %q with nonce %q", policy, nonce)
	}
	if _, again := page("desk.example:8443"); again == nonce {
		t.Error("two answers have one nonce")
	}
	if policy, _ := page("a; script-src *"); strings.Contains(policy, "*") {
		t.Errorf("the host got into %q", policy)
	}
}

func TestConsoleThatWasNotBuiltSaysSo(t *testing.T) {
	w := httptest.NewRecorder()
	newConsole(fstest.MapFS{"console/dist/placeholder.txt": {}}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/console/", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestConsoleTypes(t *testing.T) {
	run(t, node(t, consoleSource, "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"))
	run(t, node(t, consoleSource, "node_modules/typescript/bin/tsc", "-p", "test/tsconfig.json"))
}

func TestConsoleUnits(t *testing.T) {
	run(t, node(t, consoleSource, "test/run.mjs", "unit"))
}

// The pages are those that the program carries. The API behind them is a contract server in memory; CONSOLE_SHOTS names a
// folder for pictures of each page.
func TestConsoleInBrowser(t *testing.T) {
	cmd := node(t, consoleSource, "test/run.mjs", "browser", os.Getenv("CONSOLE_ONLY"))
	if browser() == "" {
		missing(t, "Chromium is not installed: run scripts/setup.sh tests")
	}
	handler := Console()
	if !handler.(console).built() {
		missing(t, "the console is not built: run make build")
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	cmd.Env = append(cmd.Env, "HOTLINE_WEB="+server.URL, "CHROMIUM="+browser())
	run(t, cmd)
}
