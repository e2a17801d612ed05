package flow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// What became of a part of a set.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Change is one difference between two sets.
type Change struct {
	Flow   string `json:"flow,omitempty"`  // "" in the house rules
	Node   string `json:"node,omitempty"`  // "" outside of nodes
	Field  string `json:"field,omitempty"` // path inside the node, else inside the file; "" is all of it
	What   string `json:"what"`
	From   string `json:"from,omitempty"` // YAML in one line
	To     string `json:"to,omitempty"`
	Layout bool   `json:"layout,omitempty"` // only the drawing looks different
}

// String writes a change for people.
func (c Change) String() string {
	place := "house"
	if c.Flow != "" {
		place = c.Flow
	}
	for _, part := range []string{c.Node, c.Field} {
		if part != "" {
			place += " " + part
		}
	}
	switch c.What {
	case Added:
		return strings.TrimSpace("+ " + place + " " + c.To)
	case Removed:
		return strings.TrimSpace("- " + place + " " + c.From)
	}
	if c.Layout {
		return "· " + place + " （仅布局 layout only）"
	}
	return fmt.Sprintf("~ %s %s → %s", place, c.From, c.To)
}

// Diff tells what changed from one set to another: flows and nodes that came and went, and the
// fields of all others. A list or prompt that changed is told as a whole.
func Diff(a, b *Set) []Change {
	d := &difference{}
	d.compare(Change{}, tree(a.House), tree(b.House))
	for _, id := range both(a.Flows, b.Flows) {
		before, was := a.Flows[id]
		after, is := b.Flows[id]
		switch {
		case !was:
			d.list = append(d.list, Change{Flow: id, What: Added})
		case !is:
			d.list = append(d.list, Change{Flow: id, What: Removed})
		default:
			d.flow(id, before, after)
		}
	}
	return d.list
}

type difference struct{ list []Change }

func (d *difference) flow(id string, a, b Flow) {
	for _, name := range both(a.Nodes, b.Nodes) {
		before, was := a.Nodes[name]
		after, is := b.Nodes[name]
		change := Change{Flow: id, Node: name}
		switch {
		case !was:
			change.What, change.To = Added, oneLine(tree(after))
			d.list = append(d.list, change)
		case !is:
			change.What, change.From = Removed, oneLine(tree(before))
			d.list = append(d.list, change)
		default:
			d.compare(change, tree(before), tree(after))
		}
	}
	first := len(d.list)
	d.compare(Change{Flow: id, Field: layoutKey}, tree(a.Layout), tree(b.Layout))
	for i := range d.list[first:] {
		d.list[first+i].Layout = true
	}
	a.Nodes, b.Nodes, a.Layout, b.Layout = nil, nil, nil, nil
	d.compare(Change{Flow: id}, tree(a), tree(b))
}

// compare goes down as long as both sides are mappings.
func (d *difference) compare(where Change, a, b *yaml.Node) {
	if a.Kind == yaml.MappingNode && b.Kind == yaml.MappingNode {
		before, after := members(a), members(b)
		for _, key := range both(before, after) {
			inside := where
			inside.Field = join(where.Field, key)
			was, is := before[key], after[key]
			switch {
			case was == nil:
				inside.What, inside.To = Added, oneLine(is)
				d.list = append(d.list, inside)
			case is == nil:
				inside.What, inside.From = Removed, oneLine(was)
				d.list = append(d.list, inside)
			default:
				d.compare(inside, was, is)
			}
		}
		return
	}
	if where.From, where.To = oneLine(a), oneLine(b); where.From != where.To {
		where.What = Changed
		d.list = append(d.list, where)
	}
}

// both returns the keys of two tables in order, each once.
func both[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func tree(v any) *yaml.Node {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Value: err.Error()} // texts that are no UTF-8; Load gives none
	}
	return &n
}

func members(n *yaml.Node) map[string]*yaml.Node {
	m := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		m[n.Content[i].Value] = n.Content[i+1]
	}
	return m
}

// oneLine is YAML in flow style.
func oneLine(n *yaml.Node) string {
	var flat func(*yaml.Node) *yaml.Node
	flat = func(n *yaml.Node) *yaml.Node {
		c := *n
		c.Style, c.Content = yaml.FlowStyle, nil
		if n.Kind == yaml.ScalarNode {
			c.Style = 0
			if strings.ContainsAny(n.Value, "\n") {
				c.Style = yaml.DoubleQuotedStyle
			}
		}
		for _, inner := range n.Content {
			c.Content = append(c.Content, flat(inner))
		}
		return &c
	}
	data, err := yaml.Marshal(flat(n))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(data))
}
