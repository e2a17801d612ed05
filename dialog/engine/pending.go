package engine

import (
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// links stand between two matters of one breath.
var links = []string{
	"另外", "还有个事", "还有一个事", "还有件事", "还有一件事", "还有就是", "还想问", "还要问", "再问一下", "顺便问", "顺便", "顺带", "对了", "再一个", "再有就是", "第二个", "第二件", "同时",
}

// twoMatters cuts a turn at the first link that has something on both sides.
func twoMatters(text string) (first, rest string, ok bool) {
	for _, l := range links {
		a, b, found := strings.Cut(text, l)
		if found && len([]rune(a)) >= 4 && len([]rune(b)) >= 4 {
			return strings.TrimSpace(a), strings.TrimSpace(b), true
		}
	}
	return "", "", false
}

// bothMatters takes up the first of two matters and keeps the second for later. Facts of the second
// are kept too: what is said in one breath is about one place.
func (t *step) bothMatters(h dialog.Heard) bool {
	first, rest, ok := twoMatters(h.Text)
	if !ok {
		return false
	}
	head := t.understand(first)
	if !t.clear(head) {
		return false
	}
	tail := t.understand(rest)
	if !t.clear(tail) || head.Category == tail.Category && head.Act == tail.Act {
		return false
	}
	t.note(dialog.Note{What: "multi_intent", Items: []string{matterOf(head), matterOf(tail)}})
	t.anew(head.Act, first)
	t.s.Pending = rest
	t.harvest(dialog.Heard{Text: rest, Confidence: h.Confidence}, tail.Act)
	t.begin(dialog.Heard{Text: first, Confidence: h.Confidence, At: h.At}, head)
	return true
}

// matterOf names what a sentence is about, for notes.
func matterOf(u nlu.Understanding) string {
	if u.Answer != "" {
		return u.Answer
	}
	return u.Category
}

// offerPending says, instead of an open question, what is still open. It reports whether there is.
func (t *step) offerPending() bool {
	p := t.house.Phrases["pending"]
	if t.s.Pending == "" || p.Empty() {
		return false
	}
	c, ok := t.e.cfg.Knowledge.Category(t.understand(t.s.Pending).Category)
	if !ok {
		return false
	}
	t.note(dialog.Note{What: "offer", Items: []string{"pending"}, Category: c.ID})
	t.phrase("pending", flow.Env{"value": c.Name})
	return true
}

// resumePending comes back to what was said in the same breath as something else, when the person
// says yes to it or speaks of it again.
func (t *step) resumePending(h dialog.Heard, u nlu.Understanding) bool {
	rest := t.s.Pending
	t.s.Pending = ""
	yes := slot.Capture(slot.YesNo, h.Text, slot.Context{}, "").Value == "yes" && len([]rune(u.Clean)) <= shortRefusal
	if !yes && u.Answer != "" {
		return false
	}
	v := t.understand(rest)
	again := u.Category != "" && u.Category == v.Category || shares(u.Clean, v.Clean)
	if !yes && !again {
		return false
	}
	if t.s.Filed { // the place is that of the breath
		place := map[string]dialog.Fact{}
		for name, f := range t.s.Facts {
			if k := t.house.Slots[name].Kind; k == slot.Address || k == slot.District {
				place[name] = f
			}
		}
		t.anew(v.Act, rest)
		for name, f := range place {
			t.s.Facts[name] = f
		}
	}
	t.forgetQuestion(v.Act)
	t.s.Matter.Act = string(v.Act)
	if !yes {
		t.tellOn(h.Text)
		t.harvest(h, v.Act)
	}
	t.begin(dialog.Heard{Text: rest, Confidence: 1, At: h.At}, v)
	return true
}
