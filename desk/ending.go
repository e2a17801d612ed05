package desk

import (
	"cmp"

	"github.com/hotline-cc/hotline"
)

// over takes a request off every list. What became of it is kept by the caller.
func (r *room) over(q *request) {
	r.stepAside(q)
	for _, t := range []*timer{&q.widen, &q.deadline, &q.overflow, &q.announce, &q.nobody} {
		r.timers.stop(t)
	}
	for _, s := range q.spots {
		s.queue.leave(s.class)
	}
	q.spots = nil
	if q.talk != nil {
		q.talk.request = nil
		r.markTalk(q.talk)
		r.keep(PlaceGone{q.Conversation})
	}
}

// finish ends a request that nobody has answered.
func (r *room) finish(q *request, ending Ending, reason Reason) {
	if q.offer != nil {
		r.cancel(q.offer)
	}
	r.over(q)
	q.outcome.Ending, q.outcome.Reason, q.outcome.Ended = ending, reason, r.now
	q.outcome.WaitedMS = milliseconds(r.now.Sub(q.entered))
	q.home.today.count(r.day(), q.outcome)
	r.markQueue(q.home)
	r.keep(q.outcome)
	r.observer.Ended(q.home.ID, q.Channel, ending, r.now.Sub(q.entered))
}

// refuse ends a request because nobody will take it.
func (r *room) refuse(q *request, reason Reason) {
	t, c := q.talk, q.callback
	if c != nil { // it is not lost: it comes up again
		r.postpone(c, r.now.Add(nobodyRetry))
		return
	}
	ending := EndRefused
	if reason == TimedOut {
		ending = EndTimedOut
	}
	r.finish(q, ending, reason)
	if q.instead != nil && len(t.holds) == 0 {
		r.readmit(t, *q.instead)
		return
	}
	refused := Refused{Reason: reason, Agent: q.Alone()}
	if reason == Closed || reason == Nobody {
		if at := r.back(q.home, r.now); at.After(r.now) {
			refused.Back = at
		}
	}
	t.notify(refused)
	if len(t.holds) == 0 && !q.Only {
		r.missed(q, CallbackMissed)
	}
}

// readmit puts a conversation whose agent is gone at the head of its queue.
func (r *room) readmit(t *talk, in Request) {
	home := r.queues[in.Queue]
	if home == nil {
		t.notify(Refused{Reason: Nobody})
		return
	}
	in.Agent, in.Only = "", false
	q := r.admit(in, t, home)
	q.head = true
	r.wait(q)
}

// withdraw ends a request because of the conversation.
func (r *room) withdraw(id hotline.ConversationID, p Parting) (*Callback, error) {
	const op = "leave the queue"
	t, err := r.talk(op, id)
	if err != nil {
		return nil, err
	}
	q := t.request
	if q == nil {
		return nil, hotline.Errorf(op, hotline.CodeConflict, "conversation %s does not wait", id)
	}
	switch p.Ending {
	case EndAbandoned, EndReturned:
		r.finish(q, p.Ending, "")
		if p.Ending == EndAbandoned && len(t.holds) == 0 && !q.Only {
			r.missed(q, CallbackAbandoned)
		}
		return nil, nil
	case EndCallback, EndMessage:
		c := Callback{
			Kind: CallbackAsked, Conversation: id, Queue: q.home.ID, Number: cmp.Or(p.Number, r.numberOf(q)), Note: p.Note,
			Since: q.Since, Priority: q.Priority, Brief: q.Brief, Skills: q.Skills, Language: q.Language,
		}
		if p.Ending == EndMessage {
			c.Kind = CallbackMessage
		}
		made, err := r.promise(c)
		if err != nil {
			return nil, err
		}
		r.finish(q, p.Ending, "")
		r.comeUp(made)
		return made, nil
	default:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%q is no way to leave a queue", p.Ending)
	}
}
