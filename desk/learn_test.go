package desk

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

func TestWhatIsFoundOutWhilePeopleTalkIsInTheBrief(t *testing.T) {
	before := Brief{
		Reason: "user_request", Summary: "来电人投诉，集中供热。", Act: "complain", Category: "utility.heating", Before: 2, Turns: []Turn{{By: "caller", Text: "停暖"}},
		Facts: []Fact{{Slot: "time", Value: "三天"}, {Slot: "address", Value: "和平路80号"}}, Orders: []Past{{Number: "1"}},
	}
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.call(Request{Conversation: "c", Queue: "q", Brief: before})
	s.accept("c")
	s.do(s.r.learn("c", Brief{Summary: "来电人要求人工服务，和平路18号。", Mood: "angry", Facts: []Fact{{Slot: "address", Value: "和平路18号", Confirmed: true}}}))
	want := before
	want.Mood, want.Facts = "angry", []Fact{{Slot: "address", Value: "和平路18号", Confirmed: true}, {Slot: "time", Value: "三天"}}
	if diff := cmp.Diff(want, s.r.people["li"].holds[0].request.Brief); diff != "" {
		t.Errorf("the agent has (-want +got):\n%s", diff)
	}
	s.do(s.r.learn("c", Brief{Summary: "来电人咨询，退费。", Act: "ask", Category: "utility.refund"}))
	want.Summary, want.Act, want.Category, want.Mood = "来电人咨询，退费。", "ask", "utility.refund", ""
	if diff := cmp.Diff(want, s.r.people["li"].holds[0].request.Brief); diff != "" {
		t.Errorf("of another matter (-want +got):\n%s", diff)
	}
	// Whoever gets it next has it too.
	s.do(s.r.transfer("c", "li", Target{Queue: "q"}))
	if diff := cmp.Diff(want, s.r.talks["c"].request.Brief); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
	if err := s.r.learn("nobody", Brief{}); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Errorf("of an unknown conversation: %v", err)
	}
}
