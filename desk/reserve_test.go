package desk

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hotline-cc/hotline"
)

// reserved has li dial out while c1 waits for anybody.
func reserved(t *testing.T) *stage {
	s := newStage(t, team(Queue{WrapUp: 0}))
	s.login("li")
	s.do(s.r.reserve("li", "out", ""))
	s.state("li", Ringing)
	s.call(Request{Conversation: "c1", Queue: "q"})
	s.heard("c1", "waiting 1")
	return s
}

func TestWhoDialsOutIsOfferedNothing(t *testing.T) {
	t.Run("in vain", func(t *testing.T) {
		s := reserved(t)
		s.do(s.r.close("out"))
		s.state("li", Ringing)
		s.heard("c1", "offered li")
	})
	t.Run("and is taken by the call", func(t *testing.T) {
		s := reserved(t)
		s.open("out", hotline.ChannelPhone)
		s.do(s.r.take("out", "li"))
		s.state("li", Busy)
		s.heard("c1")
		s.do(s.r.close("out"))
		s.heard("c1", "offered li")
	})
	t.Run("and by no other", func(t *testing.T) {
		s := reserved(t)
		s.open("c2", hotline.ChannelPhone)
		if err := s.r.take("c2", "li"); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("another call takes li: %v", err)
		}
	})
	t.Run("a call that does not take them", func(t *testing.T) {
		s := reserved(t)
		s.open("out", hotline.ChannelPhone)
		s.do(s.r.close("out"))
		s.heard("c1", "offered li")
	})
	t.Run("nor may take anything else", func(t *testing.T) {
		s := reserved(t)
		c, err := s.r.promise(Callback{Kind: CallbackMessage, Queue: "q", Number: "138"})
		s.do(err)
		if _, err := s.r.takeCallback("li", c.ID); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("a callback is taken: %v", err)
		}
		if err := s.r.reserve("li", "other", ""); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("dials twice: %v", err)
		}
	})
}

func TestWhoIsAskedOrTalksDialsNobody(t *testing.T) {
	s := newStage(t, team(Queue{}))
	refused := func(when string) {
		t.Helper()
		if err := s.r.reserve("li", "out", ""); hotline.CodeOf(err) != hotline.CodeConflict {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("without a line")
	s.login("li")
	s.call(Request{Conversation: "c1", Queue: "q"})
	refused("while being asked")
	s.accept("c1")
	refused("in a talk")
	s.do(s.r.close("c1"))
	s.do(s.r.reserve("li", "out", ""))
}

// dialOut begins to dial out for somebody, or has it come to something.
func (w *world) dialOut() string {
	ids := slices.Sorted(maps.Keys(w.dials))
	if len(ids) < 3 {
		w.next++
		id, agent := hotline.ConversationID(fmt.Sprintf("c%05d", w.next)), w.agent()
		if err := w.step(func() error { return w.r.reserve(agent, id, "") }); err == nil {
			w.dials[id] = agent
		}
		return "dial"
	}
	id := ids[0]
	agent := w.dials[id]
	delete(w.dials, id)
	if w.rand.IntN(2) == 0 {
		w.try(func() error { return w.r.close(id) }) // a reload may have let them go
		return "dial in vain"
	}
	v := &view{id: id, agents: map[string]bool{}, lost: map[string]bool{}}
	talk := Talk{Conversation: id, Channel: hotline.ChannelPhone, Caller: "139"}
	if err := w.step(func() error { return w.r.open(talk, func(n Notice) { w.hear(v, n) }) }); err != nil {
		w.t.Error(err)
	}
	w.views[id] = v
	w.ids = append(w.ids, id)
	if err := w.step(func() error { return w.r.take(id, agent) }); err == nil {
		v.agents[agent] = true
		return "dialled"
	}
	w.hangUp(v)
	return "dialled for nobody"
}
