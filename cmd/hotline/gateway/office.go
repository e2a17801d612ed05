package gateway

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// office is what the API needs for agents, nil without a desk.
func (g *Gateway) office() *api.Desk {
	p := &g.people
	if p.desk == nil {
		return nil
	}
	d := &api.Desk{
		Desk: p.desk, Roster: p.roster, Feed: p.feed, Events: g.archive.Events, Note: g.note, Remark: g.remark, File: g.fileFor,
		History: g.contacts, Orders: g.openOrders, Place: func(number string) string { return p.places.Of(number).String() },
		Permit: func(to desk.Target) error { _, err := g.dialOf(to); return err },
	}
	if p.browsers != nil {
		d.Headset = g.headset
	}
	if g.cfg.Desk.Trunk != "" {
		d.Call = g.callOut
		for _, number := range g.cfg.Desk.Allow {
			d.External = append(d.External, api.Outside{ID: number, Name: number, Number: number})
		}
	}
	for service, number := range g.cfg.Desk.Services {
		d.Services = append(d.Services, api.Outside{ID: service, Name: service, Number: number})
	}
	return d
}

// note puts an event into the log of a conversation that goes on, whatever its channel; CodeConflict when it is over.
func (g *Gateway) note(ctx context.Context, id hotline.ConversationID, body hotline.EventBody) error {
	g.people.mu.Lock()
	c := g.people.calls[id]
	g.people.mu.Unlock()
	if c != nil {
		return c.Append(body)
	}
	err := g.text.chat.Note(ctx, id, body)
	if hotline.CodeOf(err) == hotline.CodeNotFound { // no chat, then: a call
		return callOver()
	}
	return err
}

func callOver() error {
	return hotline.Errorf("note", hotline.CodeConflict, "通话已结束 the call is over")
}

func (g *Gateway) remark(ctx context.Context, r api.Remark) error {
	err := g.store.PutRemark(ctx, records.Remark{
		Conversation: r.Conversation, Agent: r.Agent, Category: r.Category, Summary: r.Summary, Resolved: r.Resolved,
	})
	if err == nil {
		g.indexer.Touch(r.Conversation)
	}
	return err
}

// fileFor files a work order that an agent has written.
func (g *Gateway) fileFor(ctx context.Context, ref string, t desk.Talk, o dialog.Order) (string, error) {
	filed, err := g.store.FileOrder(ctx, db.Order{Ref: ref, Conversation: t.Conversation, Channel: t.Channel, Order: o})
	return filed.Number, err
}

// contacts are the last conversations of a caller who is one person. What confidential ones were about is not told.
func (g *Gateway) contacts(ctx context.Context, caller string, limit int) ([]api.Contact, error) {
	if !api.OnePerson(caller) {
		return nil, nil
	}
	list, err := g.store.Records(ctx, records.Query{Caller: caller, Limit: limit})
	out := make([]api.Contact, 0, len(list))
	for _, r := range list {
		c := api.Contact{
			Conversation: r.Conversation, Channel: string(r.Channel), Caller: r.Caller, Started: r.Started, WithAgent: len(r.Agents) > 0,
			Agent: r.Agent(), Agents: r.Agents, Queue: r.Queue, Outcome: string(r.Outcome), Rating: r.Rating, Turns: r.Turns, Recording: r.Recording != "", Summary: r.Summary,
		}
		if !r.Ended.IsZero() {
			c.Ended = &r.Ended
		}
		if r.Confidential {
			c.Summary = ""
		}
		out = append(out, c)
	}
	return out, err
}

// ordersShown is how many work orders of a caller are looked at.
const ordersShown = 20

// openOrders are the work orders filed in the conversations of a caller who is one person that were not withdrawn, but for confidential ones.
func (g *Gateway) openOrders(ctx context.Context, caller string) ([]desk.Past, error) {
	if !api.OnePerson(caller) {
		return nil, nil
	}
	filed, err := g.store.OrdersOf(ctx, caller, ordersShown)
	var open []desk.Past
	for _, o := range filed {
		if o.Confidential {
			continue
		}
		status, _ := g.clerk.order(ctx, o.Number)
		if how, known := status["status"].(string); known && how != standing["withdraw"] {
			name := o.Category
			if c, ok := g.content.knowledge.Base().Category(o.Category); ok {
				name = c.Name
			}
			open = append(open, desk.Past{Number: o.Number, Category: name, Text: o.Text, Status: how, At: o.At})
		}
	}
	return open, err
}

// headset lets the console of an agent connect, for a shift.
func (g *Gateway) headset(_ context.Context, agent string) (api.Grant, error) {
	// A headset belongs to no conversation; its token has a name of its own.
	shift := hotline.NewConversationID(g.clock.Now())
	token, err := g.people.tokens.Issue(join.Claims{Conversation: shift, Role: join.Agent, Subject: agent})
	if err != nil {
		return api.Grant{}, err
	}
	return api.Grant{URL: whipPath, Token: token, ICE: g.iceServers(agent)}, nil
}

// speaks keeps a call in reach of notes while it goes on.
func (g *Gateway) speaks(c *conversation) (over func()) {
	g.people.mu.Lock()
	defer g.people.mu.Unlock()
	g.people.calls[c.id] = c
	return func() {
		g.people.mu.Lock()
		defer g.people.mu.Unlock()
		delete(g.people.calls, c.id)
	}
}

// rosterOf has the desk read the roster, and remembers which phones ring whom.
func (g *Gateway) rosterOf(ctx context.Context) (desk.Roster, error) {
	r, err := g.people.roster.Roster(ctx)
	if err == nil {
		g.people.phones.Store(phonesOf(r))
	}
	return r, err
}
