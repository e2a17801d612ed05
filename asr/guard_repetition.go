package asr

import (
	"strings"
	"unicode"
)

// maxCompression is characters per phrase of compression: sentences have 1 to 2.
const maxCompression = 4.0

// fewest is the length below which compression says nothing.
const fewest = 24

// compression tells how repetitive a text is: characters per phrase when it is cut, from the left,
// into the longest pieces that stood before or are new. Unlike the gzip ratio that Whisper itself
// uses it works on short texts and on characters of three bytes.
func compression(chars []rune) float64 {
	if len(chars) < fewest {
		return 1
	}
	phrases := 0
	for at := 0; at < len(chars); phrases++ {
		at += max(1, longestBefore(chars, at))
	}
	return float64(len(chars)) / float64(phrases)
}

// longestBefore returns the length of the longest piece at a position that also begins earlier.
func longestBefore(chars []rune, at int) int {
	best := 0
	for from := range at {
		n := 0
		for at+n < len(chars) && chars[from+n] == chars[at+n] {
			n++
		}
		best = max(best, n)
	}
	return best
}

// maxUnit is the longest unit of a loop that is looked for, in characters.
const maxUnit = 24

// tolerated returns how often callers say a unit in a row at most: 对对对对, 喂喂喂, 你好你好你好, a sentence
// twice. Digits stand in long runs in numbers.
func tolerated(unit []rune) int {
	digits := true
	for _, c := range unit {
		digits = digits && (unicode.IsDigit(c) || strings.ContainsRune(numerals, c))
	}
	switch {
	case digits && len(unit) == 1:
		return 9
	case digits && len(unit) <= 4:
		return 4
	case len(unit) == 1:
		return 5
	case len(unit) <= 4:
		return 3
	}
	return 2
}

// numerals are the digits in Chinese characters.
const numerals = "零一二三四五六七八九幺两〇"

// cutLoop finds a runaway loop, a unit repeated more often than anybody says it, and cuts the text
// after its first unit. When the loop is the whole text nothing is left.
func cutLoop(text string) (kept string, looped bool) {
	var chars []rune
	var ends []int // byte offsets behind each of chars
	for i, c := range text {
		if isSpoken(c) {
			chars = append(chars, unicode.ToLower(c))
			ends = append(ends, i+len(string(c)))
		}
	}
	start, unit, found := findLoop(chars)
	if !found {
		return text, false
	}
	if start == 0 {
		return "", true
	}
	return text[:ends[start+unit-1]], true
}

// findLoop returns where the first loop starts and the length of its unit.
func findLoop(chars []rune) (start, unit int, found bool) {
	start = len(chars)
	for n := 1; n <= min(maxUnit, len(chars)/2); n++ {
		run := 0 // characters equal to the one a unit earlier
		for i := n; i < len(chars); i++ {
			if chars[i] != chars[i-n] {
				run = 0
				continue
			}
			run++
			first := i - run - n + 1
			if (run+n)/n > tolerated(chars[first:first+n]) {
				if first < start {
					start, unit, found = first, n, true
				}
				break
			}
		}
	}
	return start, unit, found
}
