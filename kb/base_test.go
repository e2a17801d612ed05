package kb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/kb"
)

func ids(list []kb.Entry) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.ID
	}
	return names
}

func TestLookUps(t *testing.T) {
	b, _ := load(t)
	if diff := cmp.Diff([]string{"kb.jzz.apply", "kb.jzz.renew"}, ids(b.In("police.residence"))); diff != "" {
		t.Error(diff)
	}
	if leaf, top := len(b.In("police.residence")), len(b.In("police")); top <= leaf {
		t.Errorf("police holds %d entries, its leaf %d", top, leaf)
	}
	if diff := cmp.Diff([]string{"kb.jzz.renew", "kb.exit.hk"}, ids(b.Tagged("签注"))); diff != "" {
		t.Error(diff)
	}
	for _, e := range b.For("青石县") {
		if e.ID == "kb.museum.book" {
			t.Error("an entry for 东湖区 only is shown in 青石县")
		}
	}
	if n := len(b.For("")); n != b.Len() {
		t.Errorf("%d of %d entries for no region in particular", n, b.Len())
	}
	if diff := cmp.Diff([]string{"东湖区", "西岭区", "南浦区", "北原区", "高新区", "青石县"}, b.Regions()); diff != "" {
		t.Error(diff)
	}
	e, _ := b.Entry("kb.jzz.apply")
	if owner, _ := b.Owner(e); owner.Name != "市公安局" {
		t.Errorf("owner is %q", owner.Name)
	}
	e.Owner = "dept.hotline"
	if owner, _ := b.Owner(e); owner.Name != "市12345热线服务中心" {
		t.Errorf("owner of its own is %q", owner.Name)
	}
}

func TestValidityIncludesBothDays(t *testing.T) {
	e := kb.Entry{Status: kb.StatusPublished, ValidFrom: "2026-01-01", ValidTo: "2026-08-31"}
	for day, want := range map[kb.Day]kb.Standing{
		"2025-12-31": kb.NotYet, "2026-01-01": kb.Valid, "2026-08-31": kb.Valid, "2026-09-01": kb.Expired,
	} {
		if got := kb.Validity(e, day); got != want {
			t.Errorf("on %s: %s, want %s", day, got, want)
		}
	}
	for status, want := range map[kb.Status]kb.Standing{kb.StatusDraft: kb.Draft, kb.StatusWithdrawn: kb.Withdrawn} {
		e.Status = status
		if got := kb.Validity(e, "2026-05-01"); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
}

func TestReply(t *testing.T) {
	b, _ := load(t)
	voice := func(id string) string { e, _ := b.Entry(id); return e.AnswerVoice }
	for name, tt := range map[string]struct {
		id   string
		day  kb.Day
		want kb.Reply
	}{
		"an entry in force says its answer": {"kb.yb.fee27", today,
			kb.Reply{Standing: kb.Valid, Voice: voice("kb.yb.fee27"), Entries: []string{"kb.yb.fee27"}}},
		"an expired one says so and what replaces it": {"kb.yb.fee26", today,
			kb.Reply{Standing: kb.Expired, Notice: "您问的规定到2026年8月31日已经到期，现在的规定是这样的。", Voice: voice("kb.yb.fee27"), Entries: []string{"kb.yb.fee26", "kb.yb.fee27"}}},
		"an expired one without successor says no number": {"kb.xq.2026sum", today,
			kb.Reply{Standing: kb.Expired, Notice: "您问的规定到2026年8月31日已经到期，新的规定还没有收录。", Entries: []string{"kb.xq.2026sum"}}},
		"one to come says from when": {"kb.talent.new", today,
			kb.Reply{Standing: kb.NotYet, Notice: "您问的规定要到2027年1月1日才实施，现在还没有生效。", Entries: []string{"kb.talent.new"}}},
		"a successor that has expired too does not answer": {"kb.yb.fee26", "2028-01-01",
			kb.Reply{Standing: kb.Expired, Notice: "您问的规定到2026年8月31日已经到期，新的规定还没有收录。", Entries: []string{"kb.yb.fee26"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := b.Reply(tt.id, tt.day)
			if !found {
				t.Fatal("no reply")
			}
			got.Text = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, found := b.Reply("kb.nothing", today); found {
		t.Error("an entry that is not there replied")
	}
}

func TestWhatIsNotForCallersSaysNothing(t *testing.T) {
	b, _ := load(t)
	var list []kb.Entry
	for e := range b.All() {
		switch e.ID {
		case "kb.sc.lost":
			e.Status = kb.StatusDraft
		case "kb.sc.apply":
			e.Status = kb.StatusWithdrawn
		case "kb.sc.pwd":
			e.Audience = kb.AudienceStaff
		}
		list = append(list, e)
	}
	b, problems := kb.NewBase(kb.Content{Entries: list, Categories: b.Categories(), Departments: b.Departments()})
	if b == nil {
		t.Fatal(problems)
	}
	for _, id := range []string{"kb.sc.lost", "kb.sc.apply", "kb.sc.pwd"} {
		if r, found := b.Reply(id, today); found {
			t.Errorf("%s said %q", id, r.Voice)
		}
	}
	for _, e := range b.Current(today) {
		if e.ID == "kb.sc.lost" || e.ID == "kb.sc.pwd" || e.ID == "kb.yb.fee26" || e.ID == "kb.bus.new" {
			t.Errorf("%s is current", e.ID)
		}
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]kb.Day{
		"2026-01-31": "2026-01-31", "2026/1/31": "2026-01-31", "2026.1.31": "2026-01-31", "2026年1月31日": "2026-01-31",
		" 2026-1-5 ": "2026-01-05", "2026/1/31 0:00": "2026-01-31", "": "",
	} {
		if got, err := kb.ParseDay(text); got != want || err != nil {
			t.Errorf("ParseDay(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"2026-02-30", "昨天", "20260131", "0001-01-01", "2026-13-01", "2026"} {
		if got, err := kb.ParseDay(text); err == nil {
			t.Errorf("ParseDay(%q) = %q, want an error", text, got)
		}
	}
	if got := kb.Day("2026-12-31").Add(1); got != "2027-01-01" {
		t.Errorf("the day after is %s", got)
	}
}
