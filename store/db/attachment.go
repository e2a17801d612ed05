package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Attachment is a file that a person sent. Its content lies in a file named by its hash.
type Attachment struct {
	bun.BaseModel `bun:"table:attachments"`

	Conversation hotline.ConversationID `bun:"conversation,pk"`
	ID           string                 `bun:"id,pk"`
	Name         string                 `bun:"name"`
	Type         string                 `bun:"type"`
	Size         int64                  `bun:"size"`
	SHA256       string                 `bun:"sha256"`
	At           int64                  `bun:"at"` // microseconds since 1970
}

// Quota bounds the files of a conversation.
type Quota struct {
	Files int
	Bytes int64
}

// PutAttachment keeps an attachment, unless the conversation then has more than it may: CodeTooLarge.
// place puts the content where it belongs; it is called when there is room, before the attachment is told
// of, and may be nil.
func (d *DB) PutAttachment(ctx context.Context, a Attachment, q Quota, place func() error) error {
	const op = "keep attachment"
	a.At = micros(d.now())
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		// Two files at once take turns at the row of their conversation.
		if _, err := tx.NewUpdate().Table("conversations").Set("last = last").Where("id = ?", string(a.Conversation)).Exec(ctx); err != nil {
			return err
		}
		var count int
		var bytes int64
		err := tx.NewSelect().Table("attachments").ColumnExpr("count(*)").ColumnExpr("coalesce(sum(size), 0)").
			Where("conversation = ?", string(a.Conversation)).Scan(ctx, &count, &bytes)
		if err != nil {
			return err
		}
		if count >= q.Files || bytes+a.Size > q.Bytes {
			return hotline.Errorf(op, hotline.CodeTooLarge, "每个会话最多 %d 个附件、共 %d MiB the conversation has enough files", q.Files, q.Bytes>>20)
		}
		if _, err := tx.NewInsert().Model(&a).Exec(ctx); err != nil || place == nil {
			return err
		}
		return place()
	})
}

// Attachment returns one of a conversation; CodeNotFound when there is none.
func (d *DB) Attachment(ctx context.Context, conv hotline.ConversationID, id string) (Attachment, error) {
	const op = "find attachment"
	var a Attachment
	err := d.read.NewSelect().Model(&a).Where("conversation = ?", string(conv)).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return a, hotline.Errorf(op, hotline.CodeNotFound, "没有这个附件 no attachment %s", id)
	}
	return a, failed(op, err)
}
