package api

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/account"
)

func TestPeopleLogInAndOut(t *testing.T) {
	r := startPeople(t)
	r.user("wang", account.RoleAgent)
	const path = Base + "/session"
	r.refused(401, "wrong", "POST", path, "", object{"login": "wang", "password": "guess"})
	r.refused(401, "wrong", "POST", path, "", object{"login": "nobody", "password": "guess"})
	s := r.logIn("wang")
	if s.User.Login != "wang" || s.Expires.Before(time.Now().Add(11*time.Hour)) || !strings.HasPrefix(s.Token, account.TokenPrefix) {
		t.Errorf("%+v", s)
	}
	// A token that the client brings is not the one it gets.
	var again signed
	r.want(201, "POST", path, s.Token, object{"login": "wang", "password": goodPassword}).into(t, &again)
	if again.Token == s.Token {
		t.Error("the token before the log-in is the one after it")
	}
	r.want(200, "GET", path, s.Token, nil)
	r.want(204, "DELETE", path, s.Token, nil)
	r.refused(401, "ended", "GET", path, s.Token, nil)
	r.want(200, "GET", path, again.Token, nil)
	r.want(401, "GET", path, "", nil)
	r.want(401, "GET", path+"?token="+again.Token, "", nil)
	r.want(403, "GET", path, r.key(ScopeAdmin), nil) // a key is nobody
	for range 5 {
		r.do("POST", path, "", object{"login": "wang", "password": "guess"})
		r.ahead.Add(int64(5 * time.Second))
	}
	locked := r.refused(429, "locked", "POST", path, "", object{"login": "wang", "password": goodPassword})
	if wait, err := strconv.Atoi(locked.header.Get("Retry-After")); wait < 600 || wait > 900 || err != nil {
		t.Error(locked.header.Get("Retry-After"), err)
	}
}

func TestLogInsOfAnAddressAreCounted(t *testing.T) {
	r := startPeople(t, func(c *Config) { c.Limits.LogIn = Rate{0.1, 2} })
	r.user("wang", account.RoleAgent)
	r.logIn("wang")
	r.logIn("wang")
	a := r.want(429, "POST", Base+"/session", "", object{"login": "wang", "password": goodPassword})
	if a.header.Get("Retry-After") != "10" {
		t.Error(a.header)
	}
}

func TestSomebodyElsesPasswordIsChangedFirst(t *testing.T) {
	r := startPeople(t)
	root := r.user("root", account.RoleAdministrator)
	admin := r.logIn("root").Token
	add := object{"login": "li.na", "name": "李娜", "roles": []string{"administrator"}, "password": goodPassword}
	var u User
	r.want(201, "POST", Base+"/users", admin, add).into(t, &u)
	r.want(409, "POST", Base+"/users", admin, add)
	s := r.logIn("li.na")
	if !s.User.MustChange || !u.MustChange {
		t.Error("it may stay")
	}
	r.refused(403, "must_change", "GET", Base+"/users", s.Token, nil)
	r.want(200, "GET", Base+"/session", s.Token, nil)
	path := Base + "/session/password"
	r.refused(401, "wrong", "POST", path, s.Token, object{"old": "guess", "new": "another-otter-lamp"})
	r.refused(422, "weak", "POST", path, s.Token, object{"old": goodPassword, "new": "12345678901"})
	r.want(204, "POST", path, s.Token, object{"old": goodPassword, "new": "another-otter-lamp"})
	r.want(200, "GET", Base+"/users", s.Token, nil)
	// One administrator throws the other out, who is out at once.
	one := Base + "/users/" + u.ID
	r.want(200, "PATCH", one, admin, object{"disabled": true})
	r.refused(401, "ended", "GET", Base+"/users", s.Token, nil)
	r.refused(401, "wrong", "POST", Base+"/session", "", object{"login": "li.na", "password": "another-otter-lamp"})
	r.want(403, "PATCH", Base+"/users/"+root.ID, admin, object{"roles": []string{"supervisor"}})
	r.want(200, "PATCH", one, admin, object{"disabled": false})
	r.want(200, "POST", one+"/unlock", admin, nil)
	r.want(204, "DELETE", one+"/sessions", admin, nil)
	r.want(404, "PATCH", Base+"/users/0000000000000000", admin, object{"name": "x"})
}

func TestASecondFactorIsEnrolledAndAskedFor(t *testing.T) {
	r := startPeople(t)
	r.user("wang", account.RoleAgent)
	const path = Base + "/session/totp"
	token := r.logIn("wang").Token
	r.want(409, "POST", path+"/confirm", token, object{"code": "000000"})
	r.refused(401, "wrong", "POST", path, token, object{"password": "guess"}) // a stolen session is not enough
	var e struct{ Secret, URI string }
	r.want(200, "POST", path, token, object{"password": goodPassword}).into(t, &e)
	var codes struct{ Recovery []string }
	r.want(200, "POST", path+"/confirm", token, object{"code": codeOf(t, e.Secret, r.now())}).into(t, &codes)
	if len(codes.Recovery) != 10 || !strings.HasPrefix(e.URI, "otpauth://totp/Hotline:wang?") {
		t.Error(codes, e.URI)
	}
	r.want(409, "POST", path, token, object{"password": goodPassword})
	body := object{"login": "wang", "password": goodPassword}
	r.refused(401, "totp_required", "POST", Base+"/session", "", body)
	r.refused(401, "wrong", "POST", Base+"/session", "", with(object{"totp": "00000"}, body))
	r.ahead.Add(int64(time.Minute))
	used := codeOf(t, e.Secret, r.now())
	r.want(201, "POST", Base+"/session", "", with(object{"totp": used}, body))
	r.refused(401, "wrong", "POST", Base+"/session", "", with(object{"totp": used}, body)) // nor may it be seen over a shoulder
	r.want(201, "POST", Base+"/session", "", with(object{"totp": codes.Recovery[0]}, body))
	r.want(204, "POST", path+"/disable", token, object{"password": goodPassword})
	r.logIn("wang")
}

// Endpoints with every role; who is not listed is refused.
func TestEveryRoleDoesItsOwnAndNothingElse(t *testing.T) {
	r := startPeople(t, noting(&ledger{}), func(c *Config) { c.Limits.Person = Rate{1e6, 1e6} })
	tokens := map[string]string{"nobody": "", "visitor": r.begin("").Token, "key read": r.key(ScopeRead), "key users": r.key(ScopeUsers), "key audit": r.key(ScopeAudit)}
	for _, role := range account.Roles() {
		r.user(string(role), role)
		tokens[string(role)] = r.logIn(string(role)).Token
	}
	victim := r.user("victim", account.RoleAgent)
	conversation := r.begin("").path
	one := Base + "/users/" + victim.ID
	const people = "agent,supervisor,knowledge,administrator,auditor"
	for _, c := range []struct {
		method, path string
		body         any
		may          string
	}{
		{"GET", Base + "/session", nil, people},
		{"POST", Base + "/session/totp", object{"password": goodPassword}, people},
		{"GET", Base + "/users", nil, "administrator,key users"},
		{"PATCH", one, object{"name": "x"}, "administrator,key users"},
		{"POST", one + "/unlock", nil, "administrator,key users"},
		{"DELETE", one + "/sessions", nil, "administrator,key users"},
		{"GET", Base + "/audit", nil, "auditor,key audit"},
		{"GET", conversation, nil, "supervisor,key read"},
		{"GET", conversation + "/events", nil, "supervisor,key read"},
		{"POST", conversation + "/messages", object{"text": "你好"}, ""},
		{"GET", Base + "/knowledge/entries", nil, "knowledge"},
		{"GET", Base + "/flows", nil, "knowledge"},
	} {
		may := map[string]bool{}
		for who := range strings.SplitSeq(c.may, ",") {
			may[who] = true
		}
		for who, token := range tokens {
			a := r.do(c.method, c.path, token, c.body)
			if allowed := a.status < 300; allowed != may[who] || !allowed && a.status != 401 && a.status != 403 {
				t.Errorf("%s %s by %s: %d %s", c.method, c.path, who, a.status, a.body)
			}
			if text := string(a.body); strings.Contains(text, "argon2") || !may[who] && strings.Contains(text, "victim") {
				t.Errorf("%s %s by %s leaks: %s", c.method, c.path, who, text)
			}
		}
	}
}

// Every endpoint of the description that wants somebody known is shut to nobody, to who was disabled and to who
// has to change the password first.
func TestNoEndpointIsForgotten(t *testing.T) {
	r := startPeople(t, func(c *Config) { c.Limits.Address, c.Limits.Person = Rate{1e6, 1e6}, Rate{1e6, 1e6} })
	u := r.user("gone", account.RoleSupervisor)
	gone := r.logIn("gone").Token
	off := true
	if _, err := r.book.Change(t.Context(), u.ID, account.Change{Disabled: &off}, account.Actor{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	_, err := r.book.Add(t.Context(), account.Newcomer{Login: "fresh", Name: "x", Roles: []account.Role{account.RoleSupervisor}, Password: goodPassword}, account.Actor{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	fresh := r.logIn("fresh").Token
	text, err := r.api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string
			Security    []map[string]any
		}
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	looked := 0
	for path, operations := range described.Paths {
		path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, strings.Repeat("0", 26))
		for method, op := range operations {
			open, own := false, true
			for _, scheme := range op.Security {
				_, key := scheme[schemeKey]
				open, own = open || len(scheme) == 0, own && !key
			}
			if open {
				continue
			}
			looked++
			for _, c := range []struct {
				token  string
				status int
			}{{"", 401}, {gone, 401}, {fresh, 403}} {
				if own && c.token == fresh {
					continue // to look after one's own account is what is left to do
				}
				if a := r.do(strings.ToUpper(method), path, c.token, nil); a.status != c.status {
					t.Errorf("%s: %d %s, want %d", op.OperationID, a.status, a.body, c.status)
				}
			}
		}
	}
	if looked < 30 {
		t.Errorf("only %d endpoints were looked at", looked)
	}
}

func TestNamesOfPeopleAreInert(t *testing.T) {
	r := startPeople(t)
	r.user("root", account.RoleAdministrator)
	r.user("auditor", account.RoleAuditor)
	admin, auditor := r.logIn("root").Token, r.logIn("auditor").Token
	for i, c := range []struct {
		name   string
		status int
	}{
		{`'; DROP TABLE users; --`, 201},
		{`<script>alert(1)</script>`, 201},
		{`=HYPERLINK("http://x")`, 201},
		{"王\r\n芳", 422},
		{"王\u202e芳", 422},
		{"王\u200b芳", 422},
		{"   ", 422},
	} {
		login := "user" + strconv.Itoa(i)
		a := r.want(c.status, "POST", Base+"/users", admin, object{"login": login, "name": c.name, "roles": []string{"agent"}, "password": goodPassword})
		if c.status != 201 {
			continue
		}
		var u User
		a.into(t, &u)
		if u.Name != c.name || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q came back as %q, %v", c.name, u.Name, a.header)
		}
	}
	for _, login := range []string{"' OR 1=1 --", "root'--", "%", "root\x00"} {
		r.refused(401, "wrong", "POST", Base+"/session", "", object{"login": login, "password": goodPassword})
		r.ahead.Add(int64(5 * time.Second))
	}
	var list struct{ Items []User }
	r.want(200, "GET", Base+"/users", admin, nil).into(t, &list)
	if len(list.Items) != 5 {
		t.Errorf("%+v", list.Items)
	}
	var page struct {
		Items []AuditEntry
		Next  int64
	}
	r.want(200, "GET", Base+"/audit?limit=2", auditor, nil).into(t, &page)
	if len(page.Items) != 2 || page.Next != page.Items[1].ID || page.Items[0].ID != page.Next+1 || page.Items[0].Address == "" {
		t.Errorf("%+v", page)
	}
	older := page.Next
	r.want(200, "GET", Base+"/audit?limit=2&before="+strconv.FormatInt(older, 10), auditor, nil).into(t, &page)
	if page.Items[0].ID != older-1 {
		t.Errorf("%+v", page)
	}
}
