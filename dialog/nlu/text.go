// Package nlu understands one turn of a conversation in Chinese, as a recogniser or a hasty typist
// writes it: what the person does (act), what it is about (category), which entry of the knowledge
// base answers it, and whether somebody is in danger. Homophones, fillers, repetitions and missing
// punctuation are the rule, so sentences are compared as characters, as toneless syllables and as
// fuzzy syllables, in which the sounds fall together that speakers and recognisers confuse.
package nlu

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hotline-cc/hotline/internal/han"
)

const (
	// maxBytes is how much of a text is looked at: a pasted megabyte costs no more than this.
	maxBytes = 16 << 10
	// maxRunes is how much of a tidied sentence is understood; longer ones keep their beginning, where
	// the matter is, and their end, where the wish is.
	maxRunes = 400
	tailKept = 100
)

// Clean folds a sentence for matching; see han.Fold. No more than the first 16 KiB are looked at.
func Clean(text string) string { return han.Fold(bounded(text)) }

func bounded(text string) string {
	if len(text) > maxBytes {
		text = strings.ToValidUTF8(text[:maxBytes], "")
	}
	return text
}

// Tidy returns what a sentence says without the way it was said: folded like Clean, fillers,
// stutters and repetitions removed, and of a self-correction only what was corrected to. When
// nothing would be left, it is the folded sentence.
func Tidy(text string) string {
	clauses := han.Clauses(bounded(text))
	clauses = correct(clauses)
	for i, c := range clauses {
		clauses[i] = trimHesitation(c)
	}
	out := []rune(strings.Join(clauses, ""))
	out = collapse(out)
	if len(out) == 0 {
		out = []rune(Clean(text))
	}
	if len(out) > maxRunes {
		out = slices.Concat(out[:maxRunes-tailKept], out[len(out)-tailKept:])
	}
	return string(out)
}

// hesitations open a clause and say nothing.
var hesitations = []string{"就是说", "那个", "这个", "就是", "然后", "那么", "嗯", "呃", "额", "啊", "哎呀", "哎", "诶", "唉", "哦", "喔", "噢", "喂", "你好", "您好", "请问一下", "请问", "麻烦问一下", "我想问一下", "我想问下", "想问一下", "想问下"}

// sounds are hesitations wherever they stand.
const sounds = "嗯呃诶唉噢喔"

func trimHesitation(clause string) string {
	whole := clause
	for trimmed := true; trimmed; {
		trimmed = false
		if slices.Contains(hesitations, clause) {
			break
		}
		for _, h := range hesitations {
			if rest, ok := strings.CutPrefix(clause, h); ok && rest != "" {
				clause, trimmed = rest, true
			}
		}
	}
	if slices.Contains(hesitations, clause) {
		clause = ""
	}
	clause = strings.Map(func(r rune) rune {
		if strings.ContainsRune(sounds, r) {
			return -1
		}
		return r
	}, clause)
	if clause == "" && (whole == "你好" || whole == "您好" || whole == "喂") {
		return whole // a greeting is what it says
	}
	return clause
}

// corrections stand between what was said wrongly and what was meant. The bool tells that
// everything before is taken back, not only as much as follows.
var corrections = []struct {
	mark string
	all  bool
}{
	{"我说错了", true}, {"说错了", true}, {"讲错了", true},
	{"不对不对", false}, {"不是不是", false}, {"不对是", false}, {"不对应该是", false}, {"不对我是说", false}, {"不是我是说", false}, {"错了是", false},
}

// correct applies self-corrections. A mark within a clause counts, and so does a clause that is 不对
// or 不是 or 不 alone.
func correct(clauses []string) []string {
	var out []string
	for i, c := range clauses {
		if (c == "不" || c == "不对" || c == "不是" || c == "错了") && len(out) > 0 && i+1 < len(clauses) {
			clauses[i+1] = strings.TrimPrefix(clauses[i+1], "是")
			out[len(out)-1] = takeBack(out[len(out)-1], clauses[i+1])
			continue
		}
		if strings.HasSuffix(c, "说错了") && i+1 < len(clauses) && len([]rune(strings.Join(clauses[i+1:], ""))) >= 4 {
			out = nil
			continue
		}
		for _, k := range corrections {
			before, after, found := strings.Cut(c, k.mark)
			if !found || before == "" || after == "" || strings.HasPrefix(after, "不是") {
				continue
			}
			after = strings.TrimPrefix(after, "是")
			if k.all && len([]rune(after)) >= 4 {
				out, before = nil, ""
			}
			c = takeBack(before, after) + after
			break
		}
		out = append(out, c)
	}
	return out
}

// takeBack removes from the end of before as much as after is long, if after is a short phrase.
func takeBack(before, after string) string {
	const longest = 8
	b, a := []rune(before), []rune(after)
	if len(a) == 0 || len(a) > longest {
		return before
	}
	cut := max(0, len(b)-len(a))
	return string(b[:cut])
}

// collapse keeps one of what is said several times in a row: three times the same character, twice
// the same pronoun or particle, and twice anything longer, by character or by sound (户扣户口). Of
// things that only sound alike the later one stays: people repeat to correct.
func collapse(in []rune) []rune {
	const longest = 6
	out := make([]rune, 0, len(in))
	sound := make([]uint16, 0, len(in))
	for _, r := range in {
		out, sound = append(out, r), append(sound, readingOf(r).fuzzy)
		n := len(out)
		if n >= 2 && out[n-1] == out[n-2] && (strings.ContainsRune(stuttered, r) || n >= 3 && out[n-3] == r && !unicode.IsDigit(r)) {
			out, sound = out[:n-1], sound[:n-1]
			continue
		}
		for k := min(longest, n/2); k >= 2; k-- {
			if !sameSound(sound[n-2*k:n-k], sound[n-k:]) {
				continue
			}
			out = append(out[:n-2*k], out[n-k:]...)
			sound = append(sound[:n-2*k], sound[n-k:]...)
			break
		}
	}
	return out
}

// stuttered are characters that are doubled by hesitation only.
const stuttered = "我你他她它那这的就是要在把被给和有又也都没不会能"

// sameSound reports whether two stretches sound alike. Without a reading (digits, letters) nothing does.
func sameSound(a, b []uint16) bool {
	for i := range a {
		if a[i] == 0 || a[i] != b[i] {
			return false
		}
	}
	return true
}
