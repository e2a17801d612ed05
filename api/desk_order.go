package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/kb"
)

type orderInput struct {
	InPath
	Body struct {
		Kind         string            `json:"kind" enum:"new,urge,append,withdraw,reopen"`
		Ticket       string            `json:"ticket,omitempty" maxLength:"32" doc:"The order it is about, unless it is new."`
		Act          string            `json:"act,omitempty" maxLength:"32"`
		Category     string            `json:"category,omitempty" maxLength:"64" doc:"Id of a leaf of the categories."`
		Urgency      string            `json:"urgency,omitempty" maxLength:"32"`
		Facts        map[string]string `json:"facts,omitempty" doc:"By slot."`
		Text         string            `json:"text" minLength:"1" maxLength:"5000"`
		Confidential bool              `json:"confidential,omitempty"`
	}
}

type orderOutput struct {
	Body struct {
		Number string `json:"number"`
	}
}

// Bounds of an order.
const (
	mostFacts   = 64
	longestFact = 500 // characters
)

// order checks what an agent wants filed and addresses it.
func (a *API) order(in *orderInput) (dialog.Order, error) {
	b := in.Body
	wrong := func(format string, args ...any) (dialog.Order, error) {
		return dialog.Order{}, hotline.Errorf("file order", hotline.CodeInvalid, format, args...)
	}
	o := dialog.Order{Kind: b.Kind, Ticket: b.Ticket, Act: b.Act, Category: b.Category, Urgency: b.Urgency, Facts: b.Facts, Text: tidy(b.Text, 5000), Confidential: b.Confidential}
	if len(o.Facts) > mostFacts {
		return wrong("facts: %d, at most %d", len(o.Facts), mostFacts)
	}
	for slot, value := range o.Facts {
		if len(slot) > 64 || len([]rune(value)) > longestFact {
			return wrong("facts.%.64s: at most %d characters", slot, longestFact)
		}
	}
	if (o.Kind == "new") != (o.Ticket == "") {
		return wrong("新工单没有 ticket，其余的须有 a new order has no ticket, the others have")
	}
	if o.Category == "" || a.cfg.Knowledge == nil {
		return o, nil
	}
	base := a.cfg.Knowledge.Base()
	c, found := base.Category(o.Category)
	if !found || !c.Leaf {
		return wrong("没有这个分类 no such category: %s", o.Category)
	}
	if o.Urgency == "" {
		o.Urgency = c.Urgency
	}
	o.Owner, o.DispatchTo = c.Department, dispatchTo(base, c, o)
	return o, nil
}

// dispatchTo is who is to handle an order: the department in charge, or the district by the address when
// the category says so and there is time for it.
func dispatchTo(base *kb.Base, c kb.Category, o dialog.Order) string {
	district := o.Facts["district"]
	if c.Dispatch != "district" || district == "" || o.Urgency == "critical" {
		return c.Department
	}
	for _, d := range base.Departments() {
		if d.Kind == "district" && strings.HasPrefix(d.Name, district) {
			return d.ID
		}
	}
	return c.Department
}

func (a *API) fileOrder(ctx context.Context, in *orderInput) (*orderOutput, error) {
	if a.office.File == nil {
		return nil, a.failed(ctx, absent("work order"))
	}
	if err := a.office.ownsTalk(ctx, me(ctx), in.ID); err != nil {
		return nil, a.failed(ctx, err)
	}
	o, err := a.order(in)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, a.failed(ctx, hotline.Errorf("file order", hotline.CodeInvalid, "%w", err))
	}
	sum := sha256.Sum256(text)
	errand := "desk." + hex.EncodeToString(sum[:8])
	events, err := a.office.Events(ctx, in.ID)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	t := talkOf(in.ID, events)
	out := &orderOutput{}
	if out.Body.Number, err = a.office.File(ctx, string(in.ID)+"/"+errand, desk.Talk{Conversation: in.ID, Channel: t.Channel, Caller: t.Caller}, o); err != nil {
		return nil, a.failed(ctx, err)
	}
	if out.Body.Number == "" {
		out.Body.Number = o.Ticket
	}
	for _, e := range events {
		if f, ok := e.Body.(hotline.Filed); ok && f.Errand == errand {
			return out, nil
		}
	}
	filed := hotline.Filed{
		Errand: errand, What: o.Kind, Number: out.Body.Number, Act: o.Act, Category: o.Category, DispatchTo: o.DispatchTo, Urgency: o.Urgency, Facts: o.Facts, Text: o.Text,
	}
	// A conversation that is over takes no more events; the order is filed all the same.
	if err := a.office.Note(ctx, in.ID, filed); err != nil && hotline.CodeOf(err) != hotline.CodeConflict {
		a.log.Warn("filed order is not in the log", "conversation", string(in.ID), "error", err)
	}
	return out, nil
}
