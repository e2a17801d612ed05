// Package peertest holds the API against a program that nobody here has written.
package peertest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// schemathesis returns the program that scripts/setup.sh tests installs.
func schemathesis(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	program := filepath.Join(cache, "hotline", "schemathesis", "bin", "schemathesis")
	_, missing := os.Stat(program)
	if err := errors.Join(err, missing); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("schemathesis is not installed; scripts/setup.sh tests brings it")
	}
	return program
}

// Whatever the description allows is taken, whatever it forbids is refused, and all answers are those
// described. Besides made-up names, the program uses those of conversations that it began.
func TestSchemathesisFindsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	program := schemathesis(t)
	url, key := serve(t)
	for range 3 {
		say(t, url, key)
	}
	config, err := filepath.Abs("testdata/schemathesis.toml")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "--config-file", config, "run", url+api.Base+"/openapi.json",
		"--header", "Authorization: Bearer "+key, "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "20",
		"--seed", "1", "--no-color")
	run.Dir = t.TempDir()
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// serve starts an API without limits of rate and returns its address and a key that may do everything.
func serve(t *testing.T) (url, key string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	store, err := db.Open(t.Context(), db.Config{Dir: dir, URL: os.Getenv("HOTLINE_TEST_STORAGE")})
	must(err)
	p, err := packs.Open("")
	must(err)
	engine, err := p.Engine()
	must(err)
	host, err := chat.New(chat.Config{Engine: func() dialog.Engine { return engine }, Keeper: store, Census: store})
	must(err)
	knowledge, err := live.Open(t.Context(), p.Base, store)
	must(err)
	inbox, err := kb.NewInbox(db.Inbox{DB: store}, p.Base)
	must(err)
	accounts, work := office(t, store)
	free := api.Rate{PerSecond: 1e6, Burst: 1e6}
	a, err := api.New(api.Config{
		Chat: host, Store: store, Knowledge: knowledge, Inbox: inbox, Files: dir + "/attachments", TokenKey: make([]byte, 32), Visitors: true,
		Archive: &api.Archive{Recordings: dir, Auditor: unaudited{}, Events: func(ctx context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
			return store.Events(ctx, id, 0, chat.MaxPage)
		}},
		Accounts: accounts, Desk: work,
		Kinds:  []api.Kind{{Name: "flows", Title: "流程", Scope: api.ScopeFlows}},
		Limits: api.Limits{Visitor: free, Address: free, Key: free, Person: free, LogIn: free, PerAddress: 1e6, PerVisitor: 1e6},
	})
	must(err)
	index(t, store)
	k, key := api.NewKey("test", []string{api.ScopeAdmin})
	must(store.PutKey(t.Context(), k))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	server := api.NewServer(t.Context(), a.Handler())
	served := make(chan error, 1)
	go func() { served <- api.Serve(t.Context(), server, func() error { return server.Serve(listener) }) }()
	t.Cleanup(func() { must(errors.Join(<-served, store.Close())) })
	return "http://" + listener.Addr().String(), key
}

type unaudited struct{}

func (unaudited) Audit(context.Context, api.Access) error { return nil }

// index keeps a record and a call to be made, so that lists, reports and searches find something.
func index(t *testing.T, store *db.DB) {
	t.Helper()
	now := time.Now()
	r := records.Record{
		Conversation: hotline.NewConversationID(now), Channel: hotline.ChannelPhone, Caller: "13800138000", Started: now, Requested: now,
		Answered: now, Ended: now, Agents: []string{"li"}, Queue: "general", Outcome: records.Answered, Rating: 5, Text: "办社保卡",
	}
	task := records.CallbackTask{ID: "c1", Number: "138", Since: now, State: records.CallbackOpen, Reason: records.WhyMissed}
	err := errors.Join(store.PutRecords(t.Context(), []records.Record{r}), store.KeepDesk(t.Context(), []db.DeskEntry{{Callback: &task}}))
	if err != nil {
		t.Fatal(err)
	}
}

// office has people who log in and a desk at work.
func office(t *testing.T, store *db.DB) (*account.Book, *api.Desk) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	accounts, err := account.New(account.Config{Store: store, Key: make([]byte, 32), Cost: account.Cost{Memory: 64, Passes: 1, Threads: 1}})
	must(err)
	plan, err := roster.New(roster.Config{Store: store, Users: store, Queues: func() []desk.Queue { return []desk.Queue{{ID: "general"}} }})
	must(err)
	work, err := desk.New(desk.Config{Directory: plan.Roster})
	must(err)
	worked := make(chan error, 1)
	go func() { worked <- work.Run(t.Context()) }()
	t.Cleanup(func() { must(<-worked) })
	return accounts, &api.Desk{
		Desk: work, Roster: plan, Feed: api.NewFeed(),
		Events: func(_ context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
			return nil, hotline.Errorf("read log", hotline.CodeNotFound, "no conversation %s", id)
		},
		Note: func(_ context.Context, id hotline.ConversationID, _ hotline.EventBody) error {
			return hotline.Errorf("note", hotline.CodeNotFound, "no conversation %s", id)
		},
	}
}

// say holds a short conversation, so that there is one to be found.
func say(t *testing.T, url, key string) {
	t.Helper()
	post := func(path, body string, into any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+api.Base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s: %d %s %v", path, response.StatusCode, text, err)
		}
	}
	var c struct{ ID string }
	post("/conversations", `{"channel":"text"}`, &c)
	post("/conversations/"+c.ID+"/messages", `{"text":"办居住证要什么材料"}`, &struct{}{})
}
