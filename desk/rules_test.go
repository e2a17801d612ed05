package desk

import (
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

func TestWhoDoesNotAnswerGoesOnABreakAndTheCallerKeepsThePlace(t *testing.T) {
	s := newStage(t, team(Queue{RingTimeout: 20}))
	s.login("li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.pass(20 * time.Second)
	s.heard("c1", "offered li", "withdrawn no_answer", "waiting 1")
	s.heard("c2", "waiting 1")
	s.state("li", Break)
	if p := s.r.people["li"]; p.reason != "no_answer" || !p.marked {
		t.Errorf("li: reason %q, marked %v", p.reason, p.marked)
	}
	s.login("zhao")
	s.heard("c1", "offered zhao 1003")
	s.do(s.r.answered(s.offer["c1"]))
	s.state("zhao", Busy)
	s.do(s.r.setState("li", Ready, ""))
	s.heard("c2", "offered li")
}

func TestPhonesThatCannotBeRungAreNotRungAgain(t *testing.T) {
	for reason, want := range map[Reason]State{BusyLine: Ready, Declined: Ready, Network: Break, NoAnswer: Break} {
		s := newStage(t, team(Queue{}))
		s.login("zhao")
		s.call(Request{Conversation: "c1", Queue: "q"})
		s.do(s.r.failed(s.offer["c1"], reason))
		s.heard("c1", "offered zhao 1003", "withdrawn "+string(reason), "waiting 1")
		s.state("zhao", want)
		s.pass(shunFor)
		if again := s.r.people["zhao"].offer != nil; again != (want == Ready) {
			t.Errorf("%s: asked again is %v", reason, again)
		}
	}
}

func TestRefusalsSayWhyAndWhenToComeBack(t *testing.T) {
	office := Hours{Days: map[string][]Range{"mon": {{"08:00", "09:00"}}, "tue": {{"08:00", "09:00"}}}}
	for name, c := range map[string]struct {
		roster func(*Roster)
		login  []string
		calls  int
		want   []string // of the last call
		kinds  int      // callbacks
	}{
		"closed": {func(r *Roster) { r.Queues[0].Hours = office }, []string{"li"}, 1, []string{"refused closed until 10-13 08:00"}, 1},
		"full":   {func(r *Roster) { r.Queues[0].MaxLength = 1 }, []string{"li"}, 3, []string{"refused full"}, 1},
		"nobody": {func(r *Roster) { r.Shifts = []Shift{{Agent: "li", Hours: office}} }, nil, 1, []string{"refused nobody until 10-13 08:00"}, 1},
		"nobody, but somebody should be there": {
			func(r *Roster) { r.Queues[0].Patience, r.Shifts = 60, []Shift{{Queue: "q"}} }, nil, 1, []string{"waiting 1"}, 0,
		},
		"nobody, but the overflow": {func(r *Roster) {
			r.Queues = append(r.Queues, Queue{ID: "o"})
			r.Queues[0].Overflow, r.Agents[0].Queues = "o", []string{"o"}
		}, []string{"li"}, 1, []string{"offered li"}, 0},
		"nobody with the skill if the queue is strict": {func(r *Roster) {
			r.Queues[0].Strict, r.Queues[0].Skills = true, map[string]int{"law": 9}
		}, []string{"li", "wang"}, 1, []string{"refused nobody"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			roster := team(Queue{})
			c.roster(&roster)
			s := newStage(t, roster)
			s.login(c.login...)
			ids := []hotline.ConversationID{"c1", "c2", "c3"}[:c.calls]
			for _, id := range ids {
				s.call(Request{Conversation: id, Queue: "q"})
			}
			s.heard(ids[c.calls-1], c.want...)
			if len(s.r.tasks) != c.kinds {
				t.Errorf("%d callbacks, want %d", len(s.r.tasks), c.kinds)
			}
		})
	}
}

func TestOverflowAgentsMayServeAfterAWhileAndTheOwnStillDo(t *testing.T) {
	roster := team(Queue{Overflow: "o", OverflowAfter: 30})
	roster.Queues = append(roster.Queues, Queue{ID: "o"})
	roster.Agents[0].Queues = []string{"o"}
	s := newStage(t, roster)
	s.login("wang", "li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.call(Request{Conversation: "c3", Queue: "q"})
	s.heard("c2", "waiting 1")
	s.pass(30 * time.Second)
	s.heard("c2", "offered li")
	s.do(s.r.release("c1", "wang", Finished))
	s.heard("c3", "waiting 2", "offered wang")
}

func TestWaitingTooLongEndsIt(t *testing.T) {
	s := newStage(t, team(Queue{MaxWait: 30, Announce: 600}))
	s.login("li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.accept("c1")
	s.pass(30 * time.Second)
	s.heard("c2", "waiting 1", "refused timed_out")
}

func TestALostAgentsCallerIsToldAndComesFirst(t *testing.T) {
	s := newStage(t, team(Queue{WrapUp: 30}))
	s.login("li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.call(Request{Conversation: "c2", Queue: "q", Priority: 0})
	s.told["c1"] = nil
	s.r.disconnect(s.r.people["li"].stream)
	s.r.settle()
	s.heard("c1", "lost li")
	s.pass(2 * time.Second)
	s.do(s.r.connect(&Stream{agent: "li", wake: make(chan struct{}, 1)}))
	s.heard("c1", "found li")
	s.pass(10 * time.Second)
	s.heard("c1")
	s.do(s.r.setLine("li", Browser, false))
	s.pass(3 * time.Second)
	s.heard("c1", "lost li", "gone li", "waiting 1")
	s.login("zhao")
	s.heard("c1", "offered zhao 1003")
	s.heard("c2", "waiting 1")
}

func TestAnAgentOnAPhoneTalksOnWithoutAConsole(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.do(s.r.answered(s.offer["c1"]))
	s.r.disconnect(s.r.people["zhao"].stream)
	s.pass(time.Minute)
	s.heard("c1", "offered zhao 1003")
	s.do(s.r.release("c1", "zhao", Broken))
	s.heard("c1", "gone zhao", "waiting 1") // not the phone that has just broken
	s.login("li")
	s.heard("c1", "offered li")
	s.pass(time.Minute)
	s.state("zhao", Break)
}

// Nobody else tells the person of an agent whom an administrator has removed.
func TestWhoLeavesTheRosterInMidTalkIsLost(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	without := team(Queue{})
	without.Agents = without.Agents[1:]
	s.do(s.r.reload(without))
	s.pass(3 * time.Second)
	s.heard("c1", "offered li", "accepted li", "lost li", "gone li", "waiting 1")
}

func TestWhatAnAgentTalksOnIsAskedAfter(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	on := func(d Device) {
		t.Helper()
		changed := team(Queue{})
		changed.Agents[0].Device, changed.Agents[0].Extension = d, map[Device]string{Phone: "1001"}[d]
		s.do(s.r.reload(changed))
	}
	on(Phone)
	s.pass(3 * time.Second)
	if s.r.people["li"].reached(calling) {
		t.Error("a phone that is not registered can be rung")
	}
	s.do(s.r.setLine("li", Phone, true))
	s.do(s.r.setLine("li", Browser, false)) // the console lets go of the headset
	if !s.r.people["li"].reached(calling) {
		t.Error("the headset counts, and li is on a phone")
	}
	on(Browser)
	if s.r.people["li"].reached(calling) {
		t.Error("the phone counts, and li is on a headset")
	}
	on(Phone)
	if !s.r.people["li"].reached(calling) {
		t.Error("the phone that is still registered is forgotten")
	}
}

// A page that loads slowly costs nobody their chats.
func TestChatsWaitLongerForTheirAgentThanCalls(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.r.graces = graces{calling: 3 * time.Second, chatting: 15 * time.Second}
	s.login("li", "zhao")
	s.open("t1", hotline.ChannelChat)
	s.do(s.r.enqueue(Request{Conversation: "t1", Queue: "q"}))
	s.accept("t1")
	s.r.disconnect(s.r.people["li"].stream)
	s.pass(14 * time.Second)
	s.heard("t1", "offered li", "accepted li", "lost li")
	s.do(s.r.connect(&Stream{agent: "li", wake: make(chan struct{}, 1)}))
	s.heard("t1", "found li")
	s.r.disconnect(s.r.people["li"].stream)
	s.pass(15 * time.Second)
	s.heard("t1", "lost li", "gone li", "waiting 1")
}

// The console of an agent on a phone has no sound to take a call with; who is to be called back is accepted there.
func TestAPhoneThatRingsIsNotAnsweredInTheConsole(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	if err := s.r.accept("zhao", s.offer["c1"]); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("accepted in the console: %v", err)
	}
	s.heard("c1", "offered zhao 1003")
	s.state("zhao", Ringing)
	s.do(s.r.close("c1"))
	c, err := s.r.promise(Callback{Kind: CallbackAsked, Queue: "q", Number: "12345"})
	s.do(err)
	s.r.comeUp(c)
	s.r.settle()
	s.do(s.r.accept("zhao", s.r.people["zhao"].offer.id))
	s.state("zhao", Busy)
}

// Whoever listens to what it is about is not taken for somebody who does not answer.
func TestAPhoneThatIsPickedUpRingsNoLonger(t *testing.T) {
	s := newStage(t, team(Queue{RingTimeout: 20}))
	s.login("zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.pass(19 * time.Second)
	s.do(s.r.pickedUp(s.offer["c1"]))
	s.pass(15 * time.Second)
	s.do(s.r.answered(s.offer["c1"]))
	s.heard("c1", "offered zhao 1003")
	s.state("zhao", Busy)
	if err := s.r.pickedUp(s.offer["c1"]); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Errorf("picked up when it was over: %v", err)
	}
}

func TestChatsShareAnAgentAndCallsDoNot(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li")
	for _, id := range []hotline.ConversationID{"t1", "t2", "t3"} {
		s.open(id, hotline.ChannelChat)
		s.do(s.r.enqueue(Request{Conversation: id, Queue: "q"}))
		if id != "t3" {
			s.accept(id)
		}
	}
	s.heard("t2", "offered li", "accepted li")
	s.heard("t3", "waiting 1")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.do(s.r.release("t1", "li", Finished))
	s.heard("t3", "offered li")
	s.heard("c1", "waiting 2")
}

func TestTransferKeepsTheFirstAgentUntilReleased(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.told["c1"] = nil
	s.do(s.r.transfer("c1", "li", Target{Agent: "wang"}))
	s.do(s.r.decline("wang", s.offer["c1"]))
	s.heard("c1", "offered wang", "withdrawn declined", "refused declined by wang")
	s.state("li", Busy)
	s.pass(shunFor) // wang has said no
	s.do(s.r.transfer("c1", "li", Target{Queue: "q"}))
	s.accept("c1")
	s.do(s.r.release("c1", "li", Transferred))
	s.heard("c1", "offered wang", "accepted wang")
	s.state("li", Ready)
	s.state("wang", Busy)
	if err := s.r.transfer("c1", "li", Target{Queue: "q"}); hotline.CodeOf(err) != hotline.CodeForbidden {
		t.Errorf("transfer by who does not have it: %v", err)
	}
}

// Who gives a conversation away is not asked for it next, whatever comes in between.
func TestWhatIsGivenAwayDoesNotComeStraightBack(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.accept("c1")
	s.do(s.r.setState("wang", Break, "tea"))
	s.told["c1"] = nil
	s.do(s.r.release("c1", "li", Transferred)) // as the conversation does, which asks for others then
	s.call(Request{Conversation: "c1", Queue: "q", Agent: "wang", Only: true})
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.heard("c1", "refused nobody by wang", "waiting 1")
	s.pass(shunFor + time.Second)
	s.heard("c1", "offered li")
}

// A conversation is taken without being asked for when an agent calls out, or a supervisor takes it from the bot.
func TestWhoWasCalledOutCanBeGivenAway(t *testing.T) {
	s := newStage(t, team(Queue{}))
	s.login("li", "wang")
	s.open("c1", hotline.ChannelPhone)
	s.do(s.r.take("c1", "li"))
	s.do(s.r.release("c1", "li", Transferred))
	s.do(s.r.enqueue(Request{Conversation: "c1", Reason: "transfer"}))
	s.heard("c1", "offered wang")
}

func TestATransferThatNobodyWouldTakeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		roster  func(*Roster)
		channel hotline.Channel
		to      Target
		want    hotline.Code
	}{
		"a queue with people":      {nil, hotline.ChannelPhone, Target{Queue: "o"}, ""},
		"no such queue":            {nil, hotline.ChannelPhone, Target{Queue: "x"}, hotline.CodeConflict},
		"closed":                   {func(r *Roster) { r.Queues[1].Hours = Hours{Days: map[string][]Range{"mon": {{"08:00", "09:00"}}}} }, hotline.ChannelPhone, Target{Queue: "o"}, hotline.CodeConflict},
		"full":                     {func(r *Roster) { r.Queues[1].MaxLength = 1 }, hotline.ChannelPhone, Target{Queue: "o"}, hotline.CodeConflict},
		"nobody is logged in":      {func(r *Roster) { r.Agents[1].Queues = []string{"q"} }, hotline.ChannelPhone, Target{Queue: "o"}, hotline.CodeConflict},
		"nobody, but the overflow": {func(r *Roster) { r.Agents[1].Queues, r.Queues[1].Overflow = []string{"q"}, "q" }, hotline.ChannelPhone, Target{Queue: "o"}, ""},
		"nobody, but somebody is due": {func(r *Roster) {
			r.Agents[1].Queues, r.Queues[1].Patience, r.Shifts = []string{"q"}, 60, []Shift{{Queue: "o"}}
		}, hotline.ChannelPhone, Target{Queue: "o"}, ""},
		"nobody with the skill":          {func(r *Roster) { r.Queues[1].Strict, r.Queues[1].Skills = true, map[string]int{"law": 9} }, hotline.ChannelPhone, Target{Queue: "o"}, hotline.CodeConflict},
		"skills asked for elsewhere":     {func(r *Roster) { r.Queues[1].Strict = true }, hotline.ChannelPhone, Target{Queue: "o"}, ""},
		"a number":                       {nil, hotline.ChannelPhone, Target{Number: "0555"}, ""},
		"a colleague":                    {nil, hotline.ChannelPhone, Target{Agent: "zhao"}, ""},
		"a service":                      {nil, hotline.ChannelPhone, Target{Service: "110"}, hotline.CodeConflict},
		"a chat to a queue":              {nil, hotline.ChannelChat, Target{Queue: "o"}, ""},
		"a chat to a colleague":          {nil, hotline.ChannelChat, Target{Agent: "wang"}, ""},
		"a chat to a number":             {nil, hotline.ChannelChat, Target{Number: "0555"}, hotline.CodeConflict},
		"a chat to an extension":         {nil, hotline.ChannelChat, Target{Extension: "1003"}, hotline.CodeConflict},
		"a chat to a service":            {nil, hotline.ChannelChat, Target{Service: "110"}, hotline.CodeConflict},
		"a chat to a queue that is none": {nil, hotline.ChannelChat, Target{Queue: "x"}, hotline.CodeConflict},
	} {
		roster := team(Queue{})
		roster.Queues = append(roster.Queues, Queue{ID: "o"})
		roster.Agents[1].Queues = []string{"o"} // wang
		if c.roster != nil {
			c.roster(&roster)
		}
		s := newStage(t, roster)
		s.login("li", "wang")
		s.open("c1", c.channel)
		s.do(s.r.enqueue(Request{Conversation: "c1", Queue: "q", Skills: map[string]int{"tax": 9}}))
		s.do(s.r.take("c1", "li"))
		s.call(Request{Conversation: "w1", Queue: "o"}) // wang has it
		s.call(Request{Conversation: "w2", Queue: "o"})
		s.told["c1"] = nil
		if err := s.r.command("li", "c1", Command{Verb: Transfer, Target: c.to}, func(error) {}); hotline.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if told := len(s.told["c1"]) == 1; told != (c.want == "") {
			t.Errorf("%s: the conversation is told: %v", name, told)
		}
	}
}

func TestCommandsAreForThoseWhoMay(t *testing.T) {
	for name, c := range map[string]struct {
		by      string
		command Command
		want    hotline.Code
	}{
		"agent who has it":                 {"li", Command{Verb: Hold}, ""},
		"agent who does not":               {"wang", Command{Verb: Hold}, hotline.CodeForbidden},
		"supervisor holds":                 {"zhao", Command{Verb: Hold}, hotline.CodeForbidden},
		"supervisor listens":               {"zhao", Command{Verb: Listen}, ""},
		"agent listens":                    {"wang", Command{Verb: Listen}, hotline.CodeForbidden},
		"supervisor leaves what is not":    {"zhao", Command{Verb: Leave}, hotline.CodeConflict},
		"stranger":                         {"liu", Command{Verb: Hold}, hotline.CodeNotFound},
		"no such verb":                     {"li", Command{Verb: "explode"}, hotline.CodeInvalid},
		"consult without a target":         {"li", Command{Verb: Consult}, hotline.CodeInvalid},
		"consult with two":                 {"li", Command{Verb: Consult, Target: Target{Queue: "q", Number: "1"}}, hotline.CodeInvalid},
		"consult a colleague on a phone":   {"li", Command{Verb: Consult, Target: Target{Agent: "zhao", Extension: "1003"}}, ""},
		"keys that no telephone has":       {"li", Command{Verb: Press, Keys: "1x"}, hotline.CodeInvalid},
		"more to say than a message holds": {"li", Command{Verb: Say, Text: string(make([]byte, 9000))}, hotline.CodeTooLarge},
	} {
		s := newStage(t, inBrowsers())
		s.login("li", "wang", "zhao")
		s.call(Request{Conversation: "c1", Queue: "q"})
		s.accept("c1")
		s.told["c1"] = nil
		if err := s.r.command(c.by, "c1", c.command, func(error) {}); hotline.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if told := len(s.told["c1"]) == 1; told != (c.want == "") {
			t.Errorf("%s: told is %v", name, told)
		}
	}
}

// inBrowsers is a team whose supervisor has a headset.
func inBrowsers() Roster {
	roster := team(Queue{})
	roster.Agents[2].Device, roster.Agents[2].Extension = Browser, ""
	return roster
}

func TestASupervisorHearsOneConversationAndIsNotRung(t *testing.T) {
	s := newStage(t, inBrowsers())
	s.login("li", "wang", "zhao")
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.call(Request{Conversation: "c2", Queue: "q"})
	s.accept("c1")
	s.accept("c2")
	s.told["c1"], s.told["c2"] = nil, nil
	s.do(s.r.command("zhao", "c1", Command{Verb: Listen}, func(error) {}))
	s.call(Request{Conversation: "c3", Queue: "q"})
	s.heard("c3", "waiting 1")
	s.do(s.r.command("zhao", "c2", Command{Verb: TakeOver}, func(error) {}))
	s.heard("c1", "commanded listen by zhao 赵", "commanded leave by zhao")
	s.do(s.r.take("c2", "zhao"))
	s.do(s.r.release("c2", "wang", Transferred))
	s.heard("c2", "commanded take_over by zhao 赵")
	s.heard("c3", "offered wang")
	s.state("zhao", Busy)
}

func TestTheWaitIsToldOnceItIsKnown(t *testing.T) {
	s := newStage(t, team(Queue{Announce: 45}))
	s.login("li", "wang")
	for _, id := range []hotline.ConversationID{"a", "b", "c"} {
		s.call(Request{Conversation: id, Queue: "q"})
		s.accept(id)
		s.pass(100 * time.Second)
		agent := s.r.talks[id].holds[0].person.ID
		s.do(s.r.release(id, agent, Finished))
	}
	for _, id := range []hotline.ConversationID{"d", "e"} {
		s.call(Request{Conversation: id, Queue: "q"})
		s.accept(id)
	}
	s.call(Request{Conversation: "f", Queue: "q"})
	s.call(Request{Conversation: "g", Queue: "q"})
	s.heard("f", "waiting 1 50s") // 100 s a talk, two at work
	s.heard("g", "waiting 2 1m40s")
	s.pass(44 * time.Second)
	s.heard("g")
	s.pass(time.Second)
	s.heard("g", "waiting 2 1m40s")
}
