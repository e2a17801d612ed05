package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// manners does what may be said at any time, whatever was asked. It reports whether it was that.
func (t *step) manners(h dialog.Heard, u nlu.Understanding) bool {
	switch {
	case u.Has(nlu.ActMachine):
		t.note(dialog.Note{What: "honest_identity"})
		t.phrase("identity")
		t.listen()
	case u.Control == nlu.ActRepeat:
		if strings.Contains(u.Clean, "慢") {
			t.s.Speed = slowSpeed
		}
		t.repeat()
	case u.Control == nlu.ActSlower:
		t.s.Speed = slowSpeed
		t.phrase("slower")
		t.repeat()
	case u.Control == nlu.ActLouder:
		t.s.Gain = louderBy
		t.phrase("louder")
		t.repeat()
	case u.Control == nlu.ActBack:
		t.back()
	case u.Control == nlu.ActRestart:
		t.restart()
	case u.Control == nlu.ActCancel && t.s.Focus.Kind != dialog.FocusConfirm && t.s.Focus.Kind != dialog.FocusChoose:
		t.cancel()
	case u.Control == nlu.ActWait:
		t.phrase("wait")
		wait := t.house.Timing.Wait
		if wait == 0 {
			wait = waitAfter
		}
		t.listenFor(wait)
	case u.Control == nlu.ActGoodbye && t.s.Focus.Kind != dialog.FocusOpen && !t.answers(h):
		t.note(dialog.Note{What: "close", Reason: "left"})
		if number := t.s.Facts[t.e.byKind[slot.Ticket]]; t.s.Filed && number.Inferred { // and not told yet
			t.phrase("filed", flow.Env{"value": t.spoken(t.e.byKind[slot.Ticket])})
		}
		t.goodbye("goodbye")
	default:
		return false
	}
	return true
}

// answers reports whether a turn answers what is being asked for, whatever else it is.
func (t *step) answers(h dialog.Heard) bool {
	kind := t.house.Slots[t.s.Focus.Slot].Kind
	switch t.s.Focus.Kind {
	case dialog.FocusConfirm, dialog.FocusCaller, dialog.FocusChoose:
		kind = slot.YesNo
	case dialog.FocusSlot:
	default:
		return false
	}
	return slot.Capture(kind, h.Text, t.place(""), t.s.Focus.Partial).Problem == ""
}

// repeat says what was said last once more.
func (t *step) repeat() {
	t.note(dialog.Note{What: "repeat", Score: t.s.Speed})
	t.again(t.s.Last)
}

// back forgets the last answer and asks for it again.
func (t *step) back() {
	n, _, _ := t.here()
	for len(t.s.Trail) > 0 {
		last := t.s.Trail[len(t.s.Trail)-1]
		t.s.Trail = t.s.Trail[:len(t.s.Trail)-1]
		_, filled := t.s.Facts[last]
		if filled && slices.ContainsFunc(n.Slots, func(f flow.Field) bool { return f.Slot == last }) {
			delete(t.s.Facts, last)
			t.note(dialog.Note{What: "back", Slot: last})
			t.phrase("back")
			t.s.Focus = dialog.Focus{Skipped: t.s.Focus.Skipped}
			t.run()
			return
		}
	}
	t.phrase("nothing_back")
	t.repeat()
}

// restart forgets everything and begins again.
func (t *step) restart() {
	t.note(dialog.Note{What: "restart"})
	t.forget()
	t.s.Stack, t.s.Used = nil, nil
	t.phrase("start_over")
	t.enter(t.house.Start)
	t.run()
}

// cancel gives up the matter and goes back to where it was taken up.
func (t *step) cancel() {
	t.note(dialog.Note{What: "cancel"})
	withdrawn := t.withdraw()
	t.forget()
	if withdrawn {
		t.phrase("withdrawn")
	} else {
		t.phrase("cancelled")
	}
	if len(t.s.Stack) > 1 {
		t.s.Stack = t.s.Stack[:2]
		t.leave()
	}
	t.run()
}

// withdraw takes back the order that the flow has filed meanwhile. It reports whether there is one.
func (t *step) withdraw() bool {
	n, _, _ := t.here()
	number := t.s.Facts[t.e.byKind[slot.Ticket]]
	if !t.s.Filed || len(t.s.Stack) < 2 || n.Kind != flow.Ask || len(n.Slots) == 0 || !number.Inferred || t.house.Phrases["withdrawn"].Empty() {
		return false
	}
	t.fileNow(dialog.Order{Kind: string(flow.OrderWithdraw), Ticket: number.Value, Category: t.s.Matter.Category})
	return true
}

func (t *step) forget() {
	t.s.Filed = false
	t.s.Facts, t.s.Trail, t.s.Matter, t.s.Pending, t.s.Story = nil, nil, dialog.Matter{}, "", nil
	t.s.Focus = dialog.Focus{}
}

var age = regexp.MustCompile(`(?:我|俺|今年|都|快|已经|老头|老太)[^，。]{0,4}?([7-9]\d|[七八九]十[一二三四五六七八九]?多?)(?:岁|了|周岁|的人)`)

// kin are those whose age people tell who are not old themselves.
var kin = regexp.MustCompile(`(?:爸|妈|爷|奶|父亲|母亲|公公|婆婆|姥|外公|外婆|丈人|岳父|岳母|邻居|有个|老爷子|老太太)[^，。]{0,6}[7-9七八九]`)

// old reports whether a sentence tells that the person is old.
func old(clean string, words []string) bool {
	if age.MatchString(clean) && !kin.MatchString(clean) {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(clean, w) })
}
