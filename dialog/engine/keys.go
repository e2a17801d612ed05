package engine

import (
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// key takes one telephone key: digits of a number, a choice, 0 for a person, * to repeat.
func (t *step) key(key string) {
	t.s.Focus.NoInput = 0
	s, asked := t.house.Slots[t.s.Focus.Slot]
	number := asked && t.s.Focus.Kind == dialog.FocusSlot && numeric(s.Kind)
	digit := len(key) == 1 && key[0] >= '0' && key[0] <= '9'
	switch {
	case t.s.Attended: // for people, not for us
	case t.s.Focus.Kind == dialog.FocusMessage:
		t.listen()
	case t.s.Focus.Kind == dialog.FocusGrade && key != "0":
		t.grade(key, "keys")
	case number && digit && (key != "0" || t.s.Focus.Partial != ""), number && key == "#":
		t.digit(s, key)
	case key == "0" && t.s.Handed == nil:
		t.toPeople("", "user_request", 1)
	case key == "*":
		t.repeat()
	case t.yesNoAsked() && (key == "1" || key == "2"):
		t.heardKey(map[string]string{"1": "对", "2": "不对"}[key])
	case len(t.s.Focus.Labels) > 0 && digit && int(key[0]-'0') <= len(t.s.Focus.Labels):
		t.heardKey(t.s.Focus.Labels[key[0]-'1'])
	case t.s.Focus.Kind == dialog.FocusErrand, t.s.Handed != nil:
	default:
		t.phrase("key")
		t.listen()
	}
}

// yesNoAsked reports whether yes or no is waited for.
func (t *step) yesNoAsked() bool {
	switch t.s.Focus.Kind {
	case dialog.FocusConfirm, dialog.FocusCaller:
		return true
	case dialog.FocusSlot:
		return t.house.Slots[t.s.Focus.Slot].Kind == slot.YesNo
	}
	return false
}

// heardKey takes a key as the words it stands for.
func (t *step) heardKey(text string) {
	t.reply(dialog.Heard{Text: text, Confidence: 1}, t.understand(text))
}

// digit adds a key to a number. # ends it.
func (t *step) digit(s flow.Slot, key string) {
	typed := t.s.Focus.Partial + strings.TrimSuffix(key, "#")
	got := slot.Capture(s.Kind, typed, slot.Context{}, "")
	switch {
	case got.Problem == "":
		t.take(t.s.Focus.Slot, fact(got, 1))
	case got.Problem == slot.TooShort && key != "#":
		t.s.Focus.Partial = typed
		t.listen()
	case got.Problem == slot.Missing && key != "#" && len(typed) < 4:
		t.s.Focus.Partial = typed
		t.listen()
	default:
		t.reject(t.s.Focus.Slot, s, got.Problem)
	}
}
