package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// request is a Request that is neither answered nor over. It is in lines, offered, or wanted of one
// person by name.
type request struct {
	Request
	talk     *talk     // nil when it stands for somebody who is to be called back
	callback *Callback // then
	home     *queue
	spots    []*spot
	order    uint64
	entered  time.Time
	head     bool
	waiting  bool      // its spots are in their lines
	sticky   time.Time // until when only Agent
	offer    *offer
	outcome  Outcome
	shunned  map[string]time.Time // who is not asked again until then; of the talk, when it has one
	instead  *Request             // back at the head with this one rather than refused
	told     Waiting
	toldAt   time.Time

	widen, deadline, overflow, announce, nobody timer
}

func (q *request) kind() kind {
	if q.callback != nil {
		return tasking
	}
	return kindOf(q.Channel)
}

// Bounds of requests.
const (
	shunFor  = 30 * time.Second // who declined is not asked for the same again
	glance   = 15 * time.Second // between looks whether the place is worth telling again
	maxBrief = 20               // turns and orders of a brief, each
)

// enqueue lets a conversation wait for a person. One that does not wait for the end of the grace of
// a lost agent gives the agent up and goes to the head.
func (r *room) enqueue(in Request) error { return r.ask(in, true) }

func (r *room) ask(in Request, givesUp bool) error {
	const op = "ask for a person"
	t, err := r.talk(op, in.Conversation)
	if err != nil {
		return err
	}
	if t.request != nil {
		return hotline.Errorf(op, hotline.CodeConflict, "conversation %s waits already", in.Conversation)
	}
	in.Queue = cmp.Or(in.Queue, t.last.Queue) // who was called out has asked for no queue
	home := r.queues[in.Queue]
	switch {
	case home == nil || home.gone:
		return hotline.Errorf(op, hotline.CodeNotFound, "there is no queue %q", in.Queue)
	case in.Priority < 0 || in.Priority > 9:
		return hotline.Errorf(op, hotline.CodeInvalid, "priority %d is not within 0…9", in.Priority)
	case in.Only && r.people[in.Agent] == nil:
		return hotline.Errorf(op, hotline.CodeNotFound, "there is no agent %q", in.Agent)
	}
	if err := validSkills(op, in.Skills); err != nil {
		return err
	}
	in.Channel, in.Caller = t.Channel, t.Caller
	in.Brief = in.Brief.bounded()
	if kept, found := r.places[in.Conversation]; found {
		if in.Since.IsZero() || kept.Since.Before(in.Since) {
			in.Since = kept.Since
		}
		delete(r.places, in.Conversation)
	}
	head := false
	for _, h := range slices.Clone(t.holds) {
		if h.lost && givesUp {
			r.endHold(h, EndAnswered, Network)
			t.notify(Lost{Agent: h.person.ID, Gone: true})
			head = true
		}
	}
	t.last = in
	q := r.admit(in, t, home)
	q.head = head
	if reason := r.bars(q); reason != "" && !head {
		r.refuse(q, reason)
		return nil
	}
	r.wait(q)
	return nil
}

// admit makes a request that is on nobody's list yet.
func (r *room) admit(in Request, t *talk, home *queue) *request {
	if in.Since.IsZero() || in.Since.After(r.now) {
		in.Since = r.now
	}
	r.serial++
	q := &request{Request: in, talk: t, home: home, order: r.serial, entered: r.now, shunned: map[string]time.Time{}}
	q.outcome = Outcome{
		ID: r.newID("r"), Conversation: in.Conversation, Queue: home.ID, Channel: in.Channel,
		Requested: r.now, Priority: in.Priority,
	}
	if t != nil {
		t.request, q.shunned = q, t.shunned
		r.markTalk(t)
	}
	return q
}

// bars tells why a request may not even begin to wait, or "".
func (r *room) bars(q *request) Reason {
	switch {
	case q.Only:
		p := r.people[q.Agent]
		if !p.onDuty() || !p.reached(q.kind()) || slices.ContainsFunc(q.talk.holds, func(h *hold) bool { return h.person == p }) {
			return Nobody
		}
	case !q.home.Hours.open(r.now, r.almanac):
		return Closed
	case len(q.home.line) >= q.home.MaxLength:
		return Full
	}
	return ""
}

// wait puts a request in line and looks for somebody.
func (r *room) wait(q *request) {
	r.keepPlace(q)
	if q.Only {
		r.want(q)
		return
	}
	r.addSpot(q, q.home)
	if p := r.people[q.Agent]; p != nil && q.home.Sticky > 0 && p.onDuty() && q.spots[0].fit(p) != never && slices.Contains(q.home.members, p) {
		q.sticky = r.now.Add(q.home.Sticky.Duration())
	}
	r.stand(q)
	if q.callback == nil {
		r.timers.set(&q.deadline, q.entered.Add(q.home.MaxWait.Duration()), func() {
			if q.offer == nil { // one that rings may still be taken; if not, it ends then
				r.refuse(q, TimedOut)
			}
		})
		r.overflowLater(q, q.home)
	}
	if r.seek(q) {
		return
	}
	if q.callback == nil && r.forsaken(q) {
		return
	}
	r.tell(q)
}

// keepPlace lets a restart find who waits. Who talks while a colleague is rung does not.
func (r *room) keepPlace(q *request) {
	if q.talk != nil && (!q.Only || len(q.talk.holds) == 0) {
		r.keep(Place{q.Request})
	}
}

// want asks one person by name, who is rung next or not at all.
func (r *room) want(q *request) {
	p := r.people[q.Agent]
	s := &spot{queue: q.home, request: q}
	q.waiting = true
	p.wanted = append(p.wanted, s)
	r.timers.set(&q.deadline, r.now.Add(q.home.RingTimeout.Duration()), func() {
		if q.offer == nil {
			r.refuse(q, BusyLine)
		}
	})
	if !r.feed(p) || q.offer == nil {
		r.tell(q)
	}
}

// addSpot gives a request a place in one more line.
func (r *room) addSpot(q *request, in *queue) {
	s := &spot{queue: in, request: q, class: in.join(q.Request, len(r.roster)), key: in.keyOf(q)}
	q.spots = append(q.spots, s)
	if q.waiting {
		in.insert(s)
		r.markQueue(in)
	}
}

// overflowLater opens the next queue to a request when its time has come.
func (r *room) overflowLater(q *request, from *queue) {
	if from.Overflow == "" || from.OverflowAfter == 0 {
		return
	}
	r.timers.set(&q.overflow, r.now.Add(from.OverflowAfter.Duration()), func() {
		r.spill(q, from)
		if q.waiting && !r.seek(q) {
			r.widenLater(q)
		}
	})
}

// spill adds the overflow of a queue to where a request waits; false when there is none.
func (r *room) spill(q *request, from *queue) bool {
	next := r.queues[from.Overflow]
	if next == nil || next.gone || slices.ContainsFunc(q.spots, func(s *spot) bool { return s.queue == next }) {
		return false
	}
	r.addSpot(q, next)
	r.overflowLater(q, next)
	return true
}

// stand puts a request into its lines, stepAside takes it out of them. Its keys stay.
func (r *room) stand(q *request) {
	q.waiting = true
	for _, s := range q.spots {
		s.queue.insert(s)
		r.markQueue(s.queue)
	}
	r.widenLater(q)
}

func (r *room) stepAside(q *request) {
	if !q.waiting {
		return
	}
	q.waiting = false
	if q.Only {
		p := r.people[q.Agent]
		p.wanted = slices.DeleteFunc(p.wanted, func(s *spot) bool { return s.request == q })
	}
	for _, s := range q.spots {
		s.queue.remove(s)
		r.markQueue(s.queue)
	}
	r.timers.stop(&q.widen)
	r.timers.stop(&q.announce)
	r.timers.stop(&q.nobody)
}

// shun keeps a request from a person for a while.
func (r *room) shun(q *request, p *person) {
	q.shunned[p.ID] = r.now.Add(shunFor)
	if q.waiting {
		r.widenLater(q)
	}
}

// widenLater looks again when more people may serve a request than now.
func (r *room) widenLater(q *request) {
	var next time.Time
	sooner := func(at time.Time) {
		if at.After(r.now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, s := range q.spots {
		for _, relax := range s.queue.Relax {
			sooner(q.Since.Add(relax.After.Duration()))
		}
	}
	sooner(q.sticky)
	for _, until := range q.shunned {
		sooner(until)
	}
	if next.IsZero() {
		r.timers.stop(&q.widen)
		return
	}
	r.timers.set(&q.widen, next, func() {
		if !r.seek(q) {
			r.widenLater(q)
		}
	})
}

// tell says the place to who waits, and again when it is due.
func (r *room) tell(q *request) {
	if q.talk == nil || !q.waiting {
		return
	}
	place := Waiting{Position: 1}
	if len(q.spots) > 0 {
		place.Position = q.home.place(q.spots[0].key) + 1
		place.Wait = q.home.expect(place.Position)
	}
	due := r.now.Sub(q.toldAt) >= q.home.Announce.Duration()
	if q.toldAt.IsZero() || due || muchOther(q.told.Wait, place.Wait) {
		q.told, q.toldAt = place, r.now
		q.talk.notify(place)
	}
	again := min(glance, q.home.Announce.Duration()-r.now.Sub(q.toldAt))
	r.timers.set(&q.announce, r.now.Add(max(again, time.Second)), func() { r.tell(q) })
}

// muchOther tells whether a wait differs by half and by a minute from the one that was told.
func muchOther(told, wait time.Duration) bool {
	return (told == 0) != (wait == 0) ||
		(told-wait).Abs() >= time.Minute && (told-wait).Abs() > told/2
}

func (b Brief) bounded() Brief {
	b.Turns = b.Turns[max(0, len(b.Turns)-maxBrief):]
	b.Orders = b.Orders[:min(len(b.Orders), maxBrief)]
	return b
}
