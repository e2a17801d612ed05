package gateway

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store"
	"github.com/hotline-cc/hotline/store/db"
)

// briefed is a gateway that knows the shipped city.
func briefed(t *testing.T) *Gateway {
	t.Helper()
	dir := t.TempDir()
	content, base := opened(t, dir)
	t.Cleanup(func() { _ = base.Close() })
	journal, err := store.Open(store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return &Gateway{cfg: config.Default(), clock: media.SystemClock{}, store: base, content: content, journal: journal, log: log, clerk: &clerk{orders: base, clock: media.SystemClock{}, log: log}}
}

// Whoever called before does not look new: the briefing has their open orders and how often they called.
func TestABriefingHasThePastOfTheCaller(t *testing.T) {
	g := briefed(t)
	const caller = "13812345678"
	now := time.Now()
	first, second, third := hotline.NewConversationID(now.Add(-2*time.Hour)), hotline.NewConversationID(now.Add(-time.Hour)), hotline.NewConversationID(now)
	for _, id := range []hotline.ConversationID{first, second, third} {
		if err := g.store.PutRecords(t.Context(), []records.Record{{Conversation: id, Channel: hotline.ChannelPhone, Caller: caller, Started: now}}); err != nil {
			t.Fatal(err)
		}
	}
	file := func(ref string, id hotline.ConversationID, o dialog.Order) string {
		t.Helper()
		filed, err := g.store.FileOrder(t.Context(), db.Order{Ref: ref, Conversation: id, Channel: hotline.ChannelPhone, Order: o})
		if err != nil {
			t.Fatal(err)
		}
		return filed.Number
	}
	open := file("a", first, dialog.Order{Kind: "new", Category: "utility.heating", Text: "暖气不热"})
	withdrawn := file("b", second, dialog.Order{Kind: "new", Text: "路灯坏了"})
	file("c", second, dialog.Order{Kind: "withdraw", Ticket: withdrawn, Text: "已修好"})
	if _, err := g.journal.Append(third, hotline.Started{Channel: hotline.ChannelPhone, From: caller}); err != nil {
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

// Many people may share an address: what one of them filed is shown for none.
func TestABriefingHasNothingOfStrangers(t *testing.T) {
	g := briefed(t)
	const shared = "address:203.0.113.7"
	now := time.Now()
	theirs, another := hotline.NewConversationID(now.Add(-time.Hour)), hotline.NewConversationID(now)
	for _, id := range []hotline.ConversationID{theirs, another} {
		if err := g.store.PutRecords(t.Context(), []records.Record{{Conversation: id, Channel: hotline.ChannelChat, Caller: shared, Started: now}}); err != nil {
			t.Fatal(err)
		}
	}
	order := db.Order{Ref: "a", Conversation: theirs, Channel: hotline.ChannelChat, Order: dialog.Order{Kind: "new", Text: "暖气不热"}}
	if _, err := g.store.FileOrder(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	if b := g.brief(t.Context(), desk.Talk{Conversation: another, Channel: hotline.ChannelPhone, Caller: shared}, dialog.State{}); len(b.Orders) != 0 || b.Before != 0 {
		t.Errorf("%+v", b)
	}
}

// What the dialog finds out while people talk is told to the agent, once.
func TestTheBriefingLearnsWhilePeopleTalk(t *testing.T) {
	g := briefed(t)
	var err error
	g.people.desk, err = desk.New(desk.Config{Directory: func(context.Context) (desk.Roster, error) {
		return desk.Roster{Queues: []desk.Queue{{ID: "general"}}, Agents: []desk.Agent{{ID: "li", Device: desk.Browser, Queues: []string{"general"}}}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	work.Go(func() { _ = g.people.desk.Run(ctx) })
	console, err := g.people.desk.Connect(ctx, "li")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.people.desk.Line(ctx, "li", desk.Browser, true), g.people.desk.SetState(ctx, "li", desk.Ready, "")); err != nil {
		t.Fatal(err)
	}
	talk := desk.Talk{Conversation: hotline.NewConversationID(time.Now()), Channel: hotline.ChannelPhone, Caller: "13812345678"}
	if _, err := g.journal.Append(talk.Conversation, hotline.Started{Channel: talk.Channel, From: talk.Caller}); err != nil {
		t.Fatal(err)
	}
	seat := g.newSeat(talk, g.log)
	work.Go(func() { seat.run(ctx, nil) })
	seat.Do(handoff.Enqueue{Request: desk.Request{Conversation: talk.Conversation, Queue: "general", Reason: "user_request"}}, dialog.State{})
	for offered := ""; offered == ""; {
		select {
		case n := <-seat.Notices():
			if o, ok := n.(desk.Offered); ok {
				offered = o.Offer
				if err := g.people.desk.Accept(ctx, "li", offered); err != nil {
					t.Fatal(err)
				}
			}
		case <-ctx.Done():
			t.Fatal("nobody is asked")
		}
	}
	next := func() desk.Held {
		t.Helper()
		for {
			u, err := console.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if changed, ok := u.(desk.TalkChanged); ok {
				return changed.Talk
			}
		}
	}
	if taken := next(); len(taken.Request.Brief.Facts) != 0 || taken.Request.Brief.Reason != "user_request" {
		t.Errorf("at first %+v", taken.Request.Brief)
	}
	stand := call.Standing{Phase: handoff.Talking}
	seat.Show(stand)
	next()
	stand.State.Facts = map[string]dialog.Fact{"address": {Value: "和平路18号", Sentence: "我住在和平路18号", Confidence: 0.9}}
	seat.Show(stand)
	seat.Show(stand)
	want := []desk.Fact{{Slot: "address", Value: "和平路18号", Sentence: "我住在和平路18号", Confidence: 0.9}}
	if learned := next(); !slices.Equal(learned.Request.Brief.Facts, want) || !strings.Contains(learned.Request.Brief.Summary, "和平路18号") {
		t.Errorf("learned %+v", learned.Request.Brief)
	}
	stand.Phase = handoff.Held
	seat.Show(stand)
	if held := next(); held.Phase != string(handoff.Held) {
		t.Errorf("%s: told twice what is known", held.Phase)
	}
}
