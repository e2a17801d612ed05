package gateway

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/call/playback"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// archive is what has been said, on all channels: calls in files, text in the database.
type archive struct {
	journal    *store.Log
	store      *db.DB
	recordings string
}

// Events implements records.Source.
func (a archive) Events(ctx context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
	events, err := a.journal.Read(id)
	if hotline.CodeOf(err) != hotline.CodeNotFound {
		return events, err
	}
	for {
		page, err := a.store.Events(ctx, id, uint64(len(events)), chat.MaxPage)
		if err != nil {
			return nil, err
		}
		if events = append(events, page...); len(page) < chat.MaxPage {
			break
		}
	}
	if len(events) == 0 {
		return nil, hotline.Errorf("read events", hotline.CodeNotFound, "没有会话 no conversation %s", id)
	}
	return events, nil
}

// Recording implements records.Source.
func (a archive) Recording(id hotline.ConversationID) string { return playback.Find(a.recordings, id) }

// all yields every conversation that is kept.
func (a archive) all(ctx context.Context, failed *error) iter.Seq[hotline.ConversationID] {
	return func(yield func(hotline.ConversationID) bool) {
		calls, err := a.calls(time.Time{})
		if err == nil {
			var texts []hotline.ConversationID
			texts, err = a.store.Conversations(ctx, time.Unix(0, 0), time.Now().Add(time.Hour))
			calls = append(calls, texts...)
		}
		if err != nil {
			*failed = err
			return
		}
		for _, id := range calls {
			if !yield(id) {
				return
			}
		}
	}
}

// calls lists the calls that began on the day of a time or later.
func (a archive) calls(since time.Time) (list []hotline.ConversationID, err error) {
	days, err := a.journal.Days()
	for _, day := range days {
		if err != nil || day.AddDate(0, 0, 1).Before(since) {
			continue
		}
		var of []hotline.ConversationID
		of, err = a.journal.List(day)
		list = append(list, of...)
	}
	return list, err
}

// overlap is how far before the newest record a start looks for calls without one.
const overlap = 48 * time.Hour

// behind lists the conversations whose record does not tell all that the log does.
func (a archive) behind(ctx context.Context) ([]hotline.ConversationID, error) {
	list, err := a.store.Behind(ctx)
	if err != nil {
		return nil, err
	}
	open, err := a.store.Unended(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := a.store.NewestRecord(ctx)
	if err != nil {
		return nil, err
	}
	since := time.Time{}
	if !newest.IsZero() {
		since = newest.Add(-overlap)
	}
	known, err := a.store.LastEvents(ctx, since)
	if err != nil {
		return nil, err
	}
	calls, err := a.calls(since)
	if err != nil {
		return nil, err
	}
	list = append(list, open...)
	for _, id := range calls {
		if last, err := a.journal.Last(id); err != nil || last == 0 || known[id] != last {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// index keeps the list of conversations. It begins with what was missed while the gateway was down: no call of
// that time can still go on.
func (g *Gateway) index(ctx context.Context) error {
	began := g.clock.Now()
	list, err := g.archive.behind(ctx)
	if err == nil && len(list) > 0 {
		var n int
		n, err = g.indexer.Index(ctx, slices.Values(list), g.began)
		g.log.Info("records brought up to date", "records", n, "took", g.clock.Now().Sub(began))
	}
	if err != nil && ctx.Err() == nil {
		g.log.Error("records are not up to date; hotline records rebuild makes them anew", "error", err)
	}
	return g.indexer.Run(ctx)
}

// accessLog keeps who reads and listens to what in the record that nobody can change.
type accessLog struct{ record account.Record }

// Audit implements api.Auditor.
func (l accessLog) Audit(ctx context.Context, a api.Access) error {
	return l.record.AddEntry(ctx, account.Entry{
		At: a.At, Action: account.Action(a.Action), Who: a.Who, Subject: a.Subject, Address: a.Address, Detail: a.Detail,
	})
}

// Rebuilt tells what RebuildRecords did.
type Rebuilt struct {
	Records int   // worked out anew
	Dropped int64 // without a log
}

// rebuildLive is how old the last event of a call without an end is that a running gateway cannot be in.
const rebuildLive = 24 * time.Hour

// RebuildRecords works all records out of the logs anew, also beside a running gateway.
func RebuildRecords(ctx context.Context, cfg *config.Config, log *slog.Logger) (done Rebuilt, err error) {
	kept, err := OpenStorage(ctx, cfg)
	if err != nil {
		return done, err
	}
	defer func() {
		if closed := kept.Close(); err == nil {
			err = closed
		}
	}()
	a := archive{journal: store.Reader(cfg.Data, nil), store: kept, recordings: recordingsOf(cfg)}
	began := time.Now()
	var failed error
	done.Records, err = records.NewIndexer(records.IndexerConfig{Source: a, Keeper: kept, Logger: log}).Index(ctx, a.all(ctx, &failed), began.Add(-rebuildLive))
	if err == nil {
		err = failed
	}
	if err == nil {
		done.Dropped, err = kept.DropRecordsBefore(ctx, began)
	}
	return done, err
}
