package zh

import (
	"strings"
	"unicode/utf8"
)

// longestClause is the most characters a clause is asked to have; twice as many still fit the 510
// symbols the model takes.
const longestClause = 36

// Clauses cuts text into pieces that are spoken one after another, the first of about first
// characters, each of the others at most half as long again as the one before and at most about rest
// (within 1…36): so each can be made while the one before plays. It cuts at punctuation, where that
// is too far apart between words, and not inside a number, a word or a quoted name unless that is
// twice as long as the piece may be. The pieces are normalised.
func (f *Frontend) Clauses(text string, first, rest int) []string {
	limit := min(max(first, 1), longestClause)
	var out []string
	var piece string
	end := func() {
		if piece = strings.TrimSpace(piece); piece != "" {
			out, piece = append(out, piece), ""
			limit = min(limit+(limit+1)/2, max(rest, 1), longestClause)
		}
	}
	for _, phrase := range phrases(f.Normalise(text)) {
		for phrase != "" {
			n := runeCount(phrase)
			switch {
			case runeCount(piece)+n <= limit, piece == "" && n <= limit+limit/3:
				piece += phrase
				phrase = ""
				if enough(piece, limit, len(out) == 0) {
					end()
				}
			case piece != "":
				end()
			default:
				i := f.breakAt(phrase, limit)
				piece, phrase = phrase[:i], phrase[i:]
				end()
			}
		}
	}
	end()
	return out
}

// enough tells whether a piece that ends in punctuation should not grow: the first as soon as it
// is worth a breath, the others at the end of a sentence.
func enough(piece string, limit int, first bool) bool {
	n := runeCount(piece)
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(piece, "”"))
	return first && n > limit/2 || strings.ContainsRune("。！？", last) && n > limit/2
}

// phrases splits normalised text after its pauses. A pause inside a dictated number does not count.
func phrases(text string) []string {
	var out []string
	start := 0
	for i, r := range text {
		if strength(string(r)) == 0 {
			continue
		}
		end := i + utf8.RuneLen(r)
		if strings.HasPrefix(text[end:], "”") {
			end += len("”")
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if r == '，' && strings.ContainsRune("零幺二三四五六七八九", before) && strings.ContainsRune("零幺二三四五六七八九", after) {
			continue
		}
		out, start = append(out, text[start:end]), end
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// breakAt returns where to cut a phrase that is too long: between two words near limit characters,
// best before a word that opens a new part, and at twice the limit at the latest.
func (f *Frontend) breakAt(phrase string, limit int) int {
	best, bestScore := 0, -1<<30
	at, count, total := 0, 0, runeCount(phrase)
	quoted := false
	last := ""
	for _, w := range f.tokens(phrase) {
		if count+runeCount(w) > 2*limit && best == 0 {
			return max(at, utf8.RuneLen([]rune(phrase)[0]))
		}
		if count >= 2 && count <= 2*limit && total-count >= 3 && !quoted && joint(last, w) {
			score := -4*max(0, count-limit) - max(0, limit-count)
			if strings.Contains(openers, " "+w+" ") {
				score += 4
			}
			if score > bestScore {
				best, bestScore = at, score
			}
		}
		switch w {
		case "“":
			quoted = true
		case "”":
			quoted = false
		}
		at += len(w)
		count += runeCount(w)
		last = w
	}
	if best == 0 {
		return len(phrase)
	}
	return best
}

// openers are words a speaker takes breath before.
const openers = " 我 我们 您 和 或 或者 以及 并 并且 在 到 从 由 向 对 请 需 需要 可 可以 应 应当 应该 如 如果 因 因为 将 会 也 就 按 凭 带 携带 为 把 与 及 还 还要 再 “ "

// complements are words that belong to the verb before them.
const complements = " 下来 下去 起来 出来 出去 上来 上去 过来 过去 回来 回去 进来 进去 清楚 "

// joint tells whether two neighbouring words may be spoken apart.
func joint(before, after string) bool {
	switch {
	case after == "”" || before == "“" || strength(after) > 0 || strength(before) > 0 || after == " " || before == " ":
		return false
	case endsInNumeral(before) || endsInAny(before, "点第负年月") && startsWithNumeral(after):
		return false
	case startsWithAny(after, "的地得了着过们吗呢吧啊点百千万亿"), strings.Contains(complements, " "+after+" "):
		return false
	}
	r, _ := utf8.DecodeRuneInString(after)
	s, _ := utf8.DecodeLastRuneInString(before)
	return !isLetter(r) && !isLetter(s)
}

// tokens splits normalised text into words, marks, Latin words and the spaces between them.
func (f *Frontend) tokens(text string) []string {
	var out []string
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		n := size
		switch {
		case isHan(r):
			n = prefix(text, isHan)
			for _, w := range f.lexicon.cut(text[:n]) {
				out = append(out, w.text)
			}
			text = text[n:]
			continue
		case isLetter(r):
			n = prefix(text, isLetter)
		}
		out, text = append(out, text[:n]), text[n:]
	}
	return out
}
