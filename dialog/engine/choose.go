package engine

import (
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// choose offers a few ways on, unless the person has already said which.
func (t *step) choose(n flow.Node) bool {
	if i := optionSaid(n.Options, t.wish(), false); i >= 0 {
		t.note(dialog.Note{What: "choice", To: n.Options[i].ID, Reason: "said before"})
		t.move(n.Options[i].Next)
		return true
	}
	ids, labels := make([]string, len(n.Options)), make([]string, len(n.Options))
	for i, o := range n.Options {
		ids[i], labels[i] = o.ID, o.Title
	}
	t.s.Focus = dialog.Focus{Kind: dialog.FocusChoose, Items: ids, Labels: labels}
	t.note(dialog.Note{What: "offer", Items: ids})
	t.listen()
	return false
}

// wish is what the person said of the matter besides what its entry is about: 离婚登记怎么办 wants nothing
// registered.
func (t *step) wish() string {
	text := nlu.Clean(t.s.Matter.Text)
	if len(t.s.Used) == 0 {
		return text
	}
	e, ok := t.e.cfg.Knowledge.Entry(t.s.Used[len(t.s.Used)-1])
	if !ok {
		return text
	}
	about := strings.Join(e.Wordings(), "")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(about, r) {
			return ' '
		}
		return r
	}, text)
}

// optionSaid finds the one option whose wordings are in a text. yesNo lets @yes and @no count.
func optionSaid(options []flow.Option, text string, yesNo bool) int {
	found := -1
	clean := nlu.Clean(text)
	for i, o := range options {
		for _, w := range o.Wordings {
			said := !strings.HasPrefix(w, "@") && strings.Contains(clean, nlu.Clean(w))
			if yesNo && strings.HasPrefix(w, "@") {
				said = "@"+slot.Capture(slot.YesNo, text, slot.Context{}, "").Value == w
			}
			if said && found != i {
				if found >= 0 {
					return -1
				}
				found = i
			}
		}
	}
	return found
}

// picked finds which of several labels a text names, by order or by name; -1 for none.
func (t *step) picked(text string, labels []string) int {
	ctx := t.place("")
	ctx.Options = labels
	got := slot.Capture(slot.Choice, text, ctx, "")
	if got.Problem != "" {
		return -1
	}
	for i, l := range labels {
		if l == got.Value {
			return i
		}
	}
	return -1
}

func (t *step) answerChoose(h dialog.Heard, u nlu.Understanding) {
	n, _, ok := t.here()
	if !ok {
		t.run()
		return
	}
	i := optionSaid(n.Options, h.Text, false)
	if i < 0 {
		i = t.picked(h.Text, t.s.Focus.Labels)
	}
	if i < 0 || i >= len(n.Options) {
		i = optionSaid(n.Options, h.Text, true)
	}
	if i < 0 && (u.Control == nlu.ActThanks || u.Control == nlu.ActGoodbye || u.Control == nlu.ActNo) {
		i = slices.IndexFunc(n.Options, func(o flow.Option) bool { return slices.Contains(o.Wordings, "@no") })
	}
	if i >= 0 {
		t.harvest(h, "")
		t.note(dialog.Note{What: "choice", To: n.Options[i].ID})
		t.move(n.Options[i].Next)
		t.run()
		return
	}
	if u.Answer == "" {
		u, h.Text = t.inContext(u, h.Text)
	}
	if t.digress(h, u, t.askChoice) {
		return
	}
	t.misunderstood(t.askChoice)
}

// askChoice says the question of a choice once more.
func (t *step) askChoice() {
	n, id, _ := t.here()
	t.say(id, n.Say)
	t.listen()
}
