package live

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

// memory is a Keeper that may fail.
type memory struct {
	kept map[string]*kb.Entry
	err  error
}

func (m *memory) Changes(context.Context) (map[string]*kb.Entry, error) {
	return maps.Clone(m.kept), m.err
}

func (m *memory) Change(_ context.Context, c map[string]*kb.Entry) error {
	if m.err == nil {
		maps.Copy(m.kept, c)
	}
	return m.err
}

func pack(t *testing.T) *kb.Base {
	t.Helper()
	b, problems := kb.NewBase(kb.Content{
		Categories:  []kb.Category{{ID: "water", Name: "供水"}, {ID: "water.cut", Name: "停水", Parent: "water", Department: "d", Leaf: true}},
		Departments: []kb.Department{{ID: "d", Name: "水务局", Categories: []string{"water.cut"}}},
		Entries:     []kb.Entry{entry("a", "停水了怎么办？"), entry("b", "什么时候来水？")},
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return b
}

func entry(id, question string) kb.Entry {
	return kb.Entry{ID: id, Category: "water.cut", Question: question, AnswerText: "请稍等。", AnswerVoice: "请稍等。"}
}

func opened(t *testing.T, m *memory) *Knowledge {
	t.Helper()
	k, err := Open(t.Context(), pack(t), m)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ids(k *Knowledge) string {
	var list []string
	for e := range k.Base().All() {
		list = append(list, e.ID)
	}
	return strings.Join(list, " ")
}

func TestChangesOutliveTheProcess(t *testing.T) {
	m := &memory{kept: map[string]*kb.Entry{}}
	k := opened(t, m)
	var seen []string
	k.Watch(func(*kb.Base) { seen = append(seen, ids(k)) })
	if _, _, err := k.Put(t.Context(), entry("c", "水压低怎么办？"), 0); err != nil {
		t.Fatal(err)
	}
	changed := entry("a", "没有水了怎么办？")
	if e, _, err := k.Put(t.Context(), changed, 1); err != nil || e.Version != 2 {
		t.Fatal(e, err)
	}
	if err := k.Remove(t.Context(), "b", 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a b c", "a b c", "a c"}, seen); diff != "" {
		t.Error(diff)
	}
	again := opened(t, m)
	if got := ids(again); got != "a c" {
		t.Error(got)
	}
	if e, _ := again.Base().Entry("a"); e.Question != changed.Question || e.Version != 2 {
		t.Error(e)
	}
}

func TestWhatIsRefusedLeavesEverythingAsItWas(t *testing.T) {
	with := func(e kb.Entry, change func(*kb.Entry)) kb.Entry { change(&e); return e }
	good := entry("c", "水压低怎么办？")
	for _, c := range []struct {
		name  string
		entry kb.Entry
		was   int
		code  hotline.Code
		says  string
	}{
		{"an unknown category", with(good, func(e *kb.Entry) { e.Category = "x.y" }), 0, hotline.CodeInvalid, "category"},
		{"a day that is none", with(good, func(e *kb.Entry) { e.ValidTo = "2026-02-30" }), 0, hotline.CodeInvalid, "valid_to"},
		{"a control character", with(good, func(e *kb.Entry) { e.AnswerText = "a\x00b" }), 0, hotline.CodeInvalid, "answer_text"},
		{"a question of 300 characters", with(good, func(e *kb.Entry) { e.Question = strings.Repeat("水", 300) }), 0, hotline.CodeInvalid, "question"},
		{"an answer with a URL to be spoken", with(good, func(e *kb.Entry) { e.AnswerVoice = "见 https://x" }), 0, hotline.CodeInvalid, "answer_voice"},
		{"an id with blanks", with(good, func(e *kb.Entry) { e.ID = "c d" }), 0, hotline.CodeInvalid, "id"},
		{"a new entry whose id is there", entry("a", "别的？"), 0, hotline.CodeConflict, "第 1 版"},
		{"a change of a version that is gone", entry("a", "别的？"), 7, hotline.CodeConflict, "第 1 版"},
		{"a change of an entry that is not there", good, 1, hotline.CodeConflict, "第 0 版"},
	} {
		m := &memory{kept: map[string]*kb.Entry{}}
		k := opened(t, m)
		_, _, err := k.Put(t.Context(), c.entry, c.was)
		if hotline.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s about %s", c.name, err, c.code, c.says)
		}
		if len(m.kept) != 0 || ids(k) != "a b" {
			t.Errorf("%s: changed to %s, kept %v", c.name, ids(k), m.kept)
		}
	}
	k := opened(t, &memory{kept: map[string]*kb.Entry{}})
	if err := k.Remove(t.Context(), "x", 0); hotline.CodeOf(err) != hotline.CodeNotFound {
		t.Error(err)
	}
	if err := k.Remove(t.Context(), "a", 2); hotline.CodeOf(err) != hotline.CodeConflict {
		t.Error(err)
	}
}

func TestAChangeThatCannotBeKeptIsNotInForce(t *testing.T) {
	m := &memory{kept: map[string]*kb.Entry{}}
	k := opened(t, m)
	m.err = errors.New("disk full")
	if _, _, err := k.Put(t.Context(), entry("c", "水压低怎么办？"), 0); !errors.Is(err, m.err) {
		t.Error(err)
	}
	if ids(k) != "a b" {
		t.Error(ids(k))
	}
}

func TestAnImportChangesWhatItReports(t *testing.T) {
	m := &memory{kept: map[string]*kb.Entry{}}
	k := opened(t, m)
	read := func() ([]kb.Row, kb.Problems) {
		return kb.ReadCSV("x.csv", strings.NewReader("编号,类别,标准问题,网页答案,语音答案\na,water.cut,停水了怎么办？,改了。,改了。\n,water.cut,水黄了怎么办？,放一放。,放一放。\n,nix,坏的？,x,x\n"))
	}
	rows, problems := read()
	report, err := k.Import(t.Context(), rows, problems, true)
	if err != nil || len(report.Added) != 1 || len(report.Changed) != 1 || len(report.Refused) != 1 || len(m.kept) != 0 {
		t.Fatalf("dry run: %+v %v, kept %d", report, err, len(m.kept))
	}
	rows, problems = read()
	if _, err := k.Import(t.Context(), rows, problems, false); err != nil {
		t.Fatal(err)
	}
	if len(m.kept) != 2 || len(slices.Collect(k.Base().All())) != 3 {
		t.Errorf("kept %d: %s", len(m.kept), ids(k))
	}
}

func TestPagesAreInOrderAndComplete(t *testing.T) {
	k := opened(t, &memory{kept: map[string]*kb.Entry{}})
	for _, c := range []struct {
		after, category, words string
		status                 kb.Status
		limit                  int
		want                   string
	}{
		{limit: 10, want: "a b"},
		{limit: 1, want: "a"},
		{after: "a", limit: 1, want: "b"},
		{after: "b", limit: 1, want: ""},
		{category: "water", limit: 9, want: "a b"},
		{category: "fire", limit: 9, want: ""},
		{status: kb.StatusDraft, limit: 9, want: ""},
		{words: "来水", limit: 9, want: "b"},
	} {
		var got []string
		for _, e := range k.Page(c.after, c.limit, c.category, c.status, c.words) {
			got = append(got, e.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
