package kb

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
)

// WriteYAML writes entries in the order given, each with its fields in one fixed order, so that a
// change of one entry changes its lines only. What ReadYAML reads of it is what was written.
func WriteYAML(w io.Writer, asOf Day, entries []Entry) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	put := func(key string, value *yaml.Node) { root.Content = append(root.Content, scalar(key), value) }
	put("version", &yaml.Node{Kind: yaml.ScalarNode, Value: "1"})
	if asOf != "" {
		put("as_of", quoted(string(asOf)))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range entries {
		list.Content = append(list.Content, entryNode(entries[i]))
	}
	put("entries", list)
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return hotline.Errorf("write knowledge", hotline.CodeInternal, "%w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return hotline.Errorf("write knowledge", hotline.CodeUnavailable, "%w", err)
	}
	return nil
}

func entryNode(e Entry) *yaml.Node {
	e.normalize()
	var plain Entry
	plain.normalize()
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i := range fields {
		f := &fields[i]
		values := f.values(&e)
		if f.sparse && slices.Equal(values, f.values(&plain)) {
			continue
		}
		value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
		switch {
		case f.list != nil:
			value = &yaml.Node{Kind: yaml.SequenceNode}
			if len(values) == 0 {
				value.Style = yaml.FlowStyle
			}
			for _, v := range values {
				value.Content = append(value.Content, scalar(v))
			}
		case len(values) == 0:
		case f.day != nil:
			value = quoted(values[0])
		case f.number != nil:
			value = &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(*f.number(&e))}
		default:
			value = scalar(values[0])
		}
		node.Content = append(node.Content, scalar(f.key), value)
	}
	return node
}

// scalar is a text, quoted where it would be read as something else.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	if strings.Contains(text, "\n") && (strings.HasPrefix(text, "\n") || strings.HasPrefix(text, " ") || strings.Contains(text, "\t")) {
		n.Style = yaml.DoubleQuotedStyle // a block would not keep these
	}
	return n
}

func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.SingleQuotedStyle}
}
