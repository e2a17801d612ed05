package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// actSure is the chance from which an act is acted upon.
const actSure = 0.5

// heard takes one turn. What must never be missed comes first: danger, then the wish for a person,
// then what may be said at any time; only then does it count as the answer to what was asked.
func (t *step) heard(h dialog.Heard) {
	t.tell(h.At)
	t.s.Turns++
	u := t.e.cfg.Model.Understand(h.Text, h.Alternatives...)
	t.corrects = u.Has(nlu.ActCorrection)
	t.note(dialog.Note{What: "understood", Act: string(u.Act), Category: u.Category, Entry: u.Answer, Score: u.ActConfidence, Reason: string(u.Control), Evidence: evidence(u)})
	t.profile(u)
	switch {
	case t.s.Safety != "":
		t.stay(h, u)
	case u.Emergency != nil:
		t.danger(h, u)
	case t.s.Handed != nil:
		t.waiting(h, u)
	case u.Agent:
		t.harvest(h, nlu.ActAgent)
		t.toPeople("", "user_request", 1)
	case t.manners(h, u):
	case u.Act == nlu.ActAbuse && u.Abuse && !t.answers(h):
		t.abused()
	default:
		t.s.Abused = 0
		t.reply(h, u)
	}
}

// reply takes a turn as the answer to what was asked.
func (t *step) reply(h dialog.Heard, u nlu.Understanding) {
	switch t.s.Focus.Kind {
	case dialog.FocusOpen:
		t.open(h, u)
	case dialog.FocusSlot:
		t.answerSlot(h, u)
	case dialog.FocusWhich:
		t.answerWhich(h, u)
	case dialog.FocusConfirm:
		t.answerConfirm(h, u)
	case dialog.FocusCaller:
		t.answerCaller(h, u)
	case dialog.FocusChoose:
		t.answerChoose(h, u)
	case dialog.FocusOffer:
		t.answerOffer(h, u)
	case dialog.FocusErrand:
		t.harvest(h, u.Act)
		t.phrase("busy")
		t.listen()
	default:
		t.run()
	}
}

// profile notes what a turn tells about the person, whatever else it says.
func (t *step) profile(u nlu.Understanding) {
	if !t.s.Elder && old(u.Clean, t.house.Elder.Words) {
		t.s.Elder = true
		t.note(dialog.Note{What: "elder_profile", Reason: "said"})
	}
	if u.Has(nlu.ActAnonymous) && !t.s.Confidential {
		t.s.Confidential = true
		t.note(dialog.Note{What: "confidential"})
		if !unnamed.MatchString(u.Clean) {
			t.phrase("confidential")
		}
	}
	if u.Has(nlu.ActAnonymous) && !t.s.Anonymous && unnamed.MatchString(u.Clean) {
		t.s.Anonymous = true
		t.note(dialog.Note{What: "anonymous"})
		t.phrase("anonymous")
	}
	if u.Anger && !t.s.Angry {
		t.s.Angry = true
		t.mark("angry")
		t.note(dialog.Note{What: "empathy_once"})
		t.phrase("empathy")
	}
}

// unnamed tells a wish to leave no name and number from one that these be kept secret.
var unnamed = regexp.MustCompile(`匿名|(?:电话|手机|号码|名字|姓名|联系方式)[^，。]{0,4}(?:别|不要|不用|不想|不)[^，。]{0,2}(?:留|记|写|报)|(?:别|不要|不用|不想|不)(?:留|记|写|报)[^，。]{0,6}(?:电话|手机|号码|名字|姓名|联系方式)`)

func (t *step) mark(what string) {
	if what != "" && !slices.Contains(t.s.Marks, what) {
		t.s.Marks = append(t.s.Marks, what)
		t.note(dialog.Note{What: "mark", Reason: what})
	}
}

// open takes the answer to an open question.
func (t *step) open(h dialog.Heard, u nlu.Understanding) {
	n, _, _ := t.here()
	if n.Narrate && t.narrating(h, u) {
		return
	}
	if t.s.Pending != "" && t.resumePending(h, u) {
		return
	}
	switch {
	case u.Control == nlu.ActNo && t.served(), (u.Control == nlu.ActThanks || u.Control == nlu.ActGoodbye) && t.served():
		t.note(dialog.Note{What: "close", Reason: "normal"})
		t.goodbye("goodbye")
		return
	case u.Control == nlu.ActGreet, u.Control == nlu.ActYes, u.Control == nlu.ActThanks, u.Control == nlu.ActNo, u.Act == nlu.ActChitchat && u.ActConfidence >= actSure:
		t.phrase("greet_back")
		t.listen()
		return
	}
	first, rest := h.Text, ""
	if a, b, ok := twoMatters(h.Text); ok {
		first, rest = a, b
	}
	if rest != "" {
		head, tail := t.e.cfg.Model.Understand(first), t.e.cfg.Model.Understand(rest)
		if t.clear(head) && t.clear(tail) && (head.Category != tail.Category || head.Act != tail.Act) {
			t.note(dialog.Note{What: "multi_intent", Items: []string{matterOf(head), matterOf(tail)}})
			t.s.Pending = rest
			t.harvest(dialog.Heard{Text: rest, Confidence: h.Confidence}, tail.Act)
			t.begin(dialog.Heard{Text: first, Confidence: h.Confidence, At: h.At}, head)
			return
		}
	}
	t.begin(h, u)
}

// matterOf names what a sentence is about, for notes.
func matterOf(u nlu.Understanding) string {
	if u.Answer != "" {
		return u.Answer
	}
	return u.Category
}

// served tells that the person has had something done, so that thanks and no mean goodbye.
func (t *step) served() bool { return len(t.s.Used) > 0 || t.s.Errands > 0 }

// clear reports whether a turn says what it wants.
func (t *step) clear(u nlu.Understanding) bool {
	switch u.Act {
	case nlu.ActAsk:
		return u.Answer != "" || u.ActConfidence >= actSure && u.Category != ""
	case nlu.ActComplain, nlu.ActReport, nlu.ActSuggest, nlu.ActPraise, nlu.ActFollowup, nlu.ActOutOfScope:
		return u.ActConfidence >= actSure
	}
	return u.Answer != ""
}

// begin takes up a matter and follows the flow with it.
func (t *step) begin(h dialog.Heard, u nlu.Understanding) {
	if !t.clear(u) {
		if t.offerEntries(u) {
			return
		}
		t.harvest(h, u.Act)
		t.noMatch(t.house.Ladders["no_match"], "no_match")
		return
	}
	act := u.Act
	if u.Answer != "" && act != nlu.ActAsk && u.ActConfidence < actSure {
		act = nlu.ActAsk
	}
	t.s.Matter = dialog.Matter{
		Act: string(act), Category: u.Category, Entry: u.Answer, Text: h.Text, Confidence: u.ActConfidence,
		Again: u.Answer != "" && slices.Contains(t.s.Used, u.Answer),
	}
	t.s.Story = append(t.s.Story, h.Text)
	if act != nlu.ActAsk {
		t.harvest(h, act)
	}
	n, _, ok := t.here()
	if !ok {
		t.run()
		return
	}
	t.move(n.Next)
	t.run()
}

// links stand between two matters of one breath.
var links = []string{"另外", "还有个事", "还有一个事", "还有件事", "还有一件事", "顺便问", "顺便", "对了", "再一个"}

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

// resumePending comes back to what was said in the same breath as something else, when the person
// says yes to it or speaks of it again.
func (t *step) resumePending(h dialog.Heard, u nlu.Understanding) bool {
	rest := t.s.Pending
	t.s.Pending = ""
	v := t.e.cfg.Model.Understand(rest)
	again := u.Control == nlu.ActYes || u.Category != "" && u.Category == v.Category && u.Answer == ""
	if !again {
		return false
	}
	if u.Control != nlu.ActYes {
		t.s.Story = append(t.s.Story, h.Text)
		t.harvest(h, v.Act)
	}
	t.begin(dialog.Heard{Text: rest, Confidence: 1, At: h.At}, v)
	return true
}

func evidence(u nlu.Understanding) []dialog.Evidence {
	out := make([]dialog.Evidence, len(u.Evidence))
	for i, r := range u.Evidence {
		out[i] = dialog.Evidence{For: r.For, Feature: r.Feature, Weight: r.Weight}
	}
	return out
}
