package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Document is one version of something people write: a flow, a list of utterances. A version does not
// change; one of them is published.
type Document struct {
	Kind, ID string
	Version  int // from 1
	Status   DocumentStatus
	Body     string
	Author   string
	At       time.Time
}

// DocumentStatus is where a version stands.
type DocumentStatus string

// The states of a version.
const (
	DocumentDraft     DocumentStatus = "draft"
	DocumentChecked   DocumentStatus = "checked" // without an error, when it was looked at
	DocumentPublished DocumentStatus = "published"
	DocumentRetired   DocumentStatus = "retired" // was published
)

type documentRow struct {
	bun.BaseModel `bun:"table:documents"`

	Kind    string         `bun:"kind,pk"`
	ID      string         `bun:"id,pk"`
	Version int            `bun:"version,pk"`
	Status  DocumentStatus `bun:"status"`
	Body    string         `bun:"body"`
	Author  string         `bun:"author"`
	At      int64          `bun:"at"`
}

func (row documentRow) document() Document {
	return Document{row.Kind, row.ID, row.Version, row.Status, row.Body, row.Author, fromMicros(row.At)}
}

func noDocument(op, kind, id string) error {
	return hotline.Errorf(op, hotline.CodeNotFound, "没有 no %s %.80q", kind, id)
}

func moved(op string, have int) error {
	return hotline.Errorf(op, hotline.CodeConflict, "已是第 %d 版，请重新读取后再改 somebody else has changed it, read it again", have)
}

// PutDocument keeps a body as the next version, a draft, and returns it. was is the latest version that
// the change rests on, 0 for a document that was not there; else the error has CodeConflict. A document
// that was dropped and is there again goes on counting.
func (d *DB) PutDocument(ctx context.Context, doc Document, was int) (Document, error) {
	const op = "keep document"
	row := documentRow{Kind: doc.Kind, ID: doc.ID, Version: was + 1, Status: DocumentDraft, Body: doc.Body, Author: doc.Author, At: micros(d.now())}
	err := d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, doc.Kind, doc.ID); err != nil {
			return err
		}
		have, err := latest(ctx, tx, doc.Kind, doc.ID)
		if err != nil {
			return err
		}
		if have != was {
			return moved(op, have)
		}
		if was == 0 {
			if row.Version, err = firstVersion(ctx, tx, doc.Kind, doc.ID); err != nil {
				return err
			}
		}
		n, err := changed(tx.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
		if err == nil && n == 0 {
			return moved(op, row.Version)
		}
		if err != nil {
			return err
		}
		return d.audit(ctx, tx, Version{doc.Kind, doc.ID, row.Version}, Audit{Action: ActionSaved, By: doc.Author})
	})
	return row.document(), err
}

func latest(ctx context.Context, tx bun.IDB, kind, id string) (version int, err error) {
	err = tx.NewSelect().Table("documents").ColumnExpr("coalesce(max(version), 0)").Where("kind = ?", kind).Where("id = ?", id).Scan(ctx, &version)
	return version, err
}

// Document returns a version, the latest for 0; CodeNotFound when there is none.
func (d *DB) Document(ctx context.Context, kind, id string, version int) (Document, error) {
	const op = "find document"
	var row documentRow
	q := d.read.NewSelect().Model(&row).Where("kind = ?", kind).Where("id = ?", id).Order("version DESC").Limit(1)
	if version != 0 {
		q = q.Where("version = ?", version)
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Document{}, noDocument(op, kind, id)
	}
	return row.document(), failed(op, err)
}

// Documents returns the latest version of each document of a kind with an id behind after, by id.
func (d *DB) Documents(ctx context.Context, kind, after string, limit int) ([]Document, error) {
	newest := d.read.NewSelect().Table("documents").ColumnExpr("id").ColumnExpr("max(version)").Where("kind = ?", kind).Group("id")
	return d.documents(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("kind = ?", kind).Where("id > ?", after).Where("(id, version) IN (?)", newest).Order("id").Limit(int64(limit))
	})
}

// Published returns the published version of every document of a kind, by id.
func (d *DB) Published(ctx context.Context, kind string) ([]Document, error) {
	return d.documents(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("kind = ?", kind).Where("status = ?", DocumentPublished).Order("id")
	})
}

// Versions returns all versions of a document, the latest first.
func (d *DB) Versions(ctx context.Context, kind, id string) ([]Document, error) {
	return d.documents(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("kind = ?", kind).Where("id = ?", id).Order("version DESC")
	})
}

func (d *DB) documents(ctx context.Context, which func(*bun.SelectQuery) *bun.SelectQuery) ([]Document, error) {
	var rows []documentRow
	if err := which(d.read.NewSelect().Model(&rows)).Scan(ctx); err != nil {
		return nil, failed("list documents", err)
	}
	list := make([]Document, len(rows))
	for i, row := range rows {
		list[i] = row.document()
	}
	return list, nil
}
