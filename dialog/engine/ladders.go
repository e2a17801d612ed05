package engine

import (
	"fmt"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
)

// silence climbs the ladder of silences; above it are people.
func (t *step) silence() {
	n, _, _ := t.here()
	switch {
	case t.s.Attended:
		return
	case t.s.Focus.Kind == dialog.FocusGrade, t.s.Focus.Kind == dialog.FocusMessage:
		t.goodbye("no_input")
		return
	case t.s.Safety != "":
		t.say("stay."+t.s.Safety, t.house.Safety[t.s.Safety].Stay)
		t.listen()
		return
	case t.s.Handed != nil: // the music plays
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
	if t.s.Attended {
		return
	}
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
