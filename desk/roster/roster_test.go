package roster_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/roster"
	"github.com/hotline-cc/hotline/store/db"
)

type plan struct {
	*roster.Book
	store *db.DB
	named []desk.Queue // by the flows
}

func open(t *testing.T) *plan {
	t.Helper()
	store, err := db.Open(t.Context(), db.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p := &plan{store: store, named: []desk.Queue{{ID: "general", Name: "综合"}, {ID: "social"}}}
	if p.Book, err = roster.New(roster.Config{Store: store, Users: store, Queues: func() []desk.Queue { return p.named }}); err != nil {
		t.Fatal(err)
	}
	for _, u := range []account.User{
		{ID: "li", Login: "li", Name: "李", Roles: []account.Role{account.RoleAgent}},
		{ID: "boss", Login: "boss", Name: "赵", Roles: []account.Role{account.RoleSupervisor}},
		{ID: "root", Login: "root", Name: "王", Roles: []account.Role{account.RoleAdministrator}},
		{ID: "gone", Login: "gone", Name: "孙", Roles: []account.Role{account.RoleAgent}, Disabled: true},
	} {
		if err := store.AddUser(t.Context(), u, account.Entry{Action: account.ActionUserAdded}); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *plan) read(t *testing.T) desk.Roster {
	t.Helper()
	r, err := p.Roster(t.Context())
	if err == nil {
		err = r.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatNobodyHasEditedHasItsDefaults(t *testing.T) {
	p := open(t)
	want := desk.Roster{
		Queues: []desk.Queue{{ID: "general", Name: "综合"}, {ID: "social"}},
		Agents: []desk.Agent{
			{ID: "boss", Name: "赵", Device: desk.Browser, Queues: []string{}, Chats: 3, Supervisor: true},
			{ID: "li", Name: "李", Device: desk.Browser, Queues: []string{"general", "social"}, Chats: 3},
		},
	}
	if diff := cmp.Diff(want, p.read(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, p.Given()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatDoesNotFitAnyMoreIsLeftOut(t *testing.T) {
	p := open(t)
	by := account.Actor{Name: "root"}
	if _, err := p.PutQueue(t.Context(), desk.Queue{ID: "night", Overflow: "social"}, 0, by); err != nil {
		t.Fatal(err)
	}
	if _, err := p.PutAgent(t.Context(), desk.Agent{ID: "li", Device: desk.Phone, Extension: "801", Queues: []string{"social", "night"}}, roster.Any, by); err != nil {
		t.Fatal(err)
	}
	p.named = p.named[:1] // a flow is published that knows no queue social
	r := p.read(t)
	if r.Queues[1].ID != "night" || r.Queues[1].Overflow != "" || !slices.Equal(r.Agents[1].Queues, []string{"night"}) || r.Agents[1].Extension != "801" {
		t.Errorf("roster %+v", r)
	}
	// An edit of something else is not refused for it, and the flow may come back.
	if _, err := p.PutQueue(t.Context(), desk.Queue{ID: "day"}, roster.Any, by); err != nil {
		t.Error(err)
	}
	p.named = append(p.named, desk.Queue{ID: "social"})
	if r := p.read(t); !slices.Equal(r.Agents[1].Queues, []string{"social", "night"}) {
		t.Errorf("queues %v", r.Agents[1].Queues)
	}
}

func TestEditsAreCheckedAndRestOnAVersion(t *testing.T) {
	p := open(t)
	by := account.Actor{Name: "root"}
	queue := func(q desk.Queue, was int) error { _, err := p.PutQueue(t.Context(), q, was, by); return err }
	agent := func(a desk.Agent, was int) error { _, err := p.PutAgent(t.Context(), a, was, by); return err }
	for _, step := range []struct {
		what string
		do   func() error
		code hotline.Code
	}{
		{"first edit", func() error { return queue(desk.Queue{ID: "q"}, 0) }, ""},
		{"first edit again", func() error { return queue(desk.Queue{ID: "q"}, 0) }, hotline.CodeConflict},
		{"second edit", func() error { return queue(desk.Queue{ID: "q", Overflow: "general"}, 1) }, ""},
		{"an edit that rests on nothing", func() error { return queue(desk.Queue{ID: "q", Overflow: "social"}, roster.Any) }, ""},
		{"overflow that leads back", func() error { return queue(desk.Queue{ID: "social", Overflow: "q"}, 0) }, hotline.CodeInvalid},
		{"overflow to nowhere", func() error { return queue(desk.Queue{ID: "social", Overflow: "x"}, 0) }, hotline.CodeInvalid},
		{"a phone without extension", func() error { return agent(desk.Agent{ID: "li", Device: desk.Phone}, 0) }, hotline.CodeInvalid},
		{"an agent with a phone", func() error { return agent(desk.Agent{ID: "li", Device: desk.Phone, Extension: "801"}, 0) }, ""},
		{"another one with the same", func() error { return agent(desk.Agent{ID: "boss", Device: desk.Phone, Extension: "801"}, 0) }, hotline.CodeConflict},
		{"somebody who is no agent", func() error { return agent(desk.Agent{ID: "root", Device: desk.Browser}, 0) }, hotline.CodeNotFound},
		{"somebody who may not log in", func() error { return agent(desk.Agent{ID: "gone", Device: desk.Browser}, 0) }, hotline.CodeNotFound},
		{"a device of one's own", func() error { return p.SetDevice(t.Context(), "boss", desk.Phone, "802", by) }, ""},
		{"a calendar", func() error { _, err := p.PutCalendar(t.Context(), desk.Calendar{Zone: "Mars"}, 0, by); return err }, hotline.CodeInvalid},
		{"dropping", func() error { return p.DropQueue(t.Context(), "q", by) }, ""},
		{"dropping what is gone", func() error { return p.DropQueue(t.Context(), "q", by) }, hotline.CodeNotFound},
		{"dropping what the flows name", func() error { return p.DropQueue(t.Context(), "social", by) }, hotline.CodeConflict},
	} {
		before, err := p.store.Entries(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := step.do(); hotline.CodeOf(err) != step.code {
			t.Errorf("%s: %v, want %q", step.what, err, step.code)
		}
		after, err := p.store.Entries(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if recorded := after[0].ID - before[0].ID; (step.code == "") != (recorded == 1) {
			t.Errorf("%s: %d entries in the record", step.what, recorded)
		}
		p.read(t)
	}
}
