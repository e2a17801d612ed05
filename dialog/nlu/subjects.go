package nlu

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
)

const subjectHeader = "category\twords"

// ReadSubjects reads a table with the columns category and words, the words people use for it,
// separated by spaces. A line that does not fit is an error that names the file and the line.
func ReadSubjects(r io.Reader, file string) (map[string][]string, error) {
	bad := func(line int, format string, args ...any) error {
		return hotline.Errorf("read subjects", hotline.CodeInvalid, "%s:%d: "+format, append([]any{file, line}, args...)...)
	}
	out := map[string][]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFileLine)
	line := 0
	for lines.Scan() {
		line++
		text := strings.TrimSpace(lines.Text())
		if line == 1 {
			if strings.TrimPrefix(text, "\ufeff") != subjectHeader {
				return nil, bad(line, "首行应为列名 the first line must be %q", subjectHeader)
			}
			continue
		}
		if text == "" {
			continue
		}
		category, words, ok := strings.Cut(text, "\t")
		if !ok || len(strings.Fields(words)) == 0 {
			return nil, bad(line, "应有类别和词 a category and its words are needed")
		}
		out[category] = append(out[category], strings.Fields(words)...)
	}
	if err := lines.Err(); err != nil {
		return nil, bad(line+1, "%w", err)
	}
	return out, nil
}

// subjects knows the words people use for each category, by writing and by sound.
type subjects struct {
	categories    []string
	listed        [][]string         // words of each category as they were given
	words, sounds map[string][]int32 // numbers of categories
	longest       []int              // characters of the longest word, by its first fuzzy syllable
}

func newSubjects(categories []Category) *subjects {
	x := &subjects{words: map[string][]int32{}, sounds: map[string][]int32{}, longest: make([]int, len(soundings().names))}
	for _, c := range categories {
		if len(c.Words) == 0 {
			continue
		}
		k := int32(len(x.categories))
		x.categories, x.listed = append(x.categories, c.ID), append(x.listed, c.Words)
		for _, word := range c.Words {
			word = Clean(word)
			runes := []rune(word)
			if len(runes) == 0 {
				continue
			}
			first := readingOf(runes[0]).fuzzy
			x.longest[first] = max(x.longest[first], len(runes))
			add(x.words, word, k)
			if key := soundKey(runes); len(runes) > 1 && key != "" {
				add(x.sounds, key, k)
			}
		}
	}
	return x
}

func add(to map[string][]int32, key string, k int32) {
	if !slices.Contains(to[key], k) {
		to[key] = append(to[key], k)
	}
}

// How much a word that is only heard says, by its syllables.
const (
	heardTwo  = 0.3
	heardMore = 0.8
)

// weigh returns how much the words of a sentence speak for each category, nil if nothing does. A
// word that several categories share is divided among them.
func (x *subjects) weigh(s *sentence) []float64 {
	if len(x.categories) == 0 {
		return nil
	}
	var score []float64
	speak := func(categories []int32, weight float64) {
		if score == nil {
			score = make([]float64, len(x.categories))
		}
		for _, k := range categories {
			score[k] += weight / float64(len(categories))
		}
	}
	for i := range s.runes {
		heard, heardLength := []int32(nil), 0
		for n := min(x.longest[s.fuzzy[i]], len(s.runes)-i); n > 0; n-- {
			if found := x.words[s.text[s.offsets[i]:s.offsets[i+n]]]; found != nil {
				speak(found, 1)
				heard = nil
				break
			}
			if found := x.sounds[s.sound[s.soundAt[i]:s.soundAt[i+n]]]; n > 1 && heard == nil && found != nil {
				heard, heardLength = found, n
			}
		}
		switch {
		case heard == nil:
		case heardLength == 2:
			speak(heard, heardTwo)
		default:
			speak(heard, heardMore)
		}
	}
	return score
}

// subjectFeatures names the categories that the words of a sentence speak for.
func (x *subjects) features(g *group, s *sentence) {
	score := x.weigh(s)
	var length float64
	for _, v := range score {
		length += v * v
	}
	for k, v := range score {
		if v > 0 {
			g.put(append(append(g.name[:0], subjectMark...), x.categories[k]...))
			g.end(scaleSubject*v/math.Sqrt(length), 1)
		}
	}
}

// subjectMark begins the names of features of words of a category.
const subjectMark = "w:"
