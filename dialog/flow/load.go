package flow

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The files of a set.
const (
	HouseFile = "house.yaml"
	FlowsDir  = "flows" // holds one .yaml file for each flow, named by its id
)

// Limits of a set. A city has some 30 flows.
const (
	maxFlows   = 300
	maxSet     = 8 << 20 // bytes
	maxAll     = 4000    // nodes
	maxResults = 100     // variables that hold results
)

// Load reads dir/house.yaml and dir/flows/*.yaml. All problems of all files are reported at once;
// with an error among them the set is nil. Every reference in a set that was loaded leads somewhere
// and every expression is compiled; whether a conversation can follow it is for Check to say.
func Load(files fs.FS, dir string) (*Set, Problems) {
	l := loader{files: files, dir: dir, set: &Set{Flows: map[string]Flow{}, sources: map[string]source{}}}
	l.house()
	l.flows()
	l.known.partial = len(l.problems) > 0
	problems := append(l.problems, once(l.problems, l.set.link(l.known))...).sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return l.set, problems
}

// unread is what could not be read, so that nothing can be said about what refers to it.
type unread struct {
	house, flows bool // the house; some flow
	partial      bool // something in some file
}

// once leaves out what follows from a problem that was found on the same line or in the same node
// already.
func once(before, after Problems) Problems {
	return slices.DeleteFunc(after, func(p Problem) bool {
		return slices.ContainsFunc(before, func(b Problem) bool {
			return b.File == p.File && (b.Line == p.Line && p.Line > 0 || b.Node == p.Node && p.Node != "")
		})
	})
}

type loader struct {
	files    fs.FS
	dir      string
	set      *Set
	known    unread
	size     int // bytes so far
	problems Problems
}

// file reads one file into the value that to points at.
func (l *loader) file(name string, to any) *reader {
	r := newReader(name)
	if data, err := l.bytes(name); err != nil {
		r.problems = Problems{{File: name, Reason: "打不开文件，请检查名称和权限 (cannot open: " + err.Error() + ")"}}
	} else {
		r.read(data, to)
	}
	l.problems = append(l.problems, r.problems...)
	return r
}

func (l *loader) bytes(name string) ([]byte, error) {
	f, err := l.files.Open(path.Join(l.dir, name))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if l.size += len(data); l.size > maxSet && err == nil {
		err = fmt.Errorf("全部文件超过 %d MiB set too large", maxSet>>20)
	}
	return data, errors.Join(err, f.Close())
}

func (l *loader) house() {
	r := l.file(HouseFile, &l.set.House)
	l.set.sources[""] = r.source
	l.known.house = len(r.lines) == 0 || len(r.problems) > 0
}

func (l *loader) flows() {
	entries, err := fs.ReadDir(l.files, path.Join(l.dir, FlowsDir))
	if err != nil {
		l.report(FlowsDir, "打不开文件夹 (cannot open: %v)", err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || path.Ext(e.Name()) != ".yaml" })
	if len(entries) > maxFlows {
		l.report(FlowsDir, "流程超过 %d 个 (too many flows)", maxFlows)
		entries = entries[:maxFlows]
	}
	for _, e := range entries {
		l.flow(path.Join(FlowsDir, e.Name()))
	}
}

func (l *loader) report(file, format string, args ...any) {
	l.known.flows = true
	l.problems = append(l.problems, Problem{File: file, Reason: fmt.Sprintf(format, args...)})
}

func (l *loader) flow(name string) {
	var f Flow
	r := l.file(name, &f)
	before, known := l.set.sources[f.ID]
	switch base := strings.TrimSuffix(path.Base(name), ".yaml"); {
	case f.ID == "" && len(r.problems) > 0:
		l.known.flows = true
		return
	case !isID(f.ID):
		l.problems = append(l.problems, r.problem("", "id", "流程要有编号 id，只用小写字母、数字和下划线，最多 %d 个 (bad id)", maxID))
		l.known.flows = true
		return
	case known:
		l.problems = append(l.problems, r.problem(f.ID, "id", "编号“%s”已用于 %s，请换一个 (id given twice)", f.ID, before.file))
		return
	case base != f.ID:
		p := r.problem(f.ID, "id", "文件名应与编号一致：%s.yaml (file name differs from id)", f.ID)
		p.Warning = true
		l.problems = append(l.problems, p)
	}
	l.set.Flows[f.ID], l.set.sources[f.ID] = f, r.source
}
