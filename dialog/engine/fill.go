package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// textKind is the kind of a slot that takes whatever is said.
const textKind slot.Kind = "text"

// ask fills the slots of a node one after the other. It returns false while the dialog waits.
func (t *step) ask(n flow.Node) bool {
	if len(n.Slots) == 0 {
		t.s.Focus = dialog.Focus{Kind: dialog.FocusOpen}
		t.listen()
		return false
	}
	env := t.env(false)
	for _, f := range n.Slots {
		if t.s.Facts[f.Slot].Value != "" || slices.Contains(t.s.Focus.Skipped, f.Slot) || f.When != "" && !t.holds(f.When, env) {
			continue
		}
		if t.s.Anonymous && t.house.Slots[f.Slot].Kind == slot.Phone {
			continue
		}
		t.request(f.Slot)
		return false
	}
	if items := t.unconfirmed(n); len(items) > 0 {
		t.readBack(items)
		return false
	}
	t.move(n.Next)
	return true
}

// request asks for one slot.
func (t *step) request(name string) {
	s := t.house.Slots[name]
	fact := t.s.Facts[name]
	focus := dialog.Focus{Slot: name, Skipped: t.s.Focus.Skipped}
	if t.s.Focus.Slot == name {
		focus.NoMatch = t.s.Focus.NoMatch
	}
	if len(t.s.Trail) == 0 || t.s.Trail[len(t.s.Trail)-1] != name {
		t.s.Trail = append(t.s.Trail, name)
	}
	switch {
	case len(fact.Choices) > 0:
		focus.Kind, focus.Labels = dialog.FocusWhich, fact.Choices
		t.s.Focus = focus
		t.note(dialog.Note{What: "disambiguate", Slot: name, Items: fact.Choices})
		t.phrase("which", flow.Env{"options": strings.Join(fact.Choices, "，还是")})
	case s.Caller && t.callerNumber() != "" && focus.NoMatch == 0 && t.s.Said["caller_number"] < maxCaller:
		focus.Kind = dialog.FocusCaller
		t.s.Focus = focus
		t.note(dialog.Note{What: "ask", Slot: name, Reason: "caller_number"})
		t.phrase("caller_number")
	default:
		focus.Kind, focus.Labels = dialog.FocusSlot, s.Options
		t.s.Focus = focus
		t.note(dialog.Note{What: "ask", Slot: name})
		t.say("ask."+name, s.Ask)
	}
	t.listen()
}

// maxCaller is how often a conversation asks whether the number of the call may be used.
const maxCaller = 2

// callerNumber is the mobile or land-line number of the call, "" when the network gave none.
func (t *step) callerNumber() string { return nationalNumber(t.s.Caller) }

// nationalNumber is a mobile or land-line number without the code of the country, "" for all else.
func nationalNumber(number string) string {
	digits := strings.TrimPrefix(number, "+86")
	if slot.Validate(slot.Phone, digits) == "" || slot.Validate(slot.Landline, digits) == "" {
		return digits
	}
	return ""
}

// fewDigits is how many digits a sentence must hold to be the beginning of a number.
const fewDigits = 2

// answerSlot takes the answer to the question for a slot.
func (t *step) answerSlot(h dialog.Heard, u nlu.Understanding) {
	name := t.s.Focus.Slot
	s := t.house.Slots[name]
	if s.Kind == textKind {
		t.take(name, dialog.Fact{Value: strings.TrimSpace(h.Text), Confidence: h.Confidence})
		return
	}
	if t.optional(name) && s.Kind != slot.YesNo && len([]rune(u.Clean)) <= shortRefusal && without(h.Text) {
		t.skip(name)
		return
	}
	ctx := t.place(t.s.Matter.Act)
	ctx.Options = s.Options
	got := slot.Capture(s.Kind, h.Text, ctx, t.s.Focus.Partial)
	plain := got.Problem == "" && (numeric(s.Kind) || s.Kind == slot.YesNo && len([]rune(u.Clean)) <= shortRefusal)
	if asks(u) && !plain && t.digress(h, u, func() { t.askAgain(name) }) {
		return // before a place or a time in the question is taken for the answer
	}
	if !numeric(s.Kind) && got.Problem != slot.Missing {
		t.tellOn(h.Text)
	}
	if got.Problem == "" && got.Confidence <= guessed && len(t.harvest(h, "", name)) > 0 {
		got.Problem = slot.Missing // what was taken for a name is something else: 昨天上午
	}
	switch got.Problem {
	case "":
		t.harvest(h, "", name)
		t.take(name, fact(got, h.Confidence))
	case slot.Ambiguous:
		t.harvest(h, "", name)
		t.take(name, dialog.Fact{Choices: labels(got.Candidates)})
	case slot.TooShort:
		if utf8.RuneCountInString(got.Partial) < fewDigits && utf8.RuneCountInString(u.Clean) > 2*fewDigits-1 {
			t.offTopic(h, u, name, s, slot.Missing) // 催一下 holds a one and is no number
			return
		}
		if t.typed() {
			t.reject(name, s, got.Problem)
			return
		}
		t.s.Focus.Partial = got.Partial
		t.note(dialog.Note{What: "partial", Slot: name})
		t.phrase("more")
		t.listen()
	case slot.Missing, slot.Unknown:
		t.offTopic(h, u, name, s, got.Problem)
	default:
		t.reject(name, s, got.Problem)
	}
}

// guessed is the confidence of an answer that was taken for one because it came as the answer.
const guessed = 0.5

// asks reports a question that is sure to be one, with an answer that is sure.
func asks(u nlu.Understanding) bool {
	const surely = 0.7
	return u.Act == nlu.ActAsk && u.ActConfidence >= surely && u.Answer != ""
}

// take sets the slot that was asked for and goes on.
func (t *step) take(name string, f dialog.Fact) {
	t.set(name, f)
	t.s.Focus = dialog.Focus{Slot: name, Skipped: t.s.Focus.Skipped}
	t.run()
}

// offTopic is an answer that holds no value for the slot. It may hold other facts, a question, or
// another matter; else it was not understood.
func (t *step) offTopic(h dialog.Heard, u nlu.Understanding, name string, s flow.Slot, problem slot.Problem) {
	if t.digress(h, u, func() { t.askAgain(name) }) {
		return
	}
	if filled := t.harvest(h, "", name); len(filled) > 0 {
		t.tellOn(h.Text)
		t.s.Focus.NoMatch = 0
		t.run()
		return
	}
	if t.optional(name) && (t.s.Focus.NoMatch > 0 || t.s.Focus.Kind == dialog.FocusSlot && without(h.Text)) {
		t.skip(name)
		return
	}
	if problem == slot.Unknown && s.Reject[string(problem)].Voice != nil {
		t.reject(name, s, problem)
		return
	}
	t.noMatch(s.NoMatch, "no_match."+name)
}

// shortRefusal is up to how many characters a sentence with a no in it is nothing but that.
const shortRefusal = 8

// optional reports whether the node can do without a slot.
func (t *step) optional(name string) bool {
	n, _, _ := t.here()
	return slices.ContainsFunc(n.Slots, func(f flow.Field) bool { return f.Slot == name && f.Optional })
}

// skip does without a slot.
func (t *step) skip(name string) {
	t.note(dialog.Note{What: "skip", Slot: name})
	t.s.Focus = dialog.Focus{Skipped: append(t.s.Focus.Skipped, name)}
	t.run()
}

// without reports whether somebody has nothing to answer with, or will not.
func without(text string) bool {
	v := slot.Capture(slot.YesNo, text, slot.Context{}, "").Value
	return v == "unsure" || v == "no"
}

// askAgain asks for the slot of the focus once more.
func (t *step) askAgain(name string) {
	t.say("ask."+name, t.house.Slots[name].Ask)
	t.listen()
}

// reject says what is wrong with a value and asks again.
func (t *step) reject(name string, s flow.Slot, problem slot.Problem) {
	t.note(dialog.Note{What: "reject", Slot: name, Reason: string(problem)})
	t.s.Focus.Partial = ""
	p := s.Reject[string(problem)]
	if p.Empty() {
		t.noMatch(s.NoMatch, "no_match."+name)
		return
	}
	t.s.Focus.NoMatch++
	if t.s.Focus.NoMatch > len(s.NoMatch) {
		t.toPeople("", "no_match", 2)
		return
	}
	t.note(dialog.Note{What: "ask", Slot: name})
	t.say("reject."+name+"."+string(problem), p)
	t.listen()
}

// answerWhich takes the choice among several things of one name.
func (t *step) answerWhich(h dialog.Heard, u nlu.Understanding) {
	name := t.s.Focus.Slot
	s := t.house.Slots[name]
	text := h.Text
	if i := t.picked(h.Text, t.s.Focus.Labels); i >= 0 {
		text = t.s.Focus.Labels[i]
	} else if got := slot.Capture(s.Kind, h.Text, t.place(""), ""); got.Problem != "" {
		t.harvest(h, "", name) // a district that only one of them lies in
		if text = t.onlyIn(t.s.Focus.Labels); text == "" {
			if t.digress(h, u, func() { t.request(name) }) {
				return
			}
			t.noMatch(s.NoMatch, "no_match."+name)
			return
		}
	}
	got := slot.Capture(s.Kind, text, t.place(""), "")
	if got.Problem != "" {
		t.noMatch(s.NoMatch, "no_match."+name)
		return
	}
	f := fact(got, h.Confidence)
	f.Confidence, f.Chosen = min(f.Confidence, h.Confidence), true
	t.infer(name, text)
	t.harvest(h, "", name)
	t.take(name, f)
}

// onlyIn returns the label that lies in the district that is known, "" when that is not one.
func (t *step) onlyIn(labels []string) string {
	district := t.s.Facts[t.e.byKind[slot.District]].Value
	found := ""
	for _, l := range labels {
		if district != "" && strings.HasPrefix(l, district) {
			if found != "" {
				return ""
			}
			found = l
		}
	}
	return found
}
