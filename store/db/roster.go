package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/desk/roster"
)

var _ roster.Store = (*DB)(nil)

type partRow struct {
	bun.BaseModel `bun:"table:roster"`

	Kind    string `bun:"kind,pk"`
	ID      string `bun:"id,pk"`
	Version int    `bun:"version"`
	Body    string `bun:"body"`
	Author  string `bun:"author"`
	At      int64  `bun:"at"`
}

// Parts returns all that was edited of the roster.
func (d *DB) Parts(ctx context.Context) ([]roster.Part, error) {
	var rows []partRow
	if err := d.read.NewSelect().Model(&rows).Order("kind", "id").Scan(ctx); err != nil {
		return nil, failed("read roster", err)
	}
	list := make([]roster.Part, len(rows))
	for i, row := range rows {
		list[i] = roster.Part{Kind: roster.Kind(row.Kind), ID: row.ID, Version: row.Version, Body: []byte(row.Body), Author: row.Author, At: fromMicros(row.At)}
	}
	return list, nil
}

// PutPart keeps a part of the roster in the place of version was, 0 for none, with its entry in the
// record; CodeConflict when it is another version.
func (d *DB) PutPart(ctx context.Context, p roster.Part, was int, e account.Entry) error {
	const op = "keep roster"
	row := partRow{Kind: string(p.Kind), ID: p.ID, Version: p.Version, Body: string(p.Body), Author: p.Author, At: micros(p.At)}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		var n int64
		var err error
		if was == 0 {
			n, err = changed(tx.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
		} else {
			n, err = changed(tx.NewUpdate().Model(&row).WherePK().Where("version = ?", was).Exec(ctx))
		}
		return partKept(ctx, tx, op, n, err, e)
	})
}

// DropPart takes a part out at its version, with its entry in the record.
func (d *DB) DropPart(ctx context.Context, p roster.Part, e account.Entry) error {
	const op = "drop from roster"
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewDelete().Table("roster").Where("kind = ?", string(p.Kind)).Where("id = ?", p.ID).Where("version = ?", p.Version).Exec(ctx))
		return partKept(ctx, tx, op, n, err, e)
	})
}

func partKept(ctx context.Context, tx bun.Tx, op string, n int64, err error, e account.Entry) error {
	if err == nil && n == 0 {
		return hotline.Errorf(op, hotline.CodeConflict, "已被别人修改，请重新读取后再改 somebody else has changed it, read it again")
	}
	if err != nil {
		return err
	}
	return enter(ctx, tx, e)
}
