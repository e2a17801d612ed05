package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hotline-cc/hotline/dialog/flow"
)

const (
	house    = "house.yaml"
	start    = "flows/main.yaml"
	complain = "flows/complain.yaml"
	progress = "flows/progress.yaml"
)

// slip is one mistake in the sample with the only problem that comes of it.
type slip struct {
	name           string
	file, old, new string
	place          string // file:line node field
	reason         string // part of it
}

// expect checks that there is this one problem and no other.
func (s slip) expect(t *testing.T, problems flow.Problems, warning bool) {
	t.Helper()
	if len(problems) != 1 {
		t.Fatalf("%d problems, want one:\n%v", len(problems), problems)
	}
	p := problems[0]
	place := strings.TrimSpace(strings.TrimSpace(fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Node)) + " " + p.Field)
	if place != s.place || !strings.Contains(p.Reason, s.reason) || p.Warning != warning {
		t.Errorf("%q %s (warning %v)\nwant %q with %q (warning %v)", place, p.Reason, p.Warning, s.place, s.reason, warning)
	}
}

// among checks that it is among the problems: what refers to a broken part is wrong, too.
func (s slip) among(t *testing.T, problems flow.Problems) {
	t.Helper()
	for len(problems) > 1 && !strings.Contains(problems[0].Reason, s.reason) {
		problems = problems[1:]
	}
	s.expect(t, problems[:min(len(problems), 1)], false)
}

func TestAFileThatCannotBeReadIsRefusedWithItsLine(t *testing.T) {
	for _, s := range []slip{
		{"a key nobody knows", complain, "into: order", "intoo: order", "flows/complain.yaml:23 file", "不认识“intoo”，是不是“into”？"},
		{"a key given twice", complain, "next: filed", "next: filed\n    next: done", "flows/complain.yaml:26 file next", "写了两遍"},
		{"a tab", complain, "    next: filed", "\tnext: filed", "flows/complain.yaml:24", "YAML 格式错误"},
		{"an anchor", complain, "next: filed", "next: &a filed", "flows/complain.yaml:25", "锚点"},
		{"an alias", complain, "title: 登记诉求", "title: &a 登记\nnote: *a", "flows/complain.yaml:2", "锚点"},
		{"a tag", complain, "next: filed", "next: !x filed", "flows/complain.yaml:25", "标签"},
		{"binary", complain, "next: filed", "next: !!binary aGk=", "flows/complain.yaml:25", "标签"},
		{"a second document", complain, "title: 登记诉求", "title: 登记诉求\n---\nid: x", "flows/complain.yaml:0", "一个文件只能有一个文档"},
		{"a list for a value", complain, "order: new", "order: [new]", "flows/complain.yaml:26 file order", "应为一个值"},
		{"a value for a list", complain, "    slots:\n      - slot: address\n", "    slots: address\n    x:\n      - slot: address\n", "flows/complain.yaml:10 facts slots", "应为列表"},
		{"a value for a mapping", complain, "    input:\n", "    input: 1\n    inputs:\n", "flows/complain.yaml:19 file input", "键: 值"},
		{"no bool", complain, "optional: true", "optional: maybe", "flows/complain.yaml:12 facts slots.1.optional", "true 或 false"},
		{"no whole number", start, "priority: 3", "priority: 3.5", "flows/main.yaml:30 person priority", "不是整数"},
		{"no number", house, "below: 0.5", "below: .nan", "house.yaml:14 confirm.0.below", "不是数"},
		{"a duration without unit", house, "no_input: 6s", "no_input: 6", "house.yaml:7 timing.no_input", "6s"},
		{"an id with capitals", complain, "  file:\n", "  File:\n", "flows/complain.yaml:17 nodes", "编号“File”"},
	} {
		t.Run(s.name, func(t *testing.T) {
			set, problems := flow.Load(town(t, s.file, s.old, s.new), ".")
			if set != nil {
				t.Error("loaded")
			}
			s.among(t, problems)
		})
	}
}

func TestWhatDoesNotFitTogetherIsRefused(t *testing.T) {
	for _, s := range []slip{
		{"an unknown kind", complain, "kind: file", "kind: fil", "flows/complain.yaml:24 file kind", "不认识“fil”，是不是“file”？"},
		{"no kind", complain, "    kind: file\n", "", "flows/complain.yaml:17 file", "要有类型 kind"},
		{"a field missing", complain, "    order: new\n", "", "flows/complain.yaml:17 file", "缺少“order”"},
		{"a field of another kind", complain, "    kind: say\n", "    kind: say\n    queue: x\n", "flows/complain.yaml:30 filed queue", "say 节点没有“queue”"},
		{"a next that leads nowhere", complain, "next: filed", "next: flied", "flows/complain.yaml:25 file next", "没有节点“flied”，是不是“filed”？"},
		{"an empty next", complain, "next: filed", "next: ", "flows/complain.yaml:25 file next", "请写明去哪个节点"},
		{"a start that is not there", complain, "start: facts", "start: fact", "flows/complain.yaml:3 start", "是不是“facts”？"},
		{"no title", complain, "title: 登记诉求", "title: ", "flows/complain.yaml:2 title", "名称要有"},
		{"a slot that is not declared", complain, "slot: address", "slot: address2", "flows/complain.yaml:11 facts slots.0", "没有要素“address2”，是不是“address”？"},
		{"a slot asked twice", complain, "slot: phone", "slot: address", "flows/complain.yaml:15 facts slots.2", "问了两遍"},
		{"a result named as a slot", complain, "into: order", "into: phone", "flows/complain.yaml:23 file into", "已是要素的名称"},
		{"a flow that is not there", start, "flow: complain", "flow: compain", "flows/main.yaml:9 complain flow", "是不是“complain”？"},
		{"an option given twice", start, "id: done", "id: again", "flows/main.yaml:23 more options.1", "用了两遍"},
		{"one option only", start, "      - id: done\n        next: bye\n        title: 没有了\n        wordings: [没了, 就这些]\n", "", "flows/main.yaml:18 more options", "选项要有 2 到 5 个"},
		{"a priority out of range", start, "priority: 3", "priority: 10", "flows/main.yaml:30 person priority", "0（最先）到 9"},
		{"a level out of range", start, "priority: 3", "skills: {social: 10}", "flows/main.yaml:30 person skills.social", "1 到 9"},
		{"a level of nothing", start, "priority: 3", "skills: {social: }", "flows/main.yaml:30 person skills.social", "不是整数"},
		{"a skill without a name", start, "priority: 3", "skills: ['']", "flows/main.yaml:30 person skills", "1 到 64 字节"},
		{"skills of who speaks", start, "    kind: end\n", "    kind: end\n    skills: social\n", "flows/main.yaml:7 bye skills", "end 节点没有“skills”"},
		{"a language by its name", start, "priority: 3", "language: 闽南话", "flows/main.yaml:30 person language", "小写字母"},
		{"a language without a name", house, "queue: general", "queue: general\nlanguages: {yue: ['']}", "house.yaml:4 languages.yue", "叫法"},
		{"a matter without skills", house, "queue: general", "queue: general\nskills: [{category: utility}]", "house.yaml:4 skills.0", "类别 category 和技能"},
		{"an input nobody takes", complain, "urgency: matter.urgency", "urgent: matter.urgency", "flows/complain.yaml:22 file input.urgent", "不认识“urgent”，是不是“urgency”？"},
		{"nothing asked", start, "    say: 请说您要反映或咨询的事。\n", "", "flows/main.yaml:36 what", "开放问题"},
		{"a house start that is not there", house, "start: main", "start: man", "house.yaml:2 start", "是不是“main”？"},
		{"a further start that is not there", house, "start: main", "start: main\nstarts: [survey]", "house.yaml:3 starts.0", "没有流程“survey”"},
		{"no queue", house, "queue: general", "queue: ", "house.yaml:3 queue", "人工队列"},
		{"a phrase nobody says", house, "  goodbye:", "  goodby:", "house.yaml:153 phrases.goodby", "是不是“goodbye”？"},
		{"an emergency nobody knows", house, "  fire:", "  fir:", "house.yaml:193 safety.fir", "是不是“fire”？"},
		{"a kind of slot nobody knows", house, "kind: ticket", "kind: tickets", "house.yaml:60 slots.ticket.kind", "是不是“ticket”？"},
		{"a risk nobody knows", house, "risk: low, below", "risk: lo, below", "house.yaml:14 confirm.0.risk", "是不是“low”？"},
		{"a rule without how", house, ", how: implicit}", "}", "house.yaml:14 confirm.0", "缺少“how”"},
		{"a wait too long", house, "no_input: 6s", "no_input: 40s", "house.yaml:7 timing.no_input", "2s 到 30s"},
		{"a speed too high", house, "speed: 0.85", "speed: 1.5", "house.yaml:10 elder.speed", "0.5 到 1"},
		{"a place that may be the caller's number", house, "kind: address", "kind: address\n    caller: true", "house.yaml:23 slots.address.caller", "只有电话号码"},
		{"a choice without options", house, "kind: ticket", "kind: choice", "house.yaml:59 slots.ticket", "选项 options"},
		{"a reserved name", house, "  happened:", "  turn:", "house.yaml:52 slots.turn", "另有含义"},
	} {
		t.Run(s.name, func(t *testing.T) {
			set, problems := flow.Load(town(t, s.file, s.old, s.new), ".")
			if set != nil {
				t.Error("loaded")
			}
			s.among(t, problems)
		})
	}
}

func TestAnExpressionIsRefusedWithTheReason(t *testing.T) {
	for source, reason := range map[string]string{
		"matter.idd":                "没有“idd”这一项，是不是“id”？",
		"address2":                  "没有变量或函数“address2”，是不是“address”？",
		"items":                     "没有变量或函数“items”",
		"now()":                     "没有变量或函数“now”",
		"((":                        "表达式第 2 字有错",
		"address +":                 "表达式",
		"let a = 1; a":              "let",
		"1; 2":                      "分号",
		"1..100000":                 "区间",
		"$env":                      "$env",
		"repeat(day,9)":             "没有变量或函数“repeat”",
		"fromJSON(day)":             "没有变量或函数“fromJSON”",
		"'a' ** 2":                  "表达式",
		"address - 1":               "表达式",
		"turn.text matches address": "固定文字",
		"turn.text matches '['":     "表达式",
		"all(matter.required, any(matter.required, true))":          "不能套用",
		strings.Repeat("address + ", 40):                            "超过 300 字节",
		strings.Repeat("1+", 120) + "1":                             "maximum allowed nodes",
		strings.Repeat("(", 140) + "day" + strings.Repeat(")", 140): "",
	} {
		t.Run(fmt.Sprintf("%.30s", source), func(t *testing.T) {
			quoted := "'" + strings.ReplaceAll(source, "'", "''") + "'"
			_, problems := flow.Load(town(t, complain, "category: matter.id", "category: "+quoted), ".")
			if reason == "" {
				if len(problems) > 0 {
					t.Error(problems)
				}
				return
			}
			slip{place: "flows/complain.yaml:20 file input.category", reason: reason}.expect(t, problems, false)
		})
	}
}

func TestAConditionAndAWordingTakeWhatTheyCanUse(t *testing.T) {
	for _, s := range []slip{
		{"a text for a condition", complain, `matter.urgency != "critical"`, "matter.urgency", "flows/complain.yaml:14 facts slots.1.when", "是或否"},
		{"a condition for a wording", complain, "{order.number}，", "{order.ok}，", "flows/complain.yaml:32 filed say.text.0", "文字或数"},
		{"an open brace", complain, "{order.number}，", "{order.number，", "flows/complain.yaml:32 filed say.text.0", "不成对"},
		{"a closing brace", complain, "{order.number}，", "order.number}，", "flows/complain.yaml:32 filed say.text.0", "不成对"},
		{"empty braces", complain, "{order.number}，", "{}，", "flows/complain.yaml:32 filed say.text.0", "空的"},
		{"a result in the house", house, "{items}", "{items}{order.number}", "house.yaml:160 phrases.confirm.voice.0", "没有变量或函数“order”"},
	} {
		t.Run(s.name, func(t *testing.T) {
			_, problems := flow.Load(town(t, s.file, s.old, s.new), ".")
			s.expect(t, problems, false)
		})
	}
}

func TestFilesThatAreNotThereAreNamed(t *testing.T) {
	set, problems := flow.Load(fstest.MapFS{}, ".")
	if set != nil || len(problems) != 2 || problems[0].File != "flows" || problems[1].File != "house.yaml" {
		t.Errorf("%v", problems)
	}
	files := town(t)
	files["flows/other.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(files[complain].Data), "登记", "另记", 1))}
	_, problems = flow.Load(files, ".")
	slip{place: "flows/other.yaml:1 id", reason: "已用于 flows/complain.yaml"}.expect(t, problems, false)
	files = town(t)
	files["flows/other.yaml"] = files[complain]
	delete(files, complain)
	set, problems = flow.Load(files, ".")
	if set == nil {
		t.Error("not loaded")
	}
	slip{place: "flows/other.yaml:1 id", reason: "complain.yaml"}.expect(t, problems, true)
}

func TestHostileFilesAreRefusedSoon(t *testing.T) {
	many := func(text string, n int) []byte { return []byte(strings.Repeat(text, n)) }
	for name, data := range map[string][]byte{
		"brackets":       many("[", 1<<20),
		"braces":         many("{", 1<<20),
		"dashes":         many("- ", 1<<19),
		"questions":      many("? ", 1<<19),
		"keys":           many("a:\n", 19999),
		"comments":       many("#\n", 19999),
		"anchors":        many("&a ", 300000),
		"quotes":         many("\"", 1<<20),
		"long line":      many("x", 1<<20),
		"too long":       many("x: y\n", 1<<20),
		"many parts":     many("- [1, 1, 1]\n", 19999),
		"many lines":     many("\n", 20001),
		"not UTF-8":      []byte("id: \xff"),
		"empty":          nil,
		"only a comment": []byte("# nothing"),
		"a deep mapping": []byte(deep(9000)),
	} {
		t.Run(name, func(t *testing.T) {
			files := town(t)
			files[start] = &fstest.MapFile{Data: data}
			began := time.Now()
			set, problems := flow.Load(files, ".")
			if set != nil || problems.Err() == nil {
				t.Error("loaded")
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func deep(levels int) string {
	var b strings.Builder
	for i := range min(levels, 1000) {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestALargeSetIsCheckedSoon(t *testing.T) {
	files := town(t)
	delete(files, start)
	delete(files, complain)
	delete(files, progress)
	const count, length = 13, 300
	for i := range count {
		id := fmt.Sprintf("f%d", i)
		if i == 0 {
			id = "main"
		}
		var b strings.Builder
		fmt.Fprintf(&b, "id: %s\ntitle: 图\nstart: n0\nnodes:\n  e: {kind: end}\n", id)
		for j := range length - 1 {
			next := fmt.Sprintf("n%d", j+1)
			if j == length-2 {
				next = "e"
			}
			switch {
			case j%3 == 0 && i+1 < count:
				fmt.Fprintf(&b, "  n%d: {kind: call, flow: f%d, next: %s}\n", j, i+1, next)
			case j%3 == 1:
				fmt.Fprintf(&b, "  n%d: {kind: lookup, system: orders, into: r%d, next: %s, failed: e}\n", j, j%100, next)
			default:
				fmt.Fprintf(&b, "  n%d: {kind: branch, cases: [{when: caller.elder and r1.ok, next: e}], next: %s}\n", j, next)
			}
		}
		files["flows/"+id+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	began := time.Now()
	set, problems := flow.Load(files, ".")
	if set == nil {
		t.Fatal(problems)
	}
	problems = set.Check(knowledge{})
	if len(problems) == 0 {
		t.Error("thirteen flows deep, and no problem")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
