package kb

import (
	"strconv"
	"strings"
)

// Chinese numerals by their value.
const numerals = "零一二三四五六七八九"

func digit(r rune) int {
	switch r {
	case '〇':
		return 0
	case '两':
		return 2
	case '幺':
		return 1
	}
	if i := strings.IndexRune(numerals, r); i >= 0 {
		return i / len("零")
	}
	return -1
}

func magnitude(r rune) float64 {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万':
		return 10000
	case '亿':
		return 1e8
	}
	return 0
}

// readNumber reads a number at the beginning of a text, in Arabic or Chinese digits, and returns
// how many runes it took, 0 when there is none. "两三" and its like are vague and no numbers.
func readNumber(text []rune) (value float64, n int) {
	for n < len(text) && (text[n] >= '0' && text[n] <= '9' || n > 0 && text[n] == '.' && n+1 < len(text) && text[n+1] >= '0' && text[n+1] <= '9') {
		n++
	}
	if n == 0 {
		return readChinese(text)
	}
	value, err := strconv.ParseFloat(string(text[:n]), 64)
	if err != nil {
		return 0, n // two points: a version or a section, no quantity
	}
	for n < len(text) && magnitude(text[n]) >= 1000 {
		value *= magnitude(text[n])
		n++
	}
	return value, n
}

func readChinese(text []rune) (value float64, n int) {
	var section, last float64 // below the current 万 or 亿; the digit that waits for its magnitude
	pending, run := false, 0  // run counts digits in a row without magnitude
	var spelled, unit float64 = 0, 1
	for ; n < len(text); n++ {
		r := text[n]
		if d := digit(r); d >= 0 {
			if pending {
				run++
			}
			last, pending = float64(d), true
			spelled = spelled*10 + float64(d)
			continue
		}
		if r == '点' && pending && n+1 < len(text) && digit(text[n+1]) >= 0 && n > 0 {
			fraction, took := readDecimals(text[n+1:])
			return value + section + last + fraction, n + 1 + took
		}
		m := magnitude(r)
		switch {
		case m == 0 || m > 10 && !pending && section == 0 && value == 0:
			return finish(value, section, last, spelled, unit, run, pending), n
		case m >= 10000:
			value = (value + section + last) * m
			section = 0
		default:
			if !pending {
				last = 1 // 十五
			}
			section += last * m
		}
		last, pending, unit = 0, false, m
	}
	return finish(value, section, last, spelled, unit, run, pending), n
}

// finish adds the last digit: 三百五 is 350, 一百零五 is 105, and digits in a row are spelled.
func finish(value, section, last, spelled, unit float64, run int, pending bool) float64 {
	switch {
	case run > 0 && value == 0 && section == 0:
		if run == 1 {
			return -1 // 两三个: about
		}
		return spelled
	case pending && run == 0 && unit >= 100:
		return value + section + last*unit/10
	}
	return value + section + last
}

func readDecimals(text []rune) (value float64, n int) {
	for place := 0.1; n < len(text) && digit(text[n]) >= 0; n++ {
		value += float64(digit(text[n])) * place
		place /= 10
	}
	return value, n
}
