package engine

import (
	"slices"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

func fact(c slot.Captured, heard float64) dialog.Fact {
	return dialog.Fact{Value: c.Value, Spoken: c.Spoken, Confidence: c.Confidence * heard, Repaired: c.Repaired}
}

func labels(cs []slot.Candidate) []string {
	var out []string
	for _, c := range cs {
		if len(out) < maxChoices && !slices.Contains(out, c.Label) {
			out = append(out, c.Label)
		}
	}
	return out
}

// maxChoices is how many things are offered in one sentence.
const maxChoices = 3

// harvest fills slots with what is said in passing, and corrects those that have another value when
// the person says so. It returns the slots it changed.
func (t *step) harvest(h dialog.Heard, act nlu.Act, except ...string) []string {
	if act == "" || act == nlu.ActChitchat || act == nlu.ActAbuse { // the words may hold facts all the same
		act = nlu.Act(t.s.Matter.Act)
	}
	var changed []string
	tail := t.takenBack(h.Text, act)
	for _, found := range slot.Extract(h.Text, t.place(string(act))) {
		name, ok := t.e.byKind[found.Kind]
		if !ok || slices.Contains(except, name) {
			continue
		}
		if tail != "" && found.Kind == slot.Address && t.before[name] == found.Value {
			if got := slot.Capture(found.Kind, tail, t.place(string(act)), found.Value); got.Problem == "" { // 三号楼 哦不 五号楼
				found.Value = got.Value
			}
		}
		f := dialog.Fact{Value: found.Value, Spoken: slot.Spoken(found.Kind, found.Value), Confidence: found.Confidence * h.Confidence, Repaired: found.Repaired}
		if len(found.Places) > 1 {
			f = dialog.Fact{Choices: labels(found.Places)}
		}
		if t.settle(name, f, h.Text) {
			changed = append(changed, name)
		}
		if len(found.Places) == 1 && found.Places[0].District != "" {
			t.inferDistrict(found.Places[0].District)
		}
	}
	return changed
}

// takenBack finds what was said in this turn before it was corrected in the same breath, and returns
// the words after the correction.
func (t *step) takenBack(text string, act nlu.Act) (tail string) {
	head, tail, ok := slot.CutCorrection(text)
	if !ok || t.before != nil {
		return tail
	}
	t.before = map[string]string{}
	for _, found := range slot.Extract(head, t.place(string(act))) {
		if name, ok := t.e.byKind[found.Kind]; ok {
			t.before[name] = found.Value
		}
	}
	return tail
}

// settle sets a slot that is empty, or holds another value and is corrected.
func (t *step) settle(name string, f dialog.Fact, text string) bool {
	old := t.s.Facts[name]
	switch {
	case old.Value == f.Value && f.Value != "" && t.before[name] == "":
		if old.Inferred && !old.Confirmed { // it was said now
			old.Inferred = false
			t.s.Facts[name] = old
		}
		return false
	case old.Value == "" || old.Inferred || t.corrects || t.s.Focus.Kind == dialog.FocusConfirm:
		t.set(name, f)
		return true
	}
	return false
}

// set gives a slot its value. One that had another is corrected.
func (t *step) set(name string, f dialog.Fact) {
	if t.s.Facts == nil {
		t.s.Facts = map[string]dialog.Fact{}
	}
	old := t.s.Facts[name]
	from := old.Value
	if old.Inferred || from == f.Value {
		from = ""
	}
	if said := t.before[name]; said != "" && said != f.Value {
		from = said
	}
	if from != "" && f.Value != "" && !f.Inferred {
		t.note(dialog.Note{What: "correct", Slot: name, From: from, To: f.Value})
		f.Corrected = true
	} else if f.Value != "" {
		t.note(dialog.Note{What: "slot", Slot: name, To: f.Value, Score: f.Confidence})
	}
	if f.Sentence == "" && !f.Inferred {
		f.Sentence = t.words
	}
	t.s.Facts[name] = f
	if t.house.Slots[name].Kind == slot.Address && f.Value != "" && !f.Inferred {
		t.infer(name, f.Value)
	}
}

// infer fills the district from a place that lies in one only.
func (t *step) infer(_, place string) {
	got := slot.Capture(slot.Address, place, t.place(""), "")
	if len(got.Candidates) == 1 && got.Candidates[0].District != "" {
		t.inferDistrict(got.Candidates[0].District)
	}
	if d := slot.Capture(slot.District, place, slot.Context{Places: t.e.cfg.Places}, ""); d.Problem == "" {
		t.inferDistrict(d.Value)
	}
}

func (t *step) inferDistrict(district string) {
	name, ok := t.e.byKind[slot.District]
	if old := t.s.Facts[name]; ok && (old.Value == "" || old.Inferred) && old.Value != district {
		t.set(name, dialog.Fact{Value: district, Confidence: 0.9, Inferred: true})
	}
}
