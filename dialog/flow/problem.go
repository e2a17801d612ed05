package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a set. A warning asks for a person's eye, everything else
// keeps a set from being published.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`  // from 1; 0 is unknown
	Flow    string `json:"flow,omitempty"`  // "" in the house rules
	Node    string `json:"node,omitempty"`  // "" outside of nodes
	Field   string `json:"field,omitempty"` // path inside the node, else inside the file
	Reason  string `json:"reason"`          // Chinese with what to do, then English in short
	Warning bool   `json:"warning,omitempty"`
}

func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("提醒：")
	}
	switch {
	case p.Node != "":
		fmt.Fprintf(&b, "节点 %s：", p.Node)
	case p.Field != "":
		fmt.Fprintf(&b, "%s：", p.Field)
	}
	b.WriteString(p.Reason)
	return b.String()
}

// Problems are all things found, as one error.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Errors returns those that are not warnings.
func (ps Problems) Errors() Problems {
	var list Problems
	for _, p := range ps {
		if !p.Warning {
			list = append(list, p)
		}
	}
	return list
}

// Err returns the errors among them as an error, nil when there is none.
func (ps Problems) Err() error {
	if list := ps.Errors(); len(list) > 0 {
		return list
	}
	return nil
}

// maxProblems bounds what is reported at once; who has that many reads the first ones.
const maxProblems = 500

// sorted puts problems in the order of files and lines, each once.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	ps = slices.Compact(ps)
	return ps[:min(len(ps), maxProblems)]
}

// source is one file with the line of everything in it. A path is the keys that lead to a value,
// joined by dots: nodes.place.slots.0.when.
type source struct {
	file  string
	lines map[string]int
}

// line returns where a value stands, or what holds it when it is not there.
func (s source) line(path string) int {
	for {
		if n, found := s.lines[path]; found || path == "" {
			return n
		}
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
	}
}

func (s source) has(path string) bool {
	_, found := s.lines[path]
	return found
}

// problem describes what is wrong at a path.
func (s source) problem(flow, path, format string, args ...any) Problem {
	p := Problem{File: s.file, Line: s.line(path), Flow: flow, Field: path, Reason: fmt.Sprintf(format, args...)}
	if rest, inside := strings.CutPrefix(path, "nodes."); inside && flow != "" {
		p.Node, p.Field, _ = strings.Cut(rest, ".")
	}
	return p
}

// findings collects the problems of a set.
type findings struct {
	sources map[string]source // by flow; "" is the house
	list    Problems
}

func (f *findings) wrong(flow, path, format string, args ...any) {
	f.list = append(f.list, f.sources[flow].problem(flow, path, format, args...))
}

func (f *findings) doubtful(flow, path, format string, args ...any) {
	f.wrong(flow, path, format, args...)
	f.list[len(f.list)-1].Warning = true
}

// nearest returns the candidate that was probably meant, "" when none is near.
func nearest(word string, candidates []string) string {
	best, found := 1+len(word)/3, ""
	for _, c := range candidates {
		if d := distance(word, c); d <= best && (d < best || found == "") {
			best, found = d, c
		}
	}
	return found
}

// meant is the part of a reason that suggests the nearest candidate, also of those that are not
// listed when none is near.
func meant(word string, candidates []string, unlisted ...string) string {
	if near := nearest(word, slices.Concat(candidates, unlisted)); near != "" {
		return fmt.Sprintf("，是不是“%s”？", near)
	}
	return "。可用：" + strings.Join(candidates, " ")
}

// distance counts the bytes to insert, remove or replace, two that changed places as one.
func distance(a, b string) int {
	if len(a) > maxID || len(b) > maxID {
		return maxID
	}
	var before, row [maxID + 1]int
	next := row
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
