package whisper

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/asr"
)

// assemble joins the model's pieces to tokens of whole characters. The model cuts rare characters
// into two or three pieces of bytes; such pieces become one token with their joint probability, and
// bytes that never become a character are dropped. The tokens are in simplified script, the text is
// the model's own. logProb is the mean over the pieces.
func assemble(pieces []piece) (tokens []asr.Token, text string, logProb float64) {
	var all strings.Builder
	var pending string
	joint := 0.0
	for _, p := range pieces {
		logProb += p.logProb / float64(len(pieces))
		pending += p.bytes
		joint += p.logProb
		whole, rest := wholeCharacters(pending)
		if whole == "" && rest != "" {
			pending = rest
			continue
		}
		if whole != "" {
			tokens = append(tokens, asr.Token{Text: whole, Prob: math.Exp(joint)})
			all.WriteString(whole)
		}
		pending, joint = rest, 0
	}
	text = all.String()
	simple := []rune(asr.Simplify(text)) // as a whole: the words decide
	for i := range tokens {
		n := utf8.RuneCountInString(tokens[i].Text)
		tokens[i].Text = string(simple[:n])
		simple = simple[n:]
	}
	return tokens, text, logProb
}

// wholeCharacters returns the valid part of s without broken bytes, and the beginning of a
// character at its end.
func wholeCharacters(s string) (whole, rest string) {
	for i := max(0, len(s)-utf8.UTFMax+1); i < len(s); i++ {
		if utf8.RuneStart(s[i]) && !utf8.FullRuneInString(s[i:]) {
			s, rest = s[:i], s[i:]
			break
		}
	}
	return strings.ToValidUTF8(s, ""), rest
}
