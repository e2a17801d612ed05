package zh

import (
	"strings"
	"unicode/utf8"
)

// context is a reading of a one-character word between certain neighbours.
type context struct {
	char   string
	before string // the word before ends in one of these; ^ is no word before, "" anything
	after  string // the word after starts with one of these; $ is no word after, "" anything
	said   string
}

const (
	numerals = "零幺一二两三四五六七八九十百千万亿几"
	counting = numerals + "这那哪各每某"
	persons  = "我你您他她咱"
)

// contexts are the readings of one-character words that their neighbours decide; the first that
// fits counts, without one the word has its reading of the lexicon. Words of more characters, such
// as 还款 and 还有, are in data/readings.tsv.
var contexts = []context{
	{"得", "^", "", "dei3"},
	{"得", "还都也就总可非只您你我他", "", "dei3"},
	{"得", "", "", "de5"},
	{"为", "", numerals + "$每不准", "wei2"},
	{"了", "不", "", "liao3"},
	{"着", "不", "", "zhao2"},
	{"只", numerals, "", "zhi1"},
	{"种", counting, "", "zhong3"},
	{"种", "", "树菜地花草粮果了田着过玉小水", "zhong4"},
	{"重", "", "办填报新发修建来打拨启做交申提播听说传试拍号", "chong2"},
	{"还", "", "款钱贷债清了给$", "huan2"},
	{"长", "", "出大高得了不胖满", "zhang3"},
	{"调", "", "到去走出入回来过档", "diao4"},
	{"教", "", persons + "孩书会学大老", "jiao1"},
	{"量", "", "一了体血尺身", "liang2"},
	{"倒", "", "了塌在闭下伏", "dao3"},
	{"系", "", "好上紧着安", "ji4"},
	{"切", "", "了断开菜成", "qie1"},
	{"数", "", "了清完钱", "shu3"},
	{"背", "", "着包起书孩", "bei1"},
	{"空", "", "着出", "kong4"},
	{"卷", "", "起走", "juan3"},
	{"炸", "", "鸡油串", "zha2"},
	{"累", "", "计加", "lei3"},
}

// settle gives the one-character words among words the reading that fits between their neighbours.
func settle(words []word) {
	for i := range words {
		if len(words[i].said) != 1 {
			continue
		}
		before, after := "^", "$"
		if i > 0 {
			before = words[i-1].text
		}
		if i+1 < len(words) {
			after = words[i+1].text
		}
		if said := reading(words[i].text, before, after); said != "" {
			words[i].said[0] = said
		}
	}
}

// reading returns how a one-character word sounds between two words, "" for as usual.
func reading(char, before, after string) string {
	for _, c := range contexts {
		if c.char == char && (c.before == "" || endsInAny(before, c.before)) && (c.after == "" || startsWithAny(after, c.after)) {
			return c.said
		}
	}
	if char == "地" && isAdverb(before) && after != "$" {
		return "de5"
	}
	return ""
}

// adverbs are the words of two characters that 地 makes adverbs of on the line; after others it is
// mostly the noun, as in 迁入地.
const adverbs = "快速 迅速 认真 仔细 及时 不断 积极 主动 合理 公平 顺利 详细 清楚 耐心 安全 尽快 更好 很好 充分 严格 逐步 非法 擅自 大声 反复 正确 明确 有效 高兴 着急 随意 自觉 准确 完整 如实 " +
	"热情 平稳 明显 简单 轻松 直接 间接 持续 经常 全面 统一 规范 科学 客观 公正 公开 自由 平等 妥善 切实 违规 无故 突然"

// isAdverb tells whether a word is one of adverbs or a doubled one, such as 慢慢 or 清清楚楚.
func isAdverb(word string) bool {
	chars := []rune(word)
	switch len(chars) {
	case 2:
		return chars[0] == chars[1] || strings.Contains(adverbs, word)
	case 4:
		return chars[0] == chars[1] && chars[2] == chars[3]
	}
	return false
}

func endsInNumeral(s string) bool { return endsInAny(s, numerals) }

func startsWithNumeral(s string) bool { return startsWithAny(s, numerals) }

func startsWithAny(s, chars string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(chars, r)
}

func endsInAny(s, chars string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && strings.ContainsRune(chars, r)
}
