package nlu

import (
	"math"
	"strconv"
)

// feature is a named property of a sentence as a number of the vocabulary, and how much of it
// there is.
type feature struct {
	id    int32
	value float32
}

// vocabulary numbers feature names. While it is open, new names are added.
type vocabulary struct {
	ids   map[string]int32
	names []string
	open  bool
}

func newVocabulary() *vocabulary { return &vocabulary{ids: map[string]int32{}, open: true} }

func (v *vocabulary) id(name []byte) (int32, bool) {
	if id, ok := v.ids[string(name)]; ok {
		return id, true
	}
	if !v.open {
		return 0, false
	}
	id := int32(len(v.names))
	v.ids[string(name)] = id
	v.names = append(v.names, string(name))
	return id, true
}

// group is a family of features whose values share one length, so that a long sentence does not
// shout and none of the spaces drowns the others.
type group struct {
	v     *vocabulary
	out   []feature
	name  []byte
	begin int
}

func (g *group) add(id int32) { g.out = append(g.out, feature{id, 1}) }

func (g *group) put(name []byte) {
	if id, ok := g.v.id(name); ok {
		g.add(id)
	}
	g.name = name
}

// end gives the features since the last end the length scale. Doubled ones count once.
func (g *group) end(scale float64, of int) {
	if of > 0 {
		value := float32(scale / math.Sqrt(float64(of)))
		for i := g.begin; i < len(g.out); i++ {
			g.out[i].value = value
		}
	}
	g.begin = len(g.out)
}

// context is what features need to know besides the sentence.
type context struct {
	hits     []scored // of retrieval, best first
	index    *Index
	subjects *subjects
}

// Lengths of the groups.
const (
	scaleChars, scaleExact, scaleFuzzy = 1.0, 0.6, 0.6
	scaleSkips, scaleClasses           = 0.4, 1.2
	scaleCue                           = 0.8
	scaleSubject                       = 1.5
	scaleEnd                           = 0.5
	scaleFact, scaleHit                = 0.2, 0.5
)

// features lists the properties of a sentence: character n-grams (c), toneless (s) and fuzzy (f)
// syllables and their pairs, pairs with one character between (k), classes of words (l) and their pairs
// (p), categories whose words are there (w), and single facts: beginning and end, length, what retrieval finds.
func features(v *vocabulary, s *sentence, c context) []feature {
	g := &group{v: v, out: make([]feature, 0, 12*len(s.runes)+16), name: make([]byte, 0, 64)}
	n := len(s.runes)
	for i := range n {
		for k := 1; k <= 3 && i+k <= n; k++ {
			g.put(append(append(g.name[:0], 'c', byte('0'+k), ':'), s.text[s.offsets[i]:s.offsets[i+k]]...))
		}
	}
	g.end(scaleChars, 3*n)
	syllables(g, 's', s.exact, 2, 2)
	g.end(scaleExact, n)
	syllables(g, 'f', s.fuzzy, 1, 2)
	g.end(scaleFuzzy, 2*n)
	for i := 0; i+2 < n; i++ {
		name := append(append(g.name[:0], 'k', ':'), s.text[s.offsets[i]:s.offsets[i+1]]...)
		g.put(append(append(name, '_'), s.text[s.offsets[i+2]:s.offsets[i+3]]...))
	}
	g.end(scaleSkips, n)
	classFeatures(g, s)
	c.subjects.features(g, s)
	facts(g, s, c)
	return g.out
}

func syllables(g *group, kind byte, units []uint16, from, to int) {
	names := soundings().names
	for i := range units {
		for k := from; k <= to && i+k <= len(units); k++ {
			name := append(g.name[:0], kind, byte('0'+k), ':')
			for _, u := range units[i : i+k] {
				name = append(append(name, names[u]...), ' ')
			}
			g.put(name[:len(name)-1])
		}
	}
}

// classFeatures names the classes found and the pairs of neighbours in order: who (t) did what (e)
// says more than both apart.
func classFeatures(g *group, s *sentence) {
	const most = 24
	finds := s.finds[:min(most, len(s.finds))]
	for i, f := range finds {
		mark := byte('l')
		if f.heard {
			if f.to-f.from < 3 && f.class[0] != 'e' && f.class[0] != 'h' {
				continue // two syllables sound like too much else
			}
			mark = '~'
		}
		g.put(append(append(g.name[:0], mark, ':'), f.class...))
		if f.heard {
			continue
		}
		for _, next := range finds[i+1 : min(i+4, len(finds))] {
			if !next.heard && next.class != f.class && next.from >= f.to {
				g.put(append(append(append(append(g.name[:0], 'p', ':'), f.class...), '+'), next.class...))
			}
		}
	}
	g.end(scaleClasses, 3+len(finds))
	for _, class := range cues {
		if s.says(class) {
			g.put(append(append(g.name[:0], "cue:"...), class...))
			g.end(scaleCue, 1)
		}
	}
}

// cues are classes that say by themselves what a person does, however long the story around them.
var cues = []string{"v.report", "v.complain", "i.praise", "i.suggest", "i.report", "i.followup", "i.illegal", "m.insult", "h.person", "h.someone",
	"o.world", "o.create", "o.finance", "o.shop", "o.tech", "o.body", "o.private", "o.court", "o.away"}

// atEnd is how near the end of a sentence a class of words counts as what it ends with, in characters.
const atEnd = 7

// ends names the classes that a sentence ends with, and whether it asks at all: a story that ends in a
// question asks, one without a question wants something done.
func (g *group) ends(s *sentence) {
	asks := false
	for _, f := range s.finds {
		if f.heard {
			continue
		}
		asks = asks || f.class[0] == 'q'
		if f.to > len(s.runes)-atEnd && (f.class[0] == 'q' || f.class[0] == 'i') {
			g.put(append(append(g.name[:0], "end:"...), f.class...))
			g.end(scaleEnd, 1)
		}
	}
	if !asks {
		g.put(append(g.name[:0], "end:no_question"...))
		g.end(scaleEnd, 1)
	}
}

func facts(g *group, s *sentence, c context) {
	n := len(s.runes)
	fact := func(kind, value string, weight float64) {
		g.put(append(append(append(g.name[:0], kind...), ':'), value...))
		g.end(weight, 1)
	}
	for k := 1; k <= 2 && k <= n; k++ {
		fact("first", s.text[:s.offsets[k]], scaleFact)
		fact("last", s.text[s.offsets[n-k]:], scaleFact)
	}
	if n > 0 {
		g.ends(s)
	}
	fact("length", strconv.Itoa(int(math.Log2(float64(n+1))*2)), scaleFact)
	if len(c.hits) == 0 {
		fact("hit", "none", scaleHit)
		return
	}
	fact("hit", strconv.Itoa(min(6, int(c.hits[0].score*12))), scaleHit)
	for _, h := range c.hits[:min(5, len(c.hits))] {
		if category := c.index.docs[h.doc].Category; category != "" {
			fact("about", category, 1.2*float64(h.score))
		}
	}
}
