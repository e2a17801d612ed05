package nlu

import "strings"

// sentence is a tidied sentence in its three spaces.
type sentence struct {
	text    string
	runes   []rune
	offsets []int // of the characters in text, one more than there are characters
	exact   []uint16
	fuzzy   []uint16
	also    []uint16 // second readings
	sound   string   // fuzzy syllables as characters, for look-ups
	soundAt []int    // offsets in sound
	finds   []find
}

func newSentence(tidy string, x *lexicon) *sentence {
	s := &sentence{text: tidy, runes: []rune(tidy)}
	n := len(s.runes)
	s.offsets, s.soundAt = make([]int, 0, n+1), make([]int, 0, n+1)
	s.exact, s.fuzzy, s.also = make([]uint16, n), make([]uint16, n), make([]uint16, n)
	for i := range tidy {
		s.offsets = append(s.offsets, i)
	}
	s.offsets = append(s.offsets, len(tidy))
	var b strings.Builder
	for i, r := range s.runes {
		v := readingOf(r)
		s.exact[i], s.fuzzy[i], s.also[i] = v.exact, v.fuzzy, v.also
		s.soundAt = append(s.soundAt, b.Len())
		b.WriteRune(rune(v.fuzzy))
	}
	s.soundAt = append(s.soundAt, b.Len())
	s.sound = b.String()
	s.finds = x.scan(s)
	return s
}

// says reports whether a word of a class is written in the sentence.
func (s *sentence) says(class string) bool {
	for _, f := range s.finds {
		if f.class == class && !f.heard {
			return true
		}
	}
	return false
}
