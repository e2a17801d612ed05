// Package han folds Chinese text for comparison: what different keyboards write alike, and what
// recognisers and speakers confuse.
package han

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Fold brings compatibility forms (full-width letters and digits) to their plain ones and letters
// to lower case, and removes punctuation and space.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(text))
}

// toneless takes the tones off vowels. ü is v, as everybody types it.
var toneless = strings.NewReplacer(
	"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ē", "e", "é", "e", "ě", "e", "è", "e",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v",
	"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m", "ế", "e", "ề", "e", "ê", "e",
)

// Syllable returns the toneless syllable of a Han character in its most frequent reading, "" for
// any other. Sounds that recognisers and many speakers confuse fall together: zh/z, ch/c, sh/s,
// n/l, f/h, r/l and the finals -ng/-n.
func Syllable(r rune) string {
	reading, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	s := toneless.Replace(reading)
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

var digits = [...]string{"lin", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"}

// Digit returns the syllable of 0…9 read in Chinese.
func Digit(r rune) string { return digits[r-'0'] }
