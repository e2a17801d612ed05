package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind says what a part of normalised text is.
type kind int

const (
	han   kind = iota // a run of Han characters
	latin             // one Latin word or letter
	mark              // one punctuation mark
)

type part struct {
	kind kind
	text string
}

// parts splits normalised text; spaces only separate.
func parts(text string) []part {
	var out []part
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		n := size
		p := part{kind: mark}
		switch {
		case r == ' ':
			text = text[size:]
			continue
		case isHan(r):
			p.kind, n = han, prefix(text, isHan)
		case isLetter(r):
			p.kind, n = latin, prefix(text, isLetter)
		}
		p.text, text = text[:n], text[n:]
		out = append(out, p)
	}
	return out
}

// prefix returns how many bytes at the start of text are runes that fit.
func prefix(text string, fits func(rune) bool) int {
	if i := strings.IndexFunc(text, func(r rune) bool { return !fits(r) }); i >= 0 {
		return i
	}
	return len(text)
}

func isHan(r rune) bool { return r >= 0x3400 && unicode.Is(unicode.Han, r) }

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
