// Package roster is who works where as administrators have written it down: the queues, what each agent
// can do, and the calendar. Whoever has an account as agent or supervisor is in it, and every queue that
// the flows name; what nobody has edited has its defaults.
package roster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
)

// Kind is what a part of the roster is about.
type Kind string

// The kinds of part.
const (
	Queue    Kind = "queue"
	Agent    Kind = "agent"
	Calendar Kind = "calendar"
)

// Part is one thing that somebody has edited.
type Part struct {
	Kind    Kind
	ID      string // of the queue or agent; "" of the calendar
	Version int    // counts the edits, from 1
	Body    []byte // JSON of desk.Queue, desk.Agent or desk.Calendar
	Author  string
	At      time.Time
}

// Store keeps parts. An edit and its entry in the record are kept together or not at all.
type Store interface {
	Parts(context.Context) ([]Part, error)
	// PutPart keeps a part in the place of version was, 0 for none; CodeConflict when it is another one.
	PutPart(ctx context.Context, p Part, was int, e account.Entry) error
	DropPart(ctx context.Context, p Part, e account.Entry) error
}

// Users are those who have an account.
type Users interface {
	// ListUsers returns users with a login behind after, by login.
	ListUsers(ctx context.Context, after string, limit int) ([]account.User, error)
}

// Config is what a Book needs. Store and Users are required.
type Config struct {
	Store Store
	Users Users
	// Queues are those that the flows name, as they are until somebody edits them; nil is none.
	Queues func() []desk.Queue
	Now    func() time.Time
}

// Book is the roster with what it was made of. It is safe for concurrent use; edits are made one by one.
type Book struct {
	cfg   Config
	mu    sync.Mutex
	given atomic.Pointer[desk.Roster]
}

// New returns a book.
func New(c Config) (*Book, error) {
	if c.Store == nil || c.Users == nil {
		return nil, hotline.Errorf("open roster", hotline.CodeInvalid, "store and users are needed")
	}
	if c.Queues == nil {
		c.Queues = func() []desk.Queue { return nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Book{cfg: c}, nil
}

// Roster returns the roster; it is a desk.Config.Directory. A part that does not fit the others any more,
// as flows and accounts have changed, is left out rather than refused: people go on working.
func (b *Book) Roster(ctx context.Context) (desk.Roster, error) {
	p, err := b.read(ctx)
	if err != nil {
		return desk.Roster{}, err
	}
	r := p.roster()
	b.given.Store(&r)
	return r, nil
}

// Given returns what Roster returned last: the roster that the desk works by.
func (b *Book) Given() desk.Roster {
	if r := b.given.Load(); r != nil {
		return *r
	}
	return desk.Roster{}
}

// page is all that a roster is made of.
type page struct {
	edits    map[Kind]map[string]Part
	queues   []desk.Queue
	agents   []desk.Agent
	calendar desk.Calendar
}

const opRead = "read roster"

func (b *Book) read(ctx context.Context) (*page, error) {
	parts, err := b.cfg.Store.Parts(ctx)
	if err != nil {
		return nil, err
	}
	p := &page{edits: map[Kind]map[string]Part{Queue: {}, Agent: {}, Calendar: {}}}
	for _, part := range parts {
		if p.edits[part.Kind] != nil {
			p.edits[part.Kind][part.ID] = part
		}
	}
	if err := p.readQueues(b.cfg.Queues()); err != nil {
		return nil, err
	}
	if err := p.readAgents(ctx, b.cfg.Users); err != nil {
		return nil, err
	}
	_, err = p.edit(Calendar, "", &p.calendar)
	return p, err
}

// edit reads what somebody has edited over the default in v.
func (p *page) edit(k Kind, id string, v any) (found bool, err error) {
	part, found := p.edits[k][id]
	if !found {
		return false, nil
	}
	if err := json.Unmarshal(part.Body, v); err != nil {
		return true, hotline.Errorf(opRead, hotline.CodeInternal, "%s %q: %w", k, id, err)
	}
	return true, nil
}

func (p *page) readQueues(named []desk.Queue) error {
	for _, q := range named {
		if _, edited := p.edits[Queue][q.ID]; !edited {
			p.queues = append(p.queues, q)
		}
	}
	for id := range p.edits[Queue] {
		var q desk.Queue
		if _, err := p.edit(Queue, id, &q); err != nil {
			return err
		}
		p.queues = append(p.queues, q)
	}
	slices.SortFunc(p.queues, func(a, b desk.Queue) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// defaultChats is how many chats an agent holds at once whom nobody has edited.
const defaultChats = 3

const usersAtOnce = 500

func (p *page) readAgents(ctx context.Context, from Users) error {
	for after := ""; ; {
		users, err := from.ListUsers(ctx, after, usersAtOnce)
		if err != nil {
			return err
		}
		for _, u := range users {
			if u.Disabled || !u.Is(account.RoleAgent) && !u.Is(account.RoleSupervisor) {
				continue
			}
			a := desk.Agent{Device: desk.Browser, Queues: []string{}, Chats: defaultChats}
			edited, err := p.edit(Agent, u.ID, &a)
			if err != nil {
				return err
			}
			if !edited && u.Is(account.RoleAgent) {
				for _, q := range p.queues {
					a.Queues = append(a.Queues, q.ID)
				}
			}
			a.ID, a.Name, a.Supervisor = u.ID, u.Name, u.Is(account.RoleSupervisor)
			p.agents = append(p.agents, a)
		}
		if len(users) < usersAtOnce {
			return nil
		}
		after = users[len(users)-1].Login
	}
}

// roster leaves out what does not fit.
func (p *page) roster() desk.Roster {
	r := desk.Roster{Queues: slices.Clone(p.queues), Agents: slices.Clone(p.agents), Calendar: p.calendar}
	known := func(id string) bool {
		return slices.ContainsFunc(p.queues, func(q desk.Queue) bool { return q.ID == id })
	}
	for i, q := range r.Queues {
		if !known(q.Overflow) {
			r.Queues[i].Overflow = ""
		}
	}
	for i, a := range r.Agents {
		r.Agents[i].Queues = slices.DeleteFunc(slices.Clone(a.Queues), func(id string) bool { return !known(id) })
	}
	return r
}
