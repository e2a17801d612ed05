package db

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

var morning = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// aRecord is a record of a call that began so many minutes into the morning.
func aRecord(minute int, change ...func(*records.Record)) records.Record {
	began := morning.Add(time.Duration(minute) * time.Minute)
	r := records.Record{
		Conversation: hotline.NewConversationID(began), Channel: hotline.ChannelPhone, Caller: "13800138000",
		Started: began, Ended: began.Add(30 * time.Second), Last: 7, Outcome: records.Bot, Turns: 2, Summary: "问社保",
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func put(t *testing.T, d *DB, list ...records.Record) {
	t.Helper()
	if err := d.PutRecords(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, d *DB, q records.Query) (summaries []string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	list, err := d.Records(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		summaries = append(summaries, r.Summary)
	}
	return summaries
}

func TestARecordComesBackWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d, yes := open(t), true
		full := aRecord(1, func(r *records.Record) {
			r.Queue, r.Requested, r.Answered, r.Replied = "general", r.Started.Add(time.Second), r.Started.Add(4*time.Second), r.Started.Add(5*time.Second)
			r.Agents, r.Transfers, r.Waited, r.Talked = []string{"a 1", "王"}, 1, 3*time.Second+time.Microsecond, 9*time.Second
			r.WrapUp, r.Wrapped, r.Outcome, r.Rating, r.Resolved = 0, true, records.Answered, 5, &yes
			r.Recording, r.Confidential = "2026/11/24/x", true
		})
		going := aRecord(2, func(r *records.Record) { r.Ended, r.Outcome = time.Time{}, "" })
		put(t, d, full, going)
		for _, want := range []records.Record{full, going} {
			got, err := d.Record(t.Context(), want.Conversation)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		}
		if _, err := d.Record(t.Context(), hotline.NewConversationID(morning)); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Errorf("a record that is not there: %v", err)
		}
		if open, err := d.Unended(t.Context()); err != nil || !slices.Equal(open, []hotline.ConversationID{going.Conversation}) {
			t.Errorf("open records %v, %v", open, err)
		}
	})
}

func TestARecordTakesThePlaceOfTheOneBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		r := aRecord(1, func(r *records.Record) { r.Agents, r.Text = []string{"a", "b"}, "办社保卡" })
		put(t, d, r)
		r.Agents, r.Text, r.Summary = []string{"b", "c"}, "办居住证", "改了"
		put(t, d, r, r)
		for _, c := range []struct {
			query records.Query
			want  []string
		}{
			{records.Query{}, []string{"改了"}},
			{records.Query{Agent: "a"}, nil}, {records.Query{Agent: "b"}, []string{"改了"}}, {records.Query{Agent: "c"}, []string{"改了"}},
			{records.Query{Text: "社保"}, nil}, {records.Query{Text: "居住"}, []string{"改了"}},
		} {
			if diff := cmp.Diff(c.want, listed(t, d, c.query)); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c.query, diff)
			}
		}
	})
}

func TestConversationsOfTheSamePlaceAreBothKept(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		first, second := aRecord(1), aRecord(1)
		place, err := records.Place(first.Conversation)
		if err != nil {
			t.Fatal(err)
		}
		for other := place + 1; other != place; { // until they collide
			second.Conversation = hotline.NewConversationID(first.Started)
			if other, err = records.Place(second.Conversation); err != nil {
				t.Fatal(err)
			}
		}
		first.Summary, second.Summary = "一", "二"
		put(t, d, first, second)
		put(t, d, second, first)
		got := listed(t, d, records.Query{})
		if slices.Sort(got); !slices.Equal(got, []string{"一", "二"}) {
			t.Errorf("records %v", got)
		}
	})
}

func TestRecordsAreFound(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		named := func(name string) func(*records.Record) { return func(r *records.Record) { r.Summary = name } }
		put(t, d,
			aRecord(1, named("a"), func(r *records.Record) {
				r.Channel, r.Text = hotline.ChannelChat, "你好我想办社保卡\n请问卡片丢了吗"
			}),
			aRecord(2, named("b"), func(r *records.Record) {
				r.Agents, r.Queue, r.Outcome, r.Category = []string{"li"}, "tax", records.Answered, "tax.vat"
			}),
			aRecord(3, named("c"), func(r *records.Record) {
				r.Agents, r.Caller, r.Text = []string{"li", "wang"}, "110", "工单号261124000019"
			}),
			aRecord(4, named("d"), func(r *records.Record) { r.Text, r.Category, r.Confidential = "办社保卡", "tax.vat", true }),
		)
		for name, c := range map[string]struct {
			query records.Query
			want  []string
		}{
			"the latest first":                 {records.Query{}, []string{"d", "c", "b", "a"}},
			"of a channel":                     {records.Query{Channel: hotline.ChannelChat}, []string{"a"}},
			"of an agent":                      {records.Query{Agent: "li"}, []string{"c", "b"}},
			"of an agent, as somebody sees":    {records.Query{Agent: "li", Own: "wang"}, []string{"c"}},
			"own":                              {records.Query{Own: "wang"}, []string{"c"}},
			"of a queue":                       {records.Query{Queue: "tax"}, []string{"b"}},
			"of an outcome and an agent":       {records.Query{Outcome: records.Bot, Agent: "li"}, []string{"c"}},
			"of categories, not confidential":  {records.Query{Categories: []string{"tax.vat", "tax.other"}}, []string{"b"}},
			"of a caller":                      {records.Query{Caller: "110"}, []string{"c"}},
			"from a minute to before another":  {records.Query{From: morning.Add(2 * time.Minute), To: morning.Add(4 * time.Minute)}, []string{"c", "b"}},
			"two characters, not confidential": {records.Query{Text: "社保"}, []string{"a"}},
			"a sentence with its punctuation":  {records.Query{Text: "「我想，办社保卡」"}, []string{"a"}},
			"traditional script":               {records.Query{Text: "請問"}, []string{"a"}},
			"the same pairs, not neighbours":   {records.Query{Text: "办社想办"}, nil},
			"not over the end of a line":       {records.Query{Text: "卡片丢"}, []string{"a"}},
			"two lines are not one":            {records.Query{Text: "保卡片"}, nil},
			"part of a number":                 {records.Query{Text: "124000"}, []string{"c"}},
			"text of a time":                   {records.Query{Text: "工单", To: morning.Add(3 * time.Minute)}, nil},
			"text of an agent":                 {records.Query{Text: "工单", Agent: "wang"}, []string{"c"}},
			"letters that mean something":      {records.Query{Text: `"OR* NEAR`}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				if diff := cmp.Diff(c.want, listed(t, d, c.query)); diff != "" {
					t.Errorf("records (-want +got):\n%s", diff)
				}
			})
		}
		if _, err := d.Records(t.Context(), records.Query{Text: "社!", Limit: 5}); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("a search for one character: %v", err)
		}
	})
}

func TestPagesHoldEveryRecordOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		var want []string
		for i := range 25 {
			put(t, d, aRecord(i/5, func(r *records.Record) { r.Summary, r.Agents, r.Text = fmt.Sprint(i), []string{"li"}, "办社保" })) // five in one millisecond
			want = append(want, fmt.Sprint(i))
		}
		slices.Sort(want)
		for name, q := range map[string]records.Query{"all": {}, "own": {Own: "li"}, "search": {Text: "社保"}} {
			var got []string
			for q.Limit = 4; ; {
				page, err := d.Records(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page {
					got, q.Before = append(got, r.Summary), r.Place
				}
				if len(page) < q.Limit {
					break
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		count := 0
		if err := d.EachRecord(t.Context(), morning, morning.Add(4*time.Minute), func(records.Record) error { count++; return nil }); err != nil || count != 20 {
			t.Errorf("%d records in four minutes, %v", count, err)
		}
	})
}

func TestOldRecordsAreDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		put(t, d, aRecord(1, func(r *records.Record) { r.Agents, r.Text = []string{"li"}, "办社保" }))
		between := time.Now().Add(time.Hour)
		d.now = func() time.Time { return between }
		put(t, d, aRecord(2, func(r *records.Record) { r.Agents, r.Text, r.Summary = []string{"li"}, "办社保", "后" }))
		if n, err := d.DropRecordsBefore(t.Context(), between); n != 1 || err != nil {
			t.Errorf("%d dropped, %v", n, err)
		}
		for _, q := range []records.Query{{}, {Agent: "li"}, {Text: "社保"}} {
			if diff := cmp.Diff([]string{"后"}, listed(t, d, q)); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", q, diff)
			}
		}
	})
}

func TestWhatIsKnownBesideTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d, no, yes := open(t), false, true
		r := aRecord(1)
		put(t, d, r)
		for _, remark := range []records.Remark{
			{Conversation: r.Conversation, Agent: "li", Summary: "未结", Resolved: &no},
			{Conversation: r.Conversation, Agent: "wang"},
			{Conversation: r.Conversation, Agent: "li", Summary: "已办", Resolved: &yes, Category: "社保"},
		} {
			if err := d.PutRemark(t.Context(), remark); err != nil {
				t.Fatal(err)
			}
		}
		// What is noted after the end leaves the rest alone, and is left alone by it.
		for _, note := range []string{"草稿", "请回电"} {
			if err := d.PutNote(t.Context(), r.Conversation, "wang", note); err != nil {
				t.Fatal(err)
			}
		}
		late := "请回电"
		if err := d.PutNote(t.Context(), r.Conversation, "zhao", ""); err != nil {
			t.Fatal(err)
		}
		if err := d.PutRemark(t.Context(), records.Remark{Conversation: r.Conversation, Agent: "wang"}); err != nil {
			t.Fatal(err)
		}
		first := records.Request{ID: "r1", Conversation: r.Conversation, Outcome: records.Returned, Body: "{}"}
		second := records.Request{ID: "r2", Conversation: r.Conversation, Outcome: records.Answered, Body: "{}"}
		keep(t, d, DeskEntry{Request: &first}, DeskEntry{Request: &second})
		first.WrapUp, first.Body = time.Minute, `{"later":true}`
		keep(t, d, DeskEntry{Request: &first})
		got, err := d.Aside(t.Context(), r.Conversation)
		if err != nil {
			t.Fatal(err)
		}
		want := records.Aside{
			Remarks: []records.Remark{
				{Conversation: r.Conversation, Agent: "li", Summary: "已办", Resolved: &yes, Category: "社保"},
				{Conversation: r.Conversation, Agent: "zhao", Note: new(string)},
				{Conversation: r.Conversation, Agent: "wang", Note: &late},
			},
			Requests: []records.Request{first, second},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("beside the log (-want +got):\n%s", diff)
		}
	})
}

func keep(t *testing.T, d *DB, entries ...DeskEntry) {
	t.Helper()
	if err := d.KeepDesk(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
}

func TestPlacesAreKeptUntilTheyAreGone(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		keep(t, d, DeskEntry{Conversation: "a", Place: "1"}, DeskEntry{Conversation: "b", Place: "2"})
		bad := []DeskEntry{{Conversation: "a"}, {Callback: &records.CallbackTask{}}}
		if err := d.KeepDesk(t.Context(), bad); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("a callback without a number: %v", err)
		}
		keep(t, d, DeskEntry{Conversation: "b"}, DeskEntry{Conversation: "a", Place: "3"}, DeskEntry{Conversation: "none"})
		if got, err := d.Places(t.Context()); err != nil || !slices.Equal(got, []string{"3"}) {
			t.Errorf("places %q, %v", got, err)
		}
	})
}

func TestACallbackIsTakenByOneAndSettled(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		now := morning
		d.now = func() time.Time { return now }
		kept := records.CallbackTask{
			ID: "c1", Conversation: hotline.NewConversationID(now), Number: "138", Queue: "general", Reason: records.WhyAbandoned,
			Since: now, Due: now.Add(time.Hour), State: records.CallbackOpen, Body: "{}",
		}
		keep(t, d, DeskEntry{Callback: &kept})
		if list, err := d.Callbacks(t.Context(), records.CallbackOpen, 5); err != nil || !cmp.Equal(list, []records.CallbackTask{kept}) {
			t.Errorf("open: %+v, %v", list, err)
		}
		var wg sync.WaitGroup
		won := make(chan string, 8)
		for i := range 8 {
			wg.Go(func() {
				agent := fmt.Sprint("agent", i)
				switch _, err := d.TakeCallback(context.Background(), kept.ID, agent); hotline.CodeOf(err) {
				case "":
					won <- agent
				case hotline.CodeConflict:
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d agents have taken it", len(won))
		}
		agent := <-won
		if _, err := d.SettleCallback(t.Context(), kept.ID, "other", records.Reached, ""); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("settled by another: %v", err)
		}
		first := now
		for attempt := 1; attempt <= records.MaxAttempts; attempt++ {
			now = now.Add(time.Minute)
			if _, err := d.TakeCallback(t.Context(), kept.ID, agent); err != nil {
				t.Fatal(err)
			}
			got, err := d.SettleCallback(t.Context(), kept.ID, agent, records.NoAnswer, "无人接")
			want := kept
			want.State, want.Agent, want.Taken, want.Attempts, want.Tried = records.CallbackOpen, agent, now, attempt, first.Add(time.Minute)
			want.Outcome, want.Remark = records.NoAnswer, "无人接"
			if attempt == records.MaxAttempts {
				want.State, want.Done = records.CallbackDone, now
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("attempt %d: %v (-want +got):\n%s", attempt, err, diff)
			}
		}
		if _, err := d.TakeCallback(t.Context(), kept.ID, agent); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("taken when done: %v", err)
		}
		keep(t, d, DeskEntry{Callback: &kept})
		if c, err := d.Callback(t.Context(), kept.ID); err != nil || c.State != records.CallbackDone {
			t.Errorf("one that is done is %s, %v", c.State, err)
		}
		if _, err := d.TakeCallback(t.Context(), "none", agent); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Errorf("taken without being there: %v", err)
		}
	})
}

func TestACallbackThatLiesTooLongIsTakenByAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		now := morning
		d.now = func() time.Time { return now }
		kept := records.CallbackTask{ID: "c1", Number: "138", Since: now, State: records.CallbackOpen}
		keep(t, d, DeskEntry{Callback: &kept})
		for _, c := range []struct {
			after time.Duration
			agent string
			want  hotline.Code
		}{{0, "a", ""}, {records.TakenFor, "b", hotline.CodeConflict}, {time.Microsecond, "b", ""}, {time.Minute, "a", hotline.CodeConflict}} {
			now = now.Add(c.after)
			if _, err := d.TakeCallback(t.Context(), kept.ID, c.agent); hotline.CodeOf(err) != c.want {
				t.Errorf("%s after %v: %v", c.agent, c.after, err)
			}
		}
		if got, err := d.SettleCallback(t.Context(), kept.ID, "b", records.Reached, "好"); err != nil || got.State != records.CallbackDone || got.Attempts != 1 || !got.Done.Equal(now) {
			t.Errorf("settled: %+v, %v", got, err)
		}
	})
}

func TestCannedAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		for _, c := range []Canned{{"hi", "你好", "您好！", "nh"}, {"bye", "再见", "再见", ""}, {"hi", "你好", "您好，请讲。", "nh hi"}} {
			if err := d.PutCanned(t.Context(), c, "li"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := d.Canned(t.Context())
		want := []Canned{{"hi", "你好", "您好，请讲。", "nh hi"}, {"bye", "再见", "再见", ""}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if err := d.DropCanned(t.Context(), "bye"); err != nil {
			t.Error(err)
		}
		if err := d.DropCanned(t.Context(), "bye"); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Errorf("dropped twice: %v", err)
		}
	})
}
