package engine

import (
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/kb"
)

// An entry below the certainty of an answer is offered from offerFrom on, two at most.
const (
	offerFrom = 0.2
	maxOffers = 2
	// surelyOther is the chance from which a sentence that is no question is not taken for one.
	surelyOther = 0.9
)

// answerNode answers from the knowledge. It returns false when the dialog waits.
func (t *step) answerNode(n flow.Node) bool {
	entry := n.Entry
	if entry == "" {
		entry = t.s.Matter.Entry
	}
	if e, ok := t.e.cfg.Knowledge.Entry(entry); ok && t.likely {
		t.phrase("probable", flow.Env{"value": e.Question})
	}
	if t.answer(entry, t.s.Matter.Text, t.s.Matter.Confidence) {
		t.move(n.Next)
		return true
	}
	t.note(dialog.Note{What: "no_answer", Category: t.s.Matter.Category})
	t.note(dialog.Note{What: "no_hallucinate"})
	if n.Failed == "" {
		t.phrase("no_knowledge")
		t.move(n.Next)
		return true
	}
	t.move(n.Failed)
	return true
}

// answer says what an entry or the graph of matters knows. What has expired says so.
func (t *step) answer(entry, question string, score float64) bool {
	base, day := t.e.cfg.Knowledge, t.day()
	if r, ok := base.Reply(entry, day); entry != "" && ok {
		if r.Standing != kb.Valid {
			t.note(dialog.Note{What: "kb_hit", Entry: entry, Reason: "expired"})
			t.note(dialog.Note{What: "answer_fallback", Entry: entry, Reason: r.Notice})
			t.note(dialog.Note{What: "no_hallucinate"})
		}
		t.note(dialog.Note{What: "answer", Entry: entry, Score: score, Items: r.Entries})
		t.utter(dialog.Prompt{ID: "answer." + entry, Text: t.answerText(r)})
		t.used(entry)
		return true
	}
	if t.e.cfg.Graph == nil || question == "" {
		return false
	}
	a, ok := t.e.cfg.Graph.Answer(question, day)
	if !ok || a.Voice == "" {
		return false
	}
	text := a.Voice
	if t.typed() {
		text = a.Text
	}
	t.note(dialog.Note{What: "answer", Entry: a.Matter.ID, Score: a.Confidence, Items: a.Entries, Reason: "graph"})
	t.utter(dialog.Prompt{ID: "matter." + a.Matter.ID, Text: text})
	t.used(a.Entries...)
	return true
}

// used remembers what answered, the latest last.
func (t *step) used(entries ...string) {
	t.s.Used = slices.DeleteFunc(t.s.Used, func(id string) bool { return slices.Contains(entries, id) })
	t.s.Used = append(t.s.Used, entries...)
}

// digress answers a question that was asked instead of an answer, and comes back.
func (t *step) digress(h dialog.Heard, u nlu.Understanding, again func()) bool {
	if u.Act != nlu.ActAsk {
		return false
	}
	u, text := t.inContext(u, h.Text)
	if u.Answer == "" {
		u.Answer = t.likeliest(u)
	}
	if u.ActConfidence < actSure && u.Answer == "" {
		return false
	}
	if !t.answer(u.Answer, text, u.ActConfidence) {
		return false
	}
	t.note(dialog.Note{What: "resume", Slot: t.s.Focus.Slot, Reason: string(t.s.Focus.Kind)})
	t.phrase("resume")
	again()
	return true
}

// offerEntries asks which of the two best entries was meant when none is certain.
func (t *step) offerEntries(u nlu.Understanding) bool {
	if u.Act != nlu.ActAsk && u.ActConfidence >= surelyOther || vague(u.Clean) {
		return false
	}
	var ids, labels []string
	for _, hit := range u.Entries {
		e, ok := t.e.cfg.Knowledge.Entry(hit.ID)
		if ok && hit.Confidence >= offerFrom && len(ids) < maxOffers {
			ids, labels = append(ids, hit.ID), append(labels, e.Question)
		}
	}
	if len(ids) == 0 {
		return false
	}
	t.s.Focus = dialog.Focus{Kind: dialog.FocusOffer, Items: ids, Labels: labels, NoMatch: t.s.Focus.NoMatch}
	t.note(dialog.Note{What: "offer", Items: ids, Score: u.Entries[0].Confidence})
	t.phrase("offer", flow.Env{"options": strings.Join(labels, "，还是")})
	t.listen()
	return true
}

func (t *step) isNumber(name string) bool { return numeric(t.house.Slots[name].Kind) }

// answerOffer takes the choice among offered entries. Anything else is a new question.
func (t *step) answerOffer(h dialog.Heard, u nlu.Understanding) {
	i := t.picked(h.Text, t.s.Focus.Labels)
	if i < 0 && u.Control == nlu.ActYes {
		i = 0
	}
	if i < 0 && len(t.s.Focus.Items) == 1 && u.Answer == "" && slices.ContainsFunc(t.harvest(h, ""), t.isNumber) {
		i = 0 // went on with what is needed for it
	}
	n, _, ok := t.here()
	if i < 0 || !ok || i >= len(t.s.Focus.Items) {
		t.s.Focus = dialog.Focus{Kind: dialog.FocusOpen, NoMatch: t.s.Focus.NoMatch}
		t.open(h, u)
		return
	}
	id := t.s.Focus.Items[i]
	e, _ := t.e.cfg.Knowledge.Entry(id)
	t.s.Matter = dialog.Matter{Act: string(nlu.ActAsk), Category: e.Category, Entry: id, Text: e.Question, Confidence: 1, Again: slices.Contains(t.s.Used, id)}
	t.move(n.Next)
	t.run()
}
