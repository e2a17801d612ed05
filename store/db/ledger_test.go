package db

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/records"
)

func TestTheDeskFindsWhatItHadKept(t *testing.T) {
	onBoth(t, func(t *testing.T, open engine) {
		l := Ledger{open(t)}
		waits := desk.Place{Request: desk.Request{Conversation: "w", Queue: "general", Since: morning, Brief: desk.Brief{Summary: "社保"}}}
		left := desk.Place{Request: desk.Request{Conversation: "l", Since: morning}}
		todo := desk.Callback{
			ID: "c1", Kind: desk.CallbackMessage, State: desk.CallbackOpen, Number: "138", Queue: "general", Since: morning, Made: morning.Add(time.Minute), Due: morning, Note: "路灯坏了",
			Attempts: []desk.Attempt{{At: morning.Add(time.Hour), Agent: "li", Result: desk.Unanswered, Note: "没人接"}},
		}
		done := desk.Callback{ID: "c2", State: desk.CallbackDone, Number: "139", Made: morning, Done: morning, Result: desk.CalledAgain}
		outcome := desk.Outcome{ID: "o1", Conversation: "w", Ending: desk.EndTimedOut, WrapUpMS: 1500}
		entries := []desk.Entry{waits, left, todo, done, outcome, desk.PlaceGone{Conversation: "l"}}
		for range 2 { // the same ones may come again
			if err := l.Keep(t.Context(), entries); err != nil {
				t.Fatal(err)
			}
		}
		callbacks, places, err := l.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]desk.Callback{todo}, callbacks); diff != "" {
			t.Errorf("callbacks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]desk.Place{waits}, places); diff != "" {
			t.Errorf("places (-want +got):\n%s", diff)
		}
		aside, err := l.Aside(t.Context(), "w")
		if err != nil || len(aside.Requests) != 1 || aside.Requests[0].Outcome != records.Refused || aside.Requests[0].WrapUp != 1500*time.Millisecond {
			t.Errorf("requests %+v, %v", aside.Requests, err)
		}
		task, err := l.Callback(t.Context(), "c1")
		if err != nil || task.Outcome != records.NoAnswer || task.Note != "路灯坏了" || task.Remark != "没人接" || !task.MessageAudio || !task.Tried.Equal(morning.Add(time.Hour)) || task.Attempts != 1 {
			t.Errorf("task %+v, %v", task, err)
		}
		dialling := desk.Callback{ID: "c3", Conversation: "w", Kind: desk.CallbackMissed, State: desk.CallbackTaken, Agent: "li", Number: "137", Made: morning, Dialled: morning.Add(time.Minute)}
		if err := l.Keep(t.Context(), []desk.Entry{dialling}); err != nil {
			t.Fatal(err)
		}
		if task, err := l.Callback(t.Context(), "c3"); err != nil || !task.Tried.Equal(dialling.Dialled) || task.Outcome != "" || task.MessageAudio {
			t.Errorf("while it is dialled: %+v, %v", task, err)
		}
		for agent, want := range map[string]bool{"li": true, "wang": false} {
			if calls, err := l.CallsBack(t.Context(), "w", agent); err != nil || calls != want {
				t.Errorf("%s calls back: %v, %v", agent, calls, err)
			}
		}
	})
}
