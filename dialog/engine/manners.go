package engine

import (
	"fmt"
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
	t.forget()
	t.phrase("cancelled")
	if len(t.s.Stack) > 1 {
		t.s.Stack = t.s.Stack[:2]
		t.leave()
	}
	t.run()
}

func (t *step) forget() {
	t.s.Facts, t.s.Trail, t.s.Matter, t.s.Pending, t.s.Story = nil, nil, dialog.Matter{}, "", nil
	t.s.Focus = dialog.Focus{}
}

// silence climbs the ladder of silences; above it are people.
func (t *step) silence() {
	n, _, _ := t.here()
	switch {
	case t.s.Safety != "":
		t.say("stay."+t.s.Safety, t.house.Safety[t.s.Safety].Stay)
		t.listen()
		return
	case t.s.Handed != nil:
		t.phrase("queued")
		t.listen()
		return
	case t.s.Focus.Kind == dialog.FocusErrand:
		t.phrase("busy")
		t.listen()
		return
	case n.Narrate && t.s.Focus.Kind == dialog.FocusOpen && len(t.s.Story) > 0 && !t.s.Focus.Since.IsZero():
		t.told()
		return
	}
	ladder := t.house.Ladders["no_input"]
	id := "no_input"
	last := t.s.Last
	if s, ok := t.house.Slots[t.s.Focus.Slot]; ok && t.s.Focus.Kind == dialog.FocusSlot && len(s.NoInput) > 0 {
		ladder, id = s.NoInput, id+"."+t.s.Focus.Slot
	}
	t.s.Focus.NoInput++
	if t.s.Focus.NoInput > t.rungs(ladder) {
		t.toPeople("", "no_input", 2)
		return
	}
	t.note(dialog.Note{What: "reprompt", Reason: fmt.Sprintf("no_input_%d", t.s.Focus.NoInput)})
	switch t.s.Focus.Kind {
	case dialog.FocusOpen, dialog.FocusSlot, dialog.FocusNone:
	default: // a question that has to be heard again
		if t.s.Focus.NoInput == 1 {
			t.again(last)
			return
		}
	}
	t.say(fmt.Sprintf("%s.%d", id, t.s.Focus.NoInput), ladder[t.s.Focus.NoInput-1])
	t.listen()
	t.s.Last = last
}

// rungs is how often one ladder helps before people do. Who needs more time gets to people sooner.
func (t *step) rungs(ladder []flow.Prompt) int {
	if t.s.Elder {
		return min(len(ladder), elderRungs)
	}
	return len(ladder)
}

// elderRungs is how often somebody old is asked again.
const elderRungs = 1

// misunderstood climbs the ladder of misunderstandings and asks what was asked once more.
func (t *step) misunderstood(ask func()) {
	misses := t.s.Focus.NoMatch + 1
	ladder := t.house.Ladders["no_match"]
	if misses > t.rungs(ladder) {
		t.toPeople("", "no_match", 2)
		return
	}
	t.note(dialog.Note{What: "reprompt", Slot: t.s.Focus.Slot, Reason: fmt.Sprintf("no_match_%d", misses), Items: t.s.Focus.Labels})
	if yesNo := t.house.Phrases["yes_no"]; t.s.Focus.Kind == dialog.FocusConfirm && misses > 1 && !yesNo.Empty() {
		t.phrase("yes_no")
	} else {
		t.say("no_match.1", ladder[0])
	}
	ask()
	t.s.Focus.NoMatch = misses
}

// again says prompts once more.
func (t *step) again(last []dialog.Prompt) {
	for _, p := range last {
		t.out = append(t.out, dialog.Say{Prompt: t.tuned(p)})
	}
	t.listen()
	t.s.Last = last
}

// unheard is speech without words.
func (t *step) unheard(failed bool) {
	name := "unheard"
	if failed {
		name = "fault"
	}
	t.s.Focus.NoMatch++
	if t.s.Focus.NoMatch > t.rungs(t.house.Ladders["no_match"]) && t.s.Handed == nil {
		t.toPeople("", "no_match", 2)
		return
	}
	t.note(dialog.Note{What: "reprompt", Reason: name})
	last := t.s.Last
	t.phrase(name)
	t.listen()
	t.s.Last = last
}

// noMatch climbs a ladder of misunderstandings; above it are people.
func (t *step) noMatch(ladder []flow.Prompt, id string) {
	t.s.Focus.NoMatch++
	if t.s.Focus.NoMatch > t.rungs(ladder) {
		t.toPeople("", "no_match", 2)
		return
	}
	t.note(dialog.Note{What: "reprompt", Slot: t.s.Focus.Slot, Reason: fmt.Sprintf("no_match_%d", t.s.Focus.NoMatch), Items: t.s.Focus.Labels})
	t.say(fmt.Sprintf("%s.%d", id, t.s.Focus.NoMatch), ladder[t.s.Focus.NoMatch-1], flow.Env{"options": strings.Join(t.s.Focus.Labels, "，还是")})
	t.listen()
}

// key takes one telephone key: digits of a number, a choice, 0 for a person, * to repeat.
func (t *step) key(key string) {
	t.s.Focus.NoInput = 0
	s, asked := t.house.Slots[t.s.Focus.Slot]
	number := asked && t.s.Focus.Kind == dialog.FocusSlot && numeric(s.Kind)
	digit := len(key) == 1 && key[0] >= '0' && key[0] <= '9'
	switch {
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
	t.reply(dialog.Heard{Text: text, Confidence: 1}, t.e.cfg.Model.Understand(text))
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

var age = regexp.MustCompile(`(?:我|俺|今年|都|快|已经|老头|老太)[^，。]{0,4}?([7-9]\d|[七八九]十[一二三四五六七八九]?多?)(?:岁|了|周岁|的人)`)

// old reports whether a sentence tells of age.
func old(clean string, words []string) bool {
	if age.MatchString(clean) {
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(clean, w) })
}
