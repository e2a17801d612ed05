package engine

import (
	"regexp"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// narrateFor is the longest story when the house does not say.
const narrateFor = 90 * time.Second

// announced marks a story that was announced: it goes on until it is said to be over, or nothing
// more is said. Any other goes on while its sentences break off.
const announced = "announced"

// opening is how people announce a story.
var opening = regexp.MustCompile(`(?:我|俺)[跟给和](?:你|您)(?:们)?(?:说|讲)|听我(?:慢慢)?(?:说|讲)|(?:事情|情况|经过)是这(?:样|么)|是这么(?:个|回)事|说来话长|从头(?:跟|给)(?:你|您)`)

// narrating lets a person tell a story over several turns, with sounds of listening in between. It
// returns false when the turn is no part of one.
func (t *step) narrating(h dialog.Heard, u nlu.Understanding) bool {
	began := !t.s.Focus.Since.IsZero()
	opens := opening.MatchString(u.Clean)
	if !began {
		breaksOff := nlu.Dangling(h.Text) && !strings.HasSuffix(u.Clean, "现在") && (u.Act == nlu.ActComplain || u.Act == nlu.ActReport) && t.clear(u)
		if u.Answer != "" || u.Control != nlu.ActNone || !opens && !breaksOff {
			return false
		}
		t.anew(u.Act, h.Text)
		t.s.Focus.Since, t.s.Matter = t.s.Now, dialog.Matter{Act: string(nlu.ActComplain)}
		if opens {
			t.s.Focus.Partial = announced
		}
	}
	limit := t.house.Timing.Narrate
	if limit == 0 {
		limit = narrateFor
	}
	if !finishedOnly(u) {
		t.harvest(h, nlu.ActComplain)
		t.tellOn(h.Text)
	}
	goesOn := t.s.Focus.Partial == announced || nlu.Dangling(h.Text)
	if told(u) || !goesOn || t.s.Now.Sub(t.s.Focus.Since) >= limit {
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
	u := t.understand(story)
	for i := 0; i < len(t.s.Story) && (!t.clear(u) || u.Act == nlu.ActAsk && u.Answer == ""); i++ { // the sentence that says what it is about
		if one := t.understand(t.s.Story[i]); t.clear(one) && one.Act != nlu.ActAsk {
			u = one
		}
	}
	if !t.clear(u) {
		t.s.Focus = dialog.Focus{Kind: dialog.FocusOpen, NoMatch: t.s.Focus.NoMatch}
		t.noMatch(t.house.Ladders["no_match"], "no_match")
		return
	}
	t.note(dialog.Note{What: "told", Act: string(u.Act), Category: u.Category})
	t.s.Matter = dialog.Matter{Act: string(u.Act), Category: u.Category, Entry: u.Answer, Text: story, Confidence: u.ActConfidence, Told: true}
	t.follow()
}

var endings = []string{"就这些", "说完了", "就是这个事", "就这么个事", "就这事", "没别的了", "就是这样", "就这个情况", "就这情况"}

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
	rest := u.Clean
	for _, e := range endings {
		rest = strings.ReplaceAll(rest, e, "")
	}
	return rest != u.Clean && len([]rune(rest)) <= 2
}
