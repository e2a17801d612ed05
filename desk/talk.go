package desk

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// Talk is a conversation that the desk knows of, whether it asks for a person or not.
type Talk struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Channel      hotline.Channel        `json:"channel"`
	Caller       string                 `json:"caller,omitempty"`
	Started      time.Time              `json:"started"`           // zero is when it is opened
	Dialled      bool                   `json:"dialled,omitempty"` // by us: the caller is who was called
}

// Party is who takes part, as the conversation tells the board and the consoles.
type Party struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Role  string `json:"role"`           // caller, bot, agent, peer, service, supervisor
	Mode  string `json:"mode,omitempty"` // of a supervisor: listen, whisper, barge
	Muted bool   `json:"muted,omitempty"`
	// Ringing is somebody who has not answered yet.
	Ringing bool `json:"ringing,omitempty"`
	// Holding is somebody whose phone holds.
	Holding bool `json:"holding,omitempty"`
}

// Release is how an agent leaves a conversation.
type Release string

// The ways to leave.
const (
	Finished    Release = "finished"    // it is over
	GivenBack   Release = "returned"    // the bot goes on
	Transferred Release = "transferred" // another person goes on, or is looked for
	Broken      Release = "broken"      // the line to the agent broke: back to the head of the queue
)

// talk is a Talk at work.
type talk struct {
	Talk
	notify  func(Notice)
	request *request // that is neither answered nor over
	holds   []*hold
	phase   string
	parties []Party
	last    Request
	shunned map[string]time.Time // who is not asked again until then, whatever they are asked for
}

// Bounds of what the desk is told of.
const (
	MaxParties = 16 // of one conversation, by Phase
	maxTalks   = 100000
)

func (r *room) open(in Talk, notify func(Notice)) error {
	const op = "open conversation at the desk"
	switch {
	case in.Conversation == "" || notify == nil:
		return hotline.Errorf(op, hotline.CodeInvalid, "conversation and notify are needed")
	case r.talks[in.Conversation] != nil:
		return hotline.Errorf(op, hotline.CodeConflict, "conversation %s is open", in.Conversation)
	case len(r.talks) >= maxTalks:
		return hotline.Errorf(op, hotline.CodeOverload, "%d conversations are open", maxTalks)
	}
	if in.Started.IsZero() {
		in.Started = r.now
	}
	t := &talk{Talk: in, notify: notify, shunned: map[string]time.Time{}}
	r.talks[in.Conversation] = t
	r.markTalk(t)
	return nil
}

func (r *room) talk(op string, id hotline.ConversationID) (*talk, error) {
	t := r.talks[id]
	if t == nil {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "the desk does not know conversation %q", id)
	}
	return t, nil
}

// reserve keeps an agent who calls somebody from being asked or watching meanwhile, until the conversation that
// the call becomes takes them, or is closed. There is none yet. A callback that is dialled is tried from now on.
func (r *room) reserve(agent string, id hotline.ConversationID, callback string) error {
	const op = "reserve agent"
	p, err := r.person(op, agent)
	switch {
	case err != nil:
		return err
	case id == "" || r.talks[id] != nil:
		return hotline.Errorf(op, hotline.CodeInvalid, "conversation %q is open, or has no name", id)
	case p.offer != nil || p.dials != "" || p.watched != nil || len(p.holds) > 0:
		return hotline.Errorf(op, hotline.CodeConflict, "会话中不能外呼 agent %q has something else", agent)
	case callback != "" && (p.task == nil || p.task.ID != callback):
		return hotline.Errorf(op, hotline.CodeConflict, "请先领取这个回拨任务 agent %q does not have callback %q", agent, callback)
	case !p.reached(calling):
		return hotline.Errorf(op, hotline.CodeConflict, "耳机或话机未连接 (neither headset nor phone is connected)")
	}
	if callback != "" && p.task.Dialled.IsZero() {
		p.task.Dialled = r.now
		r.keepTask(r.tasks[callback])
	}
	p.dials = id
	r.changed(p)
	return nil
}

// unreserve lets go of who was reserved for a conversation, and tells whether there was anybody.
func (r *room) unreserve(id hotline.ConversationID) bool {
	for _, p := range r.roster {
		if p.dials == id {
			p.dials, p.idle = "", r.now
			r.changed(p)
			r.freed(p)
			return true
		}
	}
	return false
}

// close ends a conversation; who waited has hung up. It may be one that has not come about.
func (r *room) close(id hotline.ConversationID) error {
	reserved := r.unreserve(id)
	t, err := r.talk("close conversation at the desk", id)
	if err != nil {
		if reserved {
			return nil
		}
		return err
	}
	if q := t.request; q != nil {
		r.finish(q, EndAbandoned, "")
		if len(t.holds) == 0 && !q.Only {
			r.missed(q, CallbackAbandoned)
		}
	}
	for _, h := range slices.Clone(t.holds) {
		r.endHold(h, EndAnswered, "")
	}
	for _, p := range r.roster {
		if p.watched == t {
			r.unwatch(p, false)
		}
	}
	delete(r.talks, id)
	r.markTalk(t)
	return nil
}

func (r *room) setPhase(id hotline.ConversationID, phase string, parties []Party) error {
	const op = "tell phase of conversation"
	t, err := r.talk(op, id)
	if err != nil {
		return err
	}
	if len(parties) > MaxParties {
		return hotline.Errorf(op, hotline.CodeTooLarge, "%d parties, at most %d", len(parties), MaxParties)
	}
	t.phase, t.parties = phase, slices.Clone(parties)
	r.markTalk(t)
	for _, h := range t.holds {
		r.push(h.person, TalkChanged{r.held(h)})
	}
	return nil
}

func (t *talk) heldBy(agent string) *hold {
	for _, h := range t.holds {
		if h.person.ID == agent {
			return h
		}
	}
	return nil
}

func (r *room) release(id hotline.ConversationID, agent string, how Release) error {
	const op = "release agent"
	t, err := r.talk(op, id)
	if err != nil {
		return err
	}
	h := t.heldBy(agent)
	switch {
	case h != nil:
	case r.watches(agent, id):
		r.unwatch(r.people[agent], true) // they may have been let in again meanwhile
		return nil
	default:
		return hotline.Errorf(op, hotline.CodeConflict, "agent %q does not have conversation %s", agent, id)
	}
	switch how {
	case Finished:
		r.endHold(h, EndAnswered, "")
	case GivenBack:
		r.endHold(h, EndReturned, "")
	case Transferred:
		h.outcome.Transfers++
		t.shunned[agent] = r.now.Add(shunFor) // who gives it away does not get it back at once
		r.endHold(h, EndAnswered, "")
	case Broken:
		if h.person.Device == Phone {
			r.punish(h.person, Network) // or a phone that is not there would be rung again at once
		}
		r.lose(h)
	default:
		return hotline.Errorf(op, hotline.CodeInvalid, "%q is no way to leave", how)
	}
	return nil
}

// transfer rings another agent or queue for an agent who has the conversation, and keeps it until
// released: a consultation begins alike.
func (r *room) transfer(id hotline.ConversationID, from string, to Target) error {
	const op = "transfer"
	t, err := r.talk(op, id)
	if err != nil {
		return err
	}
	h := t.heldBy(from)
	if h == nil {
		return hotline.Errorf(op, hotline.CodeForbidden, "agent %q does not have conversation %s", from, id)
	}
	next := h.request
	switch {
	case to.Queue != "" && to.Agent == "":
		next.Queue, next.Skills, next.Agent, next.Only = to.Queue, nil, "", false
	case to.Agent != "" && to.Queue == "":
		next.Agent, next.Only = to.Agent, true
	default:
		return hotline.Errorf(op, hotline.CodeInvalid, "the desk rings an agent or a queue")
	}
	return r.ask(next, false)
}

// take gives a conversation to somebody who asked for none: who dials out, who picks one from the
// board, a supervisor who takes over.
func (r *room) take(id hotline.ConversationID, agent string) error {
	const op = "take conversation"
	t, err := r.talk(op, id)
	if err != nil {
		return err
	}
	p, err := r.person(op, agent)
	if err != nil {
		return err
	}
	if t.heldBy(agent) != nil {
		return nil
	}
	if !p.roomToTake(t) {
		return hotline.Errorf(op, hotline.CodeConflict, "agent %q has something else", agent)
	}
	if p.watched != nil {
		r.unwatch(p, false)
	}
	p.dials = ""
	if q := t.request; q != nil {
		if q.offer != nil {
			r.cancel(q.offer)
		}
		r.over(q)
		r.holdIt(q, p)
		return nil
	}
	h := &hold{talk: t, person: p, request: t.last}
	if c := p.task; c != nil && c.Number == t.Caller { // they are called back
		h.request.Queue, h.request.Brief = c.Queue, c.Brief
	}
	h.request.Conversation = id
	h.outcome = Outcome{
		ID: r.newID("r"), Conversation: id, Channel: t.Channel, Agent: agent,
		Requested: r.now, Answered: r.now, Ending: EndAnswered,
	}
	if h.request.Queue == "" && len(p.queues) > 0 {
		h.request.Queue = p.queues[0].ID
	}
	if h.queue = r.queues[h.request.Queue]; h.queue != nil {
		h.outcome.Queue = h.queue.ID
	}
	t.last = h.request
	r.grasp(h)
	return nil
}

func (p *person) roomToTake(t *talk) bool {
	if p.offer != nil || p.dials != "" && p.dials != t.Conversation || p.watched != t && (p.watched != nil || !p.reached(kindOf(t.Channel))) {
		return false
	}
	if kindOf(t.Channel) == chatting {
		return !slices.ContainsFunc(p.holds, func(h *hold) bool { return kindOf(h.talk.Channel) == calling })
	}
	return len(p.holds) == 0
}
