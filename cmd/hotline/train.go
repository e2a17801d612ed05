package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

// TrainCmd makes the model that understands turns from the labelled sentences of a pack.
type TrainCmd struct {
	Pack string `help:"Folder with kb.yaml, categories.yaml, utterances.tsv and train/*.tsv. Without utterances.tsv the acts are learned from the sentences of the shipped city." default:"packs/yunzhou" type:"existingdir"`
	Out  string `help:"File to write, compressed if it ends in .gz; else nlu.model.gz in the pack." placeholder:"FILE"`
	Seed uint64 `help:"Seed of the shuffles." default:"1"`
}

// Run trains, writes the model and prints what was chosen as one JSON line.
func (c *TrainCmd) Run(env *Env) error {
	from, err := readContent(os.DirFS(c.Pack), c.Pack)
	if err != nil {
		return err
	}
	model, report, err := nlu.Train(from.training(from.utterances, c.Seed))
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = filepath.Join(c.Pack, pack.ModelFile)
	}
	if err := writeModel(model, out); err != nil {
		return err
	}
	return json.NewEncoder(env.Stdout).Encode(report)
}

func writeModel(m *nlu.Model, path string) error {
	bad := func(err error) error { return hotline.Errorf("write model", hotline.CodeUnavailable, "%w", err) }
	temporary := path + ".part"
	f, err := os.Create(temporary)
	if err != nil {
		return bad(err)
	}
	err = errors.Join(writeMaybeCompressed(m, f, strings.HasSuffix(path, ".gz")), f.Close())
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return bad(errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

func writeMaybeCompressed(m *nlu.Model, w io.Writer, compressed bool) error {
	if !compressed {
		return m.Write(w)
	}
	z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // the level is one that exists
	return errors.Join(m.Write(z), z.Close())
}

// content is what a pack knows about understanding.
type content struct {
	documents  []nlu.Document
	categories []nlu.Category
	utterances []nlu.Utterance // of utterances.tsv
	more       []nlu.Utterance // of train/*.tsv: learned from, never scored
}

func (p content) training(utterances []nlu.Utterance, seed uint64) nlu.TrainConfig {
	return nlu.TrainConfig{Utterances: slices.Concat(utterances, p.more), Documents: p.documents, Categories: p.categories, Seed: seed}
}

// readContent reads the files of the pack in dir.
func readContent(dir fs.FS, name string) (content, error) {
	base, _, problems := kb.LoadDir(dir, ".")
	if err := problems.Err(); err != nil {
		return content{}, hotline.Errorf("read pack", hotline.CodeInvalid, "%s: 知识库有错 the knowledge has errors:\n%w", name, err)
	}
	words, err := readFrom(dir, name, "subjects.tsv", nlu.ReadSubjects)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return content{}, err
	}
	p := content{documents: nlu.Documents(base), categories: nlu.Categories(base, words)}
	p.utterances, err = readFrom(dir, name, "utterances.tsv", nlu.ReadUtterances)
	bare := errors.Is(err, fs.ErrNotExist)
	if err != nil && !bare {
		return p, err
	}
	files, _ := fs.Glob(dir, "train/*.tsv") // the pattern is sound
	for _, f := range files {
		list, err := readFrom(dir, name, f, nlu.ReadUtterances)
		if err != nil {
			return p, err
		}
		p.more = append(p.more, list...)
	}
	if bare {
		err = p.borrow()
	} else {
		err = nil
	}
	return p, err
}

// borrow takes what the sentences of the shipped city teach about acts for a pack that has none.
func (p *content) borrow() error {
	city, err := fs.Sub(packs.Files, packs.Default)
	if err != nil {
		return err
	}
	lender, err := readContent(city, packs.Default)
	if err != nil {
		return err
	}
	p.more = append(p.more, nlu.Borrow(slices.Concat(lender.utterances, lender.more), p.documents)...)
	return nil
}

func readFrom[T any](dir fs.FS, pack, file string, read func(io.Reader, string) (T, error)) (T, error) {
	f, err := dir.Open(file)
	if err != nil {
		var none T
		return none, hotline.Errorf("read pack", hotline.CodeInvalid, "%s: %w", pack, err)
	}
	defer func() { _ = f.Close() }()
	return read(f, filepath.Join(pack, file))
}

func readTable[T any](path string, read func(io.Reader, string) (T, error)) (T, error) {
	dir, file := filepath.Split(path)
	dir = filepath.Clean(dir)
	return readFrom(os.DirFS(dir), dir, file, read)
}
