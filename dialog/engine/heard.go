package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// actSure is the chance from which an act is acted upon.
const actSure = 0.5

// maxHeard bounds what is kept of one turn, in bytes. A message may hold a megabyte.
const maxHeard = 8000

// heard takes one turn. What must never be missed comes first: danger, then the wish for a person,
// then what may be said at any time; only then does it count as the answer to what was asked.
func (t *step) heard(h dialog.Heard) {
	t.tell(h.At)
	h = clean(h)
	t.s.Turns++
	t.s.Focus.NoInput = 0
	t.words = h.Text
	u := t.understand(h.Text, h.Alternatives...)
	t.corrects = u.Has(nlu.ActCorrection)
	t.note(dialog.Note{What: "understood", Act: string(u.Act), Category: u.Category, Entry: u.Answer, Score: u.ActConfidence, Reason: string(u.Control), Evidence: u.Evidence})
	t.profile(u)
	tongue := t.tongue(u)
	switch {
	case t.s.Attended:
		t.overhear(h, u)
	case t.s.Focus.Kind == dialog.FocusMessage && t.s.Handed != nil:
		t.keepMessage(h)
	case t.s.Focus.Kind == dialog.FocusGrade && t.graded(h, u):
	case t.s.Safety != "":
		t.stay(h, u)
	case u.Emergency != nil && !t.harmless(h, u):
		t.danger(h, u)
	case t.s.Handed != nil:
		t.waiting(h, u)
	case (tongue || u.Agent && !dictated.MatchString(u.Clean)) && !t.chosen(h, u):
		t.harvest(h, nlu.ActAgent)
		t.toPeople("", "user_request", 1)
	case insults(u) && !t.answers(h):
		t.abused()
	case t.manners(h, u):
	default:
		t.s.Abused = 0
		t.reply(h, u)
	}
}

// understand tells what a text means. What is looked at again in the same step is understood once.
func (t *step) understand(text string, alternatives ...string) nlu.Understanding {
	if len(alternatives) > 0 {
		return t.e.cfg.Model.Understand(text, alternatives...)
	}
	u, ok := t.understood[text]
	if !ok {
		u = t.e.cfg.Model.Understand(text)
		if t.understood == nil {
			t.understood = map[string]nlu.Understanding{}
		}
		t.understood[text] = u
	}
	return u
}

// mildAnswer is up to how many characters an answer that names no danger tells of none.
const mildAnswer = 12

// harmless reports a turn that answers what was asked and names no danger, whatever the classifier
// hears in it. What has no form of its own, as a name, proves nothing: any cry would pass for one.
func (t *step) harmless(h dialog.Heard, u nlu.Understanding) bool {
	switch t.house.Slots[t.s.Focus.Slot].Kind {
	case slot.Org, slot.Person, slot.Item, textKind:
		if t.s.Focus.Kind == dialog.FocusSlot {
			return false
		}
	}
	return u.Emergency.Kind == nlu.OtherDanger && t.answers(h) && len([]rune(u.Clean)) <= mildAnswer
}

// person are words for people who may be asked for.
var person = regexp.MustCompile(`人工|真人|活人|客服|坐席|座席|接线|转人|转接|有人|找人|叫人|换人|个人|的人|人来|人吗|领导|同志|工作人员|人员|^[0零〇]$`)

// chosen reports a turn that names one of the ways on that were offered (帮我登记一下吧), or so short an answer
// to another question (换个号) that only words for people would make it a wish for one.
func (t *step) chosen(h dialog.Heard, u nlu.Understanding) bool {
	switch t.s.Focus.Kind {
	case dialog.FocusChoose:
		n, _, ok := t.here()
		if !ok || person.MatchString(u.Clean) {
			return false
		}
		i := optionSaid(n.Options, h.Text, true)
		return optionSaid(n.Options, h.Text, false) >= 0 || i >= 0 && slices.Contains(n.Options[i].Wordings, "@yes") // 好 转吧
	case dialog.FocusCaller, dialog.FocusConfirm:
		return len([]rune(u.Clean)) <= shortRefusal && u.ActConfidence < surelyOther && !person.MatchString(u.Clean) && t.languageWanted(u) == ""
	}
	return false
}

// dictated is nothing but a number, or a part of one: 零零零四二九 asks for nobody.
var dictated = regexp.MustCompile(`^[0-9a-zA-Z零一二三四五六七八九幺两拐洞勾]{4,}$`)

// clean makes of a turn what a state can keep and JSON can carry.
func clean(h dialog.Heard) dialog.Heard {
	h.Text = strings.ToValidUTF8(h.Text, "")
	if len(h.Text) > maxHeard {
		h.Text = strings.ToValidUTF8(h.Text[:maxHeard], "")
	}
	if !(h.Confidence >= 0) { // also what is no number
		h.Confidence = 0
	}
	h.Confidence = min(h.Confidence, 1)
	return h
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
		t.tellOn(h.Text)
		t.phrase("busy")
		t.listen()
	default:
		t.run()
	}
}

// insulting is the chance from which a turn with words of abuse that is likeliest to be abuse is nothing else.
const insulting = 0.25

// insults reports a turn that is nothing but abuse.
func insults(u nlu.Understanding) bool {
	return u.Act == nlu.ActAbuse && u.Abuse && u.ActConfidence >= insulting && !finishedOnly(u)
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
	if !t.s.Anonymous && unnamed.MatchString(u.Clean) {
		t.s.Anonymous = true
		t.note(dialog.Note{What: "anonymous"})
		t.phrase("anonymous")
	}
	if u.Anger && !t.s.Angry && (u.Act != nlu.ActAbuse || insults(u)) {
		t.s.Angry = true
		t.mark("angry")
		t.note(dialog.Note{What: "empathy_once"})
		t.phrase("empathy")
	}
}

// unnamed tells a wish to leave no name and number from one that these be kept secret.
var unnamed = regexp.MustCompile(`匿名|(?:电话|手机|号码|名字|姓名|联系方式)[^，。]{0,4}(?:别|不要|不用|不想|不)[^，。]{0,2}(?:留|记|写|报)|(?:别|不要|不用|不想|不)(?:留|记|写|报)[^，。]{0,6}(?:名|电话|手机|号码|联系方式)`)

func (t *step) mark(what string) {
	if what != "" && !slices.Contains(t.s.Marks, what) {
		t.s.Marks = append(t.s.Marks, what)
		t.note(dialog.Note{What: "mark", Reason: what})
	}
}

// maxStory bounds the words that are kept of one matter, in turns.
const maxStory = 60

// tellOn adds a turn to the person's words on the matter.
func (t *step) tellOn(text string) {
	if text != "" && len(t.s.Story) < maxStory && !slices.Contains(t.s.Story, text) {
		t.s.Story = append(t.s.Story, text)
	}
}
