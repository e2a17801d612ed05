package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
)

type commandInput struct {
	InPath
	Body struct {
		Verb   desk.Verb  `json:"verb" enum:"hold,resume,mute,unmute,consult,transfer,complete,merge,drop,return,finish,press,say"`
		Target TargetBody `json:"target,omitempty" doc:"Of consult and transfer."`
		Text   string     `json:"text,omitempty" maxLength:"2000" doc:"Of say, and the note of return."`
		Key    string     `json:"key,omitempty" maxLength:"128" doc:"Names a message, so that it is not said twice."`
		Keys   string     `json:"keys,omitempty" maxLength:"64" pattern:"^[0-9A-D*#]*$" doc:"Of press."`
	}
}

// TargetBody is whom to ring: one of its fields, but that an extension goes with its agent.
type TargetBody struct {
	Agent     string `json:"agent,omitempty" maxLength:"64"`
	Extension string `json:"extension,omitempty" maxLength:"32"`
	Number    string `json:"number,omitempty" maxLength:"32"`
	Queue     string `json:"queue,omitempty" maxLength:"64"`
	Service   string `json:"service,omitempty" maxLength:"8"`
}

type talkOutput struct {
	Body struct {
		Talk    Talk        `json:"talk"`
		Events  []Event     `json:"events" nullable:"false" doc:"The last 500."`
		History []Contact   `json:"history" nullable:"false" doc:"Conversations of this caller before."`
		Orders  []desk.Past `json:"orders" nullable:"false" doc:"Filed by this caller and not done, and those of this conversation."`
	}
}

type noteInput struct {
	InPath
	Body struct {
		Text string `json:"text" maxLength:"2000" doc:"In the place of what the agent noted before; empty takes it back."`
	}
}

// Of what an agent sees of a conversation.
const (
	lastEvents   = 500
	lastContacts = 20
	commandIn    = 10 * time.Second
)

// deskTalks registers what agents do with conversations.
func (a *API) deskTalks() {
	const one = "/desk/talks/{id}"
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	get := a.operation("get-talk", http.MethodGet, one, "会话全貌 All there is about a conversation", needTalk, notFound)
	get.Description = "Of a conversation that the agent has or has had; supervisors see all. Of one that the agent does not have it is recorded, and takes a supervisor and a reason when it is confidential."
	huma.Register(a.huma, get, a.deskTalk)
	command := a.operation("command-talk", http.MethodPost, one+"/command", "保持、转接、会议… Do something in a conversation", needAgent, notFound, conflict, http.StatusGatewayTimeout)
	command.Description = "409: it does not fit at present. 504: the conversation did not answer; look at the stream for what became of it."
	huma.Register(a.huma, command, func(ctx context.Context, in *commandInput) (*struct{}, error) {
		b := in.Body
		c := desk.Command{Verb: b.Verb, Target: desk.Target(b.Target), Text: b.Text, Key: b.Key, Keys: b.Keys}
		return nil, a.failedOrNil(ctx, a.office.command(ctx, commandIn, me(ctx), in.ID, c))
	})
	note := a.operation("note-talk", http.MethodPost, one+"/note", "备注 Note something that the caller does not see", needAgent, notFound)
	note.Description = "Also of a conversation that is over."
	huma.Register(a.huma, note, func(ctx context.Context, in *noteInput) (*struct{}, error) {
		return nil, a.failedOrNil(ctx, a.note(ctx, in.ID, me(ctx), tidy(in.Body.Text, 2000)))
	})
	order := a.operation("file-order", http.MethodPost, one+"/order", "登记工单 File a work order", needAgent, notFound, http.StatusNotImplemented)
	order.DefaultStatus = http.StatusCreated
	order.Description = "The same order of the same conversation again is the same one, with the same number."
	huma.Register(a.huma, order, a.fileOrder)
}

// command has something done in a conversation and waits until it is.
func (o *office) command(ctx context.Context, within time.Duration, by string, id hotline.ConversationID, c desk.Command) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := o.permit(c.Target); err != nil {
		return err
	}
	err := o.Desk.Desk.Command(ctx, by, id, c)
	if hotline.CodeOf(err) == hotline.CodeTimeout || errors.Is(err, context.DeadlineExceeded) {
		return statusError{err, http.StatusGatewayTimeout}
	}
	return err
}

// permit refuses numbers that agents may not call.
func (o *office) permit(to desk.Target) error {
	if o.Permit == nil || to.Number == "" && to.Service == "" {
		return nil
	}
	return o.Permit(to)
}

func (a *API) deskTalk(ctx context.Context, in *Opening) (*talkOutput, error) {
	h, err := a.office.Desk.Desk.Look(ctx, me(ctx))
	if err != nil && hotline.CodeOf(err) != hotline.CodeNotFound {
		return nil, a.failed(ctx, err)
	}
	var talk Talk
	for _, held := range h.Talks {
		if held.Talk.Conversation == in.ID {
			talk = a.office.talk(held, me(ctx))
		}
	}
	var events []hotline.Event
	if talk.Conversation != "" || h.State.Writing == in.ID {
		events, err = a.office.Events(ctx, in.ID)
	} else {
		events, err = a.openTalk(ctx, in, h.State.Listening == in.ID)
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	if talk.Conversation == "" {
		talk = talkOf(in.ID, events)
	}
	if n := len(events); n > 0 {
		talk.Last = events[n-1].Seq
	}
	if talk.Note, _, err = a.noteOf(ctx, in.ID, me(ctx), events); err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &talkOutput{}
	out.Body.Talk, out.Body.Events = talk, eventsOf(callerOf(ctx), events[max(0, len(events)-lastEvents):])
	out.Body.History, out.Body.Orders = a.office.before(ctx, a, talk, events)
	return out, nil
}

// openTalk reads the log of a conversation that the agent neither has nor writes down, and keeps that they do. Who listens has
// said why.
func (a *API) openTalk(ctx context.Context, in *Opening, listens bool) ([]hotline.Event, error) {
	who := callerOf(ctx)
	var events []hotline.Event
	var err error
	if who.has(ScopeSupervise) {
		events, err = a.office.Events(ctx, in.ID)
	} else {
		events, err = a.office.tookPart(ctx, me(ctx), in.ID)
	}
	if err == nil && !listens {
		err = a.discreetNow(ctx, who, in.ID, events, in.Reason)
	}
	if err != nil {
		return nil, err
	}
	return events, a.noted(ctx, actionRead, string(in.ID), tidy(in.Reason, maxReason))
}

// talkOf is a conversation that the agent does not have, from its log.
func talkOf(id hotline.ConversationID, events []hotline.Event) Talk {
	t := Talk{Conversation: id, Phase: "talking", Parties: []Party{}}
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Started:
			t.Channel, t.Caller, t.Since = b.Channel, b.From, e.At
		case hotline.HandedOver:
			t.Queue, t.Brief.Reason, t.Brief.Category = b.Queue, b.Reason, b.Category
		case hotline.Ended:
			t.Phase = "over"
		}
	}
	return t
}

// before is what a caller had with us, when it is known who that is. That it cannot be read does not keep an agent from the talk.
func (o *office) before(ctx context.Context, a *API, t Talk, events []hotline.Event) (history []Contact, orders []desk.Past) {
	history, orders = []Contact{}, []desk.Past{}
	seen := map[string]bool{}
	add := func(list ...desk.Past) {
		for _, p := range list {
			if !seen[p.Number] {
				seen[p.Number] = true
				orders = append(orders, p)
			}
		}
	}
	add(t.Brief.Orders...)
	known := OnePerson(t.Caller)
	if o.History != nil && known {
		list, err := o.History(ctx, t.Caller, lastContacts+1)
		if err != nil {
			a.log.Warn("history of a caller not read", "conversation", string(t.Conversation), "error", err)
		}
		for _, c := range list {
			if c.Conversation != t.Conversation && len(history) < lastContacts {
				history = append(history, c)
			}
		}
	}
	if o.Orders != nil && known {
		list, err := o.Orders(ctx, t.Caller)
		if err != nil {
			a.log.Warn("orders of a caller not read", "conversation", string(t.Conversation), "error", err)
		}
		add(list...)
	}
	for _, e := range events {
		if f, ok := e.Body.(hotline.Filed); ok && f.Failed == "" && f.Number != "" {
			add(desk.Past{Number: f.Number, Category: f.Category, Text: f.Text, At: e.At})
		}
	}
	return history, orders
}
