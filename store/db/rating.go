package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// How a grade that stands beside the log was given.
const (
	ByWidget = "widget"
	ByLink   = "link"
)

// Rating is what a person thought of a conversation, given when it may have ended: it is in no log.
type Rating struct {
	bun.BaseModel `bun:"table:ratings"`

	Conversation hotline.ConversationID `bun:"conversation,pk"`
	Score        int                    `bun:"score"` // 1…5, the best
	How          string                 `bun:"how"`   // ByWidget or ByLink
	Comment      string                 `bun:"comment"`
	At           int64                  `bun:"at"` // microseconds since 1970
}

// Time returns when the rating was given.
func (r Rating) Time() time.Time { return fromMicros(r.At) }

// PutRating keeps a rating, over the one that a conversation has.
func (d *DB) PutRating(ctx context.Context, r Rating) error {
	return d.rate(ctx, "keep rating", r, func(q *bun.InsertQuery) {
		q.On("CONFLICT (conversation) DO UPDATE")
		for _, column := range []string{"score", "how", "comment", "at"} {
			q.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
		}
	})
}

// AddRating keeps the rating of a conversation that has none; CodeConflict when it has one.
func (d *DB) AddRating(ctx context.Context, r Rating) error {
	return d.rate(ctx, "add rating", r, func(q *bun.InsertQuery) { q.On("CONFLICT (conversation) DO NOTHING") })
}

func (d *DB) rate(ctx context.Context, op string, r Rating, collide func(*bun.InsertQuery)) error {
	r.At = micros(d.now())
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		insert := tx.NewInsert().Model(&r)
		collide(insert)
		n, err := changed(insert.Exec(ctx))
		if err == nil && n == 0 {
			err = hotline.Errorf(op, hotline.CodeConflict, "已经评价过了 %s is rated already", r.Conversation)
		}
		if err != nil {
			return err
		}
		// It is in no log, so the record would not hear of it.
		_, err = tx.NewUpdate().Table("records").Set("rating = ?", r.Score).Where("conversation = ?", string(r.Conversation)).Exec(ctx)
		return err
	})
}

// Rating returns the rating of a conversation; CodeNotFound when there is none.
func (d *DB) Rating(ctx context.Context, conv hotline.ConversationID) (Rating, error) {
	const op = "find rating"
	var r Rating
	err := d.read.NewSelect().Model(&r).Where("conversation = ?", string(conv)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return r, hotline.Errorf(op, hotline.CodeNotFound, "%s is not rated", conv)
	}
	return r, failed(op, err)
}
