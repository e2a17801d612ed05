package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Canned is an answer that agents in a chat send as it is. Keys is what they type to find it.
type Canned struct {
	ID    string
	Title string
	Text  string
	Keys  string
}

// MaxCanned is how many canned answers there are at most.
const MaxCanned = 1000

type cannedRow struct {
	bun.BaseModel `bun:"table:canned"`

	ID     string `bun:"id,pk"`
	Title  string `bun:"title"`
	Text   string `bun:"text"`
	Keys   string `bun:"keys"`
	Author string `bun:"author"`
	At     int64  `bun:"at"`
}

// Canned returns all canned answers by their titles.
func (d *DB) Canned(ctx context.Context) ([]Canned, error) {
	var rows []cannedRow
	if err := d.read.NewSelect().Model(&rows).Order("title", "id").Scan(ctx); err != nil {
		return nil, failed("list canned answers", err)
	}
	list := make([]Canned, len(rows))
	for i, row := range rows {
		list[i] = Canned{ID: row.ID, Title: row.Title, Text: row.Text, Keys: row.Keys}
	}
	return list, nil
}

// PutCanned keeps a canned answer, in the place of the one with the same id; CodeTooLarge when there are
// MaxCanned others.
func (d *DB) PutCanned(ctx context.Context, c Canned, by string) error {
	const op = "keep canned answer"
	row := cannedRow{ID: c.ID, Title: c.Title, Text: c.Text, Keys: c.Keys, Author: by, At: micros(d.now())}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		n, err := tx.NewSelect().Table("canned").Where("id <> ?", c.ID).Count(ctx)
		if err != nil {
			return err
		}
		if n >= MaxCanned {
			return hotline.Errorf(op, hotline.CodeTooLarge, "最多 %d 条常用语 there are enough canned answers", MaxCanned)
		}
		_, err = tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("title = EXCLUDED.title").Set("text = EXCLUDED.text").
			Set("keys = EXCLUDED.keys").Set("author = EXCLUDED.author").Set("at = EXCLUDED.at").Exec(ctx)
		return err
	})
}

// DropCanned removes a canned answer; CodeNotFound when there is none.
func (d *DB) DropCanned(ctx context.Context, id string) error {
	const op = "drop canned answer"
	n, err := changed(d.write.NewDelete().Table("canned").Where("id = ?", id).Exec(ctx))
	if err == nil && n == 0 {
		return hotline.Errorf(op, hotline.CodeNotFound, "没有这条常用语 no canned answer %s", id)
	}
	return failed(op, err)
}
