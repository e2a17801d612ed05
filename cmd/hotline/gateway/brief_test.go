package gateway

import (
	"log/slog"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// Whoever called before does not look new: the briefing has their open orders and how often they called.
func TestABriefingHasThePastOfTheCaller(t *testing.T) {
	dir := t.TempDir()
	content, base := opened(t, dir)
	t.Cleanup(func() { _ = base.Close() })
	journal, err := store.Open(store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	g := &Gateway{store: base, content: content, journal: journal, log: log, clerk: &clerk{orders: base, clock: media.SystemClock{}, log: log}}
	const caller = "13812345678"
	now := time.Now()
	first, second, third := hotline.NewConversationID(now.Add(-2*time.Hour)), hotline.NewConversationID(now.Add(-time.Hour)), hotline.NewConversationID(now)
	for _, id := range []hotline.ConversationID{first, second, third} {
		if err := base.PutRecords(t.Context(), []records.Record{{Conversation: id, Channel: hotline.ChannelPhone, Caller: caller, Started: now}}); err != nil {
			t.Fatal(err)
		}
	}
	file := func(ref string, id hotline.ConversationID, o dialog.Order) string {
		t.Helper()
		filed, err := base.FileOrder(t.Context(), db.Order{Ref: ref, Conversation: id, Channel: hotline.ChannelPhone, Order: o})
		if err != nil {
			t.Fatal(err)
		}
		return filed.Number
	}
	open := file("a", first, dialog.Order{Kind: "new", Category: "utility.heating", Text: "暖气不热"})
	withdrawn := file("b", second, dialog.Order{Kind: "new", Text: "路灯坏了"})
	file("c", second, dialog.Order{Kind: "withdraw", Ticket: withdrawn, Text: "已修好"})
	if _, err := journal.Append(third, hotline.Started{Channel: hotline.ChannelPhone, From: caller}); err != nil {
		t.Fatal(err)
	}

	b := g.brief(t.Context(), desk.Talk{Conversation: third, Channel: hotline.ChannelPhone, Caller: caller}, dialog.State{})
	if len(b.Orders) != 1 || b.Orders[0].Number != open || b.Orders[0].Text != "暖气不热" || b.Orders[0].Status == "" {
		t.Errorf("orders %+v, want %s alone", b.Orders, open)
	}
	if b.Before != 2 {
		t.Errorf("%d conversations before, want 2", b.Before)
	}
	if b := g.brief(t.Context(), desk.Talk{Conversation: third, Channel: hotline.ChannelPhone}, dialog.State{}); len(b.Orders) != 0 || b.Before != 0 {
		t.Errorf("of a caller without a number: %+v", b)
	}
}
