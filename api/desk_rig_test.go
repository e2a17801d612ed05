package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/desk/roster"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/store/db"
)

// deskRig is a rig with a desk at work: accounts, roster and the record are in a database.
type deskRig struct {
	*rig
	desk  *desk.Desk
	feed  *Feed
	book  *account.Book
	plan  *roster.Book
	calls sync.WaitGroup

	mu      sync.Mutex
	logs    map[hotline.ConversationID][]hotline.Event
	remarks []Remark
}

func startDesk(t *testing.T, change ...func(*Desk)) *deskRig {
	t.Helper()
	return startOffice(t, func(c *Config) {
		for _, f := range change {
			f(c.Desk)
		}
	})
}

// startOffice has the rest of the configuration changed too.
func startOffice(t *testing.T, change func(*Config)) *deskRig {
	t.Helper()
	d := &deskRig{feed: NewFeed(), logs: map[hotline.ConversationID][]hotline.Event{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d.rig = start(t, func(c *Config) {
		var err error
		d.book, err = account.New(account.Config{Store: c.Store, Key: bytes.Repeat([]byte("a"), 32), Cost: account.Cost{Memory: 64, Passes: 1, Threads: 1}})
		must(err)
		d.plan, err = roster.New(roster.Config{Store: c.Store, Users: c.Store, Queues: func() []desk.Queue {
			return []desk.Queue{{ID: "general", Name: "综合受理", WrapUp: 60}, {ID: "social", Name: "社保医保"}}
		}})
		must(err)
		d.desk, err = desk.New(desk.Config{Directory: d.plan.Roster, Ledger: db.Ledger{DB: c.Store}, Grace: time.Second})
		must(err)
		c.Accounts = d.book
		c.Archive = &Archive{Events: d.events, Auditor: &ledger{}}
		c.Desk = &Desk{
			Place: func(number string) string { return "在 " + number },
			Desk:  d.desk, Roster: d.plan, Feed: d.feed, Events: d.events, Note: d.note, File: d.fileIn(c.Store),
			Remark: func(_ context.Context, r Remark) error {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.remarks = append(d.remarks, r)
				return nil
			},
			Services: []Outside{{ID: "110", Name: "公安 110"}}, External: []Outside{{ID: "heating", Name: "供热公司", Number: "02766668888"}},
		}
		change(c)
	})
	worked := make(chan error, 1)
	go func() { worked <- d.desk.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-worked; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		d.calls.Wait()
	})
	return d
}

func (d *deskRig) fileIn(store *db.DB) func(context.Context, string, desk.Talk, dialog.Order) (string, error) {
	return func(ctx context.Context, ref string, t desk.Talk, o dialog.Order) (string, error) {
		filed, err := store.FileOrder(ctx, db.Order{Ref: ref, Conversation: t.Conversation, Channel: t.Channel, Order: o})
		return filed.Number, err
	}
}

func (d *deskRig) events(_ context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.logs[id] == nil {
		return nil, hotline.Errorf("read log", hotline.CodeNotFound, "no conversation %s", id)
	}
	return slices.Clone(d.logs[id]), nil
}

func (d *deskRig) note(ctx context.Context, id hotline.ConversationID, body hotline.EventBody) error {
	events, err := d.events(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(events, func(e hotline.Event) bool { return e.Body.Kind() == (hotline.Ended{}).Kind() }) {
		return hotline.Errorf("note", hotline.CodeConflict, "the conversation is over")
	}
	d.log(id, body)
	return nil
}

func (d *deskRig) log(id hotline.ConversationID, body hotline.EventBody) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.feed.Tell(d.quietly(id, body))
}

// quietly logs an event that no console is told of. d.mu is held.
func (d *deskRig) quietly(id hotline.ConversationID, body hotline.EventBody) hotline.Event {
	e := hotline.Event{Conversation: id, Seq: uint64(len(d.logs[id]) + 1), At: time.Now(), Body: body}
	d.logs[id] = append(d.logs[id], e)
	return e
}

// user makes a user and logs in.
func (d *deskRig) user(login string, roles ...account.Role) (id, token string) {
	d.t.Helper()
	u, err := d.book.Add(d.t.Context(), account.Newcomer{Login: login, Name: "名" + login, Roles: roles, Password: "Correct-horse-7", Keep: true}, account.Actor{Name: "test"})
	if err != nil {
		d.t.Fatal(err)
	}
	var out struct{ Token string }
	d.want(201, "POST", Base+"/session", "", object{"login": login, "password": "Correct-horse-7"}).into(d.t, &out)
	return u.ID, out.Token
}

// caller is a conversation that asks for people: what it does follows from handoff.
type caller struct {
	d      *deskRig
	id     hotline.ConversationID
	number string
	todo   chan func()
	state  handoff.State
}

// call begins a conversation and asks for somebody.
func (d *deskRig) call(channel hotline.Channel, number, queue string, wants ...func(*desk.Request)) *caller {
	d.t.Helper()
	c := &caller{d: d, id: hotline.NewConversationID(time.Now()), number: number, todo: make(chan func(), 256)}
	ended := make(chan struct{})
	d.calls.Go(func() {
		for {
			select {
			case do := <-c.todo:
				do()
			case <-d.t.Context().Done():
				close(ended)
				return
			}
		}
	})
	d.log(c.id, hotline.Started{Channel: channel, From: number})
	if err := d.desk.Open(d.t.Context(), desk.Talk{Conversation: c.id, Channel: channel, Caller: number}, func(n desk.Notice) { c.todo <- func() { c.notice(n) } }); err != nil {
		d.t.Fatal(err)
	}
	asked := desk.Request{
		Conversation: c.id, Queue: queue, Reason: "user_request", Brief: desk.Brief{Reason: "要求人工", Summary: "停暖三天", Mood: "worried"},
	}
	for _, change := range wants {
		change(&asked)
	}
	c.todo <- func() { c.step(handoff.Asked{Request: asked}) }
	return c
}

func (c *caller) notice(n desk.Notice) {
	command, ok := n.(desk.Commanded)
	if ok && command.Command.Verb == desk.Say {
		c.d.log(c.id, hotline.Uttered{Party: command.By, Role: "agent", Text: command.Command.Text, Key: command.Command.Key})
		command.Reply(nil)
		return
	}
	if ok && (command.Command.Verb == desk.Listen || command.Command.Verb == desk.Leave) {
		if command.Reply != nil {
			command.Reply(nil)
		}
		return
	}
	refused := c.step(handoff.Notice{Notice: n})
	if ok && command.Reply != nil {
		var err error
		if refused {
			err = hotline.Errorf("carry out", hotline.CodeConflict, "not at present")
		}
		command.Reply(err)
	}
}

func (c *caller) step(e handoff.Event) (refused bool) {
	var actions []handoff.Action
	c.state, actions = handoff.Step(c.state, e)
	ctx, d := c.d.t.Context(), c.d.desk
	for _, a := range actions {
		switch a := a.(type) {
		case handoff.Log:
			c.d.log(c.id, a.Body)
		case handoff.Enqueue:
			_ = d.Enqueue(ctx, a.Request)
		case handoff.Release:
			_ = d.Release(ctx, c.id, a.Agent, a.How)
		case handoff.Invite:
			_ = d.Transfer(ctx, c.id, a.From, desk.Target{Agent: a.Agent})
		case handoff.Take:
			_ = d.Take(ctx, c.id, a.Agent)
		case handoff.Refuse:
			refused = true
		}
	}
	parties := []desk.Party{{ID: c.number, Role: "caller"}}
	if c.state.Staffed() {
		parties = append(parties, desk.Party{ID: c.state.Agent.ID, Role: "agent", Muted: c.state.Muted})
	}
	_ = d.Phase(ctx, c.id, string(c.state.Phase), parties)
	return refused
}

// says something; hangs up ends it.
func (c *caller) says(text string) {
	c.todo <- func() { c.d.log(c.id, hotline.Heard{Turn: 1, Text: text, Confidence: 0.9}) }
}

func (c *caller) hangsUp() {
	c.todo <- func() {
		c.step(handoff.CallerGone{})
		c.d.log(c.id, hotline.Ended{By: "caller"})
		_ = c.d.desk.Close(c.d.t.Context(), c.id)
	}
}

// seat is the console of somebody.
type seat struct {
	d         *deskRig
	id, token string
	conn      *websocket.Conn
}

type message struct {
	Type         string
	Agent        desk.Agent
	Presence     Presence
	Talks        []Talk
	Offers       []Offer
	Queues       []BoardQueue
	Offer        json.RawMessage
	Reason       string
	Talk         Talk
	Conversation hotline.ConversationID
	Event        hotline.Event
	Items        json.RawMessage
	Board        Board
	Problem      problem
}

func (m message) offer(t *testing.T) (o Offer) {
	t.Helper()
	if err := json.Unmarshal(m.Offer, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// sit connects a console. The status of a refusal is returned.
func (d *deskRig) sit(id, token string, headers ...string) (*seat, int) {
	d.t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	conn, response, err := websocket.Dial(d.t.Context(), "ws"+d.url[4:]+Base+"/desk/stream", &websocket.DialOptions{ //nolint:bodyclose // it has none that is to be closed
		Subprotocols: []string{deskProtocol, socketProtocol + token}, HTTPHeader: h,
	})
	if err != nil {
		if response == nil {
			d.t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	if conn.Subprotocol() != deskProtocol {
		d.t.Errorf("subprotocol %q", conn.Subprotocol())
	}
	conn.SetReadLimit(8 << 20)
	s := &seat{d, id, token, conn}
	d.t.Cleanup(func() { _ = conn.CloseNow() })
	return s, 101
}

func (s *seat) next() (message, error) {
	ctx, cancel := context.WithTimeout(s.d.t.Context(), 20*time.Second)
	defer cancel()
	var m message
	err := wsjson.Read(ctx, s.conn, &m)
	return m, err
}

// until reads messages until one is as wanted.
func (s *seat) until(what string, wanted func(message) bool) message {
	s.d.t.Helper()
	var seen []string
	for {
		m, err := s.next()
		if err != nil {
			s.d.t.Fatalf("waiting for %s: %v after %v", what, err, seen)
		}
		if wanted(m) {
			return m
		}
		seen = append(seen, fmt.Sprintf("%s %s %s", m.Type, m.Presence.State, m.Talk.Phase))
	}
}

func typed(kind string) func(message) bool { return func(m message) bool { return m.Type == kind } }

// ready connects a console with a headset and is ready.
func (d *deskRig) ready(id, token string) *seat {
	d.t.Helper()
	s, status := d.sit(id, token)
	if status != 101 {
		d.t.Fatalf("status %d", status)
	}
	s.until("hello", typed("hello"))
	if err := d.desk.Line(d.t.Context(), id, desk.Browser, true); err != nil {
		d.t.Fatal(err)
	}
	d.want(204, "PUT", Base+"/desk/me/state", token, object{"state": "ready"})
	s.until("presence ready", func(m message) bool { return m.Type == "presence" && m.Presence.State == desk.Ready })
	return s
}

// takes accepts the next offer and returns the talk.
func (s *seat) takes() (Offer, Talk) {
	s.d.t.Helper()
	o := s.until("an offer", typed("offer")).offer(s.d.t)
	s.d.want(204, "POST", Base+"/desk/offers/"+o.ID+"/accept", s.token, nil)
	talk := s.until("the talk", typed("talk")).Talk
	return o, talk
}

func (s *seat) does(status int, id hotline.ConversationID, body object) {
	s.d.t.Helper()
	s.d.want(status, "POST", Base+"/desk/talks/"+string(id)+"/command", s.token, body)
}
