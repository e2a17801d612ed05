package nlu

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// weight is how much a feature speaks for a label.
type weight struct {
	label int32
	w     float32
}

// classifier is multinomial logistic regression. Probabilities are calibrated by a temperature.
type classifier struct {
	labels      []string
	weights     []weight // those of a feature stand together, labels ascending
	rows        []row    // where, by feature
	bias        []float32
	temperature float64
}

// row is a stretch of weights.
type row struct{ from, to int32 }

// of returns the weights of a feature.
func (c *classifier) of(id int32) []weight {
	if int(id) >= len(c.rows) {
		return nil
	}
	return c.weights[c.rows[id].from:c.rows[id].to]
}

// fill gives a feature the weights from a place to the last.
func (c *classifier) fill(id int32, from int) {
	for int(id) >= len(c.rows) {
		c.rows = append(c.rows, row{})
	}
	c.rows[id] = row{int32(from), int32(len(c.weights))}
}

// example is one sentence to learn from.
type example struct {
	features []feature
	label    int32
	weight   float32
	noisy    bool
}

// learning are the knobs of training.
type learning struct {
	epochs     int
	rate       float64
	l2         float64
	smallest   float32 // weights below are dropped
	seed       uint64
	smoothing  float64         // of labels, against certainty that unseen sentences do not deserve
	fewestSeen int             // examples without noise a feature must be in
	dropped    float64         // share of the features left out at each step
	prior      map[int32]int32 // labels that features speak for before anything is learned
}

// fit trains by stochastic gradient descent with a rate of its own for each weight (AdaGrad), L2 and
// averaging over the second half. The same examples in the same order give the same weights.
func fit(labels []string, examples []example, size int, l learning) *classifier {
	c := &classifier{labels: labels, temperature: 1, bias: make([]float32, len(labels))}
	n := len(labels)
	row := make([]int32, size) // place of a feature among those learned, -1 for rare ones
	for _, e := range examples {
		if e.noisy {
			continue
		}
		for _, f := range e.features {
			row[f.id]++
		}
	}
	rows := int32(0)
	for i, seen := range row {
		row[i] = -1
		if _, known := l.prior[int32(i)]; known || int(seen) >= l.fewestSeen {
			row[i] = rows
			rows++
		}
	}
	t := &trainer{n: n, l: l, row: row,
		w: make([]float32, int(rows+1)*n), sq: make([]float32, int(rows+1)*n), sum: make([]float32, int(rows+1)*n),
		z: make([]float32, n)}
	for id, label := range l.prior {
		t.w[int(row[id])*n+int(label)] = priorWeight
	}
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	random := rand.New(rand.NewPCG(l.seed, 12345))
	averaged := 0
	for epoch := range l.epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			t.step(t.thinned(&examples[i], random), int(rows))
		}
		if epoch >= l.epochs/2 {
			averaged++
			for i, w := range t.w {
				t.sum[i] += w
			}
		}
	}
	c.collect(t, int(rows), float32(max(1, averaged)))
	return c
}

// priorWeight is the weight features of a prior begin with.
const priorWeight = 2.5

// trainer holds dense weights while they are learned; the last row is the bias.
type trainer struct {
	n          int
	l          learning
	row        []int32
	w, sq, sum []float32
	z          []float32
	kept       []feature
	active     []int // labels that have something to learn from the example
}

// thinned leaves out a random part of the features of an example and strengthens the others, so that
// what is said in several ways is learned in all of them.
func (t *trainer) thinned(e *example, random *rand.Rand) *example {
	if t.l.dropped == 0 {
		return e
	}
	t.kept = t.kept[:0]
	share := float32(1 / (1 - t.l.dropped))
	for _, f := range e.features {
		if random.Float64() >= t.l.dropped {
			t.kept = append(t.kept, feature{f.id, f.value * share})
		}
	}
	return &example{t.kept, e.label, e.weight, e.noisy}
}

// negligible is an error that is not worth learning from.
const negligible = 2e-3

func (t *trainer) step(e *example, biasRow int) {
	n := t.n
	copy(t.z, t.w[biasRow*n:(biasRow+1)*n])
	for _, f := range e.features {
		if r := int(t.row[f.id]); r >= 0 {
			for k, w := range t.w[r*n : (r+1)*n] {
				t.z[k] += w * f.value
			}
		}
	}
	softmax(t.z, 1)
	spread := float32(t.l.smoothing / float64(n))
	for k := range t.z {
		t.z[k] -= spread
	}
	t.z[e.label] -= float32(1 - t.l.smoothing)
	t.active = t.active[:0]
	for k := range t.z {
		if t.z[k] > negligible || t.z[k] < -negligible {
			t.active = append(t.active, k)
		}
		t.z[k] *= e.weight
	}
	t.update(biasRow, 1, 0)
	for _, f := range e.features {
		if r := int(t.row[f.id]); r >= 0 {
			t.update(r, f.value, float32(t.l.l2))
		}
	}
}

func (t *trainer) update(r int, value, l2 float32) {
	w, sq := t.w[r*t.n:(r+1)*t.n], t.sq[r*t.n:(r+1)*t.n]
	rate := float32(t.l.rate)
	for _, k := range t.active {
		g := t.z[k]*value + l2*w[k]
		sq[k] += g * g
		w[k] -= rate * g / float32(math.Sqrt(float64(sq[k]))+0.05)
	}
}

// collect keeps the averaged weights that matter, rounded to what the file holds.
func (c *classifier) collect(t *trainer, rows int, averaged float32) {
	for id, r := range t.row {
		if r < 0 {
			continue
		}
		from := len(c.weights)
		for k, sum := range t.sum[int(r)*t.n : (int(r)+1)*t.n] {
			if w := round(sum / averaged); w >= t.l.smallest || w <= -t.l.smallest {
				c.weights = append(c.weights, weight{int32(k), w})
			}
		}
		c.fill(int32(id), from)
	}
	for k := range c.bias {
		c.bias[k] = round(t.sum[rows*t.n+k] / averaged)
	}
}

func round(w float32) float32 { return float32(math.Round(float64(w)*100) / 100) }

// logits sums what the features say.
func (c *classifier) logits(features []feature) []float32 {
	z := slices.Clone(c.bias)
	var near [64][]weight // looked up ahead, so that reads of memory overlap
	for some := range slices.Chunk(features, len(near)) {
		for i, f := range some {
			near[i] = c.of(f.id)
		}
		for i, f := range some {
			for _, w := range near[i] {
				z[w.label] += w.w * f.value
			}
		}
	}
	return z
}

// probabilities are the calibrated chances of the labels.
func (c *classifier) probabilities(features []feature) []float32 {
	z := c.logits(features)
	softmax(z, c.temperature)
	return z
}

func softmax(z []float32, temperature float64) {
	if len(z) == 0 {
		return
	}
	top := slices.Max(z)
	var sum float64
	for k := range z {
		e := math.Exp(float64(z[k]-top) / temperature)
		z[k] = float32(e)
		sum += e
	}
	for k := range z {
		z[k] = float32(float64(z[k]) / sum)
	}
}

// calibrate returns the temperature under which the logits of sentences that were not learned give
// their labels the best likelihood.
func calibrate(logits [][]float32, labels []int32) float64 {
	best, lowest := 1.0, math.Inf(1)
	for t := 0.3; t <= 3; t += 0.05 {
		var loss float64
		for i, z := range logits {
			p := slices.Clone(z)
			softmax(p, t)
			loss -= math.Log(math.Max(float64(p[labels[i]]), 1e-9))
		}
		if loss < lowest {
			best, lowest = t, loss
		}
	}
	return math.Round(best*100) / 100
}

// speaks lists the features that spoke loudest for one label against the mean of the others.
func (c *classifier) speaks(v *vocabulary, features []feature, label, limit int) []Reason {
	spoken := make([]feature, 0, len(features)) // in thousandths
	for _, f := range features {
		var own, all float32
		for _, w := range c.of(f.id) {
			all += w.w
			if int(w.label) == label {
				own = w.w
			}
		}
		if score := (own - all/float32(len(c.labels))) * f.value; score > 0.01 {
			spoken = append(spoken, feature{f.id, float32(math.Round(float64(score) * 1000))})
		}
	}
	louder := func(a, b feature) int {
		if a.value != b.value {
			return cmp.Compare(b.value, a.value)
		}
		return strings.Compare(v.names[a.id], v.names[b.id])
	}
	var out []Reason
	for last := int32(-1); len(out) < limit && len(spoken) > 0; {
		f := slices.MinFunc(spoken, louder)
		spoken[slices.Index(spoken, f)] = spoken[len(spoken)-1]
		spoken = spoken[:len(spoken)-1]
		if f.id != last {
			out = append(out, Reason{Feature: v.names[f.id], Weight: float64(f.value) / 1000})
		}
		last = f.id
	}
	return out
}

// number finds a label. Labels are sorted.
func (c *classifier) number(label string) (int, bool) { return slices.BinarySearch(c.labels, label) }
