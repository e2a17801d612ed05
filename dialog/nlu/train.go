package nlu

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/hotline-cc/hotline"
)

// Category is a subject that sentences are sorted into. Words are what people call what belongs to it.
type Category struct {
	ID, Name string
	Words    []string
}

// TrainConfig is what a model is made from.
type TrainConfig struct {
	Utterances []Utterance
	Documents  []Document
	Categories []Category
	Seed       uint64
}

// Sum identifies what a model is trained on, its words included: equal sums, equal models.
func (c TrainConfig) Sum() string {
	h := new(bytes.Buffer)
	fmt.Fprintln(h, fileHeader, c.Seed, lexiconText)
	for _, u := range c.Utterances {
		fmt.Fprintf(h, "%q %q %q %q\n", u.Text, u.Act, u.Category, u.Entry)
	}
	for _, d := range c.Documents {
		fmt.Fprintf(h, "%q %q %q\n", d.ID, d.Category, d.Wordings)
	}
	for _, k := range c.Categories {
		fmt.Fprintf(h, "%q %q %q\n", k.ID, k.Name, k.Words)
	}
	sum := sha256.Sum256(h.Bytes())
	return hex.EncodeToString(sum[:16])
}

// Report tells what training saw and chose.
type Report struct {
	Utterances int        `json:"utterances"`
	Documents  int        `json:"documents"`
	Features   int        `json:"features"`
	Thresholds Thresholds `json:"thresholds"`
}

const (
	folds = 3 // for what is learned about the model's own mistakes
	// mostEntryLabels is up to how many entries a classifier of their own is worth its size.
	mostEntryLabels = 400
)

var (
	actLearning      = learning{epochs: 12, rate: 0.25, l2: 2e-4, smallest: 0.03, seed: 1, smoothing: 0.03, fewestSeen: 2, dropped: 0.4}
	categoryLearning = learning{epochs: 12, rate: 0.25, l2: 1e-3, smallest: 0.1, seed: 2, smoothing: 0.03, fewestSeen: 2, dropped: 0.5}
	entryLearning    = learning{epochs: 16, rate: 0.25, l2: 2e-4, smallest: 0.12, seed: 3, smoothing: 0.03, fewestSeen: 2, dropped: 0.5}
)

// sample is a sentence to learn from.
type sample struct {
	u        Utterance
	fold     int8  // -1: learned in every fold
	own      int32 // its own wording in the index, -1 if it has none
	noisy    bool
	view     view
	weight   float32
	act, cat int32
	entry    int32
}

// teacher holds what training works on.
type teacher struct {
	c          TrainConfig
	m          *Model
	samples    []sample
	actLabels  []string
	catLabels  []string
	entryLabel []string
	prior      map[int32]int32 // categories by the features of their words
}

// Train makes a model. The same configuration gives the same model.
func Train(c TrainConfig) (*Model, Report, error) {
	if err := check(c); err != nil {
		return nil, Report{}, err
	}
	t := &teacher{c: c, m: &Model{lexicon: defaultLexicon(), source: c.Sum(), subjects: newSubjects(c.Categories), vocabulary: newVocabulary()}}
	t.label()
	t.collect()
	held := t.heldOut()
	t.m.act, t.m.category, t.m.entry = t.classifiers(func(sample) bool { return true })
	t.m.act.temperature, t.m.category.temperature, t.m.entry.temperature = held.temperatures()
	t.learnFrom(held)
	t.m.vocabulary.open = false
	return t.m, Report{len(c.Utterances), len(c.Documents), len(t.m.vocabulary.names), t.m.thresholds}, nil
}

func check(c TrainConfig) error {
	bad := func(format string, args ...any) error {
		return hotline.Errorf("train", hotline.CodeInvalid, format, args...)
	}
	if len(c.Utterances) == 0 || len(c.Documents) == 0 {
		return bad("没有话语或知识条目可供训练 utterances and entries are needed")
	}
	categories, documents := map[string]bool{}, map[string]bool{}
	for _, k := range c.Categories {
		categories[k.ID] = true
	}
	for _, d := range c.Documents {
		if d.ID == "" || strings.ContainsAny(d.ID, " \t\r\n=") {
			return bad("知识条目编号 %q 为空或含空格、等号 unfit id of an entry", d.ID)
		}
		if documents[d.ID] {
			return bad("知识条目 %s 重复 entry is there twice", d.ID)
		}
		documents[d.ID] = true
		if d.Category != "" && !categories[d.Category] {
			return bad("知识条目 %s 的类别 %s 不存在 unknown category", d.ID, d.Category)
		}
	}
	for _, u := range c.Utterances {
		if u.Category != "" && !categories[u.Category] {
			return bad("第 %d 行的类别 %s 不存在 line %d: unknown category", u.Line, u.Category, u.Line)
		}
		if u.Entry != "" && !documents[u.Entry] {
			return bad("第 %d 行的知识条目 %s 不存在 line %d: unknown entry", u.Line, u.Entry, u.Line)
		}
	}
	return nil
}

func (t *teacher) label() {
	for _, a := range Acts() {
		t.actLabels = append(t.actLabels, string(a))
	}
	for _, k := range t.c.Categories {
		t.catLabels = append(t.catLabels, k.ID)
	}
	if len(t.c.Documents) <= mostEntryLabels {
		for _, d := range t.c.Documents {
			t.entryLabel = append(t.entryLabel, d.ID)
		}
	}
	slices.Sort(t.actLabels)
	slices.Sort(t.catLabels)
	slices.Sort(t.entryLabel)
	t.prior = map[int32]int32{}
	for _, c := range t.m.subjects.categories {
		id, _ := t.m.vocabulary.id([]byte(subjectMark + c))
		k, _ := slices.BinarySearch(t.catLabels, c)
		t.prior[id] = int32(k)
	}
}

// collect builds the index and describes every sentence as it looks when neither itself nor those
// like it are in the index.
func (t *teacher) collect() {
	fold := Folds(t.c.Utterances, folds, t.c.Seed)
	for i, u := range t.c.Utterances {
		if u.Entry != "" {
			t.m.extras = append(t.m.extras, extra{u.Entry, u.Text, int8(fold[i])})
		}
		t.samples = append(t.samples, sample{u: u, fold: int8(fold[i]), own: -1, weight: 1})
	}
	t.m.index = buildIndex(t.c.Documents, t.m.extras, t.m.lexicon)
	own := int32(0)
	for _, d := range t.c.Documents {
		for _, w := range d.Wordings {
			u := Utterance{Text: w, Channel: "text", Act: ActAsk, Category: d.Category, Entry: d.ID}
			t.samples = append(t.samples, sample{u: u, fold: -1, own: own, weight: 0.6})
			own++
		}
	}
	for _, k := range t.c.Categories {
		t.samples = append(t.samples, sample{u: Utterance{Text: k.Name, Channel: "text", Category: k.ID}, fold: -1, own: -1, weight: 0.5})
	}
	for _, s := range t.samples[:len(t.samples):len(t.samples)] {
		for i, noise := range []Noise{NoiseASR, NoisePinyin} {
			spoiled := s
			spoiled.u.Text = Spoil(s.u.Text, noise, t.c.Seed+99+uint64(i))
			spoiled.noisy, spoiled.weight = true, s.weight*0.45
			t.samples = append(t.samples, spoiled)
		}
	}
	for i := range t.samples {
		t.describe(&t.samples[i])
	}
}

func (t *teacher) describe(s *sample) {
	s.view = t.m.look(s.u.Text, t.hide(s, ""))
	find := func(labels []string, name string) int32 {
		if k, ok := slices.BinarySearch(labels, name); ok {
			return int32(k)
		}
		return -1
	}
	s.act, s.cat, s.entry = find(t.actLabels, string(s.u.Act)), find(t.catLabels, s.u.Category), find(t.entryLabel, s.u.Entry)
}

// hide hides from a search what a sentence would not find when it is new, and one entry if named.
func (t *teacher) hide(s *sample, entry string) func(w int32) bool {
	return func(w int32) bool {
		x := &t.m.index.wordings[w]
		return w == s.own || x.fold >= 0 && x.fold == s.fold || entry != "" && t.m.index.docs[x.doc].ID == entry
	}
}

// classifiers learns from the samples that are chosen.
func (t *teacher) classifiers(chosen func(sample) bool) (act, category, entry *classifier) {
	var acts, cats, entries []example
	count := make([]float64, len(t.actLabels))
	for _, s := range t.samples {
		if s.act >= 0 && chosen(s) {
			count[s.act]++
		}
	}
	for _, s := range t.samples {
		if !chosen(s) {
			continue
		}
		if s.act >= 0 {
			// Rare acts count as much as the figures say that are averaged over acts.
			boost := float32(math.Pow(600/math.Max(count[s.act], 60), 0.35))
			if s.own >= 0 {
				boost *= wordingAct
			}
			acts = append(acts, example{t.withoutTopic(s.view.features), s.act, s.weight * boost, s.noisy})
		}
		if s.cat >= 0 {
			cats = append(cats, example{s.view.features, s.cat, s.weight, s.noisy})
		}
		if s.entry >= 0 {
			entries = append(entries, example{s.view.features, s.entry, s.weight, s.noisy})
		}
	}
	size := len(t.m.vocabulary.names)
	var wait sync.WaitGroup
	wait.Go(func() { act = fit(t.actLabels, acts, size, actLearning) })
	known := categoryLearning
	known.prior = t.prior
	wait.Go(func() { category = fit(t.catLabels, cats, size, known) })
	wait.Go(func() { entry = fit(t.entryLabel, entries, size, entryLearning) })
	wait.Wait()
	return act, category, entry
}

// wordingAct is how much the wordings of entries teach about acts: they are all questions, in a
// style of their own.
const wordingAct = 0.3

// withoutTopic leaves out what retrieval says about the subject: people ask and complain about the same things.
func (t *teacher) withoutTopic(features []feature) []feature {
	return slices.DeleteFunc(slices.Clone(features), func(f feature) bool {
		name := t.m.vocabulary.names[f.id]
		return strings.HasPrefix(name, "about:") || strings.HasPrefix(name, subjectMark)
	})
}
