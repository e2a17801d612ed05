package handoff

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/desk"
)

// steps takes events one after the other and returns all that is to be done.
func steps(s State, events ...Event) (State, []Action) {
	var all []Action
	for _, e := range events {
		var actions []Action
		s, actions = Step(s, e)
		all = append(all, actions...)
	}
	return s, all
}

var secondOffered = Notice{desk.Offered{Offer: "2", Agent: wang, Target: desk.Target{Agent: wang.ID, Extension: "801"}}}

// Who consulted has put the phone down, and the colleague does not come: others are asked, once.
func TestAColleagueWhoDoesNotComeCostsNobodyTheCall(t *testing.T) {
	refused := func(r desk.Reason) Event { return Notice{desk.Refused{Reason: r, Agent: wang.ID}} }
	ringing := played(t, asked, offered, accepted, command(li.ID, desk.Consult, desk.Target{Agent: wang.ID}), secondOffered, Gone{Seat: AgentSeat})
	for name, events := range map[string][]Event{
		"declines":         {Notice{desk.Withdrawn{Offer: "2", Reason: desk.Declined}}, refused(desk.Declined)},
		"is busy":          {refused(desk.BusyLine)},
		"phone is broken":  {Failed{PeerSeat, desk.Network}, Notice{desk.Withdrawn{Offer: "2", Reason: desk.Network}}, refused(desk.Network)},
		"presses 2":        {Answered{PeerSeat}, Pressed{PeerSeat, "2"}, Notice{desk.Withdrawn{Offer: "2", Reason: desk.Declined}}, refused(desk.Declined)},
		"others are asked": {Notice{desk.Withdrawn{Offer: "2", Reason: desk.Declined}}, Notice{desk.Waiting{Position: 1}}, refused(desk.Declined)},
	} {
		t.Run(name, func(t *testing.T) {
			s, actions := steps(ringing, events...)
			var asked []desk.Request
			for _, a := range actions {
				if q, ok := a.(Enqueue); ok {
					asked = append(asked, q.Request)
				}
			}
			if diff := cmp.Diff([]desk.Request{ringing.Request}, asked); diff != "" || s.phase() != Queued {
				t.Errorf("%s, asked for (-want +got):\n%s", s.phase(), diff)
			}
			if s, _ := steps(s, offered, refused(desk.Declined)); s.phase() != Ringing {
				t.Errorf("the refusal of before ends what is asked for by now: %s", s.phase())
			}
		})
	}
}

// An answer that nobody waits for any more is not the agent's fault, and the next one is not asked.
func TestAnOfferThatNobodyWantsSendsNobodyOnABreak(t *testing.T) {
	for phase, s := range inEach(t) {
		if phase == Queued {
			continue
		}
		_, actions := Step(s, Notice{desk.Offered{Offer: "9", Agent: desk.Agent{ID: "zhou"}, Target: desk.Target{Agent: "zhou"}}})
		want := Action(Withdraw{desk.Parting{Ending: desk.EndReturned}})
		if phase == Ringing || phase == Briefing || phase == Dialling {
			want = Missed{"9", desk.Declined}
		}
		if !slices.Equal(actions, []Action{want}) {
			t.Errorf("%s: %v, want %v", phase, actions, want)
		}
	}
}

// Whoever was the only one asked and has come may be lost like any other.
func TestWhoWasAskedAloneIsNotAskedAloneAgain(t *testing.T) {
	given := played(t, asked, offered, accepted, command(li.ID, desk.Transfer, desk.Target{Agent: wang.ID}))
	if given.Request.Alone() != wang.ID {
		t.Fatalf("%+v", given.Request)
	}
	s, _ := steps(given, offeredSIP, Answered{AgentSeat}, Pressed{AgentSeat, "1"}, Gone{AgentSeat, true})
	if s.phase() != Queued || s.Request.Alone() != "" {
		t.Fatalf("%s, %+v", s.phase(), s.Request)
	}
	if s, _ = Step(s, Notice{desk.Refused{Reason: desk.Nobody}}); s.phase() != Bot {
		t.Errorf("nobody is there, and it is %s", s.phase())
	}
}

// Whoever was consulted and has no headset after all is gone like one who hangs up.
func TestAConsultedAgentWithoutAHeadsetGivesTheCallerBack(t *testing.T) {
	zhou := desk.Agent{ID: "zhou", Name: "周", Device: desk.Browser}
	consulting := played(t, asked, offered, accepted, command(li.ID, desk.Consult, desk.Target{Agent: zhou.ID}),
		Notice{desk.Offered{Offer: "2", Agent: zhou, Target: desk.Target{Agent: zhou.ID}}}, Notice{desk.Accepted{Offer: "2", Agent: zhou.ID}})
	conference, _ := Step(consulting, command(li.ID, desk.Merge, desk.Target{}))
	for _, before := range []State{consulting, conference} {
		s, actions := Step(before, Failed{PeerSeat, desk.Network})
		if s.phase() != Talking || s.Agent.ID != li.ID || s.Second.ID != "" || !slices.Contains(actions, Action(Release{zhou.ID, desk.Finished})) {
			t.Errorf("%s, then %+v, %v", before.phase(), s, actions)
		}
	}
}

// An agent who loads the page anew costs nobody the second party, least of all 110.
func TestASecondPartyStaysWhileTheAgentIsAway(t *testing.T) {
	states := inEach(t)
	zhou := desk.Agent{ID: "zhou", Name: "周", Device: desk.Browser}
	colleague := played(t, asked, offered, accepted, command(li.ID, desk.Consult, desk.Target{Agent: zhou.ID}),
		Notice{desk.Offered{Offer: "2", Agent: zhou, Target: desk.Target{Agent: zhou.ID}}}, Notice{desk.Accepted{Offer: "2", Agent: zhou.ID}})
	lost, gone, found := Notice{desk.Lost{Agent: li.ID}}, Notice{desk.Lost{Agent: li.ID, Gone: true}}, Notice{desk.Found{Agent: li.ID}}
	returned := Withdraw{desk.Parting{Ending: desk.EndReturned}}
	for name, c := range map[string]struct {
		in     State
		events []Event
		phase  Phase
		writer string
		does   []Action
		not    []Action
	}{
		"conference, away":              {states[Conference], []Event{lost}, Lost, outside.Number, nil, []Action{HangUp{PeerSeat}, Music{true}, Route{WithBot}}},
		"conference, back":              {states[Conference], []Event{lost, found}, Conference, li.ID, []Action{Connect{AgentSeat, li.ID}, Route{Together}}, []Action{HangUp{PeerSeat}}},
		"conference, gone":              {states[Conference], []Event{lost, gone}, Talking, outside.Number, []Action{HangUp{AgentSeat}, returned, Route{Together}}, []Action{HangUp{PeerSeat}}},
		"conference, the other leaves":  {states[Conference], []Event{lost, Gone{Seat: PeerSeat}}, Lost, BotWriter, []Action{Music{true}, Route{WithBot}}, nil},
		"then back, too":                {states[Conference], []Event{lost, Gone{Seat: PeerSeat}, found}, Talking, li.ID, []Action{Music{false}}, nil},
		"consulting, away":              {states[Consulting], []Event{lost}, Lost, BotWriter, nil, []Action{HangUp{PeerSeat}, Music{false}, Route{Together}, Route{WithBot}}},
		"consulting, back":              {states[Consulting], []Event{lost, found}, Consulting, li.ID, []Action{Route{Apart}}, []Action{HangUp{PeerSeat}, Music{false}}},
		"consulting, gone":              {states[Consulting], []Event{lost, gone}, Queued, BotWriter, []Action{HangUp{PeerSeat}, Route{WithBot}}, []Action{returned}},
		"consulting a colleague, gone":  {colleague, []Event{lost, gone}, Talking, zhou.ID, []Action{HangUp{AgentSeat}, Move{PeerSeat, AgentSeat}}, []Action{returned, Release{zhou.ID, desk.Finished}}},
		"the colleague puts it down":    {colleague, []Event{lost, command(zhou.ID, desk.Finish, desk.Target{})}, Lost, BotWriter, []Action{Release{zhou.ID, desk.Finished}}, nil},
		"the colleague has no headset":  {colleague, []Event{lost, Failed{PeerSeat, desk.Network}}, Lost, BotWriter, []Action{Release{zhou.ID, desk.Finished}}, nil},
		"the colleague is lost as well": {colleague, []Event{lost, Notice{desk.Lost{Agent: zhou.ID}}, gone}, Queued, BotWriter, []Action{Release{zhou.ID, desk.Finished}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, actions := steps(c.in, c.events...)
			if s.phase() != c.phase || s.Writer() != c.writer {
				t.Errorf("%s and %q has the floor, want %s and %q", s.phase(), s.Writer(), c.phase, c.writer)
			}
			for _, a := range c.does {
				if !slices.Contains(actions, a) {
					t.Errorf("%#v is missing of %v", a, actions)
				}
			}
			for _, a := range c.not {
				if slices.Contains(actions, a) {
					t.Errorf("%#v is among %v", a, actions)
				}
			}
		})
	}
}
