package flow_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/dialog/flow"
)

func write(t testing.TB, f flow.Flow) string {
	t.Helper()
	var b bytes.Buffer
	if err := flow.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatWasWrittenReadsTheSame(t *testing.T) {
	set := load(t)
	files := town(t)
	for id, f := range set.Flows {
		files["flows/"+id+".yaml"] = &fstest.MapFile{Data: []byte(write(t, f))}
	}
	again, problems := flow.Load(files, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(set.Flows, again.Flows); diff != "" {
		t.Error(diff)
	}
	if changes := flow.Diff(set, again); len(changes) > 0 {
		t.Error(changes)
	}
}

func TestSkillsAreWrittenAsShortAsTheyCanBe(t *testing.T) {
	for given, c := range map[string]struct {
		want    flow.Skills
		written string
	}{
		"skills: social":                 {flow.Skills{"social": 1}, "    skills:\n      - social\n"},
		"skills: [社保, social]":           {flow.Skills{"social": 1, "社保": 1}, "    skills:\n      - social\n      - 社保\n"},
		"skills: {social: 1, v.1: 1}":    {flow.Skills{"social": 1, "v.1": 1}, "    skills:\n      - social\n      - v.1\n"},
		"skills: {social: 2, law: 1}":    {flow.Skills{"social": 2, "law": 1}, "    skills:\n      law: 1\n      social: 2\n"},
		"skills: {}":                     {nil, ""},
		"language: yue\n    skills: law": {flow.Skills{"law": 1}, "    skills:\n      - law\n"},
	} {
		set, problems := flow.Load(town(t, start, "priority: 3", given), ".")
		if set == nil {
			t.Errorf("%s: %v", given, problems)
			continue
		}
		if diff := cmp.Diff(c.want, set.Flows["main"].Nodes["person"].Skills); diff != "" {
			t.Errorf("%s: %s", given, diff)
		}
		text := write(t, set.Flows["main"])
		if !strings.Contains(text, c.written) || c.written == "" && strings.Contains(text, "skills") {
			t.Errorf("%s: written as\n%s", given, text)
		}
		files := town(t)
		files[start] = &fstest.MapFile{Data: []byte(text)}
		again, problems := flow.Load(files, ".")
		if again == nil {
			t.Fatal(problems)
		}
		if diff := cmp.Diff(set.Flows, again.Flows); diff != "" {
			t.Errorf("%s: %s", given, diff)
		}
	}
}

func TestTheWrittenFormIsTheOneOfTheGoldenFile(t *testing.T) {
	no := false
	f := flow.Flow{
		ID: "sample", Title: "样例", Start: "zero",
		Nodes: map[string]flow.Node{
			"zero": {Kind: flow.Say, Say: flow.Prompt{Voice: []string{"一句。", "另一句。"}}, Next: "ask", Note: "多行\n备注"},
			"ask": {Kind: flow.Ask, Slots: []flow.Field{{Slot: "address", Confirm: &no}, {Slot: "phone", When: "caller.elder", Optional: true}},
				Say: flow.Prompt{Voice: []string{"好: 的"}, Text: []string{"1. 一\n2. 二"}, Protected: true}, Next: "end"},
			"end": {Kind: flow.End, Reason: "no"},
		},
		Layout: map[string]flow.Point{"zero": {X: 1, Y: -2}, "ask": {}},
	}
	got := write(t, f)
	golden, err := os.ReadFile("testdata/sample.golden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), got); diff != "" {
		t.Error(diff)
	}
}

func TestFormattingSortsKeysAndKeepsComments(t *testing.T) {
	var b bytes.Buffer
	err := flow.Format(&b, []byte("title: 图 # what it is\nlayout: {a: {y: 2, x: 1}}\n# first of all\nid: x\nnodes:\n  b: {next: a, kind: say}\n  # the end\n  a: {kind: end}\n"))
	want := "# first of all\nid: x\nnodes:\n  # the end\n  a:\n    kind: end\n  b:\n    kind: say\n    next: a\ntitle: 图 # what it is\nlayout:\n  a: {x: 1, y: 2}\n"
	if diff := cmp.Diff(want, b.String()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, data := range []string{"", "a: [", "a: \xff"} {
		if err := flow.Format(&b, []byte(data)); err == nil {
			t.Errorf("%q was formatted", data)
		}
	}
}

func TestDifferencesAreToldByFlowNodeAndField(t *testing.T) {
	before := load(t)
	for _, c := range []struct {
		name           string
		file, old, new string
		want           []flow.Change
	}{
		{"nothing", start, "kind: end", "kind: end", nil},
		{"a wording", complain, "say: 好的，我来登记。", "say: [好的。, 行。]",
			[]flow.Change{{Flow: "complain", Node: "file", Field: "say", What: flow.Changed, From: "好的，我来登记。", To: "[好的。, 行。]"}}},
		{"a case", start, `when: turn.act == "followup"`, `when: turn.act == "praise"`,
			[]flow.Change{{Flow: "main", Node: "which", Field: "cases", What: flow.Changed,
				From: `[{when: turn.act == "followup", next: progress}, {when: 'turn.act in ["complain", "report", "suggest"]', next: complain}, {when: turn.act == "abuse" or caller.elder and turn.confidence < 0.4, next: person}]`,
				To:   `[{when: turn.act == "praise", next: progress}, {when: 'turn.act in ["complain", "report", "suggest"]', next: complain}, {when: turn.act == "abuse" or caller.elder and turn.confidence < 0.4, next: person}]`}}},
		{"a new field", start, "    kind: end\n", "    kind: end\n    note: 完\n",
			[]flow.Change{{Flow: "main", Node: "bye", Field: "note", What: flow.Added, To: "完"}}},
		{"a field that is gone", start, "    reason: 办完\n", "",
			[]flow.Change{{Flow: "main", Node: "bye", Field: "reason", What: flow.Removed, From: "办完"}}},
		{"a new node", start, "nodes:\n", "nodes:\n  a:\n    kind: end\n",
			[]flow.Change{{Flow: "main", Node: "a", What: flow.Added, To: "{kind: end}"}}},
		{"the title", start, "title: 接听", "title: 总机",
			[]flow.Change{{Flow: "main", Field: "title", What: flow.Changed, From: "接听", To: "总机"}}},
		{"the drawing only", start, "what: {x: 0, y: 0}", "what: {x: 10, y: 0}",
			[]flow.Change{{Flow: "main", Field: "layout.what.x", What: flow.Changed, From: "0", To: "10", Layout: true}}},
		{"a phrase", house, "louder: 好的，我说清楚一点。", "louder: 好。",
			[]flow.Change{{Field: "phrases.louder", What: flow.Changed, From: "好的，我说清楚一点。", To: "好。"}}},
		{"a rule", house, "risk: high\n    secret: true", "risk: normal\n    secret: true",
			[]flow.Change{{Field: "slots.phone.risk", What: flow.Changed, From: "high", To: "normal"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, flow.Diff(before, load(t, c.file, c.old, c.new))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlowsThatCameAndWentAreTold(t *testing.T) {
	before := load(t)
	files := town(t)
	files["flows/other.yaml"] = &fstest.MapFile{Data: []byte("id: other\ntitle: 新\nstart: a\nnodes: {a: {kind: end}}\n")}
	after, problems := flow.Load(files, ".")
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]flow.Change{{Flow: "other", What: flow.Added}}, flow.Diff(before, after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]flow.Change{{Flow: "other", What: flow.Removed}}, flow.Diff(after, before)); diff != "" {
		t.Error(diff)
	}
}
