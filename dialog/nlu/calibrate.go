package nlu

import (
	"cmp"
	"slices"
)

// heldOut is what classifiers say about sentences they did not learn.
type heldOut struct {
	act, category, entry [][]float32 // logits by sample, nil for those learned in every fold
	samples              []sample
	models               [3]*classifier // for the labels
}

func (t *teacher) heldOut() *heldOut {
	n := len(t.samples)
	h := &heldOut{act: make([][]float32, n), category: make([][]float32, n), entry: make([][]float32, n), samples: t.samples}
	for f := range int8(folds) {
		act, category, entry := t.classifiers(func(s sample) bool { return s.fold != f })
		h.models = [3]*classifier{act, category, entry}
		for i, s := range t.samples {
			if s.fold == f {
				h.act[i], h.category[i], h.entry[i] = act.logits(s.view.features), category.logits(s.view.features), entry.logits(s.view.features)
			}
		}
	}
	return h
}

func (h *heldOut) temperatures() (act, category, entry float64) {
	of := func(logits [][]float32, label func(s sample) int32) float64 {
		var z [][]float32
		var y []int32
		for i, s := range h.samples {
			if logits[i] != nil && label(s) >= 0 {
				z, y = append(z, logits[i]), append(y, label(s))
			}
		}
		return calibrate(z, y)
	}
	return of(h.act, func(s sample) int32 { return s.act }), of(h.category, func(s sample) int32 { return s.cat }), of(h.entry, func(s sample) int32 { return s.entry })
}

// said turns logits into chances by name.
func said(c *classifier, logits []float32, temperature float64) func(name string) float64 {
	p := slices.Clone(logits)
	softmax(p, temperature)
	return func(name string) float64 {
		if k, ok := c.number(name); ok {
			return float64(p[k])
		}
		return 0
	}
}

// learnFrom learns, on held-out sentences, how to rank entries, how sure to be, and where to decide.
func (t *teacher) learnFrom(h *heldOut) {
	var lessons []lesson
	for i, s := range t.samples {
		if h.act[i] == nil || s.u.Entry == "" || len(s.view.found) == 0 {
			continue
		}
		list := t.judgeHeld(h, i, s.view.found)
		if right := slices.IndexFunc(list, func(c judged) bool { return t.m.index.docs[c.doc].ID == s.u.Entry }); right >= 0 {
			lessons = append(lessons, lesson{list, right})
		}
	}
	t.m.ranking = learnRanking(lessons)
	t.learnSureness(h)
	t.choose(h)
}

func (t *teacher) judgeHeld(h *heldOut, i int, found []scored) []judged {
	return judge(t.m.index, found, said(h.models[1], h.category[i], t.m.category.temperature), said(h.models[2], h.entry[i], t.m.entry.temperature))
}

// learnSureness learns from every held-out sentence, and from every one that has an entry once more
// with that entry hidden: a near miss must not be answered.
func (t *teacher) learnSureness(h *heldOut) {
	var x [][]float64
	var y []bool
	var weight []float64
	add := func(i int, found []scored, hidden bool, w float64) {
		s := t.samples[i]
		if len(found) == 0 {
			return
		}
		features, id := t.sureHeld(h, i, found)
		x, y, weight = append(x, features), append(y, !hidden && s.u.Entry != "" && id == s.u.Entry), append(weight, w)
	}
	for i := range t.samples {
		s := &t.samples[i]
		if h.act[i] == nil {
			continue
		}
		add(i, s.view.found, false, 1)
		if s.u.Entry != "" && !s.noisy {
			add(i, t.m.index.search(s.view.sentence, candidates, t.hide(s, s.u.Entry)), true, 0.35)
		}
	}
	balance(y, weight)
	t.m.sure = learnLogistic(x, y, weight)
}

// mostWrong is how many wrong answers the confidence learns from for each right one. A pack with few
// entries would be sure of nothing otherwise.
const mostWrong = 7

// balance takes weight from the wrong ones until no more than mostWrong stand against each right one.
func balance(right []bool, weight []float64) {
	var sum [2]float64
	for i, ok := range right {
		if ok {
			sum[1] += weight[i]
		} else {
			sum[0] += weight[i]
		}
	}
	share := min(1, mostWrong*sum[1]/max(1, sum[0]))
	for i, ok := range right {
		if !ok {
			weight[i] *= share
		}
	}
}

func (t *teacher) sureHeld(h *heldOut, i int, found []scored) ([]float64, string) {
	list := t.judgeHeld(h, i, found)
	p := rank(list, t.m.ranking)
	act := said(h.models[0], h.act[i], t.m.act.temperature)
	features := sureness(list, p, len(t.samples[i].view.sentence.runes), func(a Act) float64 { return act(string(a)) })
	return features, t.m.index.docs[list[0].doc].ID
}

// maxFalseAnswers is the share of questions without an entry that may be answered all the same.
const maxFalseAnswers = 0.04

// choose sets the thresholds.
func (t *teacher) choose(h *heldOut) {
	var foreign []float64
	for i, s := range t.samples {
		unanswered := s.u.Entry == "" && (s.u.Act == ActOutOfScope || s.u.Act == ActAsk && s.u.Category != "") // a borrowed question is too easy
		if h.act[i] == nil || s.noisy || len(s.view.found) == 0 || !unanswered {
			continue
		}
		act := said(h.models[0], h.act[i], t.m.act.temperature)
		if likeliest(t.actLabels, act) != string(ActAsk) {
			foreign = append(foreign, 0)
			continue
		}
		features, _ := t.sureHeld(h, i, s.view.found)
		foreign = append(foreign, sigmoid(dot(features, t.m.sure)))
	}
	slices.SortFunc(foreign, func(a, b float64) int { return cmp.Compare(b, a) })
	t.m.thresholds.Answer = 0.3
	if n := int(maxFalseAnswers * float64(len(foreign))); n < len(foreign) {
		t.m.thresholds.Answer = max(0.3, foreign[n]+1e-6)
	}
	t.m.thresholds.Emergency = t.rareThreshold(h, ActEmergency)
	t.m.thresholds.Agent = t.rareThreshold(h, ActAgent)
}

func likeliest(labels []string, chance func(string) float64) string {
	return slices.MaxFunc(labels, func(a, b string) int { return cmp.Compare(chance(a), chance(b)) })
}

// rareThreshold is the lowest threshold with at most maxFalseAlarms of the other held-out sentences
// above it, within bounds: what must not be missed is taken at less than even chance.
func (t *teacher) rareThreshold(h *heldOut, a Act) float64 {
	const lowest, highest, maxFalseAlarms = 0.15, 0.4, 0.008
	var others []float64
	for i, s := range t.samples {
		if h.act[i] != nil && !s.noisy && s.u.Act != a {
			others = append(others, said(h.models[0], h.act[i], t.m.act.temperature)(string(a)))
		}
	}
	slices.SortFunc(others, func(a, b float64) int { return cmp.Compare(b, a) })
	if len(others) == 0 {
		return highest
	}
	return min(highest, max(lowest, others[int(maxFalseAlarms*float64(len(others)))]+1e-6))
}
