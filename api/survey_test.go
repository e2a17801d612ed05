package api

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
)

// link makes a link and returns the address of the page and the token.
func (r *rig) link(id hotline.ConversationID, key string) (page, token string) {
	r.t.Helper()
	var out struct {
		URL     string
		Expires time.Time
	}
	r.want(201, "POST", Base+"/conversations/"+string(id)+"/survey", key, nil).into(r.t, &out)
	page, token, found := strings.Cut(out.URL, "#")
	if until := time.Until(out.Expires) - time.Duration(r.ahead.Load()); !found || len(token) < len(surveyPrefix)+26 || until < 167*time.Hour || until > 169*time.Hour {
		r.t.Fatalf("link %+v", out)
	}
	return page, token
}

func TestACallThatHasEndedIsGradedByLink(t *testing.T) {
	var touched atomic.Value
	a := withArchive(t, func(c *Config) {
		c.Survey.Service = "云州 12345"
		c.Archive.Changed = func(id hotline.ConversationID) { touched.Store(id) }
	})
	page, token := a.link(a.first, a.agent)
	if page != a.url+"/survey/" {
		t.Errorf("the page is %s", page)
	}
	if got := a.ledger.actions(); got != ActionSurvey {
		t.Errorf("noted %q", got)
	}
	about := a.want(200, "GET", Base+"/survey", token, nil)
	if got := string(about.body); strings.TrimSpace(got) != `{"service":"云州 12345","channel":"phone","began":"2026-11-24T01:00:00Z"}` {
		t.Errorf("it tells %s", got)
	}
	for body, status := range map[string]int{`{"grade":0}`: 422, `{"grade":6}`: 422, `{"grade":"5"}`: 422, `{}`: 422, `{"grade":5,"x":1}`: 422, `{"grade":5,"comment":"` + strings.Repeat("长", 501) + `"}`: 422, `5`: 422, ``: 400} {
		a.want(status, "POST", Base+"/survey", token, body)
	}
	a.want(204, "POST", Base+"/survey", token, object{"grade": 4, "comment": " 很\u202e好 "})
	if touched.Load() != a.first {
		t.Errorf("told of %v, want %s", touched.Load(), a.first)
	}
	a.want(409, "POST", Base+"/survey", token, object{"grade": 1})
	a.want(409, "GET", Base+"/survey", token, nil)
	a.want(409, "POST", Base+"/conversations/"+string(a.first)+"/survey", a.agent, nil)

	var replay struct {
		Record Record
		Grade  Grade
		Events []hotline.Event
	}
	a.want(200, "GET", Base+"/records/"+string(a.first), a.agent, nil).into(t, &replay)
	if diff := cmp.Diff(Grade{Grade: 4, How: "link", Comment: "很好"}, replay.Grade, cmpopts.IgnoreFields(Grade{}, "At")); diff != "" || replay.Grade.At.IsZero() || replay.Record.Rating != 4 {
		t.Errorf("replayed with %+v, record %d\n%s", replay.Grade, replay.Record.Rating, diff)
	}
	if got := kinds(replay.Events); !strings.HasSuffix(got, " ended") {
		t.Errorf("the log goes on after its end: %s", got)
	}
	satisfied := `"id":"satisfaction"`
	if body := string(a.want(200, "GET", Base+"/reports"+reportOfTheDay, a.boss, nil).body); !strings.Contains(body, satisfied) ||
		!strings.Contains(body[strings.Index(body, satisfied):], `"numerator":1,"denominator":1`) {
		t.Errorf("the report does not count it: %s", body)
	}
}

// What was said in the conversation counts as well as what comes by link, and the later of two that come at once is refused.
func TestAConversationIsGradedOnce(t *testing.T) {
	a := withArchive(t)
	_, token := a.link(a.first, a.boss)
	record, err := a.store.Record(t.Context(), a.first)
	if err != nil {
		t.Fatal(err)
	}
	keep := func(grade int) {
		record.Rating = grade
		if err := a.store.PutRecords(t.Context(), []records.Record{record}); err != nil {
			t.Fatal(err)
		}
	}
	keep(3) // by keys, while the link was under way
	a.want(409, "GET", Base+"/survey", token, nil)
	a.want(409, "POST", Base+"/survey", token, object{"grade": 5})
	a.want(409, "POST", Base+"/conversations/"+string(a.first)+"/survey", a.boss, nil)
	keep(0)
	var given, refused atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch got := a.do("POST", Base+"/survey", token, object{"grade": 5}).status; got {
			case 204:
				given.Add(1)
			case 409:
				refused.Add(1)
			default:
				t.Errorf("status %d", got)
			}
		})
	}
	all.Wait()
	if given.Load() != 1 || refused.Load() != 7 {
		t.Errorf("given %d times, refused %d times", given.Load(), refused.Load())
	}
}

func TestALinkEndsByAgeAndByTheNext(t *testing.T) {
	a := withArchive(t)
	_, first := a.link(a.first, a.boss)
	_, second := a.link(a.first, a.boss)
	_, other := a.link(a.alone, a.boss)
	a.want(401, "GET", Base+"/survey", first, nil)
	a.want(401, "POST", Base+"/survey", first, object{"grade": 5})
	a.ahead.Store(int64(7*24*time.Hour - time.Minute))
	a.want(200, "GET", Base+"/survey", second, nil)
	a.ahead.Store(int64(7*24*time.Hour + time.Minute))
	a.want(410, "GET", Base+"/survey", second, nil)
	a.want(410, "POST", Base+"/survey", second, object{"grade": 5})
	_, third := a.link(a.first, a.boss)
	a.want(204, "POST", Base+"/survey", third, object{"grade": 5})
	a.want(410, "POST", Base+"/survey", other, object{"grade": 5})
	if r, err := a.store.Record(t.Context(), a.alone); err != nil || r.Rating != 0 {
		t.Errorf("the grade of one conversation reached another: %d, %v", r.Rating, err)
	}
}

func TestWhoMakesALink(t *testing.T) {
	a := withArchive(t)
	reason := "?reason=" + url.QueryEscape("回访")
	sms := a.key(ScopeSurvey)
	for name, c := range map[string]struct {
		token  string
		id     hotline.ConversationID
		query  string
		status int
		noted  string
	}{
		"a system":                      {sms, a.alone, "", 201, "survey.link"},
		"the agent who had it":          {a.agent, a.first, "", 201, "survey.link"},
		"another agent":                 {a.stranger, a.first, "", 404, ""},
		"a supervisor":                  {a.boss, a.first, "", 201, "survey.link"},
		"who may only read":             {a.reader, a.first, "", 403, ""},
		"nobody":                        {"", a.first, "", 401, ""},
		"of one that is not there":      {sms, hotline.NewConversationID(a.started), "", 404, ""},
		"confidential, by a system":     {sms, a.secret, reason, 403, ""},
		"confidential, with a reason":   {a.boss, a.secret, reason, 201, "survey.link 回访"},
		"confidential, without one":     {a.boss, a.secret, "", 403, ""},
		"of something that is no ID":    {sms, "x", "", 422, ""},
		"with a parameter that is none": {sms, a.first, "?x=1", 422, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a.want(c.status, "POST", Base+"/conversations/"+string(c.id)+"/survey"+c.query, c.token, nil)
			if got := a.ledger.actions(); got != c.noted {
				t.Errorf("noted %q, want %q", got, c.noted)
			}
		})
	}
	a.ledger.fail = errors.New("the disk is full")
	a.want(503, "POST", Base+"/conversations/"+string(a.first)+"/survey", sms, nil)
	for _, path := range []string{"/records", "/records/" + string(a.first), "/reports", "/conversations/" + string(a.first)} {
		if got := a.do("GET", Base+path, sms, nil).status; got != 403 {
			t.Errorf("the key of a system that makes links: %s answers %d", path, got)
		}
	}
}

// A token of a survey grades its conversation and does nothing else; nothing else grades it.
func TestTheTokenOfASurveyOpensNothingElse(t *testing.T) {
	p := &peopleRig{}
	a := withArchive(t, func(c *Config) { // who logs in has a token, too
		var err error
		if p.book, err = account.New(account.Config{Store: c.Store, Key: c.TokenKey, Cost: account.Cost{Memory: 64, Passes: 1, Threads: 1}}); err != nil {
			t.Fatal(err)
		}
		c.Accounts = p.book
	})
	p.rig = a.rig
	p.user("zhang", account.RoleSupervisor)
	s := a.begin("")
	if err := a.store.PutRecords(t.Context(), []records.Record{{Conversation: hotline.ConversationID(s.ID), Channel: hotline.ChannelChat, Started: a.started}}); err != nil {
		t.Fatal(err)
	}
	_, token := a.link(hotline.ConversationID(s.ID), a.boss) // a chat that goes on
	tried := 0
	for path, item := range a.api.huma.OpenAPI().Paths {
		if path == Base+"/survey" || path == Base+"/session" {
			continue // who logs in brings no token
		}
		path = strings.ReplaceAll(path, "{id}", s.ID)
		for method, op := range map[string]bool{"GET": item.Get != nil, "POST": item.Post != nil, "PUT": item.Put != nil, "PATCH": item.Patch != nil, "DELETE": item.Delete != nil} {
			if !op {
				continue
			}
			tried++
			if got := a.do(method, path, token, nil); got.status != 401 {
				t.Errorf("%s %s with it: %d %s", method, path, got.status, got.body)
			}
		}
	}
	if tried < 30 || a.api.huma.OpenAPI().Paths[Base+"/conversations/{id}/survey"] == nil {
		t.Errorf("%d endpoints tried, without the one that makes links", tried)
	}
	a.want(401, "GET", s.path+"/stream?token="+token, "", nil)
	for name, other := range map[string]string{
		"nothing": "", "the visitor's": s.Token, "a key": a.key(ScopeAdmin), "a session": p.logIn("zhang").Token, "a guess": surveyPrefix + "AAAAAAAAAAAAAAAAAAAAAAAAAA",
		"its hash": hashOf(token), "its beginning": token[:len(token)-1], "more than it": token + "A",
	} {
		if got := a.do("POST", Base+"/survey", other, object{"grade": 1}); got.status != 401 {
			t.Errorf("graded with %s: %d %s", name, got.status, got.body)
		}
	}
	if got := a.do("GET", Base+"/survey?token="+token, "", nil); got.status != 401 {
		t.Errorf("a token in the address: %d", got.status)
	}
	a.want(204, "POST", Base+"/survey", token, object{"grade": 5})
}

func TestWhoIsNotSatisfiedIsCalledBack(t *testing.T) {
	d := startDesk(t)
	boss := d.key(ScopeSupervise)
	for name, c := range map[string]struct {
		channel hotline.Channel
		queue   string
		grade   int
		called  bool
	}{
		"after a talk":       {hotline.ChannelPhone, "general", 2, true},
		"satisfied":          {hotline.ChannelPhone, "general", 3, false},
		"after a chat":       {hotline.ChannelChat, "general", 1, false}, // there is no number
		"by the bot alone":   {hotline.ChannelPhone, "", 1, false},
		"queue that is shut": {hotline.ChannelPhone, "gone", 1, false},
	} {
		r := records.Record{Conversation: hotline.NewConversationID(time.Now()), Channel: c.channel, Queue: c.queue, Caller: "13800138000", Started: time.Now()}
		if err := d.store.PutRecords(t.Context(), []records.Record{r}); err != nil {
			t.Fatal(err)
		}
		_, token := d.link(r.Conversation, boss)
		d.want(204, "POST", Base+"/survey", token, object{"grade": c.grade})
		list, err := d.desk.Callbacks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		called := slices.ContainsFunc(list, func(b desk.Callback) bool {
			return b.Conversation == r.Conversation && b.Kind == desk.CallbackUnsatisfied && b.Number == r.Caller && b.Queue == c.queue
		})
		if called != c.called {
			t.Errorf("%s: called back %v in %+v", name, called, list)
		}
	}
}

func TestALinkLeadsToTheConfiguredSite(t *testing.T) {
	a := withArchive(t, func(c *Config) { c.Survey.URL = "https://12345.example" })
	if page, _ := a.link(a.first, a.boss); page != "https://12345.example/survey/" {
		t.Errorf("the page is %s", page)
	}
}

func TestGuessingIsLimited(t *testing.T) {
	a := withArchive(t, func(c *Config) { c.Limits.Address = Rate{0.1, 3} })
	for range 3 {
		a.want(401, "GET", Base+"/survey", surveyPrefix+"AAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
	}
	if got := a.want(429, "GET", Base+"/survey", surveyPrefix+"AAAAAAAAAAAAAAAAAAAAAAAAAA", nil); got.header.Get("Retry-After") == "" {
		t.Error("not said when to try again")
	}
}

// The widget's rating and a grade told in the conversation are shown with how they came.
func TestARecordTellsHowItWasGraded(t *testing.T) {
	a := withArchive(t)
	told := a.hold(3*time.Minute, hotline.Started{Channel: hotline.ChannelPhone}, hotline.Rated{Grade: 5, How: "keys", Party: "li"}, hotline.Ended{})
	var replay struct {
		Record Record
		Grade  *Grade
	}
	a.want(200, "GET", Base+"/records/"+string(told), a.boss, nil).into(t, &replay)
	if diff := cmp.Diff(&Grade{Grade: 5, How: "keys", At: a.started.Add(3*time.Minute + time.Second)}, replay.Grade); diff != "" {
		t.Errorf("by keys (-want +got):\n%s", diff)
	}
	replay.Grade = nil
	a.want(200, "GET", Base+"/records/"+string(a.alone), a.boss, nil).into(t, &replay)
	if replay.Grade != nil {
		t.Errorf("without one: %+v", replay.Grade)
	}
}
