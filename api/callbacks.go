package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// Callbacks gives calls to be made to agents. The store does so itself; a desk that calls people back takes its
// place.
type Callbacks interface {
	// TakeCallback gives a call to an agent; CodeConflict when it is not to be had.
	TakeCallback(ctx context.Context, id, agent string) (records.CallbackTask, error)
	// SettleCallback notes what came of an attempt; CodeConflict when the agent does not have it.
	SettleCallback(ctx context.Context, id, agent string, outcome records.CallbackOutcome, note string) (records.CallbackTask, error)
}

var _ Callbacks = (*db.DB)(nil)

// Callback is a call to be made.
type Callback struct {
	ID           string                 `json:"id"`
	Conversation hotline.ConversationID `json:"conversation,omitempty"`
	Number       string                 `json:"number" doc:"In lists 138****8000, but for supervisors and who has taken it."`
	Place        string                 `json:"place,omitempty" doc:"Where the number is from (归属地)."`
	Caller       string                 `json:"caller,omitempty"`
	Queue        string                 `json:"queue"`
	Reason       string                 `json:"reason" doc:"asked, abandoned, missed, message or unsatisfied."`
	Since        time.Time              `json:"since"`
	Due          *time.Time             `json:"due,omitempty"`
	State        string                 `json:"state" enum:"open,taken,done"`
	Agent        string                 `json:"agent,omitempty"`
	Attempts     int                    `json:"attempts"`
	Outcome      string                 `json:"outcome,omitempty" doc:"Of the last attempt."`
	Note         string                 `json:"note,omitempty" doc:"What the person has left to be said."`
	Remark       string                 `json:"remark,omitempty" doc:"What was noted of the last attempt."`
	MessageAudio bool                   `json:"message_audio,omitempty" doc:"The recording of the conversation has a message. Who has taken the callback may open the record."`
}

func (a *API) callbackOf(c records.CallbackTask) Callback {
	return Callback{
		ID: c.ID, Conversation: c.Conversation, Number: c.Number, Place: a.placeOf(c.Number), Caller: c.Caller, Queue: c.Queue, Reason: c.Reason, Since: c.Since,
		Due: optionalTime(c.Due), State: string(c.State), Agent: c.Agent, Attempts: c.Attempts, Outcome: string(c.Outcome), Note: c.Note,
		Remark: c.Remark, MessageAudio: c.MessageAudio && a.cfg.Archive != nil && a.cfg.Archive.Recordings != "",
	}
}

// calling is a call to be made as somebody sees it in a list. Who takes it is told the number, and may dial without.
func (a *API) calling(who identity, c records.CallbackTask) Callback {
	out := a.callbackOf(c)
	if !who.has(ScopeSupervise) && (c.Agent == "" || c.Agent != who.agent()) {
		out.Number = masked(out.Number)
		if c.State == records.CallbackDone { // nobody acts on it any more
			out.Caller, out.Note, out.Remark = "", "", ""
		}
	}
	return out
}

// CallbackPath names the call of a request.
type CallbackPath struct {
	ID string `path:"callback" pattern:"^[0-9A-Za-z_-]{1,64}$"`
}

type callbackOutput struct{ Body Callback }

type callbacksOutput struct {
	Body struct {
		Items []Callback `json:"items" nullable:"false" doc:"Who waits longest first; of those done, the latest first."`
	}
}

type settleInput struct {
	CallbackPath
	Body struct {
		Outcome records.CallbackOutcome `json:"outcome" enum:"reached,no_answer,wrong_number,refused"`
		Note    OutcomeNote             `json:"note,omitempty"`
	}
}

// maxOutcomeNote bounds what is noted of an attempt, in characters. The console has it from types.ts.
const maxOutcomeNote = 500

// OutcomeNote is what is noted of an attempt.
type OutcomeNote string

// Schema implements huma.SchemaProvider.
func (OutcomeNote) Schema(huma.Registry) *huma.Schema {
	most := maxOutcomeNote
	return &huma.Schema{Type: huma.TypeString, MaxLength: &most}
}

func (a *API) callbacks() {
	const all, one = "/desk/callbacks", "/desk/callbacks/{callback}"
	gives := a.cfg.Callbacks
	switch {
	case gives != nil:
	case a.office != nil:
		gives = promises{a.office.Desk.Desk, a.cfg.Store}
	default:
		gives = a.cfg.Store
	}
	answer := func(ctx context.Context, c records.CallbackTask, err error) (*callbackOutput, error) {
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		return &callbackOutput{a.callbackOf(c)}, nil
	}
	huma.Register(a.huma, a.operation("list-callbacks", http.MethodGet, all, "回拨任务 Calls to be made", needDesk), func(ctx context.Context, in *struct {
		State records.CallbackState `query:"state" enum:"open,taken,done" default:"open"`
		Limit int                   `query:"limit" minimum:"1" maximum:"500" default:"200"`
	}) (*callbacksOutput, error) {
		list, err := a.cfg.Store.Callbacks(ctx, in.State, in.Limit)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &callbacksOutput{}
		out.Body.Items = make([]Callback, len(list))
		for i, c := range list {
			out.Body.Items[i] = a.calling(callerOf(ctx), c)
		}
		return out, nil
	})
	huma.Register(a.huma, a.operation("take-callback", http.MethodPost, one+"/take", "领取回拨 Take a call to be made", needDesk, http.StatusNotFound, http.StatusConflict), func(ctx context.Context, in *CallbackPath) (*callbackOutput, error) {
		c, err := gives.TakeCallback(ctx, in.ID, callerOf(ctx).agent())
		return answer(ctx, c, err)
	})
	huma.Register(a.huma, a.operation("settle-callback", http.MethodPost, one+"/outcome", "回拨结果 What came of an attempt", needDesk, http.StatusNotFound, http.StatusConflict), func(ctx context.Context, in *settleInput) (*callbackOutput, error) {
		c, err := gives.SettleCallback(ctx, in.ID, callerOf(ctx).agent(), in.Body.Outcome, tidy(string(in.Body.Note), maxOutcomeNote))
		return answer(ctx, c, err)
	})
}
