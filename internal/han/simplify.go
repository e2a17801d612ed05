package han

import (
	_ "embed" // the table of simplified characters
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed simplified.txt
var simplifiedTable string

// script maps traditional characters and phrases to simplified ones.
type script struct {
	characters map[rune]rune
	variants   map[rune][]rune   // the other way round
	phrases    map[string]string // for characters whose form depends on the word, 乾隆 and 乾淨
	starts     map[rune]bool     // first characters of phrases
	longest    int               // of the phrases, in characters
}

var simplified = sync.OnceValue(func() script { return parseScript(simplifiedTable) })

func parseScript(table string) script {
	s := script{characters: make(map[rune]rune), variants: make(map[rune][]rune), phrases: make(map[string]string), starts: make(map[rune]bool)}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if phrase, becomes, ok := strings.Cut(line, " "); ok {
			s.phrases[phrase] = becomes
			first, _ := utf8.DecodeRuneInString(phrase)
			s.starts[first] = true
			s.longest = max(s.longest, utf8.RuneCountInString(phrase))
			continue
		}
		pairs := []rune(line)
		for i := 0; i+1 < len(pairs); i += 2 {
			s.characters[pairs[i]] = pairs[i+1]
			s.variants[pairs[i+1]] = append(s.variants[pairs[i+1]], pairs[i])
		}
	}
	return s
}

// Simplify turns traditional script into simplified script, character for character: the result has
// as many characters as s. Other text stays as it is.
func Simplify(s string) string {
	table := simplified()
	in := []rune(s)
	out := make([]rune, 0, len(in))
	for len(out) < len(in) {
		rest := in[len(out):]
		if phrase, ok := table.phraseAt(rest); ok {
			out = append(out, phrase...)
			continue
		}
		c := rest[0]
		if simple, ok := table.characters[c]; ok {
			c = simple
		}
		out = append(out, c)
	}
	return string(out)
}

// Variants returns the characters that become c when they are simplified, without c itself.
func Variants(c rune) []rune { return slices.Clone(simplified().variants[c]) }

// phraseAt returns what the longest phrase at the beginning of text becomes.
func (s script) phraseAt(text []rune) ([]rune, bool) {
	if !s.starts[text[0]] {
		return nil, false
	}
	for n := min(s.longest, len(text)); n > 1; n-- {
		if becomes, ok := s.phrases[string(text[:n])]; ok {
			return []rune(becomes), true
		}
	}
	return nil, false
}
