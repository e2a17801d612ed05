package nlu

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTidyKeepsWhatIsSaidAndDropsHowItIsSaid(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"full-width, traditional and punctuation", "ＡＰＰ，怎麼登錄？！", "app怎么登录"},
		{"fillers at the beginning of clauses", "嗯 那个 请问一下 社保卡怎么补", "社保卡怎么补"},
		{"a stutter of one character", "我我我想问社保卡", "我想问社保卡"},
		{"a word said again", "户口户口怎么迁", "户口怎么迁"},
		{"a word said again to correct it, by its sound", "转忍工人工", "转人工"},
		{"names of relatives are no stutter", "我妈妈的奶奶", "我妈妈的奶奶"},
		{"digits are no stutter", "1100112233", "1100112233"},
		{"a correction within a clause", "我要补身份证不对是驾驶证", "我要补驾驶证"},
		{"a correction between clauses", "在东湖区 不对 是南浦区", "在南浦区"},
		{"a sentence taken back", "我要查社保 说错了 我要查公积金余额", "我要查公积金余额"},
		{"a sentence taken back at once", "我要查社保说错了是要查公积金余额", "要查公积金余额"},
		{"a question that holds the mark", "这样对不对是不是该退", "这样对不对是不是该退"},
		{"a greeting alone stays", "你好", "你好"},
		{"invisible characters", "社\u200b保\u202e卡", "社保卡"},
		{"nothing but emoji", "🙂🙂", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Tidy(tt.text); got != tt.want {
				t.Errorf("Tidy(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestALongPasteIsCutAndKeepsItsEnd(t *testing.T) {
	var b strings.Builder
	for r := rune(0x4E00); b.Len() < 1<<20; r = 0x4E00 + (r-0x4E00+7)%20000 {
		b.WriteRune(r)
	}
	got := Tidy(b.String())
	if n := utf8.RuneCountInString(got); n != maxRunes {
		t.Errorf("%d characters left, want %d", n, maxRunes)
	}
}

func TestNoiseIsTheSameEveryTimeAndKeepsItsMeasure(t *testing.T) {
	text := strings.Repeat("请问社会保障卡遗失了要到哪里去补办需要带什么材料收费多少钱", 40)
	spoiled := Spoil(text, NoisePinyin, 1)
	if spoiled != Spoil(text, NoisePinyin, 1) {
		t.Fatal("two runs differ")
	}
	changed, a, b := 0, []rune(text), []rune(spoiled)
	if len(a) != len(b) {
		t.Fatalf("%d characters became %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			changed++
			if readingOf(a[i]).fuzzy != readingOf(b[i]).fuzzy {
				t.Fatalf("%c became %c", a[i], b[i])
			}
		}
	}
	if rate := float64(changed) / float64(len(a)); rate < 0.09 || rate > 0.15 {
		t.Errorf("%.3f of the characters changed, want about 0.12", rate)
	}
	if Spoil(text, NoiseNone, 1) != text {
		t.Error("no noise changed the text")
	}
}

func TestFoldsKeepTwinsTogether(t *testing.T) {
	var list []Utterance
	for _, text := range []string{"社保卡丢了怎么补办", "公积金怎么提取", "社保卡丢了怎么补办啊", "路灯坏了", "暖气不热", "转人工"} {
		list = append(list, Utterance{Text: text})
	}
	fold := Folds(list, 3, 1)
	if fold[0] != fold[2] {
		t.Errorf("twins are in parts %d and %d", fold[0], fold[2])
	}
	left := WithoutTwins(list, list[:1])
	if len(left) != 4 {
		t.Errorf("%d sentences left, want 4", len(left))
	}
}

func TestReadUtterancesNamesTheLine(t *testing.T) {
	const head = "text\tchannel\tact\tcategory\tkb\tslots\n"
	got, err := ReadUtterances(strings.NewReader(head+"转人工\tvoice\tagent\t-\t-\t{}\n"), "u.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Utterance{{Text: "转人工", Channel: "voice", Act: ActAgent, Slots: map[string]string{}, Line: 2}}, got); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"no header", "转人工\n", "u.tsv:1:"},
		{"too few columns", head + "转人工\tvoice\n", "u.tsv:2:"},
		{"an unknown act", head + "转人工\tvoice\tx\t-\t-\t{}\n", "unknown act"},
		{"an unknown channel", head + "转人工\tfax\tagent\t-\t-\t{}\n", "channel"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ReadUtterances(strings.NewReader(tt.text), "u.tsv"); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
