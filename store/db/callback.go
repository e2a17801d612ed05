package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

type callbackRow struct {
	bun.BaseModel `bun:"table:callbacks"`

	ID           string `bun:"id,pk"`
	Conversation string `bun:"conversation"`
	Number       string `bun:"number"`
	Caller       string `bun:"caller"`
	Queue        string `bun:"queue"`
	Reason       string `bun:"reason"`
	Since        int64  `bun:"since"`
	Due          int64  `bun:"due,nullzero"`
	MessageAudio int64  `bun:"message_audio"`
	State        string `bun:"state"`
	Agent        string `bun:"agent"`
	Taken        int64  `bun:"taken,nullzero"`
	Attempts     int    `bun:"attempts"`
	Tried        int64  `bun:"tried,nullzero"`
	Outcome      string `bun:"outcome"`
	Note         string `bun:"note"`
	Remark       string `bun:"remark"`
	Done         int64  `bun:"done,nullzero"`
	Body         string `bun:"body"`
}

func (row callbackRow) task() records.CallbackTask {
	return records.CallbackTask{
		ID: row.ID, Conversation: hotline.ConversationID(row.Conversation), Number: row.Number, Caller: row.Caller, Queue: row.Queue,
		Reason: row.Reason, Since: fromMicros(row.Since), Due: timeOrZero(row.Due), MessageAudio: row.MessageAudio != 0,
		State: records.CallbackState(row.State), Agent: row.Agent, Taken: timeOrZero(row.Taken), Attempts: row.Attempts,
		Tried: timeOrZero(row.Tried), Outcome: records.CallbackOutcome(row.Outcome), Note: row.Note, Remark: row.Remark,
		Done: timeOrZero(row.Done), Body: row.Body,
	}
}

// putCallback keeps a call to be made. One that is done stays as it is.
func putCallback(ctx context.Context, tx bun.Tx, c records.CallbackTask) error {
	if c.ID == "" || c.Number == "" && c.Reason != records.WhyMessage {
		return hotline.Errorf("keep callback", hotline.CodeInvalid, "回拨任务缺少编号或号码 a callback has an id and a number")
	}
	row := callbackRow{
		ID: c.ID, Conversation: string(c.Conversation), Number: c.Number, Caller: c.Caller, Queue: c.Queue, Reason: c.Reason,
		Since: micros(c.Since), Due: microsOrZero(c.Due), MessageAudio: flag(c.MessageAudio), State: string(c.State), Agent: c.Agent,
		Taken: microsOrZero(c.Taken), Attempts: c.Attempts, Tried: microsOrZero(c.Tried), Outcome: string(c.Outcome), Note: c.Note,
		Remark: c.Remark, Done: microsOrZero(c.Done), Body: c.Body,
	}
	q := tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE")
	for _, column := range []string{
		"conversation", "number", "caller", "queue", "reason", "since", "due", "message_audio", "state", "agent", "taken", "attempts", "tried",
		"outcome", "note", "remark", "done", "body",
	} {
		q.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	_, err := q.Where("?TableAlias.state <> ?", records.CallbackDone).Exec(ctx)
	return err
}

// Callback returns a call to be made; CodeNotFound when there is none.
func (d *DB) Callback(ctx context.Context, id string) (records.CallbackTask, error) {
	return d.callback(ctx, "find callback", d.read, id)
}

func (d *DB) callback(ctx context.Context, op string, in bun.IDB, id string) (records.CallbackTask, error) {
	var row callbackRow
	err := in.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return records.CallbackTask{}, hotline.Errorf(op, hotline.CodeNotFound, "没有这个回拨任务 no such callback: %s", id)
	}
	return row.task(), failed(op, err)
}

// Callbacks returns the calls in a state, those waiting longest first, the done ones latest first.
func (d *DB) Callbacks(ctx context.Context, state records.CallbackState, limit int) ([]records.CallbackTask, error) {
	order := "since"
	if state == records.CallbackDone {
		order = "since DESC"
	}
	var rows []callbackRow
	err := d.read.NewSelect().Model(&rows).Where("state = ?", state).Order(order).Limit(int64(limit)).Scan(ctx)
	return tasks(rows), failed("list callbacks", err)
}

// CallbacksBetween returns the calls of callers who were lost, or asked, from one time to just before another.
func (d *DB) CallbacksBetween(ctx context.Context, from, to time.Time) ([]records.CallbackTask, error) {
	var rows []callbackRow
	err := d.read.NewSelect().Model(&rows).Where("since >= ?", micros(from)).Where("since < ?", micros(to)).Order("since").Scan(ctx)
	return tasks(rows), failed("list callbacks", err)
}

// CallsBack tells whether an agent has the call that a conversation has left to be made, or was the one to settle it.
func (d *DB) CallsBack(ctx context.Context, id hotline.ConversationID, agent string) (bool, error) {
	found, err := d.read.NewSelect().Table("callbacks").Where("conversation = ?", string(id)).Where("agent = ?", agent).
		Where("state <> ?", records.CallbackOpen).Exists(ctx)
	return found, failed("find callback", err)
}

func tasks(rows []callbackRow) []records.CallbackTask {
	list := make([]records.CallbackTask, len(rows))
	for i, row := range rows {
		list[i] = row.task()
	}
	return list
}

// TakeCallback gives an open call to an agent, or one that another has had for longer than
// records.TakenFor; CodeConflict when another has it or it is done. Of two who take it at once one gets it.
func (d *DB) TakeCallback(ctx context.Context, id, agent string) (records.CallbackTask, error) {
	const op = "take callback"
	now := d.now()
	n, err := changed(d.write.NewUpdate().Table("callbacks").
		Set("state = ?", records.CallbackTaken).Set("agent = ?", agent).Set("taken = ?", micros(now)).Where("id = ?", id).
		Where("state = ? OR state = ? AND (agent = ? OR taken < ?)", records.CallbackOpen, records.CallbackTaken, agent, micros(now.Add(-records.TakenFor))).
		Exec(ctx))
	return d.stepped(ctx, op, id, n, err)
}

// SettleCallback notes what came of an attempt of the agent who has taken the call: CodeConflict when
// another has, or nobody. Without an answer it is open again until it was tried records.MaxAttempts times.
func (d *DB) SettleCallback(ctx context.Context, id, agent string, outcome records.CallbackOutcome, remark string) (records.CallbackTask, error) {
	const op = "settle callback"
	now := micros(d.now())
	again := "attempts + 1 < ?" // the attempts before this one stand in the row
	most := records.MaxAttempts
	if outcome != records.NoAnswer {
		most = 0
	}
	n, err := changed(d.write.NewUpdate().Table("callbacks").
		Set("state = CASE WHEN "+again+" THEN ? ELSE ? END", most, string(records.CallbackOpen), string(records.CallbackDone)).
		Set("done = CASE WHEN "+again+" THEN NULL ELSE CAST(? AS BIGINT) END", most, now).
		Set("attempts = attempts + 1").Set("tried = coalesce(tried, ?)", now).Set("outcome = ?", string(outcome)).Set("remark = ?", remark).
		Where("id = ?", id).Where("state = ?", records.CallbackTaken).Where("agent = ?", agent).Exec(ctx))
	return d.stepped(ctx, op, id, n, err)
}

// stepped returns a call after a step that changed n rows; CodeConflict when it could not be made.
func (d *DB) stepped(ctx context.Context, op, id string, n int64, err error) (records.CallbackTask, error) {
	if err != nil {
		return records.CallbackTask{}, failed(op, err)
	}
	c, err := d.callback(ctx, op, d.write, id)
	if err == nil && n == 0 {
		err = hotline.Errorf(op, hotline.CodeConflict, "任务不在您手上，现为 %s the callback is not yours to do this with", c.State)
	}
	return c, err
}
