package slot

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// toneMarks maps vowels with their tones to plain ones; ü is written v.
var toneMarks = strings.NewReplacer(
	"ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ī", "i", "í", "i", "ǐ", "i", "ì", "i",
	"ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ǖ", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ü", "v", "ń", "n", "ň", "n", "ǹ", "n",
)

var digitSounds = [...]string{"lin", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"}

// syllable returns the toneless sound of a character in its most frequent reading, with those
// folded that recognisers and many speakers confuse: zh/z, ch/c, sh/s, n/l, f/h, r/l and -ng/-n.
func syllable(c rune) string {
	if isDigit(c) {
		return digitSounds[c-'0']
	}
	if c >= 'A' && c <= 'Z' {
		return string(c)
	}
	reading, _, _ := strings.Cut(pinyin.PinyinDict[int(c)], ",")
	if reading == "" {
		return ""
	}
	s := toneMarks.Replace(reading)
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

// soundsOf returns the syllable of each character, "" where there is none.
func soundsOf(r []rune) []string {
	out := make([]string, len(r))
	for i, c := range r {
		out[i] = syllable(c)
	}
	return out
}

// soundOf joins the syllables of characters.
func soundOf(r []rune) string { return strings.Join(soundsOf(r), " ") }

// soundPairs is the set of neighbouring syllables, by which two names are compared.
func soundPairs(r []rune) map[string]bool {
	set := map[string]bool{}
	units := soundsOf(r)
	for i := 1; i < len(units); i++ {
		set[units[i-1]+" "+units[i]] = true
	}
	return set
}
