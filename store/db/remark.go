package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

type remarkRow struct {
	bun.BaseModel `bun:"table:remarks"`

	Conversation string `bun:"conversation,pk"`
	Agent        string `bun:"agent,pk"`
	Summary      string `bun:"summary"`
	Category     string `bun:"category"`
	Resolved     *int64 `bun:"resolved"`
	At           int64  `bun:"at"`
}

// PutRemark keeps what somebody says of a conversation, in the place of what the same person said before.
func (d *DB) PutRemark(ctx context.Context, r records.Remark) error {
	row := remarkRow{
		Conversation: string(r.Conversation), Agent: r.Agent, Summary: r.Summary, Category: r.Category,
		Resolved: optionalFlag(r.Resolved), At: micros(d.now()),
	}
	q := d.write.NewInsert().Model(&row).On("CONFLICT (conversation, agent) DO UPDATE")
	for _, column := range []string{"summary", "category", "resolved", "at"} {
		q.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	_, err := q.Exec(ctx)
	return failed("keep remark", err)
}

// Remarks returns what was said of a conversation, in order.
func (d *DB) Remarks(ctx context.Context, id hotline.ConversationID) ([]records.Remark, error) {
	var rows []remarkRow
	if err := d.read.NewSelect().Model(&rows).Where("conversation = ?", string(id)).Order("at", "agent").Scan(ctx); err != nil {
		return nil, failed("read remarks", err)
	}
	list := make([]records.Remark, len(rows))
	for i, row := range rows {
		list[i] = records.Remark{
			Conversation: id, Agent: row.Agent, Summary: row.Summary, Category: row.Category, Resolved: optionalBool(row.Resolved),
		}
	}
	return list, nil
}
