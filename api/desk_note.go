package api

import (
	"context"
	"slices"

	"github.com/hotline-cc/hotline"
)

// note keeps what an agent notes of a conversation, in the place of what they noted before. It is in the log; that of a
// conversation which is over, and takes no more events, stands beside it.
func (a *API) note(ctx context.Context, id hotline.ConversationID, agent, text string) error {
	if err := a.office.ownsTalk(ctx, agent, id); err != nil {
		return err
	}
	events, err := a.office.Events(ctx, id)
	if err != nil {
		return err
	}
	before, last, err := a.noteOf(ctx, id, agent, events)
	if err != nil || before == text {
		return err
	}
	err = a.office.Note(ctx, id, hotline.Noted{Party: agent, Text: text, Replaces: last})
	if hotline.CodeOf(err) == hotline.CodeConflict {
		return a.cfg.Store.PutNote(ctx, id, agent, text)
	}
	return err
}

// noteOf is what an agent has noted of a conversation, with the number of its event; 0 when there is none.
func (a *API) noteOf(ctx context.Context, id hotline.ConversationID, agent string, events []hotline.Event) (text string, last uint64, err error) {
	for _, e := range slices.Backward(events) {
		if b, ok := e.Body.(hotline.Noted); ok && b.Party == agent {
			text, last = b.Text, e.Seq
			break
		}
	}
	remarks, err := a.cfg.Store.Remarks(ctx, id)
	for _, r := range remarks {
		if r.Agent == agent && r.Note != nil {
			text = *r.Note
		}
	}
	return text, last, err
}

// lateNotes are what agents have noted of a conversation since it was over.
func (a *API) lateNotes(ctx context.Context, id hotline.ConversationID) ([]Note, error) {
	remarks, err := a.cfg.Store.Remarks(ctx, id)
	var notes []Note
	for _, r := range remarks {
		if r.Note != nil && *r.Note != "" {
			notes = append(notes, Note{r.Agent, *r.Note})
		}
	}
	return notes, err
}
