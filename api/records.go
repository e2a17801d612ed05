package api

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/playback"
	"github.com/hotline-cc/hotline/records"
)

// Record is a conversation in lists.
type Record struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      string                 `json:"channel" doc:"phone, web or chat."`
	Caller       string                 `json:"caller,omitempty" doc:"In lists 138****8000, but for supervisors."`
	Place        string                 `json:"place,omitempty" doc:"Where the number of the caller is from (归属地). Not in lists when confidential."`
	Started      time.Time              `json:"started"`
	Ended        *time.Time             `json:"ended,omitempty" doc:"Absent while it goes on."`
	WithAgent    bool                   `json:"with_agent"`
	Agent        string                 `json:"agent,omitempty" doc:"Who had it last."`
	Agents       []string               `json:"agents,omitempty" doc:"Who had it, in order."`
	Queue        string                 `json:"queue,omitempty"`
	Category     string                 `json:"category,omitempty" doc:"What it was about, as the last one who said so took it to be. Not in lists when confidential."`
	Requested    *time.Time             `json:"requested,omitempty" doc:"When a person was asked for."`
	Answered     *time.Time             `json:"answered,omitempty"`
	WaitedMS     *int64                 `json:"waited_ms,omitempty"`
	TalkedMS     *int64                 `json:"talked_ms,omitempty"`
	WrapUpMS     *int64                 `json:"wrap_up_ms,omitempty"`
	Transfers    int                    `json:"transfers,omitempty"`
	Outcome      string                 `json:"outcome,omitempty" doc:"answered, abandoned, bot, refused, callback, message or returned; absent while it goes on."`
	Rating       int                    `json:"rating,omitempty" doc:"1…5, 5 the best."`
	Resolved     *bool                  `json:"resolved,omitempty"`
	Turns        int                    `json:"turns"`
	Recording    bool                   `json:"recording"`
	Summary      string                 `json:"summary,omitempty" doc:"Not in lists when confidential."`
	Confidential bool                   `json:"confidential,omitempty"`
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func optionalMS(d time.Duration, known bool) *int64 {
	if !known {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}

func (a *API) recordOf(r records.Record) Record {
	return Record{
		Conversation: r.Conversation, Channel: string(r.Channel), Caller: r.Caller, Place: a.placeOf(r.Caller), Started: r.Started, Ended: optionalTime(r.Ended),
		WithAgent: len(r.Agents) > 0, Agent: r.Agent(), Agents: r.Agents, Queue: r.Queue, Category: r.Category, Requested: optionalTime(r.Requested), Answered: optionalTime(r.Answered),
		WaitedMS: optionalMS(r.Waited, !r.Requested.IsZero() && (r.Over() || !r.Answered.IsZero())), TalkedMS: optionalMS(r.Talked, !r.Answered.IsZero()),
		WrapUpMS: optionalMS(r.WrapUp, r.Wrapped), Transfers: r.Transfers, Outcome: string(r.Outcome), Rating: r.Rating, Resolved: r.Resolved,
		Turns: r.Turns, Recording: r.Recording != "", Summary: r.Summary, Confidential: r.Confidential,
	}
}

// listed is a record as somebody sees it in a list.
func (a *API) listed(who identity, r records.Record) Record {
	out := a.recordOf(r)
	if r.Confidential {
		out.Summary, out.Place, out.Category = "", "", ""
	}
	if r.Confidential || !who.has(ScopeSupervise) {
		out.Caller = masked(out.Caller)
	}
	return out
}

type recordsInput struct {
	From     time.Time       `query:"from" doc:"Began then or later."`
	To       time.Time       `query:"to" doc:"Began before."`
	Channel  hotline.Channel `query:"channel" enum:"phone,web,chat"`
	Agent    string          `query:"agent" maxLength:"64"`
	Category string          `query:"category" maxLength:"64" doc:"Of any level. Confidential conversations are not among them."`
	Queue    string          `query:"queue" maxLength:"64"`
	Outcome  string          `query:"outcome" enum:"answered,abandoned,bot,refused,callback,message,returned"`
	Caller   string          `query:"caller" maxLength:"64" doc:"The whole number."`
	Text     string          `query:"q" maxLength:"64" doc:"Something that was said, two letters, digits or characters at least. Confidential conversations are not searched."`
	Before   string          `query:"before" pattern:"^([1-9a-z][0-9a-z]{0,11})?$" doc:"What the page before gave as next."`
	Limit    int             `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type recordsOutput struct {
	Body struct {
		Items []Record `json:"items" nullable:"false" doc:"The latest first."`
		Next  string   `json:"next,omitempty" doc:"What to give as before for the next page."`
	}
}

// Channel is one side of a recording.
type Channel struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Mark is something said, with its place in the recording.
type Mark struct {
	AtMS  int64  `json:"at_ms"`
	By    string `json:"by" doc:"caller, bot, or who of the people."`
	Text  string `json:"text"`
	Event uint64 `json:"event"`
}

// Grade is what the person thought of a conversation.
type Grade struct {
	Grade   int       `json:"grade" doc:"1…5, 5 the best."`
	How     string    `json:"how" doc:"keys, voice, text, widget or link."`
	Comment string    `json:"comment,omitempty"`
	At      time.Time `json:"at"`
}

// Note is what an agent has noted of a conversation.
type Note struct {
	Agent string `json:"agent"`
	Text  string `json:"text"`
}

type replayOutput struct {
	Body struct {
		Record     Record    `json:"record"`
		Grade      *Grade    `json:"grade,omitempty"`
		Notes      []Note    `json:"notes,omitempty" doc:"Of agents, since it was over."`
		Events     []Event   `json:"events" nullable:"false" doc:"The first 5,000."`
		Channels   []Channel `json:"channels" nullable:"false" doc:"Of the recording; none without one."`
		DurationMS int64     `json:"duration_ms"`
		Marks      []Mark    `json:"marks" nullable:"false"`
	}
}

type numberOutput struct {
	Body struct {
		Caller string `json:"caller"`
	}
}

const mostEvents = 5000 // of a record

func (a *API) records() {
	if a.cfg.Archive == nil {
		return
	}
	huma.Register(a.huma, a.operation("list-records", http.MethodGet, "/records", "会话记录 Conversations of all channels", needRecords), a.listRecords)
	huma.Register(a.huma, a.operation("get-record", http.MethodGet, "/records/{id}", "会话详情 A conversation with all that was said", needRecords, http.StatusNotFound), a.replay)
	number := a.operation("get-record-caller", http.MethodGet, "/records/{id}/caller", "完整号码 The whole number of the caller", needRecords, http.StatusNotFound)
	number.Description = "Of who is masked in lists. It is kept in the audit record."
	huma.Register(a.huma, number, a.wholeNumber)
}

func (a *API) listRecords(ctx context.Context, in *recordsInput) (*recordsOutput, error) {
	who := callerOf(ctx)
	q := records.Query{
		From: in.From, To: in.To, Channel: in.Channel, Agent: in.Agent, Queue: in.Queue, Outcome: records.Outcome(in.Outcome),
		Caller: in.Caller, Text: in.Text, Limit: in.Limit + 1,
	}
	if !who.has(ScopeSupervise) && !who.has(ScopeRead) {
		if q.Own = who.agent(); q.Own == "" { // else it would mean everybody
			return nil, a.failed(ctx, hotline.Errorf("list records", hotline.CodeForbidden, "不是坐席 not an agent"))
		}
	}
	if in.Category != "" {
		q.Categories = a.below(in.Category)
	}
	if in.Before != "" {
		q.Before, _ = strconv.ParseInt(in.Before, 36, 64) // the pattern holds; too large is the largest
	}
	list, err := a.cfg.Store.Records(ctx, q)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &recordsOutput{}
	out.Body.Items = make([]Record, min(len(list), in.Limit))
	for i := range out.Body.Items {
		out.Body.Items[i] = a.listed(who, list[i].Record)
	}
	if len(list) > in.Limit {
		out.Body.Next = strconv.FormatInt(list[in.Limit-1].Place, 36)
	}
	return out, nil
}

func (a *API) replay(ctx context.Context, in *Opening) (*replayOutput, error) {
	who := callerOf(ctx)
	r, err := a.mayOpen(ctx, who, in.ID, in.Reason, ScopeRead)
	if err == nil {
		err = a.audit(ctx, who, ActionRead, string(in.ID), tidy(in.Reason, maxReason))
	}
	var events []hotline.Event
	if err == nil {
		events, err = a.cfg.Archive.Events(ctx, in.ID)
	}
	if err != nil && len(events) == 0 {
		return nil, a.failed(ctx, err)
	}
	out := &replayOutput{}
	if out.Body.Grade, err = a.gradeOf(ctx, in.ID, events); err != nil {
		return nil, a.failed(ctx, err)
	}
	if out.Body.Notes, err = a.lateNotes(ctx, in.ID); err != nil {
		return nil, a.failed(ctx, err)
	}
	events = events[:min(len(events), mostEvents)]
	out.Body.Record, out.Body.Events = a.recordOf(r), eventsOf(who, events)
	out.Body.Channels, out.Body.Marks = []Channel{}, []Mark{}
	sound, err := a.sound(r)
	out.Body.Record.Recording = err == nil // it may be gone by age
	switch {
	case hotline.CodeOf(err) == hotline.CodeNotFound:
		return out, nil
	case err != nil:
		return nil, a.failed(ctx, err)
	}
	out.Body.DurationMS = sound.Duration().Milliseconds()
	for _, c := range sound.Channels {
		out.Body.Channels = append(out.Body.Channels, Channel(c))
	}
	for _, m := range records.Marks(events, sound.Start) {
		out.Body.Marks = append(out.Body.Marks, Mark{min(m.At, sound.Duration()).Milliseconds(), m.By, m.Text, m.Event})
	}
	return out, nil
}

func (a *API) wholeNumber(ctx context.Context, in *Opening) (*numberOutput, error) {
	who := callerOf(ctx)
	r, err := a.mayOpen(ctx, who, in.ID, in.Reason, ScopeRead)
	if err == nil {
		err = a.audit(ctx, who, ActionNumber, string(in.ID), tidy(in.Reason, maxReason))
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &numberOutput{}
	out.Body.Caller = r.Caller
	return out, nil
}

// gradeOf returns the grade of a conversation, nil when it has none. One that stands beside the log takes precedence, as
// it does in the record.
func (a *API) gradeOf(ctx context.Context, id hotline.ConversationID, events []hotline.Event) (*Grade, error) {
	switch r, err := a.cfg.Store.Rating(ctx, id); {
	case err == nil:
		return &Grade{r.Score, r.How, r.Comment, r.Time().UTC()}, nil
	case hotline.CodeOf(err) != hotline.CodeNotFound:
		return nil, err
	}
	for _, e := range slices.Backward(events) {
		if b, rated := e.Body.(hotline.Rated); rated {
			return &Grade{Grade: b.Grade, How: b.How, At: e.At}, nil
		}
	}
	return nil, nil
}

// sound opens the recording of a conversation; CodeNotFound when there is none.
func (a *API) sound(r records.Record) (*playback.Recording, error) {
	root := a.cfg.Archive.Recordings
	dir := playback.Find(root, r.Conversation)
	if root == "" || dir == "" {
		return nil, hotline.Errorf("open recording", hotline.CodeNotFound, "没有录音 no recording of %s", r.Conversation)
	}
	return playback.Open(filepath.Join(root, dir), a.cfg.Archive.Sealer)
}
