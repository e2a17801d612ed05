package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline/account"
)

// UserPath names the user of a request.
type UserPath struct {
	ID string `path:"user" pattern:"^[0-9a-f]{16}$" patternDescription:"16 hex digits"`
}

type usersInput struct {
	After string `query:"after" maxLength:"32" pattern:"^[a-z0-9._-]*$" doc:"Login that the page before ended with."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"200"`
}

type usersOutput struct {
	Body struct {
		Items []User `json:"items" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"What to give as after for the next page."`
	}
}

type addUserInput struct {
	Body struct {
		Login    string         `json:"login" pattern:"^[a-z0-9][a-z0-9._-]{1,31}$"`
		Name     string         `json:"name" minLength:"1" maxLength:"64"`
		Roles    []account.Role `json:"roles" nullable:"false" minItems:"1" maxItems:"5" enum:"agent,supervisor,knowledge,administrator,auditor" doc:"An auditor has no other one."`
		Password string         `json:"password" minLength:"1" maxLength:"256" doc:"The user has to change it at the first log-in."`
	}
}

type changeUserInput struct {
	UserPath
	Body struct {
		Name      *string        `json:"name,omitempty" minLength:"1" maxLength:"64"`
		Roles     []account.Role `json:"roles,omitempty" nullable:"false" minItems:"1" maxItems:"5" enum:"agent,supervisor,knowledge,administrator,auditor"`
		Password  *string        `json:"password,omitempty" minLength:"1" maxLength:"256" doc:"The user has to change it at the next log-in."`
		Disabled  *bool          `json:"disabled,omitempty" doc:"The user's sessions end at once."`
		ResetTOTP bool           `json:"reset_totp,omitempty" doc:"Does away with the second factor, for who has lost it."`
	}
}

// users registers what administrators do.
func (a *API) users() {
	const all, one = "/users", "/users/{user}"
	const notFound, conflict = http.StatusNotFound, http.StatusConflict
	huma.Register(a.huma, a.operation("list-users", http.MethodGet, all, "列出用户 List users", needUsers), a.listUsers)
	add := a.operation("add-user", http.MethodPost, all, "新建用户 Add a user", needUsers, conflict)
	add.DefaultStatus = http.StatusCreated
	huma.Register(a.huma, add, func(ctx context.Context, in *addUserInput) (*userOutput, error) {
		n := account.Newcomer{Login: in.Body.Login, Name: in.Body.Name, Roles: in.Body.Roles, Password: in.Body.Password}
		u, err := a.cfg.Accounts.Add(ctx, n, callerOf(ctx).actor())
		return a.user(ctx, u, err)
	})
	change := a.operation("change-user", http.MethodPatch, one, "修改用户 Change a user", needUsers, notFound, conflict)
	change.Description = "What is left out stays. Nobody changes more than the own name of their own account, and there is always an administrator left."
	huma.Register(a.huma, change, func(ctx context.Context, in *changeUserInput) (*userOutput, error) {
		c := account.Change{Name: in.Body.Name, Roles: in.Body.Roles, Password: in.Body.Password, Disabled: in.Body.Disabled, ResetTOTP: in.Body.ResetTOTP}
		u, err := a.cfg.Accounts.Change(ctx, in.ID, c, callerOf(ctx).actor())
		return a.user(ctx, u, err)
	})
	unlock := a.operation("unlock-user", http.MethodPost, one+"/unlock", "解锁 Let a user try again who failed too often", needUsers, notFound)
	huma.Register(a.huma, unlock, func(ctx context.Context, in *UserPath) (*userOutput, error) {
		u, err := a.cfg.Accounts.Unlock(ctx, in.ID, callerOf(ctx).actor())
		return a.user(ctx, u, err)
	})
	huma.Register(a.huma, a.operation("end-sessions", http.MethodDelete, one+"/sessions", "强制下线 End a user's sessions", needUsers, notFound), func(ctx context.Context, in *UserPath) (*struct{}, error) {
		return nil, a.failedOrNil(ctx, a.cfg.Accounts.EndSessions(ctx, in.ID, callerOf(ctx).actor()))
	})
}

func (a *API) user(ctx context.Context, u account.User, err error) (*userOutput, error) {
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	list, err := a.shownUsers(ctx, u)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	return &userOutput{list[0]}, nil
}

func (a *API) shownUsers(ctx context.Context, list ...account.User) ([]User, error) {
	locked, err := a.cfg.Accounts.Locked(ctx, list...)
	out := make([]User, len(list))
	for i, u := range list {
		out[i] = shownUser(u)
		_, out[i].Locked = locked[u.ID]
	}
	return out, err
}

func (a *API) listUsers(ctx context.Context, in *usersInput) (*usersOutput, error) {
	list, err := a.cfg.Accounts.List(ctx, in.After, in.Limit)
	out := &usersOutput{}
	if err == nil {
		out.Body.Items, err = a.shownUsers(ctx, list...)
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	if len(list) == in.Limit {
		out.Body.Next = list[in.Limit-1].Login
	}
	return out, nil
}
