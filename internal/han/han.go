// Package han makes Chinese text comparable: traditional script in simplified characters, what different
// keyboards write alike, and the syllables that recognisers and speakers confuse.
package han

import (
	"strings"
	"sync"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Fold brings a text to the form in which texts are compared: compatibility forms (full-width
// letters and digits) plain, letters in lower case, traditional script simplified, no punctuation
// and no space.
func Fold(text string) string {
	folded := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(text))
	return Simplify(folded)
}

// Clauses folds a text and keeps it apart wherever something visible stood that is no letter or digit.
func Clauses(text string) []string {
	spaced := strings.Map(func(r rune) rune {
		switch {
		case r == unicode.ReplacementChar, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKC.String(text))
	return strings.Fields(Simplify(spaced))
}

// Readings returns the toneless syllables of a Han character, the most frequent first, each once; ü is
// v, as everybody types it.
func Readings(r rune) []string {
	var out []string
next:
	for marked := range strings.SplitSeq(pinyin.PinyinDict[int(r)], ",") {
		plain := toneless(marked)
		for _, known := range out {
			if known == plain {
				continue next
			}
		}
		if plain != "" {
			out = append(out, plain)
		}
	}
	return out
}

// toneless writes a syllable without its tone; ü becomes v.
func toneless(marked string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'ā', 'á', 'ǎ', 'à':
			return 'a'
		case 'ē', 'é', 'ě', 'è', 'ê', 'ế', 'ề':
			return 'e'
		case 'ī', 'í', 'ǐ', 'ì':
			return 'i'
		case 'ō', 'ó', 'ǒ', 'ò':
			return 'o'
		case 'ū', 'ú', 'ǔ', 'ù':
			return 'u'
		case 'ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ':
			return 'v'
		case 'ń', 'ň', 'ǹ':
			return 'n'
		case 'ḿ':
			return 'm'
		}
		if unicode.Is(unicode.Mn, r) { // of syllables without a letter that has the tone on it
			return -1
		}
		return r
	}, marked)
}

// Confusable lets the syllables fall together that recognisers and many speakers confuse: zh/z,
// ch/c, sh/s, n/l, f/h, r/l and the finals -ng/-n.
func Confusable(s string) string {
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

// The common Han characters are those from First to Last.
const (
	First = 0x4E00
	Last  = 0x9FFF
)

// syllables are the confusable syllables of the common Han characters.
var syllables = sync.OnceValue(func() []string {
	known := map[string]string{} // each syllable is kept once
	out := make([]string, Last-First+1)
	for i := range out {
		s := syllable(rune(First + i))
		if _, ok := known[s]; !ok {
			known[s] = strings.Clone(s)
		}
		out[i] = known[s]
	}
	return out
})

// Syllable returns the confusable syllable of a Han character in its most frequent reading, "" for
// any other.
func Syllable(r rune) string {
	if r >= First && r <= Last {
		return syllables()[r-First]
	}
	return syllable(r)
}

func syllable(r rune) string {
	first, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	return Confusable(toneless(first))
}

var digits = [...]rune{'零', '一', '二', '三', '四', '五', '六', '七', '八', '九'}

// Numeral returns the Han character of 0…9.
func Numeral(r rune) rune { return digits[r-'0'] }

// Digit returns the syllable of 0…9 read in Chinese.
func Digit(r rune) string { return Syllable(Numeral(r)) }
