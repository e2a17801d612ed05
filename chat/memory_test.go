package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// memory keeps conversations as a database does: nothing in it is shared.
type memory struct {
	mu      sync.Mutex
	records map[hotline.ConversationID][]byte
	events  map[hotline.ConversationID][]hotline.Event
	answers map[string]Answer
	slow    time.Duration
}

func newMemory() *memory {
	return &memory{records: map[hotline.ConversationID][]byte{}, events: map[hotline.ConversationID][]hotline.Event{}, answers: map[string]Answer{}}
}

func (m *memory) Begin(_ context.Context, s Step) error { return m.keep(s, 0) }

func (m *memory) Commit(_ context.Context, s Step) error {
	time.Sleep(m.slow)
	return m.keep(s, s.Record.Version-1)
}

func (m *memory) keep(s Step, was int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var have Record
	_ = json.Unmarshal(m.records[s.Record.ID], &have)
	if have.Version != was {
		return hotline.Errorf("commit", hotline.CodeConflict, "at version %d", have.Version)
	}
	text, err := json.Marshal(s.Record)
	if err != nil {
		return err
	}
	m.records[s.Record.ID] = text
	m.events[s.Record.ID] = append(m.events[s.Record.ID], s.Events...)
	if s.Answer != nil {
		m.answers[string(s.Record.ID)+s.Answer.Key] = *s.Answer
	}
	return nil
}

func (m *memory) Load(_ context.Context, id hotline.ConversationID) (r Record, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, found := m.records[id]
	if !found {
		return r, hotline.Errorf("load", hotline.CodeNotFound, "no %s", id)
	}
	return r, json.Unmarshal(text, &r)
}

func (m *memory) Answer(_ context.Context, id hotline.ConversationID, key string) (*Answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, found := m.answers[string(id)+key]
	if !found {
		return nil, nil
	}
	return &a, nil
}

func (m *memory) Events(_ context.Context, id hotline.ConversationID, after uint64, limit int) ([]hotline.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []hotline.Event
	for _, e := range m.events[id] {
		if e.Seq > after && len(list) < limit {
			list = append(list, e)
		}
	}
	return list, nil
}

func (m *memory) each(do func(Record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range m.records {
		var r Record
		_ = json.Unmarshal(text, &r)
		do(r)
	}
}

func (m *memory) Open(_ context.Context, visitor string) (all, visitors int, err error) {
	m.each(func(r Record) {
		if r.Open() {
			all++
			if r.Visitor == visitor {
				visitors++
			}
		}
	})
	return all, visitors, nil
}

func (m *memory) Idle(_ context.Context, since time.Time, limit int) (list []hotline.ConversationID, err error) {
	m.each(func(r Record) {
		if r.Open() && r.Last.Before(since) && len(list) < limit {
			list = append(list, r.ID)
		}
	})
	return list, nil
}

func (m *memory) Handed(context.Context) (list []hotline.ConversationID, err error) {
	m.each(func(r Record) {
		if r.Open() && r.Handoff.Phase != "" && r.Handoff.Phase != handoff.Bot {
			list = append(list, r.ID)
		}
	})
	return list, nil
}

// counting is a dialog that counts what it hears, asks for actions and ends when told to.
type counting struct{}

func (counting) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	say := func(id, text string) dialog.Action { return dialog.Say{Prompt: dialog.Prompt{ID: id, Text: text}} }
	switch e := e.(type) {
	case dialog.Started:
		return s, []dialog.Action{say("greeting", "您好"), dialog.Listen{Choices: []string{"是", "否"}}}
	case dialog.Unheard:
		return s, []dialog.Action{say("unheard", "没有看到文字")}
	case dialog.Done:
		if e.Result["again"] == true {
			return s, []dialog.Action{dialog.LookUp{ID: "e2"}}
		}
		return s, []dialog.Action{say("filed", "已登记"+e.Failed)}
	case dialog.Unattended:
		return s, []dialog.Action{say("unattended", "没有人"), dialog.Hangup{Reason: "handed over"}}
	case dialog.Attended:
		s.Attended = true
		return s, nil
	case dialog.Returned, dialog.Missed, dialog.Survey, dialog.Place:
		s.Attended = false
		return s, []dialog.Action{say("people", strings.TrimPrefix(fmt.Sprintf("%T", e), "dialog."))}
	case dialog.Heard:
		s.Turns++
		if s.Attended {
			return s, nil
		}
		switch e.Text {
		case "再见":
			return s, []dialog.Action{say("bye", "再见"), dialog.Hangup{Reason: "goodbye"}, say("never", "不该说")}
		case "人工":
			return s, []dialog.Action{dialog.Handover{Queue: "q", Reason: "asked", Skills: map[string]int{"law": 2}, Language: "yue"}}
		case "登记", "循环":
			return s, []dialog.Action{dialog.Note{Act: "report"}, dialog.File{ID: "e1", Order: dialog.Order{Text: e.Text}}}
		}
		return s, []dialog.Action{dialog.Note{Act: "ask"}, say("n", fmt.Sprint(s.Turns))}
	}
	return s, nil
}

func (counting) Patience(dialog.State, string) dialog.Patience { return dialog.PatienceNormal }

func hosted(t *testing.T, m *memory, change ...func(*Config)) *Host {
	t.Helper()
	cfg := Config{Engine: func() dialog.Engine { return counting{} }, Keeper: m, Census: m}
	for _, f := range change {
		f(&cfg)
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := h.Rooms(); n != 0 {
			t.Errorf("%d conversations are left in memory", n)
		}
	})
	return h
}

func begun(t *testing.T, h *Host) hotline.ConversationID {
	t.Helper()
	r, _, err := h.Begin(t.Context(), Opening{Visitor: "v"})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func posted(t *testing.T, h *Host, id hotline.ConversationID, text string) []string {
	t.Helper()
	events, err := h.Post(t.Context(), id, Message{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return shown(events)
}

// shown is a short form of events.
func shown(events []hotline.Event) []string {
	var list []string
	for _, e := range events {
		line := fmt.Sprint(e.Seq, " ", e.Body.Kind())
		switch b := e.Body.(type) {
		case hotline.Heard:
			line += fmt.Sprintf(" %d %s", b.Turn, b.Text)
		case hotline.Said:
			line += " " + b.Text
		case hotline.Ended:
			line += " " + b.By + " " + b.Reason
		case hotline.Degraded:
			line += " " + b.Reason
		}
		list = append(list, line)
	}
	return slices.Clip(list)
}
