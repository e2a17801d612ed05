package whisper

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/asr"
)

func TestHotwordsAreSpeltInBothScripts(t *testing.T) {
	m := open(t, Config{}).model
	text := func(tokens []int32) string {
		for _, s := range []string{"确认", "確認", "人工", "发票", "發票"} {
			if slices.Equal(m.tokens(s), tokens) {
				return s
			}
		}
		return "?"
	}
	var got []string
	for _, tokens := range m.spellings([]string{"确认", "人工", "发票", "是", ""}) {
		got = append(got, text(tokens))
	}
	if want := []string{"确认", "確認", "人工", "发票", "發票"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if n := len(m.spellings(slices.Repeat([]string{"确认"}, 100))); n > maxWords {
		t.Errorf("%d words", n)
	}
}

func TestHotwordsTipTheScales(t *testing.T) {
	c := loadClips(t)[0]
	pcm := overPhone(t, c.pcm)
	e := open(t, Config{})
	hear := func(words ...string) string {
		r, err := e.Recognize(context.Background(), asr.Request{PCM: pcm, Hotwords: words})
		if err != nil {
			t.Fatal(err)
		}
		return r.Text
	}
	const word = "停滞"
	alone := hear()
	if strings.Contains(alone, word) {
		t.Fatalf("heard %q without help: the test needs a harder clip", alone)
	}
	if text := hear("社保卡", word); !strings.Contains(text, word) {
		t.Errorf("heard %q", text)
	}
	if text := hear("社保卡", "公积金", "转人工"); text != alone {
		t.Errorf("other words made it %q", text)
	}
}
