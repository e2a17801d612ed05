package han

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mozillazg/go-pinyin"
)

func TestWhatKeyboardsWriteAlikeIsFolded(t *testing.T) {
	for text, want := range map[string]string{
		"ＡＢＣ　１２３！": "abc123",
		"您好，云州。":   "您好云州",
		"①号楼":      "1号楼",
		"怎麼提取公積金":  "怎么提取公积金",
		"":         "",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSoundsThatAreConfusedFallTogether(t *testing.T) {
	for _, pair := range []string{"知资", "吃词", "是四", "南兰", "然蓝", "飞黑", "京金", "旅女"} {
		r := []rune(pair)
		if a, b := Syllable(r[0]), Syllable(r[1]); a != b || a == "" {
			t.Errorf("%s: %q and %q", pair, a, b)
		}
	}
	for _, r := range "aA1，あ" {
		if s := Syllable(r); s != "" {
			t.Errorf("%c sounds %q", r, s)
		}
	}
	for i, r := range []rune("零一二三四五六七八九") {
		if got, want := Digit('0'+rune(i)), Syllable(r); got != want {
			t.Errorf("%d sounds %q, want %q as %c", i, got, want, r)
		}
	}
}

func TestClausesEndWhereSomethingVisibleStands(t *testing.T) {
	got := Clauses("ＡＰＰ，怎麼登錄？！社\u200b保🙂卡\xff")
	if diff := cmp.Diff([]string{"app", "怎么登录", "社保", "卡"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadingsAreTonelessAndTheMostFrequentComesFirst(t *testing.T) {
	for r, want := range map[rune][]string{'长': {"zhang", "chang"}, '绿': {"lv", "lu"}, 'a': nil} {
		if diff := cmp.Diff(want, Readings(r)); diff != "" {
			t.Errorf("%c: %s", r, diff)
		}
	}
}

// Every reading of the dictionary must lose its tone, or two tones of one syllable would differ.
func TestNoToneIsLeft(t *testing.T) {
	for r := range pinyin.PinyinDict {
		all := append(Readings(rune(r)), Syllable(rune(r)))
		for _, s := range all {
			if s == "" {
				t.Fatalf("%c has no sound", r)
			}
			for _, c := range s {
				if c < 'a' || c > 'z' {
					t.Fatalf("%c sounds %q", r, s)
				}
			}
		}
	}
}
