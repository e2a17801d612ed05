package desk

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// person is an agent at work.
type person struct {
	Agent
	index  int // in class.fits
	queues []*queue
	gone   bool // no longer in the roster

	chosen State // Offline, Ready or Break
	reason string
	marked bool // the break is ours: nobody answered
	stream *Stream
	lines  map[Device]bool // that are there: a headset, a registered phone

	offer   *offer
	holds   []*hold
	task    *Callback              // being called back
	dials   hotline.ConversationID // that is being placed
	watched *talk                  // listened to as a supervisor
	wanted  []*spot                // asked for by name, by colleagues
	wrapped *hold                  // being written down

	idle  time.Time // since when there was nothing to do
	since time.Time // of the state
	last  State
	wrap  timer
	grace [2]timer // of calls and of chats, see graces
}

// hold is a conversation that a person has.
type hold struct {
	talk    *talk
	person  *person
	queue   *queue // nil for one that was not in a queue
	request Request
	outcome Outcome
	lost    bool
}

// kind tells conversations apart by what they take of an agent.
type kind int

const (
	calling  kind = iota // all of it
	chatting             // a part
	tasking              // a call back: all of it, and a console to be asked on
)

func kindOf(c hotline.Channel) kind {
	if c == hotline.ChannelChat {
		return chatting
	}
	return calling
}

// inCall tells whether a person has a call, places one or listens to one.
func (p *person) inCall() bool {
	return p.task != nil || p.watched != nil ||
		slices.ContainsFunc(p.holds, func(h *hold) bool { return kindOf(h.talk.Channel) == calling })
}

// reached tells whether there is a way to a person for a kind of conversation.
func (p *person) reached(k kind) bool {
	switch {
	case k == chatting:
		return p.stream != nil
	case k == tasking:
		return p.stream != nil && p.line()
	case p.Device == Phone:
		return p.line()
	default:
		return p.line() && p.stream != nil
	}
}

// byPhone tells whether the sound of a conversation comes to a person by a phone. Its end is told by the conversation, which
// has the line.
func (p *person) byPhone(t *talk) bool { return p.Device == Phone && kindOf(t.Channel) == calling }

// cutOff tells that there is no way to a person for anything they take.
func (p *person) cutOff() bool {
	return !p.reached(calling) && (p.Chats == 0 || !p.reached(chatting))
}

// room tells whether a person has room for one more of a kind.
func (p *person) room(k kind) bool {
	if p.offer != nil || p.dials != "" || p.wrapped != nil || p.inCall() {
		return false
	}
	if k == chatting {
		return len(p.holds) < p.Chats
	}
	return len(p.holds) == 0
}

// free tells whether a person may be offered one more of a kind.
func (p *person) free(k kind) bool {
	return p.chosen == Ready && !p.gone && p.room(k) && p.reached(k)
}

// present tells whether a person is logged in; onDuty, whether they are also not away.
func (p *person) present() bool { return p.chosen != Offline && !p.gone }
func (p *person) onDuty() bool  { return p.chosen == Ready && !p.gone }

// state is what the board shows.
func (p *person) state() State {
	switch {
	case p.offer != nil || p.dials != "":
		return Ringing
	case len(p.holds) > 0 || p.task != nil || p.watched != nil:
		return Busy
	case p.wrapped != nil:
		return WrapUp
	case p.chosen == Ready && p.cutOff():
		return Offline
	default:
		return p.chosen
	}
}

// changed tells the console and the board when the state of a person is another one.
func (r *room) changed(p *person) {
	if state := p.state(); state != p.last {
		p.last, p.since = state, r.now
	}
	r.mark(p)
	r.push(p, StateChanged{r.personRow(p)})
}

// setState is what the agent chose. Ready also ends the wrap-up.
func (r *room) setState(agent string, state State, reason string) error {
	const op = "set state of agent"
	p, err := r.person(op, agent)
	if err != nil {
		return err
	}
	switch {
	case state != Ready && state != Break && state != Offline:
		return hotline.Errorf(op, hotline.CodeInvalid, "state %q: ready, break or offline can be chosen", state)
	case state == Break && reason == "":
		return hotline.Errorf(op, hotline.CodeInvalid, "a break needs a reason")
	case len(reason) > 200:
		return hotline.Errorf(op, hotline.CodeInvalid, "reason of %d bytes, at most 200", len(reason))
	case state == Ready && p.cutOff():
		return hotline.Errorf(op, hotline.CodeConflict, "耳机或话机未连接 (neither headset nor phone is connected)")
	}
	if state != Break {
		reason = ""
	}
	if p.chosen != Ready && state == Ready {
		p.idle = r.now
	}
	p.reason, p.marked = reason, false
	if state == Ready {
		p.chosen = Ready
		if p.wrapped != nil {
			r.endWrap(p)
		}
		r.changed(p)
		r.freed(p)
		return nil
	}
	r.leaveWork(p, state)
	return nil
}

// leaveWork takes a person out of the search. What they have stays with them.
func (r *room) leaveWork(p *person, state State) {
	p.chosen = state
	if p.offer != nil {
		r.endOffer(p.offer, Declined)
	}
	r.changed(p)
	r.unstick(p)
	for _, s := range slices.Clone(p.wanted) {
		r.refuse(s.request, Nobody)
	}
	if state == Offline {
		r.deserted(p.queues)
	}
}

// unstick lets anybody serve those who wait for this person by preference.
func (r *room) unstick(p *person) {
	for _, q := range p.queues {
		for _, s := range slices.Clone(q.line) {
			if s.request.Agent == p.ID && s.request.sticky.After(r.now) {
				s.request.sticky = time.Time{}
				r.seek(s.request)
			}
		}
	}
}

// line tells whether what a person talks on is there.
func (p *person) line() bool { return p.lines[p.Device] }

// setLine tells that the headset or the phone of an agent is there or gone.
func (r *room) setLine(agent string, device Device, up bool) error {
	p, err := r.person("set line of agent", agent)
	if err != nil {
		return err
	}
	p.lines[device] = up
	r.reachChanged(p)
	return nil
}

// graces are how long a person may be away from calls, and from chats or from work, before they are gone.
type graces [2]time.Duration

// reachChanged follows from a console, headset or phone that came or went: the conversations that
// the person has are told at once, and Grace later they are counted as lost.
func (r *room) reachChanged(p *person) {
	away := [2]bool{calling: p.task != nil && p.stream == nil, chatting: p.present() && p.cutOff()}
	for _, h := range p.holds {
		lost := !p.reached(kindOf(h.talk.Channel)) && !p.byPhone(h.talk)
		switch {
		case lost && !h.lost:
			h.talk.notify(Lost{Agent: p.ID})
		case !lost && h.lost:
			h.talk.notify(Found{Agent: p.ID})
		}
		h.lost = lost
		away[kindOf(h.talk.Channel)] = away[kindOf(h.talk.Channel)] || lost
	}
	if t := p.watched; t != nil && (p.gone || !p.Supervisor || !p.reached(calling) && !p.byPhone(t)) {
		r.unwatch(p, true)
	}
	for k := range p.grace {
		switch timer := &p.grace[k]; {
		case !away[k]:
			r.timers.stop(timer)
		case timer.index == 0:
			r.timers.set(timer, r.now.Add(r.graces[k]), func() { r.graceOver(p, kind(k)) })
		}
	}
	if o := p.offer; o != nil && !p.reached(o.request.kind()) {
		r.endOffer(o, Network)
	}
	r.changed(p)
	r.freed(p)
}

// graceOver takes a person who did not come back off what they had of a kind; off duty, with chats.
func (r *room) graceOver(p *person, k kind) {
	for _, h := range slices.Clone(p.holds) {
		if h.lost && kindOf(h.talk.Channel) == k {
			r.lose(h)
		}
	}
	switch {
	case k == chatting && p.present() && p.cutOff():
		r.leaveWork(p, Offline)
	case k == chatting || p.task == nil || p.stream != nil:
	case len(p.holds) > 0 || p.dials != "": // calls on a phone: the console is waited for until that is over
		r.timers.set(&p.grace[calling], r.now.Add(r.graces[calling]), func() { r.graceOver(p, calling) })
	default:
		r.dropTask(p)
	}
}

func (r *room) person(op, id string) (*person, error) {
	p := r.people[id]
	if p == nil || p.gone {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "there is no agent %q", id)
	}
	return p, nil
}

// wrapUp starts the writing down of a talk, unless the person has others or is asked for one.
func (r *room) wrapUp(h *hold) {
	p := h.person
	p.idle = r.now
	if h.queue == nil || h.queue.WrapUp == 0 || h.lost || len(p.holds) > 0 || p.offer != nil || p.gone || p.chosen == Offline || p.wrapped != nil {
		if h.queue != nil {
			h.queue.pace.add(h.outcome.Ended.Sub(h.outcome.Answered))
		}
		return
	}
	p.wrapped = h
	r.timers.set(&p.wrap, r.now.Add(h.queue.WrapUp.Duration()), func() {
		r.endWrap(p)
		r.changed(p)
		r.freed(p)
	})
}

func (r *room) endWrap(p *person) {
	h := p.wrapped
	p.wrapped = nil
	r.timers.stop(&p.wrap)
	p.idle = r.now
	h.outcome.WrapUpMS = milliseconds(r.now.Sub(h.outcome.Ended))
	h.queue.pace.add(r.now.Sub(h.outcome.Answered))
	r.keep(h.outcome)
}
