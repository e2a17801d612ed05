package zh

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// rule says how one form of figures, letters or signs is spoken.
type rule struct {
	pattern *regexp.Regexp // anchored at its start
	say     func(m match) (said string, ok bool)
}

// match is what a rule sees.
type match struct {
	groups        []string // of the pattern; the first is all of it
	before, after string   // the text around it
}

func newRule(pattern string, say func(m match) (string, bool)) rule {
	return rule{regexp.MustCompile(`^(?:` + pattern + `)`), say}
}

// newRules returns all rules, the most particular first.
func (f *Frontend) newRules() []rule {
	var all []rule
	for _, group := range [][]rule{layoutRules(), timeRules(), contactRules(f), amountRules(), f.letterRules()} {
		all = append(all, group...)
	}
	return all
}

// whole tells whether the number matched does not go on.
func (m match) whole() bool {
	r, _ := utf8.DecodeRuneInString(m.after)
	return !isDigit(r)
}

// alone tells whether neither figures nor letters touch the match.
func (m match) alone() bool {
	next, _ := utf8.DecodeRuneInString(m.after)
	return !isDigit(next) && !isLetter(next)
}

// follows tells whether the text before ends in one of the words, spaces apart.
func (m match) follows(words ...string) bool { return endsIn(m.before, words...) }

// precedes tells whether the text after starts with one of the words, spaces apart.
func (m match) precedes(words ...string) bool {
	after := strings.TrimLeft(m.after, " ")
	for _, w := range words {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}

func endsIn(text string, words ...string) bool {
	text = strings.TrimRight(text, " ")
	for _, w := range words {
		if strings.HasSuffix(text, w) {
			return true
		}
	}
	return false
}

// layoutRules drop what belongs to writing only and name the signs that are spoken.
func layoutRules() []rule {
	lineStart := func(m match) bool {
		before := strings.TrimRight(m.before, " ")
		return before == "" || strings.HasSuffix(before, "\n")
	}
	return []rule{
		newRule(`https?://[!-~]*`, drop),
		newRule(`(\d{1,2})[.、．)）][ ]*`, func(m match) (string, bool) { // 1. of a list
			return "第" + cardinal(m.groups[1]) + "，", lineStart(m) && m.whole()
		}),
		newRule(`[-*•#]+ +`, func(m match) (string, bool) { return "", lineStart(m) }),
		newRule(`[#*]键?`, func(m match) (string, bool) {
			name := map[byte]string{'#': "井号键", '*': "星号键"}[m.groups[0][0]]
			return name, m.follows("按", "拨", "输入") || strings.HasSuffix(m.groups[0], "键")
		}),
		newRule(`\((\p{Han}{1,2})\)`, func(m match) (string, bool) { return m.groups[1], true }), // (含)
		newRule(`&`, always("和")),
		newRule(`≥`, always("大于等于")), newRule(`≤`, always("小于等于")), newRule(`±`, always("正负")),
		newRule(`\+`, func(m match) (string, bool) { return "加", digitAfter(m) && digitBefore(m) }),
		newRule(`[×*xX]`, func(m match) (string, bool) { return "乘", digitAfter(m) && digitBefore(m) }),
		newRule(`=`, func(m match) (string, bool) { return "等于", digitAfter(m) }),
		newRule(`/`, slash),
		newRule(`(?:--+|——+|-|–|—|~|→)`, dash),
	}
}

func drop(match) (string, bool) { return "", true }

func always(said string) func(match) (string, bool) {
	return func(match) (string, bool) { return said, true }
}

func digitAfter(m match) bool {
	after := strings.TrimLeft(m.after, " ")
	return after != "" && isDigit(rune(after[0]))
}

func digitBefore(m match) bool {
	before := strings.TrimRight(m.before, " ")
	return before != "" && isDigit(rune(before[len(before)-1]))
}

// slash is 每 in 元/月 and a pause elsewhere.
func slash(m match) (string, bool) {
	if m.follows("元", "次", "度", "时", "天", "吨", "人", "米", "斤", "克", "升", "个", "件", "分", "块", "里") &&
		m.precedes("月", "年", "日", "天", "小时", "时", "人", "次", "吨", "度", "平方", "立方", "米", "公里", "公斤", "千克", "升", "户", "台", "辆", "个", "件", "m", "k", "h", "季") {
		return "每", true
	}
	return "，", true
}

// dash is 到 between two times, days or amounts, 零下 or 负 before an amount and a pause elsewhere.
func dash(m match) (string, bool) {
	after := strings.TrimLeft(m.after, " ")
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(m.before, " "))
	next, _ := utf8.DecodeRuneInString(after)
	in := func(chars string, r rune) bool { return r != utf8.RuneError && strings.ContainsRune(chars, r) }
	switch {
	case isDigit(next) && (isDigit(last) || in("日号月年点时分半元万%度周", last)),
		in("周日月号一二三四五六天", last) && in("周星次本一二三四五六日", next),
		m.groups[0] == "~":
		return "到", true
	case m.groups[0] != "-":
		return "，", true
	case isDigit(next) && !isLetter(last):
		amount := prefix(after, func(r rune) bool { return isDigit(r) || r == '.' })
		if (match{after: after[amount:]}).precedes("度", "摄氏度") {
			return "零下", true
		}
		return "负", true
	case isLetter(last):
		return " ", true
	}
	return "，", true
}
