package nlu

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatTheRulesSayAboutDanger(t *testing.T) {
	tests := []struct {
		name, text string
		want       ruling
	}{
		{"a cry for help", "着火了", ruling{rule: "e.certain", strong: true}},
		{"a cry for help with homophones", "着货了快点", ruling{rule: "~e.certain", need: needHeard}},
		{"certain words within a story", "我跟你说隔壁那家厨房着火了烟都飘过来了", ruling{rule: "e.certain", need: needCertain}},
		{"money that has just gone", "我刚被骗子骗了钱才转过去", ruling{rule: "just_transferred", strong: true}},
		{"a past danger", "上个月我家着火了", ruling{rule: "x.past", need: needExcluded}},
		{"a manner of speaking", "暖气不热气得想死", ruling{rule: "x.rhetoric", need: needExcluded}},
		{"negation", "我没想死你别误会", ruling{rule: "x.not", need: needExcluded}},
		{"prevention", "怎么预防煤气中毒", ruling{rule: "x.if", need: needExcluded}},
		{"a word of danger that is part of another word", "老打我电话", ruling{need: needShort}},
		{"nothing", "社保卡怎么补", ruling{need: needWithout}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := dangerOf(newSentence(Tidy(tt.text), defaultLexicon()))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(ruling{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheKindOfDangerAndWhoMustCome(t *testing.T) {
	for text, want := range map[string]Emergency{
		"我家厨房着火了": {Fire, "119", 1}, "家里有煤气味": {Gas, "119", 1}, "我想跳楼": {Suicide, "110", 1}, "有人晕倒了": {Medical, "120", 1},
		"出车祸了": {Accident, "120", 1}, "有人落水了": {Drowning, "119", 1}, "电梯困人了": {Trapped, "119", 1}, "孩子走丢了": {Lost, "110", 1},
		"我刚转账就发现被骗": {Fraud, "110", 1}, "快点来人": {OtherDanger, "110", 1},
	} {
		if got := emergencyOf(newSentence(Tidy(text), defaultLexicon()), 1); *got != want {
			t.Errorf("%s: %+v, want %+v", text, *got, want)
		}
	}
}

func TestAWishForAPersonIsRefusedOnlyInSoManyWords(t *testing.T) {
	for text, want := range map[string]ruling{
		"给我转人工":              {rule: "control", strong: true},
		"不用转人工咱们接着说":         {rule: "refused", need: needRefused},
		"不要人工语音我要真人接":        {rule: "control", strong: true},
		"这事太复杂了机器听不懂你还是转人工吧": {rule: "control", need: needAsked},
		"人工湖里能钓鱼吗":           {need: needNoPerson},
		"零零零四二九":             {rule: "number", need: needRefused},
	} {
		s := newSentence(Tidy(text), defaultLexicon())
		got := personOf(s, ActOf(text) == ActAgent)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(ruling{})); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestControlsStandBesideTheAct(t *testing.T) {
	m := trained(t)
	tests := []struct {
		name, text string
		want       []Act
	}{
		{"two at once", "啊 没听清 你再说一遍 慢点", []Act{ActSlower, ActRepeat}},
		{"secrecy along with a matter", "路灯坏了好几天没人修 别说是我说的", []Act{ActAnonymous}},
		{"a correction", "不对 是南浦区", []Act{ActCorrection}},
		{"none in a matter", "我们路口的路灯坏了三天没人修能不能快点别慢慢说", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, m.Understand(tt.text).Controls); diff != "" {
				t.Error(diff)
			}
		})
	}
	if u := m.Understand("你他妈的转人工"); !u.Agent || !u.Abuse || !u.Anger {
		t.Errorf("agent %v, abuse %v, anger %v", u.Agent, u.Abuse, u.Anger)
	}
	if u := m.Understand("我妈的社保卡丢了"); u.Abuse {
		t.Error("a mother is no insult")
	}
}

func TestWordsOfACategoryNeedNoExample(t *testing.T) {
	c := smallConfig()
	c.Categories[3].Words = []string{"灯杆"}
	m, _, err := Train(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"灯杆倒在地上了", "灯竿倒在地上了"} {
		p := m.category.probabilities(m.look(text, nil).features)
		if got := m.category.labels[top(p)]; got != "urban.lamp" {
			t.Errorf("%s: category %s", text, got)
		}
	}
}

func TestReadSubjectsNamesTheLine(t *testing.T) {
	got, err := ReadSubjects(strings.NewReader("category\twords\nurban.lamp\t路灯 灯杆\n"), "s.tsv")
	if diff := cmp.Diff(map[string][]string{"urban.lamp": {"路灯", "灯杆"}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for text, want := range map[string]string{"urban.lamp\t路灯\n": "s.tsv:1:", "category\twords\nurban.lamp\n": "s.tsv:2:"} {
		if _, err := ReadSubjects(strings.NewReader(text), "s.tsv"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAModelMayBeCompressed(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := trained(t).Write(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	m, err := Read(bytes.NewReader(whole), "m.gz", smallConfig().Documents)
	if err != nil {
		t.Fatal(err)
	}
	if c := smallConfig(); m.Source() != c.Sum() {
		t.Errorf("source %s, want %s", m.Source(), c.Sum())
	}
	if _, err := Read(bytes.NewReader(whole[:len(whole)/2]), "m.gz", nil); err == nil {
		t.Error("half a file was read")
	}
}
