package desk

import (
	"slices"
	"time"
)

// account takes what the room wants kept, as a ledger does.
func (w *world) account() {
	for _, e := range w.r.kept {
		switch e := e.(type) {
		case Outcome:
			if before, found := w.outcomes[e.ID]; found && before.Answered.IsZero() {
				w.t.Errorf("outcome %+v follows %+v, which was the last word", e, before)
			}
			if e.Ending == "" || e.Ended.Before(e.Requested) && !e.Ended.IsZero() {
				w.t.Errorf("outcome without an ending, or one before it began: %+v", e)
			}
			w.outcomes[e.ID] = e
			if w.talking[e.ID] = e.Ended.IsZero(); !w.talking[e.ID] {
				delete(w.talking, e.ID)
			}
		case Callback:
			if w.done[e.ID] {
				w.t.Errorf("callback %s is done and changes to %+v", e.ID, e)
			}
			if w.kept[e.ID] = e; e.State == CallbackDone {
				if w.done[e.ID] = true; e.Result == "" || e.Done.IsZero() {
					w.t.Errorf("callback is done with no result: %+v", e)
				}
				delete(w.kept, e.ID)
			}
		case Place:
			w.places[e.Request.Conversation] = true
		case PlaceGone:
			delete(w.places, e.Conversation)
		}
	}
	w.r.kept = nil
}

// look checks what must hold after every step.
func (w *world) look() {
	t, r := w.t, w.r
	offered := map[*request]bool{}
	for id, o := range r.offers {
		if o.id != id || offered[o.request] || o.request.offer != o || o.person.offer != o || o.request.waiting {
			t.Errorf("offer %s: not of one request and one person", id)
		}
		offered[o.request] = true
	}
	for _, p := range r.roster {
		w.lookAt(p)
	}
	held := 0
	for id, talk := range r.talks {
		v := w.views[id]
		if q := talk.request; q != nil {
			if q.talk != talk || q.waiting == (q.offer != nil) {
				t.Errorf("%s neither waits nor is offered, or both", id)
			}
			if waits := !q.Only || len(talk.holds) == 0; w.places[id] != waits {
				t.Errorf("%s waits: %v, and has a place in the ledger: %v", id, waits, w.places[id])
			}
			w.lookInLines(q)
		}
		held += len(talk.holds)
		if v.waits != (talk.request != nil) || (v.offer != "") != (talk.request != nil && talk.request.offer != nil) {
			t.Errorf("%s believes %+v, the desk has request %+v", id, v, talk.request)
		}
		if len(v.agents) != len(talk.holds) {
			t.Errorf("%s believes to be with %v, the desk has %d", id, v.agents, len(talk.holds))
		}
		for _, h := range talk.holds {
			if !v.agents[h.person.ID] || v.lost[h.person.ID] != h.lost || !slices.Contains(h.person.holds, h) {
				t.Errorf("%s and agent %s do not know of one another", id, h.person.ID)
			}
		}
	}
	if len(w.talking) != held {
		t.Errorf("%d talks go on by their outcomes, agents have %d", len(w.talking), held)
	}
	w.lookAtCallbacks()
	w.lookAtLines()
}

func (w *world) lookAt(p *person) {
	calls, chats := 0, 0
	for _, h := range p.holds {
		if kindOf(h.talk.Channel) == calling {
			calls++
		} else {
			chats++
		}
	}
	switch {
	case calls > 1, calls > 0 && chats > 0:
		w.t.Errorf("agent %s has %d calls and %d chats", p.ID, calls, chats)
	case p.watched != nil && (calls+chats > 0 || p.task != nil):
		w.t.Errorf("supervisor %s listens and has %d calls, %d chats, task %v", p.ID, calls, chats, p.task)
	case p.offer != nil && (p.inCall() || p.chosen != Ready || p.wrapped != nil || !p.reached(p.offer.request.kind())):
		w.t.Errorf("agent %s is rung as %s with %d calls, wrapping %v", p.ID, p.chosen, calls, p.wrapped != nil)
	case p.offer != nil && p.offer.request.kind() == chatting && chats >= p.Chats && !p.gone:
		// A reload may have lowered Chats; the roster of this test does not.
		w.t.Errorf("agent %s is offered chat %d of %d", p.ID, chats+1, p.Chats)
	case p.dials != "" && (calls+chats > 0 || p.offer != nil || p.watched != nil || w.dials[p.dials] != p.ID):
		w.t.Errorf("agent %s dials out for %s and has %d calls, %d chats, offer %v", p.ID, p.dials, calls, chats, p.offer != nil)
	case p.last != p.state():
		w.t.Errorf("agent %s is %s and shown as %s", p.ID, p.state(), p.last)
	}
	// Nobody is idle who could serve somebody.
	for _, q := range p.queues {
		for _, s := range q.line {
			if p.free(s.request.kind()) && w.r.suits(p, s) {
				w.t.Errorf("agent %s is free for %s, who waits", p.ID, s.request.Conversation)
			}
		}
	}
	for _, s := range p.wanted {
		if p.free(s.request.kind()) {
			w.t.Errorf("agent %s is free for %s, who wants nobody else", p.ID, s.request.Conversation)
		}
	}
}

func (w *world) lookInLines(q *request) {
	if q.Only {
		if p := w.r.people[q.Agent]; q.waiting && (p == nil || len(p.wanted) == 0) {
			w.t.Errorf("%s waits for %s, who does not know", q.Conversation, q.Agent)
		}
		return
	}
	if len(q.spots) == 0 {
		w.t.Errorf("%s has no spot", q.Conversation)
	}
	for _, s := range q.spots {
		i := s.queue.place(s.key)
		if in := i < len(s.queue.line) && s.queue.line[i] == s; in != q.waiting {
			w.t.Errorf("%s waits %v and is in line %v", q.Conversation, q.waiting, in)
		}
	}
}

func (w *world) lookAtLines() {
	for _, q := range w.r.queues {
		users := 0
		for _, c := range q.classes {
			users += c.users
		}
		if !slices.IsSortedFunc(q.line, func(a, b *spot) int { return a.key.compare(b.key) }) || users < len(q.line) {
			w.t.Errorf("line of %s is out of order", q.ID)
		}
		for _, s := range q.line {
			switch {
			case s.request.callback == nil && w.r.talks[s.request.Conversation] != s.request.talk:
				w.t.Errorf("%s waits in %s and is closed", s.request.Conversation, q.ID)
			case s.request.callback == nil && s.request.deadline.index == 0:
				w.t.Errorf("%s waits in %s for ever", s.request.Conversation, q.ID)
			}
		}
	}
}

func (w *world) lookAtCallbacks() {
	for id, c := range w.kept {
		live := w.r.tasks[id]
		switch {
		case live == nil:
			w.t.Errorf("callback is lost: %+v", c)
		case live.State == CallbackTaken:
			if p := w.r.people[live.Agent]; p == nil || p.task != live.Callback {
				w.t.Errorf("callback %s is taken by %s, who does not have it", id, live.Agent)
			}
		case live.Kind == CallbackAsked && live.request == nil && live.timer.index == 0 && w.r.queues[live.Queue] != nil:
			w.t.Errorf("callback %s keeps a place and never comes up", id)
		}
	}
	if len(w.kept) != len(w.r.tasks) {
		w.t.Errorf("%d callbacks in memory, %d in the ledger", len(w.r.tasks), len(w.kept))
	}
}

// evening ends everything and looks whether anything is left.
func (w *world) evening() {
	for id := range w.dials {
		w.try(func() error { return w.r.close(id) })
	}
	for len(w.ids) > 0 {
		w.hangUp(w.views[w.ids[0]])
		w.account()
		w.look()
	}
	w.pass(time.Hour)
	w.account()
	w.look()
	for _, q := range w.r.queues {
		for _, s := range q.line {
			if s.request.callback == nil {
				w.t.Errorf("%s waits in %s after it has hung up", s.request.Conversation, q.ID)
			}
		}
	}
	for _, p := range w.r.roster {
		if p.dials != "" {
			w.t.Errorf("agent %s is reserved for %s for ever", p.ID, p.dials)
		}
	}
	for id := range w.places {
		w.t.Errorf("place of %s is left", id)
	}
	for id, o := range w.outcomes {
		if o.Ended.IsZero() {
			w.t.Errorf("outcome %s is open: %+v", id, o)
		}
	}
}
