package engine_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/packs"
)

var morning = time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// bed is a pack to test on.
type bed struct {
	engine    dialog.Engine
	pack      *pack.Pack
	sentences []string
	survey    bool
}

var (
	bedsMu sync.Mutex
	beds   = map[string]bed{}
)

// bench opens a pack, once for all tests.
func bench(tb testing.TB, name string) bed {
	tb.Helper()
	bedsMu.Lock()
	defer bedsMu.Unlock()
	if b, ok := beds[name]; ok {
		return b
	}
	p, err := packs.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := p.Engine()
	if err != nil {
		tb.Fatal(err)
	}
	b := bed{engine: e, pack: p, survey: name == packs.Default, sentences: utterances(tb)}
	beds[name] = b
	return b
}

// utterances are the sentences of people of the demo city.
func utterances(tb testing.TB) []string {
	tb.Helper()
	raw, err := packs.Files.ReadFile(packs.Default + "/utterances.tsv")
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if text, _, ok := strings.Cut(line, "\t"); ok && text != "text" {
			out = append(out, text)
		}
	}
	if len(out) < 100 {
		tb.Fatal("few utterances")
	}
	return out
}

// answers are what people say to questions, besides telling what they want.
var answers = []string{
	"对", "不对", "嗯", "不是", "是的 没错", "不对 是西岭区", "东湖区", "幸福小区", "西岭那个", "望岭大道二十六号", "墨香苑一号楼", "不知道", "忘了", "算了", "不用了",
	"二六幺零二零零零零三幺九", "二六幺零二幺零零零三幺九", "261020000319", "幺五四零零零零", "15400003237", "就用这个电话", "后四位是三二三七",
	"转人工", "再说一遍", "慢一点", "大声点", "返回上一步", "从头来", "不办了", "等一下", "再见", "谢谢", "没有了", "你是机器人吗", "匿名 别留电话",
	"我跟你说 事情是这样的", "然后", "说完了", "另外", "第一个", "第二个", "登记", "两千四百元", "昨天晚上", "三十六路", "云Z12345", "满意", "没解决",
	"不是要自杀", "着火了", "你们都是废物", "我都八十三了", "那个 那个", "那明年的呢", "那要带什么", "我说错了 是六号楼",
}

var junk = []string{
	"", " ", "\x00\x01", "\xff\xfe你", "😀😀😀", "\u202eمرحبا\u202c", "ＡＢＣ１２３", "，。！？", "{turn.act}", "<script>", "繁體中文的問題怎麼辦",
	strings.Repeat("啊", 200), strings.Repeat("投诉 ", 100), strings.Repeat("9", 200), "null", "L0ZA2B1CXN5000123", "\u202e\u2066",
}

// sentence is something that may be heard.
func (b bed) sentence(r *rand.Rand) string {
	switch n := r.IntN(20); {
	case n < 9:
		return pick(r, answers...)
	case n < 16:
		return pick(r, b.sentences...)
	case n < 18:
		return pick(r, b.sentences...) + pick(r, " 另外", "哦不 ", "，对了 ", "") + pick(r, answers...)
	}
	return pick(r, junk...)
}

// corrupt makes of a state one that no engine of these flows would leave: other flows, slots and
// counts, as it is found after an update or on a broken disk.
func (b bed) corrupt(r *rand.Rand, s dialog.State) dialog.State {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		panic(err)
	}
	tree = twist(r, tree)
	if raw, err = json.Marshal(tree); err != nil {
		panic(err)
	}
	var out dialog.State
	if json.Unmarshal(raw, &out) != nil { // another type: a store refuses it
		out = s.Clone()
	}
	switch r.IntN(8) {
	case 0:
		out.Stack = nil
	case 1:
		out.Stack = []dialog.Frame{{Flow: "gone", Node: "gone", Entered: true}}
	case 2:
		out.Facts = nil
	case 3:
		out.Focus.Items, out.Focus.Labels = nil, nil
	case 4:
		out.Focus = dialog.Focus{Kind: pick(r, focuses...), Slot: "gone", Items: []string{"gone"}, NoMatch: -3, NoInput: 99}
	case 5:
		out.Focus = dialog.Focus{Kind: pick(r, focuses...)}
	case 6:
		for range 20 {
			out.Stack = append(out.Stack, dialog.Frame{Flow: "order", Node: "facts"})
		}
	case 7:
		out.Safety, out.Handed = "gone", &dialog.Handover{}
	}
	out.Ended = false
	return out
}

var focuses = []dialog.FocusKind{
	dialog.FocusNone, dialog.FocusOpen, dialog.FocusSlot, dialog.FocusWhich, dialog.FocusConfirm, dialog.FocusCaller, dialog.FocusChoose, dialog.FocusOffer, dialog.FocusErrand, "gone",
}

// twist changes a value somewhere in a JSON tree.
func twist(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			switch r.IntN(12) {
			case 0:
				delete(v, k)
			case 1:
				v[k] = twist(r, twist(r, inner))
			default:
				v[k] = twist(r, inner)
			}
		}
	case []any:
		for i := range v {
			v[i] = twist(r, v[i])
		}
		if len(v) > 0 && r.IntN(6) == 0 {
			return v[:len(v)-1]
		}
	case string:
		if r.IntN(15) == 0 {
			return pick(r, "", "gone", v+"x", "2026-11-24T10:00:00+08:00")
		}
	case float64:
		if r.IntN(8) == 0 {
			return float64(r.IntN(200) - 100)
		}
	}
	return v
}
