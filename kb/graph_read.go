package kb

import (
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline/internal/han"
)

// graphFile is a graph as its file tells it.
type graphFile struct {
	matters []Matter
	edges   []graphEdge
	places  []place
}

type graphEdge struct {
	Edge
	line int
}

// aspectKeys are the lists of a matter in the file.
var aspectKeys = map[string]EdgeKind{
	"materials": Needs, "places": At, "fees": Costs, "amounts": Pays, "limits": Takes, "conditions": Requires, "phones": Calls, "apps": Online,
}

// ReadGraph reads a graph whose links rest on the entries of a base. With an error among the
// problems there is no graph.
func ReadGraph(name string, r io.Reader, b *Base) (*Graph, Problems) {
	y := graphReader{yamlReader: yamlReader{file: name}, terms: map[string][]string{}}
	var d graphFile
	root := y.document(r)
	members := y.mapping(root, "", "version", "terms", "places", "materials", "matters")
	for _, m := range members {
		switch m.key { // terms are needed by what comes after
		case "version":
			y.version(m.value)
		case "terms":
			y.readTerms(m.value)
		}
	}
	for _, m := range members {
		for _, n := range y.listOf(m, "places", "materials", "matters") {
			switch m.key {
			case "places":
				y.place(n, &d)
			case "materials":
				y.material(n, &d)
			default:
				y.matter(n, &d)
			}
		}
	}
	if y.problems.Err() != nil {
		return nil, y.problems
	}
	g, problems := newGraph(name, d, b)
	problems = append(y.problems, problems...)
	if problems.Err() != nil {
		return nil, problems
	}
	return g, problems
}

type graphReader struct {
	yamlReader
	terms map[string][]string
}

func (y *graphReader) listOf(m member, keys ...string) []*yaml.Node {
	for _, k := range keys {
		if m.key == k {
			return y.sequence(m.value, "", k)
		}
	}
	return nil
}

func (y *graphReader) readTerms(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		y.wrong(n, "", "terms", "应为“名称: 词|词” want a mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		y.terms[name] = split(y.text(n.Content[i+1], name, "terms"))
	}
}

func split(words string) []string {
	var list []string
	for w := range strings.SplitSeq(words, "|") {
		if w = strings.TrimSpace(w); han.Fold(w) != "" {
			list = append(list, w)
		}
	}
	return list
}

// group reads alternatives; "@name" stands for the terms of that name.
func (y *graphReader) group(n *yaml.Node, id string) []string {
	var list []string
	for _, w := range split(y.text(n, id, "words")) {
		name, refers := strings.CutPrefix(w, "@")
		if !refers {
			list = append(list, w)
			continue
		}
		terms, found := y.terms[name]
		if !found {
			y.wrong(n, id, "words", "没有这组词 unknown terms: "+w)
		}
		list = append(list, terms...)
	}
	if len(list) == 0 {
		y.wrong(n, id, "words", "没有词 empty group of words")
	}
	return list
}

func (y *graphReader) groups(n *yaml.Node, id string) [][]string {
	var list [][]string
	for _, item := range y.sequence(n, id, "words") {
		list = append(list, y.group(item, id))
	}
	return list
}

func (y *graphReader) place(n *yaml.Node, d *graphFile) {
	p := place{name: y.peek(n, "name")}
	e := graphEdge{Edge{From: p.name, Kind: Opens}, n.Line}
	p.words = []string{p.name}
	for _, m := range y.mapping(n, p.name, "name", "words", "hours", "from") {
		switch m.key {
		case "words":
			p.words = append(p.words, y.group(m.value, p.name)...)
		case "hours":
			e.To = y.text(m.value, p.name, m.key)
		case "from":
			e.Source = y.text(m.value, p.name, m.key)
		}
	}
	if p.name == "" || e.To == "" || e.Source == "" {
		y.wrong(n, p.name, "", "地点应有 name、hours、from want name, hours and from")
		return
	}
	d.places = append(d.places, p)
	d.edges = append(d.edges, e)
}

func (y *graphReader) material(n *yaml.Node, d *graphFile) {
	e := graphEdge{Edge{From: y.peek(n, "name"), Kind: ObtainedBy, To: y.peek(n, "obtained_by")}, n.Line}
	y.mapping(n, e.From, "name", "obtained_by")
	if e.From == "" || e.To == "" {
		y.wrong(n, e.From, "", "材料应有 name 和 obtained_by want name and obtained_by")
		return
	}
	d.edges = append(d.edges, e)
}

func (y *graphReader) matter(n *yaml.Node, d *graphFile) {
	m := Matter{ID: y.peek(n, "id"), Source: y.peek(n, "source"), line: n.Line}
	keys := []string{"id", "name", "category", "source", "words", "hints"}
	for k := range aspectKeys {
		keys = append(keys, k)
	}
	for _, member := range y.mapping(n, m.ID, keys...) {
		switch member.key {
		case "name":
			m.Name = y.text(member.value, m.ID, member.key)
		case "category":
			m.Category = y.text(member.value, m.ID, member.key)
		case "words":
			m.words = y.groups(member.value, m.ID)
		case "hints":
			m.hints = y.groups(member.value, m.ID)
		}
		kind, isAspect := aspectKeys[member.key]
		if !isAspect {
			continue
		}
		for _, item := range y.sequence(member.value, m.ID, member.key) {
			if e, ok := y.edge(item, m, kind); ok {
				d.edges = append(d.edges, e)
			}
		}
	}
	if m.ID == "" || m.Name == "" || len(m.words) == 0 {
		y.wrong(n, m.ID, "", "事项应有 id、name、words want id, name and words")
		return
	}
	d.matters = append(d.matters, m)
}

// edge reads a link: its text alone, or with the case it holds for and what it rests on.
func (y *graphReader) edge(n *yaml.Node, m Matter, kind EdgeKind) (graphEdge, bool) {
	e := graphEdge{Edge{From: m.ID, Kind: kind, Source: m.Source}, n.Line}
	if n.Kind == yaml.ScalarNode {
		e.To = n.Value
	} else {
		for _, member := range y.mapping(n, m.ID, "what", "when", "from") {
			v := y.text(member.value, m.ID, member.key)
			switch member.key {
			case "what":
				e.To = v
			case "when":
				e.When = v
			case "from":
				e.Source = v
			}
		}
	}
	if strings.TrimSpace(e.To) == "" {
		y.wrong(n, m.ID, string(kind), "关系没有内容 empty link")
		return e, false
	}
	return e, true
}
