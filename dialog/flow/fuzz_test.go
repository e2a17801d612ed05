package flow_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/dialog/flow"
)

// FuzzLoad reads any bytes as a flow and as a house. What is taken can be checked, and reads the
// same after it was written; what is not has a reason.
func FuzzLoad(f *testing.F) {
	files := town(f)
	for _, file := range files {
		f.Add(file.Data)
	}
	for _, text := range []string{"", "id: [", "a: &x [*x]", "id: main\nnodes: {a: {kind: say, say: '{{'}}", "slots: {a: {kind: text, title: '', ask: '\t'}}", "timing: {wait: 1h30m}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		for _, name := range []string{house, start} {
			files := town(t)
			files[name] = &fstest.MapFile{Data: data}
			set, problems := flow.Load(files, ".")
			if (set == nil) != (problems.Err() != nil) {
				t.Fatalf("set %v with problems %v", set, problems)
			}
			for _, p := range problems {
				if p.File == "" || p.Reason == "" {
					t.Errorf("problem without file or reason: %+v", p)
				}
			}
			if set == nil {
				continue
			}
			_ = set.Check(knowledge{}) // no panic
			files[start] = &fstest.MapFile{Data: []byte(write(t, set.Flows[set.House.Start]))}
			again, problems := flow.Load(files, ".")
			if again == nil {
				t.Fatalf("what was written is not read: %v\n%s", problems, files[start].Data)
			}
			if diff := cmp.Diff(set.Flows, again.Flows); diff != "" {
				t.Error(diff)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// FuzzEval compiles any text as an expression and evaluates what is taken, twice with one result.
func FuzzEval(f *testing.F) {
	for _, source := range []string{"day", `turn.act in ["ask"]`, `all(matter.required, # != "")`, "order?.a.b ?? 1 / 0", "-9223372036854775808 % -1", "'a' matches '(a*)*b'", "[1,2,3][matter.due_workdays]"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		quoted := "'" + strings.ReplaceAll(strings.ReplaceAll(source, "\n", " "), "'", "''") + "'"
		set, _ := flow.Load(town(t, complain, "category: matter.id", "category: "+quoted), ".")
		if set == nil {
			return
		}
		source = set.Flows["complain"].Nodes["file"].Input["category"]
		began := time.Now()
		first, err := set.Eval(source, conversation())
		second, again := set.Eval(source, conversation())
		if (err == nil) != (again == nil) || !reflect.DeepEqual(first, second) && first == first {
			t.Errorf("%v, %v and then %v, %v", first, err, second, again)
		}
		if _, err := set.Eval(source, nil); err == nil {
			_, _ = set.Bool(source, nil) // no panic
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
