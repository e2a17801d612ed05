package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// Order is a request as it was filed, or what was done with one. Ref names the filing.
type Order struct {
	ID           string
	Number       string // of a new request: 12 digits, YYMMDD, five of chance, a check digit by Luhn
	Ref          string
	Conversation hotline.ConversationID
	Channel      hotline.Channel
	At           time.Time
	dialog.Order
}

type orderRow struct {
	bun.BaseModel `bun:"table:orders"`

	ID           string  `bun:"id,pk"`
	Number       *string `bun:"number"`
	Ref          string  `bun:"ref"`
	Conversation string  `bun:"conversation"`
	Channel      string  `bun:"channel"`
	Kind         string  `bun:"kind"`
	Ticket       string  `bun:"ticket"`
	Category     string  `bun:"category"`
	Body         string  `bun:"body"`
	At           int64   `bun:"at"`
}

func (row orderRow) order() (Order, error) {
	o := Order{
		ID: row.ID, Ref: row.Ref, Conversation: hotline.ConversationID(row.Conversation),
		Channel: hotline.Channel(row.Channel), At: fromMicros(row.At),
	}
	if row.Number != nil {
		o.Number = *row.Number
	}
	return o, json.Unmarshal([]byte(row.Body), &o.Order)
}

// numberTries is how often a number that is taken is drawn anew. With half of a day's numbers gone, all
// of them fail once in 10^19 filings.
const numberTries = 64

// numbered tells which kinds get a number of their own; the others are about an order that has one.
func numbered(kind string) bool { return kind == "new" || kind == "callback" }

// FileOrder files a request and returns it with its number. One whose ref is filed already takes its
// place and keeps its number; dialog.OrderVoid takes it away.
func (d *DB) FileOrder(ctx context.Context, o Order) (Order, error) {
	const op = "file request"
	if o.Ref == "" {
		return Order{}, hotline.Errorf(op, hotline.CodeInvalid, "the request has no ref")
	}
	if o.Kind == dialog.OrderVoid {
		_, err := d.write.NewDelete().Table("orders").Where("ref = ?", o.Ref).Exec(ctx)
		return o, failed(op, err)
	}
	body, err := json.Marshal(o.Order)
	if err != nil {
		return Order{}, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	now := d.now()
	row := orderRow{
		ID: string(hotline.NewConversationID(now)), Ref: o.Ref, Conversation: string(o.Conversation), Channel: string(o.Channel),
		Kind: o.Kind, Ticket: o.Ticket, Category: o.Category, Body: string(body), At: micros(now),
	}
	for range numberTries {
		if numbered(o.Kind) {
			number, err := newNumber(now)
			if err != nil {
				return Order{}, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
			}
			row.Number = &number
		}
		n, err := changed(d.write.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx))
		if err != nil {
			return Order{}, failed(op, err)
		}
		if n == 1 {
			return row.order()
		}
		n, err = changed(d.write.NewUpdate().Model(&row).Column("kind", "ticket", "category", "body").Where("ref = ?", o.Ref).Exec(ctx))
		if err != nil {
			return Order{}, failed(op, err)
		}
		if n == 1 {
			return d.orderWhere(ctx, "ref = ?", o.Ref)
		}
	}
	return Order{}, hotline.Errorf(op, hotline.CodeOverload, "今天的工单号已用完 the numbers of the day are used up")
}

func newNumber(now time.Time) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100000))
	if err != nil {
		return "", err
	}
	return slot.TicketNumber(now, n.Int64()), nil
}

// Order returns the request with a number; CodeNotFound when there is none.
func (d *DB) Order(ctx context.Context, number string) (Order, error) {
	return d.orderWhere(ctx, "number = ?", number)
}

func (d *DB) orderWhere(ctx context.Context, condition, value string) (Order, error) {
	const op = "find request"
	var row orderRow
	err := d.read.NewSelect().Model(&row).Where(condition, value).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Order{}, hotline.Errorf(op, hotline.CodeNotFound, "没有工单 no request %s", value)
	}
	if err != nil {
		return Order{}, failed(op, err)
	}
	return row.order()
}

// Orders returns what a conversation filed, in order.
func (d *DB) Orders(ctx context.Context, conv hotline.ConversationID) ([]Order, error) {
	return d.ordersWhere(ctx, "conversation = ?", string(conv))
}

// Actions returns what was done with the order that has a number, in order.
func (d *DB) Actions(ctx context.Context, number string) ([]Order, error) {
	return d.ordersWhere(ctx, "ticket = ?", number)
}

func (d *DB) ordersWhere(ctx context.Context, condition, value string) ([]Order, error) {
	const op = "list requests"
	var rows []orderRow
	if err := d.read.NewSelect().Model(&rows).Where(condition, value).Order("at", "id").Scan(ctx); err != nil {
		return nil, failed(op, err)
	}
	list := make([]Order, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = row.order(); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%s: %w", row.ID, err)
		}
	}
	return list, nil
}

// OrdersOf returns the last requests that were filed in conversations of a caller, the latest first. Those of confidential
// conversations are not among them.
func (d *DB) OrdersOf(ctx context.Context, caller string, limit int) ([]Order, error) {
	const op = "list requests of a caller"
	var rows []orderRow
	err := d.read.NewSelect().Model(&rows).Where("kind = ?", "new").
		Where("conversation IN (?)", d.read.NewSelect().Table("records").Column("conversation").Where("caller = ?", caller).Where("confidential = 0")).
		Order("at DESC").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, failed(op, err)
	}
	list := make([]Order, 0, len(rows))
	for _, row := range rows {
		o, err := row.order()
		if err != nil {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
		}
		list = append(list, o)
	}
	return list, nil
}
