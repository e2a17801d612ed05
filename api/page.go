package api

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/hotline-cc/hotline"
)

//go:embed page
var page embed.FS

// readingPage serves the description for people. It needs nothing from elsewhere.
func (a *API) readingPage() {
	for path, file := range map[string]string{
		"/api/docs": "page/index.html", "/api/docs/page.css": "page/page.css", "/api/docs/page.js": "page/page.js",
	} {
		a.router.Get(path, func(w http.ResponseWriter, r *http.Request) {
			if _, err := fs.Stat(page, file); err != nil {
				a.refuse(w, r, hotline.Errorf("read page", hotline.CodeInternal, "%w", err))
				return
			}
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, page, file)
		})
	}
}
