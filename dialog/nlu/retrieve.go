package nlu

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// Document is one thing to be found: an id, what it is about, and the ways people ask for it.
type Document struct {
	ID       string
	Category string
	Wordings []string
}

// Hit is a document found with its similarity, from 0 to 1.
type Hit struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`
}

// The spaces sentences are compared in.
const (
	inChars = iota
	inExact
	inFuzzy
	inClasses
	spaces
)

// blend is how much each space counts before anything is learned.
var blend = [spaces]float32{0.35, 0.25, 0.25, 0.15}

// Index finds the documents a sentence asks for. It is immutable and safe for concurrent use.
//
// Each wording is four bags of grams: characters and their pairs, toneless and fuzzy syllables and
// their pairs, classes of words. Grams weigh by how few documents hold them; a wording scores by
// the cosine in each space, a document by its best wording. Postings are our own: with 10,000
// documents the frequent grams make up most of the work and say least, so the rarest grams are
// read first and reading stops at a budget.
type Index struct {
	docs     []Document
	wordings []wording
	grams    map[uint64]int32 // by key
	postings [][]posting
	idf      []float32
	held     [][]int32 // grams of each document, ascending
	lexicon  *lexicon
	scratch  *sync.Pool
}

type wording struct {
	doc  int32
	fold int8 // part of the training sentences it came from, -1 for one of the document itself
	norm [spaces]float32
	own  []int32 // its grams, ascending
}

// posting is a wording that holds a gram, and what the gram adds to its score for each unit of weight
// in a sentence of norm 1.
type posting struct {
	wording int32
	share   float32
}

// gram is one or two units of a space.
type gram struct {
	space  uint8
	first  int32
	second int32 // -1 for a single unit
}

// extra is a wording that was learned from an utterance.
type extra struct {
	id, text string
	fold     int8
}

// NewIndex builds an index over documents.
func NewIndex(documents []Document) *Index { return buildIndex(documents, nil, defaultLexicon()) }

func buildIndex(documents []Document, extras []extra, x *lexicon) *Index {
	in := &Index{docs: documents, grams: map[uint64]int32{}, lexicon: x}
	byID := make(map[string]int32, len(documents))
	type text struct {
		doc   int32
		fold  int8
		grams []gram
	}
	var texts []text
	for i, d := range documents {
		byID[d.ID] = int32(i)
		for _, w := range d.Wordings {
			texts = append(texts, text{int32(i), -1, gramsOf(newSentence(Tidy(w), x), x)})
		}
	}
	for _, e := range extras {
		if d, ok := byID[e.id]; ok {
			texts = append(texts, text{d, e.fold, gramsOf(newSentence(Tidy(e.text), x), x)})
		}
	}
	in.held = make([][]int32, len(documents))
	for _, t := range texts {
		for _, g := range t.grams {
			id, ok := in.grams[g.key()]
			if !ok {
				id = int32(len(in.postings))
				in.grams[g.key()] = id
				in.postings = append(in.postings, nil)
			}
			if t.fold < 0 {
				in.held[t.doc] = append(in.held[t.doc], id)
			}
		}
	}
	in.weigh()
	for _, t := range texts {
		in.post(t.doc, t.fold, t.grams)
	}
	in.scratch = &sync.Pool{New: func() any { return newAccumulator(len(in.wordings)) }}
	return in
}

// weigh counts the documents that hold each gram.
func (in *Index) weigh() {
	holders := make([]int32, len(in.postings))
	for d := range in.held {
		slices.Sort(in.held[d])
		in.held[d] = slices.Compact(in.held[d])
		for _, g := range in.held[d] {
			holders[g]++
		}
	}
	in.idf = make([]float32, len(holders))
	for g, n := range holders {
		in.idf[g] = float32(math.Log(1 + float64(len(in.docs))/float64(max(1, n))))
	}
}

func (in *Index) post(doc int32, fold int8, grams []gram) {
	w := wording{doc: doc, fold: fold, own: make([]int32, len(grams))}
	for i, g := range grams {
		id := in.grams[g.key()]
		weight := in.idf[id] * gramShare(g)
		w.norm[g.space] += weight * weight
		w.own[i] = id
	}
	for k := range w.norm {
		w.norm[k] = float32(math.Sqrt(float64(w.norm[k])))
	}
	at := int32(len(in.wordings))
	for i, g := range grams {
		id := w.own[i]
		share := blend[g.space] * in.idf[id] * gramShare(g) / w.norm[g.space]
		in.postings[id] = append(in.postings[id], posting{at, share})
	}
	slices.Sort(w.own)
	in.wordings = append(in.wordings, w)
}

// gramShare is the weight of a kind of gram: pairs keep word order and survive homophones.
func gramShare(g gram) float32 {
	if g.second < 0 && g.space != inClasses {
		return 0.45
	}
	return 1
}

// gramsOf lists the distinct grams of a sentence in a fixed order.
func gramsOf(s *sentence, x *lexicon) []gram {
	out := make([]gram, 0, 8*len(s.runes))
	for i, r := range s.runes {
		out = append(out, gram{inChars, r, -1}, gram{inExact, int32(s.exact[i]), -1}, gram{inFuzzy, int32(s.fuzzy[i]), -1})
		if i == 0 {
			continue
		}
		out = append(out, gram{inChars, s.runes[i-1], r}, gram{inExact, int32(s.exact[i-1]), int32(s.exact[i])},
			gram{inFuzzy, int32(s.fuzzy[i-1]), int32(s.fuzzy[i])})
		if s.also[i] != 0 {
			out = append(out, gram{inFuzzy, int32(s.fuzzy[i-1]), int32(s.also[i])})
		}
		if s.also[i-1] != 0 {
			out = append(out, gram{inFuzzy, int32(s.also[i-1]), int32(s.fuzzy[i])})
		}
	}
	for _, f := range s.finds {
		matter := f.class[0] == 'q' || f.class[0] == 'i' || f.class[0] == 't' // not how it is said, nor foreign matters
		if matter && (!f.heard || f.to-f.from > 2) {
			out = append(out, gram{inClasses, x.number[f.class], -1})
		}
	}
	slices.SortFunc(out, compareGrams)
	return slices.Compact(out)
}

func compareGrams(a, b gram) int { return cmp.Compare(a.key(), b.key()) }

// key packs a gram into one number that sorts like it.
func (g gram) key() uint64 {
	return uint64(g.space)<<50 | uint64(g.first)<<25 | uint64(g.second+1)
}
