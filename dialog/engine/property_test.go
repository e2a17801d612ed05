package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// mostActions bounds what one event may set off: each node entered says and notes a few things.
const mostActions = 1000

func TestRandomConversationsHoldWhatEveryConversationHolds(t *testing.T) {
	const events = 30
	for pack, conversations := range map[string]int{"yunzhou": 12, "maker": 4, "bank": 4} {
		t.Run(pack, func(t *testing.T) {
			b := bench(t, pack)
			for seed := range conversations {
				r := rand.New(rand.NewPCG(uint64(seed), 4))
				s, log := dialog.State{}, []dialog.Event{b.started(r)}
				var all [][]dialog.Action
				for len(log) < events {
					event := log[len(log)-1]
					next, actions := holds(t, b.engine, s, event)
					all = append(all, actions)
					s = next
					log = append(log, b.event(r, s, actions))
				}
				replay(t, b.engine, log[:len(all)], all)
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func TestForeignStatesAreCarriedOn(t *testing.T) {
	b := bench(t, "yunzhou")
	for seed := range 30 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		s, _ := b.engine.Step(dialog.State{}, b.started(r))
		for range r.IntN(6) {
			s, _ = b.engine.Step(s, b.event(r, s, nil))
		}
		s = b.corrupt(r, s)
		for range 6 {
			event := b.event(r, s, nil)
			s, _ = holds(t, b.engine, s, event)
			if t.Failed() {
				t.Fatalf("seed %d, %#v", seed, event)
			}
		}
	}
}

// holds steps, and checks everything that holds of each step.
func holds(t *testing.T, e dialog.Engine, s dialog.State, event dialog.Event) (dialog.State, []dialog.Action) {
	t.Helper()
	before := asJSON(t, s)
	next, actions := e.Step(s, event)
	if after := asJSON(t, s); after != before {
		t.Errorf("%#v changed the state it was given\n%s", event, cmp.Diff(before, after))
	}
	var decoded dialog.State
	if err := json.Unmarshal([]byte(before), &decoded); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, decoded, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("JSON loses something of the state: %s", diff)
	}
	fromJSON, same := e.Step(decoded, event)
	if diff := cmp.Diff(actions, same, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%#v does something else to the state that was stored: %s", event, diff)
	}
	if diff := cmp.Diff(asJSON(t, next), asJSON(t, fromJSON)); diff != "" {
		t.Errorf("%#v leads elsewhere from the state that was stored: %s", event, diff)
	}
	if len(actions) > mostActions {
		t.Errorf("%#v set off %d actions", event, len(actions))
	}
	outcome(t, s, next, event, actions)
	return next, actions
}

// outcome checks that a step leaves nobody hanging: it listens or hangs up last, or nothing was to
// be done.
func outcome(t *testing.T, s, next dialog.State, event dialog.Event, actions []dialog.Action) {
	t.Helper()
	if s.Ended {
		if len(actions) > 0 {
			t.Errorf("%#v: actions after the end", event)
		}
		return
	}
	if len(actions) == 0 {
		switch event.(type) {
		case dialog.Done, dialog.Unattended, dialog.Key: // nobody waits for it
			return
		}
		t.Errorf("%#v: nothing is done", event)
		return
	}
	switch last := actions[len(actions)-1].(type) {
	case dialog.Listen:
		if next.Ended {
			t.Errorf("%#v: listens after the end", event)
		}
		if last.NoInput <= 0 {
			t.Errorf("%#v: listens for %v", event, last.NoInput)
		}
	case dialog.Hangup:
		if !next.Ended {
			t.Errorf("%#v: hangs up without an end", event)
		}
	default:
		t.Errorf("%#v: ends in %T", event, last)
	}
}

func replay(t *testing.T, e dialog.Engine, log []dialog.Event, want [][]dialog.Action) {
	t.Helper()
	var s dialog.State
	for i, event := range log {
		var actions []dialog.Action
		if s, actions = e.Step(s, event); !reflect.DeepEqual(actions, want[i]) {
			t.Errorf("event %d %#v: the same log gives other actions: %s", i, event, cmp.Diff(want[i], actions))
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// started is a first event of any kind.
func (b bed) started(r *rand.Rand) dialog.Event {
	e := dialog.Started{Channel: hotline.ChannelPhone, From: pick(r, "", "15400001234", "anonymous", "\xff"), At: morning}
	if r.IntN(2) == 0 {
		e.Channel = hotline.ChannelChat
	}
	if b.survey && r.IntN(4) == 0 {
		e.Flow, e.Known = "survey", map[string]string{"ticket": "261020000319", "nothing": "x"}
	}
	e.Elder = r.IntN(5) == 0
	return e
}

// event is a random next event; half of the time one that fits what was done last.
func (b bed) event(r *rand.Rand, s dialog.State, actions []dialog.Action) dialog.Event {
	if r.IntN(2) == 0 {
		for _, a := range actions {
			switch a := a.(type) {
			case dialog.LookUp:
				return dialog.Done{ID: a.ID, Failed: pick(r, "", "", "down"), Result: anything(r)}
			case dialog.File:
				return dialog.Done{ID: a.ID, Failed: pick(r, "", "", "", "down"), Result: map[string]any{"number": "261124000017"}}
			}
		}
	}
	at := s.Now.Add(time.Duration(r.IntN(20_000)-100) * time.Millisecond)
	switch n := r.IntN(100); {
	case n < 72:
		h := dialog.Heard{Text: b.sentence(r), Confidence: float64(r.IntN(11)) / 10, At: at}
		if r.IntN(4) == 0 {
			h.Alternatives = []string{b.sentence(r), "", "\xff\xfe"}
		}
		return h
	case n < 80:
		return dialog.Key{Key: pick(r, "0", "1", "2", "3", "7", "9", "*", "#", "A", "", "12")}
	case n < 86:
		return dialog.Silence{}
	case n < 90:
		return dialog.Unheard{Failed: r.IntN(2) == 0}
	case n < 97:
		return dialog.Done{ID: fmt.Sprintf("e%d", r.IntN(6)), Failed: pick(r, "", "", "down"), Result: anything(r)}
	}
	return dialog.Unattended{}
}

func anything(r *rand.Rand) map[string]any {
	return pick(r, nil, map[string]any{}, map[string]any{"found": true, "until": 8}, map[string]any{"number": 5, "status": []any{"x", []any{1}}},
		map[string]any{"delivery": map[string]any{"a": nil}, "status": "正在办理"}, map[string]any{"number": make(chan int)}, map[string]any{"ok": "no", "input": 3})
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
