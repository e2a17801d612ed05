package roster

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk"
)

// Edited is a part as it is in force, with its version; 0 is a default that nobody has edited.
type Edited[T any] struct {
	Value   T
	Version int
}

// Any is the version of an edit that rests on none in particular.
const Any = -1

// What is recorded of the roster.
const (
	ActionQueueChanged    account.Action = "queue_changed"
	ActionQueueRemoved    account.Action = "queue_removed"
	ActionAgentChanged    account.Action = "agent_changed"
	ActionCalendarChanged account.Action = "calendar_changed"
)

const opEdit = "edit roster"

// Queues returns the queues by ID.
func (b *Book) Queues(ctx context.Context) ([]Edited[desk.Queue], error) {
	p, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Edited[desk.Queue], len(p.queues))
	for i, q := range p.queues {
		list[i] = Edited[desk.Queue]{q, p.edits[Queue][q.ID].Version}
	}
	return list, nil
}

// Agents returns the agents by login.
func (b *Book) Agents(ctx context.Context) ([]Edited[desk.Agent], error) {
	p, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Edited[desk.Agent], len(p.agents))
	for i, a := range p.roster().Agents {
		list[i] = Edited[desk.Agent]{a, p.edits[Agent][a.ID].Version}
	}
	return list, nil
}

// Calendar returns the calendar: the statutory table with the years that were edited.
func (b *Book) Calendar(ctx context.Context) (Edited[desk.Calendar], error) {
	p, err := b.read(ctx)
	if err != nil {
		return Edited[desk.Calendar]{}, err
	}
	c := p.calendar
	own := func(y desk.Year) bool {
		return slices.ContainsFunc(p.calendar.Years, func(o desk.Year) bool { return o.Year == y.Year })
	}
	c.Years = append(slices.DeleteFunc(desk.Statutory(), own), c.Years...)
	slices.SortFunc(c.Years, func(a, b desk.Year) int { return a.Year - b.Year })
	return Edited[desk.Calendar]{c, p.edits[Calendar][""].Version}, nil
}

// PutQueue changes a queue or adds one. was is the version that the edit rests on, or Any. A roster
// that would not be valid is refused with CodeInvalid and changes nothing, and so do the others.
func (b *Book) PutQueue(ctx context.Context, q desk.Queue, was int, by account.Actor) (Edited[desk.Queue], error) {
	version, err := b.put(ctx, Part{Kind: Queue, ID: q.ID}, q, was, by, ActionQueueChanged, q.ID, func(p *page) error {
		p.queues = append(slices.DeleteFunc(p.queues, func(o desk.Queue) bool { return o.ID == q.ID }), q)
		return nil
	})
	return Edited[desk.Queue]{q, version}, err
}

// DropQueue takes a queue out of the roster, or back to its defaults when the flows name it.
func (b *Book) DropQueue(ctx context.Context, id string, by account.Actor) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.read(ctx)
	if err != nil {
		return err
	}
	part, found := p.edits[Queue][id]
	if !found {
		if slices.ContainsFunc(p.queues, func(q desk.Queue) bool { return q.ID == id }) {
			return hotline.Errorf(opEdit, hotline.CodeConflict, "流程用到队列 %s，不能删除 the flows name the queue", id)
		}
		return hotline.Errorf(opEdit, hotline.CodeNotFound, "没有队列 no queue %q", id)
	}
	return b.cfg.Store.DropPart(ctx, part, b.entry(by, ActionQueueRemoved, id, ""))
}

// PutAgent changes what an agent can do. Name, ID and supervision are those of the account.
func (b *Book) PutAgent(ctx context.Context, a desk.Agent, was int, by account.Actor) (Edited[desk.Agent], error) {
	kept := a
	kept.Name, kept.Supervisor = "", false
	version, err := b.put(ctx, Part{Kind: Agent, ID: a.ID}, kept, was, by, ActionAgentChanged, a.ID, func(p *page) error {
		at := slices.IndexFunc(p.agents, func(o desk.Agent) bool { return o.ID == a.ID })
		if at < 0 {
			return noAgent(a.ID)
		}
		if a.Extension != "" && slices.ContainsFunc(p.agents, func(o desk.Agent) bool { return o.ID != a.ID && o.Extension == a.Extension }) {
			return hotline.Errorf(opEdit, hotline.CodeConflict, "分机 %s 已属于另一位坐席 the extension is another agent's", a.Extension)
		}
		a.Name, a.Supervisor = p.agents[at].Name, p.agents[at].Supervisor
		p.agents[at] = a
		return nil
	})
	return Edited[desk.Agent]{a, version}, err
}

// SetDevice changes what an agent talks on.
func (b *Book) SetDevice(ctx context.Context, agent string, d desk.Device, extension string, by account.Actor) error {
	list, err := b.Agents(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Value.ID == agent {
			a.Value.Device = d
			if extension != "" {
				a.Value.Extension = extension
			}
			_, err := b.PutAgent(ctx, a.Value, a.Version, by)
			return err
		}
	}
	return noAgent(agent)
}

func noAgent(id string) error {
	return hotline.Errorf(opEdit, hotline.CodeNotFound, "没有坐席 no agent %q", id)
}

// PutCalendar changes the calendar.
func (b *Book) PutCalendar(ctx context.Context, c desk.Calendar, was int, by account.Actor) (Edited[desk.Calendar], error) {
	version, err := b.put(ctx, Part{Kind: Calendar}, c, was, by, ActionCalendarChanged, "", func(p *page) error {
		p.calendar = c
		return nil
	})
	return Edited[desk.Calendar]{c, version}, err
}

// put keeps a part of a roster that is valid with it.
func (b *Book) put(ctx context.Context, part Part, v any, was int, by account.Actor, what account.Action, subject string, change func(*page) error) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.read(ctx)
	if err != nil {
		return 0, err
	}
	have := p.edits[part.Kind][part.ID].Version
	if was == Any {
		was = have
	}
	if have != was {
		return 0, moved(have)
	}
	next := &page{edits: p.edits}
	*next = *p
	whole := p.roster() // what did not fit before is not this edit's fault
	next.queues, next.agents = whole.Queues, whole.Agents
	if err := change(next); err != nil {
		return 0, err
	}
	if err := (desk.Roster{Queues: next.queues, Agents: next.agents, Calendar: next.calendar}).Validate(); err != nil {
		return 0, err
	}
	if part.Body, err = json.Marshal(v); err != nil {
		return 0, hotline.Errorf(opEdit, hotline.CodeInvalid, "%w", err)
	}
	part.Version, part.Author, part.At = was+1, by.Name, b.cfg.Now()
	return part.Version, b.cfg.Store.PutPart(ctx, part, was, b.entry(by, what, subject, string(part.Body)))
}

func moved(have int) error {
	return hotline.Errorf(opEdit, hotline.CodeConflict, "已是第 %d 版，请重新读取后再改 somebody else has changed it, read it again", have)
}

// mostDetail is how many bytes of an edit the record shows.
const mostDetail = 4000

func (b *Book) entry(by account.Actor, what account.Action, subject, detail string) account.Entry {
	e := account.Entry{At: b.cfg.Now(), Who: by.Name, Action: what, Subject: subject, Detail: detail}
	if len(detail) > mostDetail {
		e.Detail = detail[:mostDetail] + "…"
	}
	if by.Address.IsValid() {
		e.Address = by.Address.String()
	}
	return e
}
