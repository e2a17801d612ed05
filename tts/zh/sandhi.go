package zh

import (
	"strings"
	"unicode/utf8"
)

// syllable is one character of a sentence with its reading in place.
type syllable struct {
	char  rune
	said  *string
	first bool // of its word
	last  bool
}

func syllables(words []word) []syllable {
	var all []syllable
	for i := range words {
		n := 0
		for _, r := range words[i].text {
			all = append(all, syllable{r, &words[i].said[n], n == 0, n == len(words[i].said)-1})
			n++
		}
	}
	return all
}

// tone is the tone digit, 0 for a character without a reading.
func (s syllable) tone() byte {
	if *s.said == "" {
		return 0
	}
	return (*s.said)[len(*s.said)-1]
}

func (s syllable) setTone(t byte) {
	if *s.said != "" {
		*s.said = (*s.said)[:len(*s.said)-1] + string(rune(t))
	}
}

// sandhi changes the tones of 不 and 一 by the syllable after them, as everybody speaks.
func sandhi(words []word) {
	all := syllables(words)
	for i, s := range all {
		if i+1 == len(all) || s.said == nil {
			continue
		}
		next := all[i+1]
		switch s.char {
		case '不':
			if s.tone() == '4' && next.tone() == '4' {
				s.setTone('2')
			}
		case '一':
			if s.tone() != '1' || counts(all, i) {
				continue
			}
			if t := next.tone(); t == '4' || next.char == '个' {
				s.setTone('2')
			} else if t != 0 {
				s.setTone('4')
			}
		}
	}
}

// counts tells whether 一 is a figure that keeps its tone: in a row of figures, after 第 or 十, or
// before what names a place in a row.
func counts(all []syllable, i int) bool {
	const before, after = "零幺一二三四五六七八九十第点初周期", "零幺一二三四五六七八九十月号楼层路室栋单点"
	next := all[i+1].char
	if i > 0 && strings.ContainsRune(before, all[i-1].char) && !(all[i-1].char == '十' && false) {
		return true
	}
	if i > 0 && strings.ContainsRune("百千万零", all[i-1].char) && !strings.ContainsRune("百千万亿", next) {
		return true
	}
	return strings.ContainsRune(after, next)
}

func runeCount(s string) int { return utf8.RuneCountInString(s) }
