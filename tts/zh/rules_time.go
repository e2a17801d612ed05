package zh

import (
	"strconv"
	"strings"
)

// timeRules read dates and times of day.
func timeRules() []rule {
	return []rule{
		newRule(`([12]\d{3})(?:年 ?(\d{1,2})月 ?(\d{1,2})(日|号)?|[-/.](\d{1,2})[-/.](\d{1,2}))`, func(m match) (string, bool) {
			month, day, unit := m.groups[2]+m.groups[5], m.groups[3]+m.groups[6], m.groups[4]
			if unit == "" {
				unit = "日"
			}
			said := plain(m.groups[1]) + "年" + cardinal(trim(month)) + "月" + cardinal(trim(day)) + unit
			return said, m.whole() && within(month, 1, 12) && within(day, 1, 31)
		}),
		newRule(`T`, func(m match) (string, bool) { // 2026-11-24T09:30
			return "", digitBefore(m) && len(m.after) > 2 && m.after[2] == ':'
		}),
		newRule(`([12]\d{3})(?:年 ?(\d{1,2})月|[-/](0[1-9]|1[0-2])月?)`, func(m match) (string, bool) {
			month := trim(m.groups[2] + m.groups[3])
			return plain(m.groups[1]) + "年" + cardinal(month) + "月", m.whole() && within(month, 1, 12)
		}),
		newRule(`([12]\d{3})年?([-~—–至到/])([12]\d{3})(年|学年|届|级)?`, func(m match) (string, bool) {
			a, _ := strconv.Atoi(m.groups[1])
			b, _ := strconv.Atoi(m.groups[3])
			return plain(m.groups[1]) + "至" + plain(m.groups[3]) + m.groups[4], m.alone() && (m.groups[4] != "" || b == a+1)
		}),
		newRule(`([05-9]0)后`, func(m match) (string, bool) { return plain(m.groups[1]) + "后", true }),
		newRule(`((?:1[89]|20)\d\d)(年|届|级)`, func(m match) (string, bool) {
			return plain(m.groups[1]) + m.groups[2], true
		}),
		newRule(`(\d{1,2})月(\d{1,2})(日|号)?`, func(m match) (string, bool) {
			if m.groups[3] == "" {
				m.groups[3] = "日"
			}
			return cardinal(trim(m.groups[1])) + "月" + cardinal(trim(m.groups[2])) + m.groups[3], m.whole() && within(m.groups[1], 1, 12)
		}),
		newRule(`(\d{1,2})(月|日)(份)?`, func(m match) (string, bool) {
			return cardinal(trim(m.groups[1])) + m.groups[2] + m.groups[3], true
		}),
		newRule(`(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?`, func(m match) (string, bool) {
			said := hour(m.groups[1])
			switch minute := m.groups[2]; {
			case minute == "00" && strings.Trim(m.groups[3], "0") == "":
			case minute[0] == '0':
				said += "零" + cardinal(minute[1:]) + "分"
			default:
				said += cardinal(minute) + "分"
			}
			if m.groups[3] != "" && m.groups[3] != "00" {
				said += cardinal(trim(m.groups[3])) + "秒"
			}
			return said, m.whole() && within(m.groups[1], 0, 24) && within(m.groups[2], 0, 59) && !m.precedes(":", "：")
		}),
		newRule(`(\d{1,2})点`, func(m match) (string, bool) { return hour(m.groups[1]), true }),
		newRule(`(\d+)[:：](\d+)`, func(m match) (string, bool) { // a ratio
			return cardinal(m.groups[1]) + "比" + cardinal(m.groups[2]), m.whole()
		}),
	}
}

// hour is said with 两 for 2.
func hour(digits string) string {
	if n := trim(digits); n != "2" {
		return cardinal(n) + "点"
	}
	return "两点"
}

// trim removes the zeros a number is padded with.
func trim(digits string) string {
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits
}

func within(digits string, low, high int) bool {
	n, err := strconv.Atoi(digits)
	return err == nil && n >= low && n <= high
}
