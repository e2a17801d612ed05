package flow

import (
	"errors"
	"maps"
	"slices"
	"strconv"
)

// wording is a prompt of a set with where it stands.
type wording struct {
	flow, path string
	prompt     Prompt
	must       bool // there has to be something to say
}

// wordings returns all prompts of a set, those of the house first.
func (s *Set) wordings() []wording {
	var list []wording
	add := func(flow, path string, must bool, prompts ...Prompt) {
		for i, p := range prompts {
			at := path
			if len(prompts) > 1 || s.sources[flow].has(join(path, "0")) {
				at = join(path, strconv.Itoa(i))
			}
			list = append(list, wording{flow, at, p, must})
		}
	}
	h := s.House
	for _, name := range slices.Sorted(maps.Keys(h.Phrases)) {
		add("", "phrases."+name, true, h.Phrases[name])
	}
	for _, name := range slices.Sorted(maps.Keys(h.Ladders)) {
		add("", "ladders."+name, true, h.Ladders[name]...)
	}
	for _, kind := range slices.Sorted(maps.Keys(h.Safety)) {
		add("", "safety."+kind+".say", true, h.Safety[kind].Say)
		add("", "safety."+kind+".stay", true, h.Safety[kind].Stay)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Slots)) {
		v, at := h.Slots[name], "slots."+name
		add("", at+".ask", true, v.Ask)
		add("", at+".no_input", true, v.NoInput...)
		add("", at+".no_match", true, v.NoMatch...)
		for _, problem := range slices.Sorted(maps.Keys(v.Reject)) {
			add("", at+".reject."+problem, true, v.Reject[problem])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Flows)) {
		for _, name := range slices.Sorted(maps.Keys(s.Flows[id].Nodes)) {
			n := s.Flows[id].Nodes[name]
			add(id, "nodes."+name+".say", kinds[n.Kind]["say"] == must, n.Say)
		}
	}
	return list
}

// line is one wording of a prompt with its path.
type line struct {
	path, text string
	voice      bool
}

func (w wording) lines() []line {
	var list []line
	for i, text := range w.prompt.Voice {
		list = append(list, line{w.path + ".voice." + strconv.Itoa(i), text, true})
	}
	for i, text := range w.prompt.Text {
		list = append(list, line{w.path + ".text." + strconv.Itoa(i), text, false})
	}
	return list
}

// expression is one expression of a set with where it stands and what it must evaluate to.
type expression struct {
	flow, path, source, result string
}

// expressions returns the expressions of a node, without those of its prompt.
func (n Node) expressions(flow, path string) []expression {
	var list []expression
	for i, f := range n.Slots {
		if f.When != "" {
			list = append(list, expression{flow, path + ".slots." + strconv.Itoa(i) + ".when", f.When, "bool"})
		}
	}
	for i, c := range n.Cases {
		list = append(list, expression{flow, path + ".cases." + strconv.Itoa(i) + ".when", c.When, "bool"})
	}
	for _, name := range slices.Sorted(maps.Keys(n.Input)) {
		list = append(list, expression{flow, path + ".input." + name, n.Input[name], "any"})
	}
	return list
}

// expressions compiles every expression of the set.
func (l *linker) expressions() {
	s := l.set
	s.programs, s.variables = map[string]*program{}, s.results()
	flows, house := s.scopes()
	add := func(e expression, in scope) {
		p, err := compile(e.source, in, e.result)
		if l.unread.partial && errors.Is(err, errUnknownName) {
			return
		}
		if err != nil {
			l.wrong(e.flow, e.path, "%s", err)
			return
		}
		s.programs[trimmed(e.source)] = p
	}
	for _, w := range s.wordings() {
		in := flows
		if w.flow == "" {
			in = house
		}
		for _, text := range w.lines() {
			pieces, err := split(text.text)
			if err != nil {
				l.wrong(w.flow, text.path, "%s", err)
			}
			for _, p := range pieces {
				if p.expression {
					add(expression{w.flow, text.path, p.text, "text"}, in)
				}
			}
		}
	}
	for id, f := range s.Flows {
		for name, n := range f.Nodes {
			for _, e := range n.expressions(id, "nodes."+name) {
				add(e, flows)
			}
		}
	}
}
