package nlu

import (
	"cmp"
	"math"
	"slices"
)

// scored is a document found, with what re-ranking needs.
type scored struct {
	doc     int32
	wording int32
	score   float32
	cosine  [spaces]float32
	covered float32 // share of the sentence's weight that the document holds, in pairs of fuzzy syllables and characters
	second  float32 // score of its second best wording
	votes   float32 // of wordings that score at least 0.6 of the best
}

// Search returns up to limit documents for a sentence, best first, equal scores in the order the
// documents were given.
func (in *Index) Search(text string, limit int) []Hit {
	found := in.search(newSentence(Tidy(text), in.lexicon), limit, nil)
	hits := make([]Hit, len(found))
	for i, f := range found {
		hits[i] = Hit{in.docs[f.doc].ID, float64(f.score)}
	}
	return hits
}

// accumulator collects the scores of one search.
type accumulator struct {
	scores  []float32 // by wording
	touched []int32
	steps   []int16 // of the scores of those touched
}

// maxPostings is how many postings a search reads.
const maxPostings = 24000

// sought is a gram of a sentence as the index knows it.
type sought struct {
	gram
	id     int32 // -1 if no document has it
	idf    float32
	weight float32
}

// look finds the grams of a sentence in the index.
func (in *Index) look(s *sentence) []sought {
	rare := float32(math.Log(1 + float64(len(in.docs))))
	grams := gramsOf(s, in.lexicon)
	out := make([]sought, len(grams))
	for i, g := range grams {
		out[i] = sought{g, -1, rare, rare * gramShare(g)}
		if id, ok := in.grams[g.key()]; ok {
			out[i].id, out[i].idf, out[i].weight = id, in.idf[id], in.idf[id]*gramShare(g)
		}
	}
	return out
}

// search finds documents; skip, if any, hides wordings.
func (in *Index) search(s *sentence, limit int, skip func(w int32) bool) []scored {
	grams := in.look(s)
	var norm [spaces]float32
	for _, g := range grams {
		norm[g.space] += g.weight * g.weight
	}
	for k := range norm {
		norm[k] = float32(math.Sqrt(float64(norm[k]))) + 1e-6
	}
	acc := in.scratch.Get().(*accumulator)
	defer in.scratch.Put(acc)
	in.accumulate(acc, grams, norm)
	found := in.gather(acc, limit, skip)
	in.compare(found, grams, norm)
	in.cover(found, grams)
	return found
}

// accumulate reads the postings of the rarest grams first, within the budget.
func (in *Index) accumulate(acc *accumulator, grams []sought, norm [spaces]float32) {
	order := make([]sought, 0, len(grams))
	for _, g := range grams {
		if g.id >= 0 {
			order = append(order, g)
		}
	}
	slices.SortStableFunc(order, func(a, b sought) int { return cmp.Compare(len(in.postings[a.id]), len(in.postings[b.id])) })
	budget := maxPostings
	for _, g := range order {
		postings := in.postings[g.id]
		if budget -= len(postings); budget < 0 {
			return
		}
		weight := g.weight / norm[g.space]
		for _, p := range postings {
			if acc.scores[p.wording] == 0 {
				acc.touched = append(acc.touched, p.wording)
			}
			acc.scores[p.wording] += weight * p.share
		}
	}
}

// gather turns scores into the best documents and leaves the accumulator empty. Of thousands of wordings
// that share a gram only the strongest are sorted.
func (in *Index) gather(acc *accumulator, limit int, skip func(w int32) bool) []scored {
	const kept, steps = 150, 256
	var count [steps]int
	acc.steps = acc.steps[:0]
	for _, w := range acc.touched {
		step := -1
		if skip == nil || !skip(w) {
			step = min(max(int(acc.scores[w]*steps), 0), steps-1)
			count[step]++
		}
		acc.steps = append(acc.steps, int16(step))
	}
	lowest, n := steps-1, count[steps-1]
	for lowest > 0 && n < kept {
		lowest--
		n += count[lowest]
	}
	docs := make([]scored, 0, n)
	for i, w := range acc.touched {
		if int(acc.steps[i]) >= lowest {
			docs = append(docs, scored{doc: in.wordings[w].doc, wording: w, score: acc.scores[w]})
		}
		acc.scores[w] = 0
	}
	acc.touched = acc.touched[:0]
	return best(docs, limit)
}

// compare tells the cosine of the best wording of each document in each space.
func (in *Index) compare(found []scored, grams []sought, norm [spaces]float32) {
	known := make([]sought, 0, len(grams))
	for _, g := range grams {
		if g.id >= 0 {
			known = append(known, g)
		}
	}
	slices.SortFunc(known, func(a, b sought) int { return cmp.Compare(a.id, b.id) })
	for i := range found {
		w := &in.wordings[found[i].wording]
		var sums [spaces]float32
		at := 0
		for _, g := range known {
			for at < len(w.own) && w.own[at] < g.id {
				at++
			}
			if at < len(w.own) && w.own[at] == g.id {
				sums[g.space] += g.weight * g.weight
			}
		}
		for k, sum := range sums {
			if w.norm[k] > 0 {
				found[i].cosine[k] = sum / (w.norm[k] * norm[k])
			}
		}
	}
}

// best keeps of each document its best wording and of those the best, in order.
func best(wordings []scored, limit int) []scored {
	slices.SortFunc(wordings, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc), cmp.Compare(a.wording, b.wording))
	})
	const deepest = 120 // wordings looked at
	out := make([]scored, 0, limit)
	for _, w := range wordings[:min(deepest, len(wordings))] {
		i := slices.IndexFunc(out, func(d scored) bool { return d.doc == w.doc })
		switch {
		case i < 0 && len(out) < limit:
			w.votes = 1
			out = append(out, w)
		case i >= 0:
			if out[i].second == 0 {
				out[i].second = w.score
			}
			if w.score >= 0.6*out[0].score {
				out[i].votes++
			}
		}
	}
	return out
}

// cover measures how much of the sentence each document holds, in any of its wordings.
func (in *Index) cover(found []scored, grams []sought) {
	var total float32
	covered := make([]float32, len(found))
	for _, g := range grams {
		if g.second < 0 || g.space == inExact {
			continue
		}
		total += g.idf
		if g.id < 0 {
			continue
		}
		for i, f := range found {
			if _, held := slices.BinarySearch(in.held[f.doc], g.id); held {
				covered[i] += g.idf
			}
		}
	}
	for i := range found {
		if total > 0 {
			found[i].covered = covered[i] / total
		}
	}
}

func sortScored(list []scored) []scored {
	slices.SortStableFunc(list, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc)) })
	return list[:min(candidates, len(list))]
}
