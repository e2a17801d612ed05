package db

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

func aUser(id, login string, roles ...account.Role) account.User {
	return account.User{ID: id, Login: login, Name: "王芳", Roles: roles, Password: "hash", PasswordAt: noon, Created: noon}
}

func entryOf(a account.Action) account.Entry {
	return account.Entry{At: noon, Who: "root", Action: a, Subject: "x", Address: "::1", Detail: "d"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUsersComeBackAsTheyWereKept(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		u := account.User{
			ID: "0123456789abcdef", Login: "wang.fang", Name: `王芳'; DROP TABLE users;-- <script>alert(1)</script>`,
			Roles: []account.Role{account.RoleAgent, account.RoleSupervisor}, Disabled: true, Password: "hash", PasswordAt: noon, MustChange: true,
			Secret: "s", Pending: "p", Step: 7, Recovery: []string{"a", "b"}, Created: noon, LastLogin: noon.Add(time.Hour),
		}
		must(t, d.AddUser(t.Context(), u, entryOf(account.ActionUserAdded)))
		for _, find := range []func() (account.User, error){
			func() (account.User, error) { return d.User(t.Context(), u.ID) },
			func() (account.User, error) { return d.UserByLogin(t.Context(), u.Login) },
		} {
			got, err := find()
			if diff := cmp.Diff(u, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
		for login, code := range map[string]hotline.Code{"wang.fang": hotline.CodeConflict, "li.na": ""} {
			if err := d.AddUser(t.Context(), aUser("id of "+login, login, account.RoleAgent), entryOf(account.ActionUserAdded)); hotline.CodeOf(err) != code {
				t.Errorf("%s: %v, want %q", login, err, code)
			}
		}
		for _, login := range []string{"nobody", "' OR '1'='1", "wang.fang' --", "%"} {
			if _, err := d.UserByLogin(t.Context(), login); hotline.CodeOf(err) != hotline.CodeNotFound {
				t.Errorf("%s: %v", login, err)
			}
		}
		list, err := d.ListUsers(t.Context(), "li.na", 10)
		if err != nil || len(list) != 1 || list[0].ID != u.ID {
			t.Error(list, err)
		}
	})
}

func TestAChangeIsKeptWithItsEffectOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d, ctx := open(t), t.Context()
		must(t, d.AddUser(ctx, aUser("a", "a", account.RoleAdministrator), entryOf("1")))
		must(t, d.AddUser(ctx, aUser("b", "b", account.RoleAdministrator), entryOf("2")))
		off := aUser("c", "c", account.RoleAdministrator)
		off.Disabled = true
		must(t, d.AddUser(ctx, off, entryOf("3")))
		_, err := d.ChangeUser(ctx, "a", func(u *account.User, others int) (account.Effect, error) {
			u.Name = "x"
			if others != 1 {
				t.Errorf("%d other administrators", others)
			}
			return account.Effect{}, hotline.Errorf("test", hotline.CodeForbidden, "no")
		})
		if hotline.CodeOf(err) != hotline.CodeForbidden {
			t.Error(err)
		}
		if u, err := d.User(ctx, "a"); u.Name != "王芳" || err != nil {
			t.Error(u.Name, err)
		}
		if _, err := d.ChangeUser(ctx, "z", nil); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Error(err)
		}
		begin := func(hash string, at time.Duration) {
			t.Helper()
			s := account.Session{Hash: hash, User: "a", Address: "::1", Created: noon.Add(at), Used: noon.Add(at), Expires: noon.Add(at + time.Hour)}
			_, err := d.ChangeUser(ctx, "a", func(*account.User, int) (account.Effect, error) {
				return account.Effect{Entry: entryOf(account.ActionLogin), Begin: &s, AtMost: 2}, nil
			})
			must(t, err)
		}
		there := func(hashes ...string) {
			t.Helper()
			for _, h := range []string{"s1", "s2", "s3"} {
				_, err := d.SessionOf(ctx, h)
				if found := err == nil; found != strings.Contains(strings.Join(hashes, " "), h) {
					t.Errorf("%s is there: %t, want %v", h, found, hashes)
				}
			}
		}
		begin("s1", 0)
		begin("s2", time.Minute)
		there("s1", "s2")
		begin("s3", 2*time.Minute)
		there("s2", "s3") // the oldest of three goes
		must(t, d.UseSession(ctx, "s2", noon.Add(time.Minute*30)))
		want := account.Session{Hash: "s2", User: "a", Address: "::1", Created: noon.Add(time.Minute), Used: noon.Add(30 * time.Minute), Expires: noon.Add(61 * time.Minute)}
		if got, err := d.SessionOf(ctx, "s2"); err != nil || cmp.Diff(want, got) != "" {
			t.Error(err, cmp.Diff(want, got))
		}
		_, err = d.ChangeUser(ctx, "a", func(*account.User, int) (account.Effect, error) {
			return account.Effect{Entry: entryOf(account.ActionPasswordChanged), End: true, Keep: "s3"}, nil
		})
		must(t, err)
		there("s3")
		must(t, d.EndSession(ctx, "s3", entryOf(account.ActionLogout)))
		must(t, d.EndSession(ctx, "s3", entryOf(account.ActionLogout))) // ended already: no entry
		there()
		entries, err := d.Entries(ctx, 0, 100)
		var actions []string
		for _, e := range entries {
			actions = append(actions, string(e.Action))
		}
		if got := strings.Join(actions, " "); got != "logout password_changed login login login 3 2 1" || err != nil {
			t.Error(got, err)
		}
	})
}

func TestFailuresCountWithinTheirWindow(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		rule := account.Rule{Window: time.Hour, Wait: func(n int) time.Duration {
			if n >= 3 {
				return 15 * time.Minute
			}
			return 0
		}}
		for _, step := range []struct {
			at    time.Duration
			ok    bool
			count int
		}{
			{0, true, 1}, {time.Minute, true, 2}, {2 * time.Minute, true, 3},
			{3 * time.Minute, false, 3}, {16 * time.Minute, false, 3}, // locked, and not counted
			{17 * time.Minute, true, 4}, {33 * time.Minute, true, 5},
			{61 * time.Minute, true, 1},
		} {
			f, ok, err := d.Attempt(t.Context(), "s", noon.Add(step.at), rule)
			if ok != step.ok || f.Count != step.count || err != nil {
				t.Errorf("after %v: %+v %t %v, want %d %t", step.at, f, ok, err, step.count, step.ok)
			}
		}
		later := noon.Add(2 * time.Hour)
		for range 3 {
			_, _, err := d.Attempt(t.Context(), "other", later, rule)
			must(t, err)
		}
		waits, err := d.Waits(t.Context(), later.Add(time.Minute), "s", "other", "nobody")
		want := map[string]account.Failures{"other": {Count: 3, Until: later.Add(15 * time.Minute)}}
		if diff := cmp.Diff(want, waits); diff != "" || err != nil {
			t.Error(diff, err)
		}
		must(t, d.Uncount(t.Context(), "other"))
		if f, ok, err := d.Attempt(t.Context(), "other", later.Add(time.Minute), rule); !ok || f.Count != 3 || err != nil {
			t.Error(f, ok, err)
		}
	})
}

func TestManyAttemptsAtOnceAreCountedOneByOne(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		rule := account.Rule{Window: time.Hour, Wait: func(n int) time.Duration { return time.Duration(n/5) * time.Minute }}
		var in atomic.Int32
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				if _, ok, err := d.Attempt(context.Background(), "s", noon, rule); err != nil {
					t.Error(err)
				} else if ok {
					in.Add(1)
				}
			})
		}
		group.Wait()
		if in.Load() != 5 {
			t.Errorf("%d were let in, want 5", in.Load())
		}
	})
}

func TestTheRecordCannotBeChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d, ctx := open(t), t.Context()
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				if err := d.AddEntry(context.Background(), entryOf(account.Action(fmt.Sprint(i)))); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		count, hash, err := d.VerifyEntries(ctx)
		if count != 20 || len(hash) != 64 || err != nil {
			t.Fatal(count, hash, err)
		}
		page, err := d.Entries(ctx, 15, 2)
		want := []account.Entry{entryOf(""), entryOf("")}
		want[0].ID, want[1].ID = 14, 13
		if diff := cmp.Diff(want, page, cmpopts.IgnoreFields(account.Entry{}, "Action")); diff != "" || err != nil {
			t.Error(diff, err)
		}
		statements := []string{"UPDATE audit SET who = 'x'", "DELETE FROM audit WHERE id = 20", "UPDATE audit SET detail = '' WHERE id = 3"}
		if d.read == d.write {
			statements = append(statements, "TRUNCATE audit")
		}
		for _, statement := range statements {
			if _, err := d.write.ExecContext(ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}

// Who can do away with the triggers is still found out.
func TestTheRecordTellsWhereItWasChanged(t *testing.T) {
	for _, c := range []struct {
		name, statement string
		at              int64
	}{
		{"changed", "UPDATE audit SET who = 'somebody' WHERE id = 3", 3},
		{"left out", "DELETE FROM audit WHERE id = 2", 2},
		{"cut off", "DELETE FROM audit WHERE id > 4", 5},
		{"two swapped", "UPDATE audit SET id = CASE id WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE id IN (2, 3); UPDATE audit SET id = -id WHERE id < 0", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := opened(t, Config{Dir: t.TempDir()})
			for range 6 {
				must(t, d.AddEntry(t.Context(), entryOf(account.ActionLogin)))
			}
			_, err := d.write.ExecContext(t.Context(), "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; "+c.statement)
			must(t, err)
			count, _, err := d.VerifyEntries(t.Context())
			if hotline.CodeOf(err) != hotline.CodeConflict || count != c.at-1 {
				t.Errorf("%d good entries, %v", count, err)
			}
		})
	}
}

// What cannot be recorded is not done.
func TestNoUserIsChangedWithoutAnEntry(t *testing.T) {
	d := opened(t, Config{Dir: t.TempDir()})
	must(t, d.AddUser(t.Context(), aUser("a", "a", account.RoleAgent), entryOf("1")))
	_, err := d.write.ExecContext(t.Context(), "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
	must(t, err)
	_, err = d.ChangeUser(t.Context(), "a", func(u *account.User, _ int) (account.Effect, error) {
		u.Roles = []account.Role{account.RoleAdministrator}
		return account.Effect{Entry: entryOf("2")}, nil
	})
	if u, _ := d.User(t.Context(), "a"); err == nil || u.Is(account.RoleAdministrator) {
		t.Error(u.Roles, err)
	}
	if err := d.AddUser(t.Context(), aUser("b", "b", account.RoleAgent), entryOf("1")); err == nil {
		t.Error("a user is added")
	}
}
