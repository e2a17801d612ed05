package db

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// keptWithin bounds calls of kb.Store, which knows no context.
const keptWithin = 10 * time.Second

var _ kb.Store = Inbox{}

// Inbox is the storage as kb.Store wants it.
type Inbox struct{ DB *DB }

type clusterRow struct {
	bun.BaseModel `bun:"table:clusters"`

	ID   int64  `bun:"id,pk"`
	Body string `bun:"body"`
}

type hitsRow struct {
	bun.BaseModel `bun:"table:hits"`

	Day   string `bun:"day,pk"`
	Entry string `bun:"entry,pk"`
	Count int    `bun:"count"`
}

// PutCluster implements kb.Store.
func (s Inbox) PutCluster(c kb.Cluster) error {
	const op = "keep cluster"
	body, err := json.Marshal(c)
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
	defer cancel()
	_, err = s.DB.write.NewInsert().Model(&clusterRow{ID: c.ID, Body: string(body)}).
		On("CONFLICT (id) DO UPDATE").Set("body = EXCLUDED.body").Exec(ctx)
	return failed(op, err)
}

// DropCluster implements kb.Store.
func (s Inbox) DropCluster(id int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
	defer cancel()
	_, err := s.DB.write.NewDelete().Table("clusters").Where("id = ?", id).Exec(ctx)
	return failed("drop cluster", err)
}

// Clusters implements kb.Store.
func (s Inbox) Clusters() ([]kb.Cluster, error) {
	const op = "read clusters"
	ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
	defer cancel()
	var rows []clusterRow
	if err := s.DB.read.NewSelect().Model(&rows).Order("id").Scan(ctx); err != nil {
		return nil, failed(op, err)
	}
	list := make([]kb.Cluster, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal([]byte(row.Body), &list[i]); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%d: %w", row.ID, err)
		}
	}
	return list, nil
}

// AddHits implements kb.Store.
func (s Inbox) AddHits(day kb.Day, entry string, n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
	defer cancel()
	_, err := s.DB.write.NewInsert().Model(&hitsRow{Day: string(day), Entry: entry, Count: n}).
		ModelTableExpr("hits AS h").On("CONFLICT (day, entry) DO UPDATE").Set("count = h.count + EXCLUDED.count").Exec(ctx)
	return failed("count hits", err)
}

// Hits implements kb.Store.
func (s Inbox) Hits(from, to kb.Day) ([]kb.Hits, error) {
	ctx, cancel := context.WithTimeout(context.Background(), keptWithin)
	defer cancel()
	var rows []hitsRow
	err := s.DB.read.NewSelect().Model(&rows).Where("day >= ?", string(from)).Where("day <= ?", string(to)).Order("day", "entry").Scan(ctx)
	list := make([]kb.Hits, len(rows))
	for i, row := range rows {
		list[i] = kb.Hits{Day: kb.Day(row.Day), Entry: row.Entry, Count: row.Count}
	}
	return list, failed("read hits", err)
}

type knowledgeRow struct {
	bun.BaseModel `bun:"table:knowledge"`

	ID   string  `bun:"id,pk"`
	Body *string `bun:"body"`
	At   int64   `bun:"at"`
}

// Changes returns the entries that differ from those of the pack, by id; nil is one that was removed.
func (d *DB) Changes(ctx context.Context) (map[string]*kb.Entry, error) {
	const op = "read knowledge"
	var rows []knowledgeRow
	if err := d.read.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, failed(op, err)
	}
	all := make(map[string]*kb.Entry, len(rows))
	for _, row := range rows {
		all[row.ID] = nil
		if row.Body == nil {
			continue
		}
		all[row.ID] = &kb.Entry{}
		if err := json.Unmarshal([]byte(*row.Body), all[row.ID]); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%s: %w", row.ID, err)
		}
	}
	return all, nil
}

// Change keeps entries that differ from those of the pack, all of them or none.
func (d *DB) Change(ctx context.Context, entries map[string]*kb.Entry) error {
	const op = "keep knowledge"
	var rows []knowledgeRow
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		row := knowledgeRow{ID: id, At: micros(d.now())}
		if e := entries[id]; e != nil {
			body, err := json.Marshal(e)
			if err != nil {
				return hotline.Errorf(op, hotline.CodeInternal, "%s: %w", id, err)
			}
			text := string(body)
			row.Body = &text
		}
		rows = append(rows, row)
	}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		for part := range slices.Chunk(rows, 200) {
			_, err := tx.NewInsert().Model(&part).On("CONFLICT (id) DO UPDATE").Set("body = EXCLUDED.body").Set("at = EXCLUDED.at").Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
