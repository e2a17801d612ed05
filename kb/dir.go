package kb

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
)

// The files of a knowledge folder. The graph may be missing.
const (
	EntriesFile     = "kb.yaml"
	CategoriesFile  = "categories.yaml"
	DepartmentsFile = "departments.yaml"
	GraphFile       = "graph.yaml"
)

// LoadDir reads a folder of knowledge. All problems of all files are reported at once; with an
// error among them base and graph are nil. A folder without graph has an empty one.
func LoadDir(files fs.FS, dir string) (*Base, *Graph, Problems) {
	var ps Problems
	read := func(name string) *bytes.Reader {
		data, err := fs.ReadFile(files, path.Join(dir, name))
		if err != nil {
			if name != GraphFile || !errors.Is(err, fs.ErrNotExist) {
				ps.add(Problem{File: name, Reason: "打不开文件 cannot open: " + err.Error()})
			}
			return nil
		}
		return bytes.NewReader(data)
	}
	var c Content
	if r := read(CategoriesFile); r != nil {
		list, problems := ReadCategories(CategoriesFile, r)
		c.Categories, ps = list, append(ps, problems...)
	}
	if r := read(DepartmentsFile); r != nil {
		list, problems := ReadDepartments(DepartmentsFile, r)
		c.Departments, ps = list, append(ps, problems...)
	}
	r := read(EntriesFile)
	if r == nil || ps.Err() != nil && len(c.Categories) == 0 {
		return nil, nil, ps
	}
	doc, problems := ReadYAML(EntriesFile, r)
	ps = append(ps, problems...)
	c.AsOf, c.Entries, c.Origin = doc.AsOf, doc.Entries(), doc.Origin
	base, problems := NewBase(c)
	ps = append(ps, once(ps, problems)...)
	if ps.Err() != nil || base == nil {
		return nil, nil, ps
	}
	graph, problems := &Graph{base: base, terms: newLexicon(), aspects: aspectTable()}, Problems(nil)
	if r := read(GraphFile); r != nil {
		graph, problems = ReadGraph(GraphFile, r, base)
		ps = append(ps, problems...)
	}
	if ps.Err() != nil {
		return nil, nil, ps
	}
	return base, graph, ps
}

// once leaves out what was reported at the same place already: a field that could not be read is
// empty, too.
func once(before, after Problems) Problems {
	type at struct {
		file string
		line int
	}
	seen := map[at]bool{}
	for _, p := range before {
		seen[at{p.File, p.Line}] = p.Line > 0
	}
	var list Problems
	for _, p := range after {
		if !seen[at{p.File, p.Line}] {
			list = append(list, p)
		}
	}
	return list
}

// Origin returns where a field of an entry was read.
func (d Document) Origin(id, key string) (file string, line int) {
	for _, r := range d.Rows {
		if r.Entry.ID == id {
			file, line = r.File, r.line(key) // the last one: the earlier of two is the good one
		}
	}
	return file, line
}
