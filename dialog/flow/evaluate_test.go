package flow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/flow"
)

// conversation is what an engine knows in the middle of one.
func conversation() flow.Env {
	return flow.Env{
		"address": "东湖区文汇路", "phone": "幺五四，零零零零，幺二三四", "day": "2026-11-24", "happened": "",
		"turn":   map[string]any{"act": "complain", "category": "utility.heating", "entry": "", "text": "暖气不热", "confidence": 0.8},
		"matter": map[string]any{"id": "utility.heating", "name": "供暖", "urgency": "urgent", "dispatch": "district", "due_workdays": 5, "required": []string{"address", "contact"}},
		"caller": map[string]any{"number": "15400001234", "channel": "phone", "elder": true},
		"order":  map[string]any{"ok": true, "number": "261124000018", "units": []any{"供热集团", "东湖区"}, "days": 2.5},
	}
}

// evaluator returns a set that holds an expression and a wording.
func evaluator(t *testing.T, source, wording string) *flow.Set {
	t.Helper()
	quoted := "'" + strings.ReplaceAll(source, "'", "''") + "'"
	return load(t, complain, "category: matter.id", "category: "+quoted, complain, "say: 好的，我来登记。", "say: '"+wording+"'")
}

func TestExpressionsSeeTheConversation(t *testing.T) {
	for source, want := range map[string]any{
		`turn.act == "complain" and turn.confidence > 0.5`:               true,
		`"plate" in matter.required`:                                     false,
		`any(matter.required, # == "contact")`:                           true,
		`count(matter.required, # startsWith "a") + matter.due_workdays`: 6,
		`address contains "东湖区" ? "东湖" : "其他"`:                           "东湖",
		`len(address)`:                       6,
		`caller.elder && happened == ""`:     true,
		`order.number`:                       "261124000018",
		`order.nothing ?? "没有"`:              "没有",
		`order.units[0]`:                     "供热集团",
		`day >= "2026-11-01"`:                true,
		`turn.text matches "暖气|供暖"`:          true,
		`status.ok or ticket == ""`:          true, // nothing was looked up or said
		`{"place": address, "days": [1, 2]}`: map[string]any{"place": "东湖区文汇路", "days": []any{1, 2}},
	} {
		t.Run(source, func(t *testing.T) {
			got, err := evaluator(t, source, "好的。").Eval(" "+source, conversation())
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestAnExpressionThatFailsIsAnError(t *testing.T) {
	for source, code := range map[string]hotline.Code{
		`1 % (matter.due_workdays - 5)`: hotline.CodeInvalid,
		`order.units[7]`:                hotline.CodeInvalid,
		`order.number.deep.er`:          hotline.CodeInvalid,
		`order.number > 3`:              hotline.CodeInvalid,
		`int(address)`:                  hotline.CodeInvalid,
	} {
		t.Run(source, func(t *testing.T) {
			if got, err := evaluator(t, source, "好的。").Eval(source, conversation()); hotline.CodeOf(err) != code {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	set := load(t)
	if _, err := set.Eval("1 + 1", nil); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Error("evaluated what stands in no file:", err)
	}
	if _, err := set.Bool("matter.id", conversation()); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Error("a text is no condition:", err)
	}
	for source, want := range map[string]bool{"": true, `status.ok`: false, `turn.act == "followup"`: false} {
		if got, err := set.Bool(source, conversation()); got != want || err != nil {
			t.Errorf("%q: %v, %v", source, got, err)
		}
	}
}

func TestWordingsAreFilledIn(t *testing.T) {
	for wording, want := range map[string]string{
		"没有花括号。": "没有花括号。",
		"{address}，{matter.due_workdays}个工作日。": "东湖区文汇路，5个工作日。",
		"由{order.units}办理{ order.days }天。":     "由供热集团、东湖区办理2.5天。",
		"还没有：{status.number}{happened}。":       "还没有：。",
		"{order.ok ? address : day}":           "东湖区文汇路",
	} {
		t.Run(wording, func(t *testing.T) {
			got, err := evaluator(t, "day", wording).Expand(wording, conversation())
			if got != want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestWordingsThatCannotBeFilledInAreErrors(t *testing.T) {
	env := conversation()
	env["order"] = map[string]any{"ok": true, "list": []any{[]any{1}}, "table": map[string]any{}, "long": strings.Repeat("长", 4000)}
	for wording, code := range map[string]hotline.Code{
		"{order.list}":  hotline.CodeInvalid,
		"{order.table}": hotline.CodeInvalid,
		"{order.long}":  hotline.CodeTooLarge,
		"{order.x.y}":   hotline.CodeInvalid,
	} {
		if got, err := evaluator(t, "day", wording).Expand(wording, env); got != "" || hotline.CodeOf(err) != code {
			t.Errorf("%s: %.30q, %v", wording, got, err)
		}
	}
	for _, wording := range []string{"{", "}", "{{day}}", "{unheard_of}"} {
		if got, err := load(t).Expand(wording, env); err == nil {
			t.Errorf("%s: %q", wording, got)
		}
	}
}

func TestAnExpressionCannotUseUpMemory(t *testing.T) {
	source := "[" + strings.Repeat("turn.text,", 25) + "1]"
	set := evaluator(t, source, "好的。")
	env := conversation()
	env["turn"].(map[string]any)["text"] = strings.Repeat("字", 1<<20)
	if allocated := testing.AllocsPerRun(10, func() {
		if _, err := set.Eval(source, env); err != nil {
			t.Fatal(err)
		}
	}); allocated > 100 {
		t.Errorf("%v allocations", allocated)
	}
}

func BenchmarkBool(b *testing.B) {
	set, env := load(b), conversation()
	for b.Loop() {
		if _, err := set.Bool(`turn.act in ["complain", "report", "suggest"]`, env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	files := town(b)
	for b.Loop() {
		if set, problems := flow.Load(files, "."); set == nil {
			b.Fatal(problems)
		}
	}
}
