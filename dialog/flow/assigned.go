package flow

import "maps"

// variables is a set of them, by name.
type variables map[string]bool

// common returns the variables of both.
func (v variables) common(with variables) variables {
	both := maps.Clone(v)
	maps.DeleteFunc(both, func(name string, _ bool) bool { return !with[name] })
	return both
}

func (v variables) and(with variables) variables {
	all := maps.Clone(v)
	maps.Copy(all, with)
	return all
}

// assignment finds for every node the results that every way to it has brought. Nodes start with
// what the first way brings; further ways take away until nothing changes.
type assignment struct {
	set    *Set
	calls  map[string][]at // by the flow that is called
	in     map[at]variables
	out    map[string]variables // of flows that come back
	behind []at                 // nodes whose ways on are to be looked at
}

func (g *graph) assignments() map[at]variables {
	a := &assignment{set: g.set, calls: g.calls, in: map[at]variables{}, out: map[string]variables{}}
	for _, id := range g.set.starts() {
		a.arrive(at{id, g.set.Flows[id].Start}, variables{})
	}
	for len(a.behind) > 0 {
		here := a.behind[len(a.behind)-1]
		a.behind = a.behind[:len(a.behind)-1]
		a.leave(here)
	}
	return a.in
}

func (a *assignment) arrive(there at, with variables) {
	before, seen := a.in[there]
	if seen {
		with = before.common(with)
	}
	if !seen || len(with) < len(before) {
		a.in[there] = with
		a.behind = append(a.behind, there)
	}
}

func (a *assignment) leave(here at) {
	n, with := a.set.Flows[here.flow].Nodes[here.node], a.in[here]
	if n.Into != "" {
		with = with.and(variables{n.Into: true})
	}
	switch n.Kind {
	case Call:
		a.arrive(at{n.Flow, a.set.Flows[n.Flow].Start}, with)
		a.comeBack(here)
	case End:
		if before, seen := a.out[here.flow]; seen {
			with = before.common(with)
		}
		a.out[here.flow] = with
		for _, call := range a.calls[here.flow] {
			a.comeBack(call)
		}
	default:
		for _, name := range n.ways() {
			a.arrive(at{here.flow, name}, with)
		}
	}
}

// comeBack goes on behind a call that is reached when the flow it calls comes back.
func (a *assignment) comeBack(call at) {
	n := a.set.Flows[call.flow].Nodes[call.node]
	in, reached := a.in[call]
	if out, ends := a.out[n.Flow]; ends && reached {
		a.arrive(at{call.flow, n.Next}, in.and(out))
	}
}

// assigned warns where a result is used that some way there does not bring.
func (c *checker) assigned() {
	brought := c.graph.assignments()
	for _, here := range c.graph.nodes {
		with, reached := brought[here]
		if !reached {
			continue
		}
		for _, e := range c.set.uses(here) {
			p := c.set.programs[trimmed(e.source)]
			if p == nil {
				continue
			}
			for _, name := range p.names {
				if c.set.variables[name] && !with[name] {
					c.doubtful(e.flow, e.path, "有的路走到这里时还没有结果“%s”，它的 ok 会是 false；请先查询或办理 (result may be missing)", name)
				}
			}
		}
	}
}

// uses returns all expressions of a node, with those of its prompt.
func (s *Set) uses(here at) []expression {
	n, path := s.Flows[here.flow].Nodes[here.node], "nodes."+here.node
	list := n.expressions(here.flow, path)
	for _, l := range (wording{path: path + ".say", prompt: n.Say}).lines() {
		pieces, _ := split(l.text) // it was split without error when it was compiled
		for _, p := range pieces {
			if p.expression {
				list = append(list, expression{here.flow, l.path, p.text, "text"})
			}
		}
	}
	return list
}
