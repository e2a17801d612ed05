package desk

import (
	"cmp"

	"github.com/hotline-cc/hotline"
)

// command passes on what an agent or a supervisor wants of a conversation, when they may.
func (r *room) command(by string, id hotline.ConversationID, c Command, reply func(error)) error {
	const op = "command conversation"
	p, err := r.person(op, by)
	if err != nil {
		return err
	}
	t, err := r.talk(op, id)
	if err != nil {
		return err
	}
	if err := c.check(op); err != nil {
		return err
	}
	if supervisors(c.Verb) {
		return r.supervise(op, p, t, c, reply)
	}
	h := t.heldBy(by)
	if h == nil {
		return hotline.Errorf(op, hotline.CodeForbidden, "agent %q does not have conversation %s", by, id)
	}
	if c.Verb == Transfer {
		if err := r.mayGive(op, h, c.Target); err != nil {
			return err
		}
	}
	t.notify(Commanded{By: by, Name: p.Name, Command: c, Reply: reply})
	return nil
}

func supervisors(v Verb) bool {
	switch v {
	case Listen, Whisper, Barge, TakeOver, Leave:
		return true
	}
	return false
}

// Bounds of a command.
const (
	maxSay  = 2000 // characters, as in chat
	maxKeys = 64
	maxKey  = 128
)

func (c Command) check(op string) error {
	wrong := func(format string, args ...any) error {
		return hotline.Errorf(op, hotline.CodeInvalid, format, args...)
	}
	if len(c.Text) > 4*maxSay || len(c.Key) > maxKey || len(c.Keys) > maxKeys {
		return hotline.Errorf(op, hotline.CodeTooLarge, "text over %d bytes, key over %d or keys over %d", 4*maxSay, maxKey, maxKeys)
	}
	switch c.Verb {
	case Consult, Transfer:
		set := 0
		for _, part := range []string{c.Target.Agent + c.Target.Extension, c.Target.Number, c.Target.Queue, c.Target.Service} {
			if part != "" {
				set++
			}
		}
		if set != 1 {
			return wrong("%s needs one target, not %d", c.Verb, set)
		}
	case Say:
		if c.Text == "" {
			return wrong("nothing to say")
		}
	case Press:
		if c.Keys == "" {
			return wrong("no keys")
		}
		for _, key := range c.Keys {
			if (key < '0' || key > '9') && key != '*' && key != '#' && (key < 'A' || key > 'D') {
				return wrong("%q is no key of a telephone", key)
			}
		}
	case Hold, Resume, Mute, Unmute, Complete, Merge, Drop, Return, Finish, Listen, Whisper, Barge, TakeOver, Leave:
	default:
		return wrong("there is no verb %q", c.Verb)
	}
	return nil
}

// mayGive looks whether a conversation would be taken where an agent gives it without talking first: they
// are out of it at once, and the person would be told that nobody is there.
func (r *room) mayGive(op string, h *hold, to Target) error {
	refuse := func(format string, args ...any) error {
		return hotline.Errorf(op, hotline.CodeConflict, format, args...)
	}
	if to.Service != "" {
		return refuse("%s 须以三方通话接入，请选“咨询” a service is joined to the talk: consult it", to.Service)
	}
	if to.Queue == "" {
		if to.Agent == "" && kindOf(h.talk.Channel) == chatting {
			return refuse("文字会话只能转给坐席或队列 a chat can be given to an agent or a queue")
		}
		return nil
	}
	home := r.queues[to.Queue]
	if home == nil || home.gone {
		return refuse("没有这个队列 there is no queue %q", to.Queue)
	}
	name := cmp.Or(home.Name, home.ID)
	q := &request{Request: h.request, home: home}
	q.Only, q.Skills = false, nil
	switch r.bars(q) {
	case Closed:
		return refuse("队列“%s”不在服务时间 the queue is closed", name)
	case Full:
		return refuse("队列“%s”已排满 the queue is full", name)
	}
	if !r.awaited(q) {
		return refuse("队列“%s”现在没有坐席 nobody of the queue is logged in", name)
	}
	return nil
}

// awaited tells whether somebody is logged in, or is due in time, who could take a request that is not in
// its queue yet.
func (r *room) awaited(q *request) bool {
	for in := q.home; in != nil && !in.gone; in = r.queues[in.Overflow] {
		s := &spot{queue: in, request: q, class: in.join(q.Request, len(r.roster))}
		served := s.served()
		in.leave(s.class)
		if served {
			return true
		}
	}
	due, found := r.due(q.home, r.now)
	return found && due.Sub(r.now) <= q.home.Patience.Duration()
}

// supervise is a verb of a supervisor. Listening occupies, from when their phone is rung: nobody can hear two conversations.
func (r *room) supervise(op string, p *person, t *talk, c Command, reply func(error)) error {
	if !p.Supervisor {
		return hotline.Errorf(op, hotline.CodeForbidden, "%s is for supervisors", c.Verb)
	}
	watches := p.watched == t
	if c.Verb == Leave {
		if !watches {
			return hotline.Errorf(op, hotline.CodeConflict, "您没有在监控这个会话 supervisor %q is not in conversation %s", p.ID, t.Conversation)
		}
		r.unwatch(p, true)
		reply(nil)
		return nil
	}
	if t.heldBy(p.ID) != nil {
		return hotline.Errorf(op, hotline.CodeConflict, "这个会话就在您手里 supervisor %q has conversation %s", p.ID, t.Conversation)
	}
	if p.offer != nil || p.dials != "" || len(p.holds) > 0 || p.task != nil {
		return hotline.Errorf(op, hotline.CodeConflict, "请先结束您自己的会话 supervisor %q has a conversation of their own", p.ID)
	}
	if !watches && !p.reached(kindOf(t.Channel)) {
		return hotline.Errorf(op, hotline.CodeConflict, "耳机或话机未连接 (neither headset nor phone is connected)")
	}
	if p.watched != nil && !watches {
		r.unwatch(p, true)
	}
	p.watched = t
	asked := Commanded{By: p.ID, Name: p.Name, Command: c, Reply: reply}
	if p.byPhone(t) {
		asked.Phone = p.Extension
	}
	t.notify(asked)
	r.markTalk(t)
	r.changed(p)
	return nil
}

// watches tells whether a supervisor is with a conversation.
func (r *room) watches(by string, id hotline.ConversationID) bool {
	p := r.people[by]
	return p != nil && p.watched != nil && p.watched.Conversation == id
}

// unwatch ends the listening of a supervisor.
func (r *room) unwatch(p *person, tell bool) {
	t := p.watched
	p.watched = nil
	if tell {
		t.notify(Commanded{By: p.ID, Command: Command{Verb: Leave}})
	}
	r.markTalk(t)
	r.changed(p)
	r.freed(p)
}
