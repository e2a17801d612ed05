package replay

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// desk is a dialog that answers 问, files 登记 after a look-up, hands over 人工 and ends with 再见.
type desk struct{ entry string }

func (d desk) Step(s dialog.State, e dialog.Event) (dialog.State, []dialog.Action) {
	switch e := e.(type) {
	case dialog.Heard:
		switch {
		case strings.Contains(e.Text, "问"):
			return s, []dialog.Action{dialog.Note{What: "answer", Entry: d.entry}}
		case strings.Contains(e.Text, "登记"):
			s.Errands++
			return s, []dialog.Action{dialog.LookUp{ID: "e1", System: "area", Input: map[string]any{"of": 1}}}
		case e.Text == "再见":
			return s, []dialog.Action{dialog.Hangup{Reason: "goodbye"}}
		}
	case dialog.Done:
		if e.ID == "e1" {
			to, _ := e.Result["office"].(string)
			return s, []dialog.Action{dialog.File{ID: "e2", Order: dialog.Order{Kind: "new", Category: "road", DispatchTo: to}}}
		}
	case dialog.Key:
		return s, []dialog.Action{dialog.Handover{Queue: "general", Reason: "key", Priority: 1}}
	}
	return s, nil
}

func (desk) Patience(dialog.State, string) dialog.Patience { return dialog.PatienceNormal }

func log(bodies ...hotline.EventBody) []hotline.Event {
	var events []hotline.Event
	for i, b := range bodies {
		events = append(events, hotline.Event{Conversation: "c", Seq: uint64(i + 1), At: time.Unix(int64(i), 0), Body: b})
	}
	return events
}

var call = log(
	hotline.Started{Channel: hotline.ChannelPhone},
	hotline.Heard{Turn: 1, Text: "登"},
	hotline.Heard{Turn: 0, Text: "嗯", Rejected: "backchannel"},
	hotline.Heard{Turn: 2, Text: "登记", Replaces: 1},
	hotline.LookedUp{Errand: "e1", System: "area", Input: map[string]any{"of": 1.0}, Result: map[string]any{"office": "district.donghu"}},
	hotline.Filed{Errand: "e2", What: "new", Number: "261126000018", Category: "road", DispatchTo: "district.donghu"},
	hotline.Heard{Turn: 3, Text: "问一下"},
	hotline.Decided{Turn: 3, What: "answer", Entry: "kb.a"},
	hotline.KeyPressed{Key: "0"},
	hotline.HandedOver{Queue: "general", Reason: "key", Priority: 1},
	hotline.Unattended{},
	hotline.Heard{Turn: 4, Text: "再见"},
	hotline.Ended{By: "system", Reason: "goodbye"},
)

func TestTheSameDialogChangesNothing(t *testing.T) {
	change, err := Compare(desk{"kb.a"}, call)
	if change != nil || err != nil {
		t.Errorf("%+v %v", change, err)
	}
}

func TestAChangedOutcomeNamesTheTurn(t *testing.T) {
	got, err := Compare(desk{"kb.b"}, call)
	if err != nil {
		t.Fatal(err)
	}
	same := Outcome{Orders: []string{"new road → district.donghu"}, Handovers: []string{"general (key, 1)"}, Closed: true}
	want := &Change{Conversation: "c", Turn: 3, Heard: "问一下", Before: same, After: same}
	want.Before.Answers, want.After.Answers = []string{"kb.a"}, []string{"kb.b"}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Outcome{})); diff != "" {
		t.Error(diff)
	}
}

func TestALookUpThatWasNotRecordedFails(t *testing.T) {
	without := append(append([]hotline.Event{}, call[:4]...), call[5:]...)
	got, err := Compare(desk{"kb.a"}, without)
	if err != nil || got == nil || got.After.Orders[0] != "new road → " {
		t.Errorf("%+v %v", got, err)
	}
}

func TestALogWithoutItsBeginningIsRefused(t *testing.T) {
	for _, events := range [][]hotline.Event{nil, call[1:]} {
		if _, err := Compare(desk{}, events); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%d events: %v", len(events), err)
		}
	}
}
