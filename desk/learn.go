package desk

import (
	"cmp"
	"slices"

	"github.com/hotline-cc/hotline"
)

// learn puts what became known of a conversation into its brief, for those who have it and those who will.
func (r *room) learn(id hotline.ConversationID, b Brief) error {
	t, err := r.talk("learn of conversation", id)
	if err != nil {
		return err
	}
	t.last.Brief = t.last.Brief.learned(b)
	if q := t.request; q != nil {
		q.Brief = q.Brief.learned(b)
	}
	r.markTalk(t)
	for _, h := range t.holds {
		h.request.Brief = h.request.Brief.learned(b)
		r.push(h.person, TalkChanged{r.held(h)})
	}
	return nil
}

// learned is a brief with what became known since. What is not heard of again is kept: who is called back does not tell
// everything anew.
func (b Brief) learned(now Brief) Brief {
	now.Reason, now.Turns, now.Orders, now.Before = b.Reason, b.Turns, b.Orders, b.Before
	if now.Act == "" && now.Category == "" && b.Act+b.Category != "" {
		now.Summary = b.Summary
	}
	now.Act, now.Category = cmp.Or(now.Act, b.Act), cmp.Or(now.Category, b.Category)
	now.Facts = slices.Clone(now.Facts)
	for _, old := range b.Facts {
		if !slices.ContainsFunc(now.Facts, func(f Fact) bool { return f.Slot == old.Slot }) {
			now.Facts = append(now.Facts, old)
		}
	}
	return now
}
