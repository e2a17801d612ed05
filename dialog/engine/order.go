package engine

import (
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// file sends a work order and waits until it is kept: nobody is told of an order that may be lost.
func (t *step) file(n flow.Node) {
	o := dialog.Order{Kind: string(n.Order), Act: t.s.Matter.Act, Text: t.story()}
	if o.Kind == "" {
		o.Kind = string(flow.OrderNew)
	}
	given := t.values(n.Input)
	text := func(name string) string { s, _ := given[name].(string); return s }
	o.Ticket, o.Category = text("ticket"), text("category")
	if o.Category == "" {
		o.Category = t.s.Matter.Category
	}
	o = t.addressed(o)
	if u := text("urgency"); u != "" {
		o.Urgency = u
	}
	if flag := text("flag"); flag != "" {
		o.Flags = append(o.Flags, flag)
		t.note(dialog.Note{What: "handoff_flag", Reason: flag})
	}
	t.noteOrder(o)
	t.out = append(t.out, dialog.File{ID: t.await(), Order: o})
	t.listenFor(lookUpWithin)
}

// fileNow sends a work order that nothing waits for.
func (t *step) fileNow(o dialog.Order) {
	o = t.addressed(o)
	t.noteOrder(o)
	t.out = append(t.out, dialog.File{ID: t.nextErrand(), Order: o})
}

func (t *step) noteOrder(o dialog.Order) {
	what := o.Kind
	if what == string(flow.OrderNew) || what == string(flow.OrderUpdate) {
		what = "ticket"
	}
	t.note(dialog.Note{What: what, Category: o.Category, To: o.DispatchTo, From: o.Ticket, Reason: o.Urgency})
}

// addressed fills in what the category says: who is in charge, who is to handle it, how urgent it
// is; and what is known of the person's wishes.
func (t *step) addressed(o dialog.Order) dialog.Order {
	base := t.e.cfg.Knowledge
	o.Facts = t.facts()
	o.Confidential, o.Anonymous = t.s.Confidential, t.s.Anonymous
	if o.Anonymous {
		for name, s := range t.house.Slots {
			if s.Kind == slot.Phone || s.Kind == slot.Person {
				delete(o.Facts, name)
			}
		}
	}
	c, ok := base.Category(o.Category)
	if !ok {
		return o
	}
	o.Owner, o.DispatchTo = c.Department, c.Department
	if o.Urgency == "" {
		o.Urgency = c.Urgency
	}
	if district := o.Facts[t.e.byKind[slot.District]]; c.Dispatch == "district" && district != "" {
		for _, d := range base.Departments() {
			if d.Kind == "district" && strings.HasPrefix(d.Name, district) {
				o.DispatchTo = d.ID
			}
		}
	}
	return o
}

// story is the matter in the person's words.
func (t *step) story() string { return strings.Join(t.s.Story, "。") }
