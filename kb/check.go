package kb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (b *Base) problem(e Entry, key string, s Severity, reason string) Problem {
	p := Problem{ID: e.ID, Field: key, Severity: s, Reason: reason}
	if b.content.Origin != nil {
		p.File, p.Line = b.content.Origin(e.ID, key)
	}
	return p
}

// checkTree checks that categories and departments know one another.
func (b *Base) checkTree() Problems {
	var ps Problems
	for _, c := range b.content.Categories {
		if c.Department != "" && b.departments[c.Department].ID == "" {
			ps.add(Problem{ID: c.ID, Field: "department", Reason: "没有这个部门 unknown department: " + c.Department})
		}
		if c.Leaf && c.Department == "" {
			ps.add(Problem{ID: c.ID, Field: "department", Reason: "叶子类别没有归口部门 leaf without department"})
		}
	}
	for _, d := range b.content.Departments {
		for _, id := range d.Categories {
			if !b.categories[id].Leaf {
				ps.add(Problem{ID: d.ID, Field: "categories", Reason: "没有这个叶子类别 unknown category: " + id})
			}
		}
	}
	return ps
}

// checkEntries checks each entry by itself and against what it refers to.
func (b *Base) checkEntries() Problems {
	var ps Problems
	for e := range b.All() {
		for _, f := range b.checkEntry(e) {
			ps.add(b.problem(e, f.key, Error, f.reason))
		}
		if e.Review != "" && e.ValidFrom != "" && e.Review < e.ValidFrom {
			ps.add(b.problem(e, "review", Warning, "复核日期早于生效日期 review before valid_from"))
		}
		for _, w := range contradictions(e) {
			ps.add(b.problem(e, "answer_voice", Warning, w))
		}
	}
	return ps
}

type finding struct{ key, reason string }

// checkEntry returns what refuses an entry.
func (b *Base) checkEntry(e Entry) []finding {
	var found []finding
	wrong := func(key, format string, args ...any) {
		found = append(found, finding{key, fmt.Sprintf(format, args...)})
	}
	for i := range fields {
		f := &fields[i]
		if f.must && len(f.values(&e)) == 0 && (e.Status != StatusDraft || f.key == "question") {
			wrong(f.key, "“%s”不能为空 must not be empty", f.title)
		}
	}
	if e.ID == "" || strings.ContainsFunc(e.ID, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
	}) {
		wrong("id", "编号只能用小写字母、数字和 . _ - id has other characters")
	}
	if reason := unspeakable(e.AnswerVoice); reason != "" {
		wrong("answer_voice", "%s", reason)
	}
	if len(b.categories) > 0 && e.Category != "" && !b.categories[e.Category].Leaf {
		wrong("category", "没有这个叶子类别 unknown category: %s", e.Category)
	}
	if e.Owner != "" && b.departments[e.Owner].ID == "" {
		wrong("owner", "没有这个部门 unknown department: %s", e.Owner)
	}
	for _, r := range e.Regions {
		if len(b.regions) > 0 && !slices.Contains(b.regions, r) {
			wrong("regions", "没有这个地区 unknown region: %s; 可用 one of: %s", r, strings.Join(b.regions, " "))
		}
	}
	if e.ValidFrom != "" && e.ValidTo != "" && e.ValidTo < e.ValidFrom {
		wrong("valid_to", "失效日期 %s 早于生效日期 %s ends before it begins", e.ValidTo, e.ValidFrom)
	}
	if reason := b.wrongSuccessor(e); reason != "" {
		wrong("superseded_by", "%s", reason)
	}
	return found
}

func (b *Base) wrongSuccessor(e Entry) string {
	if e.SupersededBy == "" {
		return ""
	}
	path := []string{e.ID}
	for id := e.SupersededBy; id != ""; {
		next, found := b.Entry(id)
		switch {
		case !found && len(path) == 1:
			return "没有这个条目 unknown entry: " + id
		case !found:
			return "" // reported at the entry that names it
		case id == e.ID:
			return "替代关系成环 cycle: " + strings.Join(append(path, id), " → ")
		case slices.Contains(path, id):
			return "" // a cycle further on
		}
		path = append(path, id)
		id = next.SupersededBy
	}
	return ""
}

// unspeakable returns why a text cannot be read out, "" when it can.
func unspeakable(text string) string {
	if n := utf8.RuneCountInString(text); n > MaxVoice {
		return fmt.Sprintf("语音答案有 %d 字，最多 %d 字 too long to be spoken", n, MaxVoice)
	}
	lower := strings.ToLower(text)
	for _, mark := range []string{"http:", "https:", "www.", "://"} {
		if strings.Contains(lower, mark) {
			return "语音答案含有网址 has a URL"
		}
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune("()（）[]【】{}「」『』《》〈〉<>", r):
			return fmt.Sprintf("语音答案含有括号“%c” has brackets", r)
		case r == '\n' || r == '\t':
			return "语音答案应为一段话 has a line break"
		case unicode.Is(unicode.So, r):
			return fmt.Sprintf("语音答案含有念不出的符号“%c” has a symbol", r)
		}
	}
	return ""
}

// contradictions returns what the voice answer of an entry states otherwise than its web answer.
func contradictions(e Entry) []string {
	text, voice := Facts(e.AnswerText), Facts(e.AnswerVoice)
	var list []string
	for _, v := range voice {
		if v == (Fact{"12", "个月"}) || v.Value == "1" {
			continue // 一年、一次: speech for 每年, 每次
		}
		var others []string
		for _, t := range text {
			if t == v {
				others = nil
				break
			}
			if t.Unit == v.Unit {
				others = append(others, t.String())
			}
		}
		if len(others) > 0 && !slices.Contains(text, v) {
			list = append(list, fmt.Sprintf("语音说 %s，网页是 %s voice and web answers differ", v, strings.Join(others, "、")))
		}
	}
	return list
}

// soon is how many days before its end or review an entry is named.
const soon = 30

// Check goes through a base on a day: near-same questions and contradictions among entries, entries
// that have expired, end soon, are not in force yet or are due for review. These are warnings and
// notes; what refuses content was found by NewBase.
func (b *Base) Check(day Day) Problems {
	var ps Problems
	pairs := b.neighbours(everyone)
	for _, d := range duplicates(pairs) {
		e, _ := b.Entry(d.A)
		ps.add(b.problem(e, "question", Warning, fmt.Sprintf("与 %s 的问法相近：“%s”和“%s” near-same wording (%.2f)", d.B, d.TextA, d.TextB, d.Score)))
	}
	for _, c := range b.conflicts(pairs, everyone) {
		e, _ := b.Entry(c.A)
		ps.add(b.problem(e, "answer_text", Warning, fmt.Sprintf("与 %s 说法不一（%s）：%v 和 %v conflicting answers", c.B, c.Unit, c.Left, c.Right)))
	}
	for e := range b.All() {
		if p, found := b.dated(e, day); found {
			ps.add(p)
		}
		if e.Review != "" && e.Review <= day && e.Status != StatusWithdrawn {
			ps.add(b.problem(e, "review", Warning, "应在 "+string(e.Review)+" 前复核 review is due"))
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return ps
}

// dated names an entry that does not answer on a day, or soon will not.
func (b *Base) dated(e Entry, day Day) (Problem, bool) {
	switch standing := Validity(e, day); {
	case standing == Expired && e.SupersededBy != "":
		return b.problem(e, "valid_to", Note, "已于 "+string(e.ValidTo)+" 到期，由 "+e.SupersededBy+" 替代 expired, superseded"), true
	case standing == Expired:
		return b.problem(e, "valid_to", Warning, "已于 "+string(e.ValidTo)+" 到期，没有替代条目 expired without successor"), true
	case standing == NotYet:
		return b.problem(e, "valid_from", Note, "自 "+string(e.ValidFrom)+" 起生效 not in force yet"), true
	case standing == Valid && e.ValidTo != "" && e.ValidTo <= day.Add(soon) && e.SupersededBy == "":
		return b.problem(e, "valid_to", Warning, "将于 "+string(e.ValidTo)+" 到期，还没有替代条目 ends soon"), true
	}
	return Problem{}, false
}

func rank(s Severity) int { return slices.Index([]Severity{Error, Warning, Note}, s) }
