package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// OwnPassword proves once more who somebody is.
type OwnPassword struct {
	Password string `json:"password" minLength:"1" maxLength:"256" doc:"The user's own, once more."`
}

type ownPasswordInput struct{ Body OwnPassword }

type enrolmentOutput struct {
	Body struct {
		Secret string `json:"secret" doc:"To be typed into an authenticator."`
		URI    string `json:"uri" doc:"To be shown to it as a QR code."`
	}
}

type codeInput struct {
	Body struct {
		Code string `json:"code" pattern:"^[0-9]{6}$"`
	}
}

type recoveryOutput struct {
	Body struct {
		Recovery []string `json:"recovery" nullable:"false" doc:"Each takes the place of a code once. They are shown this once."`
	}
}

// secondFactor registers what people do with their codes by time.
func (a *API) secondFactor() {
	const path, conflict = "/session/totp", http.StatusConflict
	enrol := a.operation("enrol-totp", http.MethodPost, path, "准备两步验证 Make a second factor", needPerson, conflict)
	enrol.Description = "The secret counts once a code of it is confirmed."
	huma.Register(a.huma, enrol, func(ctx context.Context, in *ownPasswordInput) (*enrolmentOutput, error) {
		who := callerOf(ctx)
		e, err := a.cfg.Accounts.Enrol(ctx, *who.person, in.Body.Password, who.from())
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &enrolmentOutput{}
		out.Body.Secret, out.Body.URI = e.Secret, e.URI
		return out, nil
	})
	confirm := a.operation("confirm-totp", http.MethodPost, path+"/confirm", "启用两步验证 Turn the second factor on", needPerson, conflict)
	confirm.Description = "All other sessions of the user end."
	huma.Register(a.huma, confirm, func(ctx context.Context, in *codeInput) (*recoveryOutput, error) {
		who := callerOf(ctx)
		codes, err := a.cfg.Accounts.Confirm(ctx, *who.person, in.Body.Code, who.from())
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &recoveryOutput{}
		out.Body.Recovery = codes
		return out, nil
	})
	off := a.operation("disable-totp", http.MethodPost, path+"/disable", "停用两步验证 Turn the second factor off", needPerson, conflict)
	off.DefaultStatus = http.StatusNoContent
	huma.Register(a.huma, off, func(ctx context.Context, in *ownPasswordInput) (*struct{}, error) {
		who := callerOf(ctx)
		return nil, a.failedOrNil(ctx, a.cfg.Accounts.Disable(ctx, *who.person, in.Body.Password, who.from()))
	})
}
