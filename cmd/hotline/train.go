package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// TrainCmd makes the model that understands turns from the labelled sentences of a pack.
type TrainCmd struct {
	Pack string `help:"Folder with kb.yaml, categories.yaml, utterances.tsv and train/*.tsv." default:"packs/yunzhou" type:"existingdir"`
	Out  string `help:"File to write; else nlu.model in the pack." placeholder:"FILE"`
	Seed uint64 `help:"Seed of the shuffles." default:"1"`
}

// Run trains, writes the model and prints what was chosen as one JSON line.
func (c *TrainCmd) Run(env *Env) error {
	pack, err := readContent(c.Pack)
	if err != nil {
		return err
	}
	model, report, err := nlu.Train(pack.training(pack.utterances, c.Seed))
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = filepath.Join(c.Pack, modelFile)
	}
	if err := writeModel(model, out); err != nil {
		return err
	}
	return json.NewEncoder(env.Stdout).Encode(report)
}

// modelFile is the name of the model in a pack.
const modelFile = "nlu.model"

func writeModel(m *nlu.Model, path string) error {
	bad := func(err error) error { return hotline.Errorf("write model", hotline.CodeUnavailable, "%w", err) }
	temporary := path + ".part"
	f, err := os.Create(temporary)
	if err != nil {
		return bad(err)
	}
	err = errors.Join(m.Write(f), f.Close())
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return bad(errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

// content is what a pack knows about understanding.
type content struct {
	documents  []nlu.Document
	categories []nlu.Category
	utterances []nlu.Utterance // of utterances.tsv
	more       []nlu.Utterance // of train/*.tsv: learned from, never scored
}

func (p content) training(utterances []nlu.Utterance, seed uint64) nlu.TrainConfig {
	return nlu.TrainConfig{Utterances: append(utterances[:len(utterances):len(utterances)], p.more...), Documents: p.documents, Categories: p.categories, Seed: seed}
}

// readContent reads the files of a pack.
func readContent(dir string) (content, error) {
	var p content
	var err error
	if p.documents, err = readDocuments(filepath.Join(dir, "kb.yaml")); err != nil {
		return p, err
	}
	if p.categories, err = readCategories(filepath.Join(dir, "categories.yaml")); err != nil {
		return p, err
	}
	p.utterances, err = readUtterances(filepath.Join(dir, "utterances.tsv"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	files, _ := filepath.Glob(filepath.Join(dir, "train", "*.tsv")) // the pattern is sound
	for _, f := range files {
		list, err := readUtterances(f)
		if err != nil {
			return p, err
		}
		p.more = append(p.more, list...)
	}
	return p, nil
}

func readUtterances(path string) ([]nlu.Utterance, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hotline.Errorf("read utterances", hotline.CodeInvalid, "%w", err)
	}
	defer func() { _ = f.Close() }()
	return nlu.ReadUtterances(f, path)
}

func readDocuments(path string) ([]nlu.Document, error) {
	var file struct {
		Entries []struct {
			ID, Category, Question string
			Similar                []string
		}
	}
	if err := readYAML(path, &file); err != nil {
		return nil, err
	}
	documents := make([]nlu.Document, len(file.Entries))
	for i, e := range file.Entries {
		documents[i] = nlu.Document{ID: e.ID, Category: e.Category, Wordings: append([]string{e.Question}, e.Similar...)}
	}
	return documents, nil
}

func readCategories(path string) ([]nlu.Category, error) {
	var file struct {
		Categories []struct {
			Groups []struct {
				Leaves []struct{ ID, Name string }
			}
		}
	}
	if err := readYAML(path, &file); err != nil {
		return nil, err
	}
	var categories []nlu.Category
	for _, level := range file.Categories {
		for _, g := range level.Groups {
			for _, leaf := range g.Leaves {
				categories = append(categories, nlu.Category{ID: leaf.ID, Name: leaf.Name})
			}
		}
	}
	return categories, nil
}

func readYAML(path string, into any) error {
	data, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(data, into)
	}
	if err != nil {
		return hotline.Errorf("read pack", hotline.CodeInvalid, "%s: %w", path, err)
	}
	return nil
}
