package asr

import (
	"strings"
	"unicode"
)

// spokenDigits are the names of the digits 0…9.
var spokenDigits = []rune("零一二三四五六七八九")

// Comparable brings a transcript to the form in which two are compared: simplified script, lower
// case, without punctuation and spaces, digits as characters. A number stays digit by digit, so
// 10 is 一零 and not 十.
func Comparable(text string) []rune {
	chars := spoken(Simplify(strings.ToValidUTF8(text, "")))
	for i, c := range chars {
		switch {
		case c >= '０' && c <= '９':
			chars[i] = spokenDigits[c-'０']
		case c >= '0' && c <= '9':
			chars[i] = spokenDigits[c-'0']
		case c == '幺':
			chars[i] = '一'
		case c == '〇':
			chars[i] = '零'
		case c >= 'ａ' && c <= 'ｚ':
			chars[i] = unicode.ToLower(c - 'ａ' + 'a')
		}
	}
	return chars
}

// ErrorRate compares a transcript with what was said: the least number of characters to change,
// add or take away, and the number of characters said. Their quotient, summed over many
// utterances, is the character error rate.
func ErrorRate(ref, hyp string) (errors, chars int) {
	r, h := Comparable(ref), Comparable(hyp)
	row := make([]int, len(h)+1) // distances of the reference so far to each beginning of h
	for j := range row {
		row[j] = j
	}
	for i, c := range r {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range h {
			cost := diagonal
			if c != d {
				cost = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(h)], len(r)
}
