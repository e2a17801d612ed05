package zh

import (
	"strings"
	"unicode/utf8"
)

// settle gives the single characters with several readings the one that fits between their
// neighbours. Inside longer words the lexicon has decided already.
func settle(words []word) {
	for i := range words {
		w := &words[i]
		if len(w.said) != 1 {
			continue
		}
		var before, after string
		if i > 0 {
			before = words[i-1].text
		}
		if i+1 < len(words) {
			after = words[i+1].text
		}
		if said := single(w.text, before, after); said != "" {
			w.said[0] = said
		}
	}
}

const numerals = "零幺一二两三四五六七八九十百千万亿几"

func endsInNumeral(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && strings.ContainsRune(numerals, r)
}

func startsWithNumeral(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(numerals, r)
}

func startsWithAny(s, chars string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(chars, r)
}

func endsInAny(s, chars string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && strings.ContainsRune(chars, r)
}

// single returns the reading of a one-character word between two others, "" for its usual one.
func single(text, before, after string) string {
	counted := endsInNumeral(before) || endsInAny(before, "这那哪各每")
	switch text {
	case "地":
		if runeCount(before) >= 2 && after != "" && !counted {
			return "de5"
		}
		return "di4"
	case "得":
		if before == "" || endsInAny(before, "还都也就总可非只") && after != "" {
			return "dei3"
		}
		return "de5"
	case "为":
		if startsWithNumeral(after) || after == "" || startsWithAny(after, "每不准") {
			return "wei2"
		}
		return "wei4"
	case "只":
		if counted {
			return "zhi1"
		}
		return "zhi3"
	case "种":
		if counted || after == "" {
			return "zhong3"
		}
		if startsWithAny(after, "树菜地花草粮果了田") {
			return "zhong4"
		}
		return "zhong3"
	case "重":
		if startsWithAny(after, "办填报新发修建来打拨启做交申提播听说传试") {
			return "chong2"
		}
		return "zhong4"
	case "还":
		if startsWithAny(after, "款钱贷债清") || after == "" && before != "" {
			return "huan2"
		}
		return "hai2"
	case "数":
		if startsWithAny(after, "一") {
			return "shu3"
		}
		return "shu4"
	case "转":
		if startsWithAny(after, "了圈") && endsInAny(before, "圈") {
			return "zhuan4"
		}
		return "zhuan3"
	case "长":
		if startsWithAny(after, "出大高得了不胖") {
			return "zhang3"
		}
		return "chang2"
	case "行":
		return "xing2"
	case "没":
		return "mei2"
	case "都":
		return "dou1"
	case "和":
		return "he2"
	}
	return ""
}
