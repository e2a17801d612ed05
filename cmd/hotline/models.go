package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/models"
)

// ModelsCmd manages the folder of the models.
type ModelsCmd struct {
	Dir string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`

	List   ModelsListCmd   `cmd:"" help:"列出模型 What there is, its size, state and licence."`
	Pull   ModelsPullCmd   `cmd:"" help:"下载模型 Fetch models; without names, all that a first call needs."`
	Import ModelsImportCmd `cmd:"" help:"导入文件 Take over a model file fetched elsewhere."`
	Verify ModelsVerifyCmd `cmd:"" help:"校验文件 Read every byte and compare checksums."`
}

// ModelsListCmd is "hotline models list".
type ModelsListCmd struct{}

// Run prints one line per model.
func (*ModelsListCmd) Run(env *Env, parent *ModelsCmd) error {
	store, err := models.Open(parent.Dir)
	if err != nil {
		return err
	}
	list, err := store.List()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(env.Stdout, store.Dir())
	return printModels(env.Stdout, list)
}

// ModelsPullCmd is "hotline models pull".
type ModelsPullCmd struct {
	Names   []string `arg:"" optional:"" help:"Names as in 'models list'."`
	Offline bool     `help:"Do not ask the public hubs; use the package registries only." env:"HOTLINE_OFFLINE"`
}

// Run fetches what is missing.
func (c *ModelsPullCmd) Run(env *Env, parent *ModelsCmd) error {
	store, err := models.Open(parent.Dir)
	if err != nil {
		return err
	}
	return store.Pull(env.Ctx, models.PullConfig{Output: env.Stderr, Offline: c.Offline}, c.Names...)
}

// ModelsImportCmd is "hotline models import".
type ModelsImportCmd struct {
	Files []string `arg:"" help:"Model files." type:"existingfile"`
}

// Run copies the files into the folder.
func (c *ModelsImportCmd) Run(env *Env, parent *ModelsCmd) error {
	store, err := models.Open(parent.Dir)
	if err != nil {
		return err
	}
	for _, file := range c.Files {
		entry, err := store.Import(env.Ctx, file)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(env.Stdout, "%s %s %s\n", entry.Name, stateText(entry.State), entry.Path)
	}
	return nil
}

// ModelsVerifyCmd is "hotline models verify".
type ModelsVerifyCmd struct {
	Names []string `arg:"" optional:"" help:"Names as in 'models list'; none means all that are installed."`
}

// Run fails when one of the models is missing or broken.
func (c *ModelsVerifyCmd) Run(env *Env, parent *ModelsCmd) error {
	store, err := models.Open(parent.Dir)
	if err != nil {
		return err
	}
	checked, err := store.Verify(env.Ctx, c.Names...)
	if err != nil {
		return err
	}
	if err := printModels(env.Stdout, checked); err != nil {
		return err
	}
	for _, e := range checked {
		if e.State == models.StateBroken || e.State == models.StateMissing {
			return hotline.Errorf("verify", hotline.CodeModelMissing,
				"模型 %[1]s 有问题，请运行 hotline models pull %[1]s (%[1]s is %[2]s: run \"hotline models pull %[1]s\")", e.Name, e.State)
		}
	}
	return nil
}

func printModels(w io.Writer, list []models.Entry) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tKIND\tSIZE\tLICENCE\tSTATE")
	for _, e := range list {
		size := e.Size
		if size == 0 {
			size = e.Bytes
		}
		licence := e.Licence
		if licence == "" {
			licence = "-"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Name, e.Kind, models.Megabytes(size), licence, stateText(e.State))
	}
	return table.Flush()
}

// stateText says a state in both languages, Chinese first.
func stateText(s models.State) string {
	switch s {
	case models.StateInstalled:
		return "已安装 installed"
	case models.StateMissing:
		return "未安装 missing"
	case models.StateBroken:
		return "已损坏 broken"
	case models.StateUnpinned:
		return "自有 unpinned"
	}
	return string(s)
}
