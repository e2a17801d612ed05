package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

// Record returns the record of a conversation; CodeNotFound when there is none.
func (d *DB) Record(ctx context.Context, id hotline.ConversationID) (records.Record, error) {
	const op = "find record"
	var row recordRow
	err := d.read.NewSelect().Model(&row).Where("r.conversation = ?", string(id)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return records.Record{}, hotline.Errorf(op, hotline.CodeNotFound, "没有这条记录 no record of %s", id)
	}
	if err != nil {
		return records.Record{}, failed(op, err)
	}
	r, err := row.record()
	return r.Record, failed(op, err)
}

// Records returns a page of the records that a query wants, the latest first.
func (d *DB) Records(ctx context.Context, q records.Query) ([]records.Placed, error) {
	const op = "list records"
	text := records.Fold(q.Text)
	if q.Text != "" && utf8.RuneCountInString(text) < records.MinSearch {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "搜索内容至少 %d 个字 search for at least so many letters, digits or characters", records.MinSearch)
	}
	var rows []recordRow
	s := d.read.NewSelect().Model(&rows)
	// Order and page stand on the index that leads, so that a page is read and no more.
	lead := "r.place"
	if q.Agent != "" {
		s.Join("JOIN record_agents AS a ON a.place = r.place AND a.agent = ?", q.Agent)
		lead = "a.place"
	}
	if q.Own != "" && q.Own != q.Agent {
		s.Join("JOIN record_agents AS o ON o.place = r.place AND o.agent = ?", q.Own)
		lead = "o.place"
	}
	if text != "" {
		lead = d.search(s, text)
		s.Where("r.confidential = 0")
	}
	if q.Before != 0 {
		s.Where(lead+" < ?", q.Before)
	}
	if !q.From.IsZero() {
		s.Where(lead+" >= ?", records.PlaceOf(q.From))
	}
	if !q.To.IsZero() {
		s.Where(lead+" < ?", records.PlaceOf(q.To))
	}
	for column, value := range map[string]string{"r.channel": string(q.Channel), "r.queue": q.Queue, "r.outcome": string(q.Outcome), "r.caller": q.Caller} {
		if value != "" {
			s.Where(column+" = ?", value)
		}
	}
	if len(q.Categories) > 0 {
		s.Where("r.category IN (?)", bun.List(q.Categories)).Where("r.confidential = 0")
	}
	if err := s.OrderExpr(lead + " DESC").Limit(int64(q.Limit)).Scan(ctx); err != nil {
		return nil, failed(op, err)
	}
	return placed(rows)
}

func placed(rows []recordRow) ([]records.Placed, error) {
	list := make([]records.Placed, len(rows))
	for i := range rows {
		var err error
		if list[i], err = rows[i].record(); err != nil {
			return nil, hotline.Errorf("read record", hotline.CodeInternal, "%s: %w", rows[i].Conversation, err)
		}
	}
	return list, nil
}

// search joins the index of what was said and returns the column that its order is by.
func (d *DB) search(s *bun.SelectQuery, text string) string {
	var grams []string
	for gram := range records.Grams(text) {
		grams = append(grams, gram)
	}
	if d.read.Dialect().Name() == dialect.SQLite {
		// A phrase of letters and digits, so nothing in it has a meaning to FTS5.
		s.Join("JOIN record_text AS t ON t.rowid = r.place").Where("t.record_text MATCH ?", `"`+strings.Join(grams, " ")+`"`)
		return "t.rowid"
	}
	s.Join("JOIN record_text AS t ON t.place = r.place").
		Where("t.grams @> ?::text[]", pgdialect.Array(grams)).Where("strpos(t.text, ?) > 0", text)
	return "r.place"
}

// EachRecord calls do with every record that began from one time to just before another, in order.
func (d *DB) EachRecord(ctx context.Context, from, to time.Time, do func(records.Record) error) error {
	const op, page = "read records", 2000
	for after := records.PlaceOf(from) - 1; ; {
		var rows []recordRow
		err := d.read.NewSelect().Model(&rows).Where("r.place > ?", after).Where("r.place < ?", records.PlaceOf(to)).Order("r.place").Limit(page).Scan(ctx)
		if err != nil {
			return failed(op, err)
		}
		list, err := placed(rows)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r.Record); err != nil {
				return err
			}
			after = r.Place
		}
		if len(rows) < page {
			return nil
		}
	}
}

// Behind returns the conversations in text whose record is missing or older than their log.
func (d *DB) Behind(ctx context.Context) (list []hotline.ConversationID, err error) {
	err = d.read.NewSelect().TableExpr("conversations AS c").ColumnExpr("c.id").Join("LEFT JOIN records AS r ON r.conversation = c.id").
		Where("r.last IS NULL OR r.last < c.seq").Order("c.id").Scan(ctx, &list)
	return list, failed("find records that are behind", err)
}

// Unended returns the conversations whose record has no end.
func (d *DB) Unended(ctx context.Context) (list []hotline.ConversationID, err error) {
	err = d.read.NewSelect().Table("records").ColumnExpr("conversation").Where("ended IS NULL").Order("place").Scan(ctx, &list)
	return list, failed("find open records", err)
}

// LastEvents returns the number of the last event in the record of every conversation that began since a time, and of
// those without an end 0.
func (d *DB) LastEvents(ctx context.Context, since time.Time) (map[hotline.ConversationID]uint64, error) {
	var rows []struct {
		Conversation string
		Last         int64
	}
	err := d.read.NewSelect().Table("records").ColumnExpr("conversation").ColumnExpr("CASE WHEN ended IS NULL THEN 0 ELSE last END AS last").
		Where("place >= ?", records.PlaceOf(since)).Scan(ctx, &rows)
	last := make(map[hotline.ConversationID]uint64, len(rows))
	for _, row := range rows {
		last[hotline.ConversationID(row.Conversation)] = uint64(row.Last)
	}
	return last, failed("read where records stand", err)
}

// NewestRecord returns when the conversation of the latest record began; zero without records.
func (d *DB) NewestRecord(ctx context.Context) (time.Time, error) {
	var started int64
	err := d.read.NewSelect().Table("records").ColumnExpr("coalesce(max(started), 0)").Scan(ctx, &started)
	return timeOrZero(started), failed("find the latest record", err)
}

// DropRecordsBefore removes the records that were last worked out before a time, and returns how many.
func (d *DB) DropRecordsBefore(ctx context.Context, t time.Time) (n int64, err error) {
	const op = "drop old records"
	err = d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		key := "place"
		if tx.Dialect().Name() == dialect.SQLite {
			key = "rowid"
		}
		old := func() *bun.SelectQuery {
			return tx.NewSelect().Table("records").Column("place").Where("indexed < ?", micros(t))
		}
		if _, err := tx.NewDelete().Table("record_text").Where("? IN (?)", bun.Ident(key), old()).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Table("record_agents").Where("place IN (?)", old()).Exec(ctx); err != nil {
			return err
		}
		var err error
		n, err = changed(tx.NewDelete().Table("records").Where("indexed < ?", micros(t)).Exec(ctx))
		return err
	})
	return n, err
}
