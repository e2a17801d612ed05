// Package nlu understands short Chinese sentences as a recogniser writes them: with homophones in
// place of the right characters, fillers, repetitions and no punctuation. Sentences are therefore
// compared in two spaces, characters and fuzzy toneless syllables.
package nlu

import (
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// Clean folds a sentence for matching; see han.Fold.
func Clean(text string) string { return han.Fold(text) }

// Syllables reads a sentence as fuzzy toneless syllables, one for each Han character; runs of
// Latin letters are one unit and digits are read as Chinese digits. What sounds alike is in
// han.Syllable.
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
			units = append(units, han.Digit(r))
		default:
			flush()
			if s := han.Syllable(r); s != "" {
				units = append(units, s)
			}
		}
	}
	flush()
	return units
}
