package kb_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/kb"
)

func TestPersonalDataIsMasked(t *testing.T) {
	for text, want := range map[string]string{
		"我的电话是15400001234请回电":       "我的电话是[手机号]请回电",
		"打 154-0000-1234 或者":        "打 [手机号] 或者",
		"幺五四零零零零幺二三四":               "[手机号]",
		"电话１５４００００１２３４":             "电话[手机号]",
		"身份证110105194912310021":     "身份证[证件号]",
		"身份证11010519491231002X到期了":  "身份证[证件号]到期了",
		"座机0571-88887777":           "座机[号码]",
		"工单261124000017怎么样了":        "工单[号码]怎么样了",
		"卡号6222 0200 0000 0000 123": "卡号[号码]",
		"写信到 a.b@mail.example 吧":    "写信到 [邮箱] 吧",
		"车牌云Z12345被拖了":              "车牌[车牌]被拖了",
		"12345和12333哪个管":            "12345和12333哪个管",
		"2026年11月24日":               "2026年11月24日",
		"2026-11-24到期":              "2026-11-24到期",
		"二零二六年三月":                   "二零二六年三月",
		"第3栋2单元501":                 "第3栋2单元501",
		"一二三四五":                     "一二三四五",
	} {
		if diff := cmp.Diff(want, kb.Mask(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func ask(t *testing.T, in *kb.Inbox, texts ...string) []int64 {
	t.Helper()
	var list []int64
	for i, text := range texts {
		id, err := in.Add(text, hotline.ChannelPhone, noon.Add(time.Duration(i)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, id)
	}
	return list
}

var asked = []string{
	"图书馆怎么办借书证", "图书馆借书证怎么办理", "请问一下图书馆怎么办借书证呢", "公园几点关门", "公园晚上几点关门啊",
	"地铁能带宠物吗", "地铁上能带宠物吗", "图书馆几点关门", "嗯", "我手机15400001234图书馆怎么办借书证",
}

func TestNearSameQuestionsComeTogether(t *testing.T) {
	b, _ := load(t)
	in, err := kb.NewInbox(kb.NewMemory(), b)
	if err != nil {
		t.Fatal(err)
	}
	got := ask(t, in, asked...)
	if diff := cmp.Diff([]int64{1, 1, 1, 2, 2, 3, 3, 4, 0, 1}, got); diff != "" {
		t.Error(diff)
	}
	top := in.Clusters(kb.ClusterOpen)[0]
	if top.Count != 4 || top.Text != "图书馆怎么办借书证" || top.Channels[hotline.ChannelPhone] != 4 || !top.Last.Equal(noon.Add(9*time.Minute)) {
		t.Errorf("got %+v", top)
	}
	if s := fmt.Sprint(top.Samples); strings.Contains(s, "1540000") {
		t.Errorf("a telephone number was kept: %s", s)
	}
}

func TestAClusterBecomesADraftOrSimilarWordings(t *testing.T) {
	b, _ := load(t)
	store := kb.NewMemory()
	in, err := kb.NewInbox(store, b)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, in, asked...)
	draft, err := in.Promote(1, b, "", "econ.tourism", "li")
	if err != nil {
		t.Fatal(err)
	}
	if draft.Status != kb.StatusDraft || draft.Question != "图书馆怎么办借书证" || len(draft.Similar) != 3 || draft.Category != "econ.tourism" {
		t.Errorf("got %+v", draft)
	}
	next, report := kb.Import(b, []kb.Row{draft.Row()}, nil)
	if len(report.Added) != 1 {
		t.Fatal(report)
	}
	if _, found := next.Reply(draft.ID, today); found {
		t.Error("a draft answered")
	}
	e, err := in.Promote(4, b, "kb.museum.book", "", "li")
	if err != nil || e.Similar[len(e.Similar)-1] != "图书馆几点关门" {
		t.Errorf("got %v, %v", e.Similar, err)
	}
	if before, _ := b.Entry("kb.museum.book"); len(before.Similar) == len(e.Similar) {
		t.Error("the base changed")
	}
	if err := in.Dismiss(3, "li"); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"settled": in.Dismiss(3, "li"), "unknown": in.Dismiss(99, "li"),
		"no such entry": func() error { _, err := in.Promote(2, b, "kb.nothing", "", "li"); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if open := in.Clusters(kb.ClusterOpen); len(open) != 1 || open[0].ID != 2 {
		t.Errorf("open are %v", open)
	}
	again, err := kb.NewInbox(store, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Clusters(kb.ClusterPromoted), again.Clusters(kb.ClusterPromoted)); diff != "" {
		t.Error(diff)
	}
	if got := ask(t, again, "地铁能带宠物吗"); got[0] != 3 {
		t.Error("a dismissed question came up again")
	}
}

func TestTheInboxIsBounded(t *testing.T) {
	in, err := kb.NewInbox(kb.NewMemory(), base(t, kb.Entry{Question: "水费怎么收"}))
	if err != nil {
		t.Fatal(err)
	}
	ask(t, in, "图书馆怎么办借书证", "图书馆怎么办借书证")
	for i := range 2100 {
		r := func(n int) string { return string(rune(0x4e00 + (i*7+n*2503)%20000)) }
		ask(t, in, r(1)+r(2)+r(3)+r(4))
	}
	open := in.Clusters(kb.ClusterOpen)
	if len(open) > 2000 || open[0].Count != 2 {
		t.Errorf("%d clusters, the first asked %d times", len(open), open[0].Count)
	}
	long := ask(t, in, strings.Repeat("很长的问题", 100_000))
	for _, c := range in.Clusters(kb.ClusterOpen) {
		if c.ID == long[0] && len([]rune(c.Text)) > 200 {
			t.Errorf("kept %d characters", len([]rune(c.Text)))
		}
	}
}

func TestAJournalRemembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inbox.jsonl")
	open := func() *kb.Journal {
		j, err := kb.OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	b := base(t, kb.Entry{ID: "kb.a", Question: "水费怎么收"}, kb.Entry{ID: "kb.b", Question: "电费怎么收"})
	j := open()
	in, err := kb.NewInbox(j, b)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, in, asked...)
	for _, day := range []kb.Day{"2026-11-23", "2026-11-24", "2026-11-24"} {
		if err := j.AddHits(day, "kb.a", 2); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.DropCluster(2); err != nil {
		t.Fatal(err)
	}
	want, _ := j.Clusters()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.DropCluster(1); hotline.CodeOf(err) != hotline.CodeUnavailable {
		t.Errorf("a closed journal took a change: %v", err)
	}

	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"put":{"id":7,"te`); err != nil { // the machine stopped here
		t.Fatal(err)
	}
	f.Close()
	j = open()
	got, _ := j.Clusters()
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 3 {
		t.Error(diff, len(got))
	}
	used, err := kb.Used(j, "2026-11-24", "2026-11-30")
	if diff := cmp.Diff([]kb.Usage{{Entry: "kb.a", Count: 4, Last: "2026-11-24"}}, used); diff != "" || err != nil {
		t.Error(diff, err)
	}
	unused, err := kb.Unused(j, b, "2026-11-01", "2026-11-30")
	if diff := cmp.Diff([]string{"kb.b"}, ids(unused)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(path, []byte("{}\nbroken\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := kb.OpenJournal(path); hotline.CodeOf(err) != hotline.CodeInvalid || !strings.Contains(err.Error(), ":2:") {
		t.Errorf("a broken line: %v", err)
	}
}

func TestAJournalDoesNotGrowWithoutEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hits.jsonl")
	j, err := kb.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 25_000 {
		if err := j.AddHits(today, "kb.a", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 1<<20 {
		t.Errorf("%v, %v", info.Size(), err)
	}
	j, err = kb.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if hits, _ := j.Hits(today, today); len(hits) != 1 || hits[0].Count != 25_000 {
		t.Errorf("got %v", hits)
	}
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Error(err)
	}
}

func FuzzMask(f *testing.F) {
	f.Add("电话1540000 1234，云Z12345")
	f.Fuzz(func(t *testing.T, text string) {
		run := 0
		masked := kb.Mask(text)
		for _, r := range masked {
			if r >= '0' && r <= '9' {
				run++
			} else {
				run = 0
			}
			if run >= 11 {
				t.Fatalf("%q keeps a number: %q", text, masked)
			}
		}
	})
}
