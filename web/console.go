package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// The console is built by scripts/setup.sh into console/dist, which a plain clone holds a placeholder of.
//
//go:embed console/dist
var consoleFiles embed.FS

const (
	consoleAt     = "/console/"
	consoleFolder = "console/dist/"
	consoleIndex  = consoleFolder + "index.html"
)

// unbuilt is shown where the program was built without the console.
const unbuilt = `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<title>Hotline</title>
<h1>工作台尚未构建</h1>
<p>本程序编译时没有包含工作台。请安装 Node.js 20.19 以上，在源码目录执行 <code>make build</code>，然后用新程序重启。</p>
<p lang="en">The console was not built into this program. Install Node.js 20.19 or later and run <code>make build</code> in the source.</p>
</html>
`

// console serves what was built.
type console struct {
	files map[string]file
	index []byte
}

// Console serves the workplace of agents, supervisors, administrators and auditors under /console/. Paths that are pages
// of it rather than files get the index, files that are not there 404. Where it was not built, a page says so with 503.
func Console() http.Handler { return newConsole(consoleFiles) }

func newConsole(from fs.FS) console {
	c := console{files: load(from)}
	c.index = c.files[consoleIndex].plain
	return c
}

func (c console) built() bool { return len(c.index) > 0 }

func (c console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path+"/" == consoleAt {
		http.Redirect(w, r, consoleAt, http.StatusMovedPermanently)
		return
	}
	name, under := strings.CutPrefix(r.URL.Path, consoleAt)
	if !under {
		http.NotFound(w, r)
		return
	}
	if f, there := c.files[consoleFolder+name]; there && f.name != consoleIndex {
		f.serve(cache(name)).ServeHTTP(w, r)
		return
	}
	// A page is a path without an extension: that of a file, asked for by an older index, must not become one.
	if name != "index.html" && path.Ext(name) != "" || strings.HasPrefix(name, "assets/") {
		http.NotFound(w, r)
		return
	}
	c.page(w, r)
}

// cache lets files whose names hold their hash be kept for good.
func cache(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if strings.HasPrefix(name, "assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
	}
}

// page sends the index. Styles are made by the script while it runs, which the policy lets pass by a nonce of this answer.
func (c console) page(w http.ResponseWriter, r *http.Request) {
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", kinds[".html"])
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", consolePolicy(nonce, r.Host))
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	body := []byte(unbuilt)
	if !c.built() {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		body = bytes.Replace(c.index, []byte(`name="style-nonce" content=""`), []byte(`name="style-nonce" content="`+nonce+`"`), 1)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

var host = regexp.MustCompile(`^[A-Za-z0-9.\-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// consolePolicy allows the console's own origin only. WebSockets are named, because older browsers do not count them
// to 'self'.
func consolePolicy(nonce, at string) string {
	connect := "'self'"
	if host.MatchString(at) {
		connect += " ws://" + at + " wss://" + at
	}
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self' data:; font-src 'self'; " +
		"media-src 'self' blob:; connect-src " + connect + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
