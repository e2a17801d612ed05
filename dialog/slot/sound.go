package slot

import (
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// syllable returns the sound of a character, of digits and capital letters too.
func syllable(c rune) string {
	if isDigit(c) {
		return han.Digit(c)
	}
	if c >= 'A' && c <= 'Z' {
		return string(c)
	}
	return han.Syllable(c)
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
