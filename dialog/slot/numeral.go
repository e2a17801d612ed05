package slot

import (
	"strconv"
	"strings"
)

// digitOf reads one character as a digit the way numbers are dictated: 幺 and 洞, 拐 and 勾 included.
func digitOf(c rune) (byte, bool) {
	if isDigit(c) {
		return byte(c), true
	}
	switch c {
	case '零', '〇', '洞':
		return '0', true
	case '一', '幺', '壹':
		return '1', true
	case '二', '两', '贰':
		return '2', true
	case '三', '叁':
		return '3', true
	case '四', '肆':
		return '4', true
	case '五', '伍':
		return '5', true
	case '六', '陆':
		return '6', true
	case '七', '拐', '柒':
		return '7', true
	case '八', '捌':
		return '8', true
	case '九', '勾', '玖':
		return '9', true
	}
	return 0, false
}

// confusable gives the digit that a recogniser may have heard where it wrote another character.
// Such a digit counts only where a check digit or a dictionary proves it.
func confusable(c rune) (byte, bool) {
	for d, sounds := range [...]string{
		"林灵领铃凌玲令另", "要腰妖药夭一以衣依易医亿益", "而儿尔耳", "散伞山叁", "是死事似思司丝寺",
		"无午舞武吴物屋我", "留流刘柳牛溜", "气起期其骑漆", "吧把爸巴发", "酒久就旧救",
	} {
		if strings.ContainsRune(sounds, c) {
			return byte('0' + d), true
		}
	}
	return 0, false
}

func unitOf(c rune) int64 {
	switch c {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '万', '萬':
		return 10000
	case '亿':
		return 100000000
	}
	return 0
}

// number reads a quantity at i: 三万六千, 一百零八, 三百五 (350), 一万二 (12000), 35.5, 2万, 十几 (10),
// 三十多 (30). It returns the value times 100 and where the number ends, i when there is none.
func (s sentence) number(i int) (hundredths int64, end int) {
	if i < s.len() && isDigit(s.r[i]) {
		return s.arabic(i)
	}
	n := numeral{s: s, i: i}
	n.run()
	return n.total() * 100, n.i
}

// arabic reads digits with an optional fraction and the units 百, 千, 万, 亿.
func (s sentence) arabic(i int) (hundredths int64, end int) {
	j := i
	for j < s.len() && j-i <= maxCount && (isDigit(s.r[j]) || s.r[j] == '.') && (j == i || !s.gap[j]) {
		j++
	}
	f, err := strconv.ParseFloat(s.text(i, j), 64)
	if err != nil || f > 1e12 {
		return 0, i
	}
	for j < s.len() && unitOf(s.r[j]) >= 100 && f < 1e9 {
		f *= float64(unitOf(s.r[j]))
		j++
	}
	return int64(f*100 + 0.5), j
}

// numeral is a reader of Chinese quantities. Sections of 万 and 亿 are closed as they come.
type numeral struct {
	s             sentence
	i             int
	sum, section  int64
	digit, last   int64 // the digit that waits for its unit (-1: none), the last unit that came
	started, zero bool
}

func (n *numeral) run() {
	n.digit = -1
	for n.i < n.s.len() {
		c := n.s.r[n.i]
		if n.started && n.s.gap[n.i] && (unitOf(c) == 0 || n.digit >= 0) {
			break // 三万八 十分钟前
		}
		unit := unitOf(c)
		d, isNum := digitOf(c)
		switch {
		case c == '幺' || c == '洞' || c == '拐' || c == '勾' || isDigit(c):
			return
		case c == '零' || c == '〇':
			if n.last == 0 {
				return
			}
			n.zero = true
		case isNum && n.digit < 0:
			n.digit = int64(d - '0')
		case c == '几' && n.digit < 0 && n.last >= 10:
			n.digit = 0 // 十几: the tens are what is known
		case unit > 0 && n.unit(unit):
		default:
			return
		}
		n.started = true
		n.i++
	}
}

// unit closes a digit or a section with its unit and reports whether it may stand here.
func (n *numeral) unit(u int64) bool {
	switch {
	case u == 10 && n.digit < 0 && (n.section == 0 || n.zero):
		n.digit = 1
	case u >= 10000 && n.section+max(n.digit, 0) > 0:
		n.section += max(n.digit, 0)
		n.sum = (n.sum + n.section) * u
		n.section, n.digit, n.last, n.zero = 0, -1, u, false
		return n.sum < 1e13
	case n.digit < 0 || u >= 10000:
		return false
	}
	n.section += n.digit * u
	n.digit, n.last, n.zero = -1, u, false
	return true
}

// total closes what is open: a digit right after a unit counts tenths of it (三百五), after 零 ones.
func (n *numeral) total() int64 {
	d := max(n.digit, 0)
	if n.last >= 100 && !n.zero {
		d *= n.last / 10
	}
	return n.sum + n.section + d
}

// maxCount bounds the digits of a count; routes, dates and houses have four at most.
const maxCount = 24

// countText reads digits or a quantity as a plain number text: 一百零八 → 108, 八零八 → 808, 12 → 12.
func (s sentence) countText(i int) (text string, end int) {
	j := i
	var b strings.Builder
	for j < s.len() && j-i < maxCount && (j == i || !s.gap[j]) {
		d, ok := digitOf(s.r[j])
		if !ok {
			break
		}
		b.WriteByte(d)
		j++
	}
	if value, k := s.number(i); k > j || k == j && k > i && j-i == 1 {
		return strconv.FormatInt(value/100, 10), k
	}
	return b.String(), j
}
