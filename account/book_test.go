package account_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/store/db"
)

// centre is a book on a real database, with a clock of its own and hashes that cost little.
type centre struct {
	*account.Book
	t     *testing.T
	store *db.DB
	ahead atomic.Int64
}

var (
	quick   = account.Cost{Memory: 64, Passes: 1, Threads: 1}
	noon    = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	here    = account.From{Address: netip.MustParseAddr("192.0.2.1"), Network: "192.0.2.1"}
	root    = account.Actor{Name: "cli:root"}
	correct = "verdant-otter-lamp"
)

func open(t *testing.T, change ...func(*account.Config)) *centre {
	t.Helper()
	c := &centre{t: t}
	var err error
	if c.store, err = db.Open(t.Context(), db.Config{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.store.Close() })
	cfg := account.Config{Store: c.store, Key: make([]byte, 32), Cost: quick, Now: func() time.Time { return noon.Add(time.Duration(c.ahead.Load())) }}
	for _, f := range change {
		f(&cfg)
	}
	if c.Book, err = account.New(cfg); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *centre) pass(d time.Duration) { c.ahead.Add(int64(d)) }

func (c *centre) add(login string, roles ...account.Role) account.User {
	c.t.Helper()
	u, err := c.Add(c.t.Context(), account.Newcomer{Login: login, Name: login, Roles: roles, Password: correct, Keep: true}, root)
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// logIn returns the token, and the reason of a refusal.
func (c *centre) logIn(login, password, code string) (string, account.Reason) {
	c.t.Helper()
	_, token, err := c.LogIn(context.Background(), account.Credentials{Login: login, Password: password, Code: code}, here)
	return token, reasonOf(err)
}

func reasonOf(err error) account.Reason {
	var r account.Refused
	if errors.As(err, &r) {
		return r.Reason
	}
	if err != nil {
		return account.Reason(err.Error())
	}
	return ""
}

func (c *centre) person(token string) account.Person {
	c.t.Helper()
	p, err := c.Identify(c.t.Context(), token)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (c *centre) alive(token string) bool {
	c.t.Helper()
	_, err := c.Identify(c.t.Context(), token)
	if err != nil && reasonOf(err) != account.Ended {
		c.t.Error(err)
	}
	return err == nil
}

// record returns the actions, the oldest first.
func (c *centre) record() string {
	c.t.Helper()
	list, err := c.Entries(c.t.Context(), 0, 500)
	if err != nil {
		c.t.Fatal(err)
	}
	var actions []string
	for _, e := range slices.Backward(list) {
		actions = append(actions, strings.Trim(string(e.Action)+":"+e.Subject, ":"))
	}
	return strings.Join(actions, " ")
}

func TestGuessingEndsInALock(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	for i, step := range []struct {
		after    time.Duration
		password string
		want     account.Reason
	}{
		{0, "wrong", account.Wrong}, {0, "wrong", account.Wrong}, {0, "wrong", account.Wrong},
		{0, correct, account.Locked}, // a second after the third
		{time.Second, "wrong", account.Wrong},
		{time.Second, correct, account.Locked}, // two after the fourth
		{time.Second, "wrong", account.Wrong},
		{14 * time.Minute, correct, account.Locked}, // fifteen minutes after the fifth
		{time.Minute, "wrong", account.Wrong},       // and again
		{time.Minute, correct, account.Locked},
		{15 * time.Minute, correct, ""},
		{0, "wrong", account.Wrong}, {0, "wrong", account.Wrong}, {0, correct, ""}, // counting begins anew
	} {
		c.pass(step.after)
		if _, got := c.logIn("wang", step.password, ""); got != step.want {
			t.Fatalf("step %d: %q, want %q", i, got, step.want)
		}
	}
	want := "user_added:wang login_failed:wang login_failed:wang login_failed:wang login_failed:wang login_failed:wang login_locked:wang " +
		"login_failed:wang login_locked:wang login:wang login_failed:wang login_failed:wang login:wang"
	if got := c.record(); got != want {
		t.Errorf("recorded\n%s, want\n%s", got, want)
	}
}

func TestStrangersAreAnsweredAsThoseWhoExist(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	gone := true
	if _, err := c.Change(t.Context(), c.add("gone", account.RoleAgent).ID, account.Change{Disabled: &gone}, root); err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for login, password := range map[string]string{"wang": "wrong", "nobody": "wrong", "gone": correct} {
		for range 7 {
			_, _, err := c.LogIn(t.Context(), account.Credentials{Login: login, Password: password}, here)
			answers[login] += err.Error() + "\n"
		}
	}
	if answers["nobody"] != answers["wang"] || answers["gone"] != answers["wang"] {
		t.Errorf("%q", answers)
	}
	if strings.Contains(c.record(), "nobody") {
		t.Error("what a stranger typed is in the record")
	}
}

func TestManyGuessesAtOnceAreNoMoreThanAFew(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	var tried atomic.Int32
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			if _, reason := c.logIn("wang", "wrong", ""); reason == account.Wrong {
				tried.Add(1)
			}
		})
	}
	group.Wait()
	if n := tried.Load(); n < 1 || n > 3 {
		t.Errorf("%d passwords were tried within one moment, want at most 3", n)
	}
}

func TestAnAddressThatTriesManyLoginsIsLocked(t *testing.T) {
	c := open(t, func(cfg *account.Config) { cfg.AddressFailures = 4 })
	c.add("wang", account.RoleAgent)
	for _, login := range []string{"a1", "a2", "a3", "a4"} {
		if _, got := c.logIn(login, "wrong", ""); got != account.Wrong {
			t.Fatal(login, got)
		}
	}
	if _, got := c.logIn("wang", correct, ""); got != account.Locked {
		t.Error(got)
	}
	elsewhere := account.From{Address: netip.MustParseAddr("192.0.2.2"), Network: "192.0.2.2"}
	if _, _, err := c.LogIn(t.Context(), account.Credentials{Login: "wang", Password: correct}, elsewhere); err != nil {
		t.Error(err)
	}
	c.pass(15 * time.Minute)
	if _, got := c.logIn("wang", correct, ""); got != "" {
		t.Error(got)
	}
}

func TestALockOutLeavesSessionsAliveAndCanBeUndone(t *testing.T) {
	c := open(t)
	u := c.add("wang", account.RoleAgent)
	token, _ := c.logIn("wang", correct, "")
	for range 5 {
		c.logIn("wang", "wrong", "")
		c.pass(2 * time.Second)
	}
	if locked, err := c.Locked(t.Context(), u); len(locked) != 1 || err != nil {
		t.Fatal(locked, err)
	}
	if !c.alive(token) {
		t.Error("whoever guesses throws people out")
	}
	if _, err := c.Unlock(t.Context(), u.ID, root); err != nil {
		t.Fatal(err)
	}
	if _, got := c.logIn("wang", correct, ""); got != "" {
		t.Error(got)
	}
}

// enrol turns on the second factor and returns what makes codes, and the recovery codes.
func (c *centre) enrol(token string) (code func() string, recovery []string) {
	c.t.Helper()
	e, err := c.Enrol(c.t.Context(), c.person(token), correct, here)
	if err != nil {
		c.t.Fatal(err)
	}
	u, err := url.Parse(e.URI)
	if err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != e.Secret || u.Path != "/Hotline:wang" {
		c.t.Fatal(e.URI, err)
	}
	code = func() string { return codeOf(c.t, e.Secret, noon.Add(time.Duration(c.ahead.Load()))) }
	if recovery, err = c.Confirm(c.t.Context(), c.person(token), code(), here); err != nil {
		c.t.Fatal(err)
	}
	return code, recovery
}

func TestACodeOfTheSecondFactorIsTakenOnce(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	token, _ := c.logIn("wang", correct, "")
	other, _ := c.logIn("wang", correct, "")
	code, recovery := c.enrol(token)
	if c.alive(other) || !c.alive(token) {
		t.Error("only the session that enrolled stays")
	}
	wait := func() { c.pass(15 * time.Minute) }
	expect := func(what, given string, want account.Reason) {
		t.Helper()
		if _, got := c.logIn("wang", correct, given); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("no code", "", account.TOTPRequired)
	expect("the code that confirmed", code(), account.Wrong)
	wait()
	used := code()
	expect("a fresh code", used, "")
	expect("the same again", used, account.Wrong)
	c.pass(30 * time.Second)
	expect("the same again, still within the drift", used, account.Wrong)
	expect("the next", code(), "")
	expect("a recovery code as it is typed", strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " ")), "")
	expect("the same again", recovery[3], account.Wrong)
	expect("another", recovery[4], "")
	wait()
	for range 20 {
		expect("no code, however often", "", account.TOTPRequired) // counts neither for nor against
	}
	for range 5 {
		c.pass(2 * time.Second)
		expect("a guess", "000000", account.Wrong)
	}
	expect("a good code after too many guesses", code(), account.Locked)
}

func TestOneCodeAtTwoDoorsOpensOne(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	token, _ := c.logIn("wang", correct, "")
	code, _ := c.enrol(token)
	c.pass(time.Minute)
	given := code()
	var in atomic.Int32
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if _, reason := c.logIn("wang", correct, given); reason == "" {
				in.Add(1)
			}
		})
	}
	group.Wait()
	if in.Load() != 1 {
		t.Errorf("%d log-ins with one code", in.Load())
	}
}

func TestSessionsEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*centre, string)
		alive bool
	}{
		{"not while it is used", func(c *centre, token string) {
			for range 40 {
				c.pass(14 * time.Minute)
				c.person(token)
			}
		}, true},
		{"when it is idle", func(c *centre, _ string) { c.pass(15 * time.Minute) }, false},
		{"when it is old, however much it is used", func(c *centre, token string) {
			for range 52 {
				c.pass(14 * time.Minute)
				if !c.alive(token) {
					return
				}
			}
		}, false},
		{"with a log-out", func(c *centre, token string) { must(c.t, c.LogOut(c.t.Context(), c.person(token), here)) }, false},
		{"when the user is disabled", func(c *centre, token string) {
			off := true
			_, err := c.Change(c.t.Context(), c.person(token).ID, account.Change{Disabled: &off}, root)
			must(c.t, err)
		}, false},
		{"when somebody else sets the password", func(c *centre, token string) {
			password := "another-otter-lamp"
			_, err := c.Change(c.t.Context(), c.person(token).ID, account.Change{Password: &password}, root)
			must(c.t, err)
		}, false},
		{"when an administrator says so", func(c *centre, token string) { must(c.t, c.EndSessions(c.t.Context(), c.person(token).ID, root)) }, false},
		{"when there are too many, the oldest", func(c *centre, _ string) {
			for range 3 {
				c.pass(time.Second)
				if _, reason := c.logIn("wang", correct, ""); reason != "" {
					c.t.Fatal(reason)
				}
			}
		}, false},
		{"not with another role", func(c *centre, token string) {
			_, err := c.Change(c.t.Context(), c.person(token).ID, account.Change{Roles: []account.Role{account.RoleAuditor}}, root)
			must(c.t, err)
			if p := c.person(token); !p.Is(account.RoleAuditor) || p.Is(account.RoleAgent) {
				c.t.Error(p.Roles)
			}
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			centre := open(t)
			centre.add("wang", account.RoleAgent)
			token, _ := centre.logIn("wang", correct, "")
			c.do(centre, token)
			if got := centre.alive(token); got != c.alive {
				t.Errorf("alive: %t", got)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTokensThatAreNoneAreRefused(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	token, _ := c.logIn("wang", correct, "")
	if len(token) != 46 {
		t.Error(len(token))
	}
	s := c.person(token).Session
	for _, text := range []string{"", "hs_", s.Hash, "hs_" + s.Hash, token + "A", token[:len(token)-1], strings.ToUpper(token), "hs_" + strings.Repeat("A", 43), "hs_' OR 1=1 --"} {
		if c.alive(text) {
			t.Errorf("%q lets in", text)
		}
	}
}

func TestAPasswordIsChangedByItsOwner(t *testing.T) {
	c := open(t, func(cfg *account.Config) { cfg.Rules = account.Rules{MaxAge: 90 * 24 * time.Hour} })
	c.add("wang", account.RoleAgent)
	token, _ := c.logIn("wang", correct, "")
	other, _ := c.logIn("wang", correct, "")
	for _, step := range []struct {
		name, old, fresh string
		want             account.Reason
	}{
		{"the old one wrong", "guess", "another-otter-lamp", account.Wrong},
		{"to the same", correct, correct, account.Weak},
		{"to a common one", correct, "woaini1314520", account.Weak},
		{"to a good one", correct, "another-otter-lamp", ""},
		{"by the old one", correct, "yet-another-lamp", account.Wrong},
	} {
		if got := reasonOf(c.ChangePassword(t.Context(), c.person(token), step.old, step.fresh, here)); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	if c.alive(other) || !c.alive(token) {
		t.Error("other sessions end, and this one stays")
	}
	c.pass(91 * 24 * time.Hour)
	token, _ = c.logIn("wang", "another-otter-lamp", "")
	if p := c.person(token); !slices.Equal(p.Must, []account.Must{account.MustChangePassword}) {
		t.Error(p.Must)
	}
}

func TestHashesFollowTheCost(t *testing.T) {
	c := open(t)
	c.add("wang", account.RoleAgent)
	dearer := account.Cost{Memory: 128, Passes: 2, Threads: 1}
	book, err := account.New(account.Config{Store: c.store, Key: make([]byte, 32), Cost: dearer})
	must(t, err)
	for range 2 {
		_, _, err = book.LogIn(t.Context(), account.Credentials{Login: "wang", Password: correct}, here)
		must(t, err)
		if u, err := c.User(t.Context(), "wang"); err != nil || !strings.HasPrefix(u.Password, "$argon2id$v=19$m=128,t=2,p=1$") {
			t.Fatal(u.Password, err)
		}
	}
}

func TestNobodyRaisesThemselves(t *testing.T) {
	c := open(t, func(cfg *account.Config) { cfg.TOTP = []account.Role{account.RoleAuditor} })
	first := c.add("first", account.RoleAdministrator)
	second := c.add("second", account.RoleAdministrator)
	off, on, name, password := true, false, "新名字", "another-otter-lamp"
	by := func(u account.User) account.Actor { return account.Actor{ID: u.ID, Name: u.Login, From: here} }
	for _, step := range []struct {
		name   string
		user   account.User
		change account.Change
		by     account.Actor
		want   hotline.Code
	}{
		{"one's own roles", first, account.Change{Roles: []account.Role{account.RoleSupervisor}}, by(first), hotline.CodeForbidden},
		{"one's own password by the back door", first, account.Change{Password: &password}, by(first), hotline.CodeForbidden},
		{"one's own second factor", first, account.Change{ResetTOTP: true}, by(first), hotline.CodeForbidden},
		{"one's own name", first, account.Change{Name: &name}, by(first), ""},
		{"an auditor with another role", second, account.Change{Roles: []account.Role{account.RoleAuditor, account.RoleAgent}}, by(first), hotline.CodeInvalid},
		{"another administrator", second, account.Change{Disabled: &off}, by(first), ""},
		{"the last one", first, account.Change{Disabled: &off}, root, hotline.CodeConflict},
		{"the last one's role", first, account.Change{Roles: []account.Role{account.RoleAgent}}, root, hotline.CodeConflict},
		{"back again", second, account.Change{Disabled: &on}, by(first), ""},
		{"to an auditor", second, account.Change{Roles: []account.Role{account.RoleAuditor}}, by(first), ""},
	} {
		if _, err := c.Change(t.Context(), step.user.ID, step.change, step.by); hotline.CodeOf(err) != step.want {
			t.Errorf("%s: %v, want %q", step.name, err, step.want)
		}
	}
	token, _ := c.logIn("second", correct, "")
	if p := c.person(token); !slices.Equal(p.Must, []account.Must{account.MustEnrol}) {
		t.Error("an auditor goes without a second factor", p.Must)
	}
}

// codeOf is an authenticator.
func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	must(t, err)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1000000)
}
