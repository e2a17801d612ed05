package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// open takes the answer to an open question.
func (t *step) open(h dialog.Heard, u nlu.Understanding) {
	n, _, _ := t.here()
	if n.Narrate && t.narrating(h, u) {
		return
	}
	if t.s.Pending != "" && t.resumePending(h, u) {
		return
	}
	done := u.Control == nlu.ActNo || u.Control == nlu.ActThanks || u.Control == nlu.ActGoodbye
	leans := t.s.Matter.Entry != "" && leaning.MatchString(u.Clean) // 那明年的呢 is no small talk after an answer
	polite := done || u.Control == nlu.ActGreet || u.Control == nlu.ActYes || u.Act == nlu.ActChitchat && u.ActConfidence >= actSure && !vague(u.Clean) && !leans
	switch {
	case done && t.served():
		t.note(dialog.Note{What: "close", Reason: "normal"})
		t.goodbye("goodbye")
	case u.Control == nlu.ActGoodbye:
		t.note(dialog.Note{What: "close", Reason: "left"})
		t.goodbye("goodbye")
	case (polite || announces(u.Clean)) && u.Answer == "":
		t.s.Focus.NoMatch = 0
		t.phrase("greet_back")
		t.listen()
	case t.bothMatters(h):
	default:
		t.begin(h, u)
	}
}

// served tells that the person has had something done, so that thanks and no mean goodbye.
func (t *step) served() bool { return len(t.s.Used) > 0 || t.s.Errands > 0 }

// clear reports whether a turn says what it wants.
func (t *step) clear(u nlu.Understanding) bool {
	if vague(u.Clean) {
		return false
	}
	switch u.Act {
	case nlu.ActAsk:
		return u.Answer != "" || u.ActConfidence >= actSure && t.known(u.Category)
	case nlu.ActComplain, nlu.ActReport, nlu.ActSuggest, nlu.ActPraise, nlu.ActFollowup:
		return u.ActConfidence >= actSure || u.ActConfidence >= actWith && u.CategoryConfidence >= categorySure && t.known(u.Category)
	case nlu.ActOutOfScope:
		return u.ActConfidence >= actSure
	}
	return u.Answer != ""
}

// An act that is less sure is acted upon when it is sure what about.
const (
	actWith      = 0.35
	categorySure = 0.8
	// categoryGuess is the confidence below which a category is hardly more than a guess.
	categoryGuess = 0.3
)

// known reports whether a category is one of this tenant's: the model may have been trained with
// those of another.
func (t *step) known(category string) bool {
	_, ok := t.e.cfg.Knowledge.Category(category)
	return ok
}

// empty is a word that stands for something without naming it, or one around it, at the beginning.
var empty = regexp.MustCompile(`^(?:那个|这个|那些|这些|那事儿?|这事儿?|那啥|啥的?|什么的|就是说?|然后|上次|上回|之前|以前|刚才|弄|搞|整|我|你|您|他|她|它|们|也|都|说|讲|问|想|要|一下|不清|不上来|怎么|咋|晓得|知道|不|事情?|东西|玩意|的|了|啊|呃|嗯|哦|唉|哎|诶|吧|呢|嘛|呀|吗|那|这|个|还|有|是|就|去|来|再)`)

// vague reports whether a sentence names nothing: 那个 那个 上次那个.
func vague(clean string) bool {
	for clean != "" {
		word := empty.FindString(clean)
		if word == "" {
			return false
		}
		clean = clean[len(word):]
	}
	return true
}

// announcing are words for having a matter.
var announcing = regexp.MustCompile(`一下|咨询|请教|了解|反映|反应|打听|投诉|举报|求助|建议|问题|情况|帮忙?|请|件|点儿?|下`)

// announces reports whether a sentence only says that there is a matter: 我想咨询一下, 我要投诉.
func announces(clean string) bool {
	return announcing.MatchString(clean) && vague(announcing.ReplaceAllString(clean, ""))
}

// begin takes up a matter and follows the flow with it.
func (t *step) begin(h dialog.Heard, u nlu.Understanding) {
	u = t.declared(u)
	u, text := t.inContext(u, h.Text)
	if u.Act == nlu.ActAsk && u.Answer == "" {
		u.Answer = t.likeliest(u)
		t.likely = u.Answer != ""
	}
	if t.contradicted(u, text) {
		u.Answer = "" // the graph answers
	}
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
	t.anew(act, h.Text)
	t.forgetQuestion(act)
	t.s.Matter = dialog.Matter{
		Act: string(act), Category: u.Category, Entry: u.Answer, Text: text, Confidence: u.ActConfidence,
		Guessed: u.Answer == "" && u.CategoryConfidence < categoryGuess,
		Again:   u.Answer != "" && slices.Contains(t.s.Used, u.Answer),
	}
	t.tellOn(h.Text)
	if act != nlu.ActAsk {
		t.harvest(h, act)
	}
	t.follow()
}

// explainedFrom is how much of a question a matter must explain for the graph to be believed rather than
// what sentences look like.
const explainedFrom = 0.8

// contradicted reports whether every word of a question speaks for another matter than the entry that looks
// most like it: 离婚登记 and 结婚登记 are asked about in the same sentences.
func (t *step) contradicted(u nlu.Understanding, text string) bool {
	if t.e.cfg.Graph == nil || u.Answer == "" || u.Act != nlu.ActAsk {
		return false
	}
	a, ok := t.e.cfg.Graph.Answer(text, t.day())
	return ok && a.Confidence >= explainedFrom && len(a.Entries) > 0 && !slices.Contains(a.Entries, u.Answer)
}

// follow goes on from the open question with the matter.
func (t *step) follow() {
	if n, _, ok := t.here(); ok {
		t.move(n.Next)
	}
	t.run()
}

// other are words for a matter that is not the one before.
var other = regexp.MustCompile(`另|别的|还有[一个]`)

// anew forgets the facts of a matter that was filed: they are not those of the next. Who the person
// is stays, and so does the work order somebody goes on about.
func (t *step) anew(act nlu.Act, text string) {
	if !t.s.Filed {
		return
	}
	kept := map[string]dialog.Fact{}
	for name, f := range t.s.Facts {
		switch t.house.Slots[name].Kind {
		case slot.Phone, slot.Landline, slot.Person:
			kept[name] = f
		case slot.Ticket:
			if act == nlu.ActFollowup && !other.MatchString(text) {
				kept[name] = f
			}
		}
	}
	t.s.Facts, t.s.Trail, t.s.Story, t.s.Filed = kept, nil, nil, false
}

// forgetQuestion keeps the words of a question that was answered out of what is complained of next.
func (t *step) forgetQuestion(act nlu.Act) {
	if t.s.Matter.Act == string(nlu.ActAsk) && act != nlu.ActAsk {
		t.s.Story = nil
	}
}

// How sure the best entry must be to be taken without being sure, and how far the next may come up: more
// when the sentence is about the entry's subject and nothing else comes into question.
const (
	likelyFrom = 0.5
	likelyGap  = 0.3
	aloneFrom  = 0.25
	aloneGap   = 0.1
)

// likeliest returns the entry that a question most likely asks for, "" when that is not clear enough. What
// it answers is said along.
func (t *step) likeliest(u nlu.Understanding) string {
	if len(u.Entries) == 0 {
		return ""
	}
	best, next := u.Entries[0], 0.0
	if len(u.Entries) > 1 {
		next = u.Entries[1].Confidence
	}
	e, _ := t.e.cfg.Knowledge.Entry(best.ID)
	about := e.Category == u.Category && u.CategoryConfidence >= categorySure && u.ActConfidence >= actWith
	switch {
	case best.Confidence >= likelyFrom && next <= likelyGap*best.Confidence && u.ActConfidence >= actSure:
	case best.Confidence >= aloneFrom && next <= aloneGap*best.Confidence && about:
	default:
		return ""
	}
	return best.ID
}

// declared takes people at their word (我要举报) when what they do is not sure otherwise.
func (t *step) declared(u nlu.Understanding) nlu.Understanding {
	if u.ActConfidence >= actSure || u.Answer != "" || !t.known(u.Category) {
		return u
	}
	for _, d := range declarations {
		if strings.Contains(u.Clean, d.words) {
			u.Act, u.ActConfidence = d.act, actSure
		}
	}
	return u
}

var declarations = []struct {
	words string
	act   nlu.Act
}{
	{"要投诉", nlu.ActComplain}, {"要反映", nlu.ActComplain}, {"要求助", nlu.ActComplain}, {"要举报", nlu.ActReport}, {"想举报", nlu.ActReport}, {"想投诉", nlu.ActComplain},
	{"想反映", nlu.ActComplain}, {"要表扬", nlu.ActPraise}, {"要建议", nlu.ActSuggest}, {"我建议", nlu.ActSuggest},
}
