package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/kb"
)

// EvalFAQCmd measures how well sentences are understood: act, category, entry, slots, danger, the wish
// for a person.
type EvalFAQCmd struct {
	File   string    `help:"Table with the columns text, channel, act, category, kb and slots." required:"" type:"existingfile"`
	Noise  string    `help:"Spoil the sentences first: pinyin (homophones) or asr (homophones, fillers, lost characters)." enum:",pinyin,asr" default:""`
	Pack   string    `help:"Folder with the knowledge, places, and what to learn from." default:"packs/yunzhou" type:"existingdir"`
	Model  string    `help:"Model to judge; else the pack's, if it was trained on what the pack holds now, else one is trained." placeholder:"FILE"`
	Folds  int       `help:"Cross-validate instead: learn from the other parts of the file and judge each part. For a file the model has learned." placeholder:"N"`
	NoFile bool      `help:"Leave the utterances.tsv of the pack out of training; learn from train/*.tsv only."`
	Seed   uint64    `help:"Seed of noise and parts." default:"1"`
	Today  time.Time `help:"Day that relative times count from." format:"2006-01-02" default:"2026-11-24"`
}

// Run prints one JSON line for each sentence and one with the totals.
func (c *EvalFAQCmd) Run(env *Env) error {
	from, err := readContent(os.DirFS(c.Pack), c.Pack)
	if err != nil {
		return err
	}
	if c.NoFile {
		from.utterances = nil
	}
	list, err := readTable(c.File, nlu.ReadUtterances)
	if err != nil {
		return err
	}
	where, err := c.places()
	if err != nil {
		return err
	}
	lines := json.NewEncoder(env.Stdout)
	lines.SetEscapeHTML(false)
	var cases []nlu.Case
	judge := func(m *nlu.Model, list []nlu.Utterance) {
		for _, u := range list {
			heard := nlu.Spoil(u.Text, nlu.Noise(c.Noise), c.Seed)
			got := m.Understand(heard)
			one := nlu.Judge(u, heard, got, slotsOf(heard, got.Act, where))
			_ = lines.Encode(one)
			cases = append(cases, one)
		}
	}
	if c.Folds > 1 {
		err = c.crossValidate(from, list, judge)
	} else {
		c.warn(env, from, list)
		var m *nlu.Model
		if m, err = c.model(from); err == nil {
			judge(m, list)
		}
	}
	if err != nil {
		return err
	}
	return lines.Encode(nlu.Sum(cases))
}

// places reads what slots are found with.
func (c *EvalFAQCmd) places() (slot.Context, error) {
	where := slot.Context{Now: c.Today}
	swap := func(r io.Reader, file string) (*slot.Gazetteer, error) { return slot.ReadGazetteer(file, r) }
	var err error
	if where.Places, err = readTable(filepath.Join(c.Pack, "gazetteer.tsv"), swap); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return where, err
	}
	orgs := func(r io.Reader, file string) (*slot.Organisations, error) { return slot.ReadOrganisations(file, r) }
	where.Orgs, err = readTable(filepath.Join(c.Pack, kb.DepartmentsFile), orgs)
	return where, err
}

func slotsOf(text string, act nlu.Act, where slot.Context) map[string]string {
	where.Act = string(act)
	slots := map[string]string{}
	for _, f := range slot.Extract(text, where) {
		slots[string(f.Kind)] = f.Value
	}
	return slots
}

// warn tells how many sentences are judged by a model that has learned them.
func (c *EvalFAQCmd) warn(env *Env, from content, list []nlu.Utterance) {
	learned := map[string]bool{}
	for _, u := range slices.Concat(from.utterances, from.more) {
		learned[nlu.Clean(u.Text)] = true
	}
	n := 0
	for _, u := range list {
		if learned[nlu.Clean(u.Text)] {
			n++
		}
	}
	if n > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "%d 句在训练数据中，成绩偏高，请用 --folds 5 sentences are in the training data, so the figures flatter: use --folds 5\n", n)
	}
}

func (c *EvalFAQCmd) crossValidate(from content, list []nlu.Utterance, judge func(*nlu.Model, []nlu.Utterance)) error {
	fold := nlu.Folds(list, c.Folds, c.Seed)
	for f := range c.Folds {
		var learned, tested []nlu.Utterance
		for i, u := range list {
			if fold[i] == f {
				tested = append(tested, u)
			} else {
				learned = append(learned, u)
			}
		}
		part := from
		part.more = nlu.WithoutTwins(from.more, tested)
		m, _, err := nlu.Train(part.training(learned, c.Seed))
		if err != nil {
			return err
		}
		judge(m, tested)
	}
	return nil
}

// model reads the model that was named, or the pack's if it was trained on what the pack holds, or
// trains one.
func (c *EvalFAQCmd) model(from content) (*nlu.Model, error) {
	read := func(r io.Reader, file string) (*nlu.Model, error) { return nlu.Read(r, file, from.documents) }
	if c.Model != "" {
		return readTable(c.Model, read)
	}
	training := from.training(from.utterances, c.Seed)
	if m, err := readTable(filepath.Join(c.Pack, pack.ModelFile), read); err == nil && m.Source() == training.Sum() {
		return m, nil
	}
	m, _, err := nlu.Train(training)
	return m, err
}
