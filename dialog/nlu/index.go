package nlu

import (
	"cmp"
	"math"
	"slices"
)

// Document is one thing to be found: an id and the ways people ask for it.
type Document struct {
	ID       string
	Wordings []string
}

// Hit is a document found, with its score from 0 to 1.
type Hit struct {
	ID    string
	Score float64
}

// Index finds the document a sentence asks for. It is immutable and safe for concurrent use.
//
// A wording is a bag of grams: pairs of fuzzy syllables, single syllables and pairs of characters,
// each weighted by how rare it is among the documents (tf-idf, cosine). Syllables find what a
// recogniser misheard, characters prefer what it heard right.
type Index struct {
	ids      []string
	wordings []wording
	postings map[string][]posting
	idf      map[string]float64
	rare     float64 // weight of a gram no document has
}

type wording struct {
	document int
	norm     float64
}

type posting struct {
	wording int
	weight  float64
}

// NewIndex builds an index over documents.
func NewIndex(documents []Document) *Index {
	x := &Index{postings: map[string][]posting{}, idf: map[string]float64{}}
	holders := map[string]int{} // documents that hold a gram
	for _, d := range documents {
		seen := map[string]bool{}
		for _, w := range d.Wordings {
			for _, g := range grams(w) {
				if !seen[g.text] {
					seen[g.text] = true
					holders[g.text]++
				}
			}
		}
	}
	n := float64(len(documents))
	for g, df := range holders {
		x.idf[g] = math.Log(1 + n/float64(df))
	}
	x.rare = math.Log(1 + n)
	for i, d := range documents {
		x.ids = append(x.ids, d.ID)
		for _, w := range d.Wordings {
			x.add(i, w)
		}
	}
	return x
}

func (x *Index) add(document int, text string) {
	var sum float64
	at := len(x.wordings)
	for _, g := range grams(text) {
		weight := x.idf[g.text] * g.share
		sum += weight * weight
		x.postings[g.text] = append(x.postings[g.text], posting{at, weight})
	}
	x.wordings = append(x.wordings, wording{document, math.Sqrt(sum)})
}

// Search returns up to limit documents for a sentence, best first, equal scores in the order the
// documents were given.
func (x *Index) Search(text string, limit int) []Hit {
	var sum float64
	dots := make(map[int]float64)
	for _, g := range grams(trimFillers(Clean(text))) {
		idf, known := x.idf[g.text]
		if !known {
			idf = x.rare
		}
		weight := idf * g.share
		sum += weight * weight
		for _, p := range x.postings[g.text] {
			dots[p.wording] += weight * p.weight
		}
	}
	best := make(map[int]float64)
	for w, dot := range dots {
		score := dot / (math.Sqrt(sum) * x.wordings[w].norm)
		if d := x.wordings[w].document; score > best[d] {
			best[d] = score
		}
	}
	documents := make([]int, 0, len(best))
	for d := range best {
		documents = append(documents, d)
	}
	slices.SortFunc(documents, func(a, b int) int {
		return cmp.Or(cmp.Compare(best[b], best[a]), cmp.Compare(a, b))
	})
	hits := make([]Hit, 0, min(limit, len(documents)))
	for _, d := range documents[:min(limit, len(documents))] {
		hits = append(hits, Hit{x.ids[d], best[d]})
	}
	return hits
}

// The share each kind of gram has. Pairs of syllables carry most: they survive homophones and
// keep word order.
const (
	weightSyllablePair = 1.0
	weightSyllable     = 0.4
	weightCharPair     = 0.5
)

// gram is one feature of a sentence; share is the weight of its kind.
type gram struct {
	text  string
	share float64
}

// grams returns the distinct grams of a sentence, always in the same order: sums over them must
// not depend on chance.
func grams(text string) []gram {
	clean, units := []rune(Clean(text)), Syllables(text)
	out := make([]gram, 0, len(clean)+2*len(units))
	for i := 1; i < len(clean); i++ {
		out = append(out, gram{"c:" + string(clean[i-1:i+1]), weightCharPair})
	}
	for i, u := range units {
		out = append(out, gram{"s:" + u, weightSyllable})
		if i > 0 {
			out = append(out, gram{"p:" + units[i-1] + " " + u, weightSyllablePair})
		}
	}
	slices.SortFunc(out, func(a, b gram) int { return cmp.Compare(a.text, b.text) })
	return slices.Compact(out)
}
