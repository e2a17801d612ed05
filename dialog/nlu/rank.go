package nlu

import (
	"cmp"
	"math"
	"slices"
)

// rankFeatures are what a candidate is judged by, in the order of the weights.
var rankFeatures = []string{"chars", "exact", "fuzzy", "classes", "score", "covered", "second", "votes", "category", "entry", "first", "pairs_min"}

// nRank is their number.
const nRank = 12

// candidates is how many documents are judged.
const candidates = 15

// judged is a candidate with its features and, once ranked, its value.
type judged struct {
	doc      int32
	features [nRank]float64
	value    float64
}

// judge describes the candidates of a sentence. category and entry are the chances that the
// classifiers give, nil when there are none.
func judge(in *Index, found []scored, category, entry func(name string) float64) []judged {
	out := make([]judged, len(found))
	for i, f := range found {
		d := in.docs[f.doc]
		first := 0.0
		if i == 0 {
			first = 1
		}
		out[i] = judged{doc: f.doc, features: [nRank]float64{
			float64(f.cosine[inChars]), float64(f.cosine[inExact]), float64(f.cosine[inFuzzy]), float64(f.cosine[inClasses]),
			float64(f.score), float64(f.covered), float64(f.second), math.Log(1 + float64(f.votes)),
			floorLog(category(d.Category)), floorLog(entry(d.ID)), first,
			min(float64(f.cosine[inChars]), float64(f.cosine[inFuzzy])),
		}}
	}
	return out
}

// floorLog is the logarithm of a chance, between -5 and 0, scaled to 0…1.
func floorLog(p float64) float64 { return 1 + math.Log(math.Max(p, math.Exp(-5)))/5 }

// rank orders candidates by a linear model and returns them with the chance of each among them.
func rank(list []judged, weights []float64) []float64 {
	for i := range list {
		list[i].value = dot(list[i].features[:], weights)
	}
	slices.SortStableFunc(list, func(a, b judged) int { return cmp.Compare(b.value, a.value) })
	p := make([]float64, len(list))
	var sum float64
	for i, c := range list {
		p[i] = math.Exp(c.value - list[0].value)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func dot(x, w []float64) float64 {
	var sum float64
	for i := range x {
		sum += x[i] * w[i]
	}
	return sum
}

// lesson is one sentence whose right candidate is known.
type lesson struct {
	list  []judged
	right int
}

// learnRanking fits the weights so that the right candidate is the likeliest (conditional logit), by
// gradient ascent with L2.
func learnRanking(lessons []lesson) []float64 {
	const rounds, rate, l2 = 400, 2.0, 0.002
	w := make([]float64, nRank)
	w[4] = 5
	for range rounds {
		g := make([]float64, nRank)
		for _, l := range lessons {
			z := make([]float64, len(l.list))
			top := math.Inf(-1)
			for i, c := range l.list {
				z[i] = dot(c.features[:], w)
				top = max(top, z[i])
			}
			var sum float64
			for i := range z {
				z[i] = math.Exp(z[i] - top)
				sum += z[i]
			}
			for i, c := range l.list {
				miss := -z[i] / sum
				if i == l.right {
					miss++
				}
				for k, x := range c.features {
					g[k] += miss * x
				}
			}
		}
		for k := range w {
			w[k] += rate * (g[k]/float64(max(1, len(lessons))) - l2*w[k])
		}
	}
	return rounded(w)
}

// sureFeatures are what the confidence in the best candidate is made of.
var sureFeatures = []string{"bias", "share", "margin", "score", "chars", "fuzzy", "covered", "votes", "category", "entry", "ask", "out_of_scope", "strange", "short"}

// nSure is their number.
const nSure = 14

// sureness describes how sure the best candidate is. acts gives the chance of an act.
func sureness(list []judged, p []float64, runes int, acts func(a Act) float64) []float64 {
	best := list[0].features
	margin := 1.0
	if len(p) > 1 {
		margin = p[0] - p[1]
	}
	strange := acts(ActChitchat) + acts(ActAbuse) + acts(ActAgent)
	return []float64{1, p[0], margin, best[4], best[0], best[2], best[5], best[7], best[8], best[9],
		acts(ActAsk), acts(ActOutOfScope), strange, 1 / float64(1+runes)}
}

// learnLogistic fits a binary logistic regression by gradient ascent with L2; the first feature is
// the bias and is not held back.
func learnLogistic(x [][]float64, y []bool, weight []float64) []float64 {
	const rounds, rate, l2 = 1500, 1.5, 0.0005
	w := make([]float64, nSure)
	var total float64
	for _, v := range weight {
		total += v
	}
	for range rounds {
		g := make([]float64, len(w))
		for i := range x {
			miss := -sigmoid(dot(x[i], w))
			if y[i] {
				miss++
			}
			for k, v := range x[i] {
				g[k] += weight[i] * miss * v
			}
		}
		for k := range w {
			pull := l2 * w[k]
			if k == 0 {
				pull = 0
			}
			w[k] += rate * (g[k]/math.Max(1, total) - pull)
		}
	}
	return rounded(w)
}

// rounded cuts weights to what the file of a model holds.
func rounded(w []float64) []float64 {
	for k := range w {
		w[k] = math.Round(w[k]*1e4) / 1e4
	}
	return w
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
