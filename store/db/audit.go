package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
)

// entryRow is an entry of the record. Hash covers the entry and the hash of the one before, so that
// an entry cannot be changed, left out or put in without all behind it being wrong.
type entryRow struct {
	bun.BaseModel `bun:"table:audit"`

	ID      int64  `bun:"id,pk"`
	At      int64  `bun:"at"`
	Who     string `bun:"who"`
	Action  string `bun:"action"`
	Subject string `bun:"subject"`
	Address string `bun:"address"`
	Detail  string `bun:"detail"`
	Hash    string `bun:"hash"`
}

func (row entryRow) entry() account.Entry {
	return account.Entry{ID: row.ID, At: fromMicros(row.At), Who: row.Who, Action: account.Action(row.Action), Subject: row.Subject, Address: row.Address, Detail: row.Detail}
}

func (row entryRow) hashAfter(before string) string {
	text, _ := json.Marshal([]any{before, row.ID, row.At, row.Who, row.Action, row.Subject, row.Address, row.Detail}) // numbers and texts
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// enter adds an entry within a transaction.
func enter(ctx context.Context, tx bun.Tx, e account.Entry) error {
	row := entryRow{At: micros(e.At), Who: e.Who, Action: string(e.Action), Subject: e.Subject, Address: e.Address, Detail: e.Detail}
	var before string
	if err := tx.NewRaw("UPDATE audit_head SET id = id + 1 RETURNING id, hash").Scan(ctx, &row.ID, &before); err != nil {
		return err
	}
	row.Hash = row.hashAfter(before)
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw("UPDATE audit_head SET hash = ?", row.Hash).Exec(ctx)
	return err
}

// AddEntry adds an entry to the record. The database refuses to change it afterwards.
func (d *DB) AddEntry(ctx context.Context, e account.Entry) error {
	return d.tx(ctx, "record", func(ctx context.Context, tx bun.Tx) error { return enter(ctx, tx, e) })
}

// Entries returns the latest entries with an ID below before, 0 for all, the latest first.
func (d *DB) Entries(ctx context.Context, before int64, limit int) ([]account.Entry, error) {
	var rows []entryRow
	q := d.read.NewSelect().Model(&rows).Order("id DESC").Limit(int64(limit))
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, failed("read the record", err)
	}
	list := make([]account.Entry, len(rows))
	for i, row := range rows {
		list[i] = row.entry()
	}
	return list, nil
}

// VerifyEntries looks whether the record is as it was written, and returns how many entries it has with
// the hash of the last.
// The error, with CodeConflict, names the first that is not. Whoever can write to the database may also
// write all of it anew: a copy of the last hash kept elsewhere shows that.
func (d *DB) VerifyEntries(ctx context.Context) (count int64, hash string, err error) {
	const op, page = "verify the record", 1000
	var last int64
	var head string
	if err := d.read.NewRaw("SELECT id, hash FROM audit_head").Scan(ctx, &last, &head); err != nil {
		return 0, "", failed(op, err)
	}
	for rows := make([]entryRow, page); len(rows) == page; {
		rows = nil
		if err := d.read.NewSelect().Model(&rows).Where("id > ?", count).Where("id <= ?", last).Order("id").Limit(page).Scan(ctx); err != nil {
			return count, hash, failed(op, err)
		}
		for _, row := range rows {
			if row.ID != count+1 || row.Hash != row.hashAfter(hash) {
				return count, hash, broken(op, count+1)
			}
			count, hash = row.ID, row.Hash
		}
	}
	if count != last || hash != head {
		return count, hash, broken(op, count+1)
	}
	return count, hash, nil
}

func broken(op string, at int64) error {
	return hotline.Errorf(op, hotline.CodeConflict, "审计记录在第 %d 条处被改动或缺失 the record was changed, or is cut off, at entry %d", at, at)
}
