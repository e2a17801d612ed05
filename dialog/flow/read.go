package flow

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// reader fills a Go value from a YAML document by the yaml tags of its type, and knows the line of
// everything it has read.
type reader struct {
	source
	flow     string // id of the flow being read, "" in the house rules
	parts    int
	problems Problems
}

func newReader(file string) *reader {
	return &reader{source: source{file: file, lines: map[string]int{}}}
}

func (r *reader) wrong(n *yaml.Node, path, format string, args ...any) {
	p := r.problem(r.flow, path, format, args...)
	p.Line = n.Line
	r.problems = append(r.problems, p)
}

// read fills the value that to points at. What is wrong is reported and left zero.
func (r *reader) read(data []byte, to any) {
	root, err := parse(data)
	if err != nil {
		r.problems = append(r.problems, Problem{File: r.file, Line: lineOf(err), Reason: err.Error()})
		return
	}
	r.lines[""] = root.Line
	if r.bounded(root, 1) {
		if _, isFlow := to.(*Flow); isFlow {
			r.flow = scalarOf(root, "id")
		}
		r.value(root, "", reflect.ValueOf(to).Elem())
	}
}

// bounded refuses documents that are too deep or too large, and all that YAML has beyond plain data.
func (r *reader) bounded(n *yaml.Node, depth int) bool {
	r.parts++
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.wrong(n, "", "不能用 YAML 的锚点 & 和引用 *，请直接写出内容 (no anchors or aliases)")
	case n.Tag != "" && !strings.HasPrefix(n.Tag, "!!") || n.Tag == "!!binary":
		r.wrong(n, "", "不能用 YAML 标签 %s (no tags)", n.Tag)
	case depth > maxDepth:
		r.wrong(n, "", "层数超过 %d (nested too deeply)", maxDepth)
	case r.parts > maxParts:
		r.wrong(n, "", "内容超过 %d 项，请拆成几个流程 (too many parts)", maxParts)
	case len(n.Value) > maxText:
		r.wrong(n, "", "一段文字超过 %d 字节 (text too long)", maxText)
	default:
		return !slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return !r.bounded(c, depth+1) })
	}
	return false
}

// scalarOf returns a text of a mapping before the mapping is read, "" when it is not there.
func scalarOf(n *yaml.Node, key string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; n.Content[i].Value == key && v.Kind == yaml.ScalarNode {
			return v.Value
		}
	}
	return ""
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// value reads one value into v, by its type.
func (r *reader) value(n *yaml.Node, path string, v reflect.Value) {
	if isNull(n) {
		return
	}
	switch to := v.Addr().Interface().(type) {
	case *Prompt:
		r.prompt(n, path, to)
		return
	case *time.Duration:
		r.duration(n, path, to)
		return
	case *Skills:
		r.skills(n, path, to)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		r.mapping(n, path, v)
	case reflect.Map:
		r.table(n, path, v)
	case reflect.Slice:
		r.sequence(n, path, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		r.value(n, path, v.Elem())
	default:
		r.scalar(n, path, v)
	}
}

// pairs calls each with the members of a mapping, every key once.
func (r *reader) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, path, "这里应为“键: 值” (want a mapping)")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			r.wrong(key, path, "键应为一个词 (key is no text)")
		case seen[key.Value]:
			r.wrong(key, join(path, key.Value), "“%s”写了两遍，请留一个 (key given twice)", key.Value)
		default:
			seen[key.Value] = true
			each(key, n.Content[i+1])
		}
	}
}

func (r *reader) mapping(n *yaml.Node, path string, v reflect.Value) {
	fields := fieldsOf(v.Type())
	r.pairs(n, path, func(key, value *yaml.Node) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		if i < 0 {
			r.wrong(key, path, "不认识“%.60s”%s (unknown key)", key.Value, meant(key.Value, keysOf(v.Type(), Kind(scalarOf(n, "kind")))))
			return
		}
		at := join(path, key.Value)
		r.lines[at] = key.Line
		r.value(value, at, v.Field(fields[i].index))
	})
}

func (r *reader) table(n *yaml.Node, path string, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	r.pairs(n, path, func(key, value *yaml.Node) {
		if !isID(key.Value) {
			r.wrong(key, path, "编号“%.60s”只能用小写字母、数字和下划线，最多 %d 个 (bad id)", key.Value, maxID)
			return
		}
		at := join(path, key.Value)
		r.lines[at] = key.Line
		element := reflect.New(v.Type().Elem()).Elem()
		r.value(value, at, element)
		v.SetMapIndex(reflect.ValueOf(key.Value), element)
	})
	if v.Len() == 0 {
		v.SetZero()
	}
}

// sequence reads a list. A list of one text may be written as the text.
func (r *reader) sequence(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind == yaml.ScalarNode && v.Type().Elem().Kind() == reflect.String {
		n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Content: []*yaml.Node{n}}
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, path, "这里应为列表，每项以“- ”开头 (want a list)")
		return
	}
	for i, item := range n.Content {
		at := join(path, strconv.Itoa(i))
		r.lines[at] = item.Line
		element := reflect.New(v.Type().Elem()).Elem()
		r.value(item, at, element)
		v.Set(reflect.Append(v, element))
	}
}

func (r *reader) scalar(n *yaml.Node, path string, v reflect.Value) {
	if n.Kind != yaml.ScalarNode {
		r.wrong(n, path, "这里应为一个值，不是列表或“键: 值” (want a single value)")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Int:
		if i, err := strconv.Atoi(n.Value); err != nil || i < -maxNumber || i > maxNumber {
			r.wrong(n, path, "“%.40s”不是整数 (want a whole number)", n.Value)
		} else {
			v.SetInt(int64(i))
		}
	case reflect.Float64:
		if f, err := strconv.ParseFloat(n.Value, 64); err != nil || !(f >= -maxNumber && f <= maxNumber) {
			r.wrong(n, path, "“%.40s”不是数 (want a number)", n.Value)
		} else {
			v.SetFloat(f)
		}
	case reflect.Bool:
		switch n.Value {
		case "true", "false":
			v.SetBool(n.Value == "true")
		default:
			r.wrong(n, path, "“%.40s”应为 true 或 false (want true or false)", n.Value)
		}
	}
}

// maxNumber bounds all numbers of files.
const maxNumber = 1e6

func (r *reader) duration(n *yaml.Node, path string, to *time.Duration) {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < 0 || d > time.Hour {
		r.wrong(n, path, "时长“%.40s”应写成 6s 或 1m30s，最长 1h (want a duration)", n.Value)
		return
	}
	*to = d
}

// prompt reads the three forms of a prompt: a text, a list of texts, or both channels by name.
func (r *reader) prompt(n *yaml.Node, path string, to *Prompt) {
	switch n.Kind {
	case yaml.ScalarNode, yaml.SequenceNode:
		r.sequence(n, join(path, "voice"), reflect.ValueOf(&to.Voice).Elem())
	default:
		r.mapping(n, path, reflect.ValueOf(to).Elem())
	}
}

// skills reads both forms: a list of names, or levels by name.
func (r *reader) skills(n *yaml.Node, path string, to *Skills) {
	levels := Skills{}
	if n.Kind == yaml.MappingNode {
		r.pairs(n, path, func(key, value *yaml.Node) {
			at := join(path, key.Value)
			r.lines[at] = key.Line
			var level int
			r.scalar(value, at, reflect.ValueOf(&level).Elem())
			levels[key.Value] = level
		})
	} else {
		var names []string
		r.sequence(n, path, reflect.ValueOf(&names).Elem())
		for _, name := range names {
			levels[name] = 1
		}
	}
	if len(levels) > 0 {
		*to = levels
	}
}

// field is one key of a mapping.
type field struct {
	key   string
	index int // in the struct
	typ   reflect.Type
}

// fieldsOf returns the keys that a type takes, by their yaml tags.
func fieldsOf(t reflect.Type) []field {
	var list []field
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" {
			list = append(list, field{key, i, t.Field(i).Type})
		}
	}
	return list
}

// keysOf returns the keys that a type takes; those of a node are those of its kind.
func keysOf(t reflect.Type, k Kind) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		_, takes := kinds[k][f.key]
		if _, always := common[f.key]; takes || always || t != reflect.TypeFor[Node]() || kinds[k] == nil {
			keys = append(keys, f.key)
		}
	}
	return keys
}
