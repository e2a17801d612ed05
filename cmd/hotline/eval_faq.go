package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// EvalFAQCmd measures how well sentences are understood: act, category, entry, danger, the wish for
// a person.
type EvalFAQCmd struct {
	File  string `help:"Table with the columns text, channel, act, category, kb and slots." required:"" type:"existingfile"`
	Noise string `help:"Spoil the sentences first: pinyin (homophones) or asr (homophones, fillers, lost characters)." enum:",pinyin,asr" default:""`
	Pack  string `help:"Folder with kb.yaml, categories.yaml and what to learn from." default:"packs/yunzhou" type:"existingdir"`
	Model string `help:"Model to judge; else the pack's, else one is trained." placeholder:"FILE"`
	Folds int    `help:"Cross-validate instead: learn from the other parts of the file and judge each part. For a file the model has learned." placeholder:"N"`
	Seed  uint64 `help:"Seed of noise and parts." default:"1"`
}

// Run prints one JSON line for each sentence and one with the totals.
func (c *EvalFAQCmd) Run(env *Env) error {
	pack, err := readContent(c.Pack)
	if err != nil {
		return err
	}
	list, err := readUtterances(c.File)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(env.Stdout)
	lines.SetEscapeHTML(false)
	var cases []nlu.Case
	judge := func(m *nlu.Model, list []nlu.Utterance) {
		for _, u := range list {
			heard := nlu.Spoil(u.Text, nlu.Noise(c.Noise), c.Seed)
			one := nlu.Judge(u, heard, m.Understand(nlu.Input{Text: heard, Channel: u.Channel}))
			_ = lines.Encode(one)
			cases = append(cases, one)
		}
	}
	if c.Folds > 1 {
		err = c.crossValidate(pack, list, judge)
	} else {
		var m *nlu.Model
		if m, err = c.model(pack); err == nil {
			judge(m, list)
		}
	}
	if err != nil {
		return err
	}
	return lines.Encode(nlu.Sum(cases))
}

func (c *EvalFAQCmd) crossValidate(pack content, list []nlu.Utterance, judge func(*nlu.Model, []nlu.Utterance)) error {
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
		part := pack
		part.more = nlu.WithoutTwins(pack.more, tested)
		m, _, err := nlu.Train(part.training(learned, c.Seed))
		if err != nil {
			return err
		}
		judge(m, tested)
	}
	return nil
}

// model reads the model that was named, or the pack's, or trains one.
func (c *EvalFAQCmd) model(pack content) (*nlu.Model, error) {
	path := c.Model
	if path == "" {
		path = filepath.Join(c.Pack, modelFile)
	}
	f, err := os.Open(path)
	if err != nil && c.Model == "" {
		m, _, err := nlu.Train(pack.training(pack.utterances, c.Seed))
		return m, err
	}
	if err != nil {
		return nil, hotline.Errorf("read model", hotline.CodeInvalid, "%w", err)
	}
	defer func() { _ = f.Close() }()
	return nlu.Read(f, path, pack.documents)
}
