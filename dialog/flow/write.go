package flow

import (
	"io"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
)

const opWrite = "write flow"

// Write writes a flow in its one canonical form: keys in alphabetical order, the layout last,
// prompts as short as they can be written. Reading it gives the same flow.
func Write(w io.Writer, f Flow) error {
	var root yaml.Node
	if err := root.Encode(f); err != nil {
		return hotline.Errorf(opWrite, hotline.CodeInvalid, "%s: %w", f.ID, err)
	}
	return encode(w, &root)
}

// Format brings a file of a set into its canonical form and keeps its comments.
func Format(w io.Writer, data []byte) error {
	root, err := parse(data)
	if err != nil {
		return hotline.Errorf(opWrite, hotline.CodeInvalid, "%w", err)
	}
	return encode(w, root)
}

func encode(w io.Writer, root *yaml.Node) error {
	arrange(root, 0)
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return hotline.Errorf(opWrite, hotline.CodeInvalid, "%w", err)
	}
	if err := encoder.Close(); err != nil {
		return hotline.Errorf(opWrite, hotline.CodeInvalid, "%w", err)
	}
	return nil
}

// arrange sorts the keys of all mappings and writes everything in block style, but for the points
// of a layout.
func arrange(n *yaml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		arrange(c, depth+1)
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	members := slices.Collect(slices.Chunk(n.Content, 2))
	slices.SortStableFunc(members, func(a, b []*yaml.Node) int { return compareKeys(a[0].Value, b[0].Value, depth) })
	n.Content = slices.Concat(members...)
	for _, m := range members {
		m[0].Style = 0 // the encoder of values puts y in quotes, for readers of YAML 1.1
		if depth == 0 && m[0].Value == layoutKey {
			for i := 1; i < len(m[1].Content); i += 2 {
				m[1].Content[i].Style = yaml.FlowStyle
			}
		}
	}
}

const layoutKey = "layout"

func compareKeys(a, b string, depth int) int {
	switch {
	case a == b:
		return 0
	case depth == 0 && a == layoutKey, a > b && !(depth == 0 && b == layoutKey):
		return 1
	}
	return -1
}

// MarshalYAML writes the shortest form: a text, a list of texts, or both channels by name.
func (p Prompt) MarshalYAML() (any, error) {
	switch {
	case p.Protected || len(p.Text) > 0 || len(p.Voice) == 0:
		type long Prompt // without this method
		return long(p), nil
	case len(p.Voice) == 1:
		return p.Voice[0], nil
	}
	return p.Voice, nil
}

// MarshalYAML writes the shortest form: a list when nobody has to be better than level 1.
func (s Skills) MarshalYAML() (any, error) {
	names := slices.Sorted(maps.Keys(s))
	if slices.ContainsFunc(names, func(name string) bool { return s[name] != 1 }) {
		return map[string]int(s), nil
	}
	return names, nil
}
