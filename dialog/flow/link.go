package flow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxNodes   = 300
	maxCases   = 30
	maxTitle   = 40 // characters
	minOptions = 2
	maxOptions = 5 // more are not remembered when heard

	// Of skills, as the desk has them.
	maxSkills    = 64
	maxSkillName = 64 // bytes
	maxLevel     = 9
)

// linker looks at what every set must have before anything else can be said about it: fields that
// suit the kind, references that lead somewhere, expressions that compile.
type linker struct {
	findings
	set    *Set
	unread unread
}

// link checks a set that was read and compiles its expressions.
func (s *Set) link(missing unread) Problems {
	l := &linker{findings{sources: s.sources}, s, missing}
	if !missing.house {
		l.house()
	}
	for _, id := range slices.Sorted(maps.Keys(s.Flows)) {
		l.flow(s.Flows[id])
	}
	nodes := 0
	for _, f := range s.Flows {
		nodes += len(f.Nodes)
	}
	if results := len(s.results()); nodes > maxAll || results > maxResults {
		l.wrong("", "", "全部流程最多 %d 个节点、%d 个结果变量，现有 %d 和 %d (set too large)", maxAll, maxResults, nodes, results)
		return l.list
	}
	l.expressions()
	return l.list
}

// given reports whether a file tells something at a path.
func (l *linker) given(flow, path string) bool { return l.sources[flow].has(path) }

// oneOf checks a value that may only be one of a few.
func (l *linker) oneOf(flow, path, value string, allowed []string) {
	if !slices.Contains(allowed, value) && l.given(flow, path) {
		l.wrong(flow, path, "不认识“%.60s”%s (unknown value)", value, meant(value, allowed))
	}
}

func (l *linker) title(flow, path, title string) {
	if n := utf8.RuneCountInString(title); n == 0 || n > maxTitle {
		l.wrong(flow, path, "名称要有 1 到 %d 个字 (title missing or too long)", maxTitle)
	}
}

func (l *linker) flow(f Flow) {
	l.title(f.ID, "title", f.Title)
	switch {
	case len(f.Nodes) == 0:
		l.wrong(f.ID, "nodes", "流程没有节点 (no nodes)")
	case len(f.Nodes) > maxNodes:
		l.wrong(f.ID, "nodes", "节点超过 %d 个，请拆成几个流程 (too many nodes)", maxNodes)
	case f.Start == "":
		l.wrong(f.ID, "start", "请用 start 写明第一个节点 (start missing)")
	default:
		l.target(f, "start", f.Start)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Layout)) {
		if _, found := f.Nodes[id]; !found {
			l.doubtful(f.ID, "layout."+id, "布局里的“%s”不是节点，可以删去 (no such node)", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		l.node(f, "nodes."+id, f.Nodes[id])
	}
}

// target checks that a reference leads to a node of the flow.
func (l *linker) target(f Flow, path, id string) {
	if _, found := f.Nodes[id]; !found && id != "" {
		l.wrong(f.ID, path, "没有节点“%.60s”%s (no such node)", id, meant(id, slices.Sorted(maps.Keys(f.Nodes))))
	}
}

func (l *linker) node(f Flow, path string, n Node) {
	fields, known := kinds[n.Kind]
	if !known {
		l.oneOf(f.ID, path+".kind", string(n.Kind), kindNames())
		if !l.given(f.ID, path+".kind") {
			l.wrong(f.ID, path, "节点要有类型 kind：%s (kind missing)", strings.Join(kindNames(), " "))
		}
		return
	}
	for _, key := range slices.Sorted(maps.Keys(titles)) {
		need, takes := fields[key]
		_, always := common[key]
		switch given := l.given(f.ID, join(path, key)); {
		case given && !takes && !always:
			l.wrong(f.ID, join(path, key), "%s 节点没有“%s”，请删去或换节点类型 (field of another kind)", n.Kind, key)
		case !given && takes && need == must:
			l.wrong(f.ID, path, "%s 节点缺少“%s”（%s） (field missing)", n.Kind, key, titles[key])
		}
	}
	l.values(f, path, n)
	l.target(f, path+".next", n.Next)
	l.target(f, path+".failed", n.Failed)
}

// values checks what the fields of a node hold.
func (l *linker) values(f Flow, path string, n Node) {
	switch n.Kind {
	case Ask:
		l.ask(f, path, n)
	case Choose:
		l.options(f, path, n.Options)
	case LookUp:
		l.id(f.ID, path+".system", n.System)
	case File:
		l.oneOf(f.ID, path+".order", string(n.Order), names(orders))
		for _, name := range slices.Sorted(maps.Keys(n.Input)) {
			l.oneOf(f.ID, path+".input."+name, name, inputs)
		}
	case Branch:
		if len(n.Cases) == 0 || len(n.Cases) > maxCases {
			l.wrong(f.ID, path+".cases", "分支要有 1 到 %d 条 (number of cases)", maxCases)
		}
		for i, c := range n.Cases {
			l.goesOn(f, path+".cases."+strconv.Itoa(i), c.Next)
		}
	case Call:
		if _, found := l.set.Flows[n.Flow]; !found && !l.unread.flows {
			l.wrong(f.ID, path+".flow", "没有流程“%.60s”%s (no such flow)", n.Flow, meant(n.Flow, slices.Sorted(maps.Keys(l.set.Flows))))
		}
	case Handover:
		if n.Priority < 0 || n.Priority > 9 {
			l.wrong(f.ID, path+".priority", "优先级为 0（最先）到 9 (priority out of range)")
		}
		if n.Queue != "" {
			l.id(f.ID, path+".queue", n.Queue)
		}
		if n.Language != "" {
			l.id(f.ID, path+".language", n.Language)
		}
		l.skills(f.ID, path+".skills", n.Skills)
	}
	if n.Into != "" {
		l.variable(f.ID, path+".into", n.Into)
		if _, isSlot := l.set.House.Slots[n.Into]; isSlot {
			l.wrong(f.ID, path+".into", "“%s”已是要素的名称，请换一个 (name of a slot)", n.Into)
		}
	}
	for _, field := range []struct{ path, id string }{{path + ".next", n.Next}, {path + ".failed", n.Failed}} {
		if field.id == "" && l.given(f.ID, field.path) {
			l.wrong(f.ID, field.path, "请写明去哪个节点 (empty reference)")
		}
	}
}

func (l *linker) goesOn(f Flow, path, next string) {
	if next == "" {
		l.wrong(f.ID, path, "缺少“next”（下一步） (field missing)")
	}
	l.target(f, path+".next", next)
}

func (l *linker) ask(f Flow, path string, n Node) {
	if len(n.Slots) == 0 && n.Say.Empty() {
		l.wrong(f.ID, path, "提问节点要有要素 slots，或用 say 提一个开放问题 (nothing is asked)")
	}
	if len(n.Slots) > 0 && n.Narrate {
		l.wrong(f.ID, path+".narrate", "有要素的节点不能用 narrate，请另建一个不带要素的提问节点 (narrate with slots)")
	}
	seen := map[string]bool{}
	for i, field := range n.Slots {
		at := path + ".slots." + strconv.Itoa(i)
		if _, found := l.set.House.Slots[field.Slot]; !found && !l.unread.house {
			l.wrong(f.ID, at, "house.yaml 里没有要素“%.60s”%s (slot not declared)", field.Slot, meant(field.Slot, slices.Sorted(maps.Keys(l.set.House.Slots))))
		}
		if seen[field.Slot] {
			l.wrong(f.ID, at, "要素“%.60s”问了两遍 (slot asked twice)", field.Slot)
		}
		seen[field.Slot] = true
	}
}

func (l *linker) options(f Flow, path string, options []Option) {
	if len(options) < minOptions || len(options) > maxOptions {
		l.wrong(f.ID, path+".options", "选项要有 %d 到 %d 个，更多听了记不住 (number of options)", minOptions, maxOptions)
	}
	seen := map[string]bool{}
	for i, o := range options {
		at := path + ".options." + strconv.Itoa(i)
		l.id(f.ID, at, o.ID)
		if seen[o.ID] {
			l.wrong(f.ID, at, "选项编号“%s”用了两遍 (id given twice)", o.ID)
		}
		seen[o.ID] = true
		l.title(f.ID, at, o.Title)
		l.goesOn(f, at, o.Next)
	}
}

// skills checks what people must be good at. The names are those that a roster gives to agents.
func (l *linker) skills(flow, path string, skills Skills) {
	if len(skills) > maxSkills {
		l.wrong(flow, path, "技能最多 %d 项 (too many skills)", maxSkills)
	}
	for _, name := range slices.Sorted(maps.Keys(skills)) {
		switch level := skills[name]; {
		case name == "" || len(name) > maxSkillName:
			l.wrong(flow, path, "技能名称“%.60s”应有 1 到 %d 字节 (bad name of a skill)", name, maxSkillName)
		case level < 1 || level > maxLevel:
			l.wrong(flow, join(path, name), "技能级别为 1 到 %d（最高） (level out of range)", maxLevel)
		}
	}
}

func (l *linker) id(flow, path, id string) {
	if !isID(id) {
		l.wrong(flow, path, "编号“%.60s”只能用小写字母、数字和下划线，最多 %d 个 (bad id)", id, maxID)
	}
}

// variable checks a name that expressions use.
func (l *linker) variable(flow, path, name string) {
	switch {
	case !isID(name):
		l.id(flow, path, name)
	case name[0] < 'a' || name[0] > 'z':
		l.wrong(flow, path, "“%s”要以小写字母开头，表达式才能用 (name must begin with a letter)", name)
	case slices.Contains(reserved, name):
		l.wrong(flow, path, "“%s”在表达式里另有含义，请换一个 (reserved name)", name)
	}
}
