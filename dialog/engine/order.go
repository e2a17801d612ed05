package engine

import (
	"regexp"
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
	flag := text("flag")
	if flag == "" && o.Kind == string(flow.OrderNew) && affected(t.story()) {
		flag = groupRisk
	}
	if flag != "" {
		o.Flags = append(o.Flags, flag)
		t.note(dialog.Note{What: "handoff_flag", Reason: flag})
	}
	t.noteOrder(o)
	t.out = append(t.out, dialog.File{ID: t.await(), Order: o})
	t.listenFor(lookUpWithin)
}

// filed keeps the number of a new order, so that it can be spoken, and the person can go on about it.
func (t *step) filed(n flow.Node, d dialog.Done) {
	t.s.Filed = true
	number, _ := d.Result["number"].(string)
	if kept := t.s.Vars[n.Into]; n.Into != "" && kept != nil && number != "" {
		kept["spoken"] = slot.Spoken(slot.Ticket, number) // result made this map
	}
	if name, ok := t.e.byKind[slot.Ticket]; ok && n.Order == flow.OrderNew && slot.Validate(slot.Ticket, number) == "" {
		if t.s.Facts == nil {
			t.s.Facts = map[string]dialog.Fact{}
		}
		t.s.Facts[name] = dialog.Fact{Value: number, Spoken: slot.Spoken(slot.Ticket, number), Confidence: 1, Confirmed: true, Inferred: true}
	}
}

// groupRisk flags an order that many people wait for.
const groupRisk = "group_risk"

var (
	crowd    = regexp.MustCompile(`([\d零一二两三四五六七八九十百千几]+)(?:多|来|几)?(?:个|名|位|号|户)?(?:人|工友|工人|农民工|业主|户|家长|村民|居民|学生|员工|职工)`)
	together = regexp.MustCompile(`全村|全小区|全体业主|集体(?:上访|讨薪|维权|投诉)|联名|拉横幅|堵路|上访`)
	tens     = regexp.MustCompile(`[十百千]|\d\d`)
)

// affected reports whether a story tells of ten people or more, or of what they do together.
func affected(story string) bool {
	if together.MatchString(story) {
		return true
	}
	for _, m := range crowd.FindAllStringSubmatch(story, -1) {
		if tens.MatchString(m[1]) {
			return true
		}
	}
	return false
}

// critical is the urgency of danger.
const critical = "critical"

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
	if o.Urgency == critical { // no time for a detour
		return o
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
