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

const (
	smallHouse = "start: main\nqueue: q\nslots:\n  address: {kind: address, title: 地点, ask: 哪里？}\n  phone: {kind: phone, title: 电话, ask: 电话？}\n"
	smallFlow  = "id: main\ntitle: 图\nstart: a\nnodes:\n  a: {kind: say, say: '{address}', next: b}\n  b: {kind: end}\n"
)

// FuzzLoad reads any bytes as a flow and as a house. What is taken can be checked, and reads the
// same after it was written; what is not has a reason.
func FuzzLoad(f *testing.F) {
	for _, file := range town(f) {
		f.Add(file.Data)
	}
	for _, text := range []string{smallHouse, smallFlow, "", "id: [", "a: &x [*x]", "id: main\nnodes: {a: {kind: say, say: '{{'}}", "slots: {a: {kind: text, title: '', ask: '\t'}}", "timing: {wait: 1h30m}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		began := time.Now()
		for _, name := range []string{house, start} {
			files := fstest.MapFS{house: {Data: []byte(smallHouse)}, start: {Data: []byte(smallFlow)}}
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
		drawing := strings.Replace(smallFlow, "kind: say, say: '{address}'", "kind: lookup, system: s, into: order, failed: b, input: {x: "+quoted+"}", 1)
		set, _ := flow.Load(fstest.MapFS{house: {Data: []byte(smallHouse)}, start: {Data: []byte(drawing)}}, ".")
		if set == nil {
			return
		}
		source = set.Flows["main"].Nodes["a"].Input["x"]
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
