package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// Survey is what the links are like by which people are asked for a grade.
type Survey struct {
	Service string        // what the service is called; "" does not say
	URL     string        // where people reach the page, as https://host; "" is where the link was asked for
	Life    time.Duration // of a link; 0 is 7 days
}

// surveyPrefix opens every token of a survey, so that one that leaks is recognised.
const surveyPrefix = "hv_"

// opSurvey is what is done with a link.
const opSurvey = "open survey"

type surveyLinkInput struct {
	Opening
	site string // where the request came to
}

// Resolve implements huma.Resolver.
func (in *surveyLinkInput) Resolve(ctx huma.Context) []error {
	in.site = "http://" + ctx.Host()
	if ctx.TLS() != nil {
		in.site = "https://" + ctx.Host()
	}
	return nil
}

type surveyLinkOutput struct {
	Body struct {
		URL     string    `json:"url" doc:"For the person who is asked. The token stands after #, which browsers send to nobody."`
		Expires time.Time `json:"expires"`
	}
}

type surveyOutput struct {
	Body struct {
		Service string          `json:"service,omitempty" doc:"What the service is called."`
		Channel hotline.Channel `json:"channel" enum:"phone,web,chat"`
		Began   time.Time       `json:"began" doc:"When the conversation did."`
	}
}

type gradeInput struct {
	Body struct {
		Grade   int    `json:"grade" minimum:"1" maximum:"5" doc:"5 is the best."`
		Comment string `json:"comment,omitempty" maxLength:"500"`
	}
}

// surveys are the endpoints by which people are asked for a grade once they have hung up.
func (a *API) surveys() {
	if a.cfg.Archive == nil {
		return
	}
	link := a.operation("make-survey", http.MethodPost, "/conversations/{id}/survey", "评价链接 Make a link that asks for a grade", needLink,
		http.StatusNotFound, http.StatusConflict)
	link.Description = "One grade can be given by it. It takes the place of the link that was made before."
	link.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, link, a.surveyLink)
	const path = "/survey"
	huma.Register(a.huma, a.operation("get-survey", http.MethodGet, path, "评价什么 What a grade is asked for", needSurvey, http.StatusNotFound, http.StatusConflict, http.StatusGone), a.survey)
	huma.Register(a.huma, a.operation("answer-survey", http.MethodPost, path, "评价 Give a grade", needSurvey, http.StatusNotFound, http.StatusConflict, http.StatusGone), a.grade)
}

func (a *API) surveyLink(ctx context.Context, in *surveyLinkInput) (*surveyLinkOutput, error) {
	who := callerOf(ctx)
	r, err := a.mayOpen(ctx, who, in.ID, in.Reason, ScopeSurvey)
	if err == nil && r.Rating > 0 {
		err = graded()
	}
	if err == nil {
		err = a.audit(ctx, who, ActionSurvey, string(in.ID), tidy(in.Reason, maxReason))
	}
	token := surveyPrefix + rand.Text()
	expires := a.cfg.Now().Add(a.cfg.Survey.Life).UTC().Truncate(time.Second)
	if err == nil {
		err = a.cfg.Store.PutSurvey(ctx, db.Survey{Conversation: in.ID, Hash: hashOf(token), Expires: expires})
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &surveyLinkOutput{}
	out.Body.URL, out.Body.Expires = cmp.Or(a.cfg.Survey.URL, in.site)+"/survey/#"+token, expires
	return out, nil
}

func graded() error {
	return hotline.Errorf(opSurvey, hotline.CodeConflict, "已经评价过了 the conversation is graded already")
}

// surveyOf returns the conversation that a token lets grade.
func (a *API) surveyOf(ctx context.Context, token string) (hotline.ConversationID, error) {
	wrong := unauthorized("评价链接无效或已换成新的 the link is not valid, or a newer one has taken its place")
	if !strings.HasPrefix(token, surveyPrefix) {
		return "", wrong
	}
	s, err := a.cfg.Store.Survey(ctx, hashOf(token))
	switch {
	case hotline.CodeOf(err) == hotline.CodeNotFound:
		return "", wrong
	case err != nil:
		return "", err
	case !a.cfg.Now().Before(s.Expires):
		return "", statusError{hotline.Errorf(opSurvey, hotline.CodeInvalid, "评价链接已过期 the link has expired"), http.StatusGone}
	}
	return s.Conversation, nil
}

// toGrade returns the record of the conversation that a caller may grade, while it has no grade.
func (a *API) toGrade(ctx context.Context) (records.Record, error) {
	r, err := a.cfg.Store.Record(ctx, callerOf(ctx).survey)
	if err == nil && r.Rating > 0 {
		err = graded()
	}
	return r, err
}

func (a *API) survey(ctx context.Context, _ *struct{}) (*surveyOutput, error) {
	r, err := a.toGrade(ctx)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &surveyOutput{}
	out.Body.Service, out.Body.Channel, out.Body.Began = a.cfg.Survey.Service, r.Channel, r.Started
	return out, nil
}

// grade keeps a grade beside the log, which has ended with the conversation.
func (a *API) grade(ctx context.Context, in *gradeInput) (*struct{}, error) {
	r, err := a.toGrade(ctx) // it may have been graded by keys meanwhile
	if err == nil {
		err = a.cfg.Store.AddRating(ctx, db.Rating{Conversation: r.Conversation, Score: in.Body.Grade, How: db.ByLink, Comment: tidy(in.Body.Comment, 500)})
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	a.changed(r.Conversation)
	if in.Body.Grade <= hotline.Unsatisfied {
		a.callBack(ctx, r)
	}
	return nil, nil
}

// callBack promises a call to somebody who had asked for a person by phone.
func (a *API) callBack(ctx context.Context, r records.Record) {
	if a.office == nil || r.Channel != hotline.ChannelPhone || r.Queue == "" || r.Caller == "" {
		return
	}
	_, err := a.office.Desk.Desk.Promise(ctx, desk.Callback{Kind: desk.CallbackUnsatisfied, Conversation: r.Conversation, Queue: r.Queue, Number: r.Caller})
	if err != nil { // the grade is kept all the same
		a.log.Error("nobody is called back after a bad grade", "conversation", string(r.Conversation), "error", err)
	}
}

// changed says that something beside the log of a conversation has changed.
func (a *API) changed(id hotline.ConversationID) {
	if a.cfg.Archive != nil && a.cfg.Archive.Changed != nil {
		a.cfg.Archive.Changed(id)
	}
}
