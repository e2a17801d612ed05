package zh

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

// word is a word of a sentence and its syllables, pinyin with a tone digit (5 is neutral).
type word struct {
	text string
	said []string
}

// entry is a word of the lexicon.
type entry struct {
	weight float32  // log of how likely the word is
	said   []string // nil means the first reading of each character
}

// lexicon knows words, how likely they are and how they are read.
type lexicon struct {
	entries map[string]entry
	longest int // characters of the longest word
}

// ownCount is how often a word of readings.tsv is taken to occur that lexicon.tsv does not have:
// often enough to win over its parts.
const ownCount = 3000

// newLexicon reads the word list and the readings that go before it. A line is a word, in the first
// its count, and its syllables where they are not the first readings of its characters.
func newLexicon(words, readings string) (*lexicon, error) {
	l := &lexicon{entries: make(map[string]entry, strings.Count(words, "\n")+strings.Count(readings, "\n"))}
	total := 0.0
	for line := range strings.Lines(words) {
		text, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		count, said, _ := strings.Cut(rest, "\t")
		n, err := strconv.Atoi(count)
		if err != nil {
			return nil, fmt.Errorf("read lexicon.tsv: %q: %w", line, err)
		}
		total += float64(n)
		l.add(text, entry{float32(n), strings.Fields(said)})
	}
	for line := range strings.Lines(readings) {
		line, _, _ = strings.Cut(line, "#")
		for _, item := range strings.Split(strings.TrimSpace(line), "，") {
			text, said, _ := strings.Cut(strings.TrimSpace(item), " ")
			if _, known := l.entries[text]; text == "" || known && said == "" {
				continue
			}
			e := entry{weight: max(l.entries[text].weight, ownCount), said: strings.Fields(said)}
			if n := utf8.RuneCountInString(text); len(e.said) != n && len(e.said) != 0 {
				return nil, fmt.Errorf("read readings.tsv: %q has %d syllables", text, len(e.said))
			}
			l.add(text, e)
		}
	}
	for text, e := range l.entries {
		e.weight = float32(math.Log(float64(e.weight) / total))
		l.entries[text] = e
	}
	return l, nil
}

func (l *lexicon) add(text string, e entry) {
	if len(e.said) == 0 {
		e.said = nil
	}
	l.entries[text] = e
	l.longest = max(l.longest, utf8.RuneCountInString(text))
}

// unseen is the weight of a character the lexicon does not have.
const unseen = -20

// cut divides a run of Han characters into words: numbers by their places, all else as is most
// likely.
func (l *lexicon) cut(run string) []word {
	var words []word
	for run != "" {
		start, end := number(run)
		words = l.likely(words, run[:start])
		for _, w := range places(run[start:end]) {
			words = append(words, l.word(w))
		}
		run = run[end:]
	}
	return words
}

// number returns where the first number of two or more characters is, or the end of the run twice.
func number(run string) (start, end int) {
	n := 0
	for i, r := range run {
		switch {
		case strings.ContainsRune(numerals, r), r == '点' && n > 0:
			if n == 0 {
				start = i
			}
			n++
		case n > 1:
			return start, i
		default:
			n = 0
		}
	}
	if n > 1 {
		return start, len(run)
	}
	return len(run), len(run)
}

// places divides a number after 点, 万 and 亿; figures that are dictated stay apart.
func places(number string) []string {
	if number == "" {
		return nil
	}
	if runeCount(number) > 2 && !strings.ContainsAny(number, "十百千万亿点") {
		return strings.Split(number, "")
	}
	var out []string
	start := 0
	for i, r := range number {
		if end := i + utf8.RuneLen(r); strings.ContainsRune("点万亿", r) && end-start > 3 || end == len(number) {
			out, start = append(out, number[start:end]), end
		}
	}
	return out
}

// likely appends the most likely words of a run.
func (l *lexicon) likely(words []word, run string) []word {
	var at []int // byte offsets of the characters and of the end
	for i := range run {
		at = append(at, i)
	}
	n := len(at)
	at = append(at, len(run))
	best := make([]float32, n+1) // weight of the best way from here to the end
	next := make([]int, n)       // where its first word ends
	for i := n - 1; i >= 0; i-- {
		best[i] = float32(math.Inf(-1))
		for j := i + 1; j <= min(n, i+l.longest); j++ {
			e, known := l.entries[run[at[i]:at[j]]]
			if !known {
				if j > i+1 {
					continue
				}
				e.weight = unseen
			}
			if w := e.weight + best[j]; w > best[i] {
				best[i], next[i] = w, j
			}
		}
	}
	for i := 0; i < n; i = next[i] {
		words = append(words, l.word(run[at[i]:at[next[i]]]))
	}
	return words
}

// word returns a word with a copy of its reading.
func (l *lexicon) word(text string) word {
	if e := l.entries[text]; e.said != nil {
		return word{text, append([]string(nil), e.said...)}
	}
	w := word{text: text, said: make([]string, 0, len(text)/3)}
	for _, r := range text {
		if e := l.entries[string(r)]; e.said != nil {
			w.said = append(w.said, e.said[0])
			continue
		}
		w.said = append(w.said, firstReading(r))
	}
	return w
}

// firstReading returns the most usual reading of a character, "" when it is not known.
func firstReading(r rune) string {
	all, _, _ := strings.Cut(pinyin.PinyinDict[int(r)], ",")
	return numbered(all)
}

// toneMarks holds the vowels with the marks of tones 1 to 4.
var toneMarks = map[rune]string{
	'ā': "a1", 'á': "a2", 'ǎ': "a3", 'à': "a4", 'ē': "e1", 'é': "e2", 'ě': "e3", 'è': "e4", 'ī': "i1", 'í': "i2", 'ǐ': "i3", 'ì': "i4",
	'ō': "o1", 'ó': "o2", 'ǒ': "o3", 'ò': "o4", 'ū': "u1", 'ú': "u2", 'ǔ': "u3", 'ù': "u4", 'ǖ': "v1", 'ǘ': "v2", 'ǚ': "v3", 'ǜ': "v4",
	'ń': "n2", 'ň': "n3", 'ǹ': "n4", 'ḿ': "m2",
}

// numbered writes a syllable with its tone as a digit: nǚ is nv3.
func numbered(syllable string) string {
	if syllable == "" {
		return ""
	}
	out := make([]byte, 0, 8)
	tone := byte('5')
	for _, r := range syllable {
		switch m, marked := toneMarks[r]; {
		case marked:
			out, tone = append(out, m[0]), m[1]
		case r == 'ü':
			out = append(out, 'v')
		case r == '\u0300': // a grave accent of its own: m̀
			tone = '4'
		case r == '\u0304':
			tone = '1'
		case r == '\u030c':
			tone = '3'
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return string(append(out, tone))
}
