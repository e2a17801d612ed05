package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/store/db"
)

// InPath names the conversation of a request.
type InPath struct {
	ID hotline.ConversationID `path:"id" pattern:"^[0-9a-v]{26}$" patternDescription:"26 characters" doc:"Identifier of the conversation."`
}

// Opening names a conversation of others that is opened, and why.
type Opening struct {
	InPath
	Reason string `query:"reason" maxLength:"200" doc:"Why a confidential conversation is opened. It is kept."`
}

// reasonParam is the reason of an Opening where parameters are written out.
func reasonParam() *huma.Param {
	return &huma.Param{Name: "reason", In: "query", Description: "Why a confidential conversation is opened. It is kept.", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: pointer(maxReason)}}
}

type openInput struct {
	Body struct {
		Channel string `json:"channel" enum:"text" doc:"Always text."`
		Profile struct {
			Elder bool `json:"elder,omitempty" doc:"长辈模式: short sentences, a person sooner."`
		} `json:"profile,omitempty"`
		Locale  string `json:"locale,omitempty" enum:"zh-CN,en" doc:"Language of the page."`
		Visitor string `json:"visitor,omitempty" maxLength:"64" doc:"With a key: the person's name in the calling system. It bounds the open conversations of one person."`
	}
}

type openOutput struct {
	Location string `header:"Location"`
	Body     struct {
		ID      hotline.ConversationID `json:"id"`
		Token   string                 `json:"token" doc:"Lets into this conversation only. To be sent as a bearer token."`
		Expires time.Time              `json:"expires" doc:"When the token ends if the conversation is not used before."`
		Events  []Event                `json:"events" nullable:"false"`
	}
}

// Conversation is one as its owner sees it.
type Conversation struct {
	ID      hotline.ConversationID `json:"id"`
	Channel string                 `json:"channel" enum:"text"`
	State   string                 `json:"state" enum:"open,closed"`
	Turns   int                    `json:"turns" doc:"Messages of the person."`
	Last    uint64                 `json:"last" doc:"Number of the last event."`
	Started time.Time              `json:"started"`
	Used    time.Time              `json:"used" doc:"When something happened last."`
	Closed  *time.Time             `json:"closed,omitempty"`
}

type conversationOutput struct{ Body Conversation }

type messageInput struct {
	InPath
	Key  string `header:"Idempotency-Key" maxLength:"128" pattern:"^[!-~]+$" doc:"Names the message. The same one again gets the same answer and is not taken twice."`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000" doc:"What the person typed."`
	}
}

type eventsOutput struct {
	Body struct {
		Events []Event `json:"events" nullable:"false" doc:"Everything that the message caused, in order."`
	}
}

type historyInput struct {
	Opening
	After int64 `query:"after" minimum:"0" doc:"Number of the last event that is known."`
	Limit int   `query:"limit" minimum:"1" maximum:"500" default:"200"`
}

type historyOutput struct {
	Body struct {
		Events []Event `json:"events" nullable:"false"`
		Last   int64   `json:"last" doc:"What to give as after next time."`
		More   bool    `json:"more" doc:"There may be more at once."`
	}
}

type ratingInput struct {
	InPath
	Body struct {
		Score   int    `json:"score" minimum:"1" maximum:"5" doc:"5 is the best."`
		Comment string `json:"comment,omitempty" maxLength:"500"`
	}
}

func (a *API) conversations() {
	const one = "/conversations/{id}"
	begin := a.operation("begin-conversation", http.MethodPost, "/conversations", "开始会话 Begin a conversation", needBegin)
	begin.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, begin, a.begin)
	huma.Register(a.huma, a.operation("get-conversation", http.MethodGet, one, "会话状态 How a conversation stands", needRead, http.StatusNotFound), a.conversation)
	huma.Register(a.huma, a.operation("post-message", http.MethodPost, one+"/messages", "发送消息 Say something", needWrite, http.StatusNotFound, http.StatusConflict), a.message)
	huma.Register(a.huma, a.operation("list-events", http.MethodGet, one+"/events", "历史 What was said", needRead, http.StatusNotFound), a.history)
	huma.Register(a.huma, a.operation("rate-conversation", http.MethodPost, one+"/rating", "评价 Rate a conversation", needWrite, http.StatusNotFound), a.rate)
	huma.Register(a.huma, a.operation("close-conversation", http.MethodPost, one+"/close", "结束会话 End a conversation", needWrite, http.StatusNotFound), a.close)
}

func (a *API) begin(ctx context.Context, in *openInput) (*openOutput, error) {
	who, limits := callerOf(ctx), a.cfg.Limits
	o := chat.Opening{Profile: chat.Profile{Elder: in.Body.Profile.Elder, Locale: in.Body.Locale}}
	name := tidy(in.Body.Visitor, 64)
	o.Visitor = who.visitorName(name)
	switch {
	case who.key == nil:
		o.AtMost = limits.PerAddress
	case name != "":
		o.AtMost = limits.PerVisitor
	}
	record, events, err := a.cfg.Chat.Begin(ctx, o)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &openOutput{Location: Base + "/conversations/" + string(record.ID)}
	now := a.cfg.Now()
	out.Body.ID, out.Body.Token, out.Body.Expires = record.ID, a.token(record.ID, now), now.Add(a.cfg.TokenLife).UTC().Truncate(time.Second)
	out.Body.Events = eventsOf(callerOf(ctx), events)
	return out, nil
}

func (a *API) conversation(ctx context.Context, in *Opening) (*conversationOutput, error) {
	r, err := a.cfg.Chat.Get(ctx, in.ID)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	c := Conversation{ID: r.ID, Channel: "text", State: "open", Turns: r.Turn, Last: r.Seq, Started: r.Started, Used: r.Last}
	if !r.Open() {
		c.State, c.Closed = "closed", &r.Closed
	}
	return &conversationOutput{c}, nil
}

func (a *API) message(ctx context.Context, in *messageInput) (*eventsOutput, error) {
	events, err := a.cfg.Chat.Post(ctx, in.ID, chat.Message{Text: in.Body.Text, Key: in.Key})
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &eventsOutput{}
	out.Body.Events = eventsOf(callerOf(ctx), events)
	return out, nil
}

func (a *API) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	if _, err := a.cfg.Chat.Get(ctx, in.ID); err != nil {
		return nil, a.failed(ctx, err)
	}
	events, err := a.cfg.Chat.History(ctx, in.ID, uint64(in.After), in.Limit)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &historyOutput{}
	out.Body.Events, out.Body.Last, out.Body.More = eventsOf(callerOf(ctx), events), in.After, len(events) == in.Limit
	if n := len(events); n > 0 {
		out.Body.Last = int64(events[n-1].Seq)
	}
	return out, nil
}

func (a *API) rate(ctx context.Context, in *ratingInput) (*struct{}, error) {
	_, err := a.cfg.Chat.Get(ctx, in.ID)
	if err == nil {
		err = a.cfg.Store.PutRating(ctx, db.Rating{Conversation: in.ID, Score: in.Body.Score, How: db.ByWidget, Comment: tidy(in.Body.Comment, 500)})
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	a.changed(in.ID)
	return nil, nil
}

func (a *API) close(ctx context.Context, in *InPath) (*struct{}, error) {
	by := "caller"
	if callerOf(ctx).inside() {
		by = "system"
	}
	if err := a.cfg.Chat.Close(ctx, in.ID, by, "closed"); err != nil {
		return nil, a.failed(ctx, err)
	}
	return nil, nil
}

// tidy makes a text fit to be kept and shown: valid, without control characters, at most so long.
func tidy(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most])
	}
	return strings.TrimSpace(text)
}
