package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Survey lets who has its token grade one conversation.
type Survey struct {
	Conversation hotline.ConversationID
	Hash         string // of the token
	Expires      time.Time
}

type surveyRow struct {
	bun.BaseModel `bun:"table:surveys"`

	Conversation string `bun:"conversation,pk"`
	Hash         string `bun:"hash"`
	Expires      int64  `bun:"expires"`
}

// surveyKept is how long a survey is known after it has expired, so that who comes late is told why.
const surveyKept = 90 * 24 * time.Hour

// PutSurvey keeps a survey, in the place of the one before of the same conversation.
func (d *DB) PutSurvey(ctx context.Context, s Survey) error {
	row := surveyRow{Conversation: string(s.Conversation), Hash: s.Hash, Expires: micros(s.Expires)}
	return d.tx(ctx, "keep survey", func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewDelete().Table("surveys").Where("expires < ?", micros(d.now().Add(-surveyKept))).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (conversation) DO UPDATE").
			Set("hash = EXCLUDED.hash").Set("expires = EXCLUDED.expires").Exec(ctx)
		return err
	})
}

// Survey returns the one whose token has a hash, expired or not; CodeNotFound when there is none.
func (d *DB) Survey(ctx context.Context, hash string) (Survey, error) {
	const op = "find survey"
	var row surveyRow
	err := d.read.NewSelect().Model(&row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Survey{}, hotline.Errorf(op, hotline.CodeNotFound, "no such survey")
	}
	return Survey{Conversation: hotline.ConversationID(row.Conversation), Hash: row.Hash, Expires: fromMicros(row.Expires)}, failed(op, err)
}
