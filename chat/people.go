package chat

import (
	"context"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/dialog"
)

// Desk is where people are asked for. Do takes what a conversation wants of it (handoff.Enqueue,
// Withdraw, Release, Take and Missed), in order, and Show where it stands, while people talk with each step; neither may
// block. What the desk has to say comes back by Host.Notice.
type Desk interface {
	Do(r Record, wish handoff.Action)
	Show(r Record)
}

// asked gives a handover to the desk, or says that there is none.
func (s *step) asked(h dialog.Handover) dialog.Event {
	s.log(h.Event())
	if s.host.cfg.Desk == nil {
		s.log(hotline.Unattended{Reason: string(desk.Nobody)})
		return dialog.Unattended{Reason: string(desk.Nobody)}
	}
	return s.handoff(handoff.Asked{Request: desk.Request{
		Conversation: s.record.ID, Channel: hotline.ChannelChat, Caller: s.record.Visitor,
		Queue: h.Queue, Reason: h.Reason, Priority: h.Priority, Skills: h.Skills, Language: h.Language, Since: s.now,
	}})
}

// handoff takes an event of the way to people and back, and returns what the dialog is to be told. What
// the desk is to do waits until the step is kept.
func (s *step) handoff(e handoff.Event) (tell dialog.Event) {
	var actions []handoff.Action
	s.moved = true
	s.record.Handoff, actions = handoff.Step(s.record.Handoff, e)
	for _, action := range actions {
		switch a := action.(type) {
		case handoff.Log:
			s.log(a.Body)
		case handoff.Tell:
			tell = a.Event
		case handoff.Refuse:
			s.refused = true
		case handoff.Enqueue, handoff.Withdraw, handoff.Release, handoff.Take, handoff.Missed:
			s.wishes = append(s.wishes, a)
		} // the rest is for those who have sound
	}
	return tell
}

// Notice takes what the desk tells a conversation. An agent's command that cannot be carried out at
// present is an error with CodeConflict; one with a key that was taken before does nothing again.
func (h *Host) Notice(ctx context.Context, id hotline.ConversationID, n desk.Notice) error {
	const op = "take notice"
	return h.owned(ctx, id, func(ctx context.Context, r *room) error {
		if !r.record.Open() {
			return closed(op)
		}
		s := h.begin(r, h.now())
		command, isCommand := n.(desk.Commanded)
		switch {
		case isCommand && command.Command.Verb == desk.Say:
			if err := s.say(ctx, command); err != nil || len(s.events) == 0 {
				return err
			}
		case isCommand && !fits(command.Command.Verb):
			return hotline.Errorf(op, hotline.CodeConflict, "文字会话不能这样操作 a chat cannot %s", command.Command.Verb)
		default:
			if tell := s.handoff(handoff.Notice{Notice: n}); tell != nil {
				s.feed(ctx, tell)
			}
		}
		if s.refused {
			return hotline.Errorf(op, hotline.CodeConflict, "现在不能这样操作 not possible at present")
		}
		_, err := h.commit(ctx, r, s)
		return err
	})
}

// fits tells whether a verb makes sense without sound.
func fits(v desk.Verb) bool {
	switch v {
	case desk.Transfer, desk.Return, desk.Finish, desk.TakeOver:
		return true
	}
	return false
}

// say puts a message of the agent into the conversation.
func (s *step) say(ctx context.Context, c desk.Commanded) error {
	const op = "say"
	if s.record.Handoff.Writer() != c.By {
		return hotline.Errorf(op, hotline.CodeConflict, "会话不在您手里，消息没有发出 somebody else has the conversation")
	}
	m := Message{Text: c.Command.Text, Key: c.Command.Key}
	if err := m.validate(); err != nil {
		return err
	}
	words := Clean(m.Text)
	if words == "" {
		return hotline.Errorf(op, hotline.CodeInvalid, "消息是空的 the message is empty")
	}
	if m.Key != "" {
		key := c.By + " " + m.Key
		known, err := s.host.cfg.Keeper.Answer(ctx, s.record.ID, key)
		if err != nil || known != nil {
			return err
		}
		s.answer = &Answer{Key: key, Digest: m.digest()}
	}
	s.log(hotline.Uttered{Party: c.By, Role: string(handoff.RoleAgent), Text: words, Key: m.Key})
	return nil
}

// Recover asks the desk again for the people of conversations that were with it or with an agent when
// the process ended. It is called once, before anybody else.
func (h *Host) Recover(ctx context.Context) error {
	list, err := h.cfg.Census.Handed(ctx)
	for _, id := range list {
		if err == nil {
			err = h.owned(ctx, id, func(ctx context.Context, r *room) error {
				s := h.begin(r, h.now())
				if tell := s.handoff(handoff.Forgotten{}); tell != nil {
					s.feed(ctx, tell)
				}
				_, err := h.commit(ctx, r, s)
				return err
			})
		}
	}
	return err
}
