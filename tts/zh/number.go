package zh

import (
	"strings"
)

const figures = "零一二三四五六七八九"

// figure returns the Han figure of an ASCII digit.
func figure(d byte) string { return figures[3*int(d-'0') : 3*int(d-'0')+3] }

// yao spells digits as numbers are dictated: 1 is 幺, so that it is not heard as 七. Other
// characters are left out.
func yao(s string) string { return strings.ReplaceAll(plain(s), "一", "幺") }

// plain spells digits one by one with 一 for 1, as in years.
func plain(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isDigit(rune(s[i])) {
			b.WriteString(figure(s[i]))
		}
	}
	return b.String()
}

// grouped spells digits in groups of the given sizes with a short pause between; what is left over
// is spelled in groups of the last size.
func grouped(s string, sizes ...int) string {
	s = onlyDigits(s)
	var groups []string
	for i := 0; s != ""; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(s))
		if rest := len(s) - n; rest == 1 && i >= len(sizes)-1 {
			n++ // nobody dictates a single last digit
		}
		groups, s = append(groups, yao(s[:n])), s[n:]
	}
	return strings.Join(groups, "，")
}

// dictated spells a number of any length as an operator reads it back.
func dictated(s string) string {
	switch s = onlyDigits(s); len(s) {
	case 6:
		return grouped(s, 3)
	case 7, 11:
		return grouped(s, 3, 4)
	case 1:
		return plain(s)
	case 2, 3, 4, 5:
		return yao(s)
	default:
		return grouped(s, 4)
	}
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) {
			return r
		}
		return -1
	}, s)
}

// cardinal reads digits with an optional decimal part as an amount, 二 for every 2 except before
// 千, 万 and 亿 at the start. Numbers beyond 10^16 and those with a leading zero are spelled.
func cardinal(s string) string {
	whole, decimals, hasPoint := strings.Cut(s, ".")
	if hasPoint && decimals != "" {
		return cardinal(whole) + "点" + plain(decimals)
	}
	if len(whole) > 1 && whole[0] == '0' || len(whole) > 16 {
		return plain(whole)
	}
	if whole == "" || whole == "0" {
		return "零"
	}
	read := sections(whole)
	if strings.HasPrefix(read, "一十") {
		read = strings.TrimPrefix(read, "一")
	}
	for _, unit := range []string{"千", "万", "亿"} {
		if strings.HasPrefix(read, "二"+unit) {
			read = "两" + strings.TrimPrefix(read, "二")
		}
	}
	return read
}

// sections reads a whole number four digits at a time.
func sections(s string) string {
	units := []string{"", "万", "亿", "万亿"}
	var out string
	for len(s) > 0 {
		n := (len(s)-1)%4 + 1
		section, rest := s[:n], s[n:]
		if read := thousands(section); read != "" {
			if section[0] == '0' && out != "" {
				out += "零"
			}
			out += read + units[len(rest)/4]
		}
		s = rest
	}
	return out
}

// thousands reads at most four digits, "" for nothing, without a leading 零.
func thousands(s string) string {
	places := []string{"", "十", "百", "千"}
	var out string
	gap := false
	for i := range len(s) {
		if s[i] == '0' {
			gap = true
			continue
		}
		if gap && out != "" {
			out += "零"
		}
		gap = false
		out += figure(s[i]) + places[len(s)-1-i]
	}
	return out
}
