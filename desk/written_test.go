package desk

import (
	"testing"

	"github.com/hotline-cc/hotline"
)

func TestWhoHasWrittenDownIsWhatTheyHaveChosen(t *testing.T) {
	for chosen, want := range map[State]State{Ready: Ready, Break: Break} {
		s := newStage(t, Roster{
			Queues: []Queue{{ID: "q", WrapUp: 60}}, Agents: []Agent{{ID: "li", Device: Browser, Queues: []string{"q"}}},
		})
		s.login("li")
		s.open("c1", hotline.ChannelPhone)
		s.do(s.r.enqueue(Request{Conversation: "c1", Queue: "q", Brief: Brief{Mood: "angry"}}))
		s.do(s.r.accept("li", s.offer["c1"]))
		if row := s.r.board().Talks[0]; row.Mood != "angry" {
			t.Errorf("mood %q", row.Mood)
		}
		if chosen == Break {
			s.do(s.r.setState("li", Break, "tea"))
		}
		s.do(s.r.close("c1"))
		li := s.r.people["li"]
		if h := s.r.look(li); h.State.Writing != "c1" || h.State.State != WrapUp {
			t.Errorf("%+v", h.State)
		}
		s.do(s.r.written("li", "c2")) // of another conversation
		if li.state() != WrapUp {
			t.Errorf("state %s", li.state())
		}
		s.do(s.r.written("li", "c1"))
		if li.state() != want {
			t.Errorf("state %s, want %s", li.state(), want)
		}
		s.do(s.r.written("li", "c1")) // twice
	}
}

func TestAConsoleIsToldWhenTheRosterSaysSomethingElse(t *testing.T) {
	roster := Roster{Queues: []Queue{{ID: "q"}}, Agents: []Agent{{ID: "li", Device: Browser}, {ID: "wang", Device: Browser}}}
	s := newStage(t, roster)
	li, wang := &Stream{agent: "li", wake: make(chan struct{}, 1)}, &Stream{agent: "wang", wake: make(chan struct{}, 1)}
	s.do(s.r.connect(li))
	s.do(s.r.connect(wang))
	roster.Agents = []Agent{{ID: "li", Device: Browser, Queues: []string{"q"}}, {ID: "wang", Device: Browser}}
	s.do(s.r.reload(roster))
	hellos := func(stream *Stream) (n int) {
		for _, u := range stream.queue {
			if h, is := u.(Hello); is {
				n++
				if stream == li && n == 2 && len(h.Agent.Queues) != 1 {
					t.Errorf("agent %+v", h.Agent)
				}
			}
		}
		return n
	}
	if hellos(li) != 2 || hellos(wang) != 1 {
		t.Errorf("%d and %d hellos, want 2 and 1", hellos(li), hellos(wang))
	}
}
