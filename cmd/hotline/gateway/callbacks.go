package gateway

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// ledger keeps what the desk must not forget, and has the records follow.
type ledger struct {
	db.Ledger
	touch func(hotline.ConversationID)
}

// Keep implements desk.Ledger.
func (l ledger) Keep(ctx context.Context, entries []desk.Entry) error {
	if err := l.Ledger.Keep(ctx, entries); err != nil {
		return err
	}
	for _, e := range entries {
		if o, ok := e.(desk.Outcome); ok {
			l.touch(o.Conversation)
		}
	}
	return nil
}

// callbacks are the calls to be made, whose transitions are the desk's; it implements api.Callbacks.
type callbacks struct {
	desk  *desk.Desk
	store *db.DB
}

// TakeCallback implements api.Callbacks.
func (c callbacks) TakeCallback(ctx context.Context, id, agent string) (records.CallbackTask, error) {
	if _, err := c.desk.TakeCallback(ctx, agent, id); err != nil {
		return records.CallbackTask{}, err
	}
	return c.store.Callback(ctx, id)
}

// results are what an attempt came to, in the words of the desk.
var results = map[records.CallbackOutcome]desk.Result{
	records.Reached: desk.Reached, records.NoAnswer: desk.Unanswered, records.WrongNumber: desk.Void, records.Declined: desk.Void,
}

// SettleCallback implements api.Callbacks.
func (c callbacks) SettleCallback(ctx context.Context, id, agent string, outcome records.CallbackOutcome, note string) (records.CallbackTask, error) {
	result, known := results[outcome]
	if !known {
		return records.CallbackTask{}, hotline.Errorf("settle callback", hotline.CodeInvalid, "没有这种结果 no outcome %q", outcome)
	}
	if _, err := c.desk.SettleCallback(ctx, agent, id, result, note); err != nil {
		return records.CallbackTask{}, err
	}
	return c.store.Callback(ctx, id)
}
