package nlu

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSyllablesFoldWhatRecognisersConfuse(t *testing.T) {
	for _, pair := range [][2]string{
		{"人工", "人公"}, {"水费", "睡费"}, {"南浦", "兰浦"}, {"湖南", "福南"}, {"三", "山"}, {"1３8", "一三八"}, {"ＡＰＰ", "app"},
	} {
		if diff := cmp.Diff(Syllables(pair[0]), Syllables(pair[1])); diff != "" {
			t.Errorf("%s and %s differ: %s", pair[0], pair[1], diff)
		}
	}
	if cmp.Equal(Syllables("水费"), Syllables("电费")) {
		t.Error("水费 and 电费 must differ")
	}
}

func TestActOf(t *testing.T) {
	tests := []struct {
		text string
		want Act
	}{
		{"转人工", ActAgent}, {"人公", ActAgent}, {"我要找人工客服", ActAgent}, {"给我转真人", ActAgent}, {"算了算了你给我转到人那边去吧", ActAgent},
		{"按哪个键是人工啊", ActAgent}, {"零", ActAgent}, {"我又传人工", ActAgent}, {"帮我赚人公吧", ActAgent},
		{"农民工人工资拖欠了怎么办", ActNone},
		{"人工智能怎么学", ActNone}, {"人工湖里能钓鱼吗", ActNone}, {"法院要我带证人去", ActNone},
		{"再说一遍", ActRepeat}, {"啊？什么？", ActRepeat}, {"我没听清楚", ActRepeat},
		{"你说慢一点", ActSlower}, {"太快了", ActSlower},
		{"再见", ActGoodbye}, {"没有了谢谢", ActGoodbye}, {"谢谢", ActThanks},
		{"大点声我听不见", ActLouder}, {"上一步", ActBack}, {"从头再来一遍", ActRestart}, {"算了不办了", ActCancel}, {"取消", ActCancel},
		{"你是真人还是机器", ActMachine}, {"跟我说话的是真人还是录音呀", ActMachine}, {"你是不是机器人啊我要真人", ActAgent},
		{"对 电话别留", ActAnonymous}, {"不用留名字", ActAnonymous}, {"我怕他们知道是我", ActAnonymous}, {"就用这个电话", ActThisNumber}, {"就用这个点话", ActThisNumber},
		{"不对 后四位是三二三七", ActCorrection}, {"东湖区 哦不 是南浦区", ActCorrection}, {"不对劲", ActNone}, {"不是说好了三天吗", ActNone},
		{"有个工地每天半夜开工我们整栋楼的人都没法睡能不能让他们慢一点", ActNone},
		{"是的", ActYes}, {"是不是可以退", ActNone}, {"不对", ActNo}, {"等一下", ActWait}, {"喂，你好", ActGreet},
		{"", ActNone}, {"🙂", ActNone},
	}
	for _, tt := range tests {
		if got := ActOf(tt.text); got != tt.want {
			t.Errorf("ActOf(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestDanglingBreaksOffAndWholeWordsDoNot(t *testing.T) {
	for text, want := range map[string]bool{"我家住在": true, "我想问一下": true, "从昨天晚上到现在": false, "问题一直存在": false, "路灯坏了": false} {
		if got := Dangling(text); got != want {
			t.Errorf("Dangling(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestBackchannel(t *testing.T) {
	for _, text := range []string{"嗯", "嗯。", "对", "好的", "哦", "嗯嗯", "是的"} {
		if !Backchannel(text) {
			t.Errorf("%q is a back-channel", text)
		}
	}
	for _, text := range []string{"不对", "等一下", "人工", "我不是问这个", "多少钱"} {
		if Backchannel(text) {
			t.Errorf("%q is a turn", text)
		}
	}
}

func TestSearchIsTheSameEveryTime(t *testing.T) {
	x := NewIndex([]Document{
		{"water", "", []string{"水费怎么收", "一吨水多少钱"}},
		{"power", "", []string{"电费怎么收", "一度电多少钱"}},
		{"heat", "", []string{"暖气费一平米多少钱"}},
	})
	first := x.Search("我想问一下水费多少钱", 3)
	if len(first) != 3 || first[0].ID != "water" {
		t.Fatalf("got %v, want water first of three", first)
	}
	for range 50 {
		if diff := cmp.Diff(first, x.Search("我想问一下水费多少钱", 3)); diff != "" {
			t.Fatal(diff)
		}
	}
	if hits := x.Search("", 3); len(hits) != 0 {
		t.Errorf("nothing was asked, got %v", hits)
	}
}

func FuzzActOf(f *testing.F) {
	f.Add("转人工")
	f.Add("\xff嗯嗯")
	f.Fuzz(func(t *testing.T, text string) {
		if ActOf(text) != ActOf(text) {
			t.Error("not deterministic")
		}
		for _, u := range Syllables(text) {
			if u == "" {
				t.Errorf("empty syllable in %q", text)
			}
		}
	})
}
