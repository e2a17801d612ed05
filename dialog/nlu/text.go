// Package nlu understands short Chinese sentences as a recogniser writes them: with homophones in
// place of the right characters, fillers, repetitions and no punctuation. Sentences are therefore
// compared in two spaces, characters and fuzzy toneless syllables.
package nlu

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Clean folds a sentence for matching: compatibility forms (full-width letters and digits) to
// their plain ones, letters to lower case, punctuation and space removed.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(text))
}

// Syllables reads a sentence as fuzzy toneless syllables, one for each Han character; runs of
// Latin letters are one unit and digits are read as Chinese digits. Sounds that recognisers and
// many speakers confuse fall together: zh/z, ch/c, sh/s, n/l, f/h, r/l and the finals -ng/-n.
func Syllables(text string) []string {
	var units []string
	var latin strings.Builder
	flush := func() {
		if latin.Len() > 0 {
			units = append(units, latin.String())
			latin.Reset()
		}
	}
	for _, r := range Clean(text) {
		switch {
		case r >= 'a' && r <= 'z':
			latin.WriteRune(r)
		case r >= '0' && r <= '9':
			flush()
			units = append(units, digitSyllables[r-'0'])
		default:
			flush()
			if s := syllable(r); s != "" {
				units = append(units, s)
			}
		}
	}
	flush()
	return units
}

var digitSyllables = [...]string{"lin", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"}

// toneless asks for plain syllables without tone marks, in the most frequent reading.
var toneless = pinyin.NewArgs()

func syllable(r rune) string {
	readings := pinyin.SinglePinyin(r, toneless)
	if len(readings) == 0 {
		return ""
	}
	return fuzzy(readings[0])
}

func fuzzy(s string) string {
	switch {
	case strings.HasPrefix(s, "zh"), strings.HasPrefix(s, "ch"), strings.HasPrefix(s, "sh"):
		s = s[:1] + s[2:]
	case strings.HasPrefix(s, "n"), strings.HasPrefix(s, "r"):
		s = "l" + s[1:]
	case strings.HasPrefix(s, "f"):
		s = "h" + s[1:]
	}
	return strings.TrimSuffix(s, "g")
}
