package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline/account"
)

type failureRow struct {
	bun.BaseModel `bun:"table:failures"`

	Subject string `bun:"subject,pk"`
	Count   int    `bun:"count"`
	Since   int64  `bun:"since"`
	Until   int64  `bun:"until"`
}

func (row failureRow) failures() account.Failures {
	return account.Failures{Count: row.Count, Until: fromMicros(row.Until)}
}

// Attempt counts one more failure, unless subject has to wait: then ok is false.
func (d *DB) Attempt(ctx context.Context, subject string, now time.Time, r account.Rule) (f account.Failures, ok bool, err error) {
	err = d.tx(ctx, "count attempt", func(ctx context.Context, tx bun.Tx) error {
		t, past := micros(now), micros(now.Add(-r.Window))
		n, err := changed(tx.NewRaw(`INSERT INTO failures (subject, count, since, until) VALUES (?, 1, ?, 0)
			ON CONFLICT (subject) DO UPDATE SET
				count = CASE WHEN failures.since <= ? THEN 1 ELSE failures.count + 1 END,
				since = CASE WHEN failures.since <= ? THEN excluded.since ELSE failures.since END
			WHERE failures.until <= ?`, subject, t, past, past, t).Exec(ctx))
		if err != nil {
			return err
		}
		var row failureRow
		if err := tx.NewSelect().Model(&row).Where("subject = ?", subject).Scan(ctx); err != nil {
			return err
		}
		if ok = n > 0; ok {
			row.Until = micros(now.Add(r.Wait(row.Count)))
			if _, err := tx.NewUpdate().Model(&row).Column("until").WherePK().Exec(ctx); err != nil {
				return err
			}
		}
		f = row.failures()
		return nil
	})
	return f, ok, err
}

// forgotten is how long failures are kept; no window is as long.
const forgotten = 24 * time.Hour

func dropFailures(ctx context.Context, tx bun.Tx, now time.Time) error {
	_, err := tx.NewDelete().Table("failures").Where("since <= ?", micros(now.Add(-forgotten))).Where("until <= ?", micros(now)).Exec(ctx)
	return err
}

// Waits returns those of subjects that wait at a time.
func (d *DB) Waits(ctx context.Context, now time.Time, subjects ...string) (map[string]account.Failures, error) {
	waits := map[string]account.Failures{}
	if len(subjects) == 0 {
		return waits, nil
	}
	var rows []failureRow
	if err := d.read.NewSelect().Model(&rows).Where("subject IN (?)", bun.List(subjects)).Where("until > ?", micros(now)).Scan(ctx); err != nil {
		return nil, failed("read failures", err)
	}
	for _, row := range rows {
		waits[row.Subject] = row.failures()
	}
	return waits, nil
}

// Uncount takes one failure back, and the wait that it brought.
func (d *DB) Uncount(ctx context.Context, subject string) error {
	_, err := d.write.NewUpdate().Table("failures").Set("count = count - 1").Set("until = 0").
		Where("subject = ?", subject).Where("count > 0").Exec(ctx)
	return failed("take attempt back", err)
}
