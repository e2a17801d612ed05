package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
)

// Version names a version of a document.
type Version struct {
	Kind, ID string
	Version  int
}

// Action is a step in the life of a document.
type Action string

// What is done to a version.
const (
	ActionSaved      Action = "saved"
	ActionChecked    Action = "checked"
	ActionPublished  Action = "published"
	ActionRolledBack Action = "rolled_back" // an older one than before was published
	ActionWithdrawn  Action = "withdrawn"
	ActionDropped    Action = "dropped"
)

// Audit is an entry in the record of a document.
type Audit struct {
	Version int
	Action  Action
	By      string
	Note    string // why, where nobody chose it
	At      time.Time
}

type auditRow struct {
	bun.BaseModel `bun:"table:document_audit"`

	Kind    string `bun:"kind,pk"`
	ID      string `bun:"id,pk"`
	Step    int    `bun:"step,pk"`
	Version int    `bun:"version"`
	Action  Action `bun:"action"`
	Author  string `bun:"author"`
	Note    string `bun:"note"`
	At      int64  `bun:"at"`
}

func (d *DB) audit(ctx context.Context, tx bun.Tx, v Version, a Audit) error {
	row := auditRow{Kind: v.Kind, ID: v.ID, Version: v.Version, Action: a.Action, Author: a.By, Note: a.Note, At: micros(d.now())}
	err := tx.NewSelect().Model((*auditRow)(nil)).ColumnExpr("coalesce(max(step), 0) + 1").Where("kind = ?", v.Kind).Where("id = ?", v.ID).Scan(ctx, &row.Step)
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

// lock makes those who change a document take turns.
func lock(ctx context.Context, tx bun.Tx, kind, id string) error {
	_, err := tx.NewUpdate().Table("documents").Set("status = status").Where("kind = ?", kind).Where("id = ?", id).Exec(ctx)
	return err
}

// firstVersion is the number that a new document begins with.
func firstVersion(ctx context.Context, tx bun.Tx, kind, id string) (version int, err error) {
	err = tx.NewSelect().Model((*auditRow)(nil)).ColumnExpr("coalesce(max(version), 0) + 1").Where("kind = ?", kind).Where("id = ?", id).Scan(ctx, &version)
	return version, err
}

// Audits returns the record of a document in order. It is there when the document
// is no more.
func (d *DB) Audits(ctx context.Context, kind, id string) ([]Audit, error) {
	var rows []auditRow
	if err := d.read.NewSelect().Model(&rows).Where("kind = ?", kind).Where("id = ?", id).Order("step").Scan(ctx); err != nil {
		return nil, failed("read the record of a document", err)
	}
	list := make([]Audit, len(rows))
	for i, row := range rows {
		list[i] = Audit{row.Version, row.Action, row.Author, row.Note, fromMicros(row.At)}
	}
	return list, nil
}

// status changes where a version stands, or all versions for 0, and returns how many were changed.
func status(ctx context.Context, tx bun.Tx, v Version, from, to DocumentStatus) (int64, error) {
	q := tx.NewUpdate().Table("documents").Set("status = ?", to).Where("kind = ?", v.Kind).Where("id = ?", v.ID)
	if from != "" {
		q = q.Where("status = ?", from)
	}
	if v.Version != 0 {
		q = q.Where("version = ?", v.Version)
	}
	return changed(q.Exec(ctx))
}

// published returns the version that is published, 0 when none is.
func published(ctx context.Context, tx bun.Tx, v Version) (version int, err error) {
	err = tx.NewSelect().Table("documents").ColumnExpr("coalesce(max(version), 0)").Where("kind = ?", v.Kind).Where("id = ?", v.ID).
		Where("status = ?", DocumentPublished).Scan(ctx, &version)
	return version, err
}

// CheckedDocument records that a version was found to be without an error.
func (d *DB) CheckedDocument(ctx context.Context, v Version, by string) error {
	const op = "record check"
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, v.Kind, v.ID); err != nil {
			return err
		}
		if _, err := status(ctx, tx, v, DocumentDraft, DocumentChecked); err != nil {
			return err
		}
		return d.audit(ctx, tx, v, Audit{Action: ActionChecked, By: by})
	})
}

// PublishDocument makes a version the published one and returns the one that was, 0 for none; that one
// is retired. Publishing an older version rolls back. note says why, where nobody chose it.
func (d *DB) PublishDocument(ctx context.Context, v Version, by, note string) (was int, err error) {
	const op = "publish document"
	err = d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, v.Kind, v.ID); err != nil {
			return err
		}
		if was, err = published(ctx, tx, v); err != nil {
			return err
		}
		if _, err := status(ctx, tx, Version{v.Kind, v.ID, was}, DocumentPublished, DocumentRetired); err != nil {
			return err
		}
		n, err := status(ctx, tx, v, "", DocumentPublished)
		if err == nil && n == 0 {
			err = noDocument(op, v.Kind, v.ID)
		}
		if err != nil {
			return err
		}
		action := ActionPublished
		if v.Version < was {
			action = ActionRolledBack
		}
		return d.audit(ctx, tx, v, Audit{Action: action, By: by, Note: note})
	})
	return was, err
}

// WithdrawDocument makes no version the published one and returns the one that was; CodeConflict when
// none was.
func (d *DB) WithdrawDocument(ctx context.Context, kind, id, by, note string) (was int, err error) {
	const op = "withdraw document"
	v := Version{Kind: kind, ID: id}
	err = d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, kind, id); err != nil {
			return err
		}
		have, err := latest(ctx, tx, kind, id)
		if err == nil && have == 0 {
			err = noDocument(op, kind, id)
		}
		if err != nil {
			return err
		}
		if v.Version, err = published(ctx, tx, v); err != nil {
			return err
		}
		if v.Version == 0 {
			return hotline.Errorf(op, hotline.CodeConflict, "没有已发布的版本 no version is published")
		}
		if _, err := status(ctx, tx, v, DocumentPublished, DocumentRetired); err != nil {
			return err
		}
		return d.audit(ctx, tx, v, Audit{Action: ActionWithdrawn, By: by, Note: note})
	})
	return v.Version, err
}

// DropDocument removes a document with all its versions. was is the latest of them. One that is
// published has to be withdrawn before.
func (d *DB) DropDocument(ctx context.Context, kind, id string, was int, by string) error {
	const op = "drop document"
	v := Version{kind, id, was}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, kind, id); err != nil {
			return err
		}
		have, err := latest(ctx, tx, kind, id)
		if err != nil {
			return err
		}
		live, err := published(ctx, tx, v)
		switch {
		case err != nil:
			return err
		case have == 0:
			return noDocument(op, kind, id)
		case have != was:
			return moved(op, have)
		case live != 0:
			return hotline.Errorf(op, hotline.CodeConflict, "第 %d 版正在使用，请先撤下 withdraw the published version first", live)
		}
		if _, err = tx.NewDelete().Table("documents").Where("kind = ?", kind).Where("id = ?", id).Exec(ctx); err != nil {
			return err
		}
		return d.audit(ctx, tx, v, Audit{Action: ActionDropped, By: by})
	})
}
