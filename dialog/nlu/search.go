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
	scores  []float32   // by wording
	touched []int32     // those that have a score, and room for one more
	steps   []int16     // of the scores of those touched
	order   []uint64    // grams by how many hold them
	strong  []candidate // those touched that may be among the best
}

func newAccumulator(wordings int) *accumulator {
	return &accumulator{scores: make([]float32, wordings), touched: make([]int32, wordings+1)}
}

// candidate is a wording with its score.
type candidate struct {
	doc, wording int32
	score        float32
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
	touched := in.accumulate(acc, grams, norm)
	found := in.gather(acc, touched, limit, skip)
	in.compare(found, grams, norm)
	in.cover(found, grams)
	return found
}

// accumulate reads the postings of the rarest grams first, within the budget, and returns the wordings
// that have a score.
func (in *Index) accumulate(acc *accumulator, grams []sought, norm [spaces]float32) []int32 {
	acc.order = acc.order[:0]
	for i, g := range grams {
		if g.id >= 0 {
			acc.order = append(acc.order, uint64(len(in.postings[g.id]))<<32|uint64(i))
		}
	}
	slices.Sort(acc.order)
	scores, touched, n := acc.scores, acc.touched, 0
	budget := maxPostings
	for _, o := range acc.order {
		g := &grams[uint32(o)]
		postings := in.postings[g.id]
		if budget -= len(postings); budget < 0 {
			break
		}
		weight := g.weight / norm[g.space]
		for _, p := range postings {
			score := scores[p.wording]
			touched[n] = p.wording
			if score == 0 { // kept, without a jump that cannot be foreseen
				n++
			}
			scores[p.wording] = score + weight*p.share
		}
	}
	return touched[:n]
}

// gather turns scores into the best documents and leaves the accumulator empty. Of thousands of wordings
// that share a gram only the strongest are sorted.
func (in *Index) gather(acc *accumulator, touched []int32, limit int, skip func(w int32) bool) []scored {
	const steps = 4096
	var count [steps]int32
	scores, step := acc.scores, acc.steps[:0]
	for _, w := range touched {
		at := -1
		if skip == nil || !skip(w) {
			at = min(max(int(scores[w]*steps), 0), steps-1)
			count[at]++
		}
		step = append(step, int16(at))
	}
	lowest, n := steps-1, count[steps-1]
	for lowest > 0 && n < deepest {
		lowest--
		n += count[lowest]
	}
	strong := acc.strong[:0]
	for i, w := range touched {
		if int(step[i]) >= lowest {
			strong = append(strong, candidate{in.wordings[w].doc, w, scores[w]})
		}
		scores[w] = 0
	}
	acc.steps, acc.strong = step, strong
	return best(strong, limit)
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

// deepest is how many wordings are looked at for the best documents.
const deepest = 120

// best keeps of each document its best wording and of those the best, in order.
func best(wordings []candidate, limit int) []scored {
	slices.SortFunc(wordings, func(a, b candidate) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return cmp.Or(cmp.Compare(a.doc, b.doc), cmp.Compare(a.wording, b.wording))
	})
	out := make([]scored, 0, limit)
	for _, w := range wordings[:min(deepest, len(wordings))] {
		i := slices.IndexFunc(out, func(d scored) bool { return d.doc == w.doc })
		switch {
		case i < 0 && len(out) < limit:
			out = append(out, scored{doc: w.doc, wording: w.wording, score: w.score, votes: 1})
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
