package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

var _ account.Store = (*DB)(nil)

type userRow struct {
	bun.BaseModel `bun:"table:users"`

	ID         string `bun:"id,pk"`
	Login      string `bun:"login"`
	Name       string `bun:"name"`
	Roles      string `bun:"roles"`
	Disabled   int64  `bun:"disabled"`
	Password   string `bun:"password"`
	PasswordAt int64  `bun:"password_at"`
	MustChange int64  `bun:"must_change"`
	Secret     string `bun:"secret"`
	Pending    string `bun:"pending"`
	Step       int64  `bun:"step"`
	Recovery   string `bun:"recovery"`
	Created    int64  `bun:"created"`
	LastLogin  int64  `bun:"last_login,nullzero"`
}

func rowOfUser(u account.User) userRow {
	roles := make([]string, len(u.Roles))
	for i, r := range u.Roles {
		roles[i] = string(r)
	}
	row := userRow{
		ID: u.ID, Login: u.Login, Name: u.Name, Roles: strings.Join(roles, " "), Disabled: number(u.Disabled),
		Password: u.Password, PasswordAt: micros(u.PasswordAt), MustChange: number(u.MustChange),
		Secret: u.Secret, Pending: u.Pending, Step: u.Step, Recovery: strings.Join(u.Recovery, " "), Created: micros(u.Created),
	}
	if !u.LastLogin.IsZero() {
		row.LastLogin = micros(u.LastLogin)
	}
	return row
}

func (row userRow) user() account.User {
	u := account.User{
		ID: row.ID, Login: row.Login, Name: row.Name, Disabled: row.Disabled != 0,
		Password: row.Password, PasswordAt: fromMicros(row.PasswordAt), MustChange: row.MustChange != 0,
		Secret: row.Secret, Pending: row.Pending, Step: row.Step, Recovery: strings.Fields(row.Recovery), Created: fromMicros(row.Created),
	}
	for role := range strings.FieldsSeq(row.Roles) {
		u.Roles = append(u.Roles, account.Role(role))
	}
	if row.LastLogin != 0 {
		u.LastLogin = fromMicros(row.LastLogin)
	}
	return u
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// AddUser keeps a user who was not there; CodeConflict when the login is taken.
func (d *DB) AddUser(ctx context.Context, u account.User, e account.Entry) error {
	const op = "add user"
	row := rowOfUser(u)
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
		if err == nil && n == 0 {
			return hotline.Errorf(op, hotline.CodeConflict, "登录名 %s 已被使用 the login is taken", u.Login)
		}
		if err != nil {
			return err
		}
		return enter(ctx, tx, e)
	})
}

// User returns a user by ID; CodeNotFound when there is none.
func (d *DB) User(ctx context.Context, id string) (account.User, error) {
	return userBy(ctx, d.read, "id", id)
}

// UserByLogin returns a user; CodeNotFound when there is none.
func (d *DB) UserByLogin(ctx context.Context, login string) (account.User, error) {
	return userBy(ctx, d.read, "login", login)
}

func userBy(ctx context.Context, from bun.IDB, column, value string) (account.User, error) {
	const op = "find user"
	var row userRow
	err := from.NewSelect().Model(&row).Where("? = ?", bun.Ident(column), value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return account.User{}, hotline.Errorf(op, hotline.CodeNotFound, "没有这个用户 no such user")
	}
	if err != nil {
		return account.User{}, failed(op, err)
	}
	return row.user(), nil
}

// ListUsers returns users with a login behind after, by login.
func (d *DB) ListUsers(ctx context.Context, after string, limit int) ([]account.User, error) {
	var rows []userRow
	if err := d.read.NewSelect().Model(&rows).Where("login > ?", after).Order("login").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, failed("list users", err)
	}
	list := make([]account.User, len(rows))
	for i, row := range rows {
		list[i] = row.user()
	}
	return list, nil
}

// ChangeUser lets change work on a user and keeps the outcome with its effect. Changes of all users come one
// after another. others is how many other administrators are not disabled.
func (d *DB) ChangeUser(ctx context.Context, id string, change func(*account.User, int) (account.Effect, error)) (u account.User, err error) {
	err = d.tx(ctx, "change user", func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewUpdate().Table("audit_head").Set("id = id").Where("1 = 1").Exec(ctx); err != nil {
			return err
		}
		if u, err = userBy(ctx, tx, "id", id); err != nil {
			return err
		}
		others, err := administrators(ctx, tx, id)
		if err != nil {
			return err
		}
		effect, err := change(&u, others)
		if err != nil {
			return err
		}
		row := rowOfUser(u)
		if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		return carryOut(ctx, tx, id, effect)
	})
	return u, err
}

// administrators counts those besides one who can look after users.
func administrators(ctx context.Context, tx bun.Tx, besides string) (n int, err error) {
	var roles []string
	err = tx.NewSelect().Table("users").Column("roles").Where("id <> ?", besides).Where("disabled = 0").
		Where("roles LIKE ?", "%"+string(account.RoleAdministrator)+"%").Scan(ctx, &roles)
	for _, text := range roles {
		if slices.Contains(strings.Fields(text), string(account.RoleAdministrator)) {
			n++
		}
	}
	return n, err
}

func carryOut(ctx context.Context, tx bun.Tx, user string, e account.Effect) error {
	if e.End {
		if _, err := tx.NewDelete().Table("sessions").Where("owner = ?", user).Where("hash <> ?", e.Keep).Exec(ctx); err != nil {
			return err
		}
	}
	if e.Begin != nil {
		if err := begin(ctx, tx, *e.Begin, e.AtMost); err != nil {
			return err
		}
	}
	if e.Forgive != "" {
		if _, err := tx.NewDelete().Table("failures").Where("subject = ?", e.Forgive).Exec(ctx); err != nil {
			return err
		}
	}
	return enter(ctx, tx, e.Entry)
}
