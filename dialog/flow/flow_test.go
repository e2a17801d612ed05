package flow_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/dialog/flow"
)

// town returns the files of the sample set, with parts of them replaced: file, old, new.
func town(t testing.TB, replace ...string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"house.yaml", "flows/main.yaml", "flows/complain.yaml", "flows/progress.yaml"} {
		data, err := os.ReadFile("testdata/town/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	for ; len(replace) > 0; replace = replace[3:] {
		file := files[replace[0]]
		if file == nil {
			file = &fstest.MapFile{}
			files[replace[0]] = file
		}
		before := string(file.Data)
		if !strings.Contains(before, replace[1]) {
			t.Fatalf("%s holds no %q", replace[0], replace[1])
		}
		file.Data = []byte(strings.Replace(before, replace[1], replace[2], 1))
	}
	return files
}

// load returns a set that must be good.
func load(t testing.TB, replace ...string) *flow.Set {
	t.Helper()
	set, problems := flow.Load(town(t, replace...), ".")
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	return set
}

// knowledge knows what the sample refers to, and an entry that has expired.
type knowledge struct{}

func (knowledge) Entry(id string) (valid, found bool) {
	return id == "kb.good", id == "kb.good" || id == "kb.old"
}
func (knowledge) Category(id string) bool    { return id == "utility.heating" }
func (knowledge) Group(id string) bool       { return id == "utility" || id == "utility.heating" }
func (knowledge) Connector(name string) bool { return name == "orders" }

func TestTheSampleHasNoProblems(t *testing.T) {
	if diff := cmp.Diff(flow.Problems(nil), load(t).Check(knowledge{})); diff != "" {
		t.Error(diff)
	}
}
