package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

// KbCmd works on a folder of knowledge: kb.yaml, categories.yaml, departments.yaml, graph.yaml.
type KbCmd struct {
	Dir string `help:"Folder of the knowledge; without, the demo city that is built in." type:"existingdir"`
	Day string `help:"Day to look at, as 2026-01-31; without, today, and for the demo city the day it was written for."`

	Check    KbCheckCmd    `cmd:"" help:"检查 Say what is wrong, doubled, contradictory, expired or due for review."`
	Import   KbImportCmd   `cmd:"" help:"导入 Merge a YAML, CSV or XLSX file and report what became of every row."`
	Export   KbExportCmd   `cmd:"" help:"导出 Write all entries as YAML, CSV or XLSX, by the ending of the file."`
	Template KbTemplateCmd `cmd:"" help:"模板 Write an empty CSV or XLSX with the columns to fill in."`
	Show     KbShowCmd     `cmd:"" help:"查看 Print an entry and what it answers on the day."`
	Ask      KbAskCmd      `cmd:"" help:"图谱问答 Answer a question from the graph."`
}

const opKb = "knowledge"

func (c *KbCmd) load() (*kb.Base, *kb.Graph, kb.Day, error) {
	b, g, day, _, err := c.loadAll()
	return b, g, day, err
}

// loadAll returns what was found besides errors, too.
func (c *KbCmd) loadAll() (*kb.Base, *kb.Graph, kb.Day, kb.Problems, error) {
	files, dir := packs.Folder(c.Dir)
	b, g, problems := kb.LoadDir(files, dir)
	if err := problems.Err(); err != nil {
		return nil, nil, "", nil, hotline.Errorf(opKb, hotline.CodeInvalid, "知识库有错，未载入 not loaded:\n%w", err)
	}
	day, err := kb.ParseDay(c.Day)
	switch {
	case err != nil:
		return nil, nil, "", nil, hotline.Errorf(opKb, hotline.CodeInvalid, "--day: %w", err)
	case day == "" && c.Dir == "":
		day = b.AsOf()
	case day == "":
		day = kb.DayOf(time.Now())
	}
	return b, g, day, problems, nil
}

// KbCheckCmd is "hotline kb check".
type KbCheckCmd struct{}

// Run prints every problem and fails when content is refused.
func (*KbCheckCmd) Run(env *Env, parent *KbCmd) error {
	b, g, day, problems, err := parent.loadAll()
	if err != nil {
		return err
	}
	for _, p := range append(problems, b.Check(day)...) {
		_, _ = fmt.Fprintln(env.Stdout, p)
	}
	_, _ = fmt.Fprintf(env.Stdout, "%d 条，%d 条现行，%d 个事项 entries, in force on %s, matters\n", b.Len(), len(b.Current(day)), len(g.Matters()), day)
	return nil
}

// KbImportCmd is "hotline kb import".
type KbImportCmd struct {
	File   string `arg:"" help:"The file to merge: .yaml, .csv or .xlsx." type:"existingfile"`
	DryRun bool   `help:"Report only, and change nothing."`
	JSON   bool   `help:"Print the report as JSON."`
}

// Run writes kb.yaml anew unless it is a dry run. Rows that are refused fail the command; the other
// rows are taken nevertheless.
func (c *KbImportCmd) Run(env *Env, parent *KbCmd) error {
	if parent.Dir == "" && !c.DryRun {
		return hotline.Errorf(opKb, hotline.CodeInvalid, "请用 --dir 指定要改的文件夹，或用 --dry-run 试导入 name the folder with --dir, or try with --dry-run")
	}
	b, _, _, err := parent.load()
	if err != nil {
		return err
	}
	rows, problems, err := readRows(c.File)
	if err != nil {
		return err
	}
	next, report := kb.Import(b, rows, problems)
	if err := printReport(env.Stdout, report, c.JSON); err != nil {
		return err
	}
	if !c.DryRun && len(report.Added)+len(report.Changed) > 0 {
		if err := replaceFile(filepath.Join(parent.Dir, kb.EntriesFile), func(w io.Writer) error {
			return kb.WriteYAML(w, next.AsOf(), slices.Collect(next.All()))
		}); err != nil {
			return err
		}
	}
	if n := len(report.Refused); n > 0 {
		return hotline.Errorf(opKb, hotline.CodeInvalid, "%d 行被拒绝，请按上面的原因修改后重新导入 rows refused", n)
	}
	return nil
}

func readRows(name string) ([]kb.Row, kb.Problems, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, hotline.Errorf(opKb, hotline.CodeInvalid, "%w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	base := filepath.Base(name)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml":
		doc, problems := kb.ReadYAML(base, f)
		return doc.Rows, problems, nil
	case ".csv", ".txt":
		rows, problems := kb.ReadCSV(base, f)
		return rows, problems, nil
	case ".xlsx":
		rows, problems := kb.ReadXLSX(base, f)
		return rows, problems, nil
	}
	return nil, nil, unknownFormat(name)
}

func unknownFormat(name string) error {
	return hotline.Errorf(opKb, hotline.CodeUnsupported, "%s：只支持 .yaml .csv .xlsx unknown format", name)
}

func printReport(w io.Writer, r kb.Report, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}
	for _, a := range r.Added {
		_, _ = fmt.Fprintf(w, "+ 第%d行 %s\n", a.Row, a.ID)
	}
	for _, c := range r.Changed {
		_, _ = fmt.Fprintf(w, "~ 第%d行 %s\n", c.Row, c.ID)
		for _, f := range c.Fields {
			_, _ = fmt.Fprintf(w, "    %s: %q → %q\n", f.Field, f.From, f.To)
		}
	}
	for _, l := range r.Skipped {
		_, _ = fmt.Fprintf(w, "= 第%d行 %s %s\n", l.Row, l.ID, l.Reason)
	}
	for _, l := range r.Refused {
		_, _ = fmt.Fprintf(w, "! 第%d行 %s %s\n", l.Row, l.ID, l.Reason)
	}
	for _, p := range r.Warnings {
		_, _ = fmt.Fprintf(w, "? 第%d行 %s %s\n", p.Line, p.ID, p.Reason)
	}
	_, _ = fmt.Fprintln(w, r.Summary())
	return nil
}

// replaceFile writes a file beside the one to replace and puts it in its place, so that a stop in the
// middle leaves the old one.
func replaceFile(path string, write func(io.Writer) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return hotline.Errorf(opKb, hotline.CodeUnavailable, "%w", err)
	}
	err = errors.Join(write(temporary), temporary.Chmod(0o644), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return hotline.Errorf(opKb, hotline.CodeUnavailable, "%w", errors.Join(err, os.Remove(temporary.Name())))
	}
	return nil
}

// KbExportCmd is "hotline kb export".
type KbExportCmd struct {
	File     string `arg:"" help:"The file to write: .yaml, .csv or .xlsx."`
	Category string `help:"Only entries of this category, of any level."`
}

// Run writes the file.
func (c *KbExportCmd) Run(_ *Env, parent *KbCmd) error {
	b, _, _, err := parent.load()
	if err != nil {
		return err
	}
	entries := slices.Collect(b.All())
	if c.Category != "" {
		if entries = b.In(c.Category); len(entries) == 0 {
			return hotline.Errorf(opKb, hotline.CodeNotFound, "类别 %s 没有条目 no entries", c.Category)
		}
	}
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".yaml", ".yml":
		return replaceFile(c.File, func(w io.Writer) error { return kb.WriteYAML(w, b.AsOf(), entries) })
	case ".csv":
		return replaceFile(c.File, func(w io.Writer) error { return kb.WriteCSV(w, entries) })
	case ".xlsx":
		return replaceFile(c.File, func(w io.Writer) error { return kb.WriteXLSX(w, entries) })
	}
	return unknownFormat(c.File)
}

// KbTemplateCmd is "hotline kb template".
type KbTemplateCmd struct {
	File string `arg:"" help:"The file to write: .csv or .xlsx."`
}

// Run writes the file.
func (c *KbTemplateCmd) Run(*Env) error {
	switch strings.ToLower(filepath.Ext(c.File)) {
	case ".csv":
		return replaceFile(c.File, kb.TemplateCSV)
	case ".xlsx":
		return replaceFile(c.File, kb.TemplateXLSX)
	}
	return unknownFormat(c.File)
}

// KbShowCmd is "hotline kb show".
type KbShowCmd struct {
	ID string `arg:"" help:"Id of an entry."`
}

// Run prints the entry as YAML and what it answers.
func (c *KbShowCmd) Run(env *Env, parent *KbCmd) error {
	b, _, day, err := parent.load()
	if err != nil {
		return err
	}
	e, found := b.Entry(c.ID)
	if !found {
		return hotline.Errorf(opKb, hotline.CodeNotFound, "没有条目 %s unknown entry", c.ID)
	}
	var text bytes.Buffer
	if err := kb.WriteYAML(&text, "", []kb.Entry{e}); err != nil {
		return err
	}
	owner, _ := b.Owner(e)
	_, _ = fmt.Fprintf(env.Stdout, "%s责任单位 owner: %s\n%s %s\n", text.String(), owner.Name, day, kb.Validity(e, day))
	if reply, found := b.Reply(c.ID, day); found {
		_, _ = fmt.Fprintln(env.Stdout, strings.TrimSpace(reply.Notice+" "+reply.Voice))
	}
	return nil
}

// KbAskCmd is "hotline kb ask".
type KbAskCmd struct {
	Question string `arg:"" help:"A question, like 办居住证要带什么."`
}

// Run prints the answer and what it rests on.
func (c *KbAskCmd) Run(env *Env, parent *KbCmd) error {
	_, g, day, err := parent.load()
	if err != nil {
		return err
	}
	a, found := g.Answer(c.Question, day)
	for _, m := range a.Ambiguous {
		_, _ = fmt.Fprintln(env.Stdout, "您要办的是哪一件 which one:", m.Name)
	}
	if !found {
		return hotline.Errorf(opKb, hotline.CodeNotFound, "图谱答不了这个问题 the graph has no answer")
	}
	_, _ = fmt.Fprintf(env.Stdout, "%s\n\n%s\n%s\n", a.Voice, a.Text, strings.Join(a.Entries, " "))
	return nil
}
