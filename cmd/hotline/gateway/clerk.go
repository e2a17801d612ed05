package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/store/db"
)

// clerk files the requests of all conversations and looks up what they ask for.
type clerk struct {
	orders *db.DB
	tables func(system string, input map[string]any) (result map[string]any, failed string)
	clock  media.Clock
	log    *slog.Logger
}

// fileWithin bounds how long filing may take.
const fileWithin = 8 * time.Second

// Do implements dialog.Clerk.
func (c *clerk) Do(ctx context.Context, id hotline.ConversationID, by hotline.Channel, errand dialog.Action) (dialog.Done, hotline.EventBody) {
	switch e := errand.(type) {
	case dialog.File:
		return c.file(ctx, id, by, e)
	case dialog.LookUp:
		return c.lookUp(ctx, e)
	}
	return dialog.Done{Failed: fmt.Sprintf("%T is no errand", errand)}, hotline.Degraded{Stage: "errand", Reason: string(hotline.CodeInternal)}
}

func (c *clerk) file(ctx context.Context, id hotline.ConversationID, by hotline.Channel, e dialog.File) (dialog.Done, hotline.EventBody) {
	ctx, cancel := context.WithTimeout(ctx, fileWithin)
	defer cancel()
	o, err := c.orders.FileOrder(ctx, db.Order{Ref: string(id) + "/" + e.ID, Conversation: id, Channel: by, Order: e.Order})
	filed := hotline.Filed{
		Errand: e.ID, What: e.Order.Kind, Number: o.Number, Act: e.Order.Act, Category: e.Order.Category,
		DispatchTo: e.Order.DispatchTo, Urgency: e.Order.Urgency, Facts: e.Order.Facts, Text: e.Order.Text,
	}
	if filed.Number == "" {
		filed.Number = e.Order.Ticket
	}
	if err != nil {
		c.log.Error("request not filed", "conversation", string(id), "error", err)
		filed.Failed = string(hotline.CodeOf(err))
		return dialog.Done{ID: e.ID, Failed: filed.Failed}, filed
	}
	return dialog.Done{ID: e.ID, Result: map[string]any{"number": filed.Number}}, filed
}

func (c *clerk) lookUp(ctx context.Context, e dialog.LookUp) (dialog.Done, hotline.EventBody) {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout)
	defer cancel()
	began := c.clock.Now()
	done := dialog.Done{ID: e.ID}
	if e.System == pack.OrderSystem {
		done.Result, done.Failed = c.order(ctx, fmt.Sprint(e.Input["number"]))
	}
	if e.System != pack.OrderSystem || len(done.Result) == 0 && done.Failed == "" {
		done.Result, done.Failed = c.tables(e.System, e.Input)
	}
	return done, hotline.LookedUp{
		Errand: e.ID, System: e.System, Input: e.Input, Failed: done.Failed, Result: done.Result,
		TookMS: int(c.clock.Now().Sub(began).Milliseconds()),
	}
}

// standing is what a person is told of an order, by what was done with it last.
var standing = map[string]string{
	"": "已登记，等待派单", "urge": "已催办，等待派单", "append": "已补充情况，等待派单", "reopen": "已退回重办", "withdraw": "已撤销",
}

// order tells how the order with a number stands; an empty result when it is not ours.
func (c *clerk) order(ctx context.Context, number string) (map[string]any, string) {
	o, err := c.orders.Order(ctx, number)
	var actions []db.Order
	if err == nil {
		actions, err = c.orders.Actions(ctx, number)
	}
	switch {
	case hotline.CodeOf(err) == hotline.CodeNotFound:
		return map[string]any{}, ""
	case err != nil:
		c.log.Error("order not looked up", "error", errors.Join(err, ctx.Err()))
		return nil, string(hotline.CodeOf(err))
	}
	last := ""
	for _, a := range actions {
		if standing[a.Kind] != "" {
			last = a.Kind
		}
	}
	return map[string]any{"number": o.Number, "status": standing[last], "category": o.Category, "filed": o.At.Format(time.DateOnly)}, ""
}
