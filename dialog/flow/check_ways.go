package flow

import (
	"maps"
	"slices"
	"strings"
)

// MaxCalls is how deep flows may call one another.
const MaxCalls = 12

// ways checks that every node is reached, that no way goes in circles without anybody being asked,
// and that flows do not call one another without end.
func (c *checker) ways() {
	reachable := c.graph.reachable()
	for _, id := range slices.Sorted(maps.Keys(c.set.Flows)) {
		if reachable[id] == nil {
			c.wrong(id, "", "没有流程会走到“%s”，请在流程里调用它，或列入 house.yaml 的 starts (flow is never reached)", id)
			continue
		}
		ends := false
		for _, name := range slices.Sorted(maps.Keys(c.set.Flows[id].Nodes)) {
			n := c.set.Flows[id].Nodes[name]
			if !reachable[id][name] {
				c.wrong(id, "nodes."+name, "没有路走到这个节点，请连上或删去 (node is never reached)")
				continue
			}
			ends = ends || n.Kind == End || n.Kind == Handover || n.Kind == Call
		}
		if !ends {
			c.doubtful(id, "start", "这个流程走不到结束，也走不到转人工 (flow never ends)")
		}
	}
	circles := c.graph.circles()
	for _, circle := range circles {
		c.circle(circle)
	}
	if len(circles) == 0 {
		c.calls()
	}
}

func (c *checker) circle(circle []at) {
	var steps []string
	skips := false
	for _, here := range append(slices.Clone(circle), circle[0]) {
		name := here.node
		if here.flow != circle[0].flow {
			name = here.flow + "/" + here.node
		}
		steps = append(steps, name)
		kind := c.set.Flows[here.flow].Nodes[here.node].Kind
		skips = skips || kind == Ask || kind == Choose
	}
	hint := ""
	if skips {
		hint = "已经说过的，提问和选择会跳过；"
	}
	c.wrong(circle[0].flow, "nodes."+circle[0].node, "%s 会一直转下去：%s请在中间加上开放提问、查询或建单 (loop without waiting)", strings.Join(steps, " → "), hint)
}

// calls checks how deep flows call one another. One that comes back to itself asks somebody on the
// way, else it would be a circle; how often that happens is for the engine to bound.
func (c *checker) calls() {
	const open = -1
	depths, deepest := map[string]int{}, map[string]string{}
	var depth func(string) int
	depth = func(flow string) int {
		depths[flow] = open
		most := 0
		for _, callee := range c.callees(flow) {
			below := depths[callee]
			switch below {
			case open:
				c.doubtful(callee, "", "“%s”会再次走进“%s”，通话中最多 %d 层，建议用 next 回到前面的节点 (recursion)", flow, callee, MaxCalls)
				continue
			case 0:
				below = depth(callee)
			}
			if below > most {
				most, deepest[flow] = below, callee
			}
		}
		depths[flow] = most + 1
		return most + 1
	}
	for _, start := range c.set.starts() {
		if depths[start] == 0 {
			depth(start)
		}
		if depths[start] <= MaxCalls {
			continue
		}
		way := start
		for flow := deepest[start]; flow != ""; flow = deepest[flow] {
			way += " → " + flow
		}
		c.wrong(start, "", "流程调用超过 %d 层：%s (calls nested too deeply)", MaxCalls, way)
	}
}

func (c *checker) callees(flow string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(c.set.Flows[flow].Nodes)) {
		if n := c.set.Flows[flow].Nodes[name]; n.Kind == Call && !slices.Contains(list, n.Flow) {
			list = append(list, n.Flow)
		}
	}
	return list
}

// maxProtected is the longest speech that cannot be interrupted, in seconds: who wants a person
// must not wait longer to be heard.
const maxProtected = 40

// speech checks that no way between two places where the person is heard holds too much speech that
// cannot be interrupted.
func (c *checker) speech() {
	const open = -1
	longest := map[at]float64{}
	var from func(at) float64
	from = func(here at) float64 {
		if s, found := longest[here]; found {
			return max(s, 0) // a circle counts once
		}
		longest[here] = open
		n, rest := c.set.Flows[here.flow].Nodes[here.node], 0.0
		for _, there := range c.after(here) {
			rest = max(rest, from(there))
		}
		longest[here] = c.protected(n) + rest
		return longest[here]
	}
	for _, here := range c.graph.nodes {
		if s := from(here); s > maxProtected && c.protected(c.set.Flows[here.flow].Nodes[here.node]) > 0 && !c.continues(here) {
			c.wrong(here.flow, "nodes."+here.node, "从这里起约有 %.0f 秒不可打断的话，最多 %d 秒，请去掉几处 protected (too much protected speech)", s, maxProtected)
		}
	}
	for _, w := range c.set.wordings() {
		if s := w.prompt.seconds(); w.flow == "" && w.prompt.Protected && s > maxProtected {
			c.wrong("", w.path, "约有 %.0f 秒不可打断的话，最多 %d 秒 (too much protected speech)", s, maxProtected)
		}
	}
}

// after is where speech goes on without the person being heard, also out of flows that were called.
func (c *checker) after(here at) []at {
	n := c.set.Flows[here.flow].Nodes[here.node]
	if n.Kind != End {
		return c.graph.next(here)
	}
	var list []at
	for _, caller := range c.graph.calls[here.flow] {
		list = append(list, at{caller.flow, c.set.Flows[caller.flow].Nodes[caller.node].Next})
	}
	return list
}

// continues reports whether protected speech leads up to a node, so that the problem is told where
// it begins.
func (c *checker) continues(here at) bool {
	return slices.ContainsFunc(c.graph.nodes, func(before at) bool {
		return before != here && c.protected(c.set.Flows[before.flow].Nodes[before.node]) > 0 && slices.Contains(c.after(before), here)
	})
}

// protected is how long a node speaks without letting itself be interrupted, in seconds.
func (c *checker) protected(n Node) float64 {
	sum := 0.0
	add := func(p Prompt) {
		if p.Protected {
			sum += p.seconds()
		}
	}
	add(n.Say)
	if len(n.Slots) > 0 {
		add(c.set.House.Slots[n.Slots[0].Slot].Ask)
	}
	return sum
}
