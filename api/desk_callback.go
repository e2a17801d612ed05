package api

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// promises are the calls to be made as the desk gives them out, so that nobody is offered one that
// another has taken from the list. What the desk has confirmed is in the store.
type promises struct {
	desk  *desk.Desk
	store *db.DB
}

// promise is a callback that an agent has taken, nil for none.
func (o *office) promise(c *desk.Callback) *Callback {
	if c == nil {
		return nil
	}
	return &Callback{
		ID: c.ID, Conversation: c.Conversation, Number: c.Number, Place: o.place(c.Number), Queue: c.Queue, Reason: string(c.Kind), Since: c.Made, Due: optionalTime(c.Due),
		State: string(c.State), Agent: c.Agent, Attempts: len(c.Attempts), Note: c.Note,
	}
}

// TakeCallback implements Callbacks.
func (p promises) TakeCallback(ctx context.Context, id, agent string) (records.CallbackTask, error) {
	if _, err := p.desk.TakeCallback(ctx, agent, id); err != nil {
		return records.CallbackTask{}, err
	}
	return p.store.Callback(ctx, id)
}

// results are what the desk calls the outcomes of a call.
var results = map[records.CallbackOutcome]desk.Result{
	records.Reached: desk.Reached, records.NoAnswer: desk.Unanswered, records.WrongNumber: desk.Void, records.Declined: desk.Void,
}

// SettleCallback implements Callbacks.
func (p promises) SettleCallback(ctx context.Context, id, agent string, outcome records.CallbackOutcome, note string) (records.CallbackTask, error) {
	result, known := results[outcome]
	if !known {
		return records.CallbackTask{}, hotline.Errorf("settle callback", hotline.CodeInvalid, "%q is no outcome of a call", outcome)
	}
	_, err := p.desk.SettleCallback(ctx, agent, id, result, note)
	if hotline.CodeOf(err) == hotline.CodeForbidden { // as the store says it
		err = hotline.Errorf("settle callback", hotline.CodeConflict, "任务不在您手上 the callback is not yours to do this with")
	}
	if err != nil {
		return records.CallbackTask{}, err
	}
	return p.store.Callback(ctx, id)
}
