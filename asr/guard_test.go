package asr

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestGuard(t *testing.T) {
	const sentence = "我想查一下我的社保卡办好了没有"
	tests := map[string]struct {
		heard Heard
		want  Verdict
	}{
		"a sentence": {
			Heard{Text: " 我想查一下,我的社保卡辦好了沒有? "},
			Verdict{Text: "我想查一下,我的社保卡办好了没有?"},
		},
		"a sentence with doubt":       {Heard{Text: sentence, LogProb: -1.0}, Verdict{Text: sentence}},
		"a sentence out of noise":     {Heard{Text: sentence, LogProb: -1.2}, Verdict{Rejected: RejectedLowLogProb, Retry: true}},
		"a word in noise":             {Heard{Text: "预约", LogProb: -1.6}, Verdict{Text: "预约"}},
		"a word out of noise":         {Heard{Text: "预约", LogProb: -2.3}, Verdict{Rejected: RejectedLowLogProb}},
		"nobody spoke":                {Heard{Text: "预约", LogProb: -1.2, NoSpeech: 0.8}, Verdict{Rejected: RejectedLowLogProb}},
		"a quiet word":                {Heard{Text: "预约", LogProb: -0.5, NoSpeech: 0.8}, Verdict{Text: "预约"}},
		"nothing":                     {Heard{}, Verdict{Rejected: RejectedEmpty}},
		"punctuation only":            {Heard{Text: " ……。 "}, Verdict{Rejected: RejectedEmpty}},
		"broken bytes":                {Heard{Text: "预\xe7\xba约"}, Verdict{Text: "预约"}},
		"runaway":                     {Heard{Text: strings.Repeat("谢谢", 20)}, Verdict{Rejected: RejectedRepetition, Retry: true}},
		"runaway with commas":         {Heard{Text: strings.Repeat("我要投诉,", 5)}, Verdict{Rejected: RejectedRepetition, Retry: true}},
		"runaway tail":                {Heard{Text: "我要投诉这个公司" + strings.Repeat(",不退钱", 6)}, Verdict{Text: "我要投诉这个公司,不退钱", Rejected: RejectedRepetition, Retry: true}},
		"runaway of one":              {Heard{Text: "我要办理" + strings.Repeat("的", 12)}, Verdict{Text: "我要办理的", Rejected: RejectedRepetition, Retry: true}},
		"runaway of credits":          {Heard{Text: "谢谢观看" + strings.Repeat("好", 12)}, Verdict{Rejected: RejectedRepetition, Retry: true}},
		"agreeing a lot":              {Heard{Text: "对对对对对"}, Verdict{Text: "对对对对对"}},
		"calling for somebody":        {Heard{Text: "喂你好喂你好喂你好"}, Verdict{Text: "喂你好喂你好喂你好"}},
		"saying it twice":             {Heard{Text: "我要转人工,我要转人工"}, Verdict{Text: "我要转人工,我要转人工"}},
		"a number with zeros":         {Heard{Text: "1 3 8 0 0 0 0 0 0 0 0"}, Verdict{Text: "1 3 8 0 0 0 0 0 0 0 0"}},
		"a number in pairs":           {Heard{Text: "一二一二一二一二"}, Verdict{Text: "一二一二一二一二"}},
		"more than can be said":       {Heard{Text: sentence, Audio: time.Second}, Verdict{Rejected: RejectedTooFast, Retry: true}},
		"fast":                        {Heard{Text: sentence, Audio: 1600 * time.Millisecond}, Verdict{Text: sentence}},
		"long, and half of it lost":   {Heard{Text: sentence, Audio: 9 * time.Second}, Verdict{Text: sentence, Retry: true}},
		"a number, dictated":          {Heard{Text: "1 3 8 0 0 5 2 7 6 4 9", Audio: 9 * time.Second}, Verdict{Text: "1 3 8 0 0 5 2 7 6 4 9"}},
		"slow":                        {Heard{Text: sentence, Audio: 5 * time.Second}, Verdict{Text: sentence}},
		"credits":                     {Heard{Text: "請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目"}, Verdict{Rejected: RejectedPhantom}},
		"credits in simplified":       {Heard{Text: "请不吝点赞、订阅、转发、打赏支持明镜与点点栏目。"}, Verdict{Rejected: RejectedPhantom}},
		"Amara":                       {Heard{Text: "中文字幕由Amara.org社区提供"}, Verdict{Rejected: RejectedPhantom}},
		"end of a video":              {Heard{Text: "謝謝觀看!", LogProb: -0.2}, Verdict{Rejected: RejectedPhantom}},
		"credits after a sentence":    {Heard{Text: sentence + "。字幕由Amara.org社区提供"}, Verdict{Text: sentence, Rejected: RejectedPhantom}},
		"thanks":                      {Heard{Text: "谢谢", LogProb: -0.3}, Verdict{Text: "谢谢"}},
		"thanks to all, sure":         {Heard{Text: "谢谢大家", LogProb: -0.3}, Verdict{Text: "谢谢大家"}},
		"thanks to all, guessed":      {Heard{Text: "谢谢大家", LogProb: -1.2}, Verdict{Rejected: RejectedPhantom}},
		"a remark":                    {Heard{Text: "(音乐)"}, Verdict{Rejected: RejectedPhantom}},
		"a remark in a sentence":      {Heard{Text: "(笑)我要查社保"}, Verdict{Text: "(笑)我要查社保"}},
		"the prompt came back":        {Heard{Text: "社保卡,公积金,居住证", Prompt: "社保卡、公積金、居住证"}, Verdict{Rejected: RejectedEcho, Retry: true}},
		"two words of the prompt":     {Heard{Text: "社保卡公积金", Prompt: "社保卡、公积金、居住证"}, Verdict{Rejected: RejectedEcho, Retry: true}},
		"a hotword":                   {Heard{Text: "公积金", Prompt: "社保卡、公积金、居住证"}, Verdict{Text: "公积金"}},
		"a sentence with a hotword":   {Heard{Text: "我查公积金", Prompt: "社保卡、公积金"}, Verdict{Text: "我查公积金"}},
		"Korean":                      {Heard{Text: "시청해 주셔서 감사합니다", Language: "zh"}, Verdict{Rejected: RejectedForeign}},
		"Japanese":                    {Heard{Text: "ご視聴ありがとうございました", Language: "zh"}, Verdict{Rejected: RejectedForeign}},
		"Japanese asked for":          {Heard{Text: "ありがとう", Language: "ja"}, Verdict{Text: "ありがとう"}},
		"English, sure":               {Heard{Text: "I want to speak English", Language: "zh", LogProb: -0.3}, Verdict{Text: "I want to speak English"}},
		"English, unsure":             {Heard{Text: "I am going to go", Language: "zh", LogProb: -0.9}, Verdict{Rejected: RejectedForeign}},
		"digits with doubt":           {Heard{Text: "1 3 8 0 0 5 2", Language: "zh", LogProb: -0.9}, Verdict{Text: "1 3 8 0 0 5 2"}},
		"Latin in a sentence":         {Heard{Text: "我的ETC和APP都登不上", Language: "zh"}, Verdict{Text: "我的ETC和APP都登不上"}},
		"English where it is the one": {Heard{Text: "I want to go home", Language: "en", LogProb: -0.9}, Verdict{Text: "I want to go home"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Guard(tt.heard)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCompression(t *testing.T) {
	sentence := []rune("周一到周五每天早晨七点半到九点半的直播片段言下之意呢就是废话有点多大家也别嫌弃因为这都是直播间最真实的状态了")
	if c := compression(sentence); c > 1.6 {
		t.Errorf("a sentence has %.2f", c)
	}
	// Not a loop of one unit, but nobody speaks like that.
	drifting := []rune(strings.Repeat("我想要知道", 4) + strings.Repeat("我想要的", 4) + strings.Repeat("我想要知道", 4))
	if c := compression(drifting); c <= maxCompression {
		t.Errorf("a drifting loop has %.2f", c)
	}
}

func TestConfidence(t *testing.T) {
	for name, tt := range map[string]struct {
		verdict Verdict
		logProb float64
		want    float64
	}{
		"certain":  {Verdict{Text: "好"}, 0, 1},
		"doubtful": {Verdict{Text: "好"}, -1, 0.368},
		"repaired": {Verdict{Text: "好", Rejected: RejectedRepetition}, -1, 0.184},
		"dropped":  {Verdict{Rejected: RejectedPhantom}, -0.1, 0},
		"nonsense": {Verdict{Text: "好"}, 3, 1},
	} {
		if got := Confidence(tt.verdict, tt.logProb); got < tt.want-0.001 || got > tt.want+0.001 {
			t.Errorf("%s: %.3f, want %.3f", name, got, tt.want)
		}
	}
}

func FuzzGuard(f *testing.F) {
	f.Add("我要投诉这个公司,不退钱,不退钱,不退钱,不退钱", "社保卡、公积金", -0.5)
	f.Add("字幕由Amara.org社区提供", "", -2.0)
	f.Add("a\xff\xe5\xa5", "\xff、a", 0.0)
	f.Fuzz(func(t *testing.T, text, prompt string, logProb float64) {
		v := Guard(Heard{Text: text, LogProb: logProb, Prompt: prompt, Language: "zh"})
		if !utf8.ValidString(v.Text) || utf8.RuneCountInString(v.Text) > utf8.RuneCountInString(text) {
			t.Errorf("%q became %q", text, v.Text)
		}
		if v.Text != Simplify(v.Text) {
			t.Errorf("%q is not in simplified script", v.Text)
		}
		if (v.Text == "") != (v.Rejected != "") && v.Rejected != RejectedRepetition && v.Rejected != RejectedPhantom {
			t.Errorf("text %q with %q", v.Text, v.Rejected)
		}
		if again := Guard(Heard{Text: v.Text, LogProb: logProb}); v.Text != "" && again.Rejected == RejectedRepetition {
			t.Errorf("%q left the loop %q", text, v.Text)
		}
	})
}
