package nlu

import (
	"cmp"
	"math"
	"slices"
)

// Model understands turns. It is immutable and safe for concurrent use.
type Model struct {
	lexicon    *lexicon
	subjects   *subjects
	vocabulary *vocabulary
	act        *classifier
	category   *classifier
	entry      *classifier
	ranking    []float64
	sure       []float64
	thresholds Thresholds
	extras     []extra // wordings learned from utterances
	index      *Index
	source     string
}

// Thresholds are where a score becomes a decision; training chooses them on sentences it did not learn.
type Thresholds struct {
	Answer    float64 `json:"answer"`    // chance from which an entry is answered at once
	Emergency float64 `json:"emergency"` // chance of an emergency from which it is treated as one
	Agent     float64 `json:"agent"`
}

// WithDocuments returns the model over other knowledge. What it learned about entries that are still
// there stays.
func (m *Model) WithDocuments(documents []Document) *Model {
	next := *m
	next.index = buildIndex(documents, m.extras, m.lexicon)
	return &next
}

// Thresholds returns where the model decides.
func (m *Model) Thresholds() Thresholds { return m.thresholds }

// Source returns TrainConfig.Sum of what the model was trained on.
func (m *Model) Source() string { return m.source }

// maxAlternatives is how many further recognitions are looked at.
const maxAlternatives = 4

// view is one recognition with what the classifiers say.
type view struct {
	sentence *sentence
	features []feature
	found    []scored
	weight   float32
}

// Understand tells what one turn means; alternatives are further recognitions of the same sound, best
// first. It never fails: of what has no meaning the act is chitchat or out of scope with a low
// confidence.
func (m *Model) Understand(text string, alternatives ...string) Understanding {
	views := []view{m.look(text, nil)}
	views[0].weight = 1
	for i, other := range alternatives[:min(maxAlternatives, len(alternatives))] {
		if v := m.look(other, nil); len(v.sentence.runes) > 0 {
			v.weight = 0.5 / float32(i+1)
			views = append(views, v)
		}
	}
	main := views[0]
	u := Understanding{Raw: text, Clean: main.sentence.text}
	acts := mix(m.act, views)
	categories := mix(m.category, views)
	controls := controlsOf(text)
	m.decideAct(&u, main, acts, controls)
	if needsCategory(u.Act) && len(categories) > 0 {
		m.refine(categories, text)
		k := top(categories)
		u.Category, u.CategoryConfidence = m.category.labels[k], float64(categories[k])
		u.explain(u.Category, m.category.speaks(m.vocabulary, main.features, k, 3))
	}
	u.control(controls)
	u.Abuse = u.Act == ActAbuse && u.ActConfidence >= 0.5 || main.sentence.says("m.insult")
	u.Anger = u.Abuse || main.sentence.says("m.anger")
	m.retrieve(&u, views, acts, categories)
	return u
}

// sureCore is how sure the category of what is left without the complaining must be.
const sureCore = 0.6

// refine takes the category of what a sentence complains of when that is clear.
func (m *Model) refine(categories []float32, text string) {
	left, found := core(text)
	if !found {
		return
	}
	p := m.category.probabilities(m.look(left, nil).features)
	if p[top(p)] >= sureCore {
		copy(categories, p)
	}
}

// substantive is how sure it must be that a sentence has a matter for controls in it to mean nothing.
const substantive = 0.75

// control keeps the controls that count: "慢一点" within a suggestion to bus drivers does not.
func (u *Understanding) control(found []control) {
	matter := needsCategory(u.Act) && u.ActConfidence >= substantive
	for _, c := range found {
		aside := c.act == ActAgent || c.act == ActAnonymous || c.act == ActThisNumber || c.act == ActCorrection
		if !matter || c.whole || aside {
			u.Controls = append(u.Controls, c.act)
		}
	}
	if len(u.Controls) > 0 {
		u.Control = u.Controls[0]
	}
}

func (m *Model) look(text string, skip func(w int32) bool) view {
	s := newSentence(Tidy(text), m.lexicon)
	found := m.index.search(s, candidates, skip)
	return view{s, features(m.vocabulary, s, context{found, m.index, m.subjects}), found, 1}
}

// mix averages what a classifier says about the recognitions.
func mix(c *classifier, views []view) []float32 {
	p := c.probabilities(views[0].features)
	if len(views) == 1 {
		return p
	}
	total := views[0].weight
	for _, v := range views[1:] {
		total += v.weight
		for k, q := range c.probabilities(v.features) {
			p[k] += v.weight * q
		}
	}
	for k := range p {
		p[k] /= total
	}
	return p
}

func top(p []float32) int {
	best := 0
	for k := range p {
		if p[k] > p[best] {
			best = k
		}
	}
	return best
}

// topOfOthers is the likeliest act besides danger and the wish for a person.
func (m *Model) topOfOthers(p []float32) int {
	best := -1
	for k, label := range m.act.labels {
		if Act(label) != ActEmergency && Act(label) != ActAgent && (best < 0 || p[k] > p[best]) {
			best = k
		}
	}
	return max(0, best)
}

// needsCategory reports whether an act has a subject.
func needsCategory(a Act) bool {
	switch a {
	case ActAsk, ActComplain, ActReport, ActSuggest, ActPraise, ActFollowup:
		return true
	}
	return false
}

// decideAct takes the likeliest act, except that danger and the wish for a person need less than
// being likeliest and are found by rules as well.
func (m *Model) decideAct(u *Understanding, v view, acts []float32, controls []control) {
	chance := chances(m.act, acts)
	k := m.topOfOthers(acts)
	danger, person := dangerOf(v.sentence), personOf(v.sentence, slices.ContainsFunc(controls, func(c control) bool { return c.act == ActAgent }))
	switch {
	case danger.decides(chance(string(ActEmergency)), m.thresholds.Emergency):
		k = labelOf(m.act, ActEmergency)
	case person.decides(chance(string(ActAgent)), m.thresholds.Agent):
		k = labelOf(m.act, ActAgent)
	}
	u.Act, u.ActConfidence = Act(m.act.labels[k]), float64(acts[k])
	u.Agent = u.Act == ActAgent || person.decides(chance(string(ActAgent)), m.thresholds.Agent)
	switch u.Act {
	case ActEmergency:
		u.explainRule(ActEmergency, danger)
		u.Emergency = emergencyOf(v.sentence, max(u.ActConfidence, danger.floor()))
		u.ActConfidence = u.Emergency.Confidence
	case ActAgent:
		u.explainRule(ActAgent, person)
		u.ActConfidence = max(u.ActConfidence, person.floor())
	}
	u.explain(string(u.Act), m.act.speaks(m.vocabulary, v.features, k, 5))
}

func labelOf(c *classifier, a Act) int {
	k, _ := c.number(string(a))
	return k
}

// chances looks up what a classifier says by name.
func chances(c *classifier, p []float32) func(name string) float64 {
	return func(name string) float64 {
		if k, ok := c.number(name); ok {
			return float64(p[k])
		}
		return 0
	}
}

// retrieve ranks the entries found by all recognitions and decides whether the best may be answered.
func (m *Model) retrieve(u *Understanding, views []view, acts, categories []float32) {
	found := views[0].found
	for _, v := range views[1:] {
		found = merge(found, v.found, v.weight)
	}
	if len(found) == 0 {
		return
	}
	main := views[0]
	list := judge(m.index, found, chances(m.category, categories), chances(m.entry, mix(m.entry, views)))
	p := rank(list, m.ranking)
	act := chances(m.act, acts)
	confidence := sigmoid(dot(sureness(list, p, len(main.sentence.runes), func(a Act) float64 { return act(string(a)) }), m.sure))
	for i, c := range list[:min(5, len(list))] {
		score := confidence
		if i > 0 {
			score = confidence * p[i] / p[0]
		}
		u.Entries = append(u.Entries, Entry{m.index.docs[c.doc].ID, score})
	}
	if confidence >= m.thresholds.Answer && (u.Act == ActAsk || u.Act == ActEmergency) {
		u.Answer = u.Entries[0].ID
	}
	for k, name := range rankFeatures {
		if w := list[0].features[k] * m.ranking[k]; w > 0.05 {
			u.Evidence = append(u.Evidence, Reason{For: u.Entries[0].ID, Feature: "match." + name, Weight: math.Round(w*1000) / 1000})
		}
	}
}

// merge adds what a further recognition found, at its weight.
func merge(a, b []scored, weight float32) []scored {
	out := append([]scored(nil), a...)
	for _, s := range b {
		known := false
		for i := range out {
			if out[i].doc == s.doc {
				known = true
				if weight*s.score > out[i].score {
					s.votes = max(s.votes, out[i].votes)
					out[i] = s
				}
			}
		}
		if !known {
			s.score *= weight
			out = append(out, s)
		}
	}
	return sortScored(out)
}

func (u *Understanding) explain(what string, reasons []Reason) {
	for _, r := range reasons {
		r.For = what
		u.Evidence = append(u.Evidence, r)
	}
}

func (u *Understanding) explainRule(a Act, r ruling) {
	if r.rule != "" {
		u.Evidence = append(u.Evidence, Reason{For: string(a), Feature: "rule." + r.rule, Weight: cmp.Or(r.floor(), 1)})
	}
}
