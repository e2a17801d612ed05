package db

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
)

// Ledger is the DB as the desk sees it.
type Ledger struct{ *DB }

var _ desk.Ledger = Ledger{}

// Keep implements desk.Ledger.
func (l Ledger) Keep(ctx context.Context, entries []desk.Entry) error {
	const op = "keep what the desk does"
	list := make([]DeskEntry, len(entries))
	for i, entry := range entries {
		body, err := json.Marshal(entry)
		if err != nil {
			return hotline.Errorf(op, hotline.CodeInternal, "%w", err)
		}
		switch e := entry.(type) {
		case desk.Outcome:
			r := records.Request{
				ID: e.ID, Conversation: e.Conversation, Outcome: endings[e.Ending], Body: string(body),
				WrapUp: time.Duration(e.WrapUpMS) * time.Millisecond,
			}
			list[i].Request = &r
		case desk.Callback:
			c := taskOf(e)
			c.Body = string(body)
			list[i].Callback = &c
		case desk.Place:
			list[i].Conversation, list[i].Place = e.Request.Conversation, string(body)
		case desk.PlaceGone:
			list[i].Conversation = e.Conversation
		default:
			return hotline.Errorf(op, hotline.CodeInternal, "%T is not known", entry)
		}
	}
	return l.KeepDesk(ctx, list)
}

var endings = map[desk.Ending]records.Outcome{
	desk.EndAnswered: records.Answered, desk.EndAbandoned: records.Abandoned, desk.EndTimedOut: records.Refused, desk.EndRefused: records.Refused,
	desk.EndCallback: records.Callback, desk.EndMessage: records.Message, desk.EndReturned: records.Returned,
}

func taskOf(c desk.Callback) records.CallbackTask {
	t := records.CallbackTask{
		ID: c.ID, Conversation: c.Conversation, Number: c.Number, Queue: c.Queue, Reason: string(c.Kind), Since: c.Made, Due: c.Due,
		State: records.CallbackState(c.State), Agent: c.Agent, Attempts: len(c.Attempts), Note: c.Note, Done: c.Done,
		Outcome: records.CallbackOutcome(c.Result), MessageAudio: c.Kind == desk.CallbackMessage, Tried: c.Dialled,
	}
	if n := len(c.Attempts); n > 0 {
		t.Tried, t.Remark = c.Attempts[0].At, c.Attempts[n-1].Note
		if t.Outcome == "" {
			t.Outcome = records.NoAnswer
		}
	}
	return t
}

// Load implements desk.Ledger.
func (l Ledger) Load(ctx context.Context) (callbacks []desk.Callback, places []desk.Place, err error) {
	const op = "load the desk"
	var bodies []string
	err = l.read.NewSelect().Table("callbacks").Column("body").Where("state <> ?", records.CallbackDone).Where("body <> ''").Order("since").Scan(ctx, &bodies)
	if err != nil {
		return nil, nil, failed(op, err)
	}
	if callbacks, err = decoded[desk.Callback](op, bodies); err != nil {
		return nil, nil, err
	}
	if bodies, err = l.Places(ctx); err != nil {
		return nil, nil, err
	}
	places, err = decoded[desk.Place](op, bodies)
	return callbacks, places, err
}

func decoded[T any](op string, bodies []string) ([]T, error) {
	list := make([]T, len(bodies))
	for i, body := range bodies {
		if err := json.Unmarshal([]byte(body), &list[i]); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
		}
	}
	return list, nil
}
