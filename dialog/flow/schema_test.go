package flow_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline/dialog/flow"
)

// validator returns what checks a YAML file against the schema.
func validator(t *testing.T) func([]byte) error {
	t.Helper()
	var document any
	if err := json.Unmarshal(flow.Schema(), &document); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("flow.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("flow.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(data []byte) error {
		var v any
		if err := yaml.Unmarshal(data, &v); err != nil {
			return err
		}
		plain, err := json.Marshal(v)
		if err != nil {
			return err
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			return err
		}
		return schema.Validate(instance)
	}
}

func TestTheSchemaTakesWhatIsReadAndRefusesWhatIsNot(t *testing.T) {
	valid := validator(t)
	for name, file := range town(t) {
		if err := valid(file.Data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, s := range []slip{
		{"unknown key", complain, "into: order", "intoo: order", "", ""},
		{"unknown kind", complain, "kind: file", "kind: fil", "", ""},
		{"field missing", complain, "    order: new\n", "", "", ""},
		{"field of another kind", complain, "    kind: say\n", "    kind: say\n    queue: x\n", "", ""},
		{"unknown order", complain, "order: new", "order: newer", "", ""},
		{"one option", start, "      - id: done\n        next: bye\n        title: 没有了\n        wordings: [没了, 就这些]\n", "", "", ""},
		{"priority", start, "priority: 3", "priority: 10", "", ""},
		{"level", start, "priority: 3", "skills: {social: 10}", "", ""},
		{"skills without a category", house, "queue: general", "queue: general\nskills: [{skills: social}]", "", ""},
		{"no title", start, "title: 接听\n", "", "", ""},
		{"phrase missing", house, "  louder: 好的，我说清楚一点。\n", "", "", ""},
		{"unknown phrase", house, "  goodbye:", "  goodby:", "", ""},
		{"unknown kind of slot", house, "kind: ticket", "kind: tickets", "", ""},
		{"duration", house, "no_input: 6s", "no_input: 6", "", ""},
	} {
		if valid(town(t, s.file, s.old, s.new)[s.file].Data) == nil {
			t.Errorf("%s: the schema takes it", s.name)
		}
	}
}

func TestThePacksThatAreShippedFitTheSchema(t *testing.T) {
	valid := validator(t)
	files, err := filepath.Glob("../../packs/*/flows/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	houses, err := filepath.Glob("../../packs/*/house.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, houses...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaIsTheOneOfTheGoldenFile(t *testing.T) {
	golden, err := os.ReadFile("testdata/schema.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := flow.Schema(); !bytes.Equal(golden, got) {
		t.Errorf("differs; if that is wanted, write it anew with: go run ./cmd/hotline flow schema > dialog/flow/testdata/schema.golden.json\n%s", cmp.Diff(strings.Split(string(golden), "\n"), strings.Split(string(got), "\n")))
	}
}
