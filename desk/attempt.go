package desk

import (
	"cmp"
	"time"

	"github.com/hotline-cc/hotline"
)

// comeUp lets a callback that keeps a place wait in its queue when it is due. The others are taken
// from the list.
func (r *room) comeUp(c *Callback) {
	t := r.tasks[c.ID]
	if c.Kind != CallbackAsked || c.State != CallbackOpen || t.request != nil {
		return
	}
	home := r.queues[c.Queue]
	if home == nil {
		return
	}
	at := c.Due
	if at.Before(r.now) {
		at = r.now
	}
	if opens, found := home.Hours.next(at, r.almanac); found {
		at = opens
	}
	if at.After(r.now) {
		r.timers.set(&t.timer, at, func() { r.comeUp(c) })
		return
	}
	q := r.admit(Request{
		Conversation: c.Conversation, Channel: hotline.ChannelPhone, Caller: c.Number, Queue: c.Queue, Reason: c.Brief.Reason,
		Priority: c.Priority, Skills: c.Skills, Language: c.Language, Since: c.Since, Brief: c.Brief,
	}, nil, home)
	q.callback, t.request = c, q
	r.wait(q)
}

// postpone lets an open callback come up later, within the hours of its queue.
func (r *room) postpone(c *Callback, at time.Time) {
	t := r.tasks[c.ID]
	r.unask(t)
	if q := r.queues[c.Queue]; q != nil {
		if opens, found := q.Hours.next(at, r.almanac); found {
			at = opens
		}
	}
	c.State, c.Agent, c.Due = CallbackOpen, "", at
	r.keepTask(t)
	r.comeUp(c)
}

func (r *room) takeTask(p *person, c *Callback) {
	t := r.tasks[c.ID]
	r.unask(t)
	c.State, c.Agent = CallbackTaken, p.ID
	p.task = c
	r.keepTask(t)
	r.changed(p)
}

// takeCallback gives an open callback to an agent who picks it from the list.
func (r *room) takeCallback(agent, id string) (Callback, error) {
	const op = "take callback"
	p, err := r.person(op, agent)
	if err != nil {
		return Callback{}, err
	}
	t := r.tasks[id]
	switch {
	case t == nil:
		return Callback{}, hotline.Errorf(op, hotline.CodeNotFound, "there is no open callback %q", id)
	case t.State != CallbackOpen:
		return Callback{}, hotline.Errorf(op, hotline.CodeConflict, "callback %q is taken by %q", id, t.Agent)
	case !p.room(tasking) || !p.reached(tasking):
		return Callback{}, hotline.Errorf(op, hotline.CodeConflict, "agent %q has something else, or no console and line", agent)
	}
	r.takeTask(p, t.Callback)
	return *t.Callback, nil
}

// settleCallback writes down what an attempt came to.
func (r *room) settleCallback(agent, id string, result Result, note string) (Callback, error) {
	const op = "settle callback"
	p, err := r.person(op, agent)
	if err != nil {
		return Callback{}, err
	}
	switch {
	case p.task == nil || p.task.ID != id:
		return Callback{}, hotline.Errorf(op, hotline.CodeForbidden, "agent %q does not have callback %q", agent, id)
	case len(note) > maxNote:
		return Callback{}, hotline.Errorf(op, hotline.CodeTooLarge, "note of %d bytes, at most %d", len(note), maxNote)
	}
	switch result {
	case Reached, Void, Unanswered, Engaged, Failure:
	default:
		return Callback{}, hotline.Errorf(op, hotline.CodeInvalid, "%q is no result of an attempt", result)
	}
	c := p.task
	r.attempted(p, result, note)
	return *c, nil
}

// dropTask is an agent who is lost while calling back, or before.
func (r *room) dropTask(p *person) {
	c := p.task
	if !c.Dialled.IsZero() {
		r.attempted(p, Failure, "")
		return
	}
	p.task, p.idle = nil, r.now
	r.postpone(c, c.Due)
	r.changed(p)
	r.freed(p)
}

func (r *room) attempted(p *person, result Result, note string) {
	c := p.task
	p.task = nil
	p.idle = r.now
	c.tried(cmp.Or(c.Dialled, r.now), result, note)
	if result == Reached || result == Void {
		r.doneTask(r.tasks[c.ID], result)
	} else {
		var retry []Seconds
		if q := r.queues[c.Queue]; q != nil {
			retry = q.Retry
		}
		if tries := len(c.Attempts); tries <= len(retry) {
			r.postpone(c, r.now.Add(retry[tries-1].Duration()))
		} else {
			r.doneTask(r.tasks[c.ID], Unreachable)
		}
	}
	r.changed(p)
	r.freed(p)
}

// tried writes down an attempt of the agent who has the callback.
func (c *Callback) tried(at time.Time, result Result, note string) {
	c.Attempts = append(c.Attempts, Attempt{At: at, Agent: c.Agent, Result: result, Note: note})
	c.Dialled = time.Time{}
}
