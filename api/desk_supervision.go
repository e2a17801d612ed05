package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
)

// pickUpIn is how long a supervisor's phone may ring, at most.
const pickUpIn = 3 * time.Minute

type boardOutput struct{ Body Board }

type superviseInput struct {
	InPath
	Body struct {
		Verb   desk.Verb `json:"verb" enum:"listen,whisper,barge,take_over,leave"`
		Reason string    `json:"reason,omitempty" maxLength:"200" doc:"Why it is done in a confidential conversation. It is kept."`
	}
}

// Resolve implements huma.Resolver.
func (*superviseInput) Resolve(ctx huma.Context) []error { return rings(ctx) }

// AgentPath names the agent of a request.
type AgentPath struct {
	ID string `path:"agent" pattern:"^[0-9a-f]{16}$" patternDescription:"16 hex digits" doc:"ID of the user."`
}

type forceInput struct {
	AgentPath
	Body StateBody
}

// deskSupervision registers what supervisors do.
func (a *API) deskSupervision() {
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	huma.Register(a.huma, a.operation("get-board", http.MethodGet, "/desk/board", "监控大屏 The board", needBoard), func(ctx context.Context, _ *struct{}) (*boardOutput, error) {
		b, err := a.office.board.get(ctx)
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		return &boardOutput{b}, nil
	})
	supervise := a.operation("supervise-talk", http.MethodPost, "/desk/talks/{id}/supervise", "监听、耳语、强插、接管 Listen to a conversation, whisper, barge in or take over", needSupervisor, notFound, conflict, http.StatusGatewayTimeout)
	supervise.Description = "It takes a headset or phone, and nothing else going on; of a confidential conversation a reason. A phone is rung and the answer waits for it: 409 when it is not picked up. Each is recorded before it is done."
	huma.Register(a.huma, supervise, func(ctx context.Context, in *superviseInput) (*struct{}, error) {
		if in.Body.Verb != desk.Leave {
			if err := a.maySupervise(ctx, in); err != nil {
				return nil, a.failed(ctx, err)
			}
		}
		return nil, a.failedOrNil(ctx, a.office.supervise(ctx, me(ctx), in.ID, in.Body.Verb))
	})
	force := a.operation("force-state", http.MethodPut, "/desk/agents/{agent}/state", "强制状态 Make an agent ready, away or off", needSupervisor, notFound, conflict)
	force.Description = "What the agent has stays with them. It is recorded."
	huma.Register(a.huma, force, func(ctx context.Context, in *forceInput) (*struct{}, error) {
		if _, err := a.office.Desk.Desk.Look(ctx, in.ID); err != nil {
			return nil, a.failed(ctx, err)
		}
		if err := a.noted(ctx, actionForced, in.ID, string(in.Body.State)+" "+in.Body.Reason); err != nil {
			return nil, a.failed(ctx, err)
		}
		return nil, a.failedOrNil(ctx, a.office.Desk.Desk.SetState(ctx, in.ID, in.Body.State, tidy(in.Body.Reason, 60)))
	})
}

// maySupervise looks whether a conversation that is confidential is supervised with a reason, and keeps that it is.
func (a *API) maySupervise(ctx context.Context, in *superviseInput) error {
	events, err := a.office.Events(ctx, in.ID)
	if err == nil {
		err = a.discreetNow(ctx, callerOf(ctx), in.ID, events, in.Body.Reason)
	}
	if err != nil {
		return err
	}
	return a.noted(ctx, actionSupervised, string(in.ID), strings.TrimSpace(string(in.Body.Verb)+" "+tidy(in.Body.Reason, maxReason)))
}

// supervise has a supervisor do something in a conversation and waits until it is done, and until their phone is picked up.
func (o *office) supervise(ctx context.Context, by string, id hotline.ConversationID, v desk.Verb) error {
	h, err := o.Desk.Desk.Look(ctx, by)
	if err != nil {
		return err
	}
	within := commandIn
	if h.Agent.Device == desk.Phone {
		within += pickUpIn
	}
	return o.command(ctx, within, by, id, desk.Command{Verb: v})
}
