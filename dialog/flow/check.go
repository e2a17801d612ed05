package flow

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// Knowledge is what a set refers to outside of itself.
type Knowledge interface {
	// Entry reports whether there is such an entry, and whether callers may be answered with it today.
	Entry(id string) (valid, found bool)
	// Category reports whether work orders can be filed under it, Group whether it is a category or a
	// group of them.
	Category(id string) bool
	Group(id string) bool
	// Connector reports whether another system can be asked by this name.
	Connector(name string) bool
}

// Check looks for everything that would leave a person without an answer, without a way on or
// without a way to people. Without knowledge, what refers to it is not checked.
func (s *Set) Check(k Knowledge) Problems {
	c := &checker{findings{sources: s.sources}, s, newGraph(s), k}
	c.words()
	c.house()
	c.slots()
	c.options()
	c.ways()
	c.speech()
	c.assigned()
	c.compared()
	if k != nil {
		c.knowledge()
	}
	return c.list.sorted()
}

type checker struct {
	findings
	set   *Set
	graph *graph
	known Knowledge // may be nil
}

// words checks that every prompt can be said and shown.
func (c *checker) words() {
	for _, w := range c.set.wordings() {
		if len(w.prompt.Voice) == 0 && (w.must || len(w.prompt.Text) > 0) {
			c.wrong(w.flow, w.path, "没有语音话术，电话里无话可说 (no voice wording)")
		}
		for _, l := range w.lines() {
			reason := showable(l.text)
			if l.voice {
				reason = speakable(l.text)
			}
			if reason != "" {
				c.wrong(w.flow, l.path, "%s", reason)
			}
			if strings.HasPrefix(w.path, "safety.") && strings.ContainsRune(l.text, '{') {
				c.wrong(w.flow, l.path, "紧急话术必须是写定的，不能代入变量 (expression in words of safety)")
			}
		}
	}
}

// house checks that the engine has words and rules for everything.
func (c *checker) house() {
	h := c.set.House
	for _, p := range phrases {
		prompt, given := h.Phrases[p.name]
		if !given && !p.optional {
			c.wrong("", "phrases", "缺少通用话术“%s” (phrase missing)", p.name)
		}
		for _, variable := range p.holds {
			for _, l := range (wording{path: "phrases." + p.name, prompt: prompt}).lines() {
				if !strings.Contains(strings.ReplaceAll(l.text, " ", ""), "{"+variable+"}") {
					c.wrong("", l.path, "话术里要有 {%s} (expression missing)", variable)
				}
			}
		}
	}
	for _, name := range ladders {
		if len(h.Ladders[name]) == 0 {
			c.wrong("", "ladders", "缺少递进话术“%s”，每多一次说一句 (ladder missing)", name)
		}
	}
	for _, kind := range Emergencies() {
		if _, given := h.Safety[kind]; !given {
			c.wrong("", "safety", "缺少紧急情形“%s”的话术 (emergency missing)", kind)
		}
	}
	for _, risk := range risks {
		c.confirmation(risk)
	}
}

// confirmation checks that the rules for a risk decide for every confidence.
func (c *checker) confirmation(risk Risk) {
	covered := 0.0
	for i, rule := range c.set.House.Confirm {
		if rule.Risk != risk {
			continue
		}
		at := "confirm." + strconv.Itoa(i)
		if rule.Below <= covered {
			c.wrong("", at, "前面的规则已包括它，永远用不到；请按 below 从小到大写 (rule is never used)")
		}
		if risk == RiskHigh && rule.How == ConfirmNot {
			c.doubtful("", at, "风险高的要素不确认就采用，请确定这是想要的 (high risk unconfirmed)")
		}
		covered = max(covered, rule.Below)
	}
	if covered <= 1 {
		c.wrong("", "confirm", "风险 %s 的确认规则没有到底，请补一条 below 大于 1 的 (confirmation incomplete)", risk)
	}
}

// slots checks that every slot has something to say when its answer does not come.
func (c *checker) slots() {
	for _, name := range slices.Sorted(maps.Keys(c.set.House.Slots)) {
		s, at := c.set.House.Slots[name], "slots."+name
		if len(s.NoInput) == 0 {
			c.wrong("", at, "要素“%s”缺少 no_input（没有出声时说什么） (no_input missing)", name)
		}
		switch len(s.NoMatch) {
		case 0:
			c.wrong("", at, "要素“%s”缺少 no_match（没听懂时说什么） (no_match missing)", name)
		case 1:
			c.doubtful("", at+".no_match", "要素“%s”只有一句 no_match，再听不懂时应换个办法 (only one no_match)", name)
		}
		c.apart(at+".options", "", s.Options)
	}
}

// options checks that the options of nodes sound different.
func (c *checker) options() {
	for _, here := range c.graph.nodes {
		n := c.set.Flows[here.flow].Nodes[here.node]
		var titles []string
		for _, o := range n.Options {
			titles = append(titles, o.Title)
		}
		c.apart("nodes."+here.node+".options", here.flow, titles)
	}
}

// apart reports titles that cannot be told apart by ear.
func (c *checker) apart(path, flow string, titles []string) {
	heard := map[string]string{}
	for i, title := range titles {
		sound := soundOf(title)
		if other, found := heard[sound]; found {
			c.wrong(flow, join(path, strconv.Itoa(i)), "“%s”和“%s”听起来一样，请换个说法 (options sound alike)", title, other)
		}
		heard[sound] = title
	}
}

// soundOf is a text as it is heard, with what is often confused falling together.
func soundOf(text string) string {
	var b strings.Builder
	for _, r := range han.Fold(text) {
		sound := han.Syllable(r)
		switch {
		case r >= '0' && r <= '9':
			sound = han.Digit(r)
		case sound == "":
			sound = string(r)
		}
		b.WriteString(sound + " ")
	}
	return b.String()
}
