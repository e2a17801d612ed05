package nlu

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// smallConfig is a city hall with three matters and a few dozen sentences.
func smallConfig() TrainConfig {
	c := TrainConfig{
		Documents: []Document{
			{"kb.card", "labor.card", []string{"社保卡丢了怎么补办", "补社保卡要什么材料", "社会保障卡遗失了去哪里补"}},
			{"kb.fund", "housing.fund", []string{"租房怎么提取公积金", "公积金可以取出来付房租吗", "住房公积金提取流程"}},
			{"kb.heat", "utility.heat", []string{"暖气几号开始供", "供暖时间是什么时候", "取暖费一平米多少钱"}},
		},
		Categories: []Category{{"labor.card", "社保卡", []string{"社保卡", "补卡"}}, {"housing.fund", "公积金", nil}, {"utility.heat", "供热", []string{"暖气"}}, {"urban.lamp", "路灯", nil}, {"gov.hotline", "热线", nil}},
		Seed:       1,
	}
	add := func(act Act, category, entry string, texts ...string) {
		for _, text := range texts {
			c.Utterances = append(c.Utterances, Utterance{Text: text, Channel: "voice", Act: act, Category: category, Entry: entry})
		}
	}
	add(ActAsk, "labor.card", "kb.card", "我社保卡不见了咋补", "社保卡掉了重新办一张要带啥", "我妈的社保卡找不着了怎么办")
	add(ActAsk, "housing.fund", "kb.fund", "我租的房子公积金能提出来不", "公积金怎么取", "想拿公积金交房租咋弄")
	add(ActAsk, "utility.heat", "kb.heat", "啥时候来暖气啊", "今年取暖费多少一平", "供暖哪天开始")
	add(ActComplain, "utility.heat", "", "我家暖气一点都不热", "暖气管冰凉孩子都冻感冒了", "交了取暖费屋里还是十五度")
	add(ActComplain, "urban.lamp", "", "我们路口的路灯坏了三天没人修", "路灯不亮晚上看不见路", "门口那个路灯一闪一闪的")
	add(ActEmergency, "", "", "我家厨房着火了快来人", "楼下有人晕倒了叫不醒", "我闻到一股煤气味头晕", "有人要跳楼快来")
	add(ActAgent, "", "", "转人工", "给我找个人工客服", "我要真人接电话", "别说了叫个人来")
	add(ActChitchat, "", "", "你好", "谢谢你没事了", "好的知道了", "喂能听见吗")
	add(ActOutOfScope, "", "", "给我讲个笑话", "今天股票涨了没有", "红烧肉怎么做", "世界上最高的山是哪座")
	add(ActFollowup, "gov.hotline", "", "我上次反映的事处理了没有", "帮我催一下那个工单", "工单查一下进度")
	return c
}

var smallModel = sync.OnceValues(func() (*Model, error) {
	m, _, err := Train(smallConfig())
	return m, err
})

func trained(t testing.TB) *Model {
	t.Helper()
	m, err := smallModel()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestUnderstandFindsActEntryAndCategory(t *testing.T) {
	tests := []struct {
		name, text string
		act        Act
		category   string
		entry      string
	}{
		{"a question in other words", "社保卡弄丢了要怎么补", ActAsk, "labor.card", "kb.card"},
		{"a question with homophones", "射保卡丢了怎么不办", ActAsk, "labor.card", "kb.card"},
		{"a question in traditional script", "租房怎麼提取公積金", ActAsk, "housing.fund", "kb.fund"},
		{"a question after fillers and a false start", "嗯 那个那个 公积金 公积金怎么取啊", ActAsk, "housing.fund", "kb.fund"},
		{"a complaint", "路灯坏了好几天没人修", ActComplain, "urban.lamp", ""},
		{"a person, with abuse", "你个破机器给我转人工", ActAgent, "", ""},
		{"danger", "快来人啊我家着火了", ActEmergency, "", ""},
	}
	m := trained(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := m.Understand(tt.text)
			if u.Act != tt.act || u.Category != tt.category || u.Raw != tt.text {
				t.Errorf("understood %+v, want %s %s", u, tt.act, tt.category)
			}
			if tt.entry != "" && (len(u.Entries) == 0 || u.Entries[0].ID != tt.entry) {
				t.Errorf("found %v, want %s first", u.Entries, tt.entry)
			}
			if len(u.Evidence) == 0 {
				t.Error("nothing tells what decided")
			}
		})
	}
}

func TestAlternativesHelpWhenTheFirstRecognitionIsNonsense(t *testing.T) {
	u := trained(t).Understand("共鸡金怎么娶", "公积金怎么取")
	if len(u.Entries) == 0 || u.Entries[0].ID != "kb.fund" {
		t.Errorf("found %v", u.Entries)
	}
}

func TestTrainingIsDeterministicAndTheFileHoldsTheModel(t *testing.T) {
	first, second := trained(t), new(bytes.Buffer)
	again, _, err := Train(smallConfig())
	if err != nil {
		t.Fatal(err)
	}
	var a bytes.Buffer
	if err := first.Write(&a); err != nil {
		t.Fatal(err)
	}
	if err := again.Write(second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), second.Bytes()) {
		t.Fatal("two trainings differ")
	}
	read, err := Read(&a, "m", smallConfig().Documents)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range smallConfig().Utterances {
		in := Spoil(u.Text, NoiseASR, 3)
		if diff := cmp.Diff(first.Understand(in), read.Understand(in), approximately); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

// approximately compares scores that were summed in another order.
var approximately = cmp.Comparer(func(a, b float64) bool { return a-b < 2e-3 && b-a < 2e-3 })

func TestReadRefusesWhatIsNoModel(t *testing.T) {
	var whole bytes.Buffer
	if err := trained(t).Write(&whole); err != nil {
		t.Fatal(err)
	}
	text := whole.String()
	tests := []struct{ name, text, want string }{
		{"an empty file", "", "m:0:"},
		{"another file", "hello\n", "m:1:"},
		{"a file cut off", text[:len(text)/2], "m:"},
		{"a section with too few values", text + "ranking x\n", "wrong number"},
		{"an unknown label", strings.Replace(text, "bias abuse=", "bias abused=", 1), "labels are not"},
		{"an endless number", strings.Replace(text, "answer=", "answer=NaN", 1), "fit number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Read(strings.NewReader(tt.text), "m", nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestTrainRefusesWhatDoesNotFitTogether(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(c *TrainConfig)
		want  string
	}{
		{"no sentences", func(c *TrainConfig) { c.Utterances = nil }, "needed"},
		{"an unknown category", func(c *TrainConfig) { c.Utterances[0].Category = "x" }, "unknown category"},
		{"an unknown entry", func(c *TrainConfig) { c.Utterances[0].Entry = "x" }, "unknown entry"},
		{"an entry twice", func(c *TrainConfig) { c.Documents = append(c.Documents, c.Documents[0]) }, "twice"},
		{"an entry with an unfit id", func(c *TrainConfig) { c.Documents[0].ID = "a=b" }, "unfit id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := smallConfig()
			tt.spoil(&c)
			if _, _, err := Train(c); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestOtherKnowledgeNeedsNoTraining(t *testing.T) {
	m := trained(t).WithDocuments([]Document{{"kb.pool", "", []string{"游泳馆几点开门", "游泳馆开放时间"}}})
	u := m.Understand("游泳馆啥时候开门")
	if len(u.Entries) != 1 || u.Entries[0].ID != "kb.pool" {
		t.Errorf("found %v", u.Entries)
	}
}

func FuzzUnderstand(f *testing.F) {
	m := trained(f)
	for _, s := range []string{"", "\xff\xfe", "转人工", "😀😀", "\u202e着火了", strings.Repeat("我", 5000), "不对是 说错了", "０", "한국어", "a\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := m.Understand(text, text, "")
		if !knownAct(u.Act) || !utf8.ValidString(u.Clean) || utf8.RuneCountInString(u.Clean) > maxRunes {
			t.Errorf("understood %+v", u)
		}
		for i, h := range u.Entries {
			if h.Confidence < 0 || h.Confidence > 1 || i > 0 && h.Confidence > u.Entries[i-1].Confidence {
				t.Errorf("scores %v", u.Entries)
			}
		}
	})
}

// manyDocuments makes entries that share the words of their kind, as a real base does.
func manyDocuments(n int) []Document {
	matters := []string{"社保卡", "公积金", "居住证", "驾驶证", "营业执照", "不动产证", "生育津贴", "养老金", "残疾证", "护照"}
	deeds := []string{"怎么补办", "去哪里申请", "要什么材料", "多少钱", "多久能办好", "网上能办吗", "到期了怎么换", "可以代办吗", "怎么注销", "怎么查询"}
	out := make([]Document, n)
	for i := range out {
		place := string([]rune{rune(0x5000 + i%97*13), rune(0x5200 + i%89*17), '区'})
		matter, deed := matters[i%10], deeds[i/10%10]
		out[i] = Document{ID: fmt.Sprint("kb.", i), Wordings: []string{place + matter + deed, "请问" + place + "的" + matter + deed, matter + "在" + place + deed, deed + place + matter}}
	}
	return out
}

func BenchmarkUnderstand(b *testing.B) {
	for _, n := range []int{150, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := trained(b).WithDocuments(manyDocuments(n))
			for b.Loop() {
				m.Understand("喂你好那个我想问一下我妈的社保卡找不着了她腿脚不好我替她去补行不行要带什么材料")
			}
		})
	}
}
