package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestAVisitorsTokenIsRenewedByUse(t *testing.T) {
	r := start(t)
	s := r.begin("")
	if left := time.Until(s.Expires); left < 119*time.Minute || left > 2*time.Hour {
		t.Errorf("expires in %v", left)
	}
	pass := func(d time.Duration) { r.ahead.Add(int64(d)) }
	pass(119 * time.Minute)
	r.want(200, "GET", s.path, s.Token, nil)
	pass(2 * time.Minute)
	r.want(401, "GET", s.path, s.Token, nil)
	pass(-2 * time.Minute)
	// The conversation's own clock is the real one: use counts from the step that is kept last.
	old := r.api.token(hotline.ConversationID(s.ID), time.Now().Add(-3*time.Hour))
	pass(-119 * time.Minute)
	r.want(200, "GET", s.path, old, nil)
	ancient := r.api.token(hotline.ConversationID(s.ID), time.Now().Add(-25*time.Hour))
	r.want(401, "GET", s.path, ancient, nil)
	nobody := r.api.token(hotline.NewConversationID(time.Now()), time.Now().Add(-3*time.Hour))
	r.want(404, "GET", s.path, nobody, nil)
	parts := strings.Split(s.Token, ".")
	later, _ := strconv.ParseInt(parts[1], 36, 64)
	forged := strings.Join([]string{parts[0], strconv.FormatInt(later+3600, 36), parts[2]}, ".")
	r.want(401, "GET", s.path, forged, nil)
}

func TestAKeyDoesWhatItsScopesSay(t *testing.T) {
	r := start(t, noting(&ledger{}))
	chat, other, read, knowledge, admin := r.key(ScopeChat), r.key(ScopeChat), r.key(ScopeRead), r.key(ScopeKnowledge), r.key(ScopeAdmin)
	s := r.begin(chat)
	message, entries := s.path+"/messages", Base+"/knowledge/entries"
	for _, c := range []struct {
		name, method, path, key string
		status                  int
	}{
		{"its own conversation", "POST", message, chat, 200},
		{"somebody else's conversation", "POST", message, other, 404},
		{"reading somebody else's conversation", "GET", s.path, other, 404},
		{"reading with the scope read", "GET", s.path, read, 200},
		{"writing with the scope read", "POST", message, read, 403},
		{"reading with the scope knowledge", "GET", s.path, knowledge, 403},
		{"knowledge with the scope chat", "GET", entries, chat, 403},
		{"knowledge with its scope", "GET", entries, knowledge, 200},
		{"flows with the scope knowledge", "GET", Base + "/flows", knowledge, 403},
		{"any of it as admin", "POST", message, admin, 200},
		{"flows as admin", "GET", Base + "/flows", admin, 200},
		{"a secret that differs", "GET", entries, knowledge[:len(knowledge)-1] + "!", 401},
	} {
		var body any
		if c.method == "POST" {
			body = object{"text": "你好"}
		}
		if a := r.do(c.method, c.path, c.key, body); a.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
		}
	}
	if err := r.store.RevokeKey(t.Context(), strings.Split(knowledge, "_")[1]); err != nil {
		t.Fatal(err)
	}
	r.want(401, "GET", entries, knowledge, nil)
}

func TestWithoutVisitorsAKeyIsNeeded(t *testing.T) {
	r := start(t, func(c *Config) { c.Visitors = false })
	r.want(401, "POST", Base+"/conversations", "", object{"channel": "text"})
	s := r.begin(r.key(ScopeChat))
	r.say(s, "你好") // the token of a conversation that a system began is a browser's to use
}

func TestTooMuchIsRefusedWithATimeToWait(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Limits = Limits{Visitor: Rate{1, 3}, Address: Rate{0.1, 4}, PerAddress: 2, PerVisitor: 1}
	})
	s := r.begin("")
	refused := func(a answer, least int) {
		t.Helper()
		wait, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != 429 || err != nil || wait < least {
			t.Errorf("%d, wait %q, want 429 and %d s at least", a.status, a.header.Get("Retry-After"), least)
		}
	}
	for range 3 {
		r.say(s, "你好")
	}
	refused(r.do("POST", s.path+"/messages", s.Token, object{"text": "你好"}), 1)
	r.begin("")
	refused(r.do("POST", Base+"/conversations", "", object{"channel": "text"}), 1) // the third open one
	r.want(401, "GET", s.path, "guess", nil)
	refused(r.do("GET", s.path, "guess", nil), 10)
	key := r.key(ScopeChat)
	body := object{"channel": "text", "visitor": "张三"}
	r.want(201, "POST", Base+"/conversations", key, body)
	refused(r.do("POST", Base+"/conversations", key, body), 1)
}

func TestTheClientIsFoundBehindTrustedProxies(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1", "", "203.0.113.9"},
		{"203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
		{"10.0.0.1:1", "1.2.3.4", "1.2.3.4"},
		{"10.0.0.1:1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
		{"10.0.0.1:1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"},
		{"10.0.0.1:1", "6.6.6.6, nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"[fd00::1]:1", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.0.0.1]:1", "1.2.3.4", "1.2.3.4"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := ClientOf(r, proxies).String(); got != c.want {
			t.Errorf("%s behind %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
	if a, b := bucketOf(netip.MustParseAddr("2001:db8::1")), bucketOf(netip.MustParseAddr("2001:db8::ffff:1")); a != b {
		t.Errorf("one customer has buckets %s and %s", a, b)
	}
}

func TestManyCallersDoNotGrowTheTableWithoutEnd(t *testing.T) {
	d := newDoors(Limits{}.orDefaults())
	for i := range maxBuckets + 1000 {
		d.take(strconv.Itoa(i), Rate{0.001, 1})
	}
	if n := len(d.buckets); n > maxBuckets {
		t.Errorf("%d callers are remembered", n)
	}
}

func TestOnlyConfiguredOriginsAreAnswered(t *testing.T) {
	r := start(t, func(c *Config) { c.Origins = []string{"https://www.yunzhou.example"} })
	const path = Base + "/conversations"
	for origin, allowed := range map[string]string{
		"https://www.yunzhou.example": "https://www.yunzhou.example", "https://evil.example": "", "null": "",
		"https://www.yunzhou.example.evil.example": "",
	} {
		preflight := r.want(204, "OPTIONS", path, "", nil, "Origin: "+origin, "Access-Control-Request-Method: POST")
		call := r.want(201, "POST", path, "", object{"channel": "text"}, "Origin: "+origin)
		for _, a := range []answer{preflight, call} {
			if got := a.header.Get("Access-Control-Allow-Origin"); got != allowed || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: allowed %q, want %q", origin, got, allowed)
			}
		}
	}
	a := r.do("GET", "/api/docs", "", nil)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAPanicIsAnsweredWithoutDetail(t *testing.T) {
	r := start(t)
	recorder := httptest.NewRecorder()
	r.api.recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("geheim") })).
		ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", nil))
	if recorder.Code != 500 || strings.Contains(recorder.Body.String(), "geheim") || recorder.Header().Get("Content-Type") != problemType {
		t.Error(recorder.Code, recorder.Body)
	}
}

func TestAKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x", "token.key")
	first, err := KeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := KeyFile(path)
	if string(first) != string(again) || len(first) != 32 || err != nil {
		t.Error(first, again, err)
	}
	if stat, _ := os.Stat(path); stat.Mode().Perm() != 0o600 {
		t.Error(stat.Mode())
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := KeyFile(path); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Error(err)
	}
}
