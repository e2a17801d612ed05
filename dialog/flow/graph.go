package flow

import (
	"maps"
	"slices"
)

// at is one node of one flow.
type at struct{ flow, node string }

// graph is how the nodes of a set follow one another.
type graph struct {
	set     *Set
	nodes   []at            // all, in order
	calls   map[string][]at // by the flow that is called
	returns map[string]bool // flows with a way from their start to an end
	silent  map[string]bool // flows with such a way on which nothing is waited for
}

func newGraph(s *Set) *graph {
	g := &graph{set: s, calls: map[string][]at{}}
	for _, id := range slices.Sorted(maps.Keys(s.Flows)) {
		for _, name := range slices.Sorted(maps.Keys(s.Flows[id].Nodes)) {
			g.nodes = append(g.nodes, at{id, name})
			if n := s.Flows[id].Nodes[name]; n.Kind == Call {
				g.calls[n.Flow] = append(g.calls[n.Flow], at{id, name})
			}
		}
	}
	g.returns = g.ending(func(Node) bool { return true })
	g.silent = g.ending(func(n Node) bool { return !n.waits() })
	return g
}

// waits reports whether a node takes an event from outside before it goes on, every time. A node
// that asks for slots or offers a choice does not: the person may have said it before.
func (n Node) waits() bool {
	return n.Kind == LookUp || n.Kind == File || n.Kind == Ask && len(n.Slots) == 0
}

// ways returns where a node leads inside of its flow, in the order they are written.
func (n Node) ways() []string {
	var list []string
	for _, o := range n.Options {
		list = append(list, o.Next)
	}
	for _, c := range n.Cases {
		list = append(list, c.Next)
	}
	for _, next := range []string{n.Next, n.Failed} {
		if next != "" {
			list = append(list, next)
		}
	}
	return list
}

// ending finds the flows with a way from start to end over nodes that pass.
func (g *graph) ending(passes func(Node) bool) map[string]bool {
	found := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for id, f := range g.set.Flows {
			if found[id] {
				continue
			}
			for name := range g.reach(f, passes, found) {
				if f.Nodes[name].Kind == End {
					found[id], changed = true, true
				}
			}
		}
	}
	return found
}

// reach returns the nodes of a flow that are reached over nodes that pass; a call passes when the
// flow it calls comes back.
func (g *graph) reach(f Flow, passes func(Node) bool, back map[string]bool) map[string]bool {
	seen, open := map[string]bool{}, []string{f.Start}
	for len(open) > 0 {
		name := open[len(open)-1]
		open = open[:len(open)-1]
		n := f.Nodes[name]
		if seen[name] {
			continue
		}
		seen[name] = true
		if passes(n) && (n.Kind != Call || back[n.Flow]) {
			open = append(open, n.ways()...)
		}
	}
	return seen
}

// starts returns the flows that conversations begin with.
func (s *Set) starts() []string { return append([]string{s.House.Start}, s.House.Starts...) }

// reachable returns the nodes that a conversation can come to, by flow.
func (g *graph) reachable() map[string]map[string]bool {
	all, open := map[string]map[string]bool{}, g.set.starts()
	for len(open) > 0 {
		id := open[len(open)-1]
		open = open[:len(open)-1]
		if all[id] != nil {
			continue
		}
		f := g.set.Flows[id]
		all[id] = g.reach(f, func(Node) bool { return true }, g.returns)
		for name := range all[id] {
			if n := f.Nodes[name]; n.Kind == Call {
				open = append(open, n.Flow)
			}
		}
	}
	return all
}

// next returns where a node leads without waiting, into the flows it calls.
func (g *graph) next(from at) []at {
	n := g.set.Flows[from.flow].Nodes[from.node]
	var list []at
	if n.Kind == Call {
		list = append(list, at{n.Flow, g.set.Flows[n.Flow].Start})
	}
	if n.waits() || n.Kind == Call && !g.silent[n.Flow] {
		return list
	}
	for _, name := range n.ways() {
		list = append(list, at{from.flow, name})
	}
	return list
}

const maxCircles = 20

// circles returns ways that lead back to where they began without anything being waited for.
func (g *graph) circles() [][]at {
	const open, done = 1, 2
	var found [][]at
	state := map[at]int{}
	var way []at
	var visit func(at)
	visit = func(here at) {
		state[here] = open
		way = append(way, here)
		for _, there := range g.next(here) {
			switch state[there] {
			case 0:
				visit(there)
			case open:
				if len(found) == maxCircles {
					continue
				}
				found = append(found, slices.Clone(way[slices.Index(way, there):]))
			}
		}
		way = way[:len(way)-1]
		state[here] = done
	}
	for _, here := range g.nodes {
		if state[here] == 0 {
			visit(here)
		}
	}
	return found
}
