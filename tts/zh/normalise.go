package zh

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalise returns what is spoken for a text: Han characters, Latin words (in lower case) and
// letters (in upper case, one by one), and the marks ，、。！？；：“”. Everything else is spelled out or
// dropped. Normalising twice changes nothing, so the result is fit as a cache key.
func (f *Frontend) Normalise(text string) string {
	return tidy(f.spell(fold(text)))
}

// spell replaces figures, letters and signs, from left to right, by what the first rule that fits
// says. A rule sees the text before and after, so that 110 is a number to call but 110元 a price.
func (f *Frontend) spell(text string) string {
	var out strings.Builder
	out.Grow(2 * len(text))
	for i := 0; i < len(text); {
		said, n := f.apply(text, i)
		out.WriteString(said)
		i += n
	}
	return out.String()
}

// apply returns what the first rule says that fits at i, and how many bytes it covers. Without one
// it is the character itself.
func (f *Frontend) apply(text string, i int) (said string, covered int) {
	r, size := utf8.DecodeRuneInString(text[i:])
	if r < utf8.RuneSelf && r != ' ' || strings.ContainsRune(signs, r) || strings.ContainsRune(provinces, r) {
		for _, rule := range f.rules {
			groups := rule.pattern.FindStringSubmatch(text[i:])
			if groups == nil {
				continue
			}
			n := len(groups[0])
			if said, ok := rule.say(match{groups, text[:i], text[i+n:]}); ok {
				return said, n
			}
		}
	}
	return text[i : i+size], size
}

// signs are the signs beyond ASCII that rules begin with.
const signs = "¥€£×÷±≥≤→～~–—•"

// provinces are the characters number plates begin with.
const provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// folded are characters with a plainer form for the rules than Unicode's own.
var folded = strings.NewReplacer(
	"㎡", "平方米", "m²", "平方米", "㎥", "立方米", "m³", "立方米", "km²", "平方公里", "㎢", "平方公里",
	"℃", "摄氏度", "°C", "摄氏度", "°", "度", "℉", "华氏度", "‰", "%%", "〇", "零", "○", "零", "（", "(", "）", ")",
	"－", "-", "−", "-", "‐", "-", "‑", "-", "‒", "-", "～", "~", "〜", "~", "∼", "~", "￥", "¥",
	"℡", "电话", "№", "编号", "\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n",
)

// fold brings characters that differ only in form together: full-width letters and figures,
// ligatures, circled numbers. Han characters and Chinese punctuation stay as they are.
func fold(text string) string {
	text = folded.Replace(strings.ToValidUTF8(text, ""))
	var out strings.Builder
	out.Grow(len(text))
	for _, r := range text {
		if r < utf8.RuneSelf || r >= 0x4E00 && r <= 0x9FFF || strings.ContainsRune(punctuation, r) {
			out.WriteRune(r)
			continue
		}
		out.WriteString(norm.NFKC.String(string(r)))
	}
	return out.String()
}

// punctuation is what tidy understands; kept from being folded to ASCII, where “，” between figures
// would look like a thousands separator.
const punctuation = "，、。！？；：“”‘’「」『』《》〈〉【】〔〕…—"

// marks maps punctuation to what is kept of it, a pause of one of three strengths or a quotation
// mark.
var marks = map[rune]string{
	'，': "，", ',': "，", '、': "、", '。': "。", '.': "。", '．': "。", '！': "！", '!': "！", '？': "？", '?': "？",
	'；': "；", ';': "；", '：': "：", ':': "：", '…': "，", '—': "，", '–': "，", '\n': "。", '|': "，", '~': "，",
	'(': "，", ')': "，", '【': "，", '】': "，", '[': "，", ']': "，", '〔': "，", '〕': "，",
	'“': "“", '”': "”", '「': "“", '」': "”", '『': "“", '』': "”", '《': "“", '》': "”", '〈': "“", '〉': "”",
}

// strength orders pauses; of several in a row the first strongest stays.
func strength(mark string) int {
	switch mark {
	case "。", "！", "？":
		return 4
	case "；", "：":
		return 3
	case "，":
		return 2
	case "、":
		return 1
	}
	return 0
}

// tidy keeps Han characters, letters and marks: of several pauses in a row the strongest, behind a
// closing quotation mark; none at the start; and spaces only between letters.
func tidy(text string) string {
	out := make([]byte, 0, len(text))
	var closing, pause, opening string // marks since the last character kept
	gap := false                       // something else was since then
	last := ' '
	flush := func() {
		if len(out) > 0 {
			out = append(out, closing+pause...)
		}
		out = append(out, opening...)
		closing, pause, opening = "", "", ""
	}
	for _, r := range text {
		switch m := marks[r]; {
		case isHan(r), isLetter(r):
			if gap && closing+pause+opening == "" && isLetter(r) && isLetter(last) {
				out = append(out, ' ')
			}
			flush()
			out = utf8.AppendRune(out, r)
			last, gap = r, false
			continue
		case m == "“":
			opening = m
		case m == "”" && opening != "": // nothing is quoted
			opening = ""
		case m == "”":
			closing = m
		case strength(m) > strength(pause):
			pause = m
		}
		gap = true
	}
	opening = ""
	flush()
	return string(out)
}
