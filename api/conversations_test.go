package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

func TestAConversationOverREST(t *testing.T) {
	r := start(t)
	var s session
	opened := r.want(201, "POST", Base+"/conversations", "", object{"channel": "text", "profile": object{"elder": true}, "locale": "zh-CN"})
	opened.into(t, &s)
	s.path = opened.header.Get("Location")
	if got := kinds(s.Events); !strings.HasPrefix(got, "started ") || !strings.HasSuffix(got, "said") || s.path != Base+"/conversations/"+s.ID {
		t.Errorf("began with %s at %s", got, s.path)
	}
	events := r.say(s, "办居住证要什么材料")
	first := len(s.Events) + 1
	if got := kinds(events); got != "heard decided decided said said" || events[0].Seq != uint64(first) {
		t.Errorf("answered with %s from %d", got, events[0].Seq)
	}
	var page struct {
		Events []hotline.Event
		Last   int
		More   bool
	}
	r.want(200, "GET", fmt.Sprintf("%s/events?after=%d&limit=3", s.path, first-1), s.Token, nil).into(t, &page)
	if diff := cmp.Diff(events[:3], page.Events); diff != "" || page.Last != first+2 || !page.More {
		t.Errorf("last %d, more %v %s", page.Last, page.More, diff)
	}
	r.want(200, "GET", s.path+"/events?after=99", s.Token, nil).into(t, &page)
	if len(page.Events) != 0 || page.Last != 99 || page.More {
		t.Errorf("%+v", page)
	}
	var c Conversation
	r.want(200, "GET", s.path, s.Token, nil).into(t, &c)
	if c.State != "open" || c.Turns != 1 || c.Last != uint64(first+4) {
		t.Errorf("%+v", c)
	}
	r.want(204, "POST", s.path+"/rating", s.Token, object{"score": 5, "comment": "很\x00好"})
	if rating, err := r.store.Rating(t.Context(), c.ID); rating.Score != 5 || rating.Comment != "很好" || err != nil {
		t.Error(rating, err)
	}
	for range 2 {
		r.want(204, "POST", s.path+"/close", s.Token, nil)
	}
	r.want(409, "POST", s.path+"/messages", s.Token, object{"text": "还在吗"})
	r.want(204, "POST", s.path+"/rating", s.Token, object{"score": 4})
}

func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	r := start(t)
	s := r.begin("")
	const key = "Idempotency-Key: 6b1f0c1e"
	first := r.want(200, "POST", s.path+"/messages", s.Token, object{"text": "社保"}, key)
	again := r.want(200, "POST", s.path+"/messages", s.Token, object{"text": "社保"}, key)
	if string(first.body) != string(again.body) {
		t.Errorf("%s\nthen %s", first.body, again.body)
	}
	r.want(409, "POST", s.path+"/messages", s.Token, object{"text": "别的"}, key)
}

func TestWhateverIsTypedGetsAnAnswerOr4xx(t *testing.T) {
	r := start(t, func(c *Config) { c.Limits.Visitor = Rate{1000, 1000} })
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"emoji":              {"👨‍👩‍👧‍👦🀄️❤️", 200},
		"full-width":         {"ｈｏｗ　ｔｏ　１２３", 200},
		"traditional":        {"請問怎麼辦理居住證", 200},
		"control characters": {"\x00\x01\x1b[31m办事\x7f", 200},
		"bidi marks":         {"\u202e\u2066办事\u2069", 200},
		"nothing but bidi":   {"\u202e", 200},
		"blanks":             {" \u3000\n", 200},
		"a script":           {"<script>alert(1)</script>", 200},
		"SQL":                {"'; DROP TABLE events; -- ?", 200},
		"broken UTF-8":       {"\xff\xfe\xc0\xaf", 200},
		"2,000 characters":   {strings.Repeat("水", 2000), 200},
		"2,001 characters":   {strings.Repeat("水", 2001), 422},
		"1 MB":               {strings.Repeat("水", 350_000), 413},
		"empty":              {"", 422},
		"a lone surrogate":   {"\ud7ff\U0010ffff", 200},
	} {
		s := r.begin("")
		a := r.do("POST", s.path+"/messages", s.Token, object{"text": c.text})
		if a.status != c.status || !json.Valid(a.body) {
			t.Errorf("%s: %d %.200s, want %d", name, a.status, a.body, c.status)
		}
	}
	for _, body := range []string{`{"text":"\ud800"}`, "{\"text\":\"\xff\"}", `{"text":"\u0000"}`} {
		s := r.begin("")
		r.want(200, "POST", s.path+"/messages", s.Token, body)
	}
}

func TestErrorsAreProblemDocuments(t *testing.T) {
	r := start(t)
	s, other := r.begin(""), r.begin("")
	all, big := Base+"/conversations", `{"text":"`+strings.Repeat("a", 70_000)+`"}`
	for _, c := range []struct {
		name, method, path, token string
		body                      any
		headers                   []string
		status                    int
	}{
		{"no such path", "GET", "/api/v2/x", "", nil, nil, 404},
		{"a method that the path does not have", "DELETE", all, "", nil, nil, 405},
		{"an unknown method", "BREW", all, "", nil, nil, 405},
		{"no JSON", "POST", all, "", "{", nil, 400},
		{"no body", "POST", all, "", nil, nil, 400},
		{"an unknown field", "POST", all, "", object{"channel": "text", "x": 1}, nil, 422},
		{"a channel that there is not", "POST", all, "", object{"channel": "fax"}, nil, 422},
		{"another content type", "POST", all, "", "a=b", []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		{"a body over 64 KiB", "POST", s.path + "/messages", s.Token, big, nil, 413},
		{"an unknown parameter", "GET", s.path + "/events?befor=1", s.Token, nil, nil, 422},
		{"a number that is none", "GET", s.path + "/events?after=x", s.Token, nil, nil, 422},
		{"an unknown parameter of a stream", "GET", s.path + "/stream?befor=1", s.Token, nil, nil, 422},
		{"a stream after nothing", "GET", s.path + "/stream?after=", s.Token, nil, nil, 422},
		{"a stream after an empty event", "GET", s.path + "/stream", s.Token, nil, []string{"Last-Event-ID: "}, 422},
		{"a number without a value", "GET", s.path + "/events?after=", s.Token, nil, nil, 422},
		{"a number below 0", "GET", s.path + "/stream?after=-1", s.Token, nil, nil, 422},
		{"no token", "GET", s.path, "", nil, nil, 401},
		{"a wrong token", "GET", s.path, s.Token + "x", nil, nil, 401},
		{"another scheme", "GET", s.path, "", nil, []string{"Authorization: Basic eDp5"}, 401},
		{"the token of another conversation", "GET", s.path, other.Token, nil, nil, 403},
		{"a token in the address of a message", "POST", s.path + "/messages?token=" + s.Token, "", object{"text": "a"}, nil, 401},
		{"a key that is none", "GET", s.path, "hk_0123456789_abc", nil, nil, 401},
		{"a visitor at the knowledge", "GET", Base + "/knowledge/entries", s.Token, nil, nil, 401},
		{"a file that is not there", "GET", s.path + "/attachments/aaaaaaaaaaaaaaaa", s.Token, nil, nil, 404},
		{"a score of 6", "POST", s.path + "/rating", s.Token, object{"score": 6}, nil, 422},
		{"a key with blanks", "POST", s.path + "/messages", s.Token, object{"text": "a"}, []string{"Idempotency-Key: a b"}, 422},
		{"a socket without upgrade", "GET", s.path + "/ws", s.Token, nil, nil, 426},
	} {
		a := r.do(c.method, c.path, c.token, c.body, c.headers...)
		var p struct {
			Type, Title, Detail string
			Status              int
		}
		if a.status != c.status || a.header.Get("Content-Type") != problemType || json.Unmarshal(a.body, &p) != nil {
			t.Errorf("%s: %d %s %.300s, want %d", c.name, a.status, a.header.Get("Content-Type"), a.body, c.status)
			continue
		}
		if p.Status != c.status || p.Title == "" || p.Detail == "" || p.Type != "about:blank" {
			t.Errorf("%s: %.300s", c.name, a.body)
		}
		if c.status == 405 && a.header.Get("Allow") != "POST" {
			t.Errorf("%s: allows %q", c.name, a.header.Get("Allow"))
		}
	}
}

func TestAVisitorSeesThatWeDecidedAndASystemWhy(t *testing.T) {
	r := start(t, noting(&ledger{}))
	s := r.begin("")
	r.say(s, "办居住证要什么材料")
	reasons := func(token string) (n int) {
		t.Helper()
		var page struct{ Events []hotline.Event }
		r.want(200, "GET", s.path+"/events?after=0&limit=50", token, nil).into(t, &page)
		for i, e := range page.Events {
			if e.Seq != uint64(i+1) {
				t.Errorf("event %d has number %d", i, e.Seq)
			}
			if d, ok := e.Body.(hotline.Decided); ok && (d.Entry != "" || d.Act != "" || len(d.Evidence) > 0) {
				n++
			}
		}
		return n
	}
	if n := reasons(s.Token); n != 0 {
		t.Errorf("a visitor sees %d reasons", n)
	}
	if n := reasons(r.key(ScopeRead)); n < 2 {
		t.Errorf("a system sees %d reasons", n)
	}
}
