package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline/account"
)

// User is somebody who may log in, as administrators and the user see it.
type User struct {
	ID         string         `json:"id"`
	Login      string         `json:"login"`
	Name       string         `json:"name"`
	Roles      []account.Role `json:"roles" nullable:"false" enum:"agent,supervisor,knowledge,administrator,auditor"`
	MustChange bool           `json:"must_change,omitempty" doc:"The password has to be changed before anything else."`
	MustEnrol  bool           `json:"must_enrol,omitempty" doc:"A second factor has to be turned on before anything else."`
	TOTP       bool           `json:"totp,omitempty" doc:"There is a second factor."`
	Disabled   bool           `json:"disabled,omitempty"`
	Locked     bool           `json:"locked,omitempty" doc:"Nobody gets in by this login for a while, after too many failures."`
	LastLogin  *time.Time     `json:"last_login,omitempty"`
}

func shownUser(u account.User) User {
	out := User{ID: u.ID, Login: u.Login, Name: u.Name, Roles: u.Roles, MustChange: u.MustChange, TOTP: u.Secret != "", Disabled: u.Disabled}
	if !u.LastLogin.IsZero() {
		out.LastLogin = &u.LastLogin
	}
	return out
}

func shownPerson(p account.Person) User {
	out := shownUser(p.User)
	out.MustChange = false
	for _, m := range p.Must {
		out.MustChange = out.MustChange || m == account.MustChangePassword
		out.MustEnrol = out.MustEnrol || m == account.MustEnrol
	}
	return out
}

type logInInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"64"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
		TOTP     string `json:"totp,omitempty" maxLength:"32" doc:"Code of the second factor, or a recovery code. It is asked for by 401 with the code totp_required."`
	}
}

type sessionOutput struct {
	Body struct {
		Token   string    `json:"token" doc:"To be sent as a bearer token. It is shown this once."`
		Expires time.Time `json:"expires" doc:"However much it is used; without use it ends sooner."`
		User    User      `json:"user"`
	}
}

type userOutput struct{ Body User }

type passwordInput struct {
	Body struct {
		Old string `json:"old" minLength:"1" maxLength:"256"`
		New string `json:"new" minLength:"1" maxLength:"256"`
	}
}

// session registers what people do with their own log-in.
func (a *API) session() {
	const path = "/session"
	logIn := a.operation("log-in", http.MethodPost, path, "登录 Log in", needLogIn)
	logIn.DefaultStatus = http.StatusCreated
	logIn.Description = "401 has the code `wrong`, or `totp_required` when the password is right and a second factor is needed. 429 has the code `locked` after too many failures. " +
		"A user with `must_change` or `must_enrol` may do that and nothing else."
	huma.Register(a.huma, logIn, a.logIn)
	huma.Register(a.huma, a.operation("get-session", http.MethodGet, path, "当前用户 Who I am", needPerson), func(ctx context.Context, _ *struct{}) (*userOutput, error) {
		return &userOutput{shownPerson(*callerOf(ctx).person)}, nil
	})
	huma.Register(a.huma, a.operation("log-out", http.MethodDelete, path, "退出 Log out", needPerson), func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		who := callerOf(ctx)
		return nil, a.failedOrNil(ctx, a.cfg.Accounts.LogOut(ctx, *who.person, who.from()))
	})
	change := a.operation("change-password", http.MethodPost, path+"/password", "修改密码 Change my password", needPerson, http.StatusConflict)
	change.DefaultStatus = http.StatusNoContent
	change.Description = "All other sessions of the user end. 401 with the code `wrong`: the old password is not right. 422 with the code `weak`: the new one is not to be taken, and why."
	huma.Register(a.huma, change, func(ctx context.Context, in *passwordInput) (*struct{}, error) {
		who := callerOf(ctx)
		return nil, a.failedOrNil(ctx, a.cfg.Accounts.ChangePassword(ctx, *who.person, in.Body.Old, in.Body.New, who.from()))
	})
}

func (a *API) logIn(ctx context.Context, in *logInInput) (*sessionOutput, error) {
	from := callerOf(ctx).from()
	if wait := a.doors.take("login:"+from.Network, a.cfg.Limits.LogIn); wait > 0 {
		return nil, a.failed(ctx, tooMany(wait))
	}
	p, token, err := a.cfg.Accounts.LogIn(ctx, account.Credentials{Login: in.Body.Login, Password: in.Body.Password, Code: in.Body.TOTP}, from)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &sessionOutput{}
	out.Body.Token, out.Body.Expires, out.Body.User = token, p.Session.Expires, shownPerson(p)
	return out, nil
}

// failedOrNil is failed for what answers with nothing.
func (a *API) failedOrNil(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return a.failed(ctx, err)
}
