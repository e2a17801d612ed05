package account

import (
	"context"
	"slices"

	"github.com/hotline-cc/hotline"
)

// Credentials is what somebody types to log in. Code is one by time or a recovery code.
type Credentials struct{ Login, Password, Code string }

const opLogin = "log in"

// LogIn begins a session and returns its token. The errors hold a Refused.
func (b *Book) LogIn(ctx context.Context, c Credentials, from From) (Person, string, error) {
	login := foldLogin(c.Login)
	t, err := b.begin(ctx, opLogin, login, Actor{From: from})
	if err != nil {
		return Person{}, "", err
	}
	defer t.done()
	u, err := b.store.UserByLogin(ctx, login)
	if err != nil && hotline.CodeOf(err) != hotline.CodeNotFound {
		return Person{}, "", err
	}
	right, stale, err := t.password(u, c.Password)
	if err != nil {
		return Person{}, "", err
	}
	switch {
	case u.ID == "":
		return Person{}, "", t.failed(ctx, opLogin, ActionFailed, "", "no such login")
	case !right:
		return Person{}, "", t.failed(ctx, opLogin, ActionFailed, login, "password")
	case u.Disabled:
		return Person{}, "", t.failed(ctx, opLogin, ActionFailed, login, "disabled")
	case u.Secret != "" && c.Code == "":
		if err := t.noFailure(ctx); err != nil {
			return Person{}, "", err
		}
		return Person{}, "", refuse(opLogin, hotline.CodeUnauthorized, Refused{Reason: TOTPRequired})
	}
	fresh := ""
	if stale {
		fresh = b.cfg.Cost.hash(c.Password)
	}
	return b.enter(ctx, t, u, c.Code, fresh)
}

// enter begins the session of somebody whose password was right. Nothing of what was looked at may have
// changed since, and a code is taken once.
func (b *Book) enter(ctx context.Context, t *attempt, seen User, code, fresh string) (Person, string, error) {
	token, session := b.newSession(seen.ID, t.by.From)
	var refused string
	u, err := b.store.ChangeUser(ctx, seen.ID, func(u *User, _ int) (Effect, error) {
		if u.Disabled || u.Password != seen.Password || u.Secret != seen.Secret {
			refused = "changed meanwhile"
			return Effect{}, wrong(opLogin)
		}
		how, right, err := b.spend(u, code)
		if err != nil {
			return Effect{}, err
		}
		if !right {
			refused = how
			return Effect{}, wrong(opLogin)
		}
		if fresh != "" {
			u.Password = fresh
		}
		u.LastLogin = b.now()
		entry := b.entry(t.by, ActionLogin, u.Login, how)
		entry.Who = u.Login
		return Effect{Entry: entry, Begin: &session, AtMost: b.cfg.Sessions, Forgive: t.subject}, nil
	})
	if refused != "" {
		err = t.failed(ctx, opLogin, ActionFailed, seen.Login, refused)
	}
	if err != nil {
		return Person{}, "", err
	}
	return Person{User: u, Session: session, Must: b.must(u)}, token, nil
}

// spend uses up a code of the second factor. how is for the record.
func (b *Book) spend(u *User, code string) (how string, right bool, err error) {
	if u.Secret == "" {
		return "", true, nil
	}
	secret, err := b.sealer.open(u.ID, u.Secret)
	if err != nil {
		return "", false, err
	}
	if step, found := stepOf(secret, code, b.now()); found {
		if step <= u.Step { // RFC 6238, section 5.2
			return "code used before", false, nil
		}
		u.Step = step
		return "second factor", true, nil
	}
	at := slices.Index(u.Recovery, b.sealer.recoveryHash(u.ID, code))
	if at < 0 {
		return "code", false, nil
	}
	u.Recovery = slices.Delete(u.Recovery, at, at+1)
	return "recovery code", true, nil
}
