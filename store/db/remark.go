package db

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

type remarkRow struct {
	bun.BaseModel `bun:"table:remarks"`

	Conversation string  `bun:"conversation,pk"`
	Agent        string  `bun:"agent,pk"`
	Summary      string  `bun:"summary"`
	Category     string  `bun:"category"`
	Resolved     *int64  `bun:"resolved"`
	Note         *string `bun:"note"`
	At           int64   `bun:"at"`
}

// PutRemark keeps what somebody says of a conversation, in the place of what the same person said before.
func (d *DB) PutRemark(ctx context.Context, r records.Remark) error {
	row := remarkRow{
		Conversation: string(r.Conversation), Agent: r.Agent, Summary: r.Summary, Category: r.Category,
		Resolved: optionalFlag(r.Resolved), At: micros(d.now()),
	}
	return failed("keep remark", d.putRemark(ctx, &row, "summary", "category", "resolved", "at"))
}

// PutNote keeps what somebody notes of a conversation that is over, in the place of what the same person noted so before.
func (d *DB) PutNote(ctx context.Context, id hotline.ConversationID, agent, note string) error {
	row := remarkRow{Conversation: string(id), Agent: agent, Note: &note, At: micros(d.now())}
	return failed("keep note", d.putRemark(ctx, &row, "note"))
}

// putRemark adds a row, or changes columns of the one that is there.
func (d *DB) putRemark(ctx context.Context, row *remarkRow, columns ...string) error {
	q := d.write.NewInsert().Model(row).On("CONFLICT (conversation, agent) DO UPDATE")
	for _, column := range columns {
		q.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	_, err := q.Exec(ctx)
	return err
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
			Conversation: id, Agent: row.Agent, Summary: row.Summary, Category: row.Category, Resolved: optionalBool(row.Resolved), Note: row.Note,
		}
	}
	return list, nil
}
