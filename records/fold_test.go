package records

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hotline-cc/hotline"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const conv = hotline.ConversationID("0000000000000000000000001g")

func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

// told is one event at a second.
type told struct {
	second float64
	body   hotline.EventBody
}

func logOf(list ...told) []hotline.Event {
	events := make([]hotline.Event, len(list))
	for i, e := range list {
		events[i] = hotline.Event{Conversation: conv, Seq: uint64(i + 1), At: at(e.second), Body: e.body}
	}
	return events
}

var (
	begun  = told{0, hotline.Started{Channel: hotline.ChannelPhone, From: "138"}}
	asked  = told{10, hotline.HandedOver{Queue: "general"}}
	li     = hotline.Joined{Party: "li", Role: "agent"}
	liGone = hotline.Left{Party: "li", Role: "agent"}
)

func ended(second float64) told { return told{second, hotline.Ended{By: "caller"}} }

func TestOutcomesAndTimes(t *testing.T) {
	type times struct {
		Outcome        Outcome
		Queue          string
		Agents         []string
		Transfers      int
		Waited, Talked time.Duration
	}
	for name, c := range map[string]struct {
		events []told
		want   times
	}{
		"the bot does it alone": {[]told{begun, ended(9)}, times{Outcome: Bot}},
		"it goes on":            {[]told{begun, asked}, times{Queue: "general"}},
		"answered after 15 s": {[]told{begun, asked, {25, li}, {85, liGone}, ended(86)},
			times{Answered, "general", []string{"li"}, 0, 15 * time.Second, time.Minute}},
		"answered, and the caller hangs up": {[]told{begun, asked, {12.5, li}, ended(20)},
			times{Answered, "general", []string{"li"}, 0, 2500 * time.Millisecond, 7500 * time.Millisecond}},
		"the caller leaves the queue": {[]told{begun, asked, {11, hotline.Waiting{Queue: "general", Position: 3}}, ended(14.999)},
			times{Abandoned, "general", nil, 0, 4999 * time.Millisecond, 0}},
		"rung and not answered": {[]told{begun, asked, {11, hotline.Offered{Party: "li"}}, {31, hotline.OfferEnded{Party: "li", Reason: "no_answer"}}, ended(40)},
			times{Abandoned, "general", nil, 0, 30 * time.Second, 0}},
		"nobody was there": {[]told{begun, asked, {11, hotline.Unattended{}}, ended(40)}, times{Refused, "general", nil, 0, time.Second, 0}},
		"closed":           {[]told{begun, asked, {13, hotline.Returned{Reason: "closed"}}, ended(40)}, times{Refused, "general", nil, 0, 3 * time.Second, 0}},
		"back to the bot by choice": {[]told{begun, asked, {16, hotline.Returned{Reason: "caller"}}, ended(40)},
			times{Returned, "general", nil, 0, 6 * time.Second, 0}},
		"to be called back": {[]told{begun, asked, {11, hotline.Unattended{}}, {20, hotline.Filed{What: "callback"}}, ended(40)},
			times{Callback, "general", nil, 0, time.Second, 0}},
		"a callback that could not be filed": {[]told{begun, asked, {20, hotline.Filed{What: "callback", Failed: "unavailable"}}, ended(40)},
			times{Abandoned, "general", nil, 0, 30 * time.Second, 0}},
		"a message": {[]told{begun, asked, {20, hotline.Filed{What: "message"}}, ended(40)}, times{Message, "general", nil, 0, 10 * time.Second, 0}},
		"asks again after nobody was there": {[]told{begun, asked, {13, hotline.Returned{Reason: "full"}}, {20, hotline.HandedOver{Queue: "tax"}}, ended(40)},
			times{Abandoned, "general", nil, 0, 30 * time.Second, 0}},
		"answered at the second request": {[]told{begun, asked, {13, hotline.Returned{Reason: "full"}}, {20, hotline.HandedOver{Queue: "tax"}}, {30, li}, ended(40)},
			times{Answered, "general", []string{"li"}, 0, 20 * time.Second, 10 * time.Second}},
		"passed on with both in it for a while": {[]told{begun, asked, {11, li}, {20, hotline.Joined{Party: "wang", Role: "agent"}}, {25, liGone}, {31, hotline.Left{Party: "wang"}}, {40, li}, {45, liGone}, ended(50)},
			times{Answered, "general", []string{"li", "wang"}, 1, time.Second, 25 * time.Second}},
		"passed on to whom was consulted": {[]told{begun, asked, {11, li}, {20, hotline.Joined{Party: "wang", Role: "peer"}}, {30, liGone}, {30, hotline.Left{Party: "wang", Role: "peer"}}, {30, hotline.Joined{Party: "wang", Role: "agent"}}, ended(50)},
			times{Answered, "general", []string{"li", "wang"}, 1, time.Second, 39 * time.Second}},
		"a supervisor who listens answers nothing": {[]told{begun, asked, {11, hotline.Joined{Party: "boss", Role: "supervisor", Mode: "listen"}}, {13, hotline.Left{Party: "boss"}}, ended(20)},
			times{Abandoned, "general", nil, 0, 10 * time.Second, 0}},
		"an agent has called": {[]told{begun, {5, li}, ended(20)}, times{Answered, "", []string{"li"}, 0, 0, 15 * time.Second}},
		"a clock set back":    {[]told{begun, asked, {5, li}, ended(20)}, times{Answered, "general", []string{"li"}, 0, 0, 15 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Of(logOf(c.events...), Aside{})
			got := times{r.Outcome, r.Queue, r.Agents, r.Transfers, r.Waited, r.Talked}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestARecordHoldsWhatWasSaidAndKnown(t *testing.T) {
	yes := true
	events := logOf(begun,
		told{1, hotline.Said{Text: "您好，请讲。"}},
		told{2, hotline.Heard{Turn: 1, Text: "嗯", Rejected: "backchannel"}},
		told{3, hotline.Heard{Turn: 1, Text: "我想办", Raw: "我想办！"}},
		told{4, hotline.Heard{Turn: 2, Text: "我想辦社保卡", Replaces: 1}},
		told{5, hotline.Decided{What: "confidential"}},
		told{6, hotline.Filed{What: "new", Category: "social.card"}},
		asked, told{12, li},
		told{15, hotline.Uttered{Party: "li", Role: "agent", Text: "我来帮您"}},
		told{16, hotline.Uttered{Party: "li", Role: "agent", Text: "稍等"}},
		ended(20), told{30, hotline.Rated{Grade: 4}},
	)
	got := Of(events, Aside{
		Remarks:  []Remark{{Summary: "补卡", Resolved: &yes}, {}},
		Requests: []Request{{WrapUp: time.Minute}, {WrapUp: time.Second, Outcome: Returned}},
	})
	want := Record{
		Conversation: conv, Channel: hotline.ChannelPhone, Caller: "138", Started: noon, Ended: at(20), Last: 13,
		Category: "social.card", Queue: "general", Requested: at(10), Answered: at(12), Replied: at(15), Agents: []string{"li"},
		Waited: 2 * time.Second, Talked: 8 * time.Second, WrapUp: 61 * time.Second, Wrapped: true, Outcome: Answered, Rating: 4,
		Turns: 1, Resolved: &yes, Summary: "补卡", Confidential: true, Text: "您好请讲\n我想办\n我想办社保卡\n我来帮您\n稍等",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if r := Of(events, Aside{Rating: 1}); r.Rating != 1 || r.Summary != "我想办！" {
		t.Errorf("said later: grade %d, %q", r.Rating, r.Summary)
	}
}

func TestWhoSaysTheCategory(t *testing.T) {
	handed := told{10, hotline.HandedOver{Queue: "general", Category: "social"}}
	filed := told{5, hotline.Filed{What: "new", Category: "social.card"}}
	remarks := []Remark{{Category: "social.loss"}, {}}
	for name, c := range map[string]struct {
		events  []told
		remarks []Remark
		want    string
	}{
		"nobody":                      {[]told{begun, asked}, nil, ""},
		"the bot as it handed over":   {[]told{begun, handed, asked}, nil, "social"},
		"a request counts more":       {[]told{begun, filed, handed}, nil, "social.card"},
		"one that failed does not":    {[]told{begun, {5, hotline.Filed{What: "new", Category: "x", Failed: "unavailable"}}, handed}, nil, "social"},
		"the agent has the last word": {[]told{begun, filed, handed}, remarks, "social.loss"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Of(logOf(c.events...), Aside{Remarks: c.remarks}).Category; got != c.want {
				t.Errorf("category %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheDeskKnowsWhyNobodyCame(t *testing.T) {
	for name, c := range map[string]struct {
		events []told
		desk   Outcome
		want   Outcome
	}{
		"a call left by choice":          {[]told{begun, asked, ended(20)}, Callback, Callback},
		"one that goes on has no end":    {[]told{begun, asked}, Callback, ""},
		"one that was answered stays so": {[]told{begun, asked, {12, li}, ended(20)}, Returned, Answered},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Of(logOf(c.events...), Aside{Requests: []Request{{Outcome: c.desk}}}).Outcome; got != c.want {
				t.Errorf("outcome %q, want %q", got, c.want)
			}
		})
	}
}

func TestTextIsBounded(t *testing.T) {
	var events []told
	for range MaxText/7 + 100 {
		events = append(events, told{0, hotline.Said{Text: "一二三四五六七"}})
	}
	n := 0
	for _, c := range Of(logOf(events...), Aside{}).Text {
		if c != '\n' {
			n++
		}
	}
	if n != MaxText {
		t.Errorf("%d characters, want %d", n, MaxText)
	}
}

func TestMarksStandWhereTheSentenceBegins(t *testing.T) {
	events := logOf(
		told{2, hotline.Said{Text: "您好", HeardMS: 1500, LengthMS: 3000, Interrupted: true}},
		told{3, hotline.Heard{Text: "嗯", Rejected: "noise", SpeechMS: 200}},
		told{8, hotline.Heard{Turn: 1, Text: "社保", SpeechMS: 2000}},
		told{8.1, hotline.TurnTraced{Turn: 1, EndpointMS: 400, RecognisedMS: 700}},
		told{9, hotline.Heard{Turn: 2, Text: "早", SpeechMS: 60000}},
		told{12, hotline.Uttered{Party: "li", Text: "好", SpeechMS: 500}},
	)
	want := []Mark{
		{0, "caller", "早", 5}, {500 * time.Millisecond, "bot", "您好", 1}, {5300 * time.Millisecond, "caller", "社保", 3}, {11500 * time.Millisecond, "li", "好", 6},
	}
	if diff := cmp.Diff(want, Marks(events, noon)); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
}

func TestPlacesAreInOrderOfTime(t *testing.T) {
	early, err := Place(hotline.NewConversationID(noon))
	late, err2 := Place(hotline.NewConversationID(noon.Add(time.Millisecond)))
	if err != nil || err2 != nil || early >= late || early < PlaceOf(noon) || early >= PlaceOf(noon.Add(time.Millisecond)) {
		t.Errorf("places %d and %d", early, late)
	}
	if _, err := Place("x"); err == nil {
		t.Error("a place for no conversation")
	}
}

func TestGramsArePairs(t *testing.T) {
	for line, want := range map[string][]string{"": nil, "社": nil, "社保": {"社保"}, "a社保": {"a社", "社保"}, "𠀀保卡": {"𠀀保", "保卡"}} {
		var got []string
		for g := range Grams(line) {
			got = append(got, g)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}
