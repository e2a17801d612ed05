package flow

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/slot"
)

// knowledge checks what refers to entries, categories and other systems.
func (c *checker) knowledge() {
	for _, here := range c.graph.nodes {
		n, path := c.set.Flows[here.flow].Nodes[here.node], "nodes."+here.node
		if n.Entry != "" {
			c.entry(here.flow, path+".entry", n.Entry)
		}
		if n.System != "" && !c.known.Connector(n.System) {
			c.wrong(here.flow, path+".system", "没有接入外部系统“%s” (no such connector)", n.System)
		}
	}
	for i, e := range c.set.House.Skills {
		if !c.known.Group(e.Category) {
			c.wrong("", "skills."+strconv.Itoa(i)+".category", "没有诉求类别或大类“%s” (no such category)", e.Category)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c.set.House.Safety)) {
		if category := c.set.House.Safety[kind].Category; category != "" {
			c.category("", "safety."+kind+".category", category)
		}
	}
}

func (c *checker) entry(flow, path, id string) {
	switch valid, found := c.known.Entry(id); {
	case !found:
		c.wrong(flow, path, "知识库里没有条目“%s” (no such entry)", id)
	case !valid:
		c.wrong(flow, path, "知识条目“%s”今天不能用：未发布、未生效或已过期 (entry not in force)", id)
	}
}

func (c *checker) category(flow, path, id string) {
	if !c.known.Category(id) {
		c.wrong(flow, path, "没有诉求类别“%s” (no such category)", id)
	}
}

// Acts are what a person may be doing with a sentence.
func Acts() []string {
	return []string{"ask", "complain", "report", "suggest", "praise", "followup", "emergency", "agent", "chitchat", "abuse", "out_of_scope"}
}

// fixedValues are the only texts that some variables ever hold, besides "".
var fixedValues = map[string][]string{
	"turn.act":        Acts(),
	"matter.urgency":  {"normal", "urgent", "critical"},
	"matter.dispatch": {"department", "district"},
	"caller.channel":  {string(hotline.ChannelPhone), string(hotline.ChannelWeb), string(hotline.ChannelChat)},
}

// compared checks the texts that variables are compared with: one that never occurs is a slip of
// the pen, and its branch is never taken.
func (c *checker) compared() {
	for _, here := range c.graph.nodes {
		n := c.set.Flows[here.flow].Nodes[here.node]
		for _, e := range n.expressions(here.flow, "nodes."+here.node) {
			p := c.set.programs[trimmed(e.source)]
			if p == nil {
				continue
			}
			for _, comparison := range p.compared {
				c.comparison(e, comparison)
			}
		}
	}
}

func (c *checker) comparison(e expression, with comparison) {
	text := with.with
	if text == "" {
		return
	}
	switch with.what {
	case "matter.id", "turn.category":
		if c.known != nil {
			c.category(e.flow, e.path, text)
		}
		return
	case "turn.entry":
		if c.known != nil {
			c.entry(e.flow, e.path, text)
		}
		return
	}
	values := fixedValues[with.what]
	if s, isSlot := c.set.House.Slots[with.what]; isSlot {
		values = valuesOf(s)
	}
	if values != nil && !slices.Contains(values, text) {
		c.wrong(e.flow, e.path, "%s 不会是“%.60s”%s (value never occurs)", with.what, text, meant(text, values))
	}
}

// valuesOf returns the only values a slot can have, nil when there is no end of them.
func valuesOf(s Slot) []string {
	switch s.Kind {
	case slot.Choice:
		return s.Options
	case slot.YesNo:
		return []string{"yes", "no", "unsure"}
	case slot.Service:
		return services
	}
	return nil
}
