// Package replay plays recorded conversations against a dialog and tells what comes out otherwise than
// it did: the test of a new version on what people really said.
package replay

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// Outcome is what a conversation led to.
type Outcome struct {
	Answers   []string `json:"answers"`   // entries, in order
	Orders    []string `json:"orders"`    // kind, category and department
	Handovers []string `json:"handovers"` // queue, reason and priority
	Closed    bool     `json:"closed"`    // by the dialog

	errands []string // of Orders
}

// Change is a conversation that ends otherwise. Turn is the first whose outcome differs, 0 the greeting.
type Change struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Turn         int                    `json:"turn"`
	Heard        string                 `json:"heard,omitempty"` // in that turn
	Before       Outcome                `json:"before"`
	After        Outcome                `json:"after"`
}

// Compare plays a recorded conversation and returns how its outcome changes, nil when it stays.
func Compare(e dialog.Engine, events []hotline.Event) (*Change, error) {
	if len(events) == 0 {
		return nil, hotline.Errorf("replay", hotline.CodeInvalid, "没有事件 no events")
	}
	if _, ok := events[0].Body.(hotline.Started); !ok {
		return nil, hotline.Errorf("replay", hotline.CodeInvalid, "会话 %s 的记录不从头开始 the log of the conversation does not start at its beginning", events[0].Conversation)
	}
	before, heard := recorded(events)
	after := replayed(e, events)
	if last(before).same(last(after)) {
		return nil, nil
	}
	turn := 0
	for turn < min(len(before), len(after)) && before[turn].same(after[turn]) {
		turn++
	}
	change := &Change{Conversation: events[0].Conversation, Turn: turn, Before: last(before), After: last(after)}
	if turn < len(heard) {
		change.Heard = heard[turn]
	}
	return change, nil
}

func last(list []Outcome) Outcome { return list[len(list)-1] }

func (o Outcome) clone() Outcome {
	o.Answers, o.Orders, o.Handovers = slices.Clone(o.Answers), slices.Clone(o.Orders), slices.Clone(o.Handovers)
	o.errands = slices.Clone(o.errands)
	return o
}

func (o Outcome) same(p Outcome) bool {
	return slices.Equal(o.Answers, p.Answers) && slices.Equal(o.Orders, p.Orders) && slices.Equal(o.Handovers, p.Handovers) && o.Closed == p.Closed
}

// order notes an order. One under the same errand takes the place of the one before, or takes it away.
func (o *Outcome) order(errand, kind, category, to string) {
	at := slices.Index(o.errands, errand)
	what := fmt.Sprintf("%s %s → %s", kind, category, to)
	switch {
	case kind == dialog.OrderVoid && at >= 0:
		o.Orders, o.errands = slices.Delete(o.Orders, at, at+1), slices.Delete(o.errands, at, at+1)
	case kind == dialog.OrderVoid:
	case at >= 0:
		o.Orders[at] = what
	default:
		o.Orders, o.errands = append(o.Orders, what), append(o.errands, errand)
	}
}

func (o *Outcome) handover(queue, reason string, priority int) {
	o.Handovers = append(o.Handovers, fmt.Sprintf("%s (%s, %d)", queue, reason, priority))
}

// turns are outcomes after each thing that happened to the dialog.
type turns struct {
	list []Outcome
	now  Outcome
}

func (t *turns) next() { t.list = append(t.list, t.now.clone()) }

// recorded reads from a log what was led to, after the beginning and after each further input, and
// what was heard in it.
func recorded(events []hotline.Event) ([]Outcome, []string) {
	var t turns
	var heard []string
	text := ""
	var before Outcome // the last turn
	for _, e := range events {
		if input(e.Body) {
			if _, first := e.Body.(hotline.Started); !first {
				t.next()
				heard = append(heard, text)
			}
			text = ""
		}
		switch b := e.Body.(type) {
		case hotline.Heard:
			text = b.Text
			if b.Rejected == "" {
				if b.Replaces != 0 {
					t.now = before.clone()
				}
				before = t.now.clone()
			}
		case hotline.KeyPressed:
			text = "按键 key " + b.Key
		case hotline.Decided:
			if b.What == "answer" {
				t.now.Answers = append(t.now.Answers, b.Entry)
			}
		case hotline.Filed:
			t.now.order(b.Errand, b.What, b.Category, b.DispatchTo)
		case hotline.HandedOver:
			t.now.handover(b.Queue, b.Reason, b.Priority)
		case hotline.Ended:
			t.now.Closed = b.By == "system" && b.Reason != "idle" && b.Reason != "shutdown"
		}
	}
	t.next()
	return t.list, append(heard, text)
}

// input reports whether an event was told to the dialog as such. What came of errands and handovers
// follows from what it did.
func input(body hotline.EventBody) bool {
	switch b := body.(type) {
	case hotline.Heard:
		return b.Rejected == ""
	case hotline.Started, hotline.KeyPressed, hotline.Silent, hotline.Unheard:
		return true
	}
	return false
}

// player is a conversation that is played.
type player struct {
	engine  dialog.Engine
	state   dialog.State
	lookups []hotline.LookedUp // recorded and not given yet
	numbers []string           // of orders
	turns
}

func replayed(e dialog.Engine, events []hotline.Event) []Outcome {
	p := &player{engine: e}
	for _, event := range events {
		switch b := event.Body.(type) {
		case hotline.LookedUp:
			p.lookups = append(p.lookups, b)
		case hotline.Filed:
			p.numbers = append(p.numbers, b.Number)
		}
	}
	var before dialog.State
	var outcome Outcome // before the last turn
	begun := false
	for _, event := range events {
		if !input(event.Body) {
			continue
		}
		if begun {
			p.next()
		}
		begun = true
		switch b := event.Body.(type) {
		case hotline.Started:
			p.feed(dialog.Started{Channel: b.Channel, From: b.From, At: event.At, Elder: b.Elder})
		case hotline.Heard:
			if b.Replaces != 0 {
				p.state, p.now = before, outcome.clone()
			}
			before, outcome = p.state, p.now.clone()
			p.feed(dialog.Heard{Text: b.Text, Confidence: b.Confidence, At: event.At})
		case hotline.KeyPressed:
			p.feed(dialog.Key{Key: b.Key})
		case hotline.Silent:
			p.feed(dialog.Silence{})
		case hotline.Unheard:
			p.feed(dialog.Unheard{Failed: b.Failed})
		case hotline.Unattended:
			p.feed(dialog.Unattended{Reason: b.Reason})
		case hotline.Joined:
			if b.Role == "agent" || b.Role == "service" {
				p.feed(dialog.Attended{})
			}
		case hotline.Returned:
			p.feed(dialog.Returned{Reason: b.Reason})
		}
	}
	p.next()
	return p.list
}

// feed gives the dialog an event, and what was recorded of its errands.
func (p *player) feed(e dialog.Event) { p.state = dialog.Drive(p.engine, p.state, e, p.carryOut) }

func (p *player) carryOut(a dialog.Action) dialog.Event {
	switch a := a.(type) {
	case dialog.Note:
		if a.What == "answer" {
			p.now.Answers = append(p.now.Answers, a.Entry)
		}
	case dialog.Handover:
		p.now.handover(a.Queue, a.Reason, a.Priority)
	case dialog.Hangup:
		p.now.Closed = true
	case dialog.LookUp:
		return p.lookUp(a)
	case dialog.File:
		p.now.order(a.ID, a.Order.Kind, a.Order.Category, a.Order.DispatchTo)
		return p.file(a)
	}
	return nil
}

// lookUp gives what the same system answered to the same question then.
func (p *player) lookUp(a dialog.LookUp) dialog.Done {
	for i, r := range p.lookups {
		if r.System == a.System && maps.EqualFunc(r.Input, a.Input, func(x, y any) bool { return fmt.Sprint(x) == fmt.Sprint(y) }) {
			p.lookups = slices.Delete(p.lookups, i, i+1)
			return dialog.Done{ID: a.ID, Failed: r.Failed, Result: r.Result}
		}
	}
	return dialog.Done{ID: a.ID, Failed: "记录中没有这次查询 not recorded"}
}

func (p *player) file(a dialog.File) dialog.Done {
	number := fmt.Sprintf("%s%06d", time.Time{}.Format("060102"), len(p.now.Orders))
	if len(p.numbers) > 0 {
		number, p.numbers = p.numbers[0], p.numbers[1:]
	}
	return dialog.Done{ID: a.ID, Result: map[string]any{"number": number}}
}
