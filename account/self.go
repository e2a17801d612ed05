package account

import (
	"context"

	"github.com/hotline-cc/hotline"
)

// ChangePassword gives the person another password. All other sessions of the person end.
func (b *Book) ChangePassword(ctx context.Context, p Person, old, password string, from From) error {
	const op = "change password"
	if err := b.again(ctx, op, p, old, from); err != nil {
		return err
	}
	if err := b.cfg.Rules.check(p.Login, password); err != nil {
		return err
	}
	if same, _, err := verify(p.Password, password); err != nil || same {
		if same {
			err = weak("新密码不能与原密码相同 the password is the one before")
		}
		return err
	}
	fresh := b.cfg.Cost.hash(password)
	return b.change(ctx, op, p, func(u *User) (Effect, error) {
		u.Password, u.PasswordAt, u.MustChange = fresh, b.now(), false
		return Effect{Entry: b.entry(p.Actor(from), ActionPasswordChanged, u.Login, ""), End: true, Keep: p.Session.Hash}, nil
	})
}

// change changes the person's own account, unless somebody else changed what proves who it is meanwhile.
func (b *Book) change(ctx context.Context, op string, p Person, do func(*User) (Effect, error)) error {
	_, err := b.store.ChangeUser(ctx, p.ID, func(u *User, _ int) (Effect, error) {
		if u.Disabled || u.Password != p.Password || u.Secret != p.Secret {
			return Effect{}, hotline.Errorf(op, hotline.CodeConflict, "账号刚被修改，请重试 the account was changed meanwhile, try again")
		}
		return do(u)
	})
	return err
}

// Enrolment is what an authenticator needs.
type Enrolment struct {
	Secret string // to be typed, base32
	URI    string // otpauth, to be shown as a picture
}

// Enrol makes a secret for a second factor. It counts once Confirm is given a code of it.
func (b *Book) Enrol(ctx context.Context, p Person, password string, from From) (Enrolment, error) {
	const op = "enrol second factor"
	if p.Secret != "" {
		return Enrolment{}, hotline.Errorf(op, hotline.CodeConflict, "已启用两步验证，请先停用 there is a second factor, turn it off first")
	}
	if err := b.again(ctx, op, p, password, from); err != nil {
		return Enrolment{}, err
	}
	secret := random(secretBytes)
	_, err := b.store.ChangeUser(ctx, p.ID, func(u *User, _ int) (Effect, error) {
		u.Pending = b.sealer.seal(u.ID, secret)
		return Effect{Entry: b.entry(p.Actor(from), ActionTOTPBegun, u.Login, "")}, nil
	})
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{base32Text.EncodeToString(secret), otpauth(b.cfg.Issuer, p.Login, secret)}, nil
}

// Confirm puts the second factor to use and returns recovery codes, which are not kept to be read again.
// All other sessions of the person end.
func (b *Book) Confirm(ctx context.Context, p Person, code string, from From) ([]string, error) {
	const op = "confirm second factor"
	if p.Pending == "" {
		return nil, hotline.Errorf(op, hotline.CodeConflict, "没有待确认的两步验证 no second factor waits to be confirmed")
	}
	t, err := b.begin(ctx, op, p.Login, p.Actor(from))
	if err != nil {
		return nil, err
	}
	defer t.done()
	secret, err := b.sealer.open(p.ID, p.Pending)
	if err != nil {
		return nil, err
	}
	step, found := stepOf(secret, code, b.now())
	if !found {
		return nil, t.failed(ctx, op, ActionPasswordFailed, p.Login, "code of a second factor to be confirmed")
	}
	if err := t.noFailure(ctx); err != nil {
		return nil, err
	}
	codes := newRecovery()
	err = b.change(ctx, op, p, func(u *User) (Effect, error) {
		if u.Pending != p.Pending {
			return Effect{}, wrong(op)
		}
		u.Secret, u.Pending, u.Step, u.Recovery = u.Pending, "", step, nil
		for _, c := range codes {
			u.Recovery = append(u.Recovery, b.sealer.recoveryHash(u.ID, c))
		}
		return Effect{Entry: b.entry(p.Actor(from), ActionTOTPOn, u.Login, ""), End: true, Keep: p.Session.Hash}, nil
	})
	return codes, err
}

// Disable does without the second factor. Whose role needs one has to enrol again.
func (b *Book) Disable(ctx context.Context, p Person, password string, from From) error {
	const op = "turn off second factor"
	if err := b.again(ctx, op, p, password, from); err != nil {
		return err
	}
	return b.change(ctx, op, p, func(u *User) (Effect, error) {
		u.forgetFactor()
		return Effect{Entry: b.entry(p.Actor(from), ActionTOTPOff, u.Login, ""), End: true, Keep: p.Session.Hash}, nil
	})
}

func (u *User) forgetFactor() { u.Secret, u.Pending, u.Step, u.Recovery = "", "", 0, nil }
