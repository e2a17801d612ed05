package db

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/chat"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 123456000, time.UTC)

func begun(t *testing.T, d *DB, visitor string) chat.Record {
	t.Helper()
	r := chat.Record{
		ID: hotline.NewConversationID(noon), Visitor: visitor, Profile: chat.Profile{Elder: true, Locale: "zh-CN"},
		State: dialog.State{Channel: hotline.ChannelChat, Used: []string{"a"}}, Version: 1, Seq: 2, Started: noon, Last: noon,
	}
	if err := d.Begin(t.Context(), chat.Step{Record: r, Events: events(r, 1, 2)}); err != nil {
		t.Fatal(err)
	}
	return r
}

func events(r chat.Record, seqs ...uint64) []hotline.Event {
	var list []hotline.Event
	for _, seq := range seqs {
		list = append(list, hotline.Event{Conversation: r.ID, Seq: seq, At: noon, Body: hotline.Said{Text: fmt.Sprint("第", seq, "句 '\"\\\x00?🀄")}})
	}
	return list
}

// next is a step of three events.
func next(r chat.Record, key string) chat.Step {
	r.Version++
	r.Turn++
	r.Last = r.Last.Add(time.Second)
	s := chat.Step{Record: r, Events: events(r, r.Seq+1, r.Seq+2, r.Seq+3)}
	s.Record.Seq += 3
	if key != "" {
		s.Answer = &chat.Answer{Key: key, Digest: "d", First: r.Seq + 1, Last: r.Seq + 3}
	}
	return s
}

func TestAConversationIsTheSameAfterReopening(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		step := next(begun(t, d, "v"), "k")
		step.Record.Closed = noon.Add(time.Minute)
		if err := d.Commit(t.Context(), step); err != nil {
			t.Fatal(err)
		}
		d = open(t)
		got, err := d.Load(t.Context(), step.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.Record, got); diff != "" {
			t.Error(diff)
		}
		log, err := d.Events(t.Context(), got.ID, 1, 3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(events(got, 2, 3, 4), log); diff != "" {
			t.Error(diff)
		}
		answer, err := d.Answer(t.Context(), got.ID, "k")
		if diff := cmp.Diff(step.Answer, answer); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if none, err := d.Answer(t.Context(), got.ID, "other"); none != nil || err != nil {
			t.Error(none, err)
		}
	})
}

func TestAStepIsKeptWholeOrNotAtAll(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := begun(t, d, "v")
		good := next(r, "k")
		if err := d.Commit(t.Context(), good); err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]chat.Step{
			"an event that is there already": {Record: next(good.Record, "").Record, Events: events(r, 6, 2)},
			"an answer that is there already": {
				Record: next(good.Record, "").Record, Events: events(r, 6), Answer: good.Answer,
			},
			"a version that is not the next": {Record: next(r, "").Record, Events: events(r, 6)},
		} {
			if err := d.Commit(t.Context(), bad); err == nil {
				t.Errorf("%s is kept", name)
			}
		}
		got, err := d.Load(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(good.Record, got); diff != "" {
			t.Error(diff)
		}
		if log, err := d.Events(t.Context(), r.ID, 5, 10); len(log) != 0 || err != nil {
			t.Error(log, err)
		}
	})
}

func TestOfManyStepsFromOneVersionOneIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := begun(t, d, "v")
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = d.Commit(t.Context(), next(r, fmt.Sprint(i))) })
		}
		all.Wait()
		kept := 0
		for _, err := range errs {
			if err == nil {
				kept++
			} else if hotline.CodeOf(err) != hotline.CodeConflict {
				t.Error(err)
			}
		}
		if kept != 1 {
			t.Errorf("%d steps are kept", kept)
		}
	})
}

func TestTheDatabaseRefusesToChangeEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := begun(t, d, "v")
		if _, err := d.write.Exec("UPDATE events SET body = '{}'"); err == nil {
			t.Error("an event was changed")
		}
		log, err := d.Events(t.Context(), r.ID, 0, 10)
		if diff := cmp.Diff(events(r, 1, 2), log); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestOpenAndIdleConversationsAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		old, young, gone := begun(t, d, "a"), begun(t, d, "b"), begun(t, d, "a")
		later := next(young, "")
		later.Record.Last = noon.Add(time.Hour)
		over := next(gone, "")
		over.Record.Closed = noon
		for _, s := range []chat.Step{later, over} {
			if err := d.Commit(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		for visitor, want := range map[string]int{"a": 1, "b": 1, "c": 0} {
			all, of, err := d.Open(t.Context(), visitor)
			if all != 2 || of != want || err != nil {
				t.Errorf("%s: %d of %d open, %v", visitor, of, all, err)
			}
		}
		idle, err := d.Idle(t.Context(), noon.Add(time.Minute), 10)
		if diff := cmp.Diff([]hotline.ConversationID{old.ID}, idle); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		none := hotline.NewConversationID(noon)
		_, load := d.Load(t.Context(), none)
		_, attachment := d.Attachment(t.Context(), none, "x")
		_, rating := d.Rating(t.Context(), none)
		_, key := d.Key(t.Context(), "x")
		_, order := d.Order(t.Context(), "000000000000")
		_, document := d.Document(t.Context(), "flow", "x", 0)
		for what, err := range map[string]error{
			"load": load, "attachment": attachment, "rating": rating, "key": key, "order": order, "document": document,
			"revoke": d.RevokeKey(t.Context(), "x"), "publish": failing(d.PublishDocument(t.Context(), Version{"flow", "x", 1}, "a", "")),
			"drop": d.DropDocument(t.Context(), "flow", "x", 1, "a"), "withdraw": failing(d.WithdrawDocument(t.Context(), "flow", "x", "a", "")),
		} {
			if hotline.CodeOf(err) != hotline.CodeNotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestConversationsThatAreWithPeopleAreFoundAfterARestart(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		want := []hotline.ConversationID{}
		for _, phase := range handoff.Phases() {
			s := next(begun(t, d, "v"), "")
			s.Record.Handoff = handoff.State{Phase: phase, Agent: desk.Agent{ID: "li"}}
			if err := d.Commit(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			switch phase {
			case handoff.Bot, handoff.Survey, handoff.Over:
			default:
				want = append(want, s.Record.ID)
			}
		}
		d = open(t)
		got, err := d.Handed(t.Context())
		slices.Sort(want)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		r, err := d.Load(t.Context(), want[0])
		if err != nil || r.Handoff.Agent.ID != "li" {
			t.Error(r.Handoff, err)
		}
	})
}
