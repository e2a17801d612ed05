package kb

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Fact is a quantity, date or hour that an answer states, in one notation: 十五个工作日 and 15个工作日
// are {15 工作日}, 两成 and 20% are {20 %}, 一年 is {12 个月}, 晚上十点半 and 22:30 are {10:30 点}.
type Fact struct {
	Value string
	Unit  string
}

func (f Fact) String() string { return f.Value + f.Unit }

// units are what a number may be followed by, longest first where one begins another.
var units = []unit{
	{"个工作日", "工作日", 1}, {"工作日", "工作日", 1}, {"个百分点", "百分点", 1}, {"百分点", "百分点", 1},
	{"平方米", "平方米", 1}, {"平米", "平方米", 1}, {"㎡", "平方米", 1}, {"m2", "平方米", 1},
	{"个月", "个月", 1}, {"年", "个月", 12}, {"周岁", "岁", 1}, {"岁", "岁", 1}, {"周", "日", 7},
	{"个小时", "小时", 1}, {"小时", "小时", 1}, {"分钟", "分钟", 1}, {"分贝", "分贝", 1},
	{"块钱", "元", 1}, {"元", "元", 1}, {"块", "元", 1}, {"毛", "元", 0.1}, {"角", "元", 0.1},
	{"%", "%", 1}, {"个点", "%", 1}, {"成", "%", 10}, {"倍", "倍", 1}, {"折", "折", 1},
	{"天", "日", 1}, {"日", "日", 1}, {"号", "日", 1}, {"公里", "公里", 1}, {"米", "米", 1}, {"吨", "吨", 1},
	{"度", "度", 1}, {"°C", "度", 1}, {"亩", "亩", 1}, {"台", "台", 1},
}

type unit struct {
	word  string
	name  string
	scale float64 // from the word to the name
}

// unitOf returns the unit at the beginning of a text.
func unitOf(text []rune) (u unit, found bool) {
	head := string(text[:min(4, len(text))])
	for _, u := range units {
		if strings.HasPrefix(head, u.word) {
			return u, true
		}
	}
	return unit{}, false
}

// Facts returns what a text states in numbers, each once, in the order of the text.
func Facts(text string) []Fact {
	runes := []rune(norm.NFKC.String(text))
	var facts []Fact
	for i := 0; i < len(runes); {
		if runes[i] == '第' { // an order and no quantity
			_, n := readNumber(runes[i+1:])
			i += 1 + n
			continue
		}
		found, n := factAt(runes[i:])
		for _, f := range found {
			if f.Unit != "" && !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
		i += max(n, 1)
	}
	return facts
}

// factAt reads the facts at the beginning of a text, two of a range; n is how many runes are done
// with, 0 for none.
func factAt(text []rune) (facts []Fact, n int) {
	value, n := readNumber(text)
	if n > 0 && value >= 0 && len(text) > n+1 && strings.ContainsRune("至到-", text[n]) { // 80至89岁
		if upper, took := singleAt(text[n+1:]); took > 0 && len(upper) == 1 && upper[0].Unit != "" {
			_, digits := readNumber(text[n+1:])
			if u, found := unitOf(text[n+1+digits:]); found {
				return append(upper, quantity(value, u.name, u.scale)), n + 1 + took
			}
		}
	}
	return singleAt(text)
}

// singleAt reads one quantity, date or hour.
func singleAt(text []rune) (facts []Fact, n int) {
	if s := string(text[:min(3, len(text))]); s == "百分之" {
		value, took := readNumber(text[3:])
		return []Fact{quantity(value, "%", 1)}, 3 + took
	}
	if len(text) > 1 && text[0] == '半' && (text[1] == '年' || text[1] == '月') {
		return []Fact{quantity(map[rune]float64{'年': 6, '月': 0.5}[text[1]], "个月", 1)}, 2
	}
	value, n := readNumber(text)
	if n == 0 || value < 0 {
		return nil, n
	}
	rest := text[n:]
	if value == math.Trunc(value) {
		if facts, took := calendar(value, rest); took > 0 {
			return facts, n + took
		}
	}
	if u, found := unitOf(rest); found {
		end := len([]rune(u.word))
		value, took := tail(value, u.word, rest[end:])
		return []Fact{quantity(value, u.name, u.scale)}, n + end + took
	}
	if value >= 10000 && text[n-1] == '万' {
		return []Fact{quantity(value, "元", 1)}, n // 最高贷60万
	}
	return nil, n
}

// calendar reads what makes a number a date or an hour: 9月1日, 九月一号, 九点半, 9:30. A date is of a
// month, too.
func calendar(value float64, rest []rune) ([]Fact, int) {
	if len(rest) == 0 {
		return nil, 0
	}
	switch {
	case rest[0] == '月' && value >= 1 && value <= 12:
		month := Fact{fmt.Sprint(int(value)), "月份"}
		day, n := readNumber(rest[1:])
		if n > 0 && day >= 1 && day <= 31 && len(rest) > n+1 && strings.ContainsRune("日号", rest[n+1]) {
			return []Fact{{fmt.Sprintf("%d-%d", int(value), int(day)), "日期"}, month}, n + 2
		}
		return []Fact{month}, 1
	case value > 24:
		return nil, 0
	case rest[0] == ':' && len(rest) > 2 && rest[1] >= '0' && rest[1] <= '5' && rest[2] >= '0' && rest[2] <= '9':
		return []Fact{hour(value, int(rest[1]-'0')*10+int(rest[2]-'0'))}, 3
	case rest[0] == '点' && len(rest) > 1 && rest[1] == '半':
		return []Fact{hour(value, 30)}, 2
	case rest[0] == '点' && value >= 1:
		return []Fact{hour(value, 0)}, 1
	}
	return nil, 0
}

// hour folds the halves of the day together: speech says 下午两点 where text has 14:00.
func hour(h float64, minute int) Fact {
	return Fact{fmt.Sprintf("%d:%02d", int(h)%12, minute), "点"}
}

// tail reads what follows a unit in speech: 三块二 is 3.2, 五毛三 is 0.53, 一米三 is 1.3.
func tail(value float64, unit string, rest []rune) (float64, int) {
	if unit != "块" && unit != "毛" && unit != "米" || len(rest) == 0 || digit(rest[0]) < 1 {
		return value, 0
	}
	n := 1
	if len(rest) > 1 && (rest[1] == '毛' || rest[1] == '角') {
		n = 2
	}
	return value + float64(digit(rest[0]))/10, n
}

func quantity(value float64, unit string, scale float64) Fact {
	value *= scale
	switch {
	case unit == "个月" && scale == 12 && value >= 12*1900:
		return Fact{} // 2026年 is a date, not a while
	case unit == "小时" && value >= 24 && math.Mod(value, 24) == 0:
		value, unit = value/24, "日"
	}
	return Fact{strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", value), "0"), "."), unit}
}

// disagreement returns a unit in which two texts state different values, with both, when neither
// says all that the other says: that would be more detail and no contradiction.
func disagreement(a, b []Fact) (unit string, left, right []Fact) {
	byUnit := func(facts []Fact) map[string][]Fact {
		m := map[string][]Fact{}
		for _, f := range facts {
			m[f.Unit] = append(m[f.Unit], f)
		}
		return m
	}
	ours, theirs := byUnit(a), byUnit(b)
	var found []string
	for unit := range ours {
		if len(theirs[unit]) > 0 && !covers(ours[unit], theirs[unit]) && !covers(theirs[unit], ours[unit]) {
			found = append(found, unit)
		}
	}
	if len(found) == 0 {
		return "", nil, nil
	}
	slices.SortFunc(found, func(a, b string) int { return cmp.Or(-cmp.Compare(weight(a), weight(b)), cmp.Compare(a, b)) })
	return found[0], ours[found[0]], theirs[found[0]]
}

// weight puts first what a contradiction is most serious in.
func weight(unit string) int {
	return map[string]int{"元": 3, "%": 2, "日期": 2, "工作日": 1}[unit]
}

func covers(all, some []Fact) bool {
	for _, f := range some {
		if !slices.Contains(all, f) {
			return false
		}
	}
	return true
}
