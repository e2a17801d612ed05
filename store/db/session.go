package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions"`

	Hash    string `bun:"hash,pk"`
	Owner   string `bun:"owner"`
	Address string `bun:"address"`
	Created int64  `bun:"created"`
	Used    int64  `bun:"used"`
	Expires int64  `bun:"expires"`
}

// begin keeps a session. The user's oldest beyond atMost go, and whatever has expired.
func begin(ctx context.Context, tx bun.Tx, s account.Session, atMost int) error {
	row := sessionRow{Hash: s.Hash, Owner: s.User, Address: s.Address, Created: micros(s.Created), Used: micros(s.Used), Expires: micros(s.Expires)}
	if _, err := tx.NewDelete().Table("sessions").Where("expires <= ?", micros(s.Created)).Exec(ctx); err != nil {
		return err
	}
	if err := dropFailures(ctx, tx, s.Created); err != nil {
		return err
	}
	var hashes []string
	err := tx.NewSelect().Table("sessions").Column("hash").Where("owner = ?", s.User).Order("created DESC", "hash").Scan(ctx, &hashes)
	if err != nil {
		return err
	}
	if keep := max(atMost-1, 0); len(hashes) > keep {
		if _, err := tx.NewDelete().Table("sessions").Where("hash IN (?)", bun.List(hashes[keep:])).Exec(ctx); err != nil {
			return err
		}
	}
	_, err = tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

// SessionOf returns a session, which may have expired; CodeNotFound when there is none.
func (d *DB) SessionOf(ctx context.Context, hash string) (account.Session, error) {
	const op = "find session"
	var row sessionRow
	err := d.read.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return account.Session{}, hotline.Errorf(op, hotline.CodeNotFound, "没有这个登录 no such session")
	}
	if err != nil {
		return account.Session{}, failed(op, err)
	}
	return account.Session{Hash: row.Hash, User: row.Owner, Address: row.Address, Created: fromMicros(row.Created), Used: fromMicros(row.Used), Expires: fromMicros(row.Expires)}, nil
}

// UseSession notes when a session was used.
func (d *DB) UseSession(ctx context.Context, hash string, at time.Time) error {
	_, err := d.write.NewUpdate().Table("sessions").Set("used = ?", micros(at)).Where("hash = ?", hash).Exec(ctx)
	return failed("use session", err)
}

// EndSession removes a session. One that is gone leaves no entry.
func (d *DB) EndSession(ctx context.Context, hash string, e account.Entry) error {
	return d.tx(ctx, "end session", func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewDelete().Table("sessions").Where("hash = ?", hash).Exec(ctx))
		if err != nil || n == 0 {
			return err
		}
		return enter(ctx, tx, e)
	})
}
