package zh

import (
	"strings"
	"unicode/utf8"
)

// syllable is one character of a sentence with its reading in place.
type syllable struct {
	char rune
	said *string
	ends bool // its word, which has other characters
}

func syllables(words []word) []syllable {
	var all []syllable
	for i := range words {
		chars := []rune(words[i].text)
		for n, r := range chars {
			all = append(all, syllable{r, &words[i].said[n], n > 0 && n == len(chars)-1})
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

// sandhi changes the tones of 不 and 一 by the syllable after them, as everybody speaks: 不 is second
// before a fourth tone, 一 second before a fourth and else fourth; both are neutral in 看一看, 行不行.
// The model learned third tones from text without sandhi and lowers them itself: 2+3 for 3+3 was
// recognised neither better nor worse (whisper base, 32 sentences), so they are left alone.
func sandhi(words []word) {
	all := syllables(words)
	for i := range len(all) - 1 {
		s, next := all[i], all[i+1]
		between := i > 0 && all[i-1].char == next.char
		switch {
		case s.char == '不' && between, s.char == '一' && between && !strings.ContainsRune(numerals, next.char):
			s.setTone('5')
		case s.char == '不' && s.tone() == '4' && next.tone() == '4':
			s.setTone('2')
		case s.char != '一':
		case isFigure(all, i):
			s.setTone('1')
		case next.tone() == '4', next.char == '个':
			s.setTone('2')
		case next.tone() != 0:
			s.setTone('4')
		}
	}
}

// isFigure tells whether 一 is a figure that keeps its tone: in a row of figures, after 第 and the
// like, at the end of a longer number, or before what names a place in a row.
func isFigure(all []syllable, i int) bool {
	next := all[i+1].char
	if strings.ContainsRune("零幺一二三四五六七八九十月日号楼层路室栋单", next) {
		return true
	}
	if next == '点' && i+2 < len(all) && strings.ContainsRune(numerals, all[i+2].char) {
		return true // 一点五
	}
	if i == 0 {
		return false
	}
	before := all[i-1].char
	if all[i].ends && !strings.ContainsRune("这那每另某同任哪", before) {
		return true // 统一
	}
	if strings.ContainsRune("百千万亿", before) {
		return !strings.ContainsRune("百千万亿", next)
	}
	return strings.ContainsRune("零幺一二三四五六七八九十第点初周期", before)
}

func runeCount(s string) int { return utf8.RuneCountInString(s) }
