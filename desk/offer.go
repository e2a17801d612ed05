package desk

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// offer is a request that one person is asked to take.
type offer struct {
	id      string
	request *request
	person  *person
	at      time.Time
	until   time.Time
	ring    timer
}

func (r *room) offerTo(q *request, p *person) {
	r.stepAside(q)
	ring := q.home.RingTimeout.Duration()
	o := &offer{id: r.newID("o"), request: q, person: p, at: r.now, until: r.now.Add(ring)}
	q.offer, p.offer, r.offers[o.id] = o, o, o
	if q.outcome.Offered.IsZero() {
		q.outcome.Offered = r.now
	}
	q.outcome.Offers++
	r.timers.set(&o.ring, o.until, func() { r.endOffer(o, NoAnswer) })
	r.push(p, r.opened(o))
	r.changed(p)
	if q.talk != nil {
		target := Target{Agent: p.ID}
		if p.Device == Phone && q.kind() == calling {
			target.Extension = p.Extension
		}
		r.markTalk(q.talk)
		q.talk.notify(Offered{Offer: o.id, Agent: p.Agent, Target: target})
	}
}

func (r *room) opened(o *offer) OfferOpened {
	opened := OfferOpened{Offer: o.id, Request: o.request.Request, Until: o.until}
	if o.request.callback != nil {
		c := *o.request.callback
		opened.Callback = &c
	}
	return opened
}

// cancel takes an offer away from the person. The request is the caller's to look after.
func (r *room) cancel(o *offer) { r.closeOffer(o, Cancelled) }

func (r *room) closeOffer(o *offer, reason Reason) {
	o.request.offer, o.person.offer = nil, nil
	delete(r.offers, o.id)
	r.timers.stop(&o.ring)
	r.push(o.person, OfferClosed{Offer: o.id, Reason: reason})
	r.observer.OfferEnded(o.request.home.ID, reason, r.now.Sub(o.at))
	r.changed(o.person)
	r.freed(o.person)
}

// endOffer is an offer that was not taken. Who waits keeps the place, and the next agent is asked.
func (r *room) endOffer(o *offer, reason Reason) {
	q, p := o.request, o.person
	p.idle = r.now
	r.closeOffer(o, reason)
	r.shun(q, p)
	if q.talk != nil {
		q.talk.notify(Withdrawn{Offer: o.id, Reason: reason})
	}
	if reason == NoAnswer {
		r.punish(p, NoAnswer)
	}
	switch {
	case q.Only:
		r.refuse(q, reason)
	case q.callback == nil && q.deadline.index == 0:
		r.refuse(q, TimedOut)
	default:
		r.stand(q)
		if !r.seek(q) && (q.callback != nil || !r.forsaken(q)) {
			r.tell(q)
		}
	}
}

// punish sends somebody on a break that they did not ask for, marked for the supervisor.
func (r *room) punish(p *person, reason Reason) {
	p.reason, p.marked = string(reason), true
	r.leaveWork(p, Break)
}

func (r *room) offerOf(op, agent, id string) (*offer, error) {
	o := r.offers[id]
	if o == nil || agent != "" && o.person.ID != agent {
		return nil, hotline.Errorf(op, hotline.CodeConflict, "来电已取消或已由他人接起 offer %q is over", id)
	}
	return o, nil
}

// accept is the button in the console. A phone that rings is answered on the phone: the console has no
// sound to give.
func (r *room) accept(agent, id string) error {
	const op = "accept offer"
	o, err := r.offerOf(op, agent, id)
	if err != nil {
		return err
	}
	if o.person.Device == Phone && o.request.kind() == calling {
		return hotline.Errorf(op, hotline.CodeConflict, "请在话机上接听 answer on your phone")
	}
	if t := o.request.talk; t != nil {
		t.notify(Accepted{Offer: id, Agent: agent})
	}
	r.answer(o)
	return nil
}

func (r *room) decline(agent, id string) error {
	o, err := r.offerOf("decline offer", agent, id)
	if err != nil {
		return err
	}
	r.endOffer(o, Declined)
	return nil
}

// pickedUp ends the ringing of a phone.
func (r *room) pickedUp(id string) error {
	o, err := r.offerOf("pick up offer", "", id)
	if err != nil {
		return err
	}
	r.timers.stop(&o.ring)
	return nil
}

// answered is the key that an agent on a phone has pressed.
func (r *room) answered(id string) error {
	o, err := r.offerOf("answer offer", "", id)
	if err != nil {
		return err
	}
	if o.request.talk == nil {
		return hotline.Errorf("answer offer", hotline.CodeInvalid, "a callback is accepted in the console")
	}
	r.answer(o)
	return nil
}

// failed is what became of ringing the phone of an agent.
func (r *room) failed(id string, reason Reason) error {
	const op = "report failed offer"
	o, err := r.offerOf(op, "", id)
	if err != nil {
		return err
	}
	switch reason {
	case NoAnswer, Declined, BusyLine:
	case Network:
		r.endOffer(o, Network)
		r.punish(o.person, Network) // or the phone that is not there would be rung again and again
		return nil
	default:
		return hotline.Errorf(op, hotline.CodeInvalid, "%q: no_answer, declined, busy or network", reason)
	}
	r.endOffer(o, reason)
	return nil
}

// answer gives a request to the person it was offered to.
func (r *room) answer(o *offer) {
	q, p := o.request, o.person
	r.closeOffer(o, "")
	r.over(q)
	if q.callback != nil {
		r.takeTask(p, q.callback)
		return
	}
	r.holdIt(q, p)
}

func (r *room) holdIt(q *request, p *person) {
	waited := r.now.Sub(q.entered)
	q.outcome.Ending, q.outcome.Agent, q.outcome.Answered = EndAnswered, p.ID, r.now
	q.outcome.WaitedMS = milliseconds(waited)
	q.home.today.count(r.day(), q.outcome)
	r.observer.Answered(q.home.ID, q.Channel, waited)
	r.grasp(&hold{talk: q.talk, person: p, queue: q.home, request: q.Request, outcome: q.outcome})
	r.calledAgain(q.Caller)
}

func (r *room) grasp(h *hold) {
	h.talk.holds = append(h.talk.holds, h)
	h.person.holds = append(h.person.holds, h)
	r.keep(h.outcome)
	r.markTalk(h.talk)
	r.changed(h.person)
	r.push(h.person, TalkChanged{r.held(h)})
	r.freed(h.person) // there may be room for one more chat
}

// endHold takes a conversation off a person.
func (r *room) endHold(h *hold, ending Ending, reason Reason) {
	is := func(other *hold) bool { return other == h }
	h.talk.holds = slices.DeleteFunc(h.talk.holds, is)
	h.person.holds = slices.DeleteFunc(h.person.holds, is)
	h.outcome.Ending, h.outcome.Reason, h.outcome.Ended = ending, reason, r.now
	h.outcome.TalkedMS = milliseconds(r.now.Sub(h.outcome.Answered))
	r.keep(h.outcome)
	if h.queue != nil {
		r.observer.Ended(h.queue.ID, h.talk.Channel, ending, r.now.Sub(h.outcome.Answered))
		r.markQueue(h.queue)
	}
	r.push(h.person, TalkEnded{Conversation: h.talk.Conversation, Reason: reason})
	if q := h.talk.request; q != nil { // who gives a conversation to a queue does not get it back at once
		r.shun(q, h.person)
		r.keepPlace(q)
	}
	r.markTalk(h.talk)
	r.wrapUp(h)
	r.changed(h.person)
	r.freed(h.person)
}

// lose takes a conversation off an agent who is gone; it comes back at the head of its queue unless
// somebody else has it too.
func (r *room) lose(h *hold) {
	t := h.talk
	r.endHold(h, EndAnswered, Network)
	t.notify(Lost{Agent: h.person.ID, Gone: true})
	switch {
	case len(t.holds) > 0:
	case t.request != nil:
		again := h.request
		t.request.instead = &again
	default:
		r.readmit(t, h.request)
	}
}
