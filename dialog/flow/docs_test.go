package flow_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hotline-cc/hotline/dialog/flow"
)

func reference(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheExampleOfTheReferenceIsAGoodFlow(t *testing.T) {
	_, rest, _ := strings.Cut(reference(t), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	files := town(t)
	files[complain] = &fstest.MapFile{Data: []byte(example)}
	set, problems := flow.Load(files, ".")
	if set == nil {
		t.Fatal(problems)
	}
	if problems = append(problems, set.Check(knowledge{})...); len(problems) > 0 {
		t.Error(problems)
	}
	if set.Flows["complain"].Title != "登记诉求" {
		t.Error("another flow was read:", set.Flows["complain"].Title)
	}
}

func TestTheReferenceNamesEveryKeyAndValueOfTheSchema(t *testing.T) {
	named := map[string]bool{}
	for _, word := range regexp.MustCompile(`[a-z_0-9]+`).FindAllString(reference(t), -1) {
		named[word] = true
	}
	var schema any
	if err := json.Unmarshal(flow.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	collect(schema, words)
	if len(words) < 100 {
		t.Fatalf("only %d words in the schema", len(words))
	}
	for word := range words {
		if !named[word] {
			t.Errorf("%s is not described", word)
		}
	}
}

// collect gathers the keys and fixed values that a schema names, but for those of phrases.
func collect(schema any, words map[string]bool) {
	switch s := schema.(type) {
	case []any:
		for _, element := range s {
			collect(element, words)
		}
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for key := range properties {
			words[key] = true
		}
		values, _ := s["enum"].([]any)
		for _, v := range append(values, s["const"]) {
			if word, ok := v.(string); ok {
				words[word] = true
			}
		}
		for key, inner := range s {
			if key != "phrases" {
				collect(inner, words)
			}
		}
	}
}
