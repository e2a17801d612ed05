package engine

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/kb"
)

// leaning opens a question that leans on the one before: 那明年的呢.
var leaning = regexp.MustCompile(`^(?:那么?|这|它|他们|还要|那要是|要是|如果)|呢$`)

// maxLeaning is how long a question may be that is understood from the one before, in characters.
const maxLeaning = 24

// inContext understands a question that says too little together with the one that was answered
// before. It returns the text the understanding rests on.
func (t *step) inContext(u nlu.Understanding, text string) (nlu.Understanding, string) {
	if kb.Elliptical(text) {
		return t.side(u, text)
	}
	prev := t.s.Matter
	if u.Answer != "" && !t.unfounded(u) || prev.Entry == "" || u.Act != nlu.ActAsk && u.ActConfidence >= actSure && u.Act != nlu.ActChitchat || len([]rune(u.Clean)) > maxLeaning || vague(u.Clean) {
		return u, text
	}
	own := len(u.Entries) > 0 && u.Entries[0].Confidence >= likelyFrom && !t.unfounded(u)
	leans := t.unfounded(u) || leaning.MatchString(u.Clean) && (u.CategoryConfidence < actSure || u.Category == prev.Category)
	if own || !leans && !t.echoes(u.Clean, prev.Entry) {
		return u, text
	}
	joint := prev.Text + "，" + text
	v := t.understand(joint)
	if v.Answer == "" {
		v.Answer = t.likeliest(v)
	}
	if v.Answer != prev.Entry && !slices.ContainsFunc(u.Entries, func(e nlu.Entry) bool { return e.ID == v.Answer }) {
		return u, text
	}
	u.Act, u.ActConfidence, u.Category, u.CategoryConfidence, u.Answer = nlu.ActAsk, v.ActConfidence, v.Category, v.CategoryConfidence, v.Answer
	t.note(dialog.Note{What: "in_context", Entry: v.Answer})
	return u, joint
}

// side understands a question about a side of the matter that was answered before: 多少钱, 去哪办. Without one
// it asks for nothing.
func (t *step) side(u nlu.Understanding, text string) (nlu.Understanding, string) {
	u.Answer, u.Entries, u.Category = "", nil, ""
	if len(t.s.Used) == 0 {
		return u, text
	}
	prev, ok := t.e.cfg.Knowledge.Entry(t.s.Used[len(t.s.Used)-1])
	if !ok {
		return u, text
	}
	u.Act, u.ActConfidence, u.Category = nlu.ActAsk, 1, prev.Category
	if t.e.cfg.Graph != nil {
		if about := t.e.cfg.Graph.Recognize(prev.Question); len(about) > 0 {
			joint := about[0].Matter.Name + text
			if a, ok := t.e.cfg.Graph.Answer(joint, t.day()); ok && a.Matter.ID == about[0].Matter.ID {
				t.note(dialog.Note{What: "in_context", Entry: a.Matter.ID})
				return u, joint
			}
		}
	}
	joint := prev.Question + "，" + text
	v := t.understand(joint)
	if e, ok := t.e.cfg.Knowledge.Entry(v.Answer); ok && e.Category == prev.Category && e.ID != prev.ID { // which was just heard
		u.Answer = e.ID
		t.note(dialog.Note{What: "in_context", Entry: e.ID})
	}
	return u, joint
}

// unfounded reports an answer to so short a question that nothing in it says what it is about: its
// subject and that of the entry differ.
func (t *step) unfounded(u nlu.Understanding) bool {
	const short = 6
	e, ok := t.e.cfg.Knowledge.Entry(u.Answer)
	return ok && len([]rune(u.Clean)) <= short && e.Category != u.Category
}

// common are pairs of characters that are in every other question.
const common = " 怎么 么办 什么 可以 以办 能不 不能 我们 你们 他们 那个 这个 一下 没有 不会 就是 我家 家里 多少 少钱 时候 需要 要不 不要 是不 不是 还是 办理 多久 哪里 要去 自己 一个 现在 要带 带什 材料 "

// echoes reports whether a sentence takes up words of an entry.
func (t *step) echoes(clean, entry string) bool {
	e, ok := t.e.cfg.Knowledge.Entry(entry)
	if !ok {
		return false
	}
	return shares(clean, e.Question+" "+strings.Join(e.Similar, " ")+" "+e.AnswerText)
}

// shares reports whether two texts have a word in common that is not in every other question.
func shares(clean, other string) bool {
	r := []rune(clean)
	for i := 1; i < len(r); i++ {
		if pair := string(r[i-1 : i+1]); !strings.Contains(common, " "+pair+" ") && strings.Contains(other, pair) {
			return true
		}
	}
	return false
}
