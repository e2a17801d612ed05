package engine

import (
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// Patience tells whether text is finished; see dialog.Engine.
func (e *Engine) Patience(s dialog.State, text string) dialog.Patience {
	t := &step{e: e, house: &e.cfg.Set.House, s: s}
	n, _, _ := t.here()
	switch {
	case nlu.Dangling(text), n.Narrate && s.Focus.Kind == dialog.FocusOpen && !s.Focus.Since.IsZero():
		return dialog.PatienceLong
	case s.Focus.Kind == dialog.FocusSlot:
		return t.patienceForSlot(text)
	case t.answers(dialog.Heard{Text: text}), nlu.ActOf(text) != nlu.ActNone, nlu.Concluded(text):
		return dialog.PatienceShort
	}
	if s.Focus.Kind == dialog.FocusOpen && e.cfg.Model.Understand(text).Answer != "" {
		return dialog.PatienceShort
	}
	return dialog.PatienceNormal
}

// patienceForSlot is short when the answer is whole and long while a number is open.
func (t *step) patienceForSlot(text string) dialog.Patience {
	ctx := t.place("")
	s := t.house.Slots[t.s.Focus.Slot]
	ctx.Options = s.Options
	got := slot.Capture(s.Kind, text, ctx, t.s.Focus.Partial)
	switch {
	case got.Problem == "" && numeric(s.Kind), got.Problem == "" && (s.Kind == slot.YesNo || s.Kind == slot.Choice || s.Kind == slot.District):
		return dialog.PatienceShort
	case got.Problem == slot.TooShort || s.Kind == textKind:
		return dialog.PatienceLong
	case nlu.ActOf(text) != nlu.ActNone:
		return dialog.PatienceShort
	}
	return dialog.PatienceNormal
}
