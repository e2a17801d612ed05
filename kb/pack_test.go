package kb_test

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

// today is the day for which the content of the demo city is written.
const today kb.Day = "2026-11-24"

// pack is loaded once: base and graph cannot be changed.
var pack = sync.OnceValues(func() (*kb.Base, *kb.Graph) {
	b, g, _ := kb.LoadDir(packs.Files, "yunzhou")
	return b, g
})

func load(t testing.TB) (*kb.Base, *kb.Graph) {
	t.Helper()
	b, g := pack()
	if b == nil || g == nil {
		t.Fatal("the pack has errors")
	}
	return b, g
}

func TestThePackHasNoProblemsButThoseKnown(t *testing.T) {
	b, _, problems := kb.LoadDir(packs.Files, "yunzhou")
	got := map[string]kb.Severity{}
	for _, p := range append(problems, b.Check(b.AsOf())...) {
		got[p.ID+" "+p.Field] = p.Severity
	}
	want := map[string]kb.Severity{
		"kb.xq.2026sum answer_voice": kb.Warning, // speech tells about the next year
		"kb.xq.2026sum valid_to":     kb.Warning, // expired without successor
		"kb.yb.fee26 valid_to":       kb.Note,
		"kb.heat.price26 valid_to":   kb.Note,
		"kb.talent.new valid_from":   kb.Note,
		"kb.bus.new valid_from":      kb.Note,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if b.AsOf() != today || b.Len() != 153 {
		t.Errorf("as of %s, %d entries", b.AsOf(), b.Len())
	}
}

func TestWrittenContentReadsAsItWas(t *testing.T) {
	b, _ := load(t)
	entries := slices.Collect(b.All())
	entries[3].Audience, entries[3].Owner, entries[3].Clause = kb.AudienceStaff, "dept.rsj", "第五章：\"电子\"\n  第二款"
	entries[3].Review, entries[3].Status, entries[3].Version = "2027-03-01", kb.StatusDraft, 4
	entries[4].AnswerText = "null"
	entries[5].AnswerText = "- a\n\n  b: #c\n"
	entries[6].Source = "2026-01-01"
	var first, second bytes.Buffer
	if err := kb.WriteYAML(&first, b.AsOf(), entries); err != nil {
		t.Fatal(err)
	}
	doc, problems := kb.ReadYAML("again.yaml", bytes.NewReader(first.Bytes()))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entries, doc.Entries(), sameEmpty); diff != "" {
		t.Error(diff)
	}
	if err := kb.WriteYAML(&second, doc.AsOf, doc.Entries()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Error(diff)
	}
}

// sameEmpty holds a list that is missing and one that is empty for the same.
var sameEmpty = cmp.Transformer("list", func(list []string) string { return strings.Join(list, "\x00") })

// changed returns the files of the pack with one text replaced.
func changed(t *testing.T, name, from, to string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, f := range []string{kb.EntriesFile, kb.CategoriesFile, kb.DepartmentsFile, kb.GraphFile} {
		data, err := packs.Files.ReadFile("yunzhou/" + f)
		if err != nil {
			t.Fatal(err)
		}
		if f == name {
			if !bytes.Contains(data, []byte(from)) {
				t.Fatalf("%s does not hold %q", f, from)
			}
			data = bytes.Replace(data, []byte(from), []byte(to), 1)
		}
		files[f] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestBrokenFilesAreRefusedWithLineAndReason(t *testing.T) {
	for name, tt := range map[string]struct{ file, from, to, want string }{
		"unknown key":             {kb.EntriesFile, "  source: 《云州市社会保障卡管理服务规程》第三章", "  sauce: x", "kb.yaml:22: error: kb.sc.lost sauce 不认识的键"},
		"key given twice":         {kb.EntriesFile, "  regions: []", "  regions: []\n  regions: []", "kb.yaml:22: error: kb.sc.lost regions 键重复"},
		"unknown category":        {kb.EntriesFile, "category: labor.social_card", "category: labor", "kb.yaml:5: error: kb.sc.lost category 没有这个叶子类别"},
		"unknown region":          {kb.EntriesFile, "regions: []", "regions: [火星区]", "kb.yaml:21: error: kb.sc.lost regions 没有这个地区"},
		"no date":                 {kb.EntriesFile, "'2025-03-01'", "'2025-02-30'", "kb.yaml:19: error: kb.sc.lost valid_from \"2025-02-30\" 不是日期"},
		"ends before it begins":   {kb.EntriesFile, "valid_to: null", "valid_to: 2024-01-01", "kb.yaml:20: error: kb.sc.lost valid_to 失效日期"},
		"voice with brackets":     {kb.EntriesFile, "answer_voice: 先打12333挂失", "answer_voice: 先打12333（挂失）", "has brackets"},
		"voice with URL":          {kb.EntriesFile, "answer_voice: 先打12333挂失", "answer_voice: 先上www.a.example", "has a URL"},
		"voice too long":          {kb.EntriesFile, "answer_voice: 先打", "answer_voice: " + strings.Repeat("长", 60), "too long to be spoken"},
		"unknown successor":       {kb.EntriesFile, "superseded_by: null", "superseded_by: kb.nothing", "kb.yaml:27: error: kb.sc.lost superseded_by 没有这个条目"},
		"cycle":                   {kb.EntriesFile, "superseded_by: null", "superseded_by: kb.sc.lost", "替代关系成环 cycle: kb.sc.lost → kb.sc.lost"},
		"id used twice":           {kb.EntriesFile, "- id: kb.sc.apply", "- id: kb.sc.lost", "kb.yaml:28: error: kb.sc.lost id 编号重复"},
		"empty question":          {kb.EntriesFile, "question: 社保卡丢了怎么补办", "question: ''", "“标准问题”不能为空"},
		"control character":       {kb.EntriesFile, "question: 社保卡丢了怎么补办", `question: "社保\u202e卡"`, "控制字符"},
		"list instead of text":    {kb.EntriesFile, "question: 社保卡丢了怎么补办", "question: [a]", "kb.yaml:6: error: kb.sc.lost question 应为文字"},
		"no YAML":                 {kb.EntriesFile, "entries:", "entries: [", "not YAML"},
		"anchor and alias":        {kb.EntriesFile, "tags:\n  - 社保卡", "tags: &a\n  - *a", "应为文字"},
		"two documents":           {kb.EntriesFile, "as_of: '2026-11-24'\n", "as_of: '2026-11-24'\n---\nversion: 1\n", "want one document"},
		"category of nobody":      {kb.CategoriesFile, "department: dept.gjj", "department: dept.nobody", "housing.fund department 没有这个部门"},
		"urgency out of range":    {kb.CategoriesFile, "urgency: normal", "urgency: sometime", "categories.yaml:13: error: housing.fund urgency"},
		"department without name": {kb.DepartmentsFile, "name: 云州市人民政府", "name: ''", "部门缺编号或名称"},
		"unknown parent":          {kb.DepartmentsFile, "parent: gov.yunzhou", "parent: gov.moon", "没有这个上级部门"},
		"link without source":     {kb.GraphFile, "source: kb.sc.lost", "source: kb.gone", "没有这个条目 unknown entry: kb.gone"},
		"unknown matter":          {kb.GraphFile, "obtained_by: residence.apply", "obtained_by: nothing", "没有这个事项"},
		"unknown terms":           {kb.GraphFile, "'@lost'", "'@nothing'", "没有这组词"},
	} {
		t.Run(name, func(t *testing.T) {
			b, g, problems := kb.LoadDir(changed(t, tt.file, tt.from, tt.to), ".")
			if b != nil || g != nil {
				t.Error("content with an error was loaded")
			}
			if text := problems.Errors().Error(); !strings.Contains(text, tt.want) {
				t.Errorf("got\n%s\nwant %q in it", text, tt.want)
			}
		})
	}
}

func TestALinkWhoseNumberTheEntryDoesNotStateIsSilent(t *testing.T) {
	_, g, problems := kb.LoadDir(changed(t, kb.EntriesFile, "即时制卡，工本费20元。", "即时制卡，工本费25元。"), ".")
	if g == nil {
		t.Fatal(problems)
	}
	if text := problems.Error(); !strings.Contains(text, "card.replace costs 依据 kb.sc.lost 里没有“20元”") || !strings.Contains(text, "语音说 20元，网页是 25元") {
		t.Errorf("got %v", problems)
	}
	if a, found := g.Answer("社保卡丢了补办多少钱", today); found {
		t.Errorf("got %s", a.Voice)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	const text = "version: 2\nentries:\n- id: a\n  question: [x]\n  valid_to: never\n- question: y\n  other: z\n- 7\n"
	_, problems := kb.ReadYAML("bad.yaml", strings.NewReader(text))
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if diff := cmp.Diff([]int{1, 4, 5, 6, 7, 8, 8}, lines); diff != "" {
		t.Errorf("%s\n%v", diff, problems)
	}
}

func TestVoiceAnswersOfTheGraphCanBeSpoken(t *testing.T) {
	_, g := load(t)
	if n := len(g.Matters()); n < 60 {
		t.Errorf("%d matters", n)
	}
	all := []kb.Aspect{kb.AspectMaterials, kb.AspectPlace, kb.AspectFee, kb.AspectTime, kb.AspectConditions, kb.AspectPhone, kb.AspectDepartment, kb.AspectOnline}
	for _, m := range g.Matters() {
		for i := range all {
			for _, aspects := range [][]kb.Aspect{all[i : i+1], all[i:]} {
				a, found := g.About(m.ID, today, aspects...)
				if !found {
					continue
				}
				if n := utf8.RuneCountInString(a.Voice); n > kb.MaxVoice || strings.ContainsAny(a.Voice, "（）()《》/") {
					t.Errorf("%s %v: %d characters: %s", m.ID, aspects, n, a.Voice)
				}
				if !strings.HasSuffix(a.Voice, "。") || strings.Contains(a.Voice, "，，") {
					t.Errorf("%s %v: %s", m.ID, aspects, a.Voice)
				}
			}
		}
	}
}
