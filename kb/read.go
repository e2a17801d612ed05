package kb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits of a file.
const (
	maxFile    = 32 << 20 // bytes
	maxEntries = 50000
)

// Row is one entry as a file tells it, with where it stands and what is given. A field that is not
// given is unknown, which is not the same as empty.
type Row struct {
	File  string
	Line  int // line of a YAML file, row of a table
	Entry Entry
	Given map[string]bool // keys of fields

	lines map[string]int // of the fields in YAML
	wrong bool           // has an error that was reported already
}

// line returns where a field stands, the entry's own line when that is not known.
func (r Row) line(key string) int {
	if n := r.lines[key]; n > 0 {
		return n
	}
	return r.Line
}

// Document is a YAML file of entries.
type Document struct {
	AsOf Day // the day for which the content was written, when the file tells
	Rows []Row
}

// Entries returns what the rows hold, with the defaults of what is not given.
func (d Document) Entries() []Entry {
	list := make([]Entry, len(d.Rows))
	for i, r := range d.Rows {
		r.Entry.normalize()
		list[i] = r.Entry
	}
	return list
}

// ReadYAML reads entries as kb.yaml has them. All problems are reported, each with its line, the id
// of the entry and the reason; rows with errors are among those returned and marked.
func ReadYAML(name string, r io.Reader) (Document, Problems) {
	y := yamlReader{file: name}
	var doc Document
	root := y.document(r)
	for _, m := range y.mapping(root, "", "version", "as_of", "entries") {
		switch m.key {
		case "version":
			y.version(m.value)
		case "as_of":
			day, err := ParseDay(y.text(m.value, "", "as_of"))
			if err != nil {
				y.wrong(m.value, "", "as_of", err.Error())
			}
			doc.AsOf = day
		case "entries":
			for _, n := range y.sequence(m.value, "", "entries") {
				if len(doc.Rows) == maxEntries {
					y.wrong(n, "", "entries", fmt.Sprintf("条目超过 %d 条 too many entries", maxEntries))
					break
				}
				doc.Rows = append(doc.Rows, y.entry(n))
			}
		}
	}
	y.problems.sort()
	return doc, y.problems
}

func (y *yamlReader) entry(n *yaml.Node) Row {
	before := len(y.problems)
	row := Row{File: y.file, Line: n.Line, Given: map[string]bool{}, lines: map[string]int{}}
	id := y.peek(n, "id")
	keys := make([]string, len(fields))
	for i := range fields {
		keys[i] = fields[i].key
	}
	for _, m := range y.mapping(n, id, keys...) {
		f := &fields[slices.Index(keys, m.key)]
		row.Given[f.key], row.lines[f.key] = true, m.value.Line
		var values []string
		if f.list != nil {
			values = y.texts(m.value, id, f.key)
		} else if v := y.text(m.value, id, f.key); v != "" {
			values = []string{v}
		}
		if err := f.set(&row.Entry, values); err != nil {
			y.wrong(m.value, id, f.key, err.Error())
		}
	}
	if id == "" {
		y.wrong(n, "", "id", "条目没有编号 entry without id")
	}
	row.wrong = len(y.problems) > before
	return row
}

// yamlReader walks a document by its nodes, so that every problem has its line.
type yamlReader struct {
	file     string
	problems Problems
}

func (y *yamlReader) wrong(n *yaml.Node, id, field, reason string) {
	line := 0
	if n != nil {
		line = n.Line
	}
	y.problems.add(Problem{File: y.file, Line: line, ID: id, Field: field, Reason: reason})
}

// document returns the root of the one document of a file, nil when there is none.
func (y *yamlReader) document(r io.Reader) *yaml.Node {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("文件超过 %d MB file too large", maxFile>>20)
	}
	if err != nil {
		y.wrong(nil, "", "", err.Error())
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil || len(doc.Content) == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = errors.New("文件是空的 empty file")
		}
		y.problems.add(Problem{File: y.file, Line: lineOf(err), Reason: "YAML 格式错误 not YAML: " + err.Error()})
		return nil
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		y.wrong(&second, "", "", "只能有一个文档 want one document")
	}
	return doc.Content[0]
}

// lineOf finds the line in an error of the YAML parser, which has it only in its text.
func lineOf(err error) int {
	_, rest, found := strings.Cut(err.Error(), "line ")
	if !found {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	n, _ := strconv.Atoi(rest[:end])
	return n
}

type member struct {
	key   string
	value *yaml.Node
}

// mapping returns the members of a mapping that are allowed and reports all others.
func (y *yamlReader) mapping(n *yaml.Node, id string, allowed ...string) []member {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		y.wrong(n, id, "", "应为“键: 值” want a mapping")
		return nil
	}
	var list []member
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		switch {
		case !slices.Contains(allowed, key):
			y.wrong(n.Content[i], id, key, "不认识的键 unknown key; 可用 one of: "+strings.Join(allowed, " "))
		case seen[key]:
			y.wrong(n.Content[i], id, key, "键重复 key given twice")
		default:
			seen[key] = true
			list = append(list, member{key, n.Content[i+1]})
		}
	}
	return list
}

// peek returns a text of a mapping before the mapping is read, "" when it is not there.
func (y *yamlReader) peek(n *yaml.Node, key string) string {
	if n.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; n.Content[i].Value == key && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
			return v.Value
		}
	}
	return ""
}

func (y *yamlReader) sequence(n *yaml.Node, id, field string) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil
	}
	y.wrong(n, id, field, "应为列表 want a list")
	return nil
}

// text returns a scalar as it is written, "" for null.
func (y *yamlReader) text(n *yaml.Node, id, field string) string {
	if n.Kind != yaml.ScalarNode {
		y.wrong(n, id, field, "应为文字 want a text")
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

func (y *yamlReader) texts(n *yaml.Node, id, field string) []string {
	var list []string
	for _, item := range y.sequence(n, id, field) {
		list = append(list, y.text(item, id, field))
	}
	return list
}

func (y *yamlReader) number(n *yaml.Node, id, field string) int {
	v, err := strconv.Atoi(y.text(n, id, field))
	if err != nil || v < 0 {
		y.wrong(n, id, field, fmt.Sprintf("%q 不是非负整数 want a number", n.Value))
	}
	return v
}

func (y *yamlReader) version(n *yaml.Node) {
	if n.Value != "1" {
		y.wrong(n, "", "version", fmt.Sprintf("版本应为 1，是 %q want version 1", n.Value))
	}
}
