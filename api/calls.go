package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
)

// Invitation is what a browser needs to call once: where its offer goes (WHIP, RFC 9725), with which
// bearer token, and the servers it may use on the way.
type Invitation struct {
	Conversation hotline.ConversationID `json:"conversation" doc:"The call that begins with the offer."`
	URL          string                 `json:"url" doc:"Where the SDP offer is posted, relative to the address of this API."`
	Token        string                 `json:"token" doc:"Bearer token of the offer, good for one use within a minute."`
	ICEServers   []ICEServer            `json:"ice_servers" nullable:"false"`
}

// Inviter lets a browser call. From names the visitor; facts are what a chat has learnt already.
type Inviter func(ctx context.Context, from string, facts map[string]string) (Invitation, error)

type invitationOutput struct{ Body Invitation }

// calls are the endpoints by which browsers begin to call.
func (a *API) calls() {
	const text = "浏览器通话 Call from a browser"
	begin := a.operation("begin-call", http.MethodPost, "/calls", text, needBegin, http.StatusServiceUnavailable)
	begin.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, begin, a.call)
	goOn := a.operation("call-from-conversation", http.MethodPost, "/conversations/{id}/calls", text+"，接着会话 going on from a conversation", needWrite,
		http.StatusNotFound, http.StatusServiceUnavailable)
	goOn.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, goOn, a.callOn)
}

func (a *API) call(ctx context.Context, _ *struct{}) (*invitationOutput, error) {
	return a.invite(ctx, callerOf(ctx).visitorName(""), nil)
}

// callOn carries what a chat has learnt into the call.
func (a *API) callOn(ctx context.Context, in *InPath) (*invitationOutput, error) {
	r, err := a.cfg.Chat.Get(ctx, in.ID)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	facts := map[string]string{}
	for name, f := range r.State.Facts {
		if f.Value != "" {
			facts[name] = f.Value
		}
	}
	return a.invite(ctx, r.Visitor, facts)
}

func (a *API) invite(ctx context.Context, from string, facts map[string]string) (*invitationOutput, error) {
	i, err := a.cfg.Invite(ctx, from, facts)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	return &invitationOutput{i}, nil
}
