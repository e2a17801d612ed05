package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk/handoff"
)

var (
	_ chat.Keeper = (*DB)(nil)
	_ chat.Census = (*DB)(nil)
)

type conversationRow struct {
	bun.BaseModel `bun:"table:conversations"`

	ID      string `bun:"id,pk"`
	Channel string `bun:"channel"`
	Visitor string `bun:"visitor"`
	Profile string `bun:"profile"`
	State   string `bun:"state"`
	Handoff string `bun:"handoff"`
	Phase   string `bun:"phase"`
	Version int64  `bun:"version"`
	Turn    int    `bun:"turn"`
	Seq     int64  `bun:"seq"`
	Started int64  `bun:"started"`
	Last    int64  `bun:"last"`
	Closed  int64  `bun:"closed,nullzero"`
}

type eventRow struct {
	bun.BaseModel `bun:"table:events"`

	Conversation string `bun:"conversation,pk"`
	Seq          int64  `bun:"seq,pk"`
	At           int64  `bun:"at"`
	Kind         string `bun:"kind"`
	Body         string `bun:"body"`
}

type answerRow struct {
	bun.BaseModel `bun:"table:answers"`

	Conversation string `bun:"conversation,pk"`
	Key          string `bun:"key,pk"`
	Digest       string `bun:"digest"`
	First        int64  `bun:"first"`
	Last         int64  `bun:"last"`
}

func rowOf(r chat.Record) (*conversationRow, error) {
	state, err := json.Marshal(r.State)
	if err != nil {
		return nil, err
	}
	profile, err := json.Marshal(r.Profile)
	if err != nil {
		return nil, err
	}
	way, err := json.Marshal(r.Handoff)
	if err != nil {
		return nil, err
	}
	row := &conversationRow{
		ID: string(r.ID), Channel: string(hotline.ChannelChat), Visitor: r.Visitor, Profile: string(profile), State: string(state),
		Handoff: string(way), Phase: string(r.Handoff.Phase),
		Version: r.Version, Turn: r.Turn, Seq: int64(r.Seq), Started: micros(r.Started), Last: micros(r.Last),
	}
	if !r.Open() {
		row.Closed = micros(r.Closed)
	}
	return row, nil
}

func (row *conversationRow) record() (chat.Record, error) {
	r := chat.Record{
		ID: hotline.ConversationID(row.ID), Visitor: row.Visitor, Version: row.Version, Turn: row.Turn, Seq: uint64(row.Seq),
		Started: fromMicros(row.Started), Last: fromMicros(row.Last),
	}
	if row.Closed != 0 {
		r.Closed = fromMicros(row.Closed)
	}
	return r, errors.Join(json.Unmarshal([]byte(row.State), &r.State), json.Unmarshal([]byte(row.Handoff), &r.Handoff), json.Unmarshal([]byte(row.Profile), &r.Profile))
}

func eventRows(events []hotline.Event) ([]eventRow, error) {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		body, err := json.Marshal(e.Body)
		if err != nil {
			return nil, err
		}
		rows[i] = eventRow{
			Conversation: string(e.Conversation), Seq: int64(e.Seq), At: micros(e.At), Kind: e.Body.Kind(), Body: string(body),
		}
	}
	return rows, nil
}

// event goes through the one decoder of events.
func (row *eventRow) event() (e hotline.Event, err error) {
	raw, err := json.Marshal(map[string]any{
		"conversation": row.Conversation, "seq": row.Seq, "at": fromMicros(row.At).Format(time.RFC3339Nano), "kind": row.Kind,
		"body": json.RawMessage(row.Body),
	})
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	return e, err
}

// Begin implements chat.Keeper.
func (d *DB) Begin(ctx context.Context, s chat.Step) error {
	const op = "keep conversation"
	row, err := rowOf(s.Record)
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
		return insertEvents(ctx, tx, s.Events)
	})
}

func insertEvents(ctx context.Context, tx bun.Tx, events []hotline.Event) error {
	if len(events) == 0 {
		return nil
	}
	rows, err := eventRows(events)
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

// Load implements chat.Keeper.
func (d *DB) Load(ctx context.Context, id hotline.ConversationID) (chat.Record, error) {
	const op = "load conversation"
	var row conversationRow
	err := d.read.NewSelect().Model(&row).Where("id = ?", string(id)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Record{}, hotline.Errorf(op, hotline.CodeNotFound, "没有会话 no conversation %s", id)
	}
	if err != nil {
		return chat.Record{}, failed(op, err)
	}
	r, err := row.record()
	if err != nil {
		return chat.Record{}, hotline.Errorf(op, hotline.CodeInternal, "%s: %w", id, err)
	}
	return r, nil
}

// Commit implements chat.Keeper.
func (d *DB) Commit(ctx context.Context, s chat.Step) error {
	const op = "commit step"
	row, err := rowOf(s.Record)
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewUpdate().Model(row).Column("state", "handoff", "phase", "version", "turn", "seq", "last", "closed").
			Where("id = ?", row.ID).Where("version = ?", row.Version-1).Exec(ctx))
		if err != nil {
			return err
		}
		if n == 0 {
			return hotline.Errorf(op, hotline.CodeConflict, "%s is not at version %d", row.ID, row.Version-1)
		}
		if a := s.Answer; a != nil {
			answer := &answerRow{Conversation: row.ID, Key: a.Key, Digest: a.Digest, First: int64(a.First), Last: int64(a.Last)}
			if _, err := tx.NewInsert().Model(answer).Exec(ctx); err != nil {
				return err
			}
		}
		return insertEvents(ctx, tx, s.Events)
	})
}

// Answer implements chat.Keeper.
func (d *DB) Answer(ctx context.Context, id hotline.ConversationID, key string) (*chat.Answer, error) {
	var row answerRow
	err := d.read.NewSelect().Model(&row).Where("conversation = ?", string(id)).Where("key = ?", key).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("look for an answer", err)
	}
	return &chat.Answer{Key: row.Key, Digest: row.Digest, First: uint64(row.First), Last: uint64(row.Last)}, nil
}

// Events implements chat.Keeper.
func (d *DB) Events(ctx context.Context, id hotline.ConversationID, after uint64, limit int) ([]hotline.Event, error) {
	const op = "read events"
	var rows []eventRow
	err := d.read.NewSelect().Model(&rows).Where("conversation = ?", string(id)).Where("seq > ?", min(after, 1<<62)).
		Order("seq").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed(op, err)
	}
	events := make([]hotline.Event, len(rows))
	for i := range rows {
		if events[i], err = rows[i].event(); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%s: %w", id, err)
		}
	}
	return events, nil
}

// Open implements chat.Census.
func (d *DB) Open(ctx context.Context, visitor string) (all, visitors int, err error) {
	const op = "count conversations"
	open := func() *bun.SelectQuery {
		return d.read.NewSelect().Table("conversations").ColumnExpr("count(*)").Where("closed IS NULL")
	}
	if err = open().Scan(ctx, &all); err == nil {
		err = open().Where("visitor = ?", visitor).Scan(ctx, &visitors)
	}
	return all, visitors, failed(op, err)
}

// Idle implements chat.Census.
func (d *DB) Idle(ctx context.Context, since time.Time, limit int) ([]hotline.ConversationID, error) {
	var ids []hotline.ConversationID
	err := d.read.NewSelect().Table("conversations").Column("id").Where("closed IS NULL").Where("last < ?", micros(since)).
		Order("last").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, failed("look for idle conversations", err)
}

// Handed implements chat.Census.
func (d *DB) Handed(ctx context.Context) ([]hotline.ConversationID, error) {
	var ids []hotline.ConversationID
	err := d.read.NewSelect().Table("conversations").Column("id").Where("closed IS NULL").
		Where("phase IN (?)", bun.List([]handoff.Phase{
			handoff.Queued, handoff.Ringing, handoff.Briefing, handoff.Talking, handoff.Held, handoff.Dialling,
			handoff.Consulting, handoff.Conference, handoff.Lost,
		})).Order("id").Scan(ctx, &ids)
	return ids, failed("look for conversations with people", err)
}

// Conversations returns those that began from one time to just before another, oldest first.
func (d *DB) Conversations(ctx context.Context, from, to time.Time) (list []hotline.ConversationID, err error) {
	err = d.read.NewSelect().Table("conversations").ColumnExpr("id").Where("started >= ?", micros(from)).Where("started < ?", micros(to)).Order("id").Scan(ctx, &list)
	return list, failed("list conversations", err)
}
