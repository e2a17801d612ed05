package whisper

import (
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/asr"
)

// spellings returns hotwords in the model's tokens, each in both scripts: half of what whisper
// writes is traditional. Words of one token are left out, for there is nothing to continue.
func (m model) spellings(words []string) [][]int32 {
	var out [][]int32
	for _, word := range words {
		simple := m.tokens(word)
		if len(simple) > 1 {
			out = append(out, simple)
		}
		if other := m.tokens(m.traditional(word)); len(other) > 1 && !slices.Equal(simple, other) {
			out = append(out, other)
		}
	}
	return out[:min(len(out), maxWords)]
}

// traditional returns a word in traditional script. Of several characters it takes the one that the
// model has the earliest token for, which is the most frequent.
func (m model) traditional(word string) string {
	var b strings.Builder
	for _, c := range word {
		best, bestTokens := c, []int32(nil)
		for _, variant := range asr.Variants(c) {
			tokens := m.tokens(string(variant))
			if bestTokens == nil || len(tokens) < len(bestTokens) ||
				len(tokens) == len(bestTokens) && slices.Compare(tokens, bestTokens) < 0 {
				best, bestTokens = variant, tokens
			}
		}
		b.WriteRune(best)
	}
	return b.String()
}
