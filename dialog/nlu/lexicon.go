package nlu

import (
	_ "embed" // the classes of words
	"slices"
	"strings"
	"sync"
)

//go:embed lexicon.txt
var lexiconText string

// lexicon knows classes of words that mean the same, by their characters and, from two syllables
// on, by their sound.
type lexicon struct {
	words, sounds map[string][]string // classes
	number        map[string]int32    // of each class
	longest       []int               // characters of the longest word, by its first fuzzy syllable
}

var defaultLexicon = sync.OnceValue(func() *lexicon { return parseLexicon(lexiconText) })

func parseLexicon(text string) *lexicon {
	x := &lexicon{words: map[string][]string{}, sounds: map[string][]string{}, number: map[string]int32{}, longest: make([]int, len(soundings().names))}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0][0] == '#' {
			continue
		}
		if _, ok := x.number[fields[0]]; !ok {
			x.number[fields[0]] = int32(len(x.number))
		}
		for _, word := range fields[1:] {
			runes := []rune(word)
			first := readingOf(runes[0]).fuzzy
			x.longest[first] = max(x.longest[first], len(runes))
			x.words[word] = append(x.words[word], fields[0])
			if key := soundKey(runes); len(runes) > 1 && key != "" {
				x.sounds[key] = append(x.sounds[key], fields[0])
			}
		}
	}
	return x
}

// soundKey writes the fuzzy syllables of characters as a key, "" when one has no sound.
func soundKey(runes []rune) string {
	var b strings.Builder
	for _, r := range runes {
		n := readingOf(r).fuzzy
		if n == 0 {
			return ""
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}

// find is a class found in a sentence.
type find struct {
	class    string
	from, to int  // characters
	heard    bool // by sound only
}

// scan finds the classes of a sentence: at each place the longest word that is written there and, in a
// word of danger, shorter ones of danger, and longer-than-one words that sound like what is written.
func (x *lexicon) scan(s *sentence) []find {
	var out []find
	for i := range s.runes {
		written, danger := false, false
		for n := min(x.longest[s.fuzzy[i]], len(s.runes)-i); n > 0; n-- {
			if classes := x.words[s.text[s.offsets[i]:s.offsets[i+n]]]; classes != nil {
				danger = danger || !written && classes[0][0] == 'e'
				for _, c := range classes {
					if !written || danger && c[0] == 'e' {
						out = append(out, find{c, i, i + n, false})
					}
				}
				written = true
			}
			if written || n == 1 {
				continue
			}
			for _, c := range x.sounds[s.sound[s.soundAt[i]:s.soundAt[i+n]]] {
				out = append(out, find{c, i, i + n, true})
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(out), func(f find) bool { return f.class[0] == 'x' && within(f, out) })
}

// within reports whether what would lift danger is but a part of a word of danger (火了 in 着火了).
func within(f find, finds []find) bool {
	return slices.ContainsFunc(finds, func(o find) bool {
		return o.class[0] == 'e' && !o.heard && o.from <= f.from && f.to <= o.to && o.to-o.from > f.to-f.from
	})
}
