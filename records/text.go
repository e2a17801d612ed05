package records

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/internal/han"
)

// MaxText is how many characters of a conversation can be searched; what comes after is left out.
const MaxText = 20000

// MinSearch is how many letters, digits or Han characters a search has at least.
const MinSearch = 2

// Fold brings what is looked for to the form of Record.Text.
func Fold(text string) string { return han.Fold(text) }

// Grams yields the pairs of neighbouring characters of one folded line. A text holds another exactly when
// it holds the pairs of it one after another, so an index of pairs finds any part of a sentence
// without knowing words.
func Grams(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for at := 0; at < len(line); {
			_, first := utf8.DecodeRuneInString(line[at:])
			_, second := utf8.DecodeRuneInString(line[at+first:])
			if second == 0 || !yield(line[at:at+first+second]) {
				return
			}
			at += first
		}
	}
}

// text gathers what was said.
type text struct {
	lines strings.Builder
	runes int
}

func (t *text) add(said string) {
	line := Fold(said)
	if n := utf8.RuneCountInString(line); n == 0 {
		return
	} else if t.runes+n > MaxText {
		line = string([]rune(line)[:MaxText-t.runes])
	}
	if line == "" {
		return
	}
	t.runes += utf8.RuneCountInString(line)
	if t.lines.Len() > 0 {
		t.lines.WriteByte('\n')
	}
	t.lines.WriteString(line)
}
