package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
)

type meOutput struct {
	Body struct {
		Agent    desk.Agent `json:"agent"`
		Presence Presence   `json:"presence"`
		Talks    []Talk     `json:"talks" nullable:"false"`
		Offers   []Offer    `json:"offers" nullable:"false"`
		Callback *Callback  `json:"callback,omitempty" doc:"That the agent has taken."`
	}
}

// StateBody is what an agent chooses to be.
type StateBody struct {
	State  desk.State `json:"state" enum:"ready,break,offline" doc:"ready also ends the wrap-up."`
	Reason string     `json:"reason,omitempty" maxLength:"60" doc:"Of a break, which needs one."`
}

type stateInput struct{ Body StateBody }

type deviceInput struct {
	Body struct {
		Device    desk.Device `json:"device" enum:"browser,phone"`
		Extension string      `json:"extension,omitempty" maxLength:"32" pattern:"^[A-Za-z0-9_.-]*$" doc:"User name of the SIP phone; without it the one before stays."`
	}
}

// OfferPath names the offer of a request.
type OfferPath struct {
	Offer string `path:"offer" maxLength:"64" pattern:"^[A-Za-z0-9-]+$"`
}

type declineInput struct {
	OfferPath
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"200"`
	}
}

type grantOutput struct{ Body Grant }

type callInput struct {
	Body struct {
		Number       string                 `json:"number,omitempty" maxLength:"32" pattern:"^[+0-9*#]*$" doc:"Whom to call, or"`
		Callback     string                 `json:"callback,omitempty" maxLength:"64" doc:"the callback that the agent has taken, or"`
		Conversation hotline.ConversationID `json:"conversation,omitempty" pattern:"^([0-9a-v]{26})?$" doc:"one that the agent had, whose caller is called again."`
	}
}

// ringWithin is how long a call out may take: the agent's phone rings, then that of whom they call, 3 minutes each.
const ringWithin = 7 * time.Minute

// Resolve implements huma.Resolver.
func (*callInput) Resolve(ctx huma.Context) []error { return rings(ctx) }

// rings lets a request take as long as phones ring: the deadline of the body, which has been read, would end it.
func rings(ctx huma.Context) []error {
	_, w := humachi.Unwrap(ctx)
	control := http.NewResponseController(w)
	if err := errors.Join(control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Now().Add(ringWithin))); err != nil {
		return []error{err}
	}
	return nil
}

type callOutput struct {
	Body struct {
		Conversation hotline.ConversationID `json:"conversation"`
	}
}

type wrapUpInput struct {
	Body struct {
		Conversation hotline.ConversationID `json:"conversation" pattern:"^[0-9a-v]{26}$"`
		Category     string                 `json:"category,omitempty" maxLength:"64" doc:"Id of a leaf of the categories."`
		Summary      string                 `json:"summary,omitempty" maxLength:"2000"`
		Resolved     *bool                  `json:"resolved,omitempty"`
	}
}

// deskAgent registers what agents do with themselves.
func (a *API) deskAgent() {
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	huma.Register(a.huma, a.operation("get-desk-me", http.MethodGet, "/desk/me", "我的状态 How I stand", needAgent, notFound), a.deskMe)
	state := a.operation("set-desk-state", http.MethodPut, "/desk/me/state", "就绪、小休、离线 Be ready, away or off", needAgent, notFound, conflict)
	state.Description = "409: neither headset nor phone is connected."
	huma.Register(a.huma, state, func(ctx context.Context, in *stateInput) (*struct{}, error) {
		return nil, a.failedOrNil(ctx, a.office.Desk.Desk.SetState(ctx, me(ctx), in.Body.State, tidy(in.Body.Reason, 60)))
	})
	device := a.operation("set-desk-device", http.MethodPut, "/desk/me/device", "耳机或话机 What I talk on", needAgent, notFound, conflict)
	device.Description = "409 in a conversation, or when the extension is another agent's. The stream says hello again."
	huma.Register(a.huma, device, a.setDevice)
	huma.Register(a.huma, a.operation("connect-headset", http.MethodPost, "/desk/headset", "连接耳机 Let my headset connect (WHIP)", needAgent, http.StatusNotImplemented), func(ctx context.Context, _ *struct{}) (*grantOutput, error) {
		if a.office.Headset == nil {
			return nil, a.failed(ctx, absent("headset"))
		}
		g, err := a.office.Headset(ctx, me(ctx))
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		if g.ICE == nil {
			g.ICE = []ICEServer{}
		}
		return &grantOutput{g}, nil
	})
	accept := a.operation("accept-offer", http.MethodPost, "/desk/offers/{offer}/accept", "接听 Take an offer", needAgent, conflict)
	huma.Register(a.huma, accept, func(ctx context.Context, in *OfferPath) (*struct{}, error) {
		return nil, a.failedOrNil(ctx, a.office.Desk.Desk.Accept(ctx, me(ctx), in.Offer))
	})
	decline := a.operation("decline-offer", http.MethodPost, "/desk/offers/{offer}/decline", "拒接 Do not take an offer", needAgent, conflict)
	huma.Register(a.huma, decline, func(ctx context.Context, in *declineInput) (*struct{}, error) {
		if in.Body != nil && in.Body.Reason != "" {
			a.log.Info("offer declined", "agent", me(ctx), "offer", in.Offer, "reason", in.Body.Reason)
		}
		return nil, a.failedOrNil(ctx, a.office.Desk.Desk.Decline(ctx, me(ctx), in.Offer))
	})
	call := a.operation("desk-call", http.MethodPost, "/desk/calls", "外呼 Call a number or call back", needAgent, notFound, conflict, http.StatusNotImplemented)
	call.DefaultStatus = http.StatusCreated
	call.Description = "403: the number is not one that agents may call. 409 in a conversation, without a headset, or when they do not answer. A phone of the agent is rung first."
	huma.Register(a.huma, call, a.deskCall)
	huma.Register(a.huma, a.operation("wrap-up", http.MethodPost, "/desk/wrap_up", "话后小结 Write down what was said, and be free again", needAgent, http.StatusNotImplemented), a.wrapUp)
}

func (a *API) deskMe(ctx context.Context, _ *struct{}) (*meOutput, error) {
	h, err := newcomer(ctx, a.office, func() (desk.Hello, error) { return a.office.Desk.Desk.Look(ctx, me(ctx)) })
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	m, _ := a.office.message(h, h.Agent.ID, a.cfg.Now()).(helloMessage)
	out := &meOutput{}
	out.Body.Agent, out.Body.Presence, out.Body.Talks, out.Body.Offers, out.Body.Callback = m.Agent, m.Presence, m.Talks, m.Offers, m.Callback
	return out, nil
}

func (a *API) setDevice(ctx context.Context, in *deviceInput) (*struct{}, error) {
	h, err := a.office.Desk.Desk.Look(ctx, me(ctx))
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	if len(h.Talks) > 0 || h.State.State == desk.Ringing || h.State.Listening != "" {
		return nil, a.failed(ctx, hotline.Errorf("set device", hotline.CodeConflict, "会话中不能更换设备 not while there is a conversation"))
	}
	if err := a.office.Roster.SetDevice(ctx, me(ctx), in.Body.Device, in.Body.Extension, callerOf(ctx).actor()); err != nil {
		return nil, a.failed(ctx, err)
	}
	return nil, a.failedOrNil(ctx, a.office.retold(ctx))
}

func (a *API) deskCall(ctx context.Context, in *callInput) (*callOutput, error) {
	number, err := a.office.whom(ctx, me(ctx), in)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	if a.office.Call == nil {
		return nil, a.failed(ctx, absent("outgoing call"))
	}
	id := hotline.NewConversationID(a.cfg.Now())
	if err := a.office.dial(ctx, id, me(ctx), number, in.Body.Callback); err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &callOutput{}
	out.Body.Conversation = id
	return out, nil
}

// whom is the number that an agent wants to call. The list of those allowed is for numbers they choose themselves.
func (o *office) whom(ctx context.Context, agent string, in *callInput) (string, error) {
	const op = "call"
	b, given := in.Body, 0
	for _, whom := range []string{b.Number, b.Callback, string(b.Conversation)} {
		if whom != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return "", hotline.Errorf(op, hotline.CodeInvalid, "number、callback、conversation 三选一 want one of number, callback and conversation")
	case b.Number != "":
		return b.Number, o.permit(desk.Target{Number: b.Number})
	case b.Callback != "":
		h, err := o.Desk.Desk.Look(ctx, agent)
		if err != nil {
			return "", err
		}
		if h.Callback == nil || h.Callback.ID != b.Callback {
			return "", hotline.Errorf(op, hotline.CodeConflict, "请先领取这个回拨任务 take the callback first")
		}
		return h.Callback.Number, nil
	}
	if err := o.ownsTalk(ctx, agent, b.Conversation); err != nil {
		return "", err
	}
	events, err := o.Events(ctx, b.Conversation)
	if err != nil {
		return "", err
	}
	t := talkOf(b.Conversation, events)
	if t.Channel == hotline.ChannelChat || t.Caller == "" {
		return "", hotline.Errorf(op, hotline.CodeConflict, "来电人没有留号码 the conversation has no number")
	}
	return t.Caller, nil
}

// dial calls a number for an agent, who is offered nothing while it rings: that of a callback, or "" for any.
func (o *office) dial(ctx context.Context, id hotline.ConversationID, agent, number, callback string) error {
	reached := false
	defer func() {
		if !reached { // also when the request has ended meanwhile: nothing else ends a reservation
			_ = o.Desk.Desk.Close(context.WithoutCancel(ctx), id) // unknown when it was refused
		}
	}()
	err := o.Desk.Desk.Reserve(ctx, agent, id, callback)
	if err == nil {
		err = o.Call(ctx, id, agent, number)
	}
	reached = err == nil
	return err
}

func (a *API) wrapUp(ctx context.Context, in *wrapUpInput) (*struct{}, error) {
	b, agent := in.Body, me(ctx)
	if err := a.office.ownsTalk(ctx, agent, b.Conversation); err != nil {
		return nil, a.failed(ctx, err)
	}
	if b.Category != "" && a.cfg.Knowledge != nil {
		if c, found := a.cfg.Knowledge.Base().Category(b.Category); !found || !c.Leaf {
			return nil, a.failed(ctx, hotline.Errorf("wrap up", hotline.CodeInvalid, "没有这个分类 no such category: %s", b.Category))
		}
	}
	if b.Category != "" || b.Summary != "" || b.Resolved != nil {
		if a.office.Remark == nil {
			return nil, a.failed(ctx, absent("summary"))
		}
		r := Remark{Conversation: b.Conversation, Agent: agent, Category: b.Category, Summary: tidy(b.Summary, 2000), Resolved: b.Resolved}
		if err := a.office.Remark(ctx, r); err != nil {
			return nil, a.failed(ctx, err)
		}
	}
	return nil, a.failedOrNil(ctx, a.office.Desk.Desk.Written(ctx, agent, b.Conversation))
}
