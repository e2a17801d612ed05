package kb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/kb"
)

func TestFactsAreTheSameInSpeechAndWriting(t *testing.T) {
	for text, want := range map[string]string{
		"15个工作日":       "15工作日",
		"十五个工作日发证":     "15工作日",
		"两百元":          "200元",
		"三百五十块钱":       "350元",
		"一千零五十元":       "1050元",
		"最高60万":        "600000元",
		"二十万元":         "200000元",
		"三块二":          "3.2元",
		"五毛三":          "0.53元",
		"０．５３元":        "0.53元",
		"上浮两成":         "20%",
		"百分之五点五":       "5.5%",
		"30%":          "30%",
		"有效期一年":        "12个月",
		"满半年":          "6个月",
		"12个月":         "12个月",
		"24小时内":        "1日",
		"四十五分钟":        "45分钟",
		"9月1日":         "9-1日期 9月份",
		"九月一号":         "9-1日期 9月份",
		"二零二六年八月底":     "8月份",
		"2026年":        "",
		"晚上十点半":        "10:30点",
		"22:30":        "10:30点",
		"80至89岁每月100元": "89岁 80岁 100元",
		"一米三以下":        "1.3米",
		"第三章第十五条":      "",
		"第二年":          "",
		"两三天":          "",
		"一起来，统一办，万一":   "",
		"12345":        "",
		"14℃以下":        "14度",
		"":             "",
		"1.2.3.4元":     "",
		"九九九九九九九九九九九九九元": "",
	} {
		var got []string
		for _, f := range kb.Facts(text) {
			got = append(got, f.String())
		}
		if text == "九九九九九九九九九九九九九元" || text == "1.2.3.4元" {
			continue // any reading will do that does not panic
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("十五个工作日，最高60万，百分之五点五")
	f.Add("万亿十百千两点半至到-1.")
	f.Fuzz(func(t *testing.T, text string) {
		for _, fact := range kb.Facts(text) {
			if fact.Unit == "" || fact.Value == "" {
				t.Errorf("%q has the fact %v", text, fact)
			}
		}
	})
}

// base builds a base of a few entries without categories.
func base(t testing.TB, entries ...kb.Entry) *kb.Base {
	t.Helper()
	for i := range entries {
		e := &entries[i]
		if e.ID == "" {
			e.ID = fmt.Sprintf("kb.%d", i)
		}
		if e.Category == "" {
			e.Category = "any"
		}
		if e.AnswerVoice == "" {
			e.AnswerVoice = "请到窗口办理。"
		}
		if e.AnswerText == "" {
			e.AnswerText = "请到窗口办理。"
		}
	}
	b, problems := kb.NewBase(kb.Content{Entries: entries})
	if b == nil {
		t.Fatal(problems)
	}
	return b
}

func TestDuplicatesAreFoundInCharactersAndSyllables(t *testing.T) {
	b := base(t,
		kb.Entry{Question: "社保卡丢了怎么补办"},
		kb.Entry{Question: "社保卡丢了，怎么补办？"},
		kb.Entry{Question: "身份证丢了怎么补办"},
		kb.Entry{Question: "居住证到期怎么签注", Similar: []string{"居住证续签在哪里办理"}},
		kb.Entry{Question: "签注的事", Similar: []string{"居住正续签在那里办理"}},
		kb.Entry{Question: "水费怎么收"}, kb.Entry{Question: "电费怎么收"}, kb.Entry{Question: "物业费怎么收"},
	)
	var got []string
	for _, d := range b.Duplicates() {
		got = append(got, d.A+" "+d.B)
	}
	if diff := cmp.Diff([]string{"kb.0 kb.1", "kb.3 kb.4"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestConflictsNeedOneMatterOneRegionAndOneTime(t *testing.T) {
	fee := func(amount string) kb.Entry {
		return kb.Entry{Question: "补办社保卡多少钱", AnswerText: "工本费" + amount + "。", ValidFrom: "2026-01-01"}
	}
	with := func(e kb.Entry, change func(*kb.Entry)) kb.Entry {
		e.Question = "社保卡补办要多少钱"
		change(&e)
		return e
	}
	for name, tt := range map[string]struct {
		other kb.Entry
		want  int
	}{
		"another fee":                    {with(fee("25元"), func(*kb.Entry) {}), 1},
		"the same fee in Chinese digits": {with(fee("二十元"), func(*kb.Entry) {}), 0},
		"more detail":                    {with(fee("20元，代办费5元"), func(*kb.Entry) {}), 0},
		"another year":                   {with(fee("25元"), func(e *kb.Entry) { e.ValidFrom, e.ValidTo = "2025-01-01", "2025-12-31" }), 0},
		"a draft":                        {with(fee("25元"), func(e *kb.Entry) { e.Status = kb.StatusDraft }), 0},
		"another audience":               {with(fee("25元"), func(e *kb.Entry) { e.Audience = kb.AudienceEnterprise }), 0},
		"another matter":                 {with(fee("25元"), func(e *kb.Entry) { e.Question = "护照换发费用" }), 0},
		"one of the regions":             {with(fee("25元"), func(e *kb.Entry) { e.Regions = []string{"东湖区", "青石县"} }), 1},
		"other regions":                  {with(fee("25元"), func(e *kb.Entry) { e.Regions = []string{"西岭区"} }), 0},
	} {
		t.Run(name, func(t *testing.T) {
			first := fee("20元")
			first.Audience = kb.AudiencePerson
			first.Regions = []string{"东湖区"}
			if found := base(t, first, tt.other).Conflicts(); len(found) != tt.want {
				t.Errorf("got %v", found)
			}
		})
	}
}

func TestAnOldEntryThatRunsOnBesideItsSuccessorConflicts(t *testing.T) {
	old := kb.Entry{ID: "kb.old", Question: "医保交多少", AnswerText: "400元", SupersededBy: "kb.next"}
	next := kb.Entry{ID: "kb.next", Question: "今年城乡居民的缴费", AnswerText: "420元", ValidFrom: "2026-09-01"}
	if found := base(t, old, next).Conflicts(); len(found) != 1 || found[0].Unit != "元" {
		t.Errorf("got %v", found)
	}
	old.ValidTo = "2026-08-31"
	if found := base(t, old, next).Conflicts(); len(found) != 0 {
		t.Errorf("got %v after the old one ends", found)
	}
}
