package zh

import (
	"strings"
	"testing"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestPhonemesAreTheModelsSymbols(t *testing.T) {
	f := frontend(t)
	for text, want := range map[string]string{
		"你好":       "ni↓xau↓",
		"您好，请讲。":   "ni↗nxau↓, ʨʰi↓ŋʨja↓ŋ.",
		"银行的女儿":    "i↗nxa↗ŋ tɤ ny↓ɚ↗",
		"“云州办”App": "y↗nꭧou→pa↘n ei→ pʰi↘ pʰi↘",
		"K12路":     "kʰei→ ʂɨ↗ɚ↘ lu↘",
		"拨打110？":   "pwo→ta↓ jau→ jau→ li↗ŋ?",
		"𠮷☃ϗ":      "",
		"":         "",
	} {
		if got := f.Phonemes(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestTokensAreTheModelsNumbers(t *testing.T) {
	f := frontend(t)
	got, err := f.Tokens("ni↓, ɚ")
	want := []int64{56, 51, 169, 3, 16, 85}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("number %d is %d, want %d", i, got[i], want[i])
		}
	}
	if _, err := f.Tokens("你"); err == nil {
		t.Error("a symbol the model does not know is taken")
	}
}

// Every reading of the 6763 characters of GB 2312, of every word of the lexicon and of every Latin
// word must have symbols, and every symbol a number.
func TestEverythingKnownHasASound(t *testing.T) {
	f := frontend(t)
	check := func(of, syllable string) {
		symbols, ok := f.ipa[syllable]
		if !ok {
			t.Errorf("%s: no symbols for %q", of, syllable)
		}
		if _, err := f.Tokens(symbols); err != nil {
			t.Errorf("%s: %v", of, err)
		}
	}
	characters := 0
	for high := byte(0xB0); high <= 0xF7; high++ {
		for low := byte(0xA1); low <= 0xFE; low++ {
			s, err := simplifiedchinese.GBK.NewDecoder().String(string([]byte{high, low}))
			if r := []rune(s)[0]; err == nil && isHan(r) {
				characters++
				for _, p := range strings.Split(pinyin.PinyinDict[int(r)], ",") {
					check(s, numbered(p))
				}
			}
		}
	}
	if characters != 6763 {
		t.Errorf("%d characters", characters)
	}
	for text := range f.lexicon.entries {
		for _, s := range f.lexicon.word(text).said {
			check(text, s)
		}
	}
	for name, symbols := range f.latin {
		if _, err := f.Tokens(symbols); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for letter := 'A'; letter <= 'Z'; letter++ {
		if f.latin[string(letter)] == "" {
			t.Errorf("letter %c has no sound", letter)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPhonemesOfTwentyCharacters(b *testing.B) {
	f := frontend(b)
	for b.Loop() {
		f.Phonemes("请您在11月24日9:00前拨打12345办理，谢谢。")
	}
}
