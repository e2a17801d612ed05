package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store/db"
)

// rig is an API on a port of its own, with the dialog and the knowledge of the demo city.
type rig struct {
	t     *testing.T
	url   string
	api   *API
	store *db.DB
	inbox *kb.Inbox
	ahead atomic.Int64 // of the API's clock, in ns
}

// city is the content of the demo city; reading it takes a while.
var city = sync.OnceValues(func() (dialog.Engine, *kb.Base) {
	p, err := packs.Open("")
	if err != nil {
		panic(err)
	}
	engine, err := p.Engine()
	if err != nil {
		panic(err)
	}
	return engine, p.Base
})

func start(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t}
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	r.store, err = db.Open(t.Context(), db.Config{Dir: dir})
	must(err)
	engine, base := city()
	host, err := chat.New(chat.Config{Engine: func() dialog.Engine { return engine }, Keeper: r.store, Census: r.store})
	must(err)
	knowledge, err := live.Open(t.Context(), base, r.store)
	must(err)
	r.inbox, err = kb.NewInbox(db.Inbox{DB: r.store}, base)
	must(err)
	cfg := Config{
		Chat: host, Store: r.store, Knowledge: knowledge, Inbox: r.inbox, Files: dir + "/attachments",
		TokenKey: bytes.Repeat([]byte("k"), 32), Visitors: true,
		Now:   func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
		Kinds: []Kind{{Name: "flows", Title: "流程", Scope: ScopeFlows, Check: noTabs}},
	}
	for _, f := range change {
		f(&cfg)
	}
	r.api, err = New(cfg)
	must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	r.url = "http://" + listener.Addr().String()
	server := NewServer(t.Context(), r.api.Handler())
	served := make(chan error, 1)
	go func() { served <- Serve(t.Context(), server, func() error { return server.Serve(listener) }) }()
	t.Cleanup(func() { // the context of the test has ended
		http.DefaultClient.CloseIdleConnections()
		if err := <-served; err != nil {
			t.Error(err)
		}
		r.api.Wait()
		if n := cfg.Chat.Rooms(); n != 0 {
			t.Errorf("%d conversations are left in memory", n)
		}
		must(r.store.Close())
	})
	return r
}

// noTabs is a check of documents.
func noTabs(_, body string) (problems []Finding) {
	for i, line := range strings.Split(body, "\n") {
		if strings.Contains(line, "\t") {
			problems = append(problems, Finding{Line: i + 1, Error: true, Reason: "不能用制表符"})
		}
	}
	return problems
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

// do sends a request. A body that is no text is sent as JSON; headers are "Name: value".
func (r *rig) do(method, path, token string, body any, headers ...string) answer {
	r.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			r.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, reader)
	if err != nil {
		r.t.Fatal(err)
	}
	if reader != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, text}
}

// want sends a request and fails the test when its status is another one.
func (r *rig) want(status int, method, path, token string, body any, headers ...string) answer {
	r.t.Helper()
	a := r.do(method, path, token, body, headers...)
	if a.status != status {
		r.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

type object = map[string]any

// session is a conversation under way.
type session struct {
	ID      string
	Token   string
	Expires time.Time
	Events  []hotline.Event
	path    string
}

func (r *rig) begin(token string) session {
	r.t.Helper()
	var s session
	r.want(201, "POST", Base+"/conversations", token, object{"channel": "text"}).into(r.t, &s)
	s.path = Base + "/conversations/" + s.ID
	return s
}

func (r *rig) say(s session, text string, headers ...string) []hotline.Event {
	r.t.Helper()
	var out struct{ Events []hotline.Event }
	r.want(200, "POST", s.path+"/messages", s.Token, object{"text": text}, headers...).into(r.t, &out)
	return out.Events
}

// key returns a new API key.
func (r *rig) key(scopes ...string) string {
	r.t.Helper()
	k, text := NewKey("测试", scopes)
	if err := r.store.PutKey(r.t.Context(), k); err != nil {
		r.t.Fatal(err)
	}
	return text
}

func kinds(events []hotline.Event) string {
	var list []string
	for _, e := range events {
		list = append(list, e.Body.Kind())
	}
	return strings.Join(list, " ")
}
