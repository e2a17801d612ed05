// Package pack reads what one tenant's dialog is made of from a folder: flows and house rules,
// knowledge, places, organisations, and the tables that stand in for other systems.
package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/engine"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/slot"
	"github.com/hotline-cc/hotline/kb"
)

// The files of a pack, beside those of flow.Load and kb.LoadDir. All may be missing.
const (
	PlacesFile  = "gazetteer.tsv"
	SystemsFile = "systems.yaml"
	ModelFile   = "nlu.model.gz"
	ScriptFiles = "dialogues*.yaml" // the tests of the pack; not loaded with it
)

// Pack is a pack as it was read. It is immutable.
type Pack struct {
	Set     *flow.Set
	Base    *kb.Base
	Graph   *kb.Graph
	Places  *slot.Gazetteer
	Orgs    *slot.Organisations
	Systems Systems
	Model   *nlu.Model // nil when the pack brings none of its own
}

// Load reads the pack in a folder. With an error there is no pack; all that is wrong with its files
// is in it.
func Load(files fs.FS, dir string) (*Pack, error) {
	p := &Pack{}
	var failed []error
	set, flowProblems := flow.Load(files, dir)
	for _, problem := range flowProblems {
		if !problem.Warning {
			failed = append(failed, errors.New(problem.String()))
		}
	}
	base, graph, problems := kb.LoadDir(files, dir)
	if err := problems.Err(); err != nil {
		failed = append(failed, err)
	}
	p.Set, p.Base, p.Graph = set, base, graph
	failed = append(failed,
		open(files, path.Join(dir, PlacesFile), func(f fs.File, name string) (err error) {
			p.Places, err = slot.ReadGazetteer(name, f)
			return err
		}),
		open(files, path.Join(dir, kb.DepartmentsFile), func(f fs.File, name string) (err error) {
			p.Orgs, err = slot.ReadOrganisations(name, f)
			return err
		}),
		open(files, path.Join(dir, SystemsFile), func(f fs.File, name string) (err error) {
			p.Systems, err = ReadSystems(name, f)
			return err
		}),
		open(files, path.Join(dir, ModelFile), func(f fs.File, name string) (err error) {
			p.Model, err = nlu.Read(f, name, nil)
			return err
		}))
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return p, nil
}

// open reads a file that may be missing.
func open(files fs.FS, name string, read func(fs.File, string) error) error {
	f, err := files.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read pack: %w", err)
	}
	return errors.Join(read(f, name), f.Close())
}

// Engine returns the dialog of the pack, which needs a model: its own or, when it brings none, one
// that was trained with other knowledge.
func (p *Pack) Engine() (*engine.Engine, error) {
	if p.Model == nil {
		return nil, hotline.Errorf("read pack", hotline.CodeInvalid, "没有 %s，请用 hotline train 生成 no model: make one with hotline train", ModelFile)
	}
	return engine.New(engine.Config{
		Set: p.Set, Model: p.Model.WithDocuments(nlu.Documents(p.Base)), Knowledge: p.Base, Graph: p.Graph, Places: p.Places, Orgs: p.Orgs,
	})
}
