package nlu

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBorrowLeavesOutSubjectsAndQuestionsOneMayAnswer(t *testing.T) {
	lender := []Utterance{
		{Text: "车到哪了", Channel: "voice", Act: ActAsk, Category: "traffic.bus", Entry: "kb.bus"},
		{Text: "落户要什么材料", Channel: "text", Act: ActAsk, Category: "police.hukou", Entry: "kb.hukou", Slots: map[string]string{"time": "今天"}},
		{Text: "我的车到不了快叫人", Channel: "voice", Act: ActEmergency},
	}
	documents := []Document{{ID: "mk.delivery", Wordings: []string{"我的车到哪了"}}}
	want := []Utterance{
		{Text: "落户要什么材料", Channel: "text", Act: ActAsk},
		{Text: "我的车到不了快叫人", Channel: "voice", Act: ActEmergency},
	}
	if diff := cmp.Diff(want, Borrow(lender, documents)); diff != "" {
		t.Error(diff)
	}
}
