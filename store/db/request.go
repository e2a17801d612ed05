package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

type requestRow struct {
	bun.BaseModel `bun:"table:requests"`

	ID           string `bun:"id,pk"`
	Conversation string `bun:"conversation"`
	Outcome      string `bun:"outcome"`
	WrapUp       int64  `bun:"wrap_up"`
	Body         string `bun:"body"`
	At           int64  `bun:"at"`
}

type placeRow struct {
	bun.BaseModel `bun:"table:places"`

	Conversation string `bun:"conversation,pk"`
	Body         string `bun:"body"`
}

// DeskEntry is something that the desk wants kept: one of its fields. Place is the JSON of a request that
// waits, and "" says that the conversation waits no more.
type DeskEntry struct {
	Request      *records.Request
	Callback     *records.CallbackTask
	Conversation hotline.ConversationID
	Place        string
}

// KeepDesk keeps entries in order, all or none. The same ones may come again.
func (d *DB) KeepDesk(ctx context.Context, entries []DeskEntry) error {
	return d.tx(ctx, "keep what the desk does", func(ctx context.Context, tx bun.Tx) error {
		for _, e := range entries {
			var err error
			switch {
			case e.Request != nil:
				err = d.putRequest(ctx, tx, *e.Request)
			case e.Callback != nil:
				err = putCallback(ctx, tx, *e.Callback)
			case e.Place == "":
				_, err = tx.NewDelete().Table("places").Where("conversation = ?", string(e.Conversation)).Exec(ctx)
			default:
				row := placeRow{Conversation: string(e.Conversation), Body: e.Place}
				_, err = tx.NewInsert().Model(&row).On("CONFLICT (conversation) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// putRequest keeps the time of the first version, which is what requests are ordered by.
func (d *DB) putRequest(ctx context.Context, tx bun.Tx, r records.Request) error {
	row := requestRow{
		ID: r.ID, Conversation: string(r.Conversation), Outcome: string(r.Outcome), WrapUp: r.WrapUp.Microseconds(), Body: r.Body, At: micros(d.now()),
	}
	_, err := tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("outcome = EXCLUDED.outcome").Set("wrap_up = EXCLUDED.wrap_up").
		Set("body = EXCLUDED.body").Exec(ctx)
	return err
}

// Places returns the requests that wait, as JSON.
func (d *DB) Places(ctx context.Context) (bodies []string, err error) {
	err = d.read.NewSelect().Table("places").Column("body").Order("conversation").Scan(ctx, &bodies)
	return bodies, failed("read places", err)
}

// requests returns what the desk knows of a conversation, in order.
func (d *DB) requests(ctx context.Context, id hotline.ConversationID) ([]records.Request, error) {
	var rows []requestRow
	if err := d.read.NewSelect().Model(&rows).Where("conversation = ?", string(id)).Order("at", "id").Scan(ctx); err != nil {
		return nil, failed("read requests", err)
	}
	var list []records.Request
	for _, row := range rows {
		list = append(list, records.Request{
			ID: row.ID, Conversation: id, Outcome: records.Outcome(row.Outcome), WrapUp: time.Duration(row.WrapUp) * time.Microsecond, Body: row.Body,
		})
	}
	return list, nil
}
