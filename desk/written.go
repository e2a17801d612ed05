package desk

import "github.com/hotline-cc/hotline"

// written ends the wrap-up of a conversation because the agent says so.
func (r *room) written(agent string, id hotline.ConversationID) error {
	p, err := r.person("end wrap-up", agent)
	if err != nil {
		return err
	}
	if p.wrapped == nil || p.wrapped.talk.Conversation != id {
		return nil
	}
	r.endWrap(p)
	r.changed(p)
	r.freed(p)
	return nil
}
