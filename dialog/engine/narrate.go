package engine

import (
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// narrateFor is the longest story when the house does not say.
const narrateFor = 90 * time.Second

// narrating lets a person tell a story over several turns, with sounds of listening in between. It
// returns false when the turn is a question or a wish of its own.
func (t *step) narrating(h dialog.Heard, u nlu.Understanding) bool {
	began := !t.s.Focus.Since.IsZero()
	if !began && (u.Act == nlu.ActAsk || u.Control != nlu.ActNone || !t.clear(u)) {
		return false
	}
	if !began {
		t.s.Focus.Since, t.s.Matter.Act = t.s.Now, string(u.Act)
	}
	limit := t.house.Timing.Narrate
	if limit == 0 {
		limit = narrateFor
	}
	done := told(u) || t.s.Now.Sub(t.s.Focus.Since) >= limit
	if !finishedOnly(u) {
		t.harvest(h, u.Act)
		t.tellOn(h.Text)
	}
	if done || !nlu.Dangling(h.Text) {
		t.told()
		return true
	}
	t.note(dialog.Note{What: "backchannel"})
	t.phrase("backchannel")
	t.listen()
	return true
}

// told takes up the matter of a story that is finished.
func (t *step) told() {
	story := strings.Join(t.s.Story, "，")
	u := t.e.cfg.Model.Understand(story)
	t.s.Matter = dialog.Matter{Act: string(u.Act), Category: u.Category, Entry: u.Answer, Text: story, Confidence: u.ActConfidence}
	n, _, _ := t.here()
	t.move(n.Next)
	t.run()
}

var endings = []string{"就这些", "说完了", "就是这个事", "就这么个事", "就这事", "没别的了", "就是这样"}

func told(u nlu.Understanding) bool {
	for _, e := range endings {
		if strings.Contains(u.Clean, e) {
			return true
		}
	}
	return false
}

// finishedOnly reports whether a turn says nothing but that the story is over.
func finishedOnly(u nlu.Understanding) bool {
	for _, e := range endings {
		if len(u.Clean) <= len(e)+len("我了") && strings.Contains(u.Clean, e) {
			return true
		}
	}
	return false
}
