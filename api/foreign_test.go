package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
)

// A token, a session or a key that lets into one conversation opens no other, on any route there is: they are those of
// the router itself, so that one that is added is tried too. One with a parameter that is not known here fails the test.
func TestTokensOfOneConversationOpenNoOther(t *testing.T) {
	v := startVictim(t)
	routes := v.routes()
	before := v.picture()
	for name, token := range v.strangers() {
		for _, r := range routes {
			v.attack(name, token, r)
		}
	}
	if diff := cmp.Diff(before, v.picture()); diff != "" {
		t.Errorf("the conversation was changed (-before +after):\n%s", diff)
	}
	// Each route that names the conversation answers somebody, or the refusals would show nothing.
	for _, r := range routes {
		if r.names && !slices.ContainsFunc(v.owners, func(token string) bool { return !shut(v.try(r, token, "").status) }) {
			t.Errorf("%s %s is refused to everybody", r.method, r.path)
		}
	}
}

// route is one way into the API.
type route struct {
	method, path string
	names        bool // the conversation, or something of it
	shared       bool // an offer or a callback: that of another is as one that is over
	body, kind   string
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// routes are all that there are, towards the victim. Those that end sessions or conversations come last.
func (v *victim) routes() (list []route) {
	of := map[string]string{"id": v.ID, "file": v.file, "offer": v.offer, "callback": v.callback}
	elsewhere := map[string]string{
		"agent": "0123456789abcdef", "user": "0123456789abcdef", "queue": "general", "canned": "hello", "doc": "a", "entry": "a", "cluster": "a",
	}
	ops := map[string]*huma.Operation{}
	for path, item := range v.api.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			ops[method+" "+path] = op
		}
	}
	err := chi.Walk(v.api.router, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		r := route{method: method}
		r.path = parameter.ReplaceAllStringFunc(pattern, func(part string) string {
			name := strings.Trim(part, "{}")
			if value, found := of[name]; found {
				r.names, r.shared = true, r.shared || name == "offer" || name == "callback"
				return value
			}
			if elsewhere[name] == "" {
				v.t.Errorf("%s %s: what does {%s} name?", method, pattern, name)
			}
			return elsewhere[name]
		})
		if op := ops[method+" "+pattern]; op != nil && op.RequestBody != nil {
			v.fill(&r, op.RequestBody)
		}
		list = append(list, r)
		return nil
	})
	if err != nil || len(list) < 70 {
		v.t.Fatalf("%d routes, %v", len(list), err)
	}
	rank := func(r route) int {
		switch {
		case r.method == http.MethodDelete && r.path == Base+"/session":
			return 2
		case strings.HasSuffix(r.path, "/close") || strings.HasPrefix(r.path, Base+"/session"):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b route) int { return rank(a) - rank(b) })
	return list
}

// fill gives a route the least body that it takes.
func (v *victim) fill(r *route, body *huma.RequestBody) {
	if media := body.Content["application/json"]; media != nil {
		text, err := json.Marshal(v.least(r, media.Schema, ""))
		if err != nil {
			v.t.Fatal(err)
		}
		r.body, r.kind = string(text), "Content-Type: application/json"
	} else if body.Content["multipart/form-data"] != nil {
		r.body, r.kind = form(v.t, "file", "a.png", png+"another")
	}
}

// least is the shortest value that a schema allows. One that names a conversation names the victim.
func (v *victim) least(r *route, s *huma.Schema, name string) any {
	if s.Ref != "" {
		s = v.api.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	switch {
	case name == "conversation":
		r.names = true
		return v.ID
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		o := map[string]any{}
		for key, property := range s.Properties {
			if slices.Contains(s.Required, key) || key == "conversation" || key == "text" {
				o[key] = v.least(r, property, key)
			}
		}
		return o
	case huma.TypeArray:
		return []any{}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return false
	}
	return strings.Repeat("a", 12)
}

// shut tells whether a status says that somebody may not, or that there is nothing there.
func shut(status int) bool { return slices.Contains([]int{401, 403, 404}, status) }

// attack tries a route with a token in every place where there may be one.
func (v *victim) attack(as, token string, r route) {
	v.t.Helper()
	queries := []string{""}
	if r.names && r.method == http.MethodGet {
		queries = append(queries, "?token="+token)
	}
	for _, query := range queries {
		a := v.try(r, token, query)
		switch {
		case r.names && !shut(a.status) && (!r.shared || a.status != http.StatusConflict):
			v.t.Errorf("%s at %s %s%s: %d %.200q", as, r.method, r.path, query, a.status, a.body)
		case a.status == http.StatusInternalServerError:
			v.t.Errorf("%s at %s %s: %d %.200q", as, r.method, r.path, a.status, a.body)
		}
		for _, secret := range []string{secretText, secretNumber, secretName} {
			if strings.Contains(string(a.body), secret) {
				v.t.Errorf("%s at %s %s is told %q: %d %.200q", as, r.method, r.path, secret, a.status, a.body)
			}
		}
	}
}

// try sends a request, or opens a WebSocket where one is wanted. Of a stream that is opened only the first part is read.
func (v *victim) try(r route, token, query string) answer {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.method, v.url+r.path+query, strings.NewReader(r.body))
	if err != nil {
		v.t.Fatal(err)
	}
	if name, value, found := strings.Cut(r.kind, ": "); found {
		request.Header.Set(name, value)
	}
	if token != "" && query == "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		v.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusUpgradeRequired {
		return v.socket(ctx, request, token)
	}
	a := answer{status: response.StatusCode, header: response.Header}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		a.body = make([]byte, 1<<16)
		n, _ := response.Body.Read(a.body)
		a.body = a.body[:n]
		return a
	}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		v.t.Fatal(err)
	}
	return a
}

// socket opens a WebSocket and returns its first message.
func (v *victim) socket(ctx context.Context, request *http.Request, token string) answer {
	v.t.Helper()
	options := &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": request.Header["Authorization"]}}
	if strings.HasPrefix(request.URL.Path, Base+"/desk/") && token != "" {
		options.Subprotocols = []string{deskProtocol, socketProtocol + token}
	}
	conn, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(request.URL.String(), "http"), options) //nolint:bodyclose // it has none that is to be closed
	if err != nil {
		if response == nil {
			v.t.Fatal(err)
		}
		return answer{status: response.StatusCode}
	}
	defer func() { _ = conn.CloseNow() }()
	a := answer{status: response.StatusCode}
	if _, a.body, err = conn.Read(ctx); err != nil {
		v.t.Error(err)
	}
	return a
}
