package account

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// Newcomer is somebody who is to have an account.
type Newcomer struct {
	Login, Name string
	Roles       []Role
	Password    string
	Keep        bool // the password stays; else it has to be changed at the first log-in
}

// Add makes a user; CodeConflict when the login is taken.
func (b *Book) Add(ctx context.Context, n Newcomer, by Actor) (User, error) {
	u := User{
		ID: hex.EncodeToString(random(8)), Login: foldLogin(n.Login), Name: strings.TrimSpace(n.Name), Roles: n.Roles,
		MustChange: !n.Keep, Created: b.now(), PasswordAt: b.now(),
	}
	if err := checkUser(u); err != nil {
		return User{}, err
	}
	hash, err := b.newHash(ctx, u.Login, n.Password)
	if err != nil {
		return User{}, err
	}
	u.Password = hash
	return u, b.store.AddUser(ctx, u, b.entry(by, ActionUserAdded, u.Login, rolesText(u.Roles)))
}

// newHash hashes a password that somebody may have.
func (b *Book) newHash(ctx context.Context, login, password string) (string, error) {
	if err := b.cfg.Rules.check(login, password); err != nil {
		return "", err
	}
	leave, err := b.gate.enter(ctx, b.now())
	if err != nil {
		return "", err
	}
	defer leave()
	return b.cfg.Cost.hash(password), nil
}

// Change is what is to be different of a user. What is nil or false stays.
type Change struct {
	Name      *string
	Roles     []Role
	Password  *string // it has to be changed at the next log-in, unless Keep
	Keep      bool
	Disabled  *bool
	ResetTOTP bool
}

// beyondName tells whether it is more than how somebody is called.
func (c Change) beyondName() bool {
	return c.Roles != nil || c.Password != nil || c.Disabled != nil || c.ResetTOTP
}

const opChange = "change user"

// Change changes a user. What a session rests on ends the user's sessions. Nobody does to themselves
// what takes two people, and the last administrator stays one.
func (b *Book) Change(ctx context.Context, id string, c Change, by Actor) (User, error) {
	if by.ID == id && c.beyondName() {
		return User{}, hotline.Errorf(opChange, hotline.CodeForbidden, "不能更改自己的角色、状态或验证方式，请由另一位管理员操作 another administrator has to do this")
	}
	u, err := b.store.User(ctx, id)
	if err != nil {
		return User{}, err
	}
	hash := ""
	if c.Password != nil {
		if hash, err = b.newHash(ctx, u.Login, *c.Password); err != nil {
			return User{}, err
		}
	}
	return b.store.ChangeUser(ctx, id, func(u *User, others int) (Effect, error) {
		was := *u
		if hash != "" {
			u.Password, u.PasswordAt, u.MustChange = hash, b.now(), !c.Keep
		}
		c.apply(u)
		if err := checkUser(*u); err != nil {
			return Effect{}, err
		}
		if rules(was) && !rules(*u) && others == 0 {
			return Effect{}, hotline.Errorf(opChange, hotline.CodeConflict, "这是最后一位管理员 the last administrator stays one")
		}
		end := c.Password != nil || c.ResetTOTP || u.Disabled && !was.Disabled
		return Effect{Entry: b.entry(by, ActionUserChanged, u.Login, c.text(was)), End: end}, nil
	})
}

func (c Change) apply(u *User) {
	if c.Name != nil {
		u.Name = strings.TrimSpace(*c.Name)
	}
	if c.Roles != nil {
		u.Roles = c.Roles
	}
	if c.Disabled != nil {
		u.Disabled = *c.Disabled
	}
	if c.ResetTOTP {
		u.forgetFactor()
	}
}

func rules(u User) bool { return u.Is(RoleAdministrator) && !u.Disabled }

// text says for the record what was changed.
func (c Change) text(was User) string {
	var list []string
	if c.Name != nil {
		list = append(list, fmt.Sprintf("name %q → %q", was.Name, strings.TrimSpace(*c.Name)))
	}
	if c.Roles != nil {
		list = append(list, fmt.Sprintf("roles %s → %s", rolesText(was.Roles), rolesText(c.Roles)))
	}
	if c.Password != nil {
		list = append(list, "password")
	}
	if c.Disabled != nil {
		list = append(list, fmt.Sprintf("disabled %t → %t", was.Disabled, *c.Disabled))
	}
	if c.ResetTOTP {
		list = append(list, "second factor reset")
	}
	return strings.Join(list, ", ")
}

func rolesText(roles []Role) string {
	list := make([]string, len(roles))
	for i, r := range roles {
		list[i] = string(r)
	}
	return strings.Join(list, " ")
}

// Unlock forgets the failures at a user's login.
func (b *Book) Unlock(ctx context.Context, id string, by Actor) (User, error) {
	return b.store.ChangeUser(ctx, id, func(u *User, _ int) (Effect, error) {
		return Effect{Entry: b.entry(by, ActionUnlocked, u.Login, ""), Forgive: subjectOf(u.Login)}, nil
	})
}

// EndSessions ends all sessions of a user.
func (b *Book) EndSessions(ctx context.Context, id string, by Actor) error {
	_, err := b.store.ChangeUser(ctx, id, func(u *User, _ int) (Effect, error) {
		return Effect{Entry: b.entry(by, ActionSessionsEnded, u.Login, ""), End: true}, nil
	})
	return err
}

// User returns a user by login; CodeNotFound when there is none.
func (b *Book) User(ctx context.Context, login string) (User, error) {
	return b.store.UserByLogin(ctx, foldLogin(login))
}

// List returns users with a login behind after, by login.
func (b *Book) List(ctx context.Context, after string, limit int) ([]User, error) {
	return b.store.ListUsers(ctx, after, limit)
}

// Locked returns until when each of some users, by ID, is locked out.
func (b *Book) Locked(ctx context.Context, users ...User) (map[string]time.Time, error) {
	subjects := make([]string, len(users))
	for i, u := range users {
		subjects[i] = subjectOf(u.Login)
	}
	waits, err := b.store.Waits(ctx, b.now(), subjects...)
	locked := map[string]time.Time{}
	for i, u := range users {
		if f := waits[subjects[i]]; f.Count >= b.cfg.Failures {
			locked[u.ID] = f.Until
		}
	}
	return locked, err
}

// Entries returns the latest entries of the record with an ID below before, 0 for all, the latest first.
func (b *Book) Entries(ctx context.Context, before int64, limit int) ([]Entry, error) {
	return b.store.Entries(ctx, before, limit)
}
