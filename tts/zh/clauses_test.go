package zh

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClausesAreCutWhereASpeakerBreathes(t *testing.T) {
	f := frontend(t)
	for text, want := range map[string]string{
		"您好，云州市12345政务服务便民热线，请问有什么可以帮您？":     "您好，|云州市一二三四五政务服务便民热线，|请问有什么可以帮您？",
		"先打12333挂失，再带身份证到合作银行网点补卡，当场就能拿到。":   "先打幺二三三三挂失，|再带身份证到合作银行网点补卡，|当场就能拿到。",
		"您的手机号是15400001234，对吗？":              "您的手机号是|幺五四，零零零零，幺二三四，|对吗？",
		"请您在办理居住证之前先准备好身份证原件和复印件以及住址证明。":     "请您在办理居住证之前|先准备好身份证原件和复印件以及住址证明。",
		"社保卡可以在“云州智慧城市服务平台”上申请补办吗":           "社保卡可以在|“云州智慧城市服务平台”上申请补办吗",
		"办理时间是2026年11月24日上午9:00到12:00之间都可以的": "办理时间是|二零二六年十一月二十四日上午九点|到十二点之间都可以的",
		"您的诉求和联系方式我都记下来了。":                   "您的诉求和联系方式|我都记下来了。",
		"好的。": "好的。",
		"":    "",
	} {
		if got := strings.Join(f.Clauses(text, 10, 30), "|"); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func FuzzClausesJoinToTheTextAndFitTheModel(f *testing.F) {
	for _, tc := range spoken {
		f.Add(tc.text)
	}
	f.Add(strings.Repeat("一", 3000))
	f.Add(strings.Repeat("ABC ", 300))
	f.Add(strings.Repeat("“云州", 300))
	zh := frontend(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 3*4096 {
			return // more than a request may hold
		}
		clauses := zh.Clauses(text, 10, 30)
		if got, want := zh.Normalise(strings.Join(clauses, " ")), zh.Normalise(text); got != want {
			t.Errorf("clauses of %q join to %q, want %q", text, got, want)
		}
		for _, c := range clauses {
			if c == "" {
				t.Errorf("%q gives an empty clause", text)
			}
			phonemes := zh.Phonemes(c)
			tokens, err := zh.Tokens(phonemes)
			if err != nil {
				t.Errorf("%q: %v", c, err)
			}
			if len(tokens) >= 510 {
				t.Errorf("%q has %d tokens", c, len(tokens))
			}
			if !utf8.ValidString(phonemes) {
				t.Errorf("%q is read as invalid %q", c, phonemes)
			}
		}
	})
}
