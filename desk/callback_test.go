package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
)

func (s *stage) withdraw(id hotline.ConversationID, p Parting) *Callback {
	s.t.Helper()
	c, err := s.r.withdraw(id, p)
	s.do(err)
	return c
}

func TestACallbackKeepsThePlace(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.call(Request{Conversation: "busy", Queue: "q"})
	s.accept("busy")
	s.call(Request{Conversation: "c1", Queue: "q", Brief: Brief{Summary: "停暖三天"}})
	s.pass(time.Second)
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.pass(time.Second)
	made := s.withdraw("c1", Parting{Ending: EndCallback})
	s.do(s.r.close("c1"))
	if made.Number != "138c1" || made.State != CallbackOpen {
		t.Errorf("made %+v", made)
	}
	s.do(s.r.release("busy", "li", Finished))
	o := s.r.people["li"].offer
	if o == nil || o.request.callback != made {
		t.Fatalf("li is not asked to call back: %+v", o)
	}
	s.do(s.r.accept("li", o.id))
	s.state("li", Busy)
	s.heard("c2", "waiting 2")

	// The call back is a conversation of its own that li takes, with what was known of the first.
	s.do(s.r.open(Talk{Conversation: "back", Channel: hotline.ChannelPhone, Caller: made.Number}, func(Notice) {}))
	s.do(s.r.take("back", "li"))
	if got := s.r.people["li"].holds[0].request; got.Queue != "q" || got.Brief.Summary != "停暖三天" {
		t.Errorf("called back with %+v", got)
	}
	s.do(s.r.release("back", "li", Finished))
	s.state("li", Busy)
	_, err := s.r.settleCallback("li", made.ID, Reached, "解释清楚了")
	s.do(err)
	s.heard("c2", "offered li")
	if len(s.r.tasks) != 0 || made.Result != Reached || len(made.Attempts) != 1 {
		t.Errorf("not done: %+v", made)
	}
}

func TestACallbackIsTriedAgainAsPlannedAndThenGivenUp(t *testing.T) {
	office := Hours{Days: map[string][]Range{"mon": {{"08:00", "10:30"}}, "tue": {{"08:00", "10:30"}}}}
	s := newStage(t, team(Queue{Retry: []Seconds{600, 3600}, Hours: office}))
	s.login("li")
	c, err := s.r.promise(Callback{Kind: CallbackAsked, Queue: "q", Number: "12345"})
	s.do(err)
	s.r.comeUp(c)
	for i, due := range []string{"2026-10-12 10:10", "2026-10-13 08:00"} { // the second is past the hours
		o := s.r.people["li"].offer
		if o == nil {
			t.Fatalf("attempt %d: li is not asked", i)
		}
		s.do(s.r.accept("li", o.id))
		_, err := s.r.settleCallback("li", c.ID, Unanswered, "")
		s.do(err)
		if c.State != CallbackOpen || !c.Due.Truncate(time.Second).Equal(shanghai(due)) {
			t.Errorf("attempt %d: %s and due at %v, want open at %s", i, c.State, c.Due, due)
		}
		s.pass(c.Due.Sub(s.clock))
	}
	s.do(s.r.accept("li", s.r.people["li"].offer.id))
	_, err = s.r.settleCallback("li", c.ID, Engaged, "")
	s.do(err)
	if c.State != CallbackDone || c.Result != Unreachable || len(c.Attempts) != 3 {
		t.Errorf("in the end %+v", c)
	}
}

func TestWhoCallsInVainIsOneCallbackUntilTheyGetThrough(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.call(Request{Conversation: "busy", Queue: "q"})
	s.accept("busy")
	for _, id := range []hotline.ConversationID{"v1", "v2", "v3"} {
		s.do(s.r.open(Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "110"}, func(Notice) {}))
		s.do(s.r.enqueue(Request{Conversation: id, Queue: "q"}))
		s.do(s.r.close(id))
	}
	open := s.r.openCallbacks()
	if len(open) != 1 || open[0].Calls != 3 || open[0].Kind != CallbackAbandoned || open[0].Conversation != "v3" {
		t.Fatalf("callbacks %+v", open)
	}
	s.do(s.r.open(Talk{Conversation: "v4", Channel: hotline.ChannelPhone, Caller: "110"}, func(Notice) {}))
	s.do(s.r.release("busy", "li", Finished))
	s.do(s.r.enqueue(Request{Conversation: "v4", Queue: "q"}))
	s.do(s.r.accept("li", s.r.people["li"].offer.id))
	if left := s.r.openCallbacks(); len(left) != 0 {
		t.Errorf("still to be called: %+v", left)
	}
}

func TestWhoAsksToBeCalledTwiceIsCalledOnce(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	waits := func(id hotline.ConversationID) {
		s.do(s.r.open(Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "12345"}, func(Notice) {}))
		s.do(s.r.enqueue(Request{Conversation: id, Queue: "q"}))
	}
	s.call(Request{Conversation: "busy", Queue: "q"})
	s.accept("busy")
	waits("c1")
	first := s.withdraw("c1", Parting{Ending: EndCallback})
	s.do(s.r.release("busy", "li", Finished))
	s.do(s.r.accept("li", s.r.people["li"].offer.id))
	_, err := s.r.settleCallback("li", first.ID, Unanswered, "") // to be tried again in ten minutes
	s.do(err)
	s.do(s.r.setState("li", Break, "tea"))

	waits("c2")
	s.do(s.r.close("c2")) // hung up
	open := s.r.openCallbacks()
	if len(open) != 1 || open[0].Kind != CallbackAsked || open[0].Calls != 2 || !open[0].Due.After(s.clock) {
		t.Fatalf("hung up: %+v", open)
	}
	waits("c3")
	if again := s.withdraw("c3", Parting{Ending: EndCallback}); again != first || again.Calls != 3 {
		t.Errorf("asked again: %+v", again)
	}
	s.do(s.r.setState("li", Ready, ""))
	o := s.r.people["li"].offer
	if o == nil || o.request.callback != first {
		t.Fatalf("who has asked again waits for the next attempt: %+v", first)
	}
	s.do(s.r.accept("li", o.id))
	_, err = s.r.settleCallback("li", first.ID, Reached, "")
	s.do(err)
	if left := s.r.openCallbacks(); len(left) != 0 {
		t.Errorf("to be called once more: %+v", left)
	}
}

// A number is whatever the network or the person said: nobody is promised a call that is not going to be dialled.
func TestNobodyIsPromisedACallToWhatMayNotBeCalled(t *testing.T) {
	const web, given = "address:203.0.113.7", "13812345678"
	abandon := func(s *stage) { s.do(s.r.close("c1")) }
	leave := func(p Parting) func(*stage) {
		return func(s *stage) { s.withdraw("c1", p) }
	}
	for name, c := range map[string]struct {
		channel        hotline.Channel
		caller, number string
		gone           func(*stage)
		want           string // kind and number of the callback
	}{
		"hangs up":                           {hotline.ChannelPhone, given, "", abandon, "abandoned " + given},
		"hangs up, from a browser":           {hotline.ChannelWeb, web, "", abandon, ""},
		"hangs up, by satellite":             {hotline.ChannelPhone, "+88213123456", "", abandon, ""},
		"hangs up, and has given a number":   {hotline.ChannelWeb, web, given, abandon, "abandoned " + given},
		"closes a chat":                      {hotline.ChannelChat, web, given, abandon, ""},
		"asks in a chat, and gives a number": {hotline.ChannelChat, web, "", leave(Parting{Ending: EndCallback, Number: given}), "asked " + given},
		"leaves a message from a browser":    {hotline.ChannelWeb, web, "", leave(Parting{Ending: EndMessage, Note: "路灯坏了"}), "message "},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, team(Queue{}))
			s.r.callable = func(number string) bool { return strings.HasPrefix(number, "138") }
			s.login("li")
			s.call(Request{Conversation: "busy", Queue: "q"})
			s.accept("busy")
			s.do(s.r.open(Talk{Conversation: "c1", Channel: c.channel, Caller: c.caller}, func(Notice) {}))
			s.do(s.r.enqueue(Request{Conversation: "c1", Queue: "q", Number: c.number}))
			c.gone(s)
			var got string
			for _, made := range s.r.openCallbacks() {
				got += string(made.Kind) + " " + made.Number
			}
			if got != c.want {
				t.Errorf("promised %q, want %q", got, c.want)
			}
		})
	}
	s := newStage(t, team(Queue{}))
	s.r.callable = func(string) bool { return false }
	for _, number := range []string{given, ""} {
		if _, err := s.r.promise(Callback{Kind: CallbackUnsatisfied, Queue: "q", Number: number}); hotline.CodeOf(err) != hotline.CodeInvalid {
			t.Errorf("%q is promised a call: %v", number, err)
		}
	}
}

func TestAnAgentPicksACallbackAndOneWhoIsLostLeavesIt(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang")
	c, err := s.r.promise(Callback{Kind: CallbackMessage, Queue: "q", Number: "12345", Note: "路灯坏了"})
	s.do(err)
	_, err = s.r.takeCallback("li", c.ID)
	s.do(err)
	if _, err := s.r.takeCallback("wang", c.ID); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("taken twice: %v", err)
	}
	if _, err := s.r.settleCallback("wang", c.ID, Reached, ""); hotline.CodeOf(err) != hotline.CodeForbidden {
		t.Errorf("settled by another: %v", err)
	}
	due := c.Due
	s.r.disconnect(s.r.people["li"].stream)
	s.pass(3 * time.Second)
	if c.State != CallbackOpen || c.Agent != "" || len(c.Attempts) != 0 || !c.Due.Equal(due) {
		t.Errorf("after li is lost: %+v", c)
	}
}

// Reports ask when somebody was dialled, however long the agent talks, and then takes to note it.
func TestAnAttemptBeginsWhenTheNumberIsDialled(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang")
	c, err := s.r.promise(Callback{Kind: CallbackMissed, Queue: "q", Number: "12345"})
	s.do(err)
	if err := s.r.reserve("li", "early", c.ID); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("dialled before it is taken: %v", err)
	}
	takes := func(agent string) {
		t.Helper()
		_, err := s.r.takeCallback(agent, c.ID)
		s.do(err)
		s.pass(time.Minute)
	}
	dials := func(agent string, id hotline.ConversationID) (at time.Time) {
		t.Helper()
		at = s.r.now
		s.do(s.r.reserve(agent, id, c.ID))
		s.pass(time.Minute)
		s.do(s.r.close(id))
		return at
	}
	takes("li")
	first := dials("li", "engaged")
	dials("li", "again") // for the same attempt
	if !c.Dialled.Equal(first) {
		t.Errorf("dialled at %v, want %v", c.Dialled, first)
	}
	s.r.disconnect(s.r.people["li"].stream)
	s.pass(3 * time.Second)
	takes("wang")
	second := dials("wang", "back")
	_, err = s.r.settleCallback("wang", c.ID, Unanswered, "")
	s.do(err)
	takes("wang")
	noted := s.r.now
	_, err = s.r.settleCallback("wang", c.ID, Void, "") // of a call that we did not make
	s.do(err)
	want := []Attempt{{At: first, Agent: "li", Result: Failure}, {At: second, Agent: "wang", Result: Unanswered}, {At: noted, Agent: "wang", Result: Void}}
	if diff := cmp.Diff(want, c.Attempts); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
}

func TestACallBackThatARestartEndsWasTriedAndIsOpen(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	c, err := s.r.promise(Callback{Kind: CallbackMissed, Queue: "q", Number: "12345"})
	s.do(err)
	_, err = s.r.takeCallback("li", c.ID)
	s.do(err)
	at := s.r.now
	s.do(s.r.reserve("li", "out", c.ID))
	ledger := &memory{}
	if err := ledger.Keep(t.Context(), s.r.kept); err != nil {
		t.Fatal(err)
	}
	callbacks, _, err := ledger.Load(t.Context())
	s.do(err)
	s.r = newRoom(s.clock, graces{3 * time.Second, 3 * time.Second}, discard, unobserved{})
	s.do(s.r.reload(team(Queue{})))
	s.r.load(callbacks, nil)
	open := s.r.openCallbacks()
	if want := []Attempt{{At: at, Agent: "li", Result: Failure}}; len(open) != 1 || !cmp.Equal(want, open[0].Attempts) || !open[0].Dialled.IsZero() {
		t.Errorf("open again: %+v, want attempts %+v", open, want)
	}
	if err := ledger.Keep(t.Context(), s.r.kept); err != nil {
		t.Fatal(err)
	}
	if kept := ledger.callbacks[c.ID]; kept.State != CallbackOpen || kept.Agent != "" || len(kept.Attempts) != 1 {
		t.Errorf("kept as %+v", kept)
	}
}

// Who talks on a phone calls back without a console, too.
func TestACallbackIsKeptWhileItIsCalled(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("zhao")
	c, err := s.r.promise(Callback{Kind: CallbackMessage, Queue: "q", Number: "12345"})
	s.do(err)
	_, err = s.r.takeCallback("zhao", c.ID)
	s.do(err)
	s.do(s.r.reserve("zhao", "back", c.ID))
	s.r.disconnect(s.r.people["zhao"].stream)
	kept := func(during string) {
		t.Helper()
		s.pass(10 * time.Second)
		if c.State != CallbackTaken || c.Agent != "zhao" || len(c.Attempts) > 0 {
			t.Errorf("%s: %+v", during, c)
		}
	}
	kept("dialling")
	s.open("back", hotline.ChannelPhone)
	s.do(s.r.take("back", "zhao"))
	kept("talking")
	s.do(s.r.connect(&Stream{agent: "zhao", wake: make(chan struct{}, 1)}))
	s.do(s.r.release("back", "zhao", Finished))
	kept("noting the outcome")
	s.do(s.r.reserve("zhao", "again", c.ID))
	s.r.disconnect(s.r.people["zhao"].stream)
	kept("dialling again")
	s.do(s.r.close("again"))
	s.pass(4 * time.Second)
	if c.State != CallbackOpen || c.Agent != "" {
		t.Errorf("nobody is there any more: %+v", c)
	}
}

func TestOutcomesTellWhatBecameOfARequest(t *testing.T) {
	s := newStage(t, team(Queue{WrapUp: 30}))
	s.login("li")
	s.r.kept = nil
	s.call(Request{Conversation: "c1", Queue: "q", Priority: 3})
	s.pass(5 * time.Second)
	s.accept("c1")
	s.pass(time.Minute)
	s.do(s.r.release("c1", "li", GivenBack))
	s.state("li", WrapUp)
	s.pass(20 * time.Second)
	s.do(s.r.setState("li", Ready, ""))
	s.state("li", Ready)

	began := shanghai("2026-10-12 10:00").Add(time.Millisecond)
	row := Outcome{
		Conversation: "c1", Queue: "q", Channel: hotline.ChannelPhone, Priority: 3, Agent: "li", Ending: EndAnswered,
		Requested: began, Offered: began, Answered: began.Add(5 * time.Second), WaitedMS: 5000, Offers: 1,
	}
	ended := row
	ended.Ending, ended.Ended, ended.TalkedMS = EndReturned, began.Add(65*time.Second), 60000
	written := ended
	written.WrapUpMS = 20000
	var got []Outcome
	ids := map[string]bool{}
	for _, e := range s.r.kept {
		if o, is := e.(Outcome); is {
			ids[o.ID] = true
			o.ID = ""
			got = append(got, o)
		}
	}
	if diff := cmp.Diff([]Outcome{row, ended, written}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(ids) != 1 || ids[""] {
		t.Errorf("identifiers of one outcome: %v", ids)
	}
}

func TestARestartCostsNobodyTheirPlace(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.call(Request{Conversation: "busy", Queue: "q"})
	s.accept("busy")
	s.open("chat", hotline.ChannelChat)
	s.do(s.r.enqueue(Request{Conversation: "chat", Queue: "q"}))
	s.call(Request{Conversation: "call", Queue: "q"})
	taken, err := s.r.promise(Callback{Kind: CallbackMessage, Queue: "q", Number: "12345"})
	s.do(err)

	ledger := &memory{}
	if err := ledger.Keep(t.Context(), s.r.kept); err != nil {
		t.Fatal(err)
	}
	callbacks, places, err := ledger.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := s.clock
	s.pass(time.Minute)
	s.r = newRoom(s.clock, graces{3 * time.Second, 3 * time.Second}, discard, unobserved{})
	s.do(s.r.reload(team(Queue{})))
	s.r.load(callbacks, places)
	s.login("li")
	s.call(Request{Conversation: "other", Queue: "q"})
	s.accept("other")
	s.call(Request{Conversation: "later", Queue: "q"})
	s.told["chat"] = nil
	s.open("chat", hotline.ChannelChat)
	s.do(s.r.enqueue(Request{Conversation: "chat", Queue: "q"}))
	s.heard("chat", "waiting 1")
	if q := s.r.talks["chat"].request; !q.Since.Equal(before) {
		t.Errorf("chat waits since %v, want %v", q.Since, before)
	}
	kinds := map[CallbackKind]string{}
	for _, c := range s.r.openCallbacks() {
		kinds[c.Kind] = c.Number
	}
	if diff := cmp.Diff(map[CallbackKind]string{CallbackMessage: taken.Number, CallbackAbandoned: "138call"}, kinds); diff != "" {
		t.Errorf("callbacks (-want +got):\n%s", diff)
	}
}
