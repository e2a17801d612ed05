package whisper

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hotline-cc/hotline/asr"
)

// pieces cuts a text at "|"; every piece has probability 0.5.
func pieces(text string) []piece {
	var out []piece
	for _, b := range strings.Split(text, "|") {
		out = append(out, piece{bytes: b, logProb: math.Log(0.5)})
	}
	return out
}

func TestAssemble(t *testing.T) {
	tests := map[string]struct {
		pieces string
		want   []asr.Token
	}{
		"whole characters":        {"你好|世界", []asr.Token{{Text: "你好", Prob: 0.5}, {Text: "世界", Prob: 0.5}}},
		"a character in two":      {"\xe7\xba|\xa6|好", []asr.Token{{Text: "约", Prob: 0.25}, {Text: "好", Prob: 0.5}}},
		"a character in three":    {"\xe7|\xba|\xa6", []asr.Token{{Text: "约", Prob: 0.125}}},
		"begun inside a token":    {"预\xe7|\xba\xa6", []asr.Token{{Text: "预", Prob: 0.5}, {Text: "约", Prob: 0.5}}},
		"never finished":          {"好|\xe7\xba", []asr.Token{{Text: "好", Prob: 0.5}}},
		"never begun":             {"\xba\xa6|好", []asr.Token{{Text: "好", Prob: 0.5}}},
		"broken off by the next":  {"\xe7\xba|好", []asr.Token{{Text: "好", Prob: 0.25}}},
		"folded with its context": {"乾|淨|乾|隆", []asr.Token{{Text: "干", Prob: 0.5}, {Text: "净", Prob: 0.5}, {Text: "乾", Prob: 0.5}, {Text: "隆", Prob: 0.5}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tokens, _, logProb := assemble(pieces(tt.pieces))
			if diff := cmp.Diff(tt.want, tokens, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Error(diff)
			}
			if math.Abs(logProb-math.Log(0.5)) > 1e-9 {
				t.Errorf("mean log-probability %.3f", logProb)
			}
		})
	}
	if tokens, text, logProb := assemble(nil); tokens != nil || text != "" || logProb != 0 {
		t.Errorf("nothing became %v %q %v", tokens, text, logProb)
	}
}

func FuzzAssemble(f *testing.F) {
	f.Add("你好|\xe7\xba|\xa6")
	f.Add("\xf0\x9f|\x98|\x80|a")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, raw, _ := assemble(pieces(text))
		if !utf8.ValidString(raw) {
			t.Errorf("%q became %q", text, raw)
		}
		var joined strings.Builder
		for _, token := range tokens {
			joined.WriteString(token.Text)
			if token.Text == "" || token.Prob <= 0 || token.Prob > 1 {
				t.Errorf("%q has the token %+v", text, token)
			}
		}
		if joined.String() != asr.Simplify(raw) {
			t.Errorf("the tokens of %q are %q together", raw, joined.String())
		}
		if whole := strings.ReplaceAll(text, "|", ""); utf8.ValidString(whole) && whole != raw {
			t.Errorf("%q became %q", whole, raw)
		}
	})
}
