package slot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/internal/han"
	"golang.org/x/text/unicode/norm"
)

// sentence is what was said without its spaces and marks; gap keeps where they stood.
type sentence struct {
	r   []rune // letters and digits, Latin in upper case
	gap []bool // gap[i]: a space or mark stood before r[i]; gap[len(r)] is true
	at  []int  // at[i]: index of r[i] in the NFKC form
	raw []rune // the NFKC form
	str string // r as one string, for comparison with words
	off []int  // off[i]: where r[i] begins in str; off[len(r)] is its end

	sounds []string // fuzzy syllable of each r, filled in where places are looked for
}

func read(text string) sentence {
	if len(text) > 4*maxRunes {
		text = text[:4*maxRunes]
	}
	s := sentence{raw: []rune(norm.NFKC.String(strings.ToValidUTF8(text, "")))}
	if len(s.raw) > maxRunes {
		s.raw = s.raw[:maxRunes]
	}
	gap := true
	plain := []rune(han.Simplify(string(s.raw))) // as long as the raw text
	for i, c := range plain {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			// A point inside a number is part of it: 35.5.
			inside := c == '.' && i > 0 && i+1 < len(s.raw) && isDigit(s.raw[i-1]) && isDigit(s.raw[i+1])
			if !inside {
				gap = true
				continue
			}
		}
		if c < unicode.MaxASCII {
			c = unicode.ToUpper(c)
		}
		s.r, s.gap, s.at = append(s.r, c), append(s.gap, gap), append(s.at, i)
		gap = false
	}
	s.gap = append(s.gap, true)
	var b strings.Builder
	s.off = make([]int, 0, len(s.r)+1)
	for _, c := range s.r {
		s.off = append(s.off, b.Len())
		b.WriteRune(c)
	}
	s.off, s.str = append(s.off, b.Len()), b.String()
	return s
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

func (s sentence) len() int { return len(s.r) }

// has reports whether word stands at i, whatever gaps lie within it.
func (s sentence) has(i int, word string) bool {
	return i >= 0 && i < len(s.r) && strings.HasPrefix(s.str[s.off[i]:], word)
}

// hasAny returns the length in runes of the longest of the words that stands at i, 0 if none does.
func (s sentence) hasAny(i int, words ...string) int {
	if i < 0 || i >= len(s.r) {
		return 0
	}
	best, rest := "", s.str[s.off[i]:]
	for _, w := range words {
		if len(w) > len(best) && strings.HasPrefix(rest, w) {
			best = w
		}
	}
	return utf8.RuneCountInString(best)
}

// endsWith returns the length of the longest of the words that ends before i, 0 if none does.
func (s sentence) endsWith(i int, words ...string) int {
	if i <= 0 || i > len(s.r) {
		return 0
	}
	best, before := "", s.str[:s.off[i]]
	for _, w := range words {
		if len(w) > len(best) && strings.HasSuffix(before, w) {
			best = w
		}
	}
	return utf8.RuneCountInString(best)
}

// contains reports whether any of the words stands anywhere.
func (s sentence) contains(words ...string) bool {
	for _, w := range words {
		if strings.Contains(s.str, w) {
			return true
		}
	}
	return false
}

// text returns the words from i to j as they were written, with the spaces within them left out.
func (s sentence) text(i, j int) string { return s.str[s.off[i]:s.off[j]] }

// span returns where the runes i to j stand in the NFKC form.
func (s sentence) span(i, j int) (from, to int) {
	if i >= j {
		return 0, 0
	}
	return s.at[i], s.at[j-1] + 1
}

// fillers are sounds that carry nothing inside a number or a name.
var fillers = []string{"那个", "这个", "就是", "嗯", "呃", "额", "啊", "哦", "哎", "唉", "喂", "呢", "诶"}

// corrections are the words with which people take back what they just said, longest first.
var corrections = []string{
	"哦不对不对", "不对不对", "不不不", "说错了", "讲错了", "记错了", "念错了", "打错了", "弄错了", "搞错了",
	"哦不是", "哎不是", "啊不是", "噢不是", "哎不对", "啊不对", "哦不对", "不对", "不是", "应该是", "更正", "错了错了", "哦不", "啊不", "哎不", "改成", "改为", "换成",
}

// CutCorrection cuts a sentence at the last words that take something back. ok tells whether there
// are such words with something on both sides.
func CutCorrection(text string) (head, tail string, ok bool) {
	s := read(text)
	for i := s.len() - 1; i > 0; i-- {
		n := s.hasAny(i, corrections...)
		if n == 0 || i+n >= s.len() {
			continue
		}
		for k := max(0, i-3); k < i; k++ { // the longest that ends there: 哦不是, not 不是
			if s.hasAny(k, corrections...) >= i-k+n {
				i = k
				break
			}
		}
		if n = s.hasAny(i, corrections...); i == 0 {
			break
		}
		return string(s.raw[:s.at[i]]), string(s.raw[s.at[i+n]:]), true
	}
	return "", "", false
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
