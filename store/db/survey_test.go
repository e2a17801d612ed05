package db

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
)

// A call has no row among the conversations of text, and is graded all the same.
func TestACallIsGradedByLinkOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		call := aRecord(1)
		put(t, d, call)
		want := Rating{Conversation: call.Conversation, Score: 4, How: ByLink, Comment: "谢谢"}
		var given, refused atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				switch err := d.AddRating(t.Context(), want); {
				case err == nil:
					given.Add(1)
				case hotline.CodeOf(err) == hotline.CodeConflict:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if given.Load() != 1 || refused.Load() != 7 {
			t.Errorf("given %d times, refused %d times", given.Load(), refused.Load())
		}
		got, err := d.Rating(t.Context(), call.Conversation)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Rating{}, "At", "BaseModel")); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if r, err := d.Record(t.Context(), call.Conversation); r.Rating != 4 || err != nil {
			t.Error("the record says", r.Rating, err)
		}
		beside, err := d.Aside(t.Context(), call.Conversation)
		if diff := cmp.Diff(records.Aside{Rating: 4}, beside, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Error("a record worked out anew would lose it:", diff, err)
		}
	})
}

func TestASurveyTakesThePlaceOfTheOneBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		now := noon
		d.now = func() time.Time { return now }
		first := Survey{Conversation: hotline.NewConversationID(noon), Hash: "a", Expires: noon.Add(time.Hour)}
		second, other := first, Survey{Conversation: hotline.NewConversationID(noon), Hash: "c", Expires: noon.Add(time.Hour)}
		second.Hash, second.Expires = "b", noon.Add(2*time.Hour)
		known := func(s Survey) bool {
			t.Helper()
			got, err := d.Survey(t.Context(), s.Hash)
			if hotline.CodeOf(err) == hotline.CodeNotFound {
				return false
			}
			if diff := cmp.Diff(s, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			return true
		}
		if err := errors.Join(d.PutSurvey(t.Context(), first), d.PutSurvey(t.Context(), other), d.PutSurvey(t.Context(), second)); err != nil {
			t.Fatal(err)
		}
		if known(first) || !known(second) || !known(other) {
			t.Error("the second does not take the place of the first, or takes that of another conversation")
		}
		now = noon.Add(surveyKept + time.Hour + time.Minute)
		if err := d.PutSurvey(t.Context(), Survey{Conversation: hotline.NewConversationID(now), Hash: "d", Expires: now}); err != nil {
			t.Fatal(err)
		}
		if known(other) || !known(second) {
			t.Error("what expired long ago is kept, or what did not is gone")
		}
	})
}

func TestRatingsSurviveTheChangeOfTheirTable(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		d := open(t)
		chat, call := begun(t, d, "v").ID, hotline.NewConversationID(noon)
		for _, id := range []hotline.ConversationID{chat, call} {
			if err := d.AddRating(t.Context(), Rating{Conversation: id, Score: 2, How: ByLink, Comment: "慢"}); err != nil {
				t.Fatal(err)
			}
		}
		provider, err := d.provider()
		if err != nil {
			t.Fatal(err)
		}
		const before = 9
		if _, err := provider.DownTo(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := d.Rating(t.Context(), chat)
		if diff := cmp.Diff(Rating{Conversation: chat, Score: 2, How: ByWidget, Comment: "慢"}, got, cmpopts.IgnoreFields(Rating{}, "At", "BaseModel")); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if _, err := d.Rating(t.Context(), call); hotline.CodeOf(err) != hotline.CodeNotFound {
			t.Error("the older schema held the grade of a call:", err)
		}
	})
}
