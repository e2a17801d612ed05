package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

// FlowCmd works on folders of flows: house.yaml and flows/*.yaml.
type FlowCmd struct {
	Test   FlowTestCmd   `cmd:"" help:"测试 Play the written conversations of a pack."`
	Replay FlowReplayCmd `cmd:"" help:"重放 Play recorded conversations against a new version and list changed outcomes."`
	Check  FlowCheckCmd  `cmd:"" help:"检查 Say what would leave a caller without an answer, a way on or a person."`
	Diff   FlowDiffCmd   `cmd:"" help:"比较 Say what changed from one folder of flows to another."`
	Format FlowFormatCmd `cmd:"" help:"整理 Write the files of a folder in their canonical form."`
	Schema FlowSchemaCmd `cmd:"" help:"结构 Print the JSON Schema of flow and house files."`
}

const opFlow = "flow"

// FlowCheckCmd is "hotline flow check".
type FlowCheckCmd struct {
	Dir       string   `arg:"" optional:"" help:"Folder of the flows; without, the demo city that is built in." type:"existingdir"`
	Kb        string   `help:"Folder of the knowledge the flows refer to; without, the folder of the flows if it holds any." type:"existingdir"`
	Day       string   `help:"Day for which entries must be in force, as 2026-01-31; without, today, and for the demo city the day it was written for."`
	Connector []string `help:"Names of the systems that can be asked; without, any may be named."`
	JSON      bool     `help:"Print the problems as JSON."`
}

// Run prints all problems and fails when one of them is an error.
func (c *FlowCheckCmd) Run(env *Env) error {
	files, dir := packs.Folder(c.Dir)
	known, err := c.knowledge(files, dir)
	if err != nil {
		return err
	}
	set, problems := flow.Load(files, dir)
	flows := 0
	if set != nil {
		flows = len(set.Flows)
		problems = append(problems, set.Check(known)...)
	}
	bad := len(problems.Errors())
	if c.JSON {
		err = printJSON(env.Stdout, struct {
			Flows    int           `json:"flows"`
			Errors   int           `json:"errors"`
			Warnings int           `json:"warnings"`
			Problems flow.Problems `json:"problems"`
		}{flows, bad, len(problems) - bad, append(flow.Problems{}, problems...)})
	} else {
		for _, p := range problems {
			_, _ = fmt.Fprintln(env.Stdout, p)
		}
		_, _ = fmt.Fprintf(env.Stdout, "%d 个流程，%d 处错误，%d 处提醒 flows, errors, warnings\n", flows, bad, len(problems)-bad)
	}
	if err == nil && bad > 0 {
		err = hotline.Errorf(opFlow, hotline.CodeConflict, "有 %d 处错误，改好后才能发布 errors keep the flows from being published", bad)
	}
	return err
}

// knowledge loads what the flows refer to.
func (c *FlowCheckCmd) knowledge(files fs.FS, dir string) (flow.Knowledge, error) {
	day, err := kb.ParseDay(c.Day)
	if err != nil {
		return nil, hotline.Errorf(opFlow, hotline.CodeInvalid, "--day: %w", err)
	}
	if c.Kb != "" {
		files, dir = os.DirFS(c.Kb), "."
	} else if _, err := fs.Stat(files, filepath.ToSlash(filepath.Join(dir, kb.EntriesFile))); err != nil {
		return pack.Known{Systems: c.Connector}, nil
	}
	base, _, problems := kb.LoadDir(files, dir)
	if err := problems.Err(); err != nil {
		return nil, hotline.Errorf(opFlow, hotline.CodeInvalid, "知识库有错，请先用 hotline kb check 检查 knowledge not loaded:\n%w", err)
	}
	switch {
	case day == "" && c.Dir == "":
		day = base.AsOf()
	case day == "":
		day = kb.DayOf(time.Now())
	}
	return pack.Known{Base: base, Day: day, Systems: c.Connector}, nil
}

// FlowDiffCmd is "hotline flow diff".
type FlowDiffCmd struct {
	Before string `arg:"" help:"Folder of the earlier flows." type:"existingdir"`
	After  string `arg:"" help:"Folder of the later flows." type:"existingdir"`
	JSON   bool   `help:"Print the changes as JSON."`
}

// Run prints the changes; what only looks different on the drawing is told apart.
func (c *FlowDiffCmd) Run(env *Env) error {
	var sets [2]*flow.Set
	for i, dir := range []string{c.Before, c.After} {
		set, problems := flow.Load(os.DirFS(dir), ".")
		if err := problems.Err(); err != nil {
			return hotline.Errorf(opFlow, hotline.CodeConflict, "%s 有错，无法比较 cannot be compared:\n%w", dir, err)
		}
		sets[i] = set
	}
	changes := flow.Diff(sets[0], sets[1])
	if c.JSON {
		return printJSON(env.Stdout, append([]flow.Change{}, changes...))
	}
	layout := 0
	for _, change := range changes {
		if change.Layout {
			layout++
		}
		_, _ = fmt.Fprintln(env.Stdout, change)
	}
	_, _ = fmt.Fprintf(env.Stdout, "%d 处改动，其中 %d 处仅布局 changes, layout only\n", len(changes), layout)
	return nil
}

// FlowFormatCmd is "hotline flow format".
type FlowFormatCmd struct {
	Dir string `arg:"" help:"Folder of the flows." type:"existingdir"`
}

// Run rewrites the files that are not in canonical form. Comments stay; a set with errors in it is
// left as it is.
func (c *FlowFormatCmd) Run(env *Env) error {
	if _, problems := flow.Load(os.DirFS(c.Dir), "."); problems.Err() != nil {
		return hotline.Errorf(opFlow, hotline.CodeConflict, "有错，未整理 not formatted:\n%w", problems.Err())
	}
	names, err := fs.Glob(os.DirFS(c.Dir), flow.FlowsDir+"/*.yaml")
	if err != nil {
		return hotline.Errorf(opFlow, hotline.CodeInvalid, "%w", err)
	}
	written := 0
	for _, name := range append(names, flow.HouseFile) {
		name = filepath.Join(c.Dir, name)
		before, err := os.ReadFile(name)
		if err != nil {
			return hotline.Errorf(opFlow, hotline.CodeUnavailable, "%w", err)
		}
		var after bytes.Buffer
		if err := flow.Format(&after, before); err != nil {
			return hotline.Errorf(opFlow, hotline.CodeInvalid, "%s: %w", name, err)
		}
		if bytes.Equal(before, after.Bytes()) {
			continue
		}
		if err := replaceFile(name, func(w io.Writer) error { _, err := after.WriteTo(w); return err }); err != nil {
			return err
		}
		written++
		_, _ = fmt.Fprintln(env.Stdout, name)
	}
	_, _ = fmt.Fprintf(env.Stdout, "整理了 %d 个文件 files written\n", written)
	return nil
}

// FlowSchemaCmd is "hotline flow schema".
type FlowSchemaCmd struct{}

// Run prints the schema.
func (*FlowSchemaCmd) Run(env *Env) error {
	_, err := env.Stdout.Write(flow.Schema())
	return err
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
