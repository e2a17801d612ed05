package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hotline-cc/hotline/dialog/flow"
)

// check checks the sample with one slip in it.
func (s slip) check(t *testing.T) flow.Problems {
	t.Helper()
	set, problems := flow.Load(town(t, s.file, s.old, s.new), ".")
	if set == nil {
		t.Fatalf("not loaded:\n%v", problems)
	}
	return set.Check(knowledge{})
}

func TestWhatWouldLeaveAPersonAloneIsFound(t *testing.T) {
	for _, s := range []slip{
		{"a phrase missing", house, "  louder: 好的，我说清楚一点。\n", "", "house.yaml:79 phrases", "缺少通用话术“louder”"},
		{"a ladder missing", house, "  no_match:\n    - 不好意思，我没有听明白，请换个说法再说一遍。\n    - 您是想{options}吗？也可以说转人工。\n    - 我还是没有听明白，给您转人工。\n", "", "house.yaml:69 ladders", "缺少递进话术“no_match”"},
		{"an emergency missing", house, "  gas:\n    say: 请马上开窗，不要开关电器，到屋外去。我正在帮您接通消防。\n    stay: 请不要挂机，马上有人和您说话。\n    service: \"119\"\n    queue: crisis\n    reason: 燃气泄漏\n", "", "house.yaml:185 safety", "缺少紧急情形“gas”"},
		{"a phrase without what it must hold", house, "{items}", "", "house.yaml:160 phrases.confirm.voice.0", "要有 {items}"},
		{"a phrase without voice", house, "  louder: 好的，我说清楚一点。", "  louder: {text: 好的}", "house.yaml:147 phrases.louder", "没有语音话术"},
		{"words of danger that are not fixed", house, "请马上离开着火的地方，", "请马上离开{day}，", "house.yaml:194 safety.fire.say.voice.0", "写定的"},
		{"a slot without no_input", house, "    no_input:\n      - 请说您的手机号，也可以在键盘上按。\n", "", "house.yaml:37 slots.phone", "缺少 no_input"},
		{"confirmation that ends early", house, "  - {risk: low, below: 2, how: not}\n", "", "house.yaml:13 confirm", "风险 low 的确认规则没有到底"},
		{"a rule that is never used", house, "{risk: low, below: 0.5,", "{risk: low, below: 2,", "house.yaml:15 confirm.1", "永远用不到"},
		{"a node without a way to it", start, "next: explain", "next: complain", "flows/main.yaml:12 explain", "没有路走到"},
		{"options that sound alike", start, "title: 没有了", "title: 还有是", "flows/main.yaml:23 more options.1", "听起来一样"},
		{"an entry that has expired", start, "kind: answer", "kind: answer\n    entry: kb.old", "flows/main.yaml:15 explain entry", "今天不能用"},
		{"an entry that is not there", start, "kind: answer", "kind: answer\n    entry: kb.none", "flows/main.yaml:15 explain entry", "没有条目"},
		{"a connector that is not there", progress, "system: orders", "system: order", "flows/progress.yaml:26 query system", "没有接入"},
		{"a category that is not there", house, "    reason: 着火", "    reason: 着火\n    category: x.y", "house.yaml:199 safety.fire.category", "没有诉求类别"},
		{"skills for a matter that is not there", house, "queue: general", "queue: general\nskills: [{category: utility, skills: social}, {category: x, skills: social}]", "house.yaml:4 skills.1.category", "没有诉求类别"},
		{"an act that never occurs", start, `"followup"`, `"folowup"`, "flows/main.yaml:44 which cases.0.when", "是不是“followup”？"},
		{"an act that never occurs in a list", start, `"complain", `, `"complian", `, "flows/main.yaml:46 which cases.1.when", "是不是“complain”？"},
		{"a category that never occurs", start, `turn.act == "followup"`, `matter.id != "utility.heatin"`, "flows/main.yaml:44 which cases.0.when", "没有诉求类别"},
	} {
		t.Run(s.name, func(t *testing.T) { s.expect(t, s.check(t), false) })
	}
}

func TestVoiceWordingsMustBeSpeakable(t *testing.T) {
	for wording, reason := range map[string]string{
		"好的，我来登记（稍等）。":           "括号",
		"请上www.12345.gov.cn登记。":  "网址",
		"请看https://a.b":          "网址",
		"“**好的**”":               "排版符号",
		"按#号键":                   "排版符号",
		"请用download登记":           "英文词",
		"好的😀":                    "念不出来的符号",
		"":                       "空的",
		" ":                      "空的",
		strings.Repeat("登记", 46): "有 92 字",
		strings.Repeat("登记", 43) + "{address}": "",
		"请用APP或ETC，温度18℃，约95%。":                "",
		"《云州市供热条例》第十八条：“室温”。":                  "",
		"12345，幺幺零。":                           "",
	} {
		t.Run(fmt.Sprintf("%.30s", wording), func(t *testing.T) {
			s := slip{"", complain, "say: 好的，我来登记。", "say: '" + wording + "'", "flows/complain.yaml:27 file say.voice.0", reason}
			if problems := s.check(t); reason != "" {
				s.expect(t, problems, false)
			} else if len(problems) > 0 {
				t.Error(problems)
			}
		})
	}
	shown := slip{"", complain, "say: 好的，我来登记。", "say: {voice: 好的。, text: '见 https://a.example/（附件）\n\n- 一'}", "", ""}
	if problems := shown.check(t); len(problems) > 0 {
		t.Error(problems)
	}
}

// flows returns the house of the sample with flows of few words: "id: node kind rest; …".
func flows(t *testing.T, drawings ...string) flow.Problems {
	t.Helper()
	files := fstest.MapFS{house: town(t)[house]}
	if strings.HasPrefix(drawings[len(drawings)-1], "outgoing: ") {
		files = fstest.MapFS{house: town(t, house, "start: main", "start: main\nstarts: [outgoing]")[house]}
	}
	for _, d := range drawings {
		id, nodes, _ := strings.Cut(d, ": ")
		var b strings.Builder
		for i, n := range strings.Split(nodes, "; ") {
			name, rest, _ := strings.Cut(n, " ")
			if i == 0 {
				fmt.Fprintf(&b, "id: %s\ntitle: 图\nstart: %s\nnodes:\n", id, name)
			}
			kind, rest, _ := strings.Cut(rest, " ")
			fmt.Fprintf(&b, "  %s: {kind: %s, %s}\n", name, kind, rest)
		}
		files["flows/"+id+".yaml"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	set, problems := flow.Load(files, ".")
	if set == nil {
		t.Fatalf("not loaded:\n%v", problems)
	}
	return set.Check(knowledge{})
}

func TestWaysAreFollowedThroughAllFlows(t *testing.T) {
	long := "say: {protected: true, voice: " + strings.Repeat("重要", 45) + "}, " // 22 s
	for _, c := range []struct {
		name     string
		drawings []string
		want     string // "" for none; else part of the only problem
	}{
		{"a loop with an open question", []string{"main: a ask say: 您说？, next: b; b branch cases: [{when: caller.elder, next: a}], next: c; c end"}, ""},
		{"a loop of speech", []string{"main: a say say: 好。, next: b; b branch cases: [{when: caller.elder, next: a}], next: c; c end"}, "a → b → a 会一直转下去"},
		{"a loop of slots that are filled", []string{"main: a ask slots: [{slot: address}], next: b; b branch cases: [{when: address == '', next: a}], next: c; c end"}, "提问和选择会跳过"},
		{"a loop of a choice that was made before", []string{"main: a choose say: 哪样？, options: [{id: x, title: 水费, next: a}, {id: y, title: 电费, next: c}]; c end"}, "提问和选择会跳过"},
		{"a loop of filing", []string{"main: a file order: new, next: c, failed: a; c end"}, ""},
		{"a loop of look-ups", []string{"main: a lookup system: orders, into: r, next: c, failed: a; c end"}, ""},
		{"a loop over a flow that asks", []string{"main: a call flow: x, next: b; b branch cases: [{when: caller.elder, next: a}], next: c; c end", "x: q ask say: 您说？, next: e; e end"}, ""},
		{"a loop over a flow that may pass", []string{"main: a call flow: x, next: b; b branch cases: [{when: caller.elder, next: a}], next: c; c end", "x: q branch cases: [{when: caller.elder, next: e}], next: o; o ask say: 您说？, next: e; e end"}, "a → b → a"},
		{"a flow that calls itself at once", []string{"main: a branch cases: [{when: caller.elder, next: b}], next: c; b call flow: main, next: c; c end"}, "会一直转下去"},
		{"a flow that calls itself after a question", []string{"main: a ask say: 您说？, next: b; b branch cases: [{when: caller.elder, next: d}], next: c; d call flow: main, next: c; c end"}, "再次走进"},
		{"a flow called twice", []string{"main: a call flow: x, next: b; b call flow: x, next: c; c end", "x: s say say: 好。, next: e; e end"}, ""},
		{"behind a flow that never comes back", []string{"main: a call flow: x, next: c; c end", "x: h handover reason: 转"}, "没有路走到"},
		{"a flow for calls of our own", []string{"main: c end", "outgoing: l lookup system: orders, into: r, next: e, failed: e; e end"}, ""},
		{"a flow nobody calls", []string{"main: c end", "x: h handover reason: 转"}, "没有流程会走到“x”"},
		{"speech protected for 44 s", []string{"main: a say " + long + "next: b; b say " + long + "next: c; c end"}, "不可打断"},
		{"speech protected across flows", []string{"main: a say " + long + "next: b; b call flow: x, next: d; d end", "x: s say " + long + "next: e; e end"}, "不可打断"},
		{"speech protected behind a flow", []string{"main: a call flow: x, next: b; b say " + long + "next: d; d end", "x: s say " + long + "next: e; e end"}, "不可打断"},
		{"a question between protected speech", []string{"main: a say " + long + "next: q; q ask say: 您说？, next: b; b say " + long + "next: c; c end"}, ""},
		{"a result used before it is there", []string{"main: b branch cases: [{when: r.ok, next: c}], next: l; l lookup system: orders, into: r, next: c, failed: c; c end"}, "还没有结果“r”"},
		{"a result that one way does not bring", []string{"main: b branch cases: [{when: caller.elder, next: c}], next: l; l lookup system: orders, into: r, next: c, failed: c; c say say: '{r.a}', next: d; d end"}, "还没有结果“r”"},
		{"a result that a called flow brings", []string{"main: a call flow: x, next: c; c say say: '{r.a}', next: d; d end", "x: l lookup system: orders, into: r, next: e, failed: e; e end"}, ""},
		{"a result that a called flow brings on one way", []string{"main: a call flow: x, next: c; c say say: '{r.a}', next: d; d end", "x: b branch cases: [{when: caller.elder, next: e}], next: l; l lookup system: orders, into: r, next: e, failed: e; e end"}, "还没有结果“r”"},
		{"a result used where failing leads", []string{"main: l lookup system: orders, into: r, next: c, failed: f; f branch cases: [{when: r.ok, next: c}], next: c; c end"}, ""},
		{"thirteen flows deep", deepCalls(13), "超过 12 层"},
		{"twelve flows deep", deepCalls(12), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := flows(t, c.drawings...)
			if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Reason, c.want)) {
				t.Errorf("want %q:\n%v", c.want, problems)
			}
		})
	}
}

// deepCalls draws flows that call one another in a row.
func deepCalls(n int) []string {
	drawings := make([]string, n)
	for i := range drawings {
		drawings[i] = fmt.Sprintf("f%d: a call flow: f%d, next: e; e end", i, i+1)
	}
	drawings[0] = strings.Replace(drawings[0], "f0:", "main:", 1)
	drawings[n-1] = fmt.Sprintf("f%d: e end", n-1)
	return drawings
}
