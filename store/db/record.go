package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

var _ records.Keeper = (*DB)(nil)

type recordRow struct {
	bun.BaseModel `bun:"table:records,alias:r"`

	Place        int64  `bun:"place,pk"`
	Conversation string `bun:"conversation"`
	Channel      string `bun:"channel"`
	Caller       string `bun:"caller"`
	Started      int64  `bun:"started"`
	Ended        int64  `bun:"ended,nullzero"`
	Last         int64  `bun:"last"`
	Category     string `bun:"category"`
	Queue        string `bun:"queue"`
	Requested    int64  `bun:"requested,nullzero"`
	Answered     int64  `bun:"answered,nullzero"`
	Replied      int64  `bun:"replied,nullzero"`
	Agents       string `bun:"agents"`
	Transfers    int    `bun:"transfers"`
	Waited       int64  `bun:"waited"`
	Talked       int64  `bun:"talked"`
	WrapUp       *int64 `bun:"wrap_up"`
	Outcome      string `bun:"outcome"`
	Rating       int    `bun:"rating"`
	Turns        int    `bun:"turns"`
	Resolved     *int64 `bun:"resolved"`
	Summary      string `bun:"summary"`
	Recording    string `bun:"recording"`
	Confidential int64  `bun:"confidential"`
	Indexed      int64  `bun:"indexed"`
}

// microsOrZero is 0, which is kept as NULL, for a time that has not come.
func microsOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return micros(t)
}

func timeOrZero(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return fromMicros(n)
}

func flag(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// optionalFlag keeps what is not known as NULL.
func optionalFlag(b *bool) *int64 {
	if b == nil {
		return nil
	}
	n := flag(*b)
	return &n
}

func optionalBool(n *int64) *bool {
	if n == nil {
		return nil
	}
	b := *n != 0
	return &b
}

func recordRowOf(r records.Record) (recordRow, error) {
	place, err := records.Place(r.Conversation)
	if err != nil {
		return recordRow{}, err
	}
	agents, err := json.Marshal(append([]string{}, r.Agents...))
	row := recordRow{
		Place: place, Conversation: string(r.Conversation), Channel: string(r.Channel), Caller: r.Caller,
		Started: micros(r.Started), Ended: microsOrZero(r.Ended), Last: int64(r.Last), Category: r.Category, Queue: r.Queue,
		Requested: microsOrZero(r.Requested), Answered: microsOrZero(r.Answered), Replied: microsOrZero(r.Replied),
		Agents: string(agents), Transfers: r.Transfers, Waited: r.Waited.Microseconds(), Talked: r.Talked.Microseconds(),
		Outcome: string(r.Outcome), Rating: r.Rating, Turns: r.Turns, Resolved: optionalFlag(r.Resolved), Summary: r.Summary,
		Recording: r.Recording, Confidential: flag(r.Confidential),
	}
	if r.Wrapped {
		n := r.WrapUp.Microseconds()
		row.WrapUp = &n
	}
	return row, err
}

func (row *recordRow) record() (records.Placed, error) {
	r := records.Record{
		Conversation: hotline.ConversationID(row.Conversation), Channel: hotline.Channel(row.Channel), Caller: row.Caller,
		Started: fromMicros(row.Started), Ended: timeOrZero(row.Ended), Last: uint64(row.Last), Category: row.Category, Queue: row.Queue,
		Requested: timeOrZero(row.Requested), Answered: timeOrZero(row.Answered), Replied: timeOrZero(row.Replied),
		Transfers: row.Transfers, Waited: time.Duration(row.Waited) * time.Microsecond, Talked: time.Duration(row.Talked) * time.Microsecond,
		Outcome: records.Outcome(row.Outcome), Rating: row.Rating, Turns: row.Turns, Resolved: optionalBool(row.Resolved),
		Summary: row.Summary, Recording: row.Recording, Confidential: row.Confidential != 0,
	}
	if row.WrapUp != nil {
		r.WrapUp, r.Wrapped = time.Duration(*row.WrapUp)*time.Microsecond, true
	}
	err := json.Unmarshal([]byte(row.Agents), &r.Agents)
	if len(r.Agents) == 0 {
		r.Agents = nil
	}
	return records.Placed{Record: r, Place: row.Place}, err
}

// PutRecords implements records.Keeper. The text is kept for search only and does not come back.
func (d *DB) PutRecords(ctx context.Context, list []records.Record) error {
	const op = "keep records"
	now := micros(d.now())
	return d.tx(ctx, op, func(ctx context.Context, tx bun.Tx) error {
		for _, r := range list {
			row, err := recordRowOf(r)
			if err != nil {
				return hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", r.Conversation, err)
			}
			row.Indexed = now
			if err := putRecord(ctx, tx, &row); err != nil {
				return err
			}
			if err := putAgents(ctx, tx, row.Place, r.Agents); err != nil {
				return err
			}
			if err := putText(ctx, tx, row.Place, r.Text); err != nil {
				return err
			}
		}
		return nil
	})
}

// putRecord takes the place of the row of the same conversation, or the next free one from row.Place on.
func putRecord(ctx context.Context, tx bun.Tx, row *recordRow) error {
	var place int64
	err := tx.NewSelect().Model((*recordRow)(nil)).Column("place").Where("conversation = ?", row.Conversation).Scan(ctx, &place)
	if err == nil {
		row.Place = place
		_, err = tx.NewUpdate().Model(row).WherePK().Exec(ctx)
		return err
	}
	for errors.Is(err, sql.ErrNoRows) {
		n, failed := changed(tx.NewInsert().Model(row).On("CONFLICT (place) DO NOTHING").Exec(ctx))
		if failed != nil || n == 1 {
			return failed
		}
		row.Place++
	}
	return err
}

func putAgents(ctx context.Context, tx bun.Tx, place int64, agents []string) error {
	if _, err := tx.NewDelete().Table("record_agents").Where("place = ?", place).Exec(ctx); err != nil {
		return err
	}
	for _, agent := range agents {
		row := map[string]any{"agent": agent, "place": place}
		if _, err := tx.NewInsert().Model(&row).TableExpr("record_agents").Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func putText(ctx context.Context, tx bun.Tx, place int64, text string) error {
	if tx.Dialect().Name() == dialect.SQLite {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO record_text (rowid, grams) VALUES (?, ?)", place, gramsInOrder(text))
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO record_text (place, text, grams) VALUES (?, ?, ?)
		ON CONFLICT (place) DO UPDATE SET text = EXCLUDED.text, grams = EXCLUDED.grams`, place, text, pgdialect.Array(gramSet(text)))
	return err
}

// betweenLines keeps the end of one line and the beginning of the next from being neighbours: three
// characters are no pair.
const betweenLines = "0x0 "

// gramsInOrder writes the pairs of a text one after another.
func gramsInOrder(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		for gram := range records.Grams(line) {
			b.WriteString(gram)
			b.WriteByte(' ')
		}
		b.WriteString(betweenLines)
	}
	return b.String()
}

func gramSet(text string) []string {
	seen := map[string]bool{}
	list := []string{}
	for line := range strings.SplitSeq(text, "\n") {
		for gram := range records.Grams(line) {
			if !seen[gram] {
				seen[gram] = true
				list = append(list, gram)
			}
		}
	}
	slices.Sort(list)
	return list
}

// Aside implements records.Keeper.
func (d *DB) Aside(ctx context.Context, id hotline.ConversationID) (records.Aside, error) {
	const op = "read what is known of a conversation"
	var a records.Aside
	var err error
	if a.Remarks, err = d.Remarks(ctx, id); err != nil {
		return a, err
	}
	if a.Requests, err = d.requests(ctx, id); err != nil {
		return a, err
	}
	switch rating, err := d.Rating(ctx, id); hotline.CodeOf(err) {
	case "":
		a.Rating = rating.Score
	case hotline.CodeNotFound:
	default:
		return a, err
	}
	orders, err := d.Orders(ctx, id)
	a.Confidential = slices.ContainsFunc(orders, func(o Order) bool { return o.Confidential })
	return a, failed(op, err)
}
